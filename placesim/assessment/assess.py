"""The assessment of a run: measures of every unit, findings against the rule pack, lists, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import pandas as pd

from placesim.assessment.campus import beds_short, whole_campus_measures
from placesim.assessment.chances import chances, fans
from placesim.assessment.classes import BINS
from placesim.assessment.doorstep import doorstep
from placesim.assessment.falling import falling, past_rolls
from placesim.assessment.grades import grade_measures
from placesim.assessment.lists import typology_list
from placesim.assessment.location import locate
from placesim.assessment.nearest_school import nearest_school_measures
from placesim.assessment.needs import development_measures, population_measures
from placesim.assessment.quality import Case, quality_balance
from placesim.assessment.rooms import Judged, rooms
from placesim.assessment.rounding import as_written
from placesim.assessment.sections import section_measures
from placesim.assessment.sectors import sector_shares
from placesim.assessment.told import Told, all_told
from placesim.assessment.totals import area_measures, county_measures, region_measures, whole_school_measures
from placesim.assessment.typology import typology
from placesim.assessment.ways import way_measures, ways_to_school
from placesim.geo import area_types
from placesim.records import Assessment, Inputs, Results, freeze
from placesim.scenario.changes import Equip
from placesim.scenario.options import AssessmentOptions
from placesim.standards.evaluate import evaluate
from placesim.standards.pack import Pack, load_pack

LISTS = ("crowded", "underused")


def assess(results: Results, inputs: Inputs, options: AssessmentOptions) -> Assessment:
    """Measure every unit, hold it against the pack, and list the schools that are crowded or underused.

    Asserts Σ roll = Σ residents placed in the county + inflow. What a county's tables do not allow is NaN and noted.
    Sums and means are made of exact figures, types and findings judge the figures as written.
    """
    pack = load_pack(options.pack)
    located = locate(results.places.schools, inputs.areas, inputs.frame("planning_areas"))
    ways = ways_to_school(results, options.norms, pack)
    sections = _sections(results, inputs, pack, located, ways)
    areas = area_measures(results, inputs, ways, area_types(inputs.areas, inputs.frame("planning_areas")))
    areas = areas.join(nearest_school_measures(results, inputs, options.walk_speed))
    exact = {
        "school": sections,
        "grade": grade_measures(results, inputs, pack, sections),
        "campus": _campuses(results, sections, pack),
        "institution": _institutions(results, sections, pack),
        "area": areas,
        "planning_area": region_measures("planning_area", areas, sections, ways),
        "area_type": region_measures("area_type", areas, sections, ways),
        "county": county_measures(areas, sections, ways).merge(sector_shares(results), on=["stage", "year"]),
    }
    measures = {unit: as_written(table) for unit, table in exact.items()}
    measures["school"] = schools = measures["school"].join(typology(measures["school"], pack))
    quality, judged = quality_balance(Case(results, inputs, pack, measures, _equipped(results, options)))
    developments = development_measures(inputs, options)
    population = as_written(population_measures(results, inputs, measures["planning_area"]))
    findings = _findings({**judged, "development": developments}, population, pack)
    futures = {"fans": fans(results, inputs), "chances": chances(results, inputs)}
    near = doorstep(quality.tables["quality"], measures["school"], results, inputs, options)
    run = Judged(
        results, inputs, options, pack, measures, ways, population, developments, futures, findings
    )  # fmt: skip
    return Assessment(
        measures=freeze(measures),
        findings=findings,
        futures=freeze(futures),
        lists=freeze({name: typology_list(schools, name, pack) for name in LISTS}),
        tables=freeze(all_told([*rooms(run), quality, Told(near)])),
        notes=(*_notes(results, inputs, schools, ways), *_unverified(options, pack)),
    )


def _equipped(results: Results, options: AssessmentOptions) -> tuple[Equip, ...]:
    """What the changes that were carried out add to what schools have."""
    named = [options.changes.get(change.name) for change in results.places.changes]
    return tuple(change for change in named if isinstance(change, Equip))


def _sections(results: Results, inputs: Inputs, pack: Pack, located: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    sections = section_measures(results, inputs, pack, located)
    sections = sections.join(way_measures(ways, sections[["school_id", "stage", "year"]]))
    return sections.assign(falling=falling(sections, past_rolls(results, inputs)))


def _campuses(results: Results, sections: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    campuses = whole_school_measures("school_id", sections, pack.joined_stages)
    facts = whole_campus_measures(campuses, results.places.schools)
    boarders = results.allocation.tables.get("intake")
    return campuses.join(facts).assign(beds_short=beds_short(campuses, boarders, results.places.schools))


def _institutions(results: Results, sections: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    """Campuses joined by their institution; a campus without one stands for itself."""
    schools = results.places.schools.set_index("school_id")
    own = sections["school_id"]
    named = own.map(schools["institution_id"]) if "institution_id" in schools else pd.Series(None, index=own.index)
    return whole_school_measures(
        "institution_id", sections.assign(institution_id=named.where(named.notna(), own)), pack.joined_stages
    )


def _findings(measures: Mapping[str, pd.DataFrame], population: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    """The pack's findings, documents cited by number and title, with the rule's labels.

    population: further rows of the planning areas, with the places for so many residents.
    """
    areas = pd.concat([measures["planning_area"], population.drop(columns=["pupils", "roll", "places_design"])])
    found = evaluate(pack.rules, {**measures, "planning_area": areas})
    documents, rules = pack.documents, pack.rules
    return found.assign(
        document=found["document"].map({k: d.cite("zh") for k, d in documents.items()}).astype("str"),
        document_en=found["document"].map({k: d.cite("en") for k, d in documents.items()}).astype("str"),
        label_zh=found["rule_id"].map({i: r.label.zh for i, r in rules.items()}).astype("str"),
        label_en=found["rule_id"].map({i: r.label.en for i, r in rules.items()}).astype("str"),
    )


def _unverified(options: AssessmentOptions, pack: Pack) -> Iterator[str]:
    """A note where a norm that governs this run is from memory."""
    used = [(stage, key, value) for stage, norms in options.norms.items() for key, value in asdict(norms).items()]
    cited = [(pack.norm(stage, key), value) for stage, key, value in used]
    if any(norm is not None and norm.confidence == "M" and norm.value == value for norm, value in cited):
        yield "assessment.note.unverified_norms"


def _notes(results: Results, inputs: Inputs, sections: pd.DataFrame, ways: pd.DataFrame) -> Iterator[str]:
    """Label keys of what could not be computed, or is known in part."""
    base = sections[sections["year"] == results.allocation.years[0]]
    if base["roll_actual"].isna().all():
        yield "assessment.note.enrolment"
    if (base["residual"].fillna(0) != 0).any():
        yield "assessment.note.base_year_rolls"
    if (base["class_basis"] == "formed").all():
        yield "assessment.note.classes"
    elif not set(BINS) & set(inputs.frame("enrolment").dropna(axis=1, how="all").columns):
        yield "assessment.note.class_bins"
    if (base["class_basis"] != "formed").any() and len(results.allocation.years) > 1:
        yield "assessment.note.class_basis"
    if results.projection is None:
        yield "assessment.note.residents"
    if inputs.areas["planning_area"].isna().all():
        yield "assessment.note.planning_areas"
    if sections["typology"].isna().any():
        yield "assessment.note.area_type"
    if results.allocation_draws is not None and results.allocation_draws.interrupted:
        yield "allocation.interrupted"
    if (ways["known"] < ways["pupils"]).any():
        yield "assessment.note.out_of_reach"

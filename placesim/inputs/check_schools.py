"""Checks of campuses: their facts, rolls, classes and catchments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, positions
from placesim.inputs.raw import cell_text
from placesim.records import Inputs, Stages, Table
from placesim.scenario import Scenario

LARGEST_CLASS = 100
CLASS_BINS = ("classes_to_45", "classes_46_55", "classes_56_65", "classes_66_up")
CAMPUS_FACTS = (
    "name", "name_en", "institution_id", "school_group", "x", "y", "area_type", "sector", "rooms", "temporary_rooms",
    "floor_area", "site_area", "beds", "canteen_seats", "condition",
)  # fmt: skip


def campus_facts_differ(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Every row of a campus says the same of its building and place."""
    table = inputs.tables.get("schools")
    if table is None:
        return
    ids = table.rows["school_id"]
    first = _first_rows(table, ids)
    sound = ids.notna() & ~ids.isin(ids.iloc[list(table.refused)])
    for column in CAMPUS_FACTS:
        values = table.rows[column]
        reference = values.iloc[first].reset_index(drop=True)
        differs = (values != reference) & ~(values.isna() & reference.isna()) & sound
        for row in np.flatnonzero(differs.to_numpy()):
            said = cell_text(reference.iloc[row]) or "–"
            facts = {"school": ids.iloc[row], "first": int(table.file_row[first[row]]), "said": said}
            facts["here"] = cell_text(values.iloc[row]) or "–"
            yield at_row(table, "E304", int(row), column, facts)


def _first_rows(table: Table, ids: pd.Series) -> np.ndarray:
    """Position of the row that stands first in the file among those of the same id."""
    order = np.argsort(table.file_row, kind="stable")
    place = pd.Series(order).groupby(ids.to_numpy()[order], dropna=False, sort=False).transform("first")
    first = np.empty(len(ids), dtype=np.int64)
    first[order] = place.to_numpy()
    return first


def no_rooms(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """A campus has classrooms, or its stage has places."""
    table = inputs.tables.get("schools")
    if table is None:
        return
    lacking = np.flatnonzero((table.rows["rooms"].isna() & table.rows["places"].isna()).to_numpy())
    for row in np.setdiff1d(lacking, table.refused):
        facts = {"school": table.rows["school_id"].iloc[row], "stage": table.rows["stage"].iloc[row]}
        yield at_row(table, "E305", int(row), "rooms", facts)


def temporary_beyond_rooms(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Temporary classrooms are some of the usable ones."""
    table = inputs.tables.get("schools")
    if table is None:
        return
    for row in np.flatnonzero((table.rows["temporary_rooms"] > table.rows["rooms"]).to_numpy()):
        yield at_row(table, "E247", int(row), "temporary_rooms", {"rooms": int(table.rows["rooms"].iloc[row])})


def grades_of_stage(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The first and last grade of a school belong to the stage of the row, in that order."""
    table = inputs.tables.get("schools")
    if table is None:
        return
    grades = {s.id: list(s.grades) for s in scenario.stages.all}
    for column in ("first_grade", "last_grade"):
        given = table.rows[table.rows[column].notna() & table.rows["stage"].isin(list(grades))]
        for row, (stage, grade) in given[["stage", column]].iterrows():
            if grade not in grades[stage] and grade in scenario.stages.grades:
                yield at_row(table, "E245", int(str(row)), column, {"stage": stage, "grades": ", ".join(grades[stage])})
    place = {grade: i for i, grade in enumerate(scenario.stages.grades)}
    first, last = table.rows["first_grade"].map(place), table.rows["last_grade"].map(place)
    for row in np.flatnonzero((last < first).to_numpy()):
        facts = {"start": "first_grade", "from": table.rows["first_grade"].iloc[row]}
        yield at_row(table, "E237", int(row), "last_grade", facts)


def class_bins(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The size bins add up to the classes; bins left blank may hold the rest."""
    table = inputs.tables.get("enrolment")
    if table is None:
        return
    bins = table.rows[list(CLASS_BINS)]
    known, complete = bins.sum(axis=1), bins.notna().all(axis=1)
    classes = table.rows["classes"]
    wrong = classes.notna() & bins.notna().any(axis=1) & ((known > classes) | (complete & (known != classes)))
    for row in np.flatnonzero(wrong.to_numpy()):
        yield at_row(table, "E312", int(row), "classes", {"bins": int(known.iloc[row])})


def absurd_classes(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """No class has more than a hundred pupils, and pupils are in classes."""
    table = inputs.tables.get("enrolment")
    if table is None:
        return
    pupils, classes = table.rows["pupils"], table.rows["classes"]
    for row in np.flatnonzero((classes.notna() & (pupils > LARGEST_CLASS * classes)).to_numpy()):
        facts = {"pupils": int(pupils.iloc[row]), "classes": int(classes.iloc[row]), "limit": LARGEST_CLASS}
        yield at_row(table, "E313", int(row), "pupils", facts)


def base_year_rolls(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Rolls, where they are given, are given for the base year."""
    table = inputs.tables.get("enrolment")
    if table is not None and not (table.rows["year"] == scenario.years[0]).any():
        years = ", ".join(str(int(y)) for y in sorted(table.rows["year"].dropna().unique()))
        yield at_table(table, "E309", "year", {"year": scenario.years[0], "years": years})


def stage_not_run(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Catchments and preferences, and base-year rolls and flows, name schools that run the stage."""
    if not inputs.has("schools"):
        return
    schools = inputs.frame("schools")
    run = set(zip(schools["school_id"], schools["stage"], strict=True))
    for name, column in (
        ("catchments", "stage"), ("enrolment", "grade"), ("flows", "stage"), ("preferences", "stage"),
    ):  # fmt: skip
        table = inputs.tables.get(name)
        if table is not None:
            yield from _not_run(table, column, run, scenario)


def _not_run(table: Table, column: str, run: set[tuple[str, str]], scenario: Scenario) -> Iterator[Finding]:
    stage = _stage_of(table.rows[column], scenario.stages) if column == "grade" else table.rows[column]
    pairs = pd.DataFrame({"school": table.rows["school_id"], "stage": stage})
    known = pairs["school"].isin({school for school, _ in run}) & pairs["stage"].isin(list(scenario.stages.ids))
    if "year" in table.rows:
        known &= table.rows["year"] == scenario.years[0]
    for row, school, of in pairs[known].drop_duplicates().itertuples():
        if (school, of) not in run:
            runs = ", ".join(sorted(s for i, s in run if i == school and s is not None))
            yield at_row(table, "E316", int(row), column, {"school": school, "stage": of, "runs": runs})


def _stage_of(grades: pd.Series, stages: Stages) -> pd.Series:
    return grades.map({g: s.id for s in stages.all for g in s.grades})


def areas_without_school(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Under the rule `catchment`, every area has a school of the stage in every year."""
    if not (inputs.has("areas") and inputs.has("catchments") and inputs.has("schools")):
        return
    table, areas = inputs.tables["catchments"], inputs.tables["areas"]
    years = np.array(scenario.years)
    for stage in scenario.stages.ids:
        if scenario.allocation.rule(stage) != "catchment" or not (inputs.frame("schools")["stage"] == stage).any():
            continue
        rows = table.rows[table.rows["stage"] == stage]
        area = positions(rows["area_id"], inputs.area_ids)
        start = rows["valid_from"].fillna(-np.inf).to_numpy()[:, None]
        end = rows["valid_to"].fillna(np.inf).to_numpy()[:, None]
        held = (years >= start) & (years <= end)
        covered = np.zeros((len(inputs.area_ids), len(years)), dtype=bool)
        np.logical_or.at(covered, area[area >= 0], held[area >= 0])
        same = positions(areas.rows["area_id"], inputs.area_ids)  # an area that stands twice is covered twice
        covered = covered[same] | (same < 0)[:, None]
        for row in np.flatnonzero(~covered.all(axis=1)):
            facts = {"stage": stage, "year": int(years[~covered[row]][0]), "catchments": table.source.file}
            yield at_row(areas, "E317", int(row), "area_id", facts)

"""What each room of the assessment has to say of a run that is measured and judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from placesim.assessment.campus import missing_areas
from placesim.assessment.needs import SiteAreas, build_out, delivery, land_need, norm_need
from placesim.assessment.outlook import early_warning, limits_crossed, urban_rural, waves
from placesim.assessment.review import review_table
from placesim.assessment.sectors import sectors
from placesim.assessment.told import Told
from placesim.records import Inputs, Results
from placesim.scenario.options import AssessmentOptions
from placesim.standards.pack import Pack


@dataclass(frozen=True)
class Judged:
    """measures by unit, ways to school, population by planning area, what developments deliver, futures, findings."""

    results: Results
    inputs: Inputs
    options: AssessmentOptions
    pack: Pack
    measures: Mapping[str, pd.DataFrame]
    ways: pd.DataFrame
    population: pd.DataFrame
    developments: pd.DataFrame
    futures: Mapping[str, pd.DataFrame]
    findings: pd.DataFrame


def rooms(run: Judged) -> Iterator[Told]:
    """Areas of land and floor, outlook, needs, sectors, schools to review."""
    yield Told(missing=missing_areas(run.measures["campus"], run.pack))
    years = run.results.allocation.years
    short = waves(run.measures, years)
    warning = early_warning(run.results, run.inputs, run.measures["planning_area"], run.findings)
    yield Told(
        {
            "early_warning": warning,
            "limits_crossed": limits_crossed(run.findings, run.futures["chances"], years),
            "waves": short,
        }
    )
    yield Told({"urban_rural": urban_rural(run.measures["area_type"])})
    yield from _needs(run, short)
    yield Told({"sectors": sectors(run.results)})
    yield Told({"review": review_table(run.results, run.inputs, run.measures["school"], run.ways)})


def _needs(run: Judged, short: pd.DataFrame) -> Iterator[Told]:
    yield Told({"norm_need": norm_need(run.population, run.inputs, run.pack, run.options.housing)})
    yield delivery(run.developments, run.results, run.inputs, run.pack, run.options)
    areas = SiteAreas(run.measures["campus"], run.pack, run.options)
    yield land_need(short, run.inputs, areas)
    yield Told({"build_out": build_out(run.population, run.futures["fans"], run.inputs, areas)})

"""From the tables of a county to its roll histories, and the bundled county's backtest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from handmade import STAGES, county, squares

import placesim as ps
from placesim.demography import backtest_demand, backtest_forecasts
from placesim.demography.pupils.roll_history import grade_chains, roll_histories
from placesim.inputs import read_inputs
from placesim.records import Inputs, Stage, Stages
from placesim.scenario.options import DemandOptions
from placesim.scenario.parameters import DemandParameters

YEARS = (2025, 2026)
GRADES = STAGES.grades


def options(stages: Stages = STAGES) -> DemandOptions:
    return DemandOptions(YEARS, stages, DemandParameters())


def enrolment(years: range, schools: dict[str, tuple[str, ...]]) -> list[dict]:
    return [
        {"school_id": school, "year": year, "grade": grade, "pupils": 40 + year % 5 + place}
        for year in years
        for school, taught in schools.items()
        for place, grade in enumerate(taught)
    ]


def made(**tables: list[dict]) -> Inputs:
    return county({"areas": squares(["A", "B"]), **tables})


def births(rows: list[tuple[str | None, int, float]], basis: str = "mother_residence") -> list[dict]:
    return [{"area_id": area, "year": year, "basis": basis, "births": n} for area, year, n in rows]


def test_one_chain_over_all_stages():
    assert grade_chains(STAGES) == (GRADES,)


def test_two_kinds_of_senior_school_are_two_chains():
    both = Stages(
        (
            Stage("primary", ("G1", "G2"), {}, 6),
            Stage("senior", ("G3", "G4"), {}, 8),
            Stage("vocational", ("V1", "V2"), {}, 8),
        )
    )
    assert grade_chains(both) == (("G1", "G2", "G3", "G4"), ("V1", "V2"))


def test_rolls_of_the_base_year_and_before():
    rows = enrolment(range(2020, 2028), {"S": GRADES})
    (history,) = roll_histories(made(enrolment=rows), options())
    assert history.grades == GRADES
    assert history.enrolment["year"].max() == 2025
    assert history.births is None
    assert len(history.enrolment) == 6 * len(GRADES)
    assert history.entry_lag == STAGES.ages[0]


def test_births_of_areas_are_summed_to_cohorts_where_all_are_told():
    """A cohort takes two thirds of its own calendar year and a third of the year before (31 August)."""
    told = [("A", y, 30.0) for y in range(2010, 2016)] + [("B", y, 60.0) for y in range(2010, 2015)]
    inputs = made(enrolment=enrolment(range(2020, 2026), {"S": GRADES}), births=births(told))
    (history,) = roll_histories(inputs, options())
    assert history.births is not None
    assert dict(history.births.itertuples(index=False)) == pytest.approx(dict.fromkeys(range(2011, 2015), 90.0))


def test_births_of_the_county_go_before_those_of_areas_and_other_bases_tell_nothing():
    told = [("A", y, 30.0) for y in range(2010, 2016)] + [(None, y, 100.0) for y in range(2012, 2014)]
    other = births([(None, y, 999.0) for y in range(2010, 2016)], basis="registration")
    inputs = made(enrolment=enrolment(range(2020, 2026), {"S": GRADES}), births=[*births(told), *other])
    (history,) = roll_histories(inputs, options())
    assert history.births is not None
    assert dict(history.births.itertuples(index=False)) == pytest.approx(
        {2011: 30, 2012: 30, 2013: 100, 2014: 30, 2015: 30}
    )
    only_other = made(enrolment=enrolment(range(2020, 2026), {"S": GRADES}), births=other)
    assert roll_histories(only_other, options())[0].births is None


def test_no_rolls_no_backtest():
    assert roll_histories(made(), options()) == ()
    forecasts = backtest_forecasts(made(), options())
    assert len(forecasts) == 0
    assert len(backtest_demand(forecasts, STAGES)) == 0


@pytest.fixture(scope="module")
def songlan() -> pd.DataFrame:
    scenario = ps.example("songlan")
    inputs, _ = read_inputs(scenario)
    return backtest_demand(backtest_forecasts(inputs, scenario.demand), scenario.stages)


def test_every_stage_of_the_bundled_county_is_tried(songlan: pd.DataFrame):
    assert set(songlan["stage"]) == {"kindergarten", "primary", "junior", "senior"}
    assert set(songlan["level"]) == {"cell", "school", "total"}
    assert set(songlan["method"]) == {"placesim", "last_year", "three_year_progression"}
    assert (songlan["n"] > 0).all()
    assert np.isfinite(songlan[["mape", "bias"]]).all(axis=None)


def test_the_county_is_forecast_better_than_by_its_last_roll_where_births_fall(songlan: pd.DataFrame):
    totals = songlan[(songlan["level"] == "total") & (songlan["stage"] == "kindergarten")]
    errors = totals.pivot(index="horizon", columns="method", values="mape")
    assert (errors["placesim"] < errors["last_year"] / 3).all()

"""The waterfall closes, entrants have their sources, and cohorts move between areas without changing the county."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import STAGES, county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.demand import estimate_demand
from placesim.demography.pupils.views import between_areas
from placesim.demography.residents.projection import project
from placesim.records import Demand
from placesim.scenario.options import DemandOptions, ProjectionOptions
from placesim.scenario.parameters import DemandParameters, Demography, Housing
from placesim.vocabulary import WATERFALL

YEARS = tuple(range(2025, 2030))
OPTIONS = DemandOptions(YEARS, STAGES, DemandParameters())


def areas() -> list[dict]:
    return [row | {"planning_area": p} for row, p in zip(squares(["A", "B", "C"]), ("T1", "T1", "T2"), strict=True)]


def rolls() -> list[dict]:
    by_year = {2024: [90, 80, 85, 70, 60], 2025: [88, 84, 75, 82, 66]}
    return [
        {"school_id": "S", "year": year, "grade": grade, "pupils": pupils}
        for year, row in by_year.items()
        for grade, pupils in zip(STAGES.grades, row, strict=True)
    ]


def children(bases: tuple[str, ...] = ("registration", "vaccination")) -> list[dict]:
    return [
        {"area_id": a, "cohort": c, "basis": b, "as_of": "2025-08-31", "children": n + 3 * k + (c % 3)}
        for c in range(2018, 2025)
        for k, (a, n) in enumerate({"A": 30, "B": 40, "C": 20}.items())
        for b in bases
    ]


def population() -> list[dict]:
    return [
        {"area_id": a, "year": 2025, "sex": sex, "age_from": x, "age_to": x, "residents": n}
        for a, n in {"A": 16, "B": 21, "C": 12}.items()
        for sex in ("female", "male")
        for x in range(60)
    ]


def rates() -> list[dict]:
    every = {"age_from": 0, "age_to": 59}
    return [
        {"measure": "total_fertility", "value": 1.2},
        {"measure": "out_rate", "area_id": "C", "value": 0.08, **every},
        {"measure": "in_count", "area_id": "A", "value": 60, **every},
    ]


@pytest.fixture(scope="module")
def with_everything() -> Demand:
    inputs = county({"areas": areas(), "enrolment": rolls(), "children": children(), "population": population(),
                     "rates": rates(), "flows": [{"area_id": "outside", "school_id": "S", "year": 2025,
                                                  "stage": "primary", "pupils": 10}]})  # fmt: skip
    projection = project(inputs, ProjectionOptions(YEARS, "08-31", Demography(), Housing()))
    return estimate_demand(projection, inputs, OPTIONS)


def test_the_components_sum_to_the_pupils_of_the_year(with_everything):
    table = with_everything.waterfall
    county_rows = table[table["planning_area"].isna()]
    for stage in STAGES.ids:
        sums = county_rows[county_rows["stage"] == stage].groupby("year")["pupils"].sum()
        pupils = with_everything.stage_pupils(stage).sum(axis=0)
        np.testing.assert_allclose(sums.loc[list(YEARS[1:])], pupils[1:], atol=1e-9)


def test_planning_areas_sum_to_the_county_but_for_the_border(with_everything):
    table = with_everything.waterfall.assign(county=lambda t: t["planning_area"].isna())
    sums = table.groupby(["stage", "year", "component", "county"])["pupils"].sum().unstack("county")
    inside = sums.index.get_level_values("component").isin(["promoted", "entrants", "net_movers", "housing", "leavers"])
    np.testing.assert_allclose(sums.loc[inside, True], sums.loc[inside, False], atol=1e-9)


def test_components_are_of_the_closed_list_and_in_its_order(with_everything):
    table = with_everything.waterfall
    assert list(dict.fromkeys(table["stage"])) == list(STAGES.ids)
    for _, rows in table.groupby(["stage", "year"]):
        seen = list(dict.fromkeys(rows["component"]))
        assert seen == [c for c in WATERFALL if c in seen]


def test_entrants_by_source_are_the_pupils_of_the_entry_grade(with_everything):
    table = with_everything.entrants
    entry = with_everything.pupils[:-1, :, 0, 0] - with_everything.parts["housing"][:-1, :, 0, 0]
    np.testing.assert_allclose(table.groupby("year")["pupils"].sum().loc[list(YEARS)], entry.sum(axis=0), rtol=1e-4)
    next_year = table[table["year"] == 2026]
    assert {"registration", "vaccination"} <= set(next_year["source"])


def test_a_village_that_empties_loses_pupils_to_the_town_and_the_county_none(with_everything):
    rolls_of = with_everything.parts["rolls"][:3, :, 2, 0]  # grade 3 in 2026 was grade 2 in 2025
    seen = rolls_of[:, 1] / with_everything.parts["rolls"][:3, 0, 1, 0]
    assert seen[2] < seen[1] < seen[0]


@given(st.integers(0, 2**32 - 1))
def test_moving_between_areas_keeps_the_countys_sums(seed):
    rng = np.random.default_rng(seed)
    view = rng.uniform(0, 50, (4, 3, 5)) * (rng.random((4, 3, 5)) > 0.2)
    moved = between_areas(view, rng.uniform(0.5, 2.0, view.shape))
    np.testing.assert_allclose(moved.sum(axis=0), view.sum(axis=0), rtol=1e-12)
    assert (moved >= 0).all()


def test_without_planning_areas_only_the_county_is_told():
    inputs = county({"areas": squares(["A", "B", "C"]), "enrolment": rolls(), "children": children()})
    got = estimate_demand(None, inputs, OPTIONS)
    assert got.waterfall["planning_area"].isna().all()
    assert len(got.waterfall)

"""Flows of the base year: homes, and what crosses the border."""

from __future__ import annotations

import numpy as np
from handmade import STAGES, county, squares

from placesim.demography.pupils.flows import Flows, read_flows

ROLL = np.array([60.0, 30.0, 10.0, 50.0, 50.0])


def flow(
    area: str, school: str, pupils: int, stage: str = "primary", grade: str | None = None, year: int = 2025
) -> dict:
    return {"area_id": area, "school_id": school, "year": year, "stage": stage, "grade": grade, "pupils": pupils}


def flows(*rows: dict, roll: np.ndarray = ROLL) -> Flows:
    return read_flows(county({"areas": squares(["A", "B"]), "flows": rows}), STAGES, np.array([2025, 2025]), roll=roll)


def test_rows_of_a_stage_are_spread_by_the_roll():
    got = flows(flow("A", "S", 80), flow("A", "outside", 10), flow("B", "S", 20), flow("outside", "S", 5))
    np.testing.assert_allclose(got.inside[0, :3], [48, 24, 8])
    np.testing.assert_allclose(got.inside[1, :3], [12, 6, 2])
    np.testing.assert_allclose(got.outflow[0, :3], [6, 3, 1])
    np.testing.assert_allclose(got.inflow, [3, 1.5, 0.5, 0, 0])


def test_rows_of_a_grade_stay_there():
    got = flows(flow("A", "S", 7, "junior", "G5"), flow("outside", "S", 2, "junior", "G4"))
    np.testing.assert_array_equal(got.inside[0], [0, 0, 0, 0, 7])
    np.testing.assert_array_equal(got.inflow, [0, 0, 0, 2, 0])


def test_without_a_roll_a_stage_is_spread_evenly():
    got = flows(flow("A", "S", 90), roll=np.full(5, np.nan))
    np.testing.assert_allclose(got.inside[0], [30, 30, 30, 0, 0])


def test_the_latest_year_not_after_the_base_year_is_read():
    got = flows(flow("A", "S", 60, year=2023), flow("A", "S", 30, year=2024), flow("A", "S", 90, year=2026))
    assert got.inside.sum() == 30


def test_border_rows_alone_tell_no_homes():
    got = flows(flow("A", "outside", 10), flow("outside", "S", 5))
    assert got.inside.sum() == 0
    assert got.outflow.sum() == 10


def test_no_flows():
    got = flows()
    assert got.inside.shape == (2, 5)
    for told in (got.inside, got.inflow, got.outflow):
        assert not told.any()


def test_each_stage_has_its_own_latest_year():
    got = flows(flow("outside", "S", 30, year=2023), flow("outside", "S", 40, "junior", year=2024))
    np.testing.assert_allclose(got.inflow, [18, 9, 3, 20, 20])

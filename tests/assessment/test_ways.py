"""The way to school, weighted by pupils."""

from __future__ import annotations

import numpy as np
import pytest
from toy_county import County, assessed, options, row_of

from placesim.assessment import assess
from placesim.standards.norms import StageNorms

FLOWS = [
    (2025, "A", "S1", "G1", 30),  # 10 minutes
    (2025, "A", "S2", "G1", 10),  # 40
    (2025, "B", "S1", "G4", 20),  # 35, a grade the norm does not speak of
    (2025, "B", "S2", "G1", 40),  # 5
    (2025, "outside", "S2", "G1", 8),  # no way known, none asked
    (2025, "B", "outside", "G1", 5),
    (2025, "B", "S1", "G7", 6),  # 35, a stage without a norm
]


def test_a_school() -> None:
    row = row_of(assessed(County(flows=FLOWS)).measures["school"], school_id="S2")
    assert row["minutes_mean"] == (10 * 40 + 40 * 5) / 50
    assert row["minutes_max"] == 40
    assert row["metres_mean"] == (10 * 2400 + 40 * 300) / 50
    assert row["pupils_over_minutes"] == 10
    assert row["share_over_minutes"] == 10 / 50


def test_an_area_and_the_county() -> None:
    measures = assessed(County(flows=FLOWS)).measures
    area = row_of(measures["area"], area_id="A", stage="primary")
    assert area["minutes_mean"] == (30 * 10 + 10 * 40) / 40
    assert area["share_over_minutes"] == 0.25
    county = row_of(measures["county"], stage="primary")
    assert county["minutes_mean"] == (30 * 10 + 10 * 40 + 20 * 35 + 40 * 5) / 100
    assert county["pupils_over_minutes"] == 10
    assert county["share_over_minutes"] == 10 / 80  # of the 80 in grade 1


def test_only_the_grades_of_the_norm_are_judged() -> None:
    row = row_of(assessed(County(flows=FLOWS)).measures["school"], school_id="S1", stage="primary")
    assert row["minutes_max"] == 35
    assert row["pupils_over_minutes"] == 0
    assert row["share_over_minutes"] == 0


def test_a_stage_without_a_norm_is_not_judged() -> None:
    row = row_of(assessed(County(flows=FLOWS)).measures["school"], stage="junior")
    assert row["minutes_mean"] == 35
    assert np.isnan(row["pupils_over_minutes"])
    assert np.isnan(row["share_over_minutes"])


def test_the_scenarios_own_minutes_hold() -> None:
    county, strict = County(flows=FLOWS), StageNorms(50, 50, 55, minutes=5)
    told = options("generic", primary=strict, junior=strict)
    measures = assess(county.results(), county.inputs(), told).measures
    row = row_of(measures["county"], stage="primary")
    assert row["pupils_over_minutes"] == 30 + 10 + 20  # five minutes are within five; all grades count
    assert row_of(measures["county"], stage="junior")["share_over_minutes"] == 1


def test_a_school_out_of_reach_counts_as_over_and_in_no_mean() -> None:
    minutes = {("A", "S1"): 10.0, ("B", "S1"): 35.0, ("B", "S2"): 5.0}
    result = assessed(County(flows=FLOWS, minutes=minutes))
    row = row_of(result.measures["school"], school_id="S2")
    assert row["minutes_mean"] == 5
    assert row["minutes_max"] == 5
    assert row["pupils_over_minutes"] == 10
    assert "assessment.note.out_of_reach" in result.notes


@pytest.mark.parametrize("unit", ["school", "area", "county"])
def test_nobody_on_the_way_has_no_values(unit: str) -> None:
    frame = assessed(County(flows=[])).measures[unit]
    assert frame[["minutes_mean", "minutes_max", "metres_mean", "share_over_minutes"]].isna().all(axis=None)

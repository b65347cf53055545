"""Fans and chances of sampled futures, worked by hand on the toy county."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_county import STAGES, County, options, row_of

from placesim.assessment import assess
from placesim.assessment.chances import chances, fans, rolls_by_draw
from placesim.assessment.classes import by_stage
from placesim.records import DemandDraws, Results
from placesim.vocabulary import OUTSIDE

COUNTY = County(
    flows=[
        (2025, "A", "S1", "G1", 70),
        (2025, "B", "S1", "G1", 10),
        (2025, "A", "S1", "G7", 12),
        (2025, "B", "S2", "G1", 30),
        (2025, "B", "outside", "G7", 5),
        (2025, OUTSIDE, "S2", "G1", 8),
    ],
    unplaced=[(2025, "B", "G7", 5)],
    places={("S1", "primary"): (75, 90, 99), ("S1", "junior"): (20, 30, 40), ("S2", "primary"): (90, 90, 100)},
)
FACTORS = np.array([0.8, 0.9, 1.0, 1.1, 1.25])


def drawn(factors: np.ndarray) -> Results:
    """Every draw is the central run times a factor."""
    results = COUNTY.results()
    central = results.demand.pupils.sum(axis=-1)  # two areas, each its own planning area, and the outside
    pupils = (factors[:, None, None, None] * central).astype(np.float32)
    named = {"low": 0, "medium": 2, "high": 4}
    return replace(results, draws=DemandDraws(("P1", "P2", OUTSIDE), (2025,), STAGES, pupils, named))


@pytest.fixture(scope="module")
def results() -> Results:
    return drawn(FACTORS)


def test_a_draw_like_the_central_run_fills_the_schools_like_it(results):
    rolls = rolls_by_draw(results, COUNTY.inputs())
    expected = np.moveaxis(by_stage(results.allocation.roll, STAGES), 1, 2)
    np.testing.assert_allclose(rolls[2], expected)
    np.testing.assert_allclose(rolls[4], 1.25 * expected, rtol=1e-6)


def test_chances_are_shares_of_draws(results):
    row = row_of(chances(results, COUNTY.inputs()), school_id="S1", stage="primary")
    # rolls 64, 72, 80, 88, 100 against 75, 90 and 99 places
    assert row[["chance_over_design", "chance_over_cap", "chance_over_emergency"]].tolist() == [0.6, 0.2, 0.2]
    assert row["expected_excess"] == pytest.approx((100 - 90) / 5)
    assert row["roll_p50"] == pytest.approx(80)


def test_the_countys_fan_is_of_those_who_need_a_place_in_it(results):
    table = fans(results, COUNTY.inputs())
    county = table[table["planning_area"].isna()]
    primary = row_of(county, stage="primary")
    assert primary["central"] == 70 + 10 + 30 + 8
    assert primary[["low", "medium", "high"]].tolist() == pytest.approx([94.4, 118, 147.5])
    assert primary["chance_over_design"] == 0.0  # never more than 165
    junior = row_of(county, stage="junior")
    # B: 5 attend beyond the border, the 5 without a place need one here: all of A's 12 and half of B's 10
    assert junior["central"] == pytest.approx(12 + 5)


def test_a_planning_area_shows_those_who_live_there(results):
    table = fans(results, COUNTY.inputs())
    assert row_of(table, planning_area="P2", stage="primary")["central"] == 40
    assert row_of(table, planning_area="P2", stage="junior")["central"] == 10
    assert table["planning_area"].ne(OUTSIDE).all()


def test_quantiles_of_a_sum_are_not_sums_of_quantiles():
    results = drawn(np.ones(5))
    pupils = results.draws.pupils.copy()
    pupils[:2, 0], pupils[2:4, 1] = 0, 0  # two draws without P1, two without P2
    table = fans(
        replace(results, draws=replace(results.draws, pupils=pupils, named=results.draws.named)), COUNTY.inputs()
    )
    county = row_of(table[table["planning_area"].isna()], stage="primary")
    parts = table[table["planning_area"].notna() & (table["stage"] == "primary")]
    assert county["p75"] < parts["p75"].sum()


def test_without_draws_the_tables_are_empty_but_named():
    assessed = assess(COUNTY.results(), COUNTY.inputs(), options())
    for table in assessed.futures.values():
        assert table.empty
        assert "stage" in table.columns

"""Progression ratios, and how cohorts move through the grades."""

from __future__ import annotations

import numpy as np
from handmade import STAGES, county, squares

from placesim.demography.rolls.progression import advance, grades_before, progression_ratios, read_rolls
from placesim.records import Inputs, Stage, Stages

GRADES = ("G1", "G2", "G3", "G4", "G5")


def rolls(by_year: dict[int, list[float | None]], schools: tuple[str, ...] = ("S",)) -> Inputs:
    rows = [
        {"school_id": s, "year": year, "grade": grade, "pupils": pupils}
        for year, row in by_year.items()
        for grade, pupils in zip(GRADES, row, strict=True)
        if pupils is not None
        for s in schools
    ]
    return county({"areas": squares(["A"]), "enrolment": rows})


def ratios(by_year: dict[int, list[float | None]], *, base: int = 2025) -> np.ndarray:
    return read_rolls(rolls(by_year), STAGES, base).ratio


def test_a_ratio_of_one_pair_of_years_also_between_stages():
    got = ratios({2024: [100, 100, 100, 50, 5], 2025: [100, 90, 80, 70, 60]})
    np.testing.assert_allclose(got, [np.nan, 0.9, 0.8, 0.7, 1.2])


def test_a_year_moves_the_level_by_what_it_weighs():
    """The first pair says log 0.5 of 400 pupils, two years later 300 of them say nobody leaves."""
    got = ratios({2022: [800, 0, 0, 0, 0], 2023: [300, 400, 0, 0, 0], 2024: [0, 300, 0, 0, 0]})[1]
    known = 1.0 + 0.003**2
    known *= 1 - known / (known + 1 / 400 + 1e-5)
    known += 0.003**2
    gain = known / (known + 1 / 300 + 1e-5)
    np.testing.assert_allclose(got, np.exp((1 - gain) * np.log(0.5)))
    assert 0.6 < got < 0.8


def test_a_ratio_that_lasts_is_met_and_a_missing_year_makes_no_pair():
    lasting = {y: [100, 80, 64, 51, 41] for y in (2018, 2019, 2020, 2022, 2023, 2024, 2025)}
    np.testing.assert_allclose(ratios(lasting)[1:3], 0.8)
    without = {y: row for y, row in lasting.items() if y not in (2019, 2023)}
    np.testing.assert_allclose(ratios(without)[1:3], 0.8)
    assert np.isnan(ratios({2021: [100] * 5, 2023: [50] * 5})).all()


def test_what_happened_last_counts_most():
    rising = {2020 + i: [1000, 900 + 10 * i, 1, 1, 1] for i in range(6)}
    falling = {2020 + i: [1000, 950 - 10 * i, 1, 1, 1] for i in range(6)}
    assert ratios(rising)[1] > np.mean([0.91, 0.92, 0.93, 0.94, 0.95])
    assert ratios(falling)[1] < np.mean([0.94, 0.93, 0.92, 0.91, 0.90])


def test_years_after_the_base_are_not_known_yet():
    table = {2024: [100] * 5, 2025: [90] * 5, 2026: [10] * 5}
    got = read_rolls(rolls(table), STAGES, 2025)
    assert got.years.tolist() == [2024, 2025]
    np.testing.assert_allclose(got.ratio[1:], 0.9)


def test_schools_are_summed_and_a_grade_without_rows_is_unknown_not_zero():
    got = read_rolls(rolls({2025: [10, 20, None, 0, 5]}, ("S", "T")), STAGES, 2025)
    np.testing.assert_array_equal(got.latest, [20, 40, np.nan, 0, 10])


def test_no_rolls_at_all():
    got = read_rolls(county({"areas": squares(["A"])}), STAGES, 2025)
    assert np.isnan(got.latest).all()
    assert np.isnan(got.ratio).all()


def test_stages_of_the_same_ages_are_fed_by_the_same_grade():
    lower = Stage("primary", ("G1", "G2"), {}, 6)
    twins = Stages((lower, Stage("senior", ("G3", "G4"), {}, 8), Stage("vocational", ("V1", "V2"), {}, 8)))
    assert grades_before(twins).tolist() == [-1, 0, 1, 2, 1, 4]


def test_a_gap_of_ages_breaks_the_chain():
    gap = Stages((Stage("primary", ("G1",), {}, 6), Stage("junior", ("G3", "G4"), {}, 8)))
    assert grades_before(gap).tolist() == [-1, -1, 1]


def test_cohorts_advance_and_the_first_grade_is_not_known():
    start = np.array([[100.0, 50.0, 20.0]])
    got = advance(start, np.zeros(3, dtype=int), np.array([np.nan, 0.5, 2.0]), np.array([-1, 0, 1]), steps=2)
    np.testing.assert_allclose(got[0], [[100, 50, 20], [np.nan, 50, 100], [np.nan, np.nan, 100]])


def test_no_pairs_no_ratios():
    assert np.isnan(progression_ratios(np.array([2025]), np.ones((1, 2)), np.array([-1, 0]))).all()


def test_each_stage_has_its_own_latest_year_and_joins_when_it_was_seen():
    got = read_rolls(rolls({2024: [10, 20, 30, 40, 50], 2025: [11, 21, 31, None, None]}), STAGES, 2025)
    assert got.latest_year.tolist() == [2025, 2025, 2025, 2024, 2024]
    np.testing.assert_array_equal(got.latest, [11, 21, 31, 40, 50])
    moved = advance(got.latest[None], got.latest_year - 2024, np.ones(5), got.before, steps=1)
    np.testing.assert_array_equal(moved[0, 1], [11, 21, 31, np.nan, 40])

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


def ratios(by_year: dict[int, list[float | None]], *, base: int = 2025, past: int = 3) -> np.ndarray:
    return read_rolls(rolls(by_year), STAGES, base, past=past).ratio


def test_a_ratio_of_one_pair_of_years_also_between_stages():
    got = ratios({2024: [100, 100, 100, 50, 5], 2025: [100, 90, 80, 70, 60]})
    np.testing.assert_allclose(got, [np.nan, 0.9, 0.8, 0.7, 1.2])


def test_the_mean_is_of_logarithms_weighted_by_pupils():
    got = ratios({2023: [100, 0, 0, 0, 0], 2024: [300, 50, 0, 0, 0], 2025: [0, 300, 25, 0, 0]})
    np.testing.assert_allclose(got[1], np.exp((100 * np.log(0.5) + 300 * np.log(1.0)) / 400))
    np.testing.assert_allclose(got[2], 0.5)
    assert np.isnan(got[3:]).all()


def test_only_the_last_pairs_count_and_a_missing_year_makes_no_pair():
    table = {2019: [100] * 5, 2020: [50] * 5, 2022: [80] * 5, 2023: [80] * 5, 2024: [40] * 5, 2025: [30] * 5}
    np.testing.assert_allclose(ratios(table, past=1)[1:], 0.75)
    np.testing.assert_allclose(ratios(table, past=2)[1:], np.exp((80 * np.log(0.5) + 40 * np.log(0.75)) / 120))
    both = ratios(table, past=3)[1:]
    np.testing.assert_allclose(both, np.exp((80 * np.log(0.5) + 40 * np.log(0.75)) / 200))
    assert (ratios(table, past=10)[1:] < both).all()  # 2019–2020 halves, 2020–2022 is no pair


def test_years_after_the_base_are_not_known_yet():
    table = {2024: [100] * 5, 2025: [90] * 5, 2026: [10] * 5}
    got = read_rolls(rolls(table), STAGES, 2025, past=3)
    assert got.years.tolist() == [2024, 2025]
    np.testing.assert_allclose(got.ratio[1:], 0.9)


def test_schools_are_summed_and_a_grade_without_rows_is_unknown_not_zero():
    got = read_rolls(rolls({2025: [10, 20, None, 0, 5]}, ("S", "T")), STAGES, 2025, past=3)
    np.testing.assert_array_equal(got.latest, [20, 40, np.nan, 0, 10])


def test_no_rolls_at_all():
    got = read_rolls(county({"areas": squares(["A"])}), STAGES, 2025, past=3)
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
    assert np.isnan(progression_ratios(np.array([2025]), np.ones((1, 2)), np.array([-1, 0]), past=3)).all()


def test_each_stage_has_its_own_latest_year_and_joins_when_it_was_seen():
    got = read_rolls(rolls({2024: [10, 20, 30, 40, 50], 2025: [11, 21, 31, None, None]}), STAGES, 2025, past=3)
    assert got.latest_year.tolist() == [2025, 2025, 2025, 2024, 2024]
    np.testing.assert_array_equal(got.latest, [11, 21, 31, 40, 50])
    moved = advance(got.latest[None], got.latest_year - 2024, np.ones(5), got.before, steps=1)
    np.testing.assert_array_equal(moved[0, 1], [11, 21, 31, np.nan, 40])

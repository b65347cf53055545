"""Bundled schedules and the rates table, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.residents.mortality import life_table_of_survivors, single_ages, survival_ratios
from placesim.demography.residents.rates import YearlyRates, areas_without_fertility, yearly_rates
from placesim.demography.residents.schedules import (
    bundled_mortality,
    fertility_shape,
    males_per_female_birth,
    survival_from_mortality,
)
from placesim.records import Inputs
from placesim.scenario.parameters import Demography

TYPES = {"A": "town", "B": "rural", "C": "rural"}


def inputs(*rows: dict) -> Inputs:
    areas = [{**square, "area_type": TYPES[square["area_id"]]} for square in squares(list(TYPES))]
    return county({"areas": areas, "rates": rows})


def rate(measure: str, value: float, **where: object) -> dict:
    return {"measure": measure, "value": value, **where}


def rates(*rows: dict, years: tuple[int, ...] = (2025,), people=(10.0, 30.0, 60.0), **told: float) -> YearlyRates:
    return yearly_rates(inputs(*rows), years, people=np.array(people), demography=Demography(**told), base=2025)


# ------------------------------------------------------------------------------------------------------ schedules
def test_the_fertility_shape_sums_to_one_and_keeps_its_groups():
    shape = fertility_shape()
    assert shape.sum() == pytest.approx(1)
    assert shape[25:30].sum() == pytest.approx(0.3452 / 0.9992, abs=1e-4)
    assert shape[:15].sum() == shape[50:].sum() == 0


def test_the_fertility_shape_drifts_to_later_ages():
    early, half, late = (fertility_shape(year) for year in (2024, 2029.5, 2035))
    np.testing.assert_array_equal(fertility_shape(), early)
    np.testing.assert_array_equal(fertility_shape(2010), early)
    np.testing.assert_array_equal(fertility_shape(2060), late)
    assert late[30:35].sum() == pytest.approx(0.3060 / 0.9996, abs=1e-4)
    np.testing.assert_allclose(half[20:25].sum(), (early[20:25].sum() + late[20:25].sum()) / 2, rtol=1e-3)
    means = [shape @ (np.arange(101) + 0.5) for shape in (early, half, late)]
    assert means == sorted(means)
    assert means[0] == pytest.approx(29.1, abs=0.2)  # the mean age of the source


def test_the_sex_ratio_at_birth_falls_along_its_path():
    ratios = [males_per_female_birth(year) for year in (2000, 2023, 2024, 2025, 2032.5, 2050, 2070)]
    np.testing.assert_allclose(ratios, [1.108, 1.108, 1.103, 1.098, 1.0715, 1.061, 1.061])


def test_the_bundled_mortality_gives_the_known_survival_to_school_age():
    both = np.stack([bundled_mortality()] * 2)
    to_school = survival_from_mortality(both)[:, :7].prod(axis=1)
    np.testing.assert_allclose(to_school, 0.992, atol=5e-4)


def test_survival_of_a_constant_rate():
    """Beyond infancy a constant rate m takes the share m ÷ (1 + m/2) of every age."""
    survival = survival_from_mortality(np.full((2, 101), 0.02))
    np.testing.assert_allclose(survival[:, 2:100], 1 - 0.02 / 1.01, rtol=1e-12)


@given(st.lists(st.floats(0, 2), min_size=101, max_size=101))
def test_survival_is_a_share(rates_by_age):
    survival = survival_from_mortality(np.array([rates_by_age, rates_by_age]))
    assert ((survival >= 0) & (survival <= 1)).all()


# ---------------------------------------------------------------------------------------------------- the table
def test_an_empty_table_has_bundled_survival_and_no_births_or_moves():
    got = rates(years=(2025, 2026))
    assert got.survival.shape == got.in_count.shape == (2, 3, 2, 101)
    np.testing.assert_array_equal(got.survival[1, 2], survival_from_mortality(np.stack([bundled_mortality()] * 2)))
    assert not got.fertility.any()
    assert not got.out_rate.any()
    expected = [males_per_female_birth(year + 2 / 3) for year in (2025, 2026)]  # the middle of September to August
    np.testing.assert_allclose(got.males_per_female_birth, expected)


def test_the_area_speaks_before_its_type_and_the_type_before_all():
    got = rates(
        rate("out_rate", 0.3, area_id="B", age_from=6, age_to=6),
        rate("out_rate", 0.2, area_type="rural", age_from=5, age_to=7),
        rate("out_rate", 0.1, age_from=4, age_to=8),
    ).out_rate[0]
    np.testing.assert_array_equal(got[0, 0, 3:10], [0, 0.1, 0.1, 0.1, 0.1, 0.1, 0])
    np.testing.assert_array_equal(got[1, 1, 3:10], [0, 0.1, 0.2, 0.3, 0.2, 0.1, 0])
    np.testing.assert_array_equal(got[2, 0, 3:10], [0, 0.1, 0.2, 0.2, 0.2, 0.1, 0])


def test_the_latest_row_not_after_the_year_speaks():
    got = rates(
        rate("total_fertility", 1.0),
        rate("total_fertility", 1.2, year=2027),
        rate("total_fertility", 1.1, year=2026),
        years=(2025, 2026, 2027, 2030),
    )
    np.testing.assert_allclose(got.fertility.sum(axis=2)[:, 0], [1.0, 1.1, 1.2, 1.2])


def test_an_old_row_of_the_area_speaks_before_a_new_row_for_all():
    got = rates(rate("total_fertility", 2.0, year=2020, area_id="A"), rate("total_fertility", 1.0, year=2025))
    np.testing.assert_allclose(got.fertility[0].sum(axis=1), [2, 1, 1])


def test_fertility_by_age_speaks_before_total_fertility():
    got = rates(
        rate("fertility", 0.1, area_id="A", age_from=25, age_to=29), rate("total_fertility", 1.0), fertility_factor=2.0
    )
    np.testing.assert_allclose(got.fertility[0].sum(axis=1), [1.0, 2.0, 2.0])
    np.testing.assert_array_equal(np.flatnonzero(got.fertility[0, 0]), np.arange(25, 30))


def test_survival_speaks_before_mortality_and_mortality_before_the_schedule():
    got = rates(
        rate("mortality", 0.5, sex="male", age_from=40, age_to=40),
        rate("survival", 0.25, sex="female", age_from=41, age_to=41),
    ).survival[0, 0]
    bundled = rates().survival[0, 0]
    assert got[0, 41] == 0.25
    np.testing.assert_array_equal(np.delete(got[0], 41), np.delete(bundled[0], 41))
    assert got[1, 41] < 0.8 < bundled[1, 41]


def survivors(ages: dict[int, float], **where: object) -> list[dict]:
    return [rate("survivors", value, age_from=age, age_to=age, **where) for age, value in ages.items()]


LIVING = {0: 100_000, 1: 99_000, 5: 98_000, 20: 96_000, 60: 80_000, 90: 10_000}


def test_survivors_make_a_life_table():
    got = rates(*survivors(LIVING)).survival[0]
    table = life_table_of_survivors(np.array([list(LIVING.values())] * 2), tuple(LIVING))
    np.testing.assert_array_equal(got, np.broadcast_to(survival_ratios(single_ages(table)), got.shape))
    reached = got[0, 0, :21].prod()  # on average aged 20 to 21
    assert 0.955 < reached < 0.96


def test_survivors_of_one_sex_and_area_leave_the_others_alone():
    got = rates(*survivors(LIVING, area_id="B", sex="male")).survival[0]
    bundled = rates().survival[0]
    np.testing.assert_array_equal(got[[0, 2]], bundled[[0, 2]])
    np.testing.assert_array_equal(got[1, 0], bundled[1, 0])
    assert (got[1, 1, 2:60] < bundled[1, 1, 2:60]).all()


def test_survivors_speak_before_mortality_and_after_survival():
    table = survivors(LIVING)
    got = rates(*table, rate("mortality", 0.5, age_from=0, age_to=130), rate("survival", 0.5, age_from=7, age_to=7))
    expected = rates(*table).survival.copy()
    expected[..., 7] = 0.5
    np.testing.assert_array_equal(got.survival, expected)


def test_survivors_stand_at_the_first_age_of_a_group():
    groups = [(0, 0), (1, 4), (5, 19), (20, 59), (60, 89), (90, 130)]
    grouped = [rate("survivors", n, age_from=a, age_to=b) for (a, b), n in zip(groups, LIVING.values(), strict=True)]
    np.testing.assert_array_equal(rates(*grouped).survival, rates(*survivors(LIVING)).survival)


def test_total_fertility_takes_the_shape_of_its_year():
    got = rates(rate("total_fertility", 1.2), years=(2025, 2034, 2050))
    np.testing.assert_allclose(got.fertility[1, 0], 1.2 * fertility_shape(2034 + 2 / 3))
    np.testing.assert_allclose(got.fertility[2, 0], 1.2 * fertility_shape(2035))


def test_a_count_is_shared_by_residents_and_evenly_over_ages_and_sexes():
    got = rates(
        rate("in_count", 90.0, age_from=20, age_to=22, sex="male"),
        rate("in_count", 12.0, area_type="rural", age_from=50, age_to=50),
        rate("in_count", 6.0, area_id="A", age_from=30, age_to=30),
        migration_factor=0.5,
    ).in_count[0]
    np.testing.assert_allclose(got[:, 1, 20:23], np.outer([9, 27, 54], [1, 1, 1]) / 3 / 2)
    np.testing.assert_allclose(got[:, :, 50], np.outer([0, 4, 8], [1, 1]) / 2 / 2)
    np.testing.assert_allclose(got[:, :, 30], np.outer([6, 0, 0], [1, 1]) / 2 / 2)
    assert got.sum() == pytest.approx((90 + 12 + 6) / 2)


def test_factors_are_of_the_future_only():
    told = (rate("in_count", 90.0, age_from=20, age_to=20), rate("total_fertility", 1.0))
    got = rates(*told, years=(2023, 2024, 2025, 2026), fertility_factor=2.0, migration_factor=3.0)
    np.testing.assert_allclose(got.fertility[:, 0].sum(axis=1), [1, 1, 2, 2])
    np.testing.assert_allclose(got.in_count.sum(axis=(1, 2, 3)), [90, 90, 270, 270])


def test_newcomers_arrive_where_nobody_lives_yet():
    got = rates(rate("in_count", 8.0, area_id="C", age_from=5, age_to=5), people=(0.0, 0.0, 0.0))
    assert got.in_count[0, 2, :, 5].tolist() == [4.0, 4.0]


def test_the_sex_ratio_counts_males_per_hundred_females():
    rows = rate("sex_ratio_at_birth", 111.3), rate("sex_ratio_at_birth", 106.0, year=2030)
    got = rates(*rows, years=(2025, 2030), males_per_female_birth=1.05)
    np.testing.assert_allclose(got.males_per_female_birth, [1.113, 1.06])


def test_areas_without_fertility_are_found():
    table = inputs(
        rate("total_fertility", 1.0, area_type="town"),
        rate("fertility", 0.1, area_id="B", age_from=20, age_to=40),
        rate("total_fertility", 1.0, area_id="C", year=2026),
    )
    assert areas_without_fertility(table, 2025).tolist() == [2]
    assert areas_without_fertility(table, 2026).tolist() == []


def test_the_order_of_the_rows_changes_nothing():
    rows = [rate("out_rate", 0.01 * i, area_id=a, age_from=0, age_to=9) for i, a in enumerate("ABC")]
    rows += [rate("out_rate", 0.2, year=2024), rate("out_rate", 0.1)]
    np.testing.assert_array_equal(rates(*rows).out_rate, rates(*rows[::-1]).out_rate)

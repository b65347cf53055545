"""cohort_births: calendar years, months, cut-offs, incomplete cohorts, published national figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.residents.births import cohort_births
from placesim.errors import InputError


def calendar_years(**births: float) -> pd.DataFrame:
    return pd.DataFrame({"year": [int(k[1:]) for k in births], "births": list(births.values())})


def by_year(table: pd.DataFrame) -> dict[int, float]:
    return dict(zip(table["year"], table["births"], strict=True))


def test_calendar_years_give_two_thirds_and_one_third():
    got = by_year(cohort_births(calendar_years(y2017=900, y2018=1200, y2019=600)))
    assert got == pytest.approx({2018: 300 + 800, 2019: 400 + 400})


def test_months_after_the_cut_off_belong_to_the_next_cohort():
    months = pd.DataFrame({"year": [2018] * 12 + [2019] * 12, "month": [*range(1, 13)] * 2, "births": range(24)})
    got = by_year(cohort_births(months))
    assert got == {2019: sum(range(8, 20))}  # September 2018 … August 2019


def test_even_months_equal_the_calendar_year():
    years = calendar_years(y2015=1200, y2016=2400, y2017=600)
    months = years.loc[years.index.repeat(12)].assign(month=[*range(1, 13)] * 3, births=lambda t: t["births"] / 12)
    pd.testing.assert_frame_equal(cohort_births(months), cohort_births(years), check_dtype=False)


def test_years_and_months_may_follow_each_other():
    table = pd.DataFrame(
        {"year": [2017] + [2018] * 12, "month": [None, *range(1, 13)], "births": [900.0] + [100.0] * 8 + [50.0] * 4}
    )
    assert by_year(cohort_births(table)) == pytest.approx({2018: 300 + 800})


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [
        ("12-31", {2017: 120.0, 2018: 240.0}),
        ("06-15", {2018: 120 * 6.5 / 12 + 240 * 5.5 / 12}),
        ("02-29", {2018: 140.0}),
    ],
)
def test_other_cut_offs(cutoff, expected):
    assert by_year(cohort_births(calendar_years(y2017=120, y2018=240), cutoff=cutoff)) == pytest.approx(expected)


def test_a_missing_year_or_month_leaves_its_cohorts_out():
    assert by_year(cohort_births(calendar_years(y2015=1, y2016=1, y2018=1, y2019=1))).keys() == {2016, 2019}
    months = pd.DataFrame({"year": [2018] * 4 + [2019] * 7, "month": [9, 10, 11, 12, *range(1, 8)], "births": 1})
    assert cohort_births(months).empty


def test_series_are_kept_apart_blank_area_is_the_county():
    table = pd.concat([calendar_years(y2017=90, y2018=90).assign(area_id=a) for a in ("a", None)])
    got = cohort_births(table)
    assert list(got.columns) == ["area_id", "year", "births"]
    assert got["births"].tolist() == pytest.approx([90, 90])


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=12), st.integers(1, 12))
def test_every_birth_between_the_first_and_last_cut_off_is_counted_once(births, month):
    table = pd.DataFrame({"year": range(2000, 2000 + len(births)), "births": births})
    got = cohort_births(table, cutoff=f"{month:02d}-{[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]}")
    inside = sum(births) - (births[0] * month / 12 if month < 12 else 0) - births[-1] * (12 - month) / 12
    np.testing.assert_allclose(got["births"].sum(), inside, atol=1e-6)


def test_national_births_give_the_published_estimates_of_entrants():
    """Births of China 2016–2025 (10 000) and the entrants to grade 1 six years on, both as published."""
    births = [1883, 1765, 1523, 1465, 1202, 1062, 956, 902, 954, 792]
    got = cohort_births(pd.DataFrame({"year": range(2016, 2026), "births": births}))
    assert (got["year"] + 6).tolist() == list(range(2023, 2032))
    assert got["births"].round().tolist() == [1804, 1604, 1484, 1290, 1109, 991, 920, 937, 846]


def test_the_table_is_not_modified():
    table = calendar_years(y2017=90, y2018=90)
    before = table.copy()
    cohort_births(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("table", "index"),
    [
        (pd.DataFrame({"year": [2017], "births": [-1]}), 0),
        (pd.DataFrame({"year": [2017, 2018], "births": [1, np.nan]}), 1),
        (pd.DataFrame({"year": [2017, np.nan], "births": [1, 1]}), 1),
        (pd.DataFrame({"year": [2017], "month": [13], "births": [1]}), 0),
        (pd.DataFrame({"year": [2017]}), None),
        (pd.DataFrame({"year": [2017, 2017, 2018], "births": [1, 1, 1]}), 1),
    ],
)
def test_bad_births_are_named(table, index):
    with pytest.raises(InputError) as caught:
        cohort_births(table)
    assert (caught.value.argument, caught.value.index) == ("births", index)


@pytest.mark.parametrize("cutoff", ["8-31", "13-01", "00-10", "08-32", "04-31", "02-30", 831])
def test_a_bad_cut_off_is_named(cutoff):
    with pytest.raises(InputError, match="MM-DD"):
        cohort_births(calendar_years(y2017=1), cutoff=cutoff)


@pytest.mark.parametrize(
    ("column", "values", "row"),
    [
        ("births", [1, "many"], 1),
        ("births", [None, 1], 0),
        ("year", [2017, "next"], 1),
        ("year", [np.inf, 2017], 0),
        ("year", [2017, 1e30], 1),
        ("month", [1, "May"], 1),
    ],
)
def test_a_value_that_is_no_number_names_its_column_and_row(column, values, row):
    table = pd.DataFrame({"year": [2017, 2018], "month": [1, 2], "births": [1, 1]}).assign(**{column: values})
    with pytest.raises(InputError, match=f"{column} must be") as caught:
        cohort_births(table)
    assert caught.value.index == row


@pytest.mark.parametrize("table", [None, [1, 2], {"year": [2017], "births": [1]}])
def test_births_must_be_a_table(table):
    with pytest.raises(InputError, match="DataFrame"):
        cohort_births(table)


@pytest.mark.parametrize(
    ("year", "month", "row"),
    [
        ([2017, 2018, 2017], [None] * 3, 2),
        ([2017] * 3, [5, 6, 5], 2),  # even where another month is missing
        ([2017, 2017], [None, 5], 1),  # the year holds its May
        ([2017, 2017], [5, None], 0),
    ],
)
def test_a_period_given_twice_is_refused(year, month, row):
    table = pd.DataFrame({"year": year, "month": month, "births": 1, "area_id": None})
    with pytest.raises(InputError, match="twice") as caught:
        cohort_births(table)
    assert caught.value.index == row


def test_the_same_period_of_two_series_is_not_twice():
    table = pd.DataFrame({"year": [2017, 2018] * 2, "births": 12.0, "area_id": ["A", "A", "B", "B"]})
    assert cohort_births(table)["births"].tolist() == [12, 12]


# --------------------------------------------------------------------------------------------- names of the caller
@pytest.mark.parametrize("name", ["_months", "_merge", "months", 7])
def test_series_may_have_any_name(name):
    got = cohort_births(
        pd.DataFrame({"year": [2017, 2018], "births": [90, 90]}).assign(**{"x": "s"}).rename(columns={"x": name})
    )
    assert list(got.columns) == [name, "year", "births"]
    assert got.to_numpy().tolist() == [["s", 2018, 90.0]]


def test_an_index_may_be_named_like_a_column():
    table = calendar_years(y2017=90, y2018=90)
    pd.testing.assert_frame_equal(cohort_births(table.set_index("year", drop=False)), cohort_births(table))


def test_a_series_without_a_name_comes_back_as_given():
    table = calendar_years(y2017=90, y2018=90).assign(school=pd.Series([None, None], dtype=object))
    assert cohort_births(table)["school"].tolist() == [None]


def test_digits_of_other_scripts_are_no_cut_off():
    with pytest.raises(InputError, match="MM-DD"):
        cohort_births(calendar_years(y2017=1), cutoff="٠٨-٣١")


@pytest.mark.parametrize(
    ("column", "values", "row"),
    [
        ("year", [True, False], 0),
        ("births", [1, True], 1),
        ("births", [1j, 1], 0),
        ("births", pd.to_datetime(["2017-01-01"] * 2), 0),
        ("month", np.zeros(2, "m8[s]"), 0),
        ("school", ["a", ["b"]], 1),
    ],
)
def test_cells_of_other_kinds_are_refused(column, values, row):
    table = pd.DataFrame({"year": [2017, 2018], "births": [1, 1]}).assign(**{column: values})
    with pytest.raises(InputError, match=f"{column} must be") as caught:
        cohort_births(table)
    assert caught.value.index == row


def test_a_column_given_twice_is_refused():
    table = calendar_years(y2017=1)
    with pytest.raises(InputError, match="must have the column births once"):
        cohort_births(pd.concat([table, table[["births"]]], axis=1))

"""What a table of rolls tells, what it leaves open, and every way in which it can be wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from placesim.demography import backtest_rolls, forecast_rolls
from placesim.demography.rolls.history import History, read_history
from placesim.errors import InputError

GRADES = ("R", "1", "2")


def table(rows: dict[tuple[int, object], list[float | None]]) -> pd.DataFrame:
    """(year, school) → pupils by grade, None without a row."""
    cells = [
        (year, school, grade, n)
        for (year, school), pupils in rows.items()
        for grade, n in zip(GRADES, pupils, strict=True)
        if n is not None
    ]
    return pd.DataFrame(cells, columns=["year", "school", "grade", "pupils"])


def history(rows: dict[tuple[int, object], list[float | None]], **told: object) -> History:
    given = {"births": None, "grades": GRADES, "entry_lag": None, "exclude": (), **told}
    births = given.pop("births")
    return read_history(table(rows), births, **given)  # type: ignore[arg-type]


PLAIN = {(y, s): [20, 21, 22] for y in range(2018, 2022) for s in ("A", "B")}


def test_years_without_rows_and_excluded_years_are_not_counted():
    gap = {k: v for k, v in PLAIN.items() if k[0] != 2020}
    for got in (history(gap), history(PLAIN, exclude=(2020,))):
        assert got.first_year == 2018
        assert np.isnan(got.pupils[2]).all()
        assert np.isfinite(got.pupils[[0, 1, 3]]).all()


def test_a_school_is_not_counted_between_its_years_and_has_nobody_outside_them():
    rows = {k: v for k, v in PLAIN.items() if k not in ((2019, "B"), (2021, "B"))}
    got = history(rows).pupils[:, 1]
    assert np.isnan(got[1]).all()
    assert (got[3] == 0).all()


def test_an_empty_grade_without_a_row_and_one_not_counted():
    small = {(y, "A"): [2, 3, 4] for y in range(2018, 2022)} | {(2019, "A"): [2, None, 4]}
    large = {(y, "A"): [40, 41, 42] for y in range(2018, 2022)} | {(2019, "A"): [40, None, 42]}
    assert history(small).pupils[1, 0, 1] == 0
    assert np.isnan(history(large).pupils[1, 0, 1])


def test_a_small_empty_grade_is_taught_a_closed_one_is_not():
    rows = {(y, "A"): [3, 4, 30] for y in range(2014, 2020)} | {(2019, "A"): [0, 4, 0]}
    got = history(rows)
    assert got.taught[-1, 0].tolist() == [True, True, False]


def test_births_stand_in_their_year_of_entry():
    births = pd.DataFrame({"year": [2016, 2015, 2014, 2000], "births": [30, 29, 28, 5]})
    got = history(PLAIN, births=births, entry_lag=4)
    np.testing.assert_array_equal(got.births[:, 0], [28, 29, 30, np.nan])
    later = history(PLAIN, births=births.assign(year=births["year"] + 4), entry_lag=4)
    np.testing.assert_array_equal(later.births[:, 0], [np.nan] * 4 + [28, 29, 30])


def test_births_of_schools_without_rolls_are_left_out():
    births = pd.DataFrame({"year": [2016, 2016, 2016], "school": ["Z", "B", "A"], "births": [9, 20, 10]})
    got = history(PLAIN, births=births, entry_lag=4)
    np.testing.assert_array_equal(got.births[2], [10, 20])


def test_until_knows_births_as_far_ahead_as_today():
    births = pd.DataFrame({"year": range(2010, 2019), "births": range(9)})
    got = history(PLAIN, births=births, entry_lag=5).until(2019)
    assert got.last_year == 2019
    assert len(got.births) == 4  # 2018 … 2021: two years ahead, as 2023 is of 2021


def test_schools_are_ordered_by_number_and_name():
    rows = {(2020, s): [1, 1, 1] for s in ("b", 10, "None", 9, "a")}
    assert history(rows).schools == (9, 10, "None", "a", "b")


@pytest.mark.parametrize(
    ("change", "argument", "rule"),
    [
        (lambda t: t.drop(columns="pupils"), "enrolment", "needs a column pupils"),
        (lambda t: t.iloc[:0], "enrolment", "must have rows"),
        (lambda t: t.assign(year=2020.5), "enrolment", "year must be a whole number"),
        (lambda t: t.assign(year="soon"), "enrolment", "year must be a whole number"),
        (lambda t: t.assign(year=[202, *t["year"][1:]]), "enrolment", "years must lie within 300 of each other"),
        (lambda t: t.assign(pupils=np.nan), "enrolment", "pupils must be a number and not negative"),
        (lambda t: t.assign(pupils=np.inf), "enrolment", "pupils must be a number and not negative"),
        (lambda t: t.assign(pupils=[*t["pupils"][:-1], -1]), "enrolment", "pupils must be a number and not negative"),
        (lambda t: t.assign(school=[None, *t["school"][1:]]), "enrolment", "school must be given"),
        (lambda t: t.assign(grade="7"), "enrolment", "grade must be one of R, 1, 2"),
        (lambda t: t.assign(grade=None), "enrolment", "grade must be one of R, 1, 2"),
        (lambda t: pd.concat([t, t.iloc[[4]]]), "enrolment", "gives a year, school and grade twice"),
        (lambda t: t.to_dict(), "enrolment", "must be a DataFrame"),
    ],
)
def test_wrong_enrolment(change, argument, rule):
    with pytest.raises(InputError, match=rule) as error:
        forecast_rolls(change(table(PLAIN)), grades=GRADES, horizon=1)
    assert error.value.argument == argument


def test_the_first_offending_row_is_named():
    rows = table(PLAIN)
    rows.loc[[7, 9], "pupils"] = -3
    with pytest.raises(InputError) as error:
        forecast_rolls(rows, grades=GRADES, horizon=1)
    assert error.value.index == 7
    assert "-3" in str(error.value)


BIRTHS = pd.DataFrame({"year": [2013, 2014, 2015], "births": [30, 31, 32]})


@pytest.mark.parametrize(
    ("births", "lag", "argument", "rule"),
    [
        (BIRTHS, None, "entry_lag", "must be given with births"),
        (BIRTHS, -1, "entry_lag", "must be given with births"),
        (BIRTHS, 4.5, "entry_lag", "must be given with births"),
        (BIRTHS, True, "entry_lag", "must be given with births"),
        (BIRTHS.assign(births=-1), 5, "births", "births must be a number and not negative"),
        (BIRTHS.assign(births=np.nan), 5, "births", "births must be a number and not negative"),
        (BIRTHS.assign(year=2013), 5, "births", "gives a year twice"),
        (BIRTHS.assign(year=2013.2), 5, "births", "year must be a whole number"),
        (BIRTHS.assign(school=["A", None, "A"]), 5, "births", "school must be given where births are by school"),
        (BIRTHS.assign(school=["Y", "Z", "Y"]), 5, "births", "school must be one of enrolment's"),
        (BIRTHS.drop(columns="year"), 5, "births", "needs a column year"),
        ([1, 2], 5, "births", "must be a DataFrame"),
    ],
)
def test_wrong_births(births, lag, argument, rule):
    with pytest.raises(InputError, match=rule) as error:
        forecast_rolls(table(PLAIN), births, grades=GRADES, horizon=1, entry_lag=lag)
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("told", "argument"),
    [
        ({"horizon": 0}, "horizon"),
        ({"horizon": 1.5}, "horizon"),
        ({"horizon": True}, "horizon"),
        ({"grades": ()}, "grades"),
        ({"grades": "R12"}, "grades"),
        ({"grades": ("R", "1", "1", "2")}, "grades"),
        ({"exclude": (2018, 2019, 2020, 2021)}, "exclude"),
        ({"exclude": ("2020",)}, "exclude"),
        ({"exclude": (2020.0,)}, "exclude"),
    ],
)
def test_wrong_arguments(told, argument):
    with pytest.raises(InputError) as error:
        forecast_rolls(table(PLAIN), **{"grades": GRADES, "horizon": 2, **told})
    assert error.value.argument == argument


@pytest.mark.parametrize("origins", [0, -1, 2.0, True])
def test_wrong_origins(origins):
    with pytest.raises(InputError) as error:
        backtest_rolls(table(PLAIN), grades=GRADES, horizon=2, origins=origins)
    assert error.value.argument == "origins"


def test_whole_numbers_are_read_as_grades():
    rows = table({(y, "A"): [20, 21, 22] for y in (2020, 2021)}).query("grade != 'R'")
    numbered = rows.assign(grade=rows["grade"].astype(int))
    for wanted in (("1", "2"), (1, 2)):
        got = forecast_rolls(numbered, grades=wanted, horizon=1)
        assert set(got["grade"]) == {"1", "2"}


def test_the_tables_given_are_not_changed():
    rows, births = table(PLAIN), BIRTHS.copy()
    before = rows.copy(), births.copy()
    forecast_rolls(rows, births, grades=GRADES, horizon=3, entry_lag=5, exclude=[2019])
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(births, before[1])


@pytest.mark.parametrize("grades", [None, 5, {"0", "1", "2", "3"}, [None, "0"], [0.0, 1.0], "0123", []])
def test_grades_that_are_no_ordered_list_are_refused(grades):
    table = pd.DataFrame({"year": [2020], "school": ["A"], "grade": ["0"], "pupils": [9]})
    with pytest.raises(InputError, match="grades"):
        forecast_rolls(table, grades=grades, horizon=1)


@pytest.mark.parametrize("wrong", [{"exclude": 2012}, {"exclude": None}, {"exclude": [10**30]}, {"entry_lag": "x"}])
def test_exclude_and_lag_that_are_no_years_are_refused(wrong):
    table = pd.DataFrame({"year": [2020], "school": ["A"], "grade": ["0"], "pupils": [9]})
    with pytest.raises(InputError, match=next(iter(wrong))):
        forecast_rolls(table, grades=["0"], horizon=1, **wrong)


@pytest.mark.parametrize("lag", [10**6, 10**30, -1, True])
def test_a_lag_longer_than_any_schooling_is_refused(lag):
    table = pd.DataFrame({"year": [2020], "school": ["A"], "grade": ["0"], "pupils": [9]})
    births = pd.DataFrame({"year": [2015], "births": [90]})
    with pytest.raises(InputError, match="entry_lag"):
        forecast_rolls(table, births, grades=["0"], horizon=1, entry_lag=lag)


@pytest.mark.parametrize("school", ["", ["A"], {"A": 1}])
def test_schools_that_are_no_names_are_refused_with_their_row(school):
    table = pd.DataFrame({"year": [2020] * 2, "school": ["A", school], "grade": ["0"] * 2, "pupils": [9] * 2})
    with pytest.raises(InputError, match="school must be a name"):
        forecast_rolls(table, grades=["0"], horizon=1)


@pytest.mark.parametrize("column", ["year", "school", "grade", "pupils"])
def test_a_column_that_stands_twice_is_refused(column):
    table = pd.DataFrame({"year": [2020], "school": ["A"], "grade": ["0"], "pupils": [9]})
    with pytest.raises(InputError, match=f"has the column {column} twice"):
        forecast_rolls(pd.concat([table, table[[column]]], axis=1), grades=["0"], horizon=1)


@pytest.mark.parametrize("kind", ["bool", "complex128", "timedelta64[ns]", "datetime64[ns]"])
def test_pupils_of_a_kind_that_does_not_count_are_refused(kind):
    table = pd.DataFrame({"year": [2020], "school": ["A"], "grade": ["0"], "pupils": np.array([1]).astype(kind)})
    with pytest.raises(InputError, match="pupils must be a number"):
        forecast_rolls(table, grades=["0"], horizon=1)

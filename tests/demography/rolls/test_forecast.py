"""Laws of the forecast, schools that open, fill up and run out, and the few things it must say of a short past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import authorities, district, villages

from placesim.demography import forecast_rolls
from placesim.demography.rolls.forecast import COLUMNS

GRADES = ("0", "1", "2", "3")


def rolls(pupils: np.ndarray, *, names: list[object] | None = None, first: int = 2010) -> pd.DataFrame:
    """pupils[year, school, grade] as a table, without rows where NaN."""
    year, school, grade = (index.ravel() for index in np.indices(pupils.shape))
    labels = np.array(names or [f"S{s}" for s in range(pupils.shape[1])], dtype=object)
    frame = pd.DataFrame(
        {"year": first + year, "school": labels[school], "grade": np.array(GRADES)[grade], "pupils": pupils.ravel()}
    )
    return frame.dropna().reset_index(drop=True)


def means(frame: pd.DataFrame, school: object) -> np.ndarray:
    """mean[step, grade] of a school's rows, None for all."""
    rows = frame[frame["school"].isna() if school is None else frame["school"] == school]
    return rows.pivot(index="year", columns="grade", values="mean").to_numpy()


def steady(years: int = 8, schools: int = 3) -> np.ndarray:
    return np.broadcast_to(np.array([50.0, 48, 47, 46])[: len(GRADES)], (years, schools, len(GRADES))).copy()


random_rolls = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).poisson(
        np.random.default_rng(seed).lognormal(3, 0.8, (1, 4, 1)), (9, 4, len(GRADES))
    )
)


@given(pupils=random_rolls, horizon=st.integers(1, 6))
@settings(max_examples=25)
def test_rows_quantiles_and_sums(pupils, horizon):
    frame = forecast_rolls(rolls(pupils.astype(float)), grades=GRADES, horizon=horizon)
    assert tuple(frame.columns) == COLUMNS
    assert sorted(frame["year"].unique()) == list(range(2019, 2019 + horizon))
    assert not frame.duplicated(["year", "school", "grade"]).any()
    assert np.isfinite(frame[["mean", "p10", "p50", "p90"]].to_numpy()).all()
    assert (frame["p10"] >= 0).all()
    assert (frame["p10"] <= frame["p50"]).all()
    assert (frame["p50"] <= frame["p90"]).all()
    assert sum(school is None for school in frame["school"]) == horizon * len(GRADES)
    named = frame["school"].notna()
    sums = frame[named].groupby(["year", "grade"])["mean"].sum()
    together = frame[~named].set_index(["year", "grade"])["mean"]
    pd.testing.assert_series_equal(sums.sort_index(), together.sort_index(), rtol=1e-12)
    width = frame.assign(width=frame["p90"] - frame["p10"]).fillna({"school": "all"})
    wide = width.pivot(index="year", columns=["school", "grade"], values="width").to_numpy()
    assert (np.diff(wide, axis=0) >= -1e-9).all()


@given(pupils=random_rolls, seed=st.integers(0, 99))
@settings(max_examples=20)
def test_order_of_rows_and_names_of_schools_change_nothing(pupils, seed):
    table = rolls(pupils.astype(float))
    frame = forecast_rolls(table, grades=GRADES, horizon=3)
    shuffled = forecast_rolls(table.sample(frac=1, random_state=seed), grades=GRADES, horizon=3)
    pd.testing.assert_frame_equal(frame, shuffled, rtol=1e-12)
    names: list[object] = [7, "None", "b", -2]
    renamed = forecast_rolls(rolls(pupils.astype(float), names=names), grades=GRADES, horizon=3)
    for place, name in enumerate(names):
        np.testing.assert_allclose(means(renamed, name), means(frame, f"S{place}"), rtol=1e-9)


@given(pupils=random_rolls)
@settings(max_examples=15)
def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(pupils):
    table = rolls(pupils.astype(float))
    births = pd.DataFrame({"year": range(2005, 2016), "births": 100.0 + np.arange(11)})
    short, long = (forecast_rolls(table, births, grades=GRADES, horizon=h, entry_lag=5) for h in (2, 6))
    both = short.merge(long, on=["year", "school", "grade"], suffixes=("", "_long"))
    assert len(both) >= len(short) > 0
    for column in ("mean", "p10", "p90"):
        np.testing.assert_allclose(both[column], both[f"{column}_long"], rtol=1e-9)


def test_a_school_that_never_had_pupils_changes_nothing():
    pupils = np.random.default_rng(3).poisson(30, (9, 3, 4)).astype(float)
    with_empty = np.concatenate([pupils, np.zeros((9, 1, 4))], axis=1)
    pd.testing.assert_frame_equal(
        forecast_rolls(rolls(pupils), grades=GRADES, horizon=4),
        forecast_rolls(rolls(with_empty), grades=GRADES, horizon=4),
    )


def test_large_counts_scale():
    """Ten times the pupils are ten times the forecast, up to what counting noise tells: little in large cells."""
    pupils = np.random.default_rng(5).normal(1, 0.02, (10, 6, 4)) * np.array([9e3, 8e3, 7e3, 6e3, 5e3, 4e3])[:, None]
    once, tenfold = (forecast_rolls(rolls(pupils * k), grades=GRADES, horizon=5) for k in (1, 10))
    np.testing.assert_allclose(tenfold["mean"], 10 * once["mean"], rtol=0.02)


def test_rolls_that_stay_the_same_go_on():
    frame = forecast_rolls(rolls(steady()), grades=GRADES, horizon=5)
    np.testing.assert_allclose(means(frame, "S0"), steady()[:5, 0], rtol=0.01)


def test_a_cohort_moves_up():
    pupils = steady()
    pupils[-1, :, 0] = 80  # a large cohort entered last year
    got = means(forecast_rolls(rolls(pupils), grades=GRADES, horizon=3), "S1")
    grades_of_cohort = [got[0, 1], got[1, 2], got[2, 3]]
    assert min(grades_of_cohort) > 70
    assert got[1, 1] < 70


def test_progression_differs_between_schools():
    pupils = np.full((12, 4, 4), 60.0)
    pupils[:, :2, 2:], pupils[:, 2:, 2:] = 40.0, 80.0
    pupils[-1, :, 1] = 90.0
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=1)
    loses, gains = (means(frame, s)[0, 2] for s in ("S0", "S3"))
    assert loses == pytest.approx(60, rel=0.1)
    assert gains == pytest.approx(120, rel=0.1)


# ---------------------------------------------------------------------------------------------- births and entrants
def born(births: list[float], first: int = 2005) -> pd.DataFrame:
    return pd.DataFrame({"year": range(first, first + len(births)), "births": births})


def entrants(pupils: np.ndarray, births: pd.DataFrame | None, horizon: int = 5, school: object = None) -> np.ndarray:
    frame = forecast_rolls(rolls(pupils), births, grades=GRADES, horizon=horizon, entry_lag=5)
    return means(frame, school)[:, 0]


def test_entrants_follow_births():
    births = born([300.0] * 8 + [330, 360, 300, 240, 270])
    np.testing.assert_allclose(entrants(steady(), births), 150 * np.array([1.1, 1.2, 1.0, 0.8, 0.9]), rtol=0.02)


def test_births_of_each_area_make_its_own_entrants():
    births = pd.concat(
        [
            born([100.0] * 8 + ahead).assign(school=s)
            for s, ahead in {"S0": [120.0] * 5, "S1": [100.0] * 5, "S2": [50.0] * 5}.items()
        ]
    )
    for school, rate in {"S0": 1.2, "S1": 1.0, "S2": 0.5}.items():
        np.testing.assert_allclose(entrants(steady(), births, school=school), 50 * rate, rtol=0.02)


def test_an_area_without_births_of_its_own_keeps_its_share():
    births = pd.concat([born([100.0] * 13).assign(school=s) for s in ("S0", "S1")])
    got = entrants(steady(), births, school="S2")
    np.testing.assert_allclose(got, 50, rtol=0.05)


def test_births_known_for_fewer_years_than_asked_go_on_with_their_trend():
    falling = born([40_000 * 0.95**y for y in range(10)])  # known two years ahead
    pupils = 100 * steady() * (0.95 ** np.arange(8))[:, None, None]
    got = entrants(pupils, falling)
    assert (np.diff(got) < 0).all()
    assert got[4] > pupils[-1, :, 0].sum() * 0.95**5  # damped: not all of the fall goes on
    assert got[4] < pupils[-1, :, 0].sum() * 0.95**2


def test_births_without_a_common_past_leave_entrants_to_their_history():
    """Births known only for years to come tell nothing of how many of them enter."""
    np.testing.assert_allclose(entrants(steady(), born([300.0] * 5, first=2013)), entrants(steady(), None))


@pytest.mark.parametrize("rate", [0.94, 1.05])
def test_entrants_without_births_neither_hold_nor_run_on(rate):
    """Authorities whose entrants fall (or rise) steadily: the forecast goes on in that direction, but less and less."""
    pupils = np.random.default_rng(1).normal(1, 0.005, (10, 8, 4)) * 3000 * (rate ** np.arange(10))[:, None, None]
    last = pupils[-1, :, 0].sum()
    got = entrants(pupils, None)
    change = np.abs(np.log(got / last))
    assert ((got < last) if rate < 1 else (got > last)).all()
    assert change[4] > 1.5 * abs(np.log(rate))
    assert change[4] < 0.8 * 5 * abs(np.log(rate))


# ---------------------------------------------------------------------------------------------- schools that change
def test_a_new_school_fills_up_to_the_usual_top():
    pupils = steady(10, 4)
    pupils[:8, 3] = 0
    pupils[8, 3] = [40, 0, 0, 0]
    pupils[9, 3] = [44, 39, 0, 0]
    got = means(forecast_rolls(rolls(pupils), grades=GRADES, horizon=4), "S3")
    assert (got[0, :3] > 20).all()
    assert got[0, 3] == 0
    assert (got[1:] > 20).all()


def test_a_new_school_among_schools_that_stop_earlier_stops_there_too():
    pupils = steady(10, 4)
    pupils[:, :, 3] = 0
    pupils[:9, 3] = 0
    pupils[9, 3] = [40, 0, 0, 0]
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=5)
    assert set(frame.loc[frame["school"] == "S3", "grade"]) == {"0", "1", "2"}


def test_a_school_that_runs_out_empties_from_below():
    pupils = steady(10, 4)
    pupils[8, 3, 0] = 0
    pupils[9, 3, :2] = 0
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=3)
    rows = frame[frame["school"] == "S3"].pivot(index="grade", columns="year", values="mean")
    assert list(rows.index) == ["2", "3"]
    assert (rows.loc["2"] == 0).all()
    assert rows.loc["3"].iloc[0] > 30
    assert (rows.loc["3"].iloc[1:] == 0).all()


def test_a_closed_school_has_no_forecast_and_is_not_in_the_sum():
    pupils = steady(9, 3)
    pupils[7:, 2] = np.nan
    pupils[7:, 0] *= 2  # takes them all
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=2)
    assert set(frame["school"].dropna()) == {"S0", "S1"}
    assert means(frame, None)[0].sum() == pytest.approx(3 * steady()[0, 0].sum(), rel=0.03)


def test_junior_schools_begin_with_a_grade_that_infants_end_before():
    pupils = np.zeros((10, 4, 4))
    pupils[:, :2, :2], pupils[:, 2:, 2:] = 60.0, 60.0
    pupils[-1, :2, 1] = 90.0  # a large cohort moves from the infant to the junior schools
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=2)
    assert set(frame.loc[frame["school"] == "S2", "grade"]) == {"2", "3"}
    assert frame.query("school == 'S2' and grade == '2'")["mean"].iloc[0] > 80
    assert frame.query("school == 'S2' and grade == '3'")["mean"].iloc[1] > 75


def test_grades_that_no_cohort_ever_reaches_have_a_level_of_their_own():
    pupils = steady(10, 3)
    pupils[:, :, 0] = 0  # the list of grades begins before anybody enters
    got = means(forecast_rolls(rolls(pupils), grades=GRADES, horizon=4), "S0")
    assert got.shape[1] == 3
    np.testing.assert_allclose(got, 47, atol=4)


# ---------------------------------------------------------------------------------------------- the past
def test_a_missing_year_and_an_excluded_year_are_the_same():
    pupils = np.random.default_rng(8).poisson(40, (10, 3, 4)).astype(float)
    spoilt = pupils.copy()
    spoilt[6] *= 0.6
    missing = pupils.copy()
    missing[6] = np.nan
    pd.testing.assert_frame_equal(
        forecast_rolls(rolls(spoilt), grades=GRADES, horizon=3, exclude=(2016,)),
        forecast_rolls(rolls(missing), grades=GRADES, horizon=3),
    )


def test_an_excluded_last_year_is_stepped_over():
    pupils = steady(10, 3)
    pupils[-2, :, 0] = 80
    pupils[-1] = 5
    frame = forecast_rolls(rolls(pupils), grades=GRADES, horizon=2, exclude=(2019,))
    assert frame["year"].unique().tolist() == [2020, 2021]
    got = means(frame, "S0")
    assert got[0, 2] > 70  # two grades on
    assert got[0, 0] > 45


def test_a_school_that_was_not_counted_for_a_year_does_not_dent_the_area():
    pupils = steady(10, 3)
    gap = pupils.copy()
    gap[5, 1] = np.nan
    whole, holed = (means(forecast_rolls(rolls(p), grades=GRADES, horizon=3), None) for p in (pupils, gap))
    np.testing.assert_allclose(holed, whole, rtol=0.01)


@pytest.mark.parametrize("years", [1, 2, 3])
@pytest.mark.parametrize("births", [None, born([300.0] * 13)])
def test_a_short_past_is_answered_with_wide_intervals(years, births):
    table = rolls(steady(years, 2), first=2018 - years)
    frame = forecast_rolls(table, births, grades=GRADES, horizon=3, entry_lag=5)
    assert len(frame) == 3 * 3 * len(GRADES)
    cells = frame[frame["school"].notna()]
    assert ((cells["p90"] - cells["p10"]) > 0.1 * cells["mean"]).all()
    np.testing.assert_allclose(cells["mean"], 48, atol=6)


def test_one_school_one_grade_one_year():
    table = pd.DataFrame({"year": [2020], "school": [3], "grade": ["0"], "pupils": [25]})
    frame = forecast_rolls(table, grades=("0",), horizon=2)
    assert frame["school"].tolist() == [3, None, 3, None]
    assert frame["mean"].tolist() == pytest.approx([25] * 4)
    assert (frame["p10"] < 25).all()
    assert (frame["p90"] > 25).all()


def test_nobody_at_all():
    table = pd.DataFrame({"year": [2019, 2020], "school": ["A", "A"], "grade": ["0", "0"], "pupils": [0, 0]})
    frame = forecast_rolls(table, grades=GRADES, horizon=2)
    assert len(frame) == 0
    assert tuple(frame.columns) == COLUMNS


@pytest.mark.parametrize("world", [authorities, district, villages])
def test_the_same_answer_twice(world):
    made = world(4)
    first, second = (
        forecast_rolls(made.enrolment, made.births, grades=made.grades, horizon=5, entry_lag=made.lag) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


# ---------------------------------------------------------------------------------------------- steady falls and rises
@pytest.mark.parametrize("size", [40.0, 400.0])
@pytest.mark.parametrize("rate", [0.95, 1.05])
@pytest.mark.parametrize("by_school", [True, False])
def test_births_that_end_make_no_jump(size, rate, by_school):
    """Births without noise, known two years ahead: the first year past them goes on in their direction, no further."""
    years, schools = 12, 5
    births = size * rate ** np.arange(years + 2)
    table = pd.concat([born(births.tolist()).assign(school=f"S{s}") for s in range(schools)])
    if not by_school:
        table = table.groupby("year", as_index=False)["births"].sum()
    pupils = np.zeros((years, schools, len(GRADES)))
    pupils[:, :, 0] = 0.75 * births[:years, None]
    got = entrants(pupils, table)
    change = got[2] / got[1] - 1
    assert 0.5 * (rate - 1) / change <= 1 <= 1.1 * (rate - 1) / change


@pytest.mark.parametrize("size", [20.0, 100.0, 1000.0])
@pytest.mark.parametrize("years", [8, 12, 16])
def test_a_small_school_that_falls_steadily_is_never_put_above_its_last_year(size, years):
    pupils = np.zeros((years, 1, len(GRADES)))
    pupils[:, 0, 0] = size * 0.95 ** np.arange(years)
    got = entrants(pupils, None)
    assert (got < pupils[-1, 0, 0]).all()
    assert (got > pupils[-1, 0, 0] * 0.95 ** np.arange(1, 6)).all()


# ------------------------------------------------------------------------------------------- holes of the last year
def _steady() -> pd.DataFrame:
    rows = [(y, s, g, 300) for y in range(2010, 2020) for s in "AB" for g in ("R", "1", "2", "3")]
    return pd.DataFrame(rows, columns=["year", "school", "grade", "pupils"])


def test_a_row_missing_in_the_last_year_is_not_a_grade_lost():
    table = _steady()
    hole = (table["year"] == 2019) & (table["school"] == "A") & (table["grade"] == "1")
    got = forecast_rolls(table[~hole], grades=["R", "1", "2", "3"], horizon=3)
    np.testing.assert_allclose(got["mean"], np.where(got["school"].isna(), 600, 300), rtol=1e-3)


def test_a_grade_missing_everywhere_in_the_last_year_is_not_nobody():
    table = _steady()
    got = forecast_rolls(
        table[~((table["year"] == 2019) & (table["grade"] == "R"))], grades=["R", "1", "2", "3"], horizon=2
    )
    np.testing.assert_allclose(got[got["school"].isna()].groupby("year")["mean"].sum(), 2400, rtol=1e-3)


def test_a_last_grade_that_closes_is_no_hole():
    table = _steady()
    closed = (table["year"] == 2019) & (table["school"] == "A") & (table["grade"] == "3")
    got = forecast_rolls(table[~closed], grades=["R", "1", "2", "3"], horizon=2)
    assert not ((got["school"] == "A") & (got["grade"] == "3")).any()


def test_what_happens_to_one_area_is_no_news_of_the_others():
    """Births by school are of areas of their own: a merger of A and B leaves C and D at 300."""
    rows = [(y, s, 300.0) for y in range(2010, 2020) for s in "ABCD"]
    rolls = pd.DataFrame(rows, columns=["year", "school", "pupils"]).assign(grade="R")
    births = pd.DataFrame(
        [(y - 4, s, 400.0) for y in range(2010, 2024) for s in "ABCD"], columns=["year", "school", "births"]
    )
    merged = rolls["school"].eq("B") & rolls["year"].eq(2019)
    into = rolls["school"].eq("A") & rolls["year"].eq(2019)
    rolls = rolls.assign(pupils=rolls["pupils"].where(~into, 600.0))[~merged]
    got = forecast_rolls(rolls, births, grades=["R"], horizon=3, entry_lag=4)
    others = got[got["school"].isin(["C", "D"])]
    np.testing.assert_allclose(others["mean"], 300, rtol=0.01)

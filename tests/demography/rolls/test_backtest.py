"""The backtest: nothing of the future is known in the past, plain methods as a planner would compute them, figures by
hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from worlds import uneven, villages

from placesim.demography import backtest_rolls, backtest_summary, forecast_rolls
from placesim.demography.rolls.backtest import COLUMNS
from placesim.errors import InputError

KEYS = ["method", "origin", "year", "school", "grade"]


@pytest.fixture(scope="module")
def world():
    return villages(2, years=9)


@pytest.fixture(scope="module")
def tried(world):
    return backtest_rolls(world.enrolment, world.births, grades=world.grades, horizon=3, entry_lag=world.lag)


def test_every_past_year_with_two_before_it_is_an_origin(world, tried):
    first = world.enrolment["year"].min()
    assert tuple(tried.columns) == COLUMNS
    assert sorted(tried["origin"].unique()) == list(range(first + 2, first + 8))
    assert (tried["horizon"] == tried["year"] - tried["origin"]).all()
    assert tried["horizon"].between(1, 3).all()
    assert tried["year"].max() == world.enrolment["year"].max()
    assert not tried.duplicated(KEYS).any()
    assert (tried["school"].isna() == [school is None for school in tried["school"]]).all()


def test_origins_are_the_last_ones(world, tried):
    two = backtest_rolls(world.enrolment, world.births, grades=world.grades, horizon=3, entry_lag=world.lag, origins=2)
    last = tried[tried["origin"] >= tried["origin"].max() - 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(two, last)


def test_the_forecast_is_that_of_the_year(world, tried):
    origin = int(tried["origin"].max()) - 2
    frame = forecast_rolls(
        world.enrolment[world.enrolment["year"] <= origin],
        world.births[world.births["year"] <= origin],
        grades=world.grades,
        horizon=3,
        entry_lag=world.lag,
    )
    own = tried[(tried["method"] == "placesim") & (tried["origin"] == origin)].reset_index(drop=True)
    for ours, theirs in (("forecast", "mean"), ("p10", "p10"), ("p90", "p90")):
        np.testing.assert_array_equal(own[ours], frame[theirs])
    assert own["school"].isna().sum() == frame["school"].isna().sum() > 0


def test_what_came_later_changes_no_forecast(world, tried):
    """Other rolls and births after an origin: the forecasts of that origin and of those before stay as they are."""
    origin = int(tried["origin"].min()) + 2
    later = world.enrolment["year"] > origin
    rolls = world.enrolment.assign(pupils=world.enrolment["pupils"].where(~later, world.enrolment["pupils"] * 3 + 20))
    born = world.births.assign(births=world.births["births"].where(world.births["year"] <= origin, 5))
    other = backtest_rolls(rolls, born, grades=world.grades, horizon=3, entry_lag=world.lag)
    columns = [*KEYS, "forecast", "p10", "p90"]
    old, new = (t.loc[t["origin"] <= origin, columns].reset_index(drop=True) for t in (tried, other))
    pd.testing.assert_frame_equal(old, new)
    assert not np.allclose(
        tried.loc[tried["origin"] > origin, "forecast"].head(20),
        other.loc[other["origin"] > origin, "forecast"].head(20),
    )


def test_actuals_and_errors(world, tried):
    told = world.enrolment.set_index(["year", "school", "grade"])["pupils"]
    named = tried[tried["school"].notna() & tried["actual"].notna()]
    np.testing.assert_array_equal(
        named["actual"], told.loc[pd.MultiIndex.from_frame(named[["year", "school", "grade"]])]
    )
    sums = world.enrolment.groupby(["year", "grade"])["pupils"].sum()
    together = tried[tried["school"].isna()]
    np.testing.assert_array_equal(together["actual"], sums.loc[pd.MultiIndex.from_frame(together[["year", "grade"]])])
    some = tried["actual"] > 0
    np.testing.assert_allclose(
        tried.loc[some, "error"], (tried["forecast"] - tried["actual"])[some] / tried.loc[some, "actual"]
    )
    assert tried.loc[~some, "error"].isna().all()


def test_a_school_that_closes_has_no_actual_but_counts_in_the_sum():
    world = uneven(1, years=8)
    last = world.enrolment["year"].max()
    rolls = world.enrolment[~((world.enrolment["school"] == "S03") & (world.enrolment["year"] == last))]
    tried = backtest_rolls(rolls, grades=world.grades, horizon=1)
    gone = tried[(tried["school"] == "S03") & (tried["year"] == last)]
    assert len(gone) > 0
    assert gone["actual"].isna().all()
    sums = rolls.groupby(["year", "grade"])["pupils"].sum()
    together = tried[tried["school"].isna() & (tried["year"] == last)]
    np.testing.assert_array_equal(together["actual"], sums.loc[pd.MultiIndex.from_frame(together[["year", "grade"]])])


def test_excluded_years_are_no_origins_and_no_targets():
    world = uneven(1, years=9)
    skipped = int(world.enrolment["year"].min()) + 5
    tried = backtest_rolls(world.enrolment, grades=world.grades, horizon=3, exclude=(skipped,))
    assert skipped not in set(tried["origin"])
    assert tried.loc[tried["year"] == skipped, "actual"].isna().all()


def test_a_past_too_short_has_no_rows():
    world = uneven(1, years=3)
    tried = backtest_rolls(world.enrolment, grades=world.grades, horizon=3)
    assert tuple(tried.columns) == COLUMNS
    assert len(tried) == 0
    assert len(backtest_summary(tried, by=("stage", "horizon"), stages={})) == 0


# ---------------------------------------------------------------------------------------------- the plain methods
def plain_progression(world, origin: int, school: str) -> dict[tuple[int, str], float]:
    """Three-year progression of one school as one would do it on paper."""
    rolls = world.enrolment.set_index(["school", "grade", "year"])["pupils"]
    births = world.births.set_index("year")["births"]
    roll = {(0, g): float(rolls[school, g, origin]) for g in world.grades}
    per_birth = np.mean(
        [rolls[school, world.grades[0], y] / births[y - world.lag] for y in range(origin - 2, origin + 1)]
    )
    for step in (1, 2, 3):
        roll[step, world.grades[0]] = per_birth * births[origin + step - world.lag]
        for below, grade in zip(world.grades, world.grades[1:], strict=False):
            left = sum(rolls[school, below, y - 1] for y in range(origin - 2, origin + 1))
            came = sum(rolls[school, grade, y] for y in range(origin - 2, origin + 1))
            roll[step, grade] = roll[step - 1, below] * came / left
    return roll


def test_plain_methods_are_those_of_the_office():
    world = uneven(3, years=8)
    tried = backtest_rolls(world.enrolment, world.births, grades=world.grades, horizon=3, entry_lag=world.lag)
    origin = int(tried["origin"].max()) - 2
    rows = tried[(tried["origin"] == origin) & (tried["school"] == "S11")].set_index(["method", "horizon", "grade"])
    for (step, grade), pupils in plain_progression(world, origin, "S11").items():
        if step:
            assert rows.loc[("three_year_progression", step, grade), "forecast"] == pytest.approx(pupils)
            now = world.enrolment.query(f"school == 'S11' and year == {origin} and grade == '{grade}'")["pupils"].item()
            assert rows.loc[("last_year", step, grade), "forecast"] == now
    plain = tried[tried["method"] != "placesim"]
    assert plain[["p10", "p90"]].isna().all(axis=None)


# ---------------------------------------------------------------------------------------------- the figures
def hand_made() -> pd.DataFrame:
    rows = [
        # method, origin, year, horizon, school, grade, forecast, p10, p90, actual
        ("placesim", 2020, 2021, 1, "A", "1", 11, 9, 13, 10),
        ("placesim", 2020, 2021, 1, "A", "2", 18, 17, 19, 20),
        ("placesim", 2020, 2021, 1, "B", "1", 4, 0, 8, 0),
        ("placesim", 2020, 2021, 1, "B", "2", 9, 8, 10, np.nan),
        ("placesim", 2020, 2021, 1, None, "1", 15, 10, 20, 12),
        ("placesim", 2020, 2021, 1, None, "2", 27, 26, 28, 25),
        ("last_year", 2020, 2021, 1, "A", "1", 12, np.nan, np.nan, 10),
    ]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "error"])
    return table.assign(error=np.nan)


def figures(summary: pd.DataFrame, level: str, **where: object) -> pd.Series:
    rows = summary[(summary["level"] == level) & (summary["method"] == where.pop("method", "placesim"))]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_figures_by_hand():
    summary = backtest_summary(hand_made())
    cell = figures(summary, "cell")
    assert (cell["n"], cell["horizon"]) == (3, 1)
    assert cell["mape"] == pytest.approx((0.1 + 0.1) / 2)  # nobody came to the third
    assert cell["bias"] == pytest.approx((1 - 2 + 4) / 30)
    assert cell["coverage"] == pytest.approx(2 / 3)
    school = figures(summary, "school")
    assert school["n"] == 2
    assert school["mape"] == pytest.approx(1 / 30)
    assert np.isnan(school["coverage"])
    total = figures(summary, "total")
    assert total["n"] == 1
    assert total["mape"] == total["bias"] == pytest.approx(5 / 37)
    assert total["coverage"] == pytest.approx(1 / 2)
    last = figures(summary, "cell", method="last_year")
    assert last["mape"] == pytest.approx(0.2)
    assert np.isnan(last["coverage"])


def test_figures_by_stage():
    summary = backtest_summary(hand_made(), by=("stage",), stages={"1": "lower", "2": "upper"})
    assert figures(summary, "school", stage="upper")["mape"] == pytest.approx(0.1)
    assert figures(summary, "total", stage="lower")["bias"] == pytest.approx(0.25)
    assert figures(summary, "cell", stage="lower")["n"] == 2


def test_figures_by_school_and_without_any_grouping():
    by_school = backtest_summary(hand_made(), by=("school",))
    assert figures(by_school, "school", school="A")["bias"] == pytest.approx(-1 / 30)
    assert figures(backtest_summary(hand_made(), by=()), "cell")["n"] == 3


def test_wrong_grouping():
    with pytest.raises(InputError) as error:
        backtest_summary(hand_made(), by=("horizon", "stage"))
    assert error.value.argument == "by"
    assert error.value.index == 1

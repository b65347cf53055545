"""A real district, 27 years of rolls by school and grade: origins from 2004, without 2020, against its README."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placesim.demography import backtest_rolls, backtest_summary

GRADES = ("K", "1", "2", "3", "4", "5")
LAG, COVID, FIRST_ORIGIN = 5, 2020, 2004


@pytest.fixture(scope="module")
def rolls(real_data: Path) -> pd.DataFrame:
    table = pd.read_csv(real_data / "enrolment_eau_claire_wi" / "enrolment.csv")
    return table.rename(columns={"students": "pupils"})[["year", "school", "grade", "pupils"]]


@pytest.fixture(scope="module")
def births(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "enrolment_eau_claire_wi" / "births.csv")


def _tried(rolls: pd.DataFrame, births: pd.DataFrame | None) -> pd.DataFrame:
    table = backtest_rolls(rolls, births, grades=GRADES, horizon=5, entry_lag=LAG, exclude=(COVID,))
    return table[table["origin"] >= FIRST_ORIGIN]


@pytest.fixture(scope="module")
def with_births(rolls: pd.DataFrame, births: pd.DataFrame) -> pd.DataFrame:
    return _tried(rolls, births)


@pytest.fixture(scope="module")
def without_births(rolls: pd.DataFrame) -> pd.DataFrame:
    return _tried(rolls, None)


def figure(table: pd.DataFrame, level: str, horizon: int, *, method: str = "placesim", of: str = "mape") -> float:
    rows = backtest_summary(table).set_index(["level", "method", "horizon"])
    return float(rows.loc[(level, method, horizon), of])


def test_the_plain_methods_reach_what_the_readme_says(
    rolls: pd.DataFrame, births: pd.DataFrame, with_births: pd.DataFrame
) -> None:
    """The yardstick is the README's, within what it leaves open: ratios of sums here, means of ratios there; years
    before a school opened do not spoil its ratios here, which makes the plain method of schools better, not worse."""
    district = rolls.groupby(["year", "grade"], as_index=False)["pupils"].sum().assign(school="all")
    table = _tried(district, births)
    plain = "three_year_progression"
    for horizon, mape in {1: 0.0131, 2: 0.0225, 3: 0.0272, 5: 0.0372}.items():
        assert figure(table, "total", horizon, method=plain) == pytest.approx(mape, abs=0.0007)
    kindergarten = table[table["grade"] == "K"]
    for horizon, mape in {1: 0.0363, 2: 0.0411, 3: 0.0484, 5: 0.063}.items():
        assert figure(kindergarten, "total", horizon, method=plain) == pytest.approx(mape, abs=0.0007)
    upper = with_births[with_births["grade"] != "K"]
    assert 0.079 <= figure(upper, "cell", 1, method=plain) <= 0.0818
    assert 0.049 <= figure(upper, "school", 1, method=plain) <= 0.0509


def test_a_year_ahead(with_births: pd.DataFrame, record_property: pytest.RecordProperty) -> None:
    upper = with_births[with_births["grade"] != "K"]
    figures = {
        "cells, grades 1–5": (figure(upper, "cell", 1), 0.073),
        "schools, grades 1–5": (figure(upper, "school", 1), 0.045),
        "total as the sum of schools": (figure(with_births, "total", 1), 0.0135),
    }
    for name, (reached, wanted) in figures.items():
        record_property(f"eau_claire_1y_{name}", round(reached, 4))
        assert reached <= wanted, name


def test_five_years_ahead(with_births: pd.DataFrame, record_property: pytest.RecordProperty) -> None:
    roll = figure(with_births, "school", 5)
    record_property("eau_claire_5y_school_roll", round(roll, 4))
    assert roll <= 0.103


@pytest.mark.parametrize("horizon", range(1, 6))
def test_better_than_the_plain_methods(
    with_births: pd.DataFrame, without_births: pd.DataFrame, horizon: int, record_property: pytest.RecordProperty
) -> None:
    """Without births nothing tells the entrants, and this district hardly grew: there schools are only as well forecast
    as by last year's roll, within a fiftieth."""
    plain = ("last_year", "three_year_progression")
    for level in ("cell", "school", "total"):
        ours = figure(with_births, level, horizon)
        record_property(f"eau_claire_{level}_{horizon}y_births", round(ours, 4))
        assert all(ours < figure(with_births, level, horizon, method=m) for m in plain), level
    for level, slack in (("cell", 1.0), ("school", 1.02)):
        ours = figure(without_births, level, horizon)
        record_property(f"eau_claire_{level}_{horizon}y_no_births", round(ours, 4))
        assert all(ours < slack * figure(without_births, level, horizon, method=m) for m in plain), level


def test_intervals_hold(
    with_births: pd.DataFrame, without_births: pd.DataFrame, record_property: pytest.RecordProperty
) -> None:
    for name, table in (("births", with_births), ("no births", without_births)):
        for level in ("cell", "total"):
            for horizon in range(1, 6):
                share = figure(table, level, horizon, of="coverage")
                record_property(f"eau_claire_coverage_{level}_{horizon}y_{name}", round(share, 3))
                assert 0.75 <= share <= 0.88, (name, level, horizon)


def test_2020_is_in_nothing(rolls: pd.DataFrame, births: pd.DataFrame, with_births: pd.DataFrame) -> None:
    spoilt = rolls.assign(pupils=rolls["pupils"].where(rolls["year"] != COVID, 1))
    other = _tried(spoilt, births)
    np.testing.assert_array_equal(other["forecast"], with_births["forecast"])
    assert COVID not in set(with_births["origin"])
    assert with_births.loc[with_births["year"] == COVID, "actual"].isna().all()

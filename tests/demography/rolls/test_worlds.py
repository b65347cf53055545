"""Unlike worlds, tried like real data: the forecast beats the plain methods in each, and its intervals hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from worlds import WORLDS

from placesim.demography import backtest_rolls, backtest_summary

HORIZONS = (1, 3, 5)


def tried(name: str, seeds: range, births: bool) -> pd.DataFrame:
    """The backtest of a world over seeds, origins with at least five years behind them."""
    parts = []
    for seed in seeds:
        world = WORLDS[name](seed)
        table = backtest_rolls(
            world.enrolment, world.births if births else None, grades=world.grades, horizon=5, entry_lag=world.lag
        )
        parts.append(table[table["origin"] >= world.enrolment["year"].min() + 4].assign(seed=seed))
    return pd.concat(parts, ignore_index=True)


def missed(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """Σ |forecast − actual| ÷ Σ actual of cells, school rolls or totals: [horizon, method]."""
    rows = table[table["actual"].notna() & (table["school"].isna() if level == "total" else table["school"].notna())]
    units = ["seed", "method", "origin", "horizon", *{"cell": ["school", "grade"], "school": ["school"]}.get(level, [])]
    summed = rows.groupby(units, dropna=False)[["forecast", "actual"]].sum().reset_index()
    summed["missed"] = (summed["forecast"] - summed["actual"]).abs()
    total = summed.groupby(["horizon", "method"])[["missed", "actual"]].sum()
    return (total["missed"] / total["actual"]).unstack()


def check(table: pd.DataFrame, record: dict[str, float]) -> None:
    """Cells and schools are missed by less than either plain method does, totals by not much more than the better."""
    for level, slack in (("cell", 1.0), ("school", 1.02), ("total", 1.15)):
        errors = missed(table, level).loc[list(HORIZONS)]
        plain = errors[["last_year", "three_year_progression"]].min(axis=1)
        record.update({f"{level} {h}": round(float(errors.loc[h, "placesim"]), 4) for h in HORIZONS})
        assert (errors["placesim"] <= slack * plain).all(), (level, errors)
    named = table["school"].notna() & (table["method"] == "placesim") & table["actual"].notna()
    inside = table[named & (table["actual"] >= table["p10"]) & (table["actual"] <= table["p90"])]
    coverage = inside.groupby("horizon").size() / table[named].groupby("horizon").size()
    record.update({f"coverage {h}": round(float(coverage[h]), 3) for h in HORIZONS})
    assert coverage.between(0.72, 0.88).all(), coverage


@pytest.mark.parametrize("births", [True, False], ids=["births", "no births"])
@pytest.mark.parametrize("name", WORLDS)
def test_better_than_plain_methods_and_intervals_hold(name, births):
    check(tried(name, range(2), births), {})


@pytest.mark.evidence
@pytest.mark.parametrize("births", [True, False], ids=["births", "no births"])
@pytest.mark.parametrize("name", WORLDS)
def test_over_many_seeds(name, births, record_property):
    figures: dict[str, float] = {}
    table = tried(name, range(100, 112), births)
    check(table, figures)
    totals = backtest_summary(table[table["method"] == "placesim"])
    of_totals = totals[totals["level"] == "total"].set_index("horizon")
    for horizon in HORIZONS:
        figures[f"bias {horizon}"] = round(float(of_totals.loc[horizon, "bias"]), 4)
        figures[f"coverage of totals {horizon}"] = round(float(of_totals.loc[horizon, "coverage"]), 3)
    for figure, value in figures.items():
        record_property(f"{name} {figure}", value)
    assert of_totals["coverage"].between(0.65, 1).all()


@pytest.mark.parametrize("births", [True, False], ids=["births", "no births"])
def test_falling_births_are_not_over_forecast_as_plain_methods_do(births):
    """Authorities with falling births: the total is over-forecast by less than half of what the plain methods reach."""
    table = tried("authorities", range(3), births)
    bias = backtest_summary(table).query("level == 'total'").pivot(index="horizon", columns="method", values="bias")
    assert (np.abs(bias["placesim"]) < 0.035).all()
    assert (bias["placesim"] < 0.55 * bias["last_year"]).loc[[3, 4, 5]].all()
    if not births:
        assert (bias["placesim"] < 0.6 * bias["three_year_progression"]).loc[[3, 4, 5]].all()

"""This county among others: its place, and the gap to their mean and to the best of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from placesim.assessment.quality.case import Case, in_force
from placesim.assessment.quality.verdicts import evaluated_rules
from placesim.assessment.quality.words import COUNTY_GAP, INDICATORS
from placesim.records import Floats

_KEY = ["metric", "stage", "year"]


def county_gap(case: Case, balance: pd.DataFrame, county: pd.DataFrame) -> pd.DataFrame:
    """The table `county_gap`: by metric of the evaluation, stage and year in which other counties are known.

    own_value: as computed by the run, of the seven indicators the county's mean. Other counties' values hold until a
    later year. rank: 1 + how many are better, better as the pack's rule has it. gap_to_mean = own − mean of the others;
    gap_to_best = own − the best of them. other_counties: how many.
    """
    others = _others(case)
    own = _own(case, balance, county)
    if others.empty or own.empty:
        return pd.DataFrame(columns=list(COUNTY_GAP))
    upwards = {str(r.metric): r.operator in (">", ">=") for r in evaluated_rules(case).values()}
    rows = [
        _row(dict(zip(_KEY, (metric, stage, year), strict=True)), value, values, upwards[str(metric)])
        for (metric, stage), path in own[own["metric"].isin(list(upwards))].groupby(["metric", "stage"], sort=False)
        for year, value, values in _beside(path, others[(others["metric"] == metric) & (others["stage"] == stage)])
    ]
    return pd.DataFrame(rows, columns=list(COUNTY_GAP))


def _beside(path: pd.DataFrame, known: pd.DataFrame) -> Iterator[tuple[int, float, Floats]]:
    """(year, own value, values of the other counties as in force) of each year with another county's value."""
    counties = known[["county"]].drop_duplicates()
    asked = path[["year"]].merge(counties, how="cross")
    values = asked.assign(value=in_force(known[["county", "year", "value"]], asked, ["county"])["value"])
    by_year = {year: rows.dropna().to_numpy(dtype=float) for year, rows in values.groupby("year")["value"]}
    for year, value in path[["year", "value"]].itertuples(index=False):
        if len(by_year.get(year, ())):
            yield int(year), float(value), by_year[year]


def _others(case: Case) -> pd.DataFrame:
    """metric, stage, county, year, value of the counties that are not this one."""
    table = case.inputs.frame("indicators")
    marked = table["own"].eq(True).to_numpy(dtype=bool)
    if not marked.any():
        return table.iloc[:0]
    others = table[~table["county"].isin(set(table.loc[marked, "county"]))]
    stage = others["stage"].where(others["stage"].notna(), case.together).astype(object)
    return others.assign(metric=others["indicator"], stage=stage)[["metric", "stage", "county", "year", "value"]]


def _own(case: Case, balance: pd.DataFrame, county: pd.DataFrame) -> pd.DataFrame:
    """metric, stage, year, value: coefficients, means of the seven indicators, and the county's own measures."""
    rows = balance[balance["unit"] == case.units[0]]
    metric_of = {i.cv: i.metric for i in INDICATORS}
    means = rows.assign(metric=rows["metric"].map(metric_of), value=rows["average"])[
        rows["metric"].isin(list(metric_of))
    ]
    wide = county.melt(["stage", "year"], var_name="metric", value_name="value")
    parts = [rows.assign(value=rows["cv"])[[*_KEY, "value"]], means[[*_KEY, "value"]], wide[[*_KEY, "value"]]]
    own = pd.concat([p for p in parts if len(p)], ignore_index=True) if any(len(p) for p in parts) else wide
    return own[own["value"].notna()]


def _row(key: dict[str, Any], own: float, values: Floats, upwards: bool) -> dict[str, Any]:
    better = values > own if upwards else values < own
    best, mean = float(values.max() if upwards else values.min()), float(values.mean())
    told = {
        "own_value": own,
        "other_counties": len(values),
        "rank": 1 + int(np.sum(better)),
        "others_mean": round(mean, 4),
    }
    return key | told | {"others_best": best, "gap_to_mean": round(own - mean, 4), "gap_to_best": round(own - best, 4)}

"""Balance between schools: coefficients of variation by indicator, and the least that must be added to pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from placesim.assessment.balance import Floats, least_addition, plain_cv, weighted_cv
from placesim.assessment.quality.case import Case
from placesim.assessment.quality.words import BALANCE, BASIC, FAILS, INDICATORS, MARKS, PASSES, UNKNOWN, Indicator
from placesim.standards.evaluate import COMPARE, limits_of

_DIGITS = 4


def balance(case: Case, amounts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table `balance` of one unit of count, and by school what to add: id, stage, year, item, amount_missing,
    amount_to_add.

    Schools that are not evaluated, or whose amount is not known, are in no coefficient (`not_known` counts the latter).
    amount_missing: what a school lacks to its own threshold; amount_to_add: its part of to_both.
    to_balance: the least amount that brings the coefficient within its limit; to_threshold: what brings every school to
    its own threshold; to_both: the least that does both, by `least_addition`; raised: how many schools get some of it.
    """
    counted = _with_thresholds(case, amounts[amounts["excluded"].isna()])
    limits = _county_limits(case, counted)
    rows: list[dict[str, Any]] = []
    additions: list[pd.DataFrame] = []
    for at, schools in counted.groupby(["stage", "year"], sort=False):
        stage, year = schools["stage"].iloc[0], int(schools["year"].iloc[0])
        key = {"unit": schools["unit"].iloc[0], "stage": stage, "year": year, "marked": year in MARKS}
        for indicator in INDICATORS:
            row, added = _of_indicator(schools, indicator, limits[indicator.cv][at])
            rows.append(key | row)
            additions.append(added)
        rows.append(key | _basic(schools, limits["cv_basic"][at]))
    table = pd.DataFrame(rows, columns=list(BALANCE)).astype(
        {"school_count": "int64", "not_known": "int64", "marked": "bool"}
    )
    columns = ["unit", "id", "stage", "year", "item", "amount_to_add", "amount_missing"]
    return table, pd.concat(additions, ignore_index=True) if additions else pd.DataFrame(columns=columns)


def _with_thresholds(case: Case, counted: pd.DataFrame) -> pd.DataFrame:
    """With the threshold of each indicator under the name of its metric; NaN where the pack has none."""
    unit = str(counted["unit"].iloc[0]) if len(counted) else ""
    return counted.assign(
        **{i.metric: limits_of(case.pack.rules, i.metric, unit, counted)["limit"] for i in INDICATORS}
    )


def _county_limits(case: Case, counted: pd.DataFrame) -> dict[str, dict[Any, pd.Series]]:
    """metric of the county → rule_id, operator, limit by stage and year."""
    asked = counted[["stage", "year"]].drop_duplicates()
    metrics = (*(i.cv for i in INDICATORS), "cv_basic")
    rows = {m: limits_of(case.pack.rules, m, "county", asked) for m in metrics}
    keys = list(asked.itertuples(index=False, name=None))
    return {m: dict(zip(keys, (row for _, row in found.iterrows()), strict=True)) for m, found in rows.items()}


def _of_indicator(schools: pd.DataFrame, indicator: Indicator, limit: pd.Series) -> tuple[dict[str, Any], pd.DataFrame]:
    known = schools[schools[indicator.amount].notna()]
    row: dict[str, Any] = {"metric": indicator.cv, "school_count": len(known), "not_known": len(schools) - len(known)}
    x, p = known[indicator.amount].to_numpy(), known["pupils"].to_numpy()
    if len(known):
        row["average"] = round(float(x.sum() / p.sum()) * indicator.per, _DIGITS)
    if x.sum() > 0:
        row["cv_plain"] = round(plain_cv(x, p), _DIGITS)
    row |= _judged(limit, weighted_cv(x, p) if x.sum() > 0 else np.nan)
    least = known[indicator.metric].to_numpy()
    to_threshold = np.maximum(np.nan_to_num(least) / indicator.per * p - x, 0)
    distances, both = _distances(x, p, to_threshold, row["limit"])
    added = known[["unit", "id", "stage", "year"]].assign(
        item=indicator.amount,
        amount_to_add=np.nan if both is None else both.round(2),
        amount_missing=np.where(np.isnan(least), np.nan, to_threshold),
    )
    return row | distances, added


def _distances(x: Floats, p: Floats, to_threshold: Floats, limit: float) -> tuple[dict[str, Any], Floats | None]:
    """to_threshold, to_balance, to_both, raised, and what to_both adds by school."""
    told: dict[str, Any] = {"to_threshold": round(float(to_threshold.sum()), 2)}
    raised = x + to_threshold
    if np.isnan(limit) or raised.sum() == 0:
        return told, None
    both = to_threshold + least_addition(raised, p, limit)
    if x.sum() > 0:
        told["to_balance"] = round(float(least_addition(x, p, limit).sum()), 2)
    return told | {"to_both": round(float(both.sum()), 2), "raised": int((both > 0).sum())}, both


def _basic(schools: pd.DataFrame, limit: pd.Series) -> dict[str, Any]:
    """The composite of the basic balance: the mean of eight coefficients, where all eight are known.

    Schools of which some amount is not known are left out of all eight.
    """
    known = schools[schools[list(BASIC)].notna().all(axis=1)]
    row: dict[str, Any] = {"metric": "cv_basic", "school_count": len(known), "not_known": len(schools) - len(known)}
    pupils = known["pupils"].to_numpy()
    if len(known) == 0 or (known[list(BASIC)].sum() == 0).any():
        return row | _judged(limit, np.nan)
    plain = np.mean([plain_cv(known[c].to_numpy(), pupils) for c in BASIC])
    cv = float(np.mean([weighted_cv(known[c].to_numpy(), pupils) for c in BASIC]))
    return row | {"cv_plain": round(float(plain), _DIGITS)} | _judged(limit, cv)


def _judged(found: pd.Series, cv: float) -> dict[str, Any]:
    """cv as written, limit, rule_id and standing, from the pack's rule for the county."""
    written = round(cv, _DIGITS)
    judged = {"cv": written, "limit": found["limit"], "rule_id": found["rule_id"], "standing": UNKNOWN}
    if not np.isnan(written) and not np.isnan(found["limit"]):
        judged["standing"] = PASSES if COMPARE[found["operator"]](written, found["limit"]) else FAILS
    return judged


def as_measures(table: pd.DataFrame, unit: str) -> Iterator[tuple[str, pd.Series]]:
    """(metric, values by stage and year) of one unit of count: columns for the measures of the county."""
    for metric, rows in table[table["unit"] == unit].groupby("metric", sort=False):
        yield str(metric), rows.set_index(["stage", "year"])["cv"]

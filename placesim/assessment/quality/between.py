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
    """The table `balance` of one unit of count, and what to add: id, stage, year, item, amount_to_add by school.

    Schools that are not evaluated, or whose amount is not known, are in no coefficient (`unknown` counts the latter).
    to_balance: the least amount that brings the coefficient within its limit; to_threshold: what brings every school to
    its own threshold; to_both: the least that does both, by `least_addition`; raised: how many schools get some of it.
    """
    counted = amounts[amounts["excluded"].isna()]
    rows: list[dict[str, Any]] = []
    additions: list[pd.DataFrame] = []
    for (stage, year), schools in counted.groupby(["stage", "year"], sort=False):
        key = {"unit": schools["unit"].iloc[0], "stage": stage, "year": year, "marked": year in MARKS}
        for indicator in INDICATORS:
            row, added = _of_indicator(case, schools, indicator)
            rows.append(key | row)
            additions.append(added)
        rows.append(key | _basic(case, schools))
    table = pd.DataFrame(rows, columns=list(BALANCE)).astype({"schools": "int64", "unknown": "int64", "marked": "bool"})
    columns = ["unit", "id", "stage", "year", "item", "amount_to_add"]
    return table, pd.concat(additions, ignore_index=True) if additions else pd.DataFrame(columns=columns)


def _of_indicator(case: Case, schools: pd.DataFrame, indicator: Indicator) -> tuple[dict[str, Any], pd.DataFrame]:
    known = schools[schools[indicator.amount].notna()]
    row: dict[str, Any] = {"metric": indicator.cv, "schools": len(known), "unknown": len(schools) - len(known)}
    if len(known) == 0:
        return row | _judged(case, schools, indicator.cv, np.nan), _added(known, indicator, None)
    x, p = known[indicator.amount].to_numpy(), known["pupils"].to_numpy()
    row["average"] = round(float(x.sum() / p.sum()) * indicator.per, _DIGITS)
    if x.sum() > 0:
        row["cv_plain"] = round(plain_cv(x, p), _DIGITS)
    row |= _judged(case, known, indicator.cv, weighted_cv(x, p) if x.sum() > 0 else np.nan)
    least = limits_of(case.pack.rules, indicator.metric, str(known["unit"].iloc[0]), known)["limit"].to_numpy()
    distances, both = _distances(x, p, np.nan_to_num(least) / indicator.per, row["limit"])
    return row | distances, _added(known, indicator, both)


def _distances(x: Floats, p: Floats, least: Floats, limit: float) -> tuple[dict[str, Any], Floats | None]:
    """to_threshold, to_balance, to_both, raised, and what to_both adds by school; least[school] per pupil."""
    to_threshold = np.maximum(least * p - x, 0)
    told: dict[str, Any] = {"to_threshold": round(float(to_threshold.sum()), 2)}
    raised = x + to_threshold
    if np.isnan(limit) or raised.sum() == 0:
        return told, None
    both = to_threshold + least_addition(raised, p, limit)
    if x.sum() > 0:
        told["to_balance"] = round(float(least_addition(x, p, limit).sum()), 2)
    return told | {"to_both": round(float(both.sum()), 2), "raised": int((both > 0).sum())}, both


def _added(known: pd.DataFrame, indicator: Indicator, amount: Floats | None) -> pd.DataFrame:
    added = np.nan if amount is None else amount.round(2)
    return known[["unit", "id", "stage", "year"]].assign(item=indicator.amount, amount_to_add=added)


def _basic(case: Case, schools: pd.DataFrame) -> dict[str, Any]:
    """The composite of the basic balance: the mean of eight coefficients, where all eight are known.

    Schools of which some amount is not known are left out of all eight.
    """
    known = schools[schools[list(BASIC)].notna().all(axis=1)]
    row: dict[str, Any] = {"metric": "cv_basic", "schools": len(known), "unknown": len(schools) - len(known)}
    pupils = known["pupils"].to_numpy()
    if len(known) == 0 or (known[list(BASIC)].sum() == 0).any():
        return row | _judged(case, schools, "cv_basic", np.nan)
    plain = np.mean([plain_cv(known[c].to_numpy(), pupils) for c in BASIC])
    cv = float(np.mean([weighted_cv(known[c].to_numpy(), pupils) for c in BASIC]))
    return row | {"cv_plain": round(float(plain), _DIGITS)} | _judged(case, known, "cv_basic", cv)


def _judged(case: Case, rows: pd.DataFrame, metric: str, cv: float) -> dict[str, Any]:
    """cv as written, limit, rule_id and standing of a stage and year, from the pack's rule for the county."""
    found = limits_of(case.pack.rules, metric, "county", rows.iloc[:1]).iloc[0]
    written = round(cv, _DIGITS)
    judged = {"cv": written, "limit": found["limit"], "rule_id": found["rule_id"], "standing": UNKNOWN}
    if not np.isnan(written) and not np.isnan(found["limit"]):
        judged["standing"] = PASSES if COMPARE[found["operator"]](written, found["limit"]) else FAILS
    return judged


def as_measures(table: pd.DataFrame, unit: str) -> Iterator[tuple[str, pd.Series]]:
    """(metric, values by stage and year) of one unit of count: columns for the measures of the county."""
    for metric, rows in table[table["unit"] == unit].groupby("metric", sort=False):
        yield str(metric), rows.set_index(["stage", "year"])["cv"]

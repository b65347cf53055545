"""Births by calendar year or month → birth cohorts."""

from __future__ import annotations

import calendar
import re
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import numbers
from placesim.errors import InputError
from placesim.records import Floats

MONTHS: Final = 12
WHOLE: Final = 1e-9  # months of a cohort may miss or pass twelve by this much


def cohort_births(births: pd.DataFrame, *, cutoff: str = "08-31") -> pd.DataFrame:
    """Births by cohort year from births by calendar year, or by month where a `month` is given.

    `births`: year, births, optionally month, and any columns that name a series (area_id, school, basis …).
    Result: the same columns without `month`; `year` is now the cohort: births of the twelve months up to `cutoff`
    (MM-DD) of that year. A calendar year is spread evenly over its months (31 August: ⅔ to its own cohort, ⅓ to the
    next), the month of a cut-off inside it by days. Cohorts whose twelve months are not all given are left out.
    Raises InputError for missing columns, bad values and periods given twice.
    """
    cut = _months_before(cutoff)
    table = _checked(births)
    month = numbers(table, "month")
    own = np.where(np.isnan(month), cut / MONTHS, np.clip(cut - (month - 1), 0.0, 1.0))  # share of the own cohort
    months = np.where(np.isnan(month), float(MONTHS), 1.0)
    series = [c for c in table.columns if c not in ("year", "month", "births")]
    rows = table.drop(columns=["month", "births"], errors="ignore")
    count = numbers(table, "births")
    parts = [
        rows.assign(year=table["year"] + later, births=count * share, _months=months * share)
        for later, share in ((0, own), (1, 1.0 - own))
    ]
    keys = [*series, "year"]
    total = pd.concat(parts).groupby(keys, dropna=False, sort=True, as_index=False)[["births", "_months"]].sum()
    if (total["_months"] > MONTHS + WHOLE).any():
        twice = total[total["_months"] > MONTHS + WHOLE].iloc[0]
        raise InputError("births", "gives a period twice", value=dict(twice[keys]))
    complete = total["_months"] >= MONTHS - WHOLE
    return total.loc[complete, [*keys, "births"]].reset_index(drop=True)


def _months_before(cutoff: str) -> float:
    """Months of the year up to and with the cut-off day; 08-31 → 8."""
    match = re.fullmatch(r"(\d\d)-(\d\d)", cutoff) if isinstance(cutoff, str) else None
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= month <= MONTHS or not 1 <= day <= 31:
        raise InputError("cutoff", "must be MM-DD", value=cutoff)
    days = calendar.monthrange(2023, month)[1]
    return month - 1 + min(day, days) / days


def _checked(births: pd.DataFrame) -> pd.DataFrame:
    for column in ("year", "births"):
        if column not in births:
            raise InputError("births", f"needs a column {column}", value=list(births.columns))
    rules = {
        "year": (lambda v: np.isfinite(v) & (v == np.floor(v)), "year must be a whole number"),
        "births": (lambda v: np.isfinite(v) & (v >= 0), "births must be a number and not negative"),
        "month": (lambda v: np.isnan(v) | np.isin(v, np.arange(1, MONTHS + 1)), "month must be 1–12 or blank"),
    }
    for column, (holds, rule) in rules.items():
        values: Floats = numbers(births, column)
        for row in np.flatnonzero(~holds(values))[:1]:
            raise InputError("births", rule, int(row), values[row])
    return births.assign(year=numbers(births, "year").astype(np.int64))

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
LAST_YEAR: Final = 9999
COMMON_YEAR, LEAP_YEAR = 2023, 2024
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
    _refuse_periods_given_twice(rows, month)
    total = pd.concat(parts).groupby(keys, dropna=False, sort=True, as_index=False)[["births", "_months"]].sum()
    complete = total["_months"] >= MONTHS - WHOLE
    return total.loc[complete, [*keys, "births"]].reset_index(drop=True)


def _months_before(cutoff: str) -> float:
    """Months of the year up to and with the cut-off day; 08-31 → 8."""
    match = re.fullmatch(r"(\d\d)-(\d\d)", cutoff) if isinstance(cutoff, str) else None
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    longest = calendar.monthrange(LEAP_YEAR, month)[1] if 1 <= month <= MONTHS else 0
    if not 1 <= day <= longest:
        raise InputError("cutoff", "must be MM-DD, a day of the calendar", value=cutoff)
    days = calendar.monthrange(COMMON_YEAR, month)[1]
    return month - 1 + min(day, days) / days


def _refuse_periods_given_twice(rows: pd.DataFrame, month: Floats) -> None:
    """`rows`: the series and the year of each row; a year without month holds all its months."""
    years = rows.assign(month=np.nan_to_num(month))
    again = years.duplicated().to_numpy()
    whole = years[np.isnan(month)].drop(columns="month").drop_duplicates().assign(month=0.0)
    inside = rows.assign(month=0.0).merge(whole, how="left", indicator=True)["_merge"].to_numpy() == "both"
    for row in np.flatnonzero(again | (inside & ~np.isnan(month)))[:1]:
        raise InputError("births", "gives a period twice", int(row), rows["year"].iloc[row])


def _checked(births: pd.DataFrame) -> pd.DataFrame:
    """year, births and month as numbers, after every rule has been tested."""
    if not isinstance(births, pd.DataFrame):
        raise InputError("births", "must be a DataFrame", value=type(births).__name__)
    for column in ("year", "births"):
        if column not in births:
            raise InputError("births", f"needs a column {column}", value=list(births.columns))
    rules = {
        "year": (lambda v: (abs(v) <= LAST_YEAR) & (v == np.floor(v)), "year must be a whole number"),
        "births": (lambda v: np.isfinite(v) & (v >= 0), "births must be a number and not negative"),
        "month": (lambda v: np.isin(v, np.arange(1, MONTHS + 1)), "month must be 1–12 or blank"),
    }
    table = births.copy()
    for column in [c for c in rules if c in births]:
        holds, rule = rules[column]
        given = births[column]
        table[column] = values = pd.to_numeric(given, errors="coerce").astype(np.float64)
        allowed = holds(values.to_numpy()) | (given.isna().to_numpy() & (column == "month"))
        for row in np.flatnonzero(~allowed)[:1]:
            raise InputError("births", rule, int(row), given.iloc[row])
    return table.astype({"year": np.int64})

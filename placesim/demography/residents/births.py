"""Births by calendar year or month → birth cohorts."""

from __future__ import annotations

import calendar
import re
from typing import Final

import numpy as np
import pandas as pd

from placesim.arguments import as_table, odd_cell
from placesim.demography.frames import numbers
from placesim.errors import InputError
from placesim.records import Floats, Ints

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
    Raises InputError for missing or doubled columns, bad values and periods given twice.
    """
    cut = _months_before(cutoff)
    table = _checked(births)
    month = numbers(table, "month")
    own = np.where(np.isnan(month), cut / MONTHS, np.clip(cut - (month - 1), 0.0, 1.0))  # share of the own cohort
    months = np.where(np.isnan(month), float(MONTHS), 1.0)
    rows = table.drop(columns=["month", "births"], errors="ignore")
    _refuse_periods_given_twice(rows, month)
    count = numbers(table, "births")
    cohorts = pd.concat([rows, rows.assign(year=rows["year"] + 1)], ignore_index=True)
    cohorts = cohorts[[*rows.columns.drop("year"), "year"]]
    births_in, months_in = ([whole * own, whole * (1.0 - own)] for whole in (count, months))
    group = _groups(cohorts)
    total = (
        pd.DataFrame({"births": np.concatenate(births_in), "months": np.concatenate(months_in)}).groupby(group).sum()
    )
    first = pd.Series(np.arange(len(group))).groupby(group).first().to_numpy()
    complete = (total["months"] >= MONTHS - WHOLE).to_numpy()
    found = cohorts.iloc[first[complete]].reset_index(drop=True)
    return found.assign(births=total["births"].to_numpy()[complete])


def _groups(rows: pd.DataFrame) -> Ints:
    """group[row]: rows alike in every column share a number, numbers in the order of the columns; blanks are alike."""
    group = rows.groupby(list(rows.columns), dropna=False, sort=True, observed=True).ngroup()
    numbered: Ints = group.to_numpy().astype(np.int64)
    return numbered


def _months_before(cutoff: str) -> float:
    """Months of the year up to and with the cut-off day; 08-31 → 8."""
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", cutoff) if isinstance(cutoff, str) else None
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    longest = calendar.monthrange(LEAP_YEAR, month)[1] if 1 <= month <= MONTHS else 0
    if not 1 <= day <= longest:
        raise InputError("cutoff", "must be MM-DD, a day of the calendar", value=cutoff)
    days = calendar.monthrange(COMMON_YEAR, month)[1]
    return month - 1 + min(day, days) / days


def _refuse_periods_given_twice(rows: pd.DataFrame, month: Floats) -> None:
    """`rows`: the series and the year of each row; a year without month holds all its months."""
    year = _groups(rows)
    again = pd.DataFrame({"year": year, "month": np.nan_to_num(month)}).duplicated().to_numpy()
    inside = np.isin(year, year[np.isnan(month)])
    for row in np.flatnonzero(again | (inside & ~np.isnan(month)))[:1]:
        raise InputError("births", "gives a period twice", int(row), rows["year"].iloc[row])


def _checked(births: pd.DataFrame) -> pd.DataFrame:
    """year, births and month as numbers, after every rule has been tested."""
    births = as_table("births", births, ("year", "births")).reset_index(drop=True)
    _refuse_lists(births)
    rules = {
        "year": (lambda v: (abs(v) <= LAST_YEAR) & (v == np.floor(v)), "year must be a whole number"),
        "births": (lambda v: np.isfinite(v) & (v >= 0), "births must be a number and not negative"),
        "month": (lambda v: np.isin(v, np.arange(1, MONTHS + 1)), "month must be 1–12 or blank"),
    }
    table = births.copy()
    for column in [c for c in rules if c in births]:
        holds, rule = rules[column]
        given = births[column]
        odd = odd_cell(given)
        if odd is not None:
            raise InputError("births", rule, odd[0][0], given.iloc[odd[0][0]])
        table[column] = values = pd.to_numeric(given, errors="coerce").astype(np.float64)
        allowed = holds(values.to_numpy()) | (given.isna().to_numpy() & (column == "month"))
        for row in np.flatnonzero(~allowed)[:1]:
            raise InputError("births", rule, int(row), given.iloc[row])
    return table.astype({"year": np.int64})


def _refuse_lists(births: pd.DataFrame) -> None:
    """What cannot be told alike, such as a list, names no series."""
    for column in [c for c in births if pd.api.types.is_object_dtype(births[c])]:
        for row, cell in enumerate(births[column]):
            try:
                hash(cell)
            except TypeError as error:
                rule = f"{column} must be one value, not {type(cell).__name__}"
                raise InputError("births", rule, row) from error

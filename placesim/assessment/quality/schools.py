"""The seven resource indicators by school: values, how many meet their threshold, and who is not evaluated."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.assessment.classes import ratio
from placesim.assessment.quality.case import SECTION, Case
from placesim.assessment.quality.words import (
    AMOUNTS,
    EXCLUDED,
    FAILS,
    INDICATORS,
    PASSES,
    QUALITY,
    SMALL,
    SPECIAL,
    UNKNOWN,
    VOCATIONAL,
)
from placesim.assessment.rounding import as_written
from placesim.standards.evaluate import COMPARE, limits_of

METRICS = [i.metric for i in INDICATORS]


def amounts_of(case: Case, unit: str) -> pd.DataFrame:
    """One row per unit, stage and year with pupils: unit, id, stage, year, area_type, pupils, excluded and AMOUNTS.

    An institution has the sums of its campuses, unknown where one of them is. excluded: special or vocational as the
    table `resources` says, small where all its stages together have fewer pupils than the evaluation counts.
    """
    sections, resources = case.sections(), case.resources()
    rows = sections[[*SECTION, "area_type"]].assign(pupils=sections["roll"].astype(float), id=sections["school_id"])
    rows = rows.join(resources[list(AMOUNTS)].astype(float)).assign(programme=resources["programme"])
    if unit == "institution":
        rows = _by_institution(case, rows)
    rows = rows[rows["pupils"] > 0].reset_index(drop=True)
    together = rows.groupby(["id", "year"])["pupils"].transform("sum")
    small = together < _smallest(case)
    programme = rows["programme"].where(rows["programme"].isin([SPECIAL, VOCATIONAL]), None).astype(object)
    return rows.assign(unit=unit, excluded=programme.where(programme.notna() | ~small, SMALL))


def _by_institution(case: Case, rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.assign(id=_unit_ids(case, "institution", rows["id"])).groupby(["id", "stage", "year"], sort=False)
    summed = ["pupils", *AMOUNTS]
    sums = groups[summed].sum().where(groups[summed].count().eq(groups.size(), axis=0))
    return sums.join(groups[["area_type", "programme"]].first()).reset_index()


def _unit_ids(case: Case, unit: str, school: pd.Series) -> pd.Series:
    """The id of the unit of count that each school belongs to; a campus without institution stands for itself."""
    schools = case.results.places.schools.set_index("school_id")
    if unit != "institution" or "institution_id" not in schools:
        return school
    named = school.map(schools["institution_id"])
    return named.where(named.notna(), school)


def by_section(case: Case, quality: pd.DataFrame) -> pd.DataFrame:
    """The sections of the run with what their unit of count (the first the pack states) reaches in `quality`.

    school_id, stage, year, roll, places_design and the columns of `quality`; None and NaN where it has no row.
    """
    unit = case.units[0]
    sections = case.sections()[[*SECTION, "roll", "places_design"]]
    own = quality[quality["unit"] == unit]
    return sections.assign(id=_unit_ids(case, unit, sections["school_id"])).merge(
        own, on=["id", "stage", "year"], how="left"
    )


def _smallest(case: Case) -> float:
    """The pupils below which a school is left out: the least roll that the evaluation's document states."""
    rules = case.pack.rules.values()
    documents = {r.document for r in rules if r.metric in METRICS}
    limits = [r.value for r in rules if r.metric == "roll" and r.operator == ">=" and r.document in documents]
    return min((v for v in limits if v is not None), default=0.0)


def indicators(case: Case, amounts: pd.DataFrame) -> pd.DataFrame:
    """The table `quality` of one unit of count, rows as those of `amounts`; values as written.

    value = amount ÷ pupils × (1 or 100). A school passes with as many indicators at their thresholds as the pack asks
    and the others at least at its floor; it fails where that can no longer be reached; else it is unknown.
    indicator_share_min: the lowest value ÷ threshold, where all are known.
    """
    pupils = amounts["pupils"].to_numpy()
    values = {i.metric: ratio(amounts[i.amount].to_numpy() * i.per, pupils) for i in INDICATORS}
    table = as_written(amounts[["unit", "id", "stage", "year", "area_type", "pupils", "excluded"]].assign(**values))
    share, met = compared(case, table)
    known = ~np.isnan(share)
    table["indicators_met"], table["indicators_known"] = met.sum(axis=1), known.sum(axis=1)
    lowest = np.where(known, share, np.inf).min(axis=1)
    table["indicator_share_min"] = np.where(known.all(axis=1), lowest, np.nan)
    table["standing"] = _standing(case, table, share, met)
    return table[list(QUALITY)].astype({"indicators_met": "int64", "indicators_known": "int64"})


def compared(case: Case, table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """[row, indicator]: value ÷ threshold (4 digits), NaN where one is not known, and whether the threshold is met."""
    unit = str(table["unit"].iloc[0]) if len(table) else ""
    share, met = np.full((len(table), len(METRICS)), np.nan), np.zeros((len(table), len(METRICS)), dtype=bool)
    for k, metric in enumerate(METRICS):
        limits, value = limits_of(case.pack.rules, metric, unit, table), table[metric].to_numpy(dtype=float)
        share[:, k] = ratio(value, limits["limit"].fillna(0).to_numpy()).round(4)
        for operator in limits["operator"].dropna().unique():
            rows = (limits["operator"] == operator).to_numpy()
            met[rows, k] = COMPARE[operator](value[rows], limits["limit"].to_numpy()[rows])
    return share, met & ~np.isnan(share)


def _standing(
    case: Case, table: pd.DataFrame, share: NDArray[np.float64], met: NDArray[np.bool_]
) -> NDArray[np.object_]:
    unit = str(table["unit"].iloc[0]) if len(table) else ""
    asked = limits_of(case.pack.rules, "indicators_met", unit, table)["limit"].fillna(len(METRICS)).to_numpy()
    floor = limits_of(case.pack.rules, "indicator_share_min", unit, table)["limit"].fillna(0).to_numpy()
    failed = ~met & ~np.isnan(share)
    low = (share < floor[:, None]).any(axis=1)
    fails = low | (len(METRICS) - failed.sum(axis=1) < asked)
    passes = ~fails & (met.sum(axis=1) >= asked) & ~np.isnan(share).any(axis=1)
    told = np.select([table["excluded"].notna(), fails, passes], [EXCLUDED, FAILS, PASSES], UNKNOWN)
    return told.astype(object)

"""Shortages and the years they last: what a temporary room can carry, and what must be built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from placesim.assessment.outlook.spells import with_spells

UNITS: Final = {  # unit of count → its table of measures and the id there
    "stage_section": ("school", "school_id"),
    "planning_area": ("planning_area", "planning_area"),
    "county": ("county", "county"),
}
WAVES: Final = (
    "unit", "id", "stage", "start_year", "peak_year", "peak", "end_year", "from_start", "to_end", "years",
    "pupil_years", "residual_shortage", "lowest_after",
)  # fmt: skip


def waves(measures: Mapping[str, pd.DataFrame], years: tuple[int, ...]) -> pd.DataFrame:
    """One row per run of years in which a school, planning area or the county lacks design places for a stage.

    shortage = max(0, need − design places), of a school max(0, roll − design places). start_year, end_year: first and
    last year (from_start: it lasted already in the base year, to_end: it lasts in the last); peak: the largest shortage
    and its first year; pupil_years: the sum over the years; residual_shortage: the shortage of the last year of the
    run, 0 where the wave has passed; lowest_after: the most design places to spare in any year after it, NaN where it
    lasts to the end: what would stand empty of places built for it.
    """
    tables = [_of_unit(unit, measures[table], named, years) for unit, (table, named) in UNITS.items()]
    rows = pd.concat([t for t in tables if len(t)] or [pd.DataFrame(columns=list(WAVES))], ignore_index=True)
    return rows[list(WAVES)]


def _of_unit(unit: str, table: pd.DataFrame, named: str, years: tuple[int, ...]) -> pd.DataFrame:
    asked = table["roll"] if unit == "stage_section" else table["need"]
    over = asked - table["places_design"]
    rows = table[[named, "stage", "year"]].set_axis(["id", "stage", "year"], axis=1)
    rows = rows.assign(unit=unit, over=over.to_numpy())
    short = with_spells(rows[rows["over"] > 0], ["unit", "id", "stage"])
    if not len(short):
        return short
    groups = short.groupby("spell", sort=False)
    peak = short.loc[groups["over"].idxmax()].set_index("spell")
    found = groups.agg(
        unit=("unit", "first"), id=("id", "first"), stage=("stage", "first"), start_year=("year", "min"),
        end_year=("year", "max"), peak=("over", "max"), years=("year", "size"), pupil_years=("over", "sum"),
    ).assign(peak_year=peak["year"])  # fmt: skip
    found = found.assign(from_start=found["start_year"] == years[0], to_end=found["end_year"] == years[-1])
    return found.join(_afterwards(found, rows)).reset_index(drop=True)


def _afterwards(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """residual and lowest_after of each wave."""
    courses = {key: part.set_index("year")["over"] for key, part in rows.groupby(["id", "stage"], sort=False)}
    residual, spare = [], []
    for wave in found.itertuples():
        course = courses[wave.id, wave.stage]
        later = course[course.index > wave.end_year]
        residual.append(max(int(course.loc[course.index.max()]), 0))
        spare.append(0.0 - float(later.min()) if len(later) else np.nan)  # never a zero with a sign
    return pd.DataFrame({"residual_shortage": residual, "lowest_after": spare}, index=found.index)

"""A plan drawn by hand, as a school for each area."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from placesim.errors import DataError, Finding
from placesim.inputs.findings import first_few
from placesim.records import Ints
from placesim.rezoning.case import RezoningCase


def read_plan(file: Path, case: RezoningCase) -> Ints:
    """zone[area] of a CSV with area_id and school_id, and optionally stage, valid_from and valid_to.

    Rows of other stages, or that do not hold in the year (the last year that any row begins, if that is later), do not
    count. Raises DataError with every finding: unreadable, a column missing, unknown ids, an area without a school, an
    area with schools of two zones.
    """
    rows = _rows(file)
    if "stage" in rows:
        rows = rows[rows["stage"].isna() | (rows["stage"] == case.stage)]
    if {"valid_from", "valid_to"} <= set(rows.columns):
        first, last = (pd.to_numeric(rows[c], errors="coerce").to_numpy(float) for c in ("valid_from", "valid_to"))
        year = max(float(case.year), np.nanmax(first, initial=-np.inf))
        rows = rows[~(first > year) & ~(last < year)]
    rows = rows.assign(school_id=rows["school_id"].str.split(r"\+")).explode("school_id")
    zone_of = {case.run.places.ids[s]: z for z, group in enumerate(case.members) for s in group}
    at = {area: i for i, area in enumerate(case.areas)}
    school, findings = np.full(len(case.areas), -1, dtype=np.int64), []
    for row, area, given in zip(rows.index + 2, rows["area_id"], rows["school_id"], strict=True):
        if area not in at:
            findings.append(_at(file, row, "area_id", area, "E644"))
        elif given not in zone_of:
            findings.append(_at(file, row, "school_id", given, "E645"))
        elif school[at[area]] not in (-1, zone_of[given]):
            findings.append(_at(file, row, "area_id", area, "E646"))
        else:
            school[at[area]] = zone_of[given]
    missing = [case.areas[i] for i in np.flatnonzero(school < 0)]
    if missing and not findings:
        findings = [Finding("E647", file=str(file), facts={"count": len(missing), "first": first_few(missing)})]
    if findings:
        raise DataError(findings)
    return school


def _rows(file: Path) -> pd.DataFrame:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            rows = pd.read_csv(file, dtype=str, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise DataError([Finding("E643", file=str(file), value=str(error))]) from None
        missing = [c for c in ("area_id", "school_id") if c not in rows]
        if missing:
            raise DataError([Finding("E643", file=str(file), value=", ".join(missing))])
        return rows.map(lambda cell: cell.strip().removeprefix("'") if isinstance(cell, str) else cell)
    raise DataError([Finding("E643", file=str(file), value="UTF-8, GB18030")])


def _at(file: Path, row: int, column: str, value: Any, code: str) -> Finding:
    return Finding(code, file=str(file), row=int(row), column=column, value="" if pd.isna(value) else str(value))

"""Dated catchment rows: ending them, passing them on, giving them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("area_id", "school_id", "stage", "share", "valid_from", "valid_to")
# Working column: the suspended school for which a receiver holds the area.
HELD_FOR = "held_for"


def working_rows(catchments: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table with dates as numbers: valid_from −inf and valid_to inf where blank."""
    rows = catchments[["area_id", "school_id", "stage"]].copy()
    rows["share"] = pd.to_numeric(catchments["share"]).astype(float)
    rows["valid_from"] = pd.to_numeric(catchments["valid_from"]).astype(float).fillna(-np.inf)
    rows["valid_to"] = pd.to_numeric(catchments["valid_to"]).astype(float).fillna(np.inf)
    rows[HELD_FOR] = pd.Series(None, index=rows.index, dtype=object)
    return rows.reset_index(drop=True)


def published(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as `Places` hands them on: sorted, blank dates as NaN."""
    out = rows[list(COLUMNS)].replace([-np.inf, np.inf], np.nan)
    return out.sort_values(["stage", "area_id", "valid_from", "school_id"], na_position="first").reset_index(drop=True)


def end(rows: pd.DataFrame, chosen: NDArray[np.bool_], year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(all rows with the chosen ones ending before `year`, the part of the chosen ones from `year` on)."""
    touched = chosen & (rows["valid_to"] >= year).to_numpy()
    rest = rows[touched].assign(valid_from=rows.loc[touched, "valid_from"].clip(lower=year))
    kept = rows.assign(valid_to=rows["valid_to"].where(~touched, year - 1.0))
    return kept[kept["valid_from"] <= kept["valid_to"]].reset_index(drop=True), rest.reset_index(drop=True)


def successors(ended: pd.DataFrame, receivers: Mapping[str, Sequence[str]], held_for: str | None) -> pd.DataFrame:
    """The ended rows in the hands of the receivers of each stage; a given share is divided equally among them."""
    parts = [ended.iloc[:0]]
    for stage, schools in receivers.items():
        rows = ended[ended["stage"] == stage]
        parts += [rows.assign(school_id=school, share=rows["share"] / len(schools)) for school in schools]
    out = pd.concat(parts, ignore_index=True)
    return out if held_for is None else out.assign(**{HELD_FOR: out[HELD_FOR].fillna(held_for)})


def new_rows(areas: Sequence[str], schools: Sequence[str], stage: str, year: int) -> pd.DataFrame:
    """Rows from `year` on: every area with every school, shared by places."""
    return pd.DataFrame(
        {
            "area_id": np.repeat(np.array(areas, dtype=object), len(schools)),
            "school_id": np.tile(np.array(schools, dtype=object), len(areas)),
            "stage": pd.Series([stage] * (len(areas) * len(schools)), dtype=object),
            "share": np.nan,
            "valid_from": float(year),
            "valid_to": np.inf,
            HELD_FOR: pd.Series([None] * (len(areas) * len(schools)), dtype=object),
        }
    )


def add(rows: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Both, in one table."""
    return pd.concat([rows, more], ignore_index=True) if len(more) else rows

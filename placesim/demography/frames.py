"""Columns of input tables as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from placesim.records import Floats, Ints


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """The column as float64, NaN where blank or not given."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)


def positions(frame: pd.DataFrame, column: str, ids: Sequence[str]) -> Ints:
    """Where each value of the column stands in `ids`; −1 where blank, unknown or not given."""
    if column not in frame:
        return np.full(len(frame), -1, dtype=np.int64)
    values = pd.Index(frame[column], dtype=object)
    return pd.Index(list(ids), dtype=object).get_indexer(values).astype(np.int64)


def ages(frame: pd.DataFrame, oldest: int) -> tuple[Ints, Ints]:
    """(first, last) age of each row, clipped to `oldest`; both blank means every age, a blank age_to the same age."""
    first, last = numbers(frame, "age_from"), numbers(frame, "age_to")
    last = np.where(np.isfinite(last), last, np.where(np.isfinite(first), first, oldest))
    first = np.where(np.isfinite(first), first, 0)
    return np.minimum(first, oldest).astype(np.int64), np.minimum(last, oldest).astype(np.int64)

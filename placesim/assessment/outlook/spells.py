"""Runs of consecutive years."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def with_spells(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rows sorted by keys and year, with `spell`: a number that a row shares with the row of the year before, if
    that has the same keys."""
    rows = rows.sort_values([*keys, "year"], kind="stable", ignore_index=True)
    before = rows[[*keys, "year"]].shift(1)
    same = [(rows[k] == before[k]) | (rows[k].isna() & before[k].isna()) for k in keys]
    goes_on = pd.concat([*same, rows["year"] == before["year"] + 1], axis=1).all(axis=1)
    return rows.assign(spell=(~goes_on).cumsum())

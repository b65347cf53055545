"""Crowded towns, weak villages (城镇挤、乡村弱), measured: the same figure of urban, town and rural areas."""

from __future__ import annotations

from typing import Final

import pandas as pd

COMPARED: Final = (
    "utilisation", "unfilled_share", "class_size", "large_class_share", "pressure", "minutes_mean",
    "share_over_minutes",
)  # fmt: skip
URBAN_RURAL: Final = ("metric", "stage", "year", "urban", "town", "rural", "urban_less_rural")


def urban_rural(area_types: pd.DataFrame) -> pd.DataFrame:
    """One row per metric, stage and year: its value in urban, town and rural areas, and urban less rural (town where
    there is no urban one). area_types: measures by area type; a value that is not known stays unknown."""
    long = area_types.melt(["area_type", "stage", "year"], list(COMPARED), var_name="metric")
    wide = long.set_index(["metric", "stage", "year", "area_type"])["value"].unstack()
    table = wide.reindex(columns=["urban", "town", "rural"]).astype("float64").dropna(how="all").reset_index()
    gap = table["urban"].where(table["urban"].notna(), table["town"]) - table["rural"]
    return table.assign(urban_less_rural=gap.round(4))[list(URBAN_RURAL)]

"""Tables that explain a projection and a demand: the account of residents, how they move, entry ratios, yields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.pupils.entry import entry_ratio_table
from placesim.demography.pupils.home_rolls import read_home_rolls
from placesim.demography.pupils.known import registers_of
from placesim.demography.residents.account import COMPONENTS, account
from placesim.demography.residents.county_yields import county_yields
from placesim.demography.residents.migration import TABLE_COLUMNS
from placesim.demography.residents.projection import movement_table
from placesim.records import Demand, Inputs, Projection, freeze, no_rows
from placesim.scenario.options import DrawOptions

ACCOUNT: Final = ("planning_area", "year", "start", *COMPONENTS, "end", "births_control")
RATIOS: Final = ("basis", "lag", "ratio", "sd", "children", "weight", "cohorts")
YIELDS: Final = (
    "dwelling_type", "stage", "years_since", "pupils_per_dwelling", "pupils_per_occupied_dwelling",
    "admitted_per_dwelling",
)  # fmt: skip


def explanations(
    projection: Projection | None, demand: Demand, inputs: Inputs, options: DrawOptions
) -> Mapping[str, pd.DataFrame]:
    """account (by planning area; blank: the county), movement (estimated, where the rates are silent), entry_ratios (by
    basis and years until entry), yields (pupils per new dwelling by years since completion). Without rows where a
    county has nothing that tells them."""
    return freeze(
        {
            "account": _account(projection, inputs),
            "movement": _movement(projection, inputs, options),
            "entry_ratios": _entry_ratios(inputs, options),
            "yields": _yields(demand, inputs, options),
        }
    )


def _account(projection: Projection | None, inputs: Inputs) -> pd.DataFrame:
    if projection is None or projection.method != "cohort":
        return no_rows(ACCOUNT)
    table = account(projection, inputs)
    whole = table["level"] == "county"
    table = table[whole | ((table["level"] == "planning_area") & (table["unit"] != ""))]
    names = table["unit"].astype(object)
    table = table.assign(planning_area=names.where(names != "", None))
    return table[list(ACCOUNT)].round(2).reset_index(drop=True)


def _movement(projection: Projection | None, inputs: Inputs, options: DrawOptions) -> pd.DataFrame:
    if projection is None or projection.method != "cohort":
        return no_rows(TABLE_COLUMNS)
    return movement_table(inputs, options.projection).round(5)


def _entry_ratios(inputs: Inputs, options: DrawOptions) -> pd.DataFrame:
    if not inputs.has("children"):
        return no_rows(RATIOS)
    registers = registers_of(inputs, options.demand, read_home_rolls(inputs, options.demand))
    return entry_ratio_table(registers.ratios, registers.lag, np.nansum(registers.whole, axis=1)).round(4)


def _yields(demand: Demand, inputs: Inputs, options: DrawOptions) -> pd.DataFrame:
    """Yields of the dwelling types that the county builds, at its participation in the base year."""
    if not inputs.has("developments"):
        return no_rows(YIELDS)
    stages = demand.stages
    share = {s: float(demand.participation[:, stages.grade_slice(s)].mean()) for s in stages.ids}
    table = county_yields(inputs, options.projection, stages, participation=share)
    built = set(inputs.frame("developments")["dwelling_type"])
    return table[table["dwelling_type"].isin(built)][list(YIELDS)].round(4).reset_index(drop=True)

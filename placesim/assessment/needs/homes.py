"""Developments as a planner counts them: dwellings built and to come, and the people they are planned for."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.residents.dwellings import occupied_dwellings
from placesim.demography.residents.household_profiles import persons_by_age
from placesim.records import Inputs
from placesim.scenario.parameters import Housing

HOMES: Final = (
    "development_id",
    "name",
    "area_id",
    "planning_area",
    "dwellings",
    "persons",
    "first_completed",
    "last_completed",
)


def homes(inputs: Inputs) -> pd.DataFrame:
    """One row per development with dwellings: HOMES; demolitions are left out.

    dwellings of all phases, persons when all are occupied (the household profiles), first_completed and last_completed:
    years of completion. A development lies where its first row says.
    """
    rows = phases(inputs)
    table = rows.groupby("development_id", sort=True).agg(
        name=("name", "first"), area_id=("area_id", "first"), planning_area=("planning_area", "first"),
        dwellings=("dwellings", "sum"), persons=("persons", "sum"), first_completed=("year", "min"),
        last_completed=("year", "max"),
    ).reset_index()  # fmt: skip
    return table[list(HOMES)]


def phases(inputs: Inputs) -> pd.DataFrame:
    """The rows of `developments` with dwellings to live in, with persons (when occupied) and planning_area."""
    table = pd.DataFrame(inputs.frame("developments"))
    if not len(table):
        empty = pd.DataFrame(
            columns=["development_id", "name", "area_id", "dwellings", "year", "status", "dwelling_type"]
        )
        return empty.assign(persons=0.0, planning_area=None)
    built = (pd.to_numeric(table["dwellings"]) > 0).to_numpy()
    persons = persons_by_age(inputs, demolished=~built).sum(axis=1) * pd.to_numeric(table["dwellings"]).to_numpy(float)
    where = inputs.areas.set_index("area_id")["planning_area"]
    more = {c: None for c in ("name", "status") if c not in table}
    table = table.assign(persons=persons, planning_area=table["area_id"].map(where), **more)
    return table[built].reset_index(drop=True)


def occupied(inputs: Inputs, years: tuple[int, ...], housing: Housing) -> pd.DataFrame:
    """Occupied dwellings as expected, by development_id (index) and year (columns)."""
    rows = phases(inputs)
    if not len(rows):
        return pd.DataFrame(columns=list(years))
    lived_in = pd.DataFrame(occupied_dwellings(rows, years, housing), columns=list(years))
    return lived_in.groupby(rows["development_id"].to_numpy()).sum()


def built_share(inputs: Inputs, years: tuple[int, ...], housing: Housing) -> pd.DataFrame:
    """Build-out stage: occupied ÷ all dwellings of the developments of each planning area (index) by year (columns)."""
    table, lived_in = homes(inputs).set_index("development_id"), occupied(inputs, years, housing)
    if not len(table):
        return pd.DataFrame(columns=list(years))
    total = table.groupby("planning_area")["dwellings"].sum().astype(float)
    lived = lived_in.groupby(table["planning_area"].reindex(lived_in.index)).sum()
    return lived.div(total.replace(0.0, np.nan), axis=0)

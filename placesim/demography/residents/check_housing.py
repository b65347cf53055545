"""What new and demolished homes need beyond sound tables: known types, years that fit, people who are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.demography.residents.dwellings import STALLED, occupied_dwellings
from placesim.demography.residents.household_profiles import (
    Profiles,
    development_rows_without_profile,
    dwelling_types,
    persons_by_age,
    read_profiles,
)
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.nearest import nearest, suggested
from placesim.messages import labels
from placesim.records import Floats, Inputs, Table
from placesim.scenario.options import ProjectionOptions

OF_DEMOLITIONS: Final = ("tenant_share", "tenants_staying_share", "return_share", "return_year")
REHOUSED: Final = "resettlement"  # the bundled type whose dwellings may be the ones that the demolished return to
Rows = NDArray[np.bool_]


def check_housing(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Findings about `developments`, `household_profiles` and `yields`; `inputs.check` has come first."""
    if inputs.has("household_profiles"):
        yield from _overlapping_ages(inputs)
    if inputs.has("yields"):
        yield from _yields(inputs)
    if inputs.has("developments"):
        yield from _types(inputs)
        yield from _timing(inputs)
        yield from _left_unused(inputs)
        yield from _returns_twice(inputs)
        yield from _more_than_live_there(inputs, options)


# ------------------------------------------------------------------------------------------------- types and profiles
def _types(inputs: Inputs) -> Iterator[Finding]:
    table, profiles = inputs.tables["developments"], read_profiles(inputs)
    kinds = table.rows["dwelling_type"]
    unknown = development_rows_without_profile(inputs)
    for row in unknown[~kinds.iloc[unknown].duplicated().to_numpy() & kinds.iloc[unknown].notna().to_numpy()]:
        facts = {"known": ", ".join(profiles.types), **suggested(nearest(str(kinds.iloc[row]), profiles.types))}
        yield at_row(table, "E358", int(row), "dwelling_type", facts)
    yield from _bundled_types(table, profiles)


def _bundled_types(table: Table, profiles: Profiles) -> Iterator[Finding]:
    """What a county takes from the bundled types: profiles, shares from inside the county, no right of admission."""
    rows, bundled = table.rows, dwelling_types()
    used = list(dict.fromkeys(rows["dwelling_type"].dropna()))
    taken = [t for t in used if t in profiles.types[profiles.own :]]
    if taken:
        yield at_table(table, "N358", "dwelling_type", {"types": ", ".join(taken)})
    blank = ~np.isfinite(numbers(rows, "displaced_share")) & rows["dwelling_type"].isin(list(bundled)).to_numpy()
    if blank.any():
        yield at_table(table, "N359", "displaced_share", {"rows": int(blank.sum())})
    without = [t for t in used if t in bundled and bundled[t].admission < 1]
    if without:
        yield at_table(table, "N360", "dwelling_type", {"types": ", ".join(without)})


def _overlapping_ages(inputs: Inputs) -> Iterator[Finding]:
    """Two rows of one profile that speak of the same ages would count their people twice."""
    table = inputs.tables["household_profiles"]
    rows = table.rows
    first, last = numbers(rows, "age_from"), numbers(rows, "age_to")
    last = np.where(np.isfinite(last), last, first)
    since = np.nan_to_num(numbers(rows, "years_since"))
    kind = positions(rows, "dwelling_type", tuple(dict.fromkeys(rows["dwelling_type"].dropna())))
    order = np.lexsort((first, since, kind))
    reaching = int(order[0]) if len(order) else -1  # the row of the profile that reaches the oldest age so far
    for row in order[1:]:
        same = kind[row] == kind[reaching] >= 0 and since[row] == since[reaching]
        if same and first[row] <= last[reaching]:
            facts = {"other": int(table.file_row[reaching]), "ages": f"{first[reaching]:.0f}–{last[reaching]:.0f}"}
            yield at_row(table, "E361", int(row), "age_from", facts)
        if not same or last[row] > last[reaching]:
            reaching = int(row)


def _yields(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.tables["yields"]
    for row in np.flatnonzero(~np.isfinite(numbers(table.rows, "years_since"))):
        yield at_row(table, "W361", int(row), "years_since")


# --------------------------------------------------------------------------------------------------- years that fit
def _timing(inputs: Inputs) -> Iterator[Finding]:
    table = inputs.tables["developments"]
    rows = table.rows
    share, back = numbers(rows, "return_share"), numbers(rows, "return_year")
    demolished = numbers(rows, "dwellings") < 0
    year, observed = numbers(rows, "year"), numbers(rows, "observed_year")
    early = demolished & (back <= year)
    for row in np.flatnonzero(early | (demolished & (share > 0) & ~np.isfinite(back))):
        yield at_row(table, "E359", int(row), "return_year", {"year": f"{year[row]:.0f}"})
    for row in np.flatnonzero(np.isfinite(observed) & ~np.isfinite(numbers(rows, "occupied_share"))):
        yield at_row(table, "E360", int(row), "occupied_share", {"year": f"{observed[row]:.0f}"})


def _left_unused(inputs: Inputs) -> Iterator[Finding]:
    """Cells that say nothing about their row, and would silently be passed over."""
    table = inputs.tables["developments"]
    rows = table.rows
    demolished = numbers(rows, "dwellings") < 0
    meaningless: list[tuple[str, Rows, str]] = [(c, ~demolished, "demolition") for c in OF_DEMOLITIONS]
    meaningless.append(("restart_year", positions(rows, "status", (STALLED,)) < 0, STALLED))
    meaningless.append(("observed_year", demolished, "completion"))
    for column, elsewhere, meant in meaningless:
        for row in np.flatnonzero(np.isfinite(numbers(rows, column)) & elsewhere):
            yield at_row(table, "W358", int(row), column, {"meant": labels(f"housing.{meant}")})


# ------------------------------------------------------------------------------------------------ people who are there
def _returns_twice(inputs: Inputs) -> Iterator[Finding]:
    """Homes for those who return, listed as new dwellings of the same development, would be filled twice."""
    table = inputs.tables["developments"]
    rows = table.rows
    built = rows[(numbers(rows, "dwellings") > 0) & (rows["dwelling_type"] == REHOUSED).to_numpy()]
    again = rows["development_id"].isin(built["development_id"]).to_numpy()
    returning = (numbers(rows, "dwellings") < 0) & (numbers(rows, "return_share") > 0)
    for row in np.flatnonzero(again & returning):
        yield at_row(table, "W359", int(row), "return_share", {"development": rows["development_id"].iloc[row]})


def _more_than_live_there(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Areas whose demolitions empty more dwellings than their residents fill: nobody else can leave."""
    table = inputs.tables["developments"]
    rows = table.rows
    demolished = numbers(rows, "dwellings") < 0
    if not inputs.has("population") or not demolished.any():
        return
    people = _residents(inputs)
    emptied = -np.minimum(np.diff(occupied_dwellings(rows, options.years, options.housing), axis=1), 0).sum(axis=1)
    leaving = np.where(demolished, emptied * persons_by_age(inputs, demolished=demolished).sum(axis=1), 0.0)
    area = positions(rows, "area_id", inputs.area_ids)
    total = np.bincount(area[area >= 0], leaving[area >= 0], minlength=len(people))
    for a in np.flatnonzero(total > people):
        row = int(np.flatnonzero(demolished & (area == a))[0])
        facts = {"leaving": f"{total[a]:.0f}", "people": f"{people[a]:.0f}", "area": inputs.area_ids[a]}
        yield at_row(table, "W360", row, "dwellings", facts)


def _residents(inputs: Inputs) -> Floats:
    """residents[area] of the latest year of the population table."""
    rows = inputs.frame("population")
    year, people = numbers(rows, "year"), numbers(rows, "residents")
    area = positions(rows, "area_id", inputs.area_ids)
    use = (area >= 0) & np.isfinite(people) & (year == np.max(year, initial=-np.inf, where=np.isfinite(year)))
    total: Floats = np.bincount(area[use], people[use], minlength=len(inputs.area_ids)).astype(np.float64)
    return total

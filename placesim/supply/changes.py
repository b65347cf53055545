"""What each kind of change does to the ledger: one plain function per kind, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point

from placesim.scenario import changes as kinds
from placesim.supply import zones
from placesim.supply.ledger import Ledger
from placesim.supply.sites import position_of
from placesim.vocabulary import AREA_TYPES

Effect = Callable[[Ledger, Any], None]


def open_campus(ledger: Ledger, change: kinds.Open) -> None:
    """A new campus teaches every grade of its stages; area type as said, or from site, area or nearest campus."""
    point, span = position_of(ledger, change), ledger.span(change.year)
    assert point is not None
    at = ledger.at(change.school)
    site = ledger.sites[ledger.sites["site_id"] == change.site]
    row = ledger.campuses.index[at]
    ledger.campuses.loc[row, ["name", "name_en", "sector"]] = [change.name, change.name_en or None, change.sector]
    ledger.campuses.loc[row, "area_type"] = change.area_type or _area_type(ledger, site, point)
    ledger.campuses.loc[row, "site_area"] = pd.to_numeric(site["site_area"]).max()
    ledger.campuses.loc[[row], "geometry"] = [point]
    ledger.campuses.loc[row, ["x", "y"]] = [point.x, point.y]
    ledger.existing.add(change.school)
    ledger.listed[at] = ledger.rooms_known[at] = True
    ledger.rooms[at, span] = change.rooms
    for stage in change.stages:
        ledger.teach(change.school, stage, span, True)


def _area_type(ledger: Ledger, site: pd.DataFrame, point: Point) -> str | None:
    said = [t for t in site["area_type"] if t in AREA_TYPES]
    around = ledger.areas["area_type"][ledger.areas.intersects(point)]
    known = ledger.campuses[ledger.campuses["area_type"].isin(AREA_TYPES) & ledger.campuses.geometry.notna()]
    nearest = known.loc[[known.distance(point).idxmin()], "area_type"] if len(known) else known["area_type"]
    return next(iter([*said, *around[around.isin(AREA_TYPES)], *nearest]), None)


def expand(ledger: Ledger, change: kinds.Expand) -> None:
    """Classrooms added for good."""
    ledger.rooms[ledger.at(change.school), ledger.span(change.year)] += change.rooms


def add_temporary(ledger: Ledger, change: kinds.Bulge | kinds.Lease | kinds.Borrow) -> None:
    """Temporary, rented or borrowed classrooms from `year` to `until`."""
    at = ledger.at(change.school), ledger.span(change.year, change.until)
    ledger.rooms[at] += change.rooms
    ledger.temporary[at] += change.rooms


def reduce(ledger: Ledger, change: kinds.Reduce) -> None:
    """Classrooms taken out of use, temporary ones last."""
    take_rooms(ledger, change.school, change.rooms, ledger.span(change.year))


def take_rooms(ledger: Ledger, school: str, rooms: int, span: slice) -> None:
    """Take rooms from a campus; no more temporary rooms are left than rooms."""
    at = ledger.at(school), span
    ledger.rooms[at] -= rooms
    ledger.temporary[at] = np.minimum(ledger.temporary[at], ledger.rooms[at])


def close(ledger: Ledger, change: kinds.Close) -> None:
    """No pupils from `year` on; catchments pass to the receivers."""
    stop(ledger, change.school, change.receivers, change.year)


def merge(ledger: Ledger, change: kinds.Merge) -> None:
    """Each school closes into the one that stays."""
    for school in change.schools:
        stop(ledger, school, (change.into,), change.year)


def suspend(ledger: Ledger, change: kinds.Suspend) -> None:
    """As close, but the campus keeps its rooms and gets its own catchments back when it reopens.

    Areas that it only held for another suspended school stay with its receivers.
    """
    ended = stop(ledger, change.school, change.receivers, change.year, held=True)
    ledger.suspended[change.school] = ended[ended[zones.HELD_FOR].isna()]


def stop(ledger: Ledger, school: str, receivers: Sequence[str], year: int, *, held: bool = False) -> pd.DataFrame:
    """Stop teaching from `year` on; the catchment rows that ended are returned."""
    by_stage = {
        stage: [r for r in receivers if stage in ledger.stages_taught(r, year)]
        for stage in ledger.stages_taught(school, year)
    }
    ledger.running[ledger.at(school), ledger.span(year)] = False
    ended = ledger.end_catchments((ledger.catchments["school_id"] == school).to_numpy(), year)
    passed = zones.successors(ended, {s: r for s, r in by_stage.items() if r}, school if held else None)
    ledger.catchments = zones.add(ledger.catchments, passed)
    ledger.receiving += [(school, receiver, year, order) for order, receiver in enumerate(receivers)]
    return ended


def reopen(ledger: Ledger, change: kinds.Reopen) -> None:
    """A suspended campus teaches again and takes its catchments back."""
    ledger.running[ledger.at(change.school), ledger.span(change.year)] = True
    ledger.end_catchments((ledger.catchments[zones.HELD_FOR] == change.school).to_numpy(), change.year)
    _, back = zones.end(own := ledger.suspended.pop(change.school), np.ones(len(own), dtype=bool), change.year)
    ledger.catchments = zones.add(ledger.catchments, back)


def convert(ledger: Ledger, change: kinds.Convert) -> None:
    """Another stage instead; a capacity given in pupils goes over to it, catchments of the old stage end."""
    at, span = ledger.at(change.school), ledger.span(change.year)
    old, new = (ledger.stages.ids.index(s) for s in (change.from_stage, change.to_stage))
    ledger.teach(change.school, change.from_stage, span, False)
    ledger.teach(change.school, change.to_stage, span, True)
    ledger.given[at, new, span] = ledger.given[at, old, span]
    rows = (ledger.catchments["school_id"] == change.school) & (ledger.catchments["stage"] == change.from_stage)
    ledger.end_catchments(rows.to_numpy(), change.year)


def transfer_rooms(ledger: Ledger, change: kinds.TransferRooms) -> None:
    """Rooms of one campus are used by another for good."""
    span = ledger.span(change.year)
    take_rooms(ledger, change.from_school, change.rooms, span)
    ledger.rooms[ledger.at(change.to_school), span] += change.rooms


def borrow(ledger: Ledger, change: kinds.Borrow) -> None:
    """Rooms of the host are used from `year` to `until`."""
    take_rooms(ledger, change.host, change.rooms, ledger.span(change.year, change.until))
    add_temporary(ledger, change)


def rezone(ledger: Ledger, change: kinds.Rezone) -> None:
    """From `year` on the areas belong to the named schools alone, shared by places, whoever reopens later."""
    rows = (ledger.catchments["stage"] == change.stage) & ledger.catchments["area_id"].isin(change.areas)
    ledger.end_catchments(rows.to_numpy(), change.year)
    ledger.end_claims(change.stage, change.areas, change.year)
    more = zones.new_rows(change.areas, change.schools, change.stage, change.year)
    ledger.catchments = zones.add(ledger.catchments, more)


def join_school_group(ledger: Ledger, change: kinds.JoinSchoolGroup) -> None:
    """A campus belongs to a group from `year` on."""
    ledger.groups.append((change.school, change.group, change.year))


def buy_places(ledger: Ledger, change: kinds.BuyPlaces) -> None:
    """Places beside those of the campus, at every level."""
    stage = ledger.stages.ids.index(change.stage)
    ledger.bought[ledger.at(change.school), stage, ledger.span(change.year, change.until)] += change.places


def equip(ledger: Ledger, change: kinds.Equip) -> None:
    """Nothing of the supply: what the campus has per pupil is for the assessment."""


EFFECTS: Mapping[str, Effect] = {
    "open": open_campus,
    "expand": expand,
    "bulge": add_temporary,
    "lease": add_temporary,
    "reduce": reduce,
    "close": close,
    "merge": merge,
    "suspend": suspend,
    "reopen": reopen,
    "convert": convert,
    "transfer_rooms": transfer_rooms,
    "borrow": borrow,
    "rezone": rezone,
    "join_school_group": join_school_group,
    "buy_places": buy_places,
    "equip": equip,
}

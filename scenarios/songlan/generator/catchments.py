"""Catchments as the county drew them: zones of the county town balanced by rooms, elsewhere the school of the place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .campuses import Campuses
from .facts import BASE_YEAR, Flags, Floats, Ints

ROUNDS, STEP = 200, 0.5  # of the search for prices (minutes) that fill the town's schools in proportion to their rooms
EAST = 3.6  # the east has grown since 2000, by whose residents the zones are drawn
SHARED = 1.0  # minutes: an area so close to a second school is zoned to both


def draw_catchments(areas: pd.DataFrame, campuses: Campuses) -> dict[str, Flags]:
    """zones[stage][area, campus] for primary and junior; nothing is zoned in the other stages."""
    shape = campuses.minutes.shape
    zones = {stage: np.zeros(shape, dtype=bool) for stage in ("kindergarten", "primary", "junior", "senior")}
    for stage in ("primary", "junior"):
        _town_zones(areas, campuses, stage, zones[stage])
        _country_zones(areas, campuses, stage, zones[stage])
    return zones


def _offered(campuses: Campuses, stage: str) -> Flags:
    t = campuses.table
    teaches = t["stages"].map(lambda stages: stage in stages).to_numpy(bool)
    return teaches & (t["sector"] == "public").to_numpy() & (t["closed"] > BASE_YEAR).to_numpy()


def _town_zones(areas: pd.DataFrame, campuses: Campuses, stage: str, zone: Flags) -> None:
    """Communities of the county town: nearest school plus a price that rises where a school is overfull."""
    urban = np.flatnonzero(areas["area_type"] == "urban")
    schools = np.flatnonzero(_offered(campuses, stage) & (campuses.table["area_type"] == "urban").to_numpy())
    east = (areas["planning_area"] == "102").to_numpy()[urban]
    people = areas["weight"].to_numpy()[urban] * np.where(east, EAST, 1.0)
    minutes = campuses.minutes[np.ix_(urban, schools)]
    rooms = _rooms(campuses, stage)[schools]
    price = _prices(minutes, people, rooms)
    cost = minutes + price
    best = cost.argmin(axis=1)
    second = np.partition(cost, 1, axis=1)[:, 1] - cost.min(axis=1) < SHARED
    zone[urban, schools[best]] = True
    other = np.argsort(cost, axis=1)[:, 1]
    zone[urban[second], schools[other[second]]] = True


def _rooms(campuses: Campuses, stage: str) -> Floats:
    """Rooms for a stage: those of a nine-year school by its grades, two thirds primary."""
    rooms = campuses.table["rooms"].to_numpy(dtype=float)
    pooled = (campuses.table["kind"] == "nine_year").to_numpy()
    return np.where(pooled, rooms * (2 / 3 if stage == "primary" else 1 / 3), rooms)


def _prices(minutes: Floats, people: Floats, rooms: Floats) -> Floats:
    """Minutes added to each school; raised a little where a zone has more than its part of the people."""
    price = np.zeros(minutes.shape[1])
    for done in range(ROUNDS):
        nearest = (minutes + price).argmin(axis=1)
        load = np.bincount(nearest, weights=people, minlength=len(price)) / people.sum()
        price += STEP / (1 + done / 20) * np.clip(load / (rooms / rooms.sum()) - 1, -0.5, 0.5)
    return price


def _country_zones(areas: pd.DataFrame, campuses: Campuses, stage: str, zone: Flags) -> None:
    """Other areas: the nearest school of the township, with the full one behind a teaching point; else the nearest."""
    t, offered = campuses.table, _offered(campuses, stage)
    piece = areas["planning_area"].to_numpy()
    campus_piece = piece[t["area"]]
    complete = offered & (t["kind"] != "point").to_numpy()
    for area in np.flatnonzero(areas["area_type"] != "urban").tolist():
        own = offered & (campus_piece == piece[area])
        first = _nearest(campuses, area, own if own.any() else offered)
        zone[area, first] = True
        if not complete[first]:
            zone[area, _nearest(campuses, area, complete & (campus_piece == campus_piece[first]))] = True


def _nearest(campuses: Campuses, area: int, among: Flags) -> int:
    schools: Ints = np.flatnonzero(among)
    return int(schools[campuses.minutes[area, schools].argmin()])


def catchment_rows(areas: pd.DataFrame, campuses: Campuses, zones: dict[str, Flags]) -> pd.DataFrame:
    """area_id, school_id, stage of every zone."""
    parts = []
    for stage in ("primary", "junior"):
        area, school = np.nonzero(zones[stage])
        ids = campuses.table["school_id"].to_numpy()[school]
        parts.append(pd.DataFrame({"area_id": areas["area_id"].to_numpy()[area], "school_id": ids, "stage": stage}))
    return pd.concat(parts, ignore_index=True)

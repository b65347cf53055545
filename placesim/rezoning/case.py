"""A county's stage and year as the problem of zones: areas, their pupils, schools at home, ways and present zones."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from placesim.errors import DataError, Finding
from placesim.geo import contiguity, locate_addresses
from placesim.inputs.findings import first_few
from placesim.records import Floats, Ints
from placesim.rezoning.bridges import bridged, ways_of_the_cut_off
from placesim.rezoning.present import TOGETHER, feeder_zones, joined, schools_by_catchment, schools_by_pupils
from placesim.store import Run
from placesim.vocabulary import DESIGN


@dataclass(frozen=True)
class RezoningCase:
    """zones[zone]: ids of its schools, joined by "+" where schools share an area; members[zone] positions of schools.

    pupils[area] of the stage, places[zone] at design level, home[zone] area, pairs[pair, 2], minutes[area, zone] (inf:
    out of reach), present[area] zone or −1, present_ids[area] the schools as the county has them. feeders[area]
    position in feeder_zones, the present zones of the stage before, or −1.
    pins: (area, zone, reason). notes: what was assumed.
    """

    run: Run
    stage: str
    year: int
    areas: tuple[str, ...]
    zones: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    pupils: Ints
    places: Floats
    home: Ints
    pairs: Ints
    minutes: Floats
    present: Ints
    present_ids: tuple[str, ...]
    feeders: Ints
    feeder_zones: tuple[str, ...]
    pins: tuple[tuple[int, int, str], ...]
    notes: tuple[Finding, ...]

    @property
    def county_areas(self) -> gpd.GeoDataFrame:
        return self.run.inputs.areas


def rezoning_case(run: Run, stage: str, year: int) -> RezoningCase:
    """The stage in the year. Places are those of public schools that teach all its grades, at design level.

    Schools of some grades only (teaching points) have no zone: theirs is within that of the school that follows.

    Raises DataError: no area or no such school.
    """
    allocation, areas = run.allocation, run.inputs.area_ids
    k, y = run.places.stages.ids.index(stage), run.places.years.index(year)
    places = allocation.stage_places[:, k, y, DESIGN]
    private = run.places.schools["sector"].eq("private").to_numpy(dtype=bool)
    grades = run.places.stages.grade_slice(stage)
    notes: list[Finding] = []
    whole_stage = run.places.serves[:, grades, y].all(axis=1)
    taught = (places > 0) & ~private
    open_ = np.flatnonzero(taught & whole_stage)
    if not len(areas) or not len(open_):
        raise DataError([Finding("E640", value=stage, facts={"year": year})])
    if (taught & ~whole_stage).any():
        part = [run.places.ids[s] for s in np.flatnonzero(taught & ~whole_stage)]
        notes.append(Finding("N645", facts={"count": len(part), "first": first_few(part)}))
    home = _homes(run, open_, notes)
    members = tuple(tuple(open_[home == area].tolist()) for area in np.unique(home))
    ids = tuple(TOGETHER.join(run.places.ids[s] for s in group) for group in members)
    shared = [name for name in ids if TOGETHER in name]
    if shared:
        notes.append(Finding("N640", facts={"count": len(shared), "first": first_few(shared)}))
    pairs = bridged(run.inputs.areas, contiguity(run.inputs.areas.geometry).pairs, notes)
    present, present_ids = _present(run, stage, year, members, notes)
    feeders, names = feeder_zones(run, stage, year)
    return RezoningCase(
        run=run,
        stage=stage,
        year=year,
        areas=areas,
        zones=ids,
        members=members,
        pupils=allocation.demand[: len(areas), y, grades].sum(axis=(1, 2)),
        places=np.array([places[list(group)].sum() for group in members], dtype=np.float64),
        home=np.unique(home),
        pairs=pairs,
        minutes=ways_of_the_cut_off(run, _minutes(run, members), members, notes),
        present=present,
        present_ids=present_ids,
        feeders=feeders,
        feeder_zones=names,
        pins=_pins(run, stage, members),
        notes=tuple(notes),
    )


def _homes(run: Run, schools: Ints, notes: list[Finding]) -> Ints:
    """area[school of `schools`] in which it lies, else the nearest."""
    points = run.places.schools.iloc[schools].reset_index(drop=True)
    inside = locate_addresses(points[["geometry"]], run.inputs.areas)
    lost = inside.isna().to_numpy()
    if lost.any():
        near = run.inputs.areas.geometry.sindex.nearest(points.geometry[lost], return_all=False)[1]
        inside[lost] = run.inputs.areas["area_id"].to_numpy(dtype=object)[near]
        named = first_few([run.places.ids[s] for s in schools[lost]])
        notes.append(Finding("N641", facts={"count": int(lost.sum()), "first": named}))
    return pd.Index(run.inputs.area_ids).get_indexer(pd.Index(inside)).astype(np.int64)


def _minutes(run: Run, members: tuple[tuple[int, ...], ...]) -> Floats:
    """minutes[area, zone] to the nearest school of the zone, inf where travel lists none."""
    travel = run.travel
    every = np.full((len(run.inputs.area_ids), len(run.places.ids)), np.inf)
    known = travel.area < len(every)
    every[travel.area[known], travel.school[known]] = travel.minutes[known]
    return np.stack([every[:, list(group)].min(axis=1) for group in members], axis=1)


def _present(
    run: Run, stage: str, year: int, members: tuple[tuple[int, ...], ...], notes: list[Finding]
) -> tuple[Ints, tuple[str, ...]]:
    """(present zone, ids of present schools) of each area."""
    schools = schools_by_catchment(run, stage, year)
    if schools.empty:
        notes.append(Finding("N642", value=stage, facts={"year": year}))
        schools = schools_by_pupils(run, stage, year)
    zone_of = {run.places.ids[s]: z for z, group in enumerate(members) for s in group}
    named = [schools.get(area, []) for area in run.inputs.area_ids]
    shared = [
        a for a, ids in zip(run.inputs.area_ids, named, strict=True) if len({zone_of.get(s, -1) for s in ids}) > 1
    ]
    if shared:
        notes.append(Finding("N646", facts={"count": len(shared), "first": first_few(shared)}))
    present = [next((zone_of[s] for s in ids if s in zone_of), -1) for ids in named]
    return np.array(present, dtype=np.int64), tuple(joined(ids) for ids in named)


def _pins(run: Run, stage: str, members: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int, str], ...]:
    """Areas that the table `pins` gives to a school of the stage."""
    rows = run.inputs.frame("pins")
    rows = rows[rows["kind"].eq("area_school") & (rows["stage"].isna() | rows["stage"].eq(stage))]
    zone_of = {run.places.ids[s]: z for z, group in enumerate(members) for s in group}
    at = {area: i for i, area in enumerate(run.inputs.area_ids)}
    told = zip(rows["area_id"], rows["school_id"], rows["reason"], strict=True)
    return tuple(
        (at[area], zone_of[school], "" if pd.isna(reason) else str(reason))
        for area, school, reason in told
        if area in at and school in zone_of
    )

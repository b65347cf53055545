"""The ledger of the supply while it is being rolled forward: what each campus has, year by year."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Floats, Ints, Stages
from placesim.standards.norms import StageNorms
from placesim.supply import capacity, zones
from placesim.vocabulary import DESIGN


@dataclass
class Ledger:
    """The only mutable thing of this room: changes write into it, `roll_forward` closes it into `Places`.

    Axes as in `Places`; `ids` holds the campuses of the table and those that changes will open, in order. rooms and
    temporary are booked whether or not the campus runs; running[school, year] is False after a closure and while
    suspended; listed[school] marks campuses that belong in the result.
    """

    ids: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    norms: Mapping[str, StageNorms]
    areas: gpd.GeoDataFrame
    sites: pd.DataFrame
    campuses: gpd.GeoDataFrame  # indexed by school_id
    listed: NDArray[np.bool_]
    rooms_known: NDArray[np.bool_]
    rooms: Ints
    temporary: Ints
    taught: NDArray[np.bool_]  # [school, grade, year]
    partial: NDArray[np.bool_]  # [school, stage]
    given: Floats  # [school, stage, year], NaN where unknown
    approved: Floats  # [school, stage], inf where no limit
    bought: Ints  # [school, stage, year]
    running: NDArray[np.bool_]
    catchments: pd.DataFrame
    existing: set[str]  # ids in the table, and those opened so far
    openings: Mapping[str, tuple[int, ...]]  # school → years of the changes that would open it
    suspended: dict[str, pd.DataFrame] = field(default_factory=dict)  # school → catchment rows it gets back
    receiving: list[tuple[str, str, int, int]] = field(default_factory=list)
    groups: list[tuple[str, str, int]] = field(default_factory=list)

    def at(self, school: str) -> int:
        """Position of a campus."""
        return self.ids.index(school)

    def column(self, year: int) -> int:
        """Position of a year."""
        return year - self.years[0]

    def span(self, year: int, until: int | None = None) -> slice:
        """Positions on the year axis from `year` to `until` (inclusive; None: to the end)."""
        return slice(self.column(year), None if until is None else self.column(until) + 1)

    @property
    def serves(self) -> NDArray[np.bool_]:
        """serves[school, grade, year]: taught there, and the campus runs."""
        return self.taught & self.running[:, None, :]

    def stages_taught(self, school: str, year: int) -> tuple[str, ...]:
        """The stages a campus runs in a year."""
        grades = self.serves[self.at(school), :, self.column(year)]
        return tuple(s for s in self.stages.ids if grades[self.stages.grade_slice(s)].any())

    def teach(self, school: str, stage: str, years: slice, taught: bool) -> None:
        """Book that a campus teaches, or no longer teaches, every grade of a stage."""
        self.taught[self.at(school), self.stages.grade_slice(stage), years] = taught

    def in_use(self, rooms: Ints) -> Ints:
        """rooms[school, year], none where the campus teaches nobody."""
        return np.where(self.serves.any(axis=1), rooms, 0)

    @property
    def bought_places(self) -> Ints:
        """bought[school, stage, year], none where the stage is not taught."""
        return np.where(capacity.stage_taught(self.serves, self.stages), self.bought, 0)

    def places(self) -> tuple[Ints, Ints, Floats]:
        """(places[school, stage, year, level], binding[school, stage, year], class_size[school, stage, level])."""
        size = capacity.class_sizes(self.norms, self.stages, self.partial)
        floor, site = (pd.to_numeric(self.campuses[c]).to_numpy(float) for c in ("floor_area", "site_area"))
        limits = capacity.area_limits(self.norms, self.stages, floor, site)
        limits = np.concatenate([limits, self.approved[:, :, None]], axis=2)
        from_rooms = capacity.room_places(self.in_use(self.rooms), size, limits)
        places, binding = capacity.join(self.rooms_known, from_rooms, capacity.given_places(self.given, size))
        taught = capacity.stage_taught(self.serves, self.stages)
        return *capacity.mask_closed(places + self.bought_places[..., None], binding, taught), size

    def campus_places(self) -> Floats:
        """design places[school, year] of a campus: the mean over its stages, as a room serves one of them at a time."""
        places, _, _ = self.places()
        taught = capacity.stage_taught(self.serves, self.stages).sum(axis=1)
        return places[..., DESIGN].sum(axis=1) / np.maximum(taught, 1)

    def end_claims(self, stage: str, areas: Collection[str], year: int) -> None:
        """Suspended schools do not get these areas back from `year` on."""
        for school, rows in self.suspended.items():
            chosen = (rows["stage"] == stage) & rows["area_id"].isin(areas)
            self.suspended[school], _ = zones.end(rows, chosen.to_numpy(), year)

    def end_catchments(self, rows: NDArray[np.bool_], year: int) -> pd.DataFrame:
        """End catchment rows before `year`; what they would have been from then on is returned."""
        self.catchments, ended = zones.end(self.catchments, rows, year)
        return ended

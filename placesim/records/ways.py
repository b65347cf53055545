"""The way to school: measured travel, and access to school once pupils are placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records.base import Floats, Frozen, Ints, no_rows, require

JOINS = ("unit", "id", "mode", "metres")


@dataclass(frozen=True)
class HomeWays(Frozen):
    """Where people of the areas live, and the ways from there: what `Travel` says of whole areas is made of them.

    home_area[home] position on the area axis, home_share[home] of the area's people (1 by area), home_x, home_y[home];
    home[row], school[row] positions, each pair once, sorted; minutes[row], metres[row], ride[row]: by vehicle.
    """

    home_area: Ints
    home_share: Floats
    home_x: Floats
    home_y: Floats
    home: Ints
    school: Ints
    minutes: Floats
    metres: Floats
    ride: NDArray[np.bool_]

    def check(self) -> None:
        require(np.isfinite(self.minutes).all() and np.isfinite(self.metres).all(), "HomeWays: unreachable is a mask")
        of_area = np.bincount(self.home_area, weights=self.home_share)
        require(np.allclose(of_area, 1.0), "HomeWays: shares of an area's homes must sum to 1")
        before, after = self.home[:-1], self.home[1:]
        sorted_ = (after > before) | ((after == before) & (self.school[1:] > self.school[:-1]))
        require(bool(sorted_.all()), "HomeWays: rows sorted by home, school, each pair once")


@dataclass(frozen=True)
class Travel(Frozen):
    """Reachable (area, school) pairs, sorted by area then school; what is not listed is unreachable.

    area[row], school[row] positions on the axes; minutes[row], metres[row], means over the area's people who reach the
    school, at least half of them. `method`: roads | matrix | straight_line. ways: the same by home; None where travel
    was not measured here. joins: unit (area | point | school), id, mode, metres of the straight way to the roads.
    """

    areas: tuple[str, ...]
    schools: tuple[str, ...]
    area: Ints
    school: Ints
    minutes: Floats
    metres: Floats
    method: str
    notes: tuple[str, ...] = ()
    ways: HomeWays | None = None
    joins: pd.DataFrame = field(default_factory=lambda: no_rows(JOINS))

    def check(self) -> None:
        require(np.isfinite(self.minutes).all() and np.isfinite(self.metres).all(), "Travel: unreachable is a mask")
        pair = self.area * max(1, len(self.schools)) + self.school
        require((np.diff(pair) > 0).all(), "Travel: rows sorted by area, school, each pair once")


@dataclass(frozen=True)
class Access(Frozen):
    """Who lives how near to school, and how pupils get there; routes, shapes and addresses of the base year.

    coverage: stage, area_type (blank: the county), year, measure (radius: straight line | minutes: the way), limit (m
    or minutes), share_of_pupils and share_of_residents within it · nearest: metres and minutes to the nearest school,
    means over those who reach one.
    routes: road_id, class, unsafe, main, walkers (pupils on foot), metres · crossings of main roads: roads, walkers ·
    catchments: stage, zone, schools, source (catchments | flows), areas, parts, detached, enclaves,
    shared, holds_school · service_areas: stage, measure, limit · addresses: address_id, name, area_id, stage, schools.
    Lists of ids are joined by "+". ways: how pupils of the base year go (on_foot, off_roads, farther, unknown).
    """

    coverage: pd.DataFrame
    nearest: pd.DataFrame
    routes: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    service_areas: gpd.GeoDataFrame
    addresses: pd.DataFrame
    ways: Mapping[str, int]

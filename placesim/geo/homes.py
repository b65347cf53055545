"""Where the people of an area live: its population points, or the centroid of its polygon."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placesim.records import Floats, Inputs, Ints

Points = NDArray[np.object_]


@dataclass(frozen=True)
class Homes:
    """area[home] position on the area axis, share[home] of the area's people (1 by area), points[home], and the row of
    the table `points` each comes from (−1: a centroid)."""

    area: Ints
    share: Floats
    points: Points
    row: Ints

    @property
    def xy(self) -> Floats:
        """x, y[home]."""
        return np.asarray(shapely.get_coordinates(self.points), dtype=np.float64)


def area_points(areas: gpd.GeoDataFrame) -> Points:
    """The centroid of each area, even where that lies outside."""
    points: Points = shapely.centroid(areas.geometry.to_numpy())
    return points


def homes_of(inputs: Inputs) -> Homes:
    """The points of the table `points` that carry weight, and the centroid of every area that has none."""
    points, areas = inputs.frame("points"), pd.Index(inputs.area_ids)
    at = areas.get_indexer(pd.Index(points["area_id"]))
    shapes = points["geometry"].to_numpy() if "geometry" in points else np.full(len(points), None)
    weight = points["weight"].to_numpy(float)
    used = np.flatnonzero((at >= 0) & (weight > 0) & ~shapely.is_missing(shapes))
    without = np.setdiff1d(np.arange(len(areas)), at[used])
    area = np.concatenate([at[used], without]).astype(np.int64)
    total = np.bincount(at[used], weights=weight[used], minlength=len(areas))
    order = np.argsort(area, kind="stable")
    return Homes(
        area[order],
        np.concatenate([weight[used] / total[at[used]], np.ones(len(without))])[order],
        np.concatenate([shapes[used], area_points(inputs.areas)[without]])[order],
        np.concatenate([used, np.full(len(without), -1)])[order].astype(np.int64),
    )


def area_types(areas: pd.DataFrame, planning_areas: pd.DataFrame) -> pd.Series:
    """The area type of each area: its own, else that of its planning area."""
    by_planning_area = planning_areas.set_index("planning_area")["area_type"]
    return areas["area_type"].where(areas["area_type"].notna(), areas["planning_area"].map(by_planning_area))

"""Geometry for the page: local whole metres, simplified with shared borders kept shared, as difference lists.

A ring or line is [x0, y0, dx, dy, dx, dy, …]; x grows to the east, y to the north, the origin is the south-west corner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

_PARTS_OF_WIDTH: Final = 2500  # a map is about 1000 pixels wide; finer detail than this shows only far zoomed in
_ROAD_POINTS: Final = 30_000  # beyond, the longest roads are kept: they are the background, not the message


@dataclass(frozen=True)
class Frame:
    """Where the page's origin lies and how coarse its geometry may be, in metres."""

    west: float
    south: float
    width: float
    height: float

    @property
    def tolerance(self) -> float:
        return max(1.0, max(self.width, self.height) / _PARTS_OF_WIDTH)

    def local(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """points[point, 2] as whole metres from the south-west corner."""
        return np.rint(points[:, :2] - (self.west, self.south)).astype(np.int64)


def frame_of(areas: gpd.GeoDataFrame, schools: gpd.GeoDataFrame) -> Frame:
    """The box around all areas and schools."""
    boxes = np.vstack([areas.total_bounds, schools.total_bounds])
    west, south = np.nanmin(boxes[:, :2], axis=0)
    east, north = np.nanmax(boxes[:, 2:], axis=0)
    return Frame(float(west), float(south), float(east - west), float(north - south))


def simplified(areas: gpd.GeoDataFrame, frame: Frame) -> NDArray[Any]:
    """The polygons with fewer points; neighbours keep one common border."""
    return shapely.coverage_simplify(shapely.make_valid(areas.geometry.to_numpy()), frame.tolerance)


def outlines(polygons: NDArray[Any], groups: NDArray[Any]) -> dict[str, Any]:
    """group → the union of its polygons; areas without a group are left out."""
    known = np.array([g is not None for g in groups], dtype=bool)
    names = sorted({str(g) for g in groups[known]})
    return {name: shapely.union_all(polygons[known & (groups == name)]) for name in names}


def rings(geometry: Any, frame: Frame) -> list[list[list[int]]]:
    """A (multi)polygon as parts, each with its outer ring first and its holes after it."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon" and not p.is_empty]
    return [[_deltas(ring, frame) for ring in (part.exterior, *part.interiors)] for part in parts]


def anchor(geometry: Any, frame: Frame) -> list[int]:
    """A point inside, for the name."""
    return [int(v) for v in frame.local(shapely.get_coordinates(shapely.point_on_surface(geometry)))[0]]


def points(schools: gpd.GeoDataFrame, frame: Frame) -> list[list[int] | None]:
    """[x, y] of each school, None where it has no place."""
    return [
        None if g is None or g.is_empty else [int(v) for v in frame.local(shapely.get_coordinates(g))[0]]
        for g in schools.geometry
    ]


def lines(roads: gpd.GeoDataFrame, frame: Frame) -> list[list[int]]:
    """Road lines joined end to end, simplified, the longest first until the budget of points is spent."""
    if roads.empty:
        return []
    joined = shapely.get_parts(shapely.line_merge(shapely.union_all(roads.geometry.to_numpy())))
    joined = shapely.simplify(joined, frame.tolerance)
    joined = joined[np.argsort(-shapely.length(joined), kind="stable")]
    within = np.cumsum(shapely.get_num_coordinates(joined)) <= _ROAD_POINTS
    return [_deltas(line, frame) for line in joined[within]]


def _deltas(line: Any, frame: Frame) -> list[int]:
    return _flat(frame.local(shapely.get_coordinates(line)))


def _flat(local: Iterable[Any]) -> list[int]:
    path = np.asarray(local)
    steps = np.diff(path, axis=0)
    moved = np.vstack([path[:1], steps[np.any(steps != 0, axis=1)]])
    return [int(v) for v in moved.ravel()]

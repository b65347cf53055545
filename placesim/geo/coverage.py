"""Service areas of schools, as circles and along roads, and the share of people in them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from placesim.arguments import as_numbers, as_table, is_number, refuse
from placesim.errors import InputError
from placesim.records import Floats

_QUARTER = 64  # edges of a quarter circle: its area is 0.01 % short


def service_circles(
    schools: gpd.GeoDataFrame, radius: float | Mapping[str, float], within: BaseGeometry
) -> gpd.GeoDataFrame:
    """Rows stage (sorted), radius, geometry: ground within `radius` metres of a school of the stage, inside `within`.

    schools: school_id, stage, point in a metric CRS; radius for all stages or by stage (500 m for primary, 1000 m for
    junior). Raises InputError: missing columns, no radius for a stage, radius not above 0.
    """
    as_table("schools", schools, ("stage", "geometry"))
    rows = []
    for stage, own in schools.groupby("stage", sort=True):
        metres = radius.get(str(stage), np.nan) if isinstance(radius, Mapping) else radius
        if not is_number(metres) or not 0 < metres < np.inf:
            raise InputError("radius", f"must be a number above 0 for stage {stage}", value=metres)
        circles = shapely.buffer(own.geometry.to_numpy(), metres, quad_segs=_QUARTER)
        rows.append((stage, float(metres), shapely.intersection(shapely.union_all(circles), within)))
    frame = pd.DataFrame(rows, columns=["stage", "radius", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=schools.crs)


def reached_stretches(
    lines: ArrayLike, at_start: ArrayLike, at_end: ArrayLike, *, limit: float, per_metre: ArrayLike = 1.0
) -> NDArray[np.object_]:
    """The stretches of links that are reached at a cost of at most `limit`, cut exactly, in the order of links.

    lines[link] LineStrings; at_start[link], at_end[link] cost at their ends, infinite = not reached (nor travelled from
    there); per_metre[link] or one cost of a metre, above 0. A link reached from both ends with a gap gives two.

    Raises InputError: shapes that are no LineStrings, other lengths, NaN or negative costs.
    """
    links = np.asarray(lines, dtype=object)
    wrong = np.flatnonzero(shapely.get_type_id(links) != 1)
    for i in wrong[:1]:
        raise InputError("lines", "must be LineStrings", int(i), getattr(links[i], "geom_type", links[i]))
    length, most = shapely.length(links), float(as_numbers("limit", limit, axes=0))
    if not most >= 0:
        raise InputError("limit", "must be a number of 0 or more", value=limit)
    pace = _per_metre(per_metre, len(links))
    ends = ("at_start", at_start), ("at_end", at_end)
    ahead, back = (np.minimum(length, _left(name, given, most, len(links)) / pace) for name, given in ends)
    whole = ahead + back >= length
    cut = [
        (i, *span)
        for i in np.flatnonzero(~whole & (ahead + back > 0))
        for span in ((0.0, ahead[i]), (length[i] - back[i], length[i]))
        if span[1] > span[0]
    ]
    pieces = np.array([*links[whole], *(substring(links[i], a, b) for i, a, b in cut)], dtype=object)
    of = np.concatenate([np.flatnonzero(whole), np.array([i for i, _, _ in cut], dtype=np.int64)])
    kept = (length > 0)[of]
    order = np.argsort(of[kept], kind="stable")
    return pieces[kept][order]


def _per_metre(given: ArrayLike, links: int) -> Floats:
    pace = as_numbers("per_metre", given)
    if pace.shape not in ((), (links,)):
        raise InputError("per_metre", f"must be one number or one for each of {links} links", value=pace.shape)
    refuse("per_metre", pace, ~((pace > 0) & np.isfinite(pace)), "must be a finite number above 0")
    return np.broadcast_to(pace, links)


def _left(argument: str, cost: ArrayLike, limit: float, links: int) -> Floats:
    """What is left of the limit at an end of each link."""
    values = as_numbers(argument, cost, axes=1)
    if len(values) != links:
        raise InputError(argument, f"must have one cost for each of {links} links", value=len(values))
    refuse(argument, values, ~(values >= 0), "must be a number of 0 or more (infinite = not reached)")
    left = np.zeros(links)
    reached = np.isfinite(values)
    left[reached] = np.maximum(0.0, limit - values[reached])
    return left


def reached_shape(stretches: ArrayLike, width: float) -> BaseGeometry:
    """The ground within `width` metres of the stretches: what is served along roads. Empty without stretches."""
    if not is_number(width) or not 0 < width < np.inf:
        raise InputError("width", "must be a number above 0", value=width)
    return shapely.union_all(shapely.buffer(np.asarray(stretches, dtype=object), width))


def covered_share(service: BaseGeometry, areas: gpd.GeoSeries, people: ArrayLike) -> float:
    """Share of people[area] served, those of an area spread evenly over it: by the part of its ground in `service`.

    NaN where nobody lives. Raises InputError: negative or infinite people, an area with people and no ground.
    """
    shapes, living = np.asarray(areas.values, dtype=object), _people(people, len(areas))
    size = shapely.area(shapes)
    refuse("areas", living, (living > 0) & ~(size > 0), "must have ground where people live")
    blocks = shapely.get_parts(service)
    part, area = shapely.STRtree(shapes).query(blocks, predicate="intersects")
    shared = shapely.area(shapely.intersection(blocks[part], shapes[area]))
    inside = np.bincount(area, weights=shared, minlength=len(shapes))
    share = np.divide(inside, size, out=np.zeros(len(size)), where=size > 0)
    return _mean(np.minimum(share, 1.0), living)


def covered_points_share(service: BaseGeometry, points: gpd.GeoSeries, people: ArrayLike) -> float:
    """Share of people[point] whose point lies in `service` or on its border.

    NaN where nobody lives. Raises InputError: negative or infinite people, people at a missing point.
    """
    shapes, living = np.asarray(points.values, dtype=object), _people(people, len(points))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    refuse("points", living, (living > 0) & missing, "must have a place where people live")
    shapely.prepare(service)
    return _mean(shapely.intersects(service, shapes).astype(float), living)


def _people(people: ArrayLike, count: int) -> Floats:
    living = as_numbers("people", people, axes=1)
    if len(living) != count:
        raise InputError("people", f"must have one number for each of {count} places", value=len(living))
    refuse("people", living, ~((living >= 0) & np.isfinite(living)), "must be a finite number of 0 or more")
    return living


def _mean(share: Floats, living: Floats) -> float:
    total = living.sum()
    return float(share @ living / total) if total > 0 else float("nan")

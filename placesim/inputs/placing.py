"""Shapes of the wrong kind and places that cannot be where they stand, each with the rows it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.likely_systems import like_degrees, shown_with
from placesim.inputs.request import Request
from placesim.inputs.run_system import Frame, there
from placesim.records import Floats, Table

NETWORKS = ("roads", "nodes", "barriers")  # these may run far beyond the county
GEOMETRY_TYPES: Mapping[str, tuple[str, ...]] = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
}
Requests = Mapping[str, Request]
Wrong = tuple[list[int], Finding]  # row positions whose shape cannot be used, and what is said of them


def wrong_shapes(table: Table, requests: Requests) -> list[Wrong]:
    """Shapes of another kind than the table holds."""
    allowed = GEOMETRY_TYPES[requests[table.name].spec.geometry or ""]
    kinds = table.rows.geom_type.to_numpy(dtype=object)
    wrong = there(table) & ~np.isin(kinds, allowed)
    facts = {"expected": ", ".join(allowed)}
    return [
        ([int(row)], at_row(table, "E233", int(row), "geometry", {**facts, "found": kinds[row]}))
        for row in np.flatnonzero(wrong)
    ]


def misplaced(table: Table, frame: Frame, requests: Requests) -> list[Wrong]:
    """Wrong shapes, missing coordinates, and positions that are swapped, outside their system or far from the areas."""
    wrong = wrong_shapes(table, requests) + _unplaced(table, requests)
    rows = np.flatnonzero(there(table))
    if len(rows) == 0:
        return wrong
    bounds = shapely.bounds(table.rows.geometry.values[rows])
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    good = frame.holds(x, y, pyproj.CRS(table.rows.crs))
    if table.name in NETWORKS and good.any():
        return wrong
    return wrong + list(_explained(table, frame, rows[~good], np.stack([x[~good], y[~good]])))


def _unplaced(table: Table, requests: Requests) -> list[Wrong]:
    """Points without coordinates, where the method needs to know the place."""
    optional = table.name == "addresses" or (table.name == "schools" and "travel" in requests)
    if requests[table.name].spec.geometry != "point" or optional:
        return []
    lacking = np.flatnonzero(~there(table))
    if len(lacking) == len(table.rows):
        return [([], at_table(table, "E234", "x", {"count": len(lacking)}))]
    blank = np.where(table.rows["x"].isna(), "x", "y")
    column = np.where("x" in table.source.headers, blank, "geometry")
    return [([], at_row(table, "E234", int(row), str(column[row]), {"count": 1})) for row in lacking]


def _explained(table: Table, frame: Frame, rows: NDArray[np.int64], xy: Floats) -> Iterator[Wrong]:
    """One finding per way of being misplaced, at its first row, with the number of rows."""
    own = pyproj.CRS(table.rows.crs)
    x, y = xy
    swapped = frame.holds(y, x, own)
    degrees = like_degrees(x, y)
    unfit = ~swapped & (degrees if own.is_projected else ~degrees)
    column = "x" if "x" in table.source.headers else "geometry"
    for code, which in (("E241", swapped), ("E243", unfit), ("E242", ~swapped & ~unfit)):
        if which.any():
            first = int(np.flatnonzero(which)[0])
            facts = {**shown_with(own, x[first], y[first]), "count": int(which.sum())}
            yield rows[which].tolist(), at_row(table, code, int(rows[first]), column, facts)

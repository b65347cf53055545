"""Shapes of the wrong kind and places that cannot be where they stand, each with the rows it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.likely_systems import told
from placesim.inputs.misfits import Codes, Wrong, misfits, told_once
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
    xy = np.stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])
    own = pyproj.CRS(table.rows.crs)
    far = ~frame.holds(xy[0], xy[1], own)
    exchanged = frame.holds(xy[1], xy[0], own)
    if table.name in NETWORKS and not far.all():
        codes = misfits(own, bounds[:, [0, 1, 0, 1]])  # one corner in degrees would make a line of thousands of km
        codes[exchanged] = "E241"
    else:
        codes = _why_far(own, bounds, exchanged)
    found = told_once(table, rows[far], codes[far], xy[:, far], frame.holds)
    return wrong + [(unusable, _with_remedy(finding, table)) for unusable, finding in found]


def _why_far(own: pyproj.CRS, bounds: Floats, exchanged: NDArray[np.bool_]) -> Codes:
    """Why each shape lies far from the areas: x and y exchanged, coordinates of another system, or a wrong place."""
    codes = misfits(own, bounds)
    codes[codes == ""] = "E242"
    codes[exchanged & np.isin(codes, ("E242", "E243"))] = "E241"
    return codes


def _with_remedy(finding: Finding, table: Table) -> Finding:
    """How x and y are exchanged depends on the file: two columns, or the shapes of a layer."""
    if finding.code != "E241":
        return finding
    headers = table.source.headers
    values = {"x": headers["y"], "y": headers["x"]} if {"x", "y"} <= headers.keys() else {}
    remedy = told("coordinates.exchange.columns" if values else "coordinates.exchange.layer", values)
    return replace(finding, facts={**finding.facts, "remedy": remedy})


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

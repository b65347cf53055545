"""One table as shapes in the coordinate system it came in; places of web maps are moved to where they are."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError

from placesim.errors import Finding
from placesim.inputs.findings import at_table
from placesim.inputs.likely_systems import likely
from placesim.inputs.request import Request
from placesim.inputs.run_system import Frame, there
from placesim.inputs.systems import WAYS_BACK, System, declared, like_degrees, on_map
from placesim.records import Floats, Table

SAME_SHAPE = 1.0  # metres of semi-major axis: datums on nearer ellipsoids (WGS 84, CGCS2000) differ by decimetres
Located = tuple[Table, System, list[Finding]]


def located(table: Table, request: Request, frame: Frame | None) -> Located:
    """The table as a GeoDataFrame, the system its file means, and notes. Raises DataError: that system is unknown.

    Coordinates of a web map's datum come back in WGS 84 (a layer in metres is one whose longitudes and latitudes were
    the web map's); others stay as they are, in their own system.
    """
    if isinstance(table.rows, gpd.GeoDataFrame):
        geometry = table.rows.geometry
        system = _declared(request) or _of_layer(table, request, frame)
        if system.datum is not None and geometry.crs is not None and pyproj.CRS(geometry.crs).is_projected:
            geometry = geometry.to_crs(system.crs)  # a web map's places that were projected on saving
        notes: list[Finding] = []
    else:
        assert frame is not None  # only point tables come without shapes, and never the areas
        geometry = _points(table)
        system = _declared(request) or frame.areas
        silent = request.source.crs is None and geometry.notna().any()
        notes = [at_table(table, "N201", "x", {"crs": system.name})] if silent else []
    geometry = geometry.set_crs(system.crs, allow_override=True)
    placed = replace(table, rows=gpd.GeoDataFrame(table.rows).set_geometry(geometry))
    if system.datum is not None:
        placed, moved = _undistorted(placed, system.datum)
        return placed, system, [*notes, *moved]
    if frame is not None and not system.equals(frame.areas):
        notes.append(at_table(table, "N202", facts={"crs": system.name, "areas_crs": frame.areas.name}))
    return placed, system, notes


def _points(table: Table) -> gpd.GeoSeries:
    points = gpd.GeoSeries(gpd.points_from_xy(table.rows["x"], table.rows["y"]))
    points[(table.rows["x"].isna() | table.rows["y"].isna()).to_numpy()] = None
    return gpd.GeoSeries(points, name="geometry")


def _declared(request: Request) -> System | None:
    text = request.source.crs
    if text is None:
        return None
    try:
        system = declared(text)
    except CRSError:
        request.fail_setting("E238", "crs", text, {"crs": text})
    if not on_map(system.crs):
        request.fail_setting("E258", "crs", text, {"crs": text, "name": system.crs.name})
    return system


def _of_layer(table: Table, request: Request, frame: Frame | None) -> System:
    """The layer's own system; where it has none, what its numbers look like is told, and not taken."""
    own = table.rows.geometry.crs
    if own is not None and on_map(pyproj.CRS(own)):
        return System(pyproj.CRS(own))
    bounds = shapely.bounds(table.rows.geometry.values[there(table)])
    x, y = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0) if len(bounds) else (np.nan, np.nan)
    request.fail("E207", facts={"likely": likely(float(x), float(y), frame.holds if frame else None)})


def _undistorted(table: Table, datum: str) -> tuple[Table, list[Finding]]:
    """Every vertex moved from a web map's datum to WGS 84, and how far they moved."""
    given = np.asarray(table.rows.geometry.values)
    shapes = gpd.GeoSeries(shapely.transform(given, lambda xy: _moved(xy, datum)), crs=4326)
    placed = replace(table, rows=gpd.GeoDataFrame(table.rows).set_geometry(shapes.rename("geometry")))
    before, after = shapely.get_coordinates(given), shapely.get_coordinates(shapes.values)
    moved = (after != before).any(axis=1)
    if moved.any():
        metres = pyproj.Geod(ellps="WGS84").inv(*before[moved].T, *after[moved].T)[2]
        return placed, [at_table(table, "N204", facts={"datum": datum, "metres": f"{np.median(metres):.0f}"})]
    real = like_degrees(*before.T).any()  # other numbers are no places, which the checks say
    return placed, [at_table(table, "N205", facts={"datum": datum})] if real else []


def _moved(xy: Floats, datum: str) -> Floats:
    """Longitudes and latitudes in WGS 84; coordinates that are none stay as they are, for the checks to name."""
    moved = xy.copy()
    real = like_degrees(*xy.T)
    moved[real] = np.column_stack(WAYS_BACK[datum](*xy[real].T))
    return moved


def shift_of_datum(table: Table, system: System, frame: Frame) -> list[Finding]:
    """A note where the way from a table's datum to the run's is not known to PROJ, and the two differ noticeably."""
    bodies = [crs.ellipsoid.semi_major_metre for crs in (system.crs, frame.metric) if crs.ellipsoid is not None]
    if len(bodies) < 2 or abs(bodies[0] - bodies[1]) < SAME_SHAPE:
        return []
    way = pyproj.Transformer.from_crs(system.crs, frame.metric, always_xy=True).description
    if "ballpark" not in way.casefold():
        return []
    names = [crs.geodetic_crs.name if crs.geodetic_crs else crs.name for crs in (system.crs, frame.metric)]
    return [at_table(table, "N206", facts=dict(zip(("datum", "run_datum"), names, strict=True)))]

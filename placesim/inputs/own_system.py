"""One table as shapes in the coordinate system it came in."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pyproj
from pyproj.exceptions import CRSError

from placesim.errors import Finding
from placesim.inputs.findings import at_table
from placesim.inputs.likely_systems import name_of
from placesim.inputs.request import Request
from placesim.inputs.run_system import Frame
from placesim.records import Table


def located(table: Table, request: Request, frame: Frame | None) -> tuple[Table, list[Finding]]:
    """The table as a GeoDataFrame in its own system. Raises DataError where that system is unknown."""
    declared = _declared(request)
    if isinstance(table.rows, gpd.GeoDataFrame):
        geometry = table.rows.geometry
        own = declared or geometry.crs
        if own is None or pyproj.CRS(own).geodetic_crs is None:  # "undefined Cartesian" is no system either
            request.fail("E207")
        rows = table.rows.set_geometry(geometry.set_crs(own, allow_override=True))
        notes = _reprojected(table, pyproj.CRS(own), frame)
    else:
        assert frame is not None  # only point tables come without shapes, and never the areas
        own = declared or frame.areas
        points = gpd.GeoSeries(gpd.points_from_xy(table.rows["x"], table.rows["y"]), crs=own)
        points[(table.rows["x"].isna() | table.rows["y"].isna()).to_numpy()] = None
        rows = gpd.GeoDataFrame(table.rows, geometry=points)
        given = points.notna().any()
        notes = [at_table(table, "N201", "x", {"crs": name_of(pyproj.CRS(own))})] if given and not declared else []
    return replace(table, rows=rows), notes


def _declared(request: Request) -> pyproj.CRS | None:
    if request.source.crs is None:
        return None
    try:
        return pyproj.CRS.from_user_input(request.source.crs)
    except CRSError:
        request.fail_setting("E238", "crs", request.source.crs, {"crs": request.source.crs})


def _reprojected(table: Table, own: pyproj.CRS, frame: Frame | None) -> list[Finding]:
    if frame is None or own.equals(frame.areas, ignore_axis_order=True):
        return []
    return [at_table(table, "N202", facts={"crs": name_of(own), "areas_crs": name_of(frame.areas)})]

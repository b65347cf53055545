"""Lines between named points: roads given as nodes and edges, without lines of their own."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from placesim.dictionary import TableSpec
from placesim.errors import DataError
from placesim.inputs.findings import at_table, positions
from placesim.records import Table


def joins_points(table: Table, spec: TableSpec) -> bool:
    """Whether a table has no shapes, but names the points that its lines join."""
    between = spec.between
    if between is None or isinstance(table.rows, gpd.GeoDataFrame):
        return False
    return bool(table.rows[[between.start, between.end]].notna().all(axis=1).any())


def drawn(table: Table, spec: TableSpec, points: Table | None) -> Table:
    """The table with straight lines between its points; none where a point is blank, unknown or has no place.

    Raises DataError where the table of points is not given (E259).
    """
    assert spec.between is not None
    if points is None:
        raise DataError([at_table(table, "E259", spec.between.start, {"points": spec.between.table})])
    places = np.concatenate([points.rows.geometry.to_numpy(), [None]])
    names = [str(i) if i is not None else "" for i in points.rows[points.rows.columns[0]]]
    ends = [places[positions(table.rows[column], names)] for column in (spec.between.start, spec.between.end)]
    there = ~shapely.is_missing(ends[0]) & ~shapely.is_missing(ends[1])
    xy = np.stack([shapely.get_coordinates(end[there]) for end in ends], axis=1)
    lines = np.full(len(table.rows), None, dtype=object)
    lines[there] = shapely.linestrings(xy)
    named = table.rows[[spec.between.start, spec.between.end]].notna().all(axis=1).to_numpy()
    refused = {*table.refused, *np.flatnonzero(named & ~there).tolist()}  # the checks of ids say which are unknown
    rows = gpd.GeoDataFrame(table.rows, geometry=lines, crs=points.rows.crs)
    return replace(table, rows=rows, refused=tuple(sorted(refused)))

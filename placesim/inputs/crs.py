"""One metric coordinate system per run: chosen from the scenario or the areas, every geometry brought into it.

The choice: the scenario's `crs`; else the areas' own where it is in metres and true to scale there (Web Mercator is
not: its metres are up to twice too long at Chinese latitudes); else, for CGCS2000 longitudes and latitudes, the
CGCS2000 3-degree Gauss–Krüger zone of the areas' middle (EPSG:4534–4554, the zone that Chinese 1:2000 mapping
uses); else the UTM zone of the areas' middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from placesim.errors import DataError, Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.request import Request, said_at
from placesim.records import Floats, Table
from placesim.scenario import Scenario

SCALE_ERROR = 0.01  # farther from true scale than this, metres of a projection are no metres
NEAR_METRES = 10_000.0  # how far beyond the areas' frame points are still believed, at least
NETWORKS = ("roads", "nodes", "barriers")  # these may run far beyond the county
GEOMETRY_TYPES: Mapping[str, tuple[str, ...]] = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
}
Places = Mapping[str, Table]
Requests = Mapping[str, Request]
Settled = tuple[dict[str, Table], str | None, list[Finding]]


@dataclass(frozen=True)
class Frame:
    """Where the areas lie: the run's metric system, the areas' own, and their bounds in metres."""

    metric: pyproj.CRS
    areas: pyproj.CRS
    bounds: Floats

    def holds(self, x: Floats, y: Floats, source: pyproj.CRS) -> NDArray[np.bool_]:
        """Which positions (of another system) lie in or near the areas."""
        to_metric = pyproj.Transformer.from_crs(source, self.metric, always_xy=True)
        east, north = to_metric.transform(x, y)
        left, bottom, right, top = self.bounds
        margin = max(NEAR_METRES, float(np.hypot(right - left, top - bottom)))
        inside_x = (east >= left - margin) & (east <= right + margin)
        return np.asarray(inside_x & (north >= bottom - margin) & (north <= top + margin))


def settle(tables: Places, requests: Requests, scenario: Scenario) -> Settled:
    """Every geometry table in the metric system, points made from x and y, and the name of that system.

    A table whose coordinates have no meaning (no system, or outside it) is left out, with the finding that says why.
    """
    settled = {name: table for name, table in tables.items() if requests[name].spec.geometry is None}
    placed = {name: table for name, table in tables.items() if name not in settled}
    findings: list[Finding] = []
    frame: Frame | None = None
    for name in sorted(placed, key=lambda n: n != "areas"):
        if name != "areas" and frame is None:
            continue
        try:
            located, found = _located(placed[name], requests[name], frame)
            if frame is None:
                frame, note = _frame(located, scenario)
                found.append(note)
            wrong = _wrong_shapes(located, requests) if name == "areas" else _misplaced(located, frame, requests)
            findings += found + [finding for _, finding in wrong]
            settled[name] = _projected(located, frame, [row for rows, _ in wrong for row in rows])
        except DataError as error:
            findings += error.findings
    return settled, frame.metric.to_string() if frame else None, findings


# ---------------------------------------------------------------------------------------- the system of the run
def _frame(areas: Table, scenario: Scenario) -> tuple[Frame, Finding]:
    own = pyproj.CRS(areas.rows.crs)
    bounds = np.asarray(areas.rows.total_bounds)
    if not np.isfinite(bounds).all():
        raise DataError([at_table(areas, "E249", "area_id")])
    if unfit := _unfit_areas(areas, own):
        raise DataError(unfit)
    metric = _asked(scenario) or _chosen(own, bounds)
    facts = {"crs": _name(metric), "name": metric.name, "areas_crs": _name(own)}
    frame = Frame(metric, own, np.asarray(areas.rows.geometry.to_crs(metric).total_bounds))
    return frame, at_table(areas, "N203", facts=facts)


def _unfit_areas(areas: Table, own: pyproj.CRS) -> list[Finding]:
    """The first area whose coordinates cannot be those of the system: no place on earth, or all of them degrees."""
    rows = np.flatnonzero(_there(areas))
    left, bottom, right, top = shapely.bounds(areas.rows.geometry.values[rows]).T
    degrees = _like_degrees(left, bottom) & _like_degrees(right, top)
    if own.is_geographic:
        unfit = ~degrees
    else:
        to_degrees = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
        ends = np.stack([*to_degrees.transform(left, bottom), *to_degrees.transform(right, top)])
        unfit = ~np.isfinite(ends).all(axis=0) | degrees.all()
    if not unfit.any():
        return []
    first = int(np.flatnonzero(unfit)[0])
    facts = {**_unfit(own, left[first], bottom[first]), "count": int(unfit.sum())}
    return [at_row(areas, "E243", int(rows[first]), "geometry", facts)]


def _asked(scenario: Scenario) -> pyproj.CRS | None:
    """The scenario's `crs`. Raises DataError where it is unknown or not in metres."""
    text = scenario.parameters.crs
    if text is None:
        return None
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        raise DataError([said_at(scenario.overlay, "E238", "crs", text, {"crs": text})]) from None
    if not _in_metres(crs):
        raise DataError([said_at(scenario.overlay, "E240", "crs", text, {"crs": text, "name": crs.name})])
    return crs


def _chosen(own: pyproj.CRS, bounds: Floats) -> pyproj.CRS:
    middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    lon, lat = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(*middle)
    if _in_metres(own) and _true_to_scale(own, lon, lat):
        return own
    if own.ellipsoid is not None and own.ellipsoid.name == "CGCS2000" and 73.5 <= lon <= 136.5:
        return pyproj.CRS.from_epsg(4534 + round(lon / 3) - 25)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)


def _in_metres(crs: pyproj.CRS) -> bool:
    return crs.is_projected and all(axis.unit_name in ("metre", "meter") for axis in crs.axis_info[:2])


def _true_to_scale(crs: pyproj.CRS, lon: float, lat: float) -> bool:
    factors = pyproj.Proj(crs).get_factors(lon, lat)
    return max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1)) <= SCALE_ERROR


def _like_degrees(x: Any, y: Any) -> Any:
    return (np.abs(x) <= 180) & (np.abs(y) <= 90)


def _unfit(crs: pyproj.CRS, x: float, y: float) -> dict[str, object]:
    shown = (f"{v:.6g}" if abs(v) <= 180 else f"{v:.0f}" for v in (x, y))
    return {"crs": _name(crs), **dict(zip("xy", shown, strict=True))}


def _name(crs: pyproj.CRS) -> str:
    """EPSG:4547, or the system's name where it has no code."""
    return crs.to_string() if crs.to_authority() else str(crs.name)


# ------------------------------------------------------------------------------------------------ one table
def _located(table: Table, request: Request, frame: Frame | None) -> tuple[Table, list[Finding]]:
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
        notes = [at_table(table, "N201", "x", {"crs": _name(pyproj.CRS(own))})] if given and not declared else []
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
    return [at_table(table, "N202", facts={"crs": _name(own), "areas_crs": _name(frame.areas)})]


Wrong = tuple[list[int], Finding]  # row positions whose shape cannot be used, and what is said of them


def _wrong_shapes(table: Table, requests: Requests) -> list[Wrong]:
    """Shapes of another kind than the table holds."""
    allowed = GEOMETRY_TYPES[requests[table.name].spec.geometry or ""]
    kinds = table.rows.geom_type.to_numpy(dtype=object)
    wrong = _there(table) & ~np.isin(kinds, allowed)
    facts = {"expected": ", ".join(allowed)}
    return [
        ([int(row)], at_row(table, "E233", int(row), "geometry", {**facts, "found": kinds[row]}))
        for row in np.flatnonzero(wrong)
    ]


def _there(table: Table) -> NDArray[np.bool_]:
    return table.rows.geometry.notna().to_numpy() & ~table.rows.geometry.is_empty.to_numpy()


def _misplaced(table: Table, frame: Frame, requests: Requests) -> list[Wrong]:
    """Wrong shapes, missing coordinates, and positions that are swapped, outside their system or far from the areas."""
    wrong = _wrong_shapes(table, requests) + _unplaced(table, requests)
    rows = np.flatnonzero(_there(table))
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
    lacking = np.flatnonzero(~_there(table))
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
    degrees = _like_degrees(x, y)
    unfit = ~swapped & (degrees if own.is_projected else ~degrees)
    column = "x" if "x" in table.source.headers else "geometry"
    for code, which in (("E241", swapped), ("E243", unfit), ("E242", ~swapped & ~unfit)):
        if which.any():
            first = int(np.flatnonzero(which)[0])
            facts = {**_unfit(own, x[first], y[first]), "count": int(which.sum())}
            yield rows[which].tolist(), at_row(table, code, int(rows[first]), column, facts)


def _projected(table: Table, frame: Frame, unusable: list[int]) -> Table:
    """The table in metres; x and y of points say the same as their geometry; unusable shapes are missing."""
    rows: Any = table.rows.copy()
    rows.loc[unusable, "geometry"] = None
    rows = rows.to_crs(frame.metric)
    if "x" in rows:
        points = np.where(rows.geometry.is_empty, None, rows.geometry.to_numpy())  # an empty point has no x to ask for
        rows["x"], rows["y"] = shapely.get_x(points), shapely.get_y(points)
    return replace(table, rows=rows, refused=tuple(sorted({*table.refused, *unusable})))

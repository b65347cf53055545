"""The one metric coordinate system of a run, and where the areas lie in it.

The choice: the scenario's `crs`; else the areas' own where it is in metres and true to scale there (Web Mercator is
not: its metres are up to twice too long at Chinese latitudes); else, for CGCS2000 longitudes and latitudes, the
CGCS2000 3-degree Gauss–Krüger zone of the areas' middle (EPSG:4534–4554, the zone that Chinese 1:2000 mapping
uses); else the UTM zone of the areas' middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from placesim.errors import DataError, Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.misfits import misfits, told_once
from placesim.inputs.request import said_at
from placesim.inputs.systems import System, exchanged, like_degrees, name_of
from placesim.records import Floats, Table
from placesim.scenario import Scenario

SCALE_ERROR = 0.01  # farther from true scale than this, metres of a projection are no metres
USELESS = 0.1  # and farther than this, no figure of the run could be trusted
FAR_METRES, FAR_TIMES = 100_000.0, 10  # an area farther off than both, counted in the usual distance, is no area here
NEAR_METRES = 10_000.0  # how far beyond the areas' frame points are still believed, at least


@dataclass(frozen=True)
class Frame:
    """Where the areas lie: the run's metric system, the areas' own, and their bounds in metres."""

    metric: pyproj.CRS
    areas: System
    bounds: Floats

    def holds(self, x: Floats, y: Floats, source: pyproj.CRS) -> NDArray[np.bool_]:
        """Which positions (of another system) lie in or near the areas."""
        to_metric = pyproj.Transformer.from_crs(source, self.metric, always_xy=True)
        east, north = to_metric.transform(x, y)
        left, bottom, right, top = self.bounds
        margin = max(NEAR_METRES, float(np.hypot(right - left, top - bottom)))
        inside_x = (east >= left - margin) & (east <= right + margin)
        return np.asarray(inside_x & (north >= bottom - margin) & (north <= top + margin))


def frame_of(areas: Table, system: System, scenario: Scenario) -> tuple[Frame, list[Finding]]:
    """The frame that areas (in `system.crs`) and the scenario give, and what is to be said of it.

    Raises DataError: no area has a shape, coordinates do not fit their system, the scenario's `crs` does not serve.
    """
    if not there(areas).any():
        raise DataError([at_table(areas, "E249", "area_id")])
    if unfit := list(_unfit_areas(areas, system.crs)):
        raise DataError(unfit)
    middle = _middle(areas, system.crs)
    metric, found = _asked(scenario, middle)
    metric = metric or _chosen(system.crs, middle)
    placed = areas.rows.geometry.to_crs(metric)
    facts = {"crs": name_of(metric), "name": metric.name, "areas_crs": system.name}
    found = [*found, *_far_areas(areas, placed.bounds.to_numpy()), at_table(areas, "N203", facts=facts)]
    return Frame(metric, system, np.asarray(placed.total_bounds)), found


def _unfit_areas(areas: Table, own: pyproj.CRS) -> Iterator[Finding]:
    """Areas whose coordinates cannot be those of the system, or are of no inhabited place until x and y change places.

    A small area at the origin of a local grid has coordinates like degrees and is no fault beside its neighbours.
    """
    rows = np.flatnonzero(there(areas))
    bounds = shapely.bounds(areas.rows.geometry.values[rows])
    xy = _middles(bounds)
    codes = misfits(own, bounds)
    codes[exchanged(own, *xy) & np.isin(codes, ("", "E243"))] = "E255"
    degrees = like_degrees(*xy)
    if own.is_projected and not degrees.all():
        off = np.hypot(*(xy - np.median(xy, axis=1, keepdims=True)))
        codes[degrees & (codes == "E243") & (off < FAR_METRES)] = ""
    yield from (finding for _, finding in told_once(areas, rows, codes, xy))


def _middles(bounds: Floats) -> Floats:
    """middle[2, shape] of bounds[shape, (left, bottom, right, top)]."""
    return np.stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def _far_areas(areas: Table, bounds: Floats) -> list[Finding]:
    """An area with a corner many times farther from the middle of all than areas are: digits of it are wrong."""
    xy = _middles(bounds)
    middle = np.nanmedian(xy, axis=1)
    reach = np.maximum(np.abs(bounds[:, :2] - middle), np.abs(bounds[:, 2:] - middle)).max(axis=1)
    far = np.flatnonzero(reach > max(FAR_METRES, FAR_TIMES * float(np.nanmedian(reach))))
    if len(far) == 0:
        return []
    farthest = int(far[np.argmax(reach[far])])
    facts = {"kilometres": f"{reach[farthest] / 1000:.0f}", "count": len(far)}
    return [at_row(areas, "W204", farthest, "area_id", facts)]


def _middle(areas: Table, own: pyproj.CRS) -> tuple[float, float]:
    """Longitude and latitude of the middle of the areas, which one wild corner does not move."""
    x, y = np.median(_middles(shapely.bounds(areas.rows.geometry.values[there(areas)])), axis=1)
    lon, lat = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(x, y)
    return float(lon), float(lat)


def _asked(scenario: Scenario, middle: tuple[float, float]) -> tuple[pyproj.CRS | None, list[Finding]]:
    """The scenario's `crs`, with a warning where its metres are somewhat off at the areas.

    Raises DataError where it is unknown, not in metres, or far from true metres there.
    """
    text = scenario.parameters.crs
    if text is None:
        return None, []
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        raise DataError([said_at(scenario.overlay, "E238", "crs", text, {"crs": text})]) from None
    if not _in_metres(crs):
        raise DataError([said_at(scenario.overlay, "E240", "crs", text, {"crs": text, "name": crs.name})])
    off = _off_scale(crs, *middle)
    facts = {"crs": text, "name": crs.name, "share": f"{off:.0%}" if np.isfinite(off) else "∞"}
    if not off <= USELESS:
        raise DataError([said_at(scenario.overlay, "E256", "crs", text, facts)])
    return crs, [said_at(scenario.overlay, "W203", "crs", text, facts)] if off > SCALE_ERROR else []


def _chosen(own: pyproj.CRS, middle: tuple[float, float]) -> pyproj.CRS:
    lon, lat = middle
    if _in_metres(own) and _off_scale(own, lon, lat) <= SCALE_ERROR:
        return own
    if own.ellipsoid is not None and own.ellipsoid.name == "CGCS2000" and 73.5 <= lon <= 136.5:
        return pyproj.CRS.from_epsg(4534 + round(lon / 3) - 25)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)


def _in_metres(crs: pyproj.CRS) -> bool:
    return crs.is_projected and all(axis.unit_name in ("metre", "meter") for axis in crs.axis_info[:2])


def _off_scale(crs: pyproj.CRS, lon: float, lat: float) -> float:
    """The share by which a projection's metres are too long or too short at a place."""
    factors = pyproj.Proj(crs).get_factors(lon, lat)
    return max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))


def there(table: Table) -> NDArray[np.bool_]:
    """Which rows have a shape."""
    return table.rows.geometry.notna().to_numpy() & ~table.rows.geometry.is_empty.to_numpy()

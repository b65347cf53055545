"""The one metric coordinate system of a run, and where the areas lie in it.

The choice: the scenario's `crs`; else the areas' own where it is in metres and true to scale there (Web Mercator is
not: its metres are up to twice too long at Chinese latitudes); else, for CGCS2000 longitudes and latitudes, the
CGCS2000 3-degree Gauss–Krüger zone of the areas' middle (EPSG:4534–4554, the zone that Chinese 1:2000 mapping
uses); else the UTM zone of the areas' middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from placesim.errors import DataError, Finding
from placesim.inputs.findings import at_row, at_table
from placesim.inputs.likely_systems import like_degrees, name_of, shown_with
from placesim.inputs.request import said_at
from placesim.records import Floats, Table
from placesim.scenario import Scenario

SCALE_ERROR = 0.01  # farther from true scale than this, metres of a projection are no metres
NEAR_METRES = 10_000.0  # how far beyond the areas' frame points are still believed, at least


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


def frame_of(areas: Table, scenario: Scenario) -> tuple[Frame, Finding]:
    own = pyproj.CRS(areas.rows.crs)
    bounds = np.asarray(areas.rows.total_bounds)
    if not np.isfinite(bounds).all():
        raise DataError([at_table(areas, "E249", "area_id")])
    if unfit := _unfit_areas(areas, own):
        raise DataError(unfit)
    metric = _asked(scenario) or _chosen(own, bounds)
    facts = {"crs": name_of(metric), "name": metric.name, "areas_crs": name_of(own)}
    frame = Frame(metric, own, np.asarray(areas.rows.geometry.to_crs(metric).total_bounds))
    return frame, at_table(areas, "N203", facts=facts)


def _unfit_areas(areas: Table, own: pyproj.CRS) -> list[Finding]:
    """The first area whose coordinates cannot be those of the system: no place on earth, or all of them degrees."""
    rows = np.flatnonzero(there(areas))
    left, bottom, right, top = shapely.bounds(areas.rows.geometry.values[rows]).T
    degrees = like_degrees(left, bottom) & like_degrees(right, top)
    if own.is_geographic:
        unfit = ~degrees
    else:
        to_degrees = pyproj.Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
        ends = np.stack([*to_degrees.transform(left, bottom), *to_degrees.transform(right, top)])
        unfit = ~np.isfinite(ends).all(axis=0) | degrees.all()
    if not unfit.any():
        return []
    first = int(np.flatnonzero(unfit)[0])
    facts = {**shown_with(own, left[first], bottom[first]), "count": int(unfit.sum())}
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


def there(table: Table) -> NDArray[np.bool_]:
    return table.rows.geometry.notna().to_numpy() & ~table.rows.geometry.is_empty.to_numpy()

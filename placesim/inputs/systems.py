"""Coordinate systems as tables declare them: a known one, or the datum of a Chinese web map."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from placesim.inputs.gauss_krueger import transverse_mercator
from placesim.inputs.web_map_datums import from_bd09, from_gcj02
from placesim.records import Floats

WAYS_BACK: Mapping[str, Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]] = {
    "GCJ-02": from_gcj02,
    "BD-09": from_bd09,
}
SPELLED = {"gcj02": "GCJ-02", "gcj2": "GCJ-02", "bd09": "BD-09", "bd9": "BD-09", "bd09ll": "BD-09"}
POLE, ICE = 84.0, -66.0  # degrees of latitude beyond which nobody goes to school
OFF_MERIDIAN = 12.0  # degrees; there a transverse Mercator is 2 % off, and no survey uses it
FAR_NORTH = 66.0


@dataclass(frozen=True)
class System:
    """Where the coordinates of a table are meant: `datum` names a web map's, whose places are moved to `crs` first."""

    crs: pyproj.CRS
    datum: str | None = None

    @property
    def name(self) -> str:
        return self.datum or name_of(self.crs)

    def equals(self, other: System) -> bool:
        return self.datum == other.datum and self.crs.equals(other.crs, ignore_axis_order=True)


def declared(text: str) -> System:
    """The system a scenario names. Raises CRSError where it is unknown."""
    datum = SPELLED.get(re.sub(r"[-_\s]", "", text).casefold())
    return System(pyproj.CRS.from_epsg(4326), datum) if datum else System(pyproj.CRS.from_user_input(text))


def on_map(crs: pyproj.CRS) -> bool:
    """Whether the coordinates are longitudes and latitudes, or eastings and northings: no heights, no local drawing.

    Formats write "undefined" systems where a layer has none.
    """
    plane = crs.is_geographic or crs.is_projected
    return plane and crs.geodetic_crs is not None and not crs.name.casefold().startswith("undefined")


def name_of(crs: pyproj.CRS) -> str:
    """EPSG:4547, or the system's name where it has no code."""
    return crs.to_string() if crs.to_authority() else str(crs.name)


def like_degrees(x: Any, y: Any) -> Any:
    return (np.abs(x) <= 180) & (np.abs(y) <= 90)


def in_chinese_degrees(x: Any, y: Any) -> Any:
    """Longitude and latitude in the rectangle of China's borders."""
    return (x >= 73) & (x <= 136) & (y >= 3) & (y <= 54)


def fits(crs: pyproj.CRS, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which coordinates can be those of a system: places on earth, and near the meridian of a transverse Mercator."""
    lon, lat = _degrees(crs, x, y)
    good = np.isfinite(lon) & np.isfinite(lat) & like_degrees(lon, lat)
    said = transverse_mercator(crs)
    if said is not None:
        meridian = said.get("Longitude of natural origin", 0.0)
        off = (np.where(good, lon, meridian) - meridian + 180) % 360 - 180
        good &= np.abs(off) <= OFF_MERIDIAN
    return np.asarray(good)


def exchanged(crs: pyproj.CRS, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which coordinates are of no inhabited place as they stand, and of one with x and y exchanged."""
    _, lat = _degrees(crs, x, y)
    other_lon, other_lat = _degrees(crs, y, x)
    nowhere = ~fits(crs, x, y) | (lat > POLE) | (lat < ICE)
    nowhere |= (lat > FAR_NORTH) & in_chinese_degrees(other_lon, other_lat)
    return np.asarray(nowhere & fits(crs, y, x) & (other_lat <= POLE) & (other_lat >= ICE))


def _degrees(crs: pyproj.CRS, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if crs.is_geographic:
        return x, y
    lon, lat = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)

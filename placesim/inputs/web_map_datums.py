"""Longitudes and latitudes of Chinese web maps: GCJ-02 and BD-09, to and from WGS 84.

GCJ-02 (AMap, Tencent and other maps) moves every place in China by some 100 to 700 m, BD-09 (Baidu) moves GCJ-02 once
more by about 900 m. Neither is a coordinate system of surveying: what is known of GCJ-02 is a published polynomial with
sines on the Krassovsky ellipsoid, which meets real web-map data within some 1–2 m. The ways back are found by
iteration and are exact to the polynomial (below 1e-9 degrees, a tenth of a millimetre).

Outside the rectangle that the polynomial is published with (72.004–137.8347° E, 0.8293–55.8271° N), both are the
identity. The rectangle reaches beyond the border of China: convert only what a Chinese web map gave. Within a
kilometre of its rim the way back is not unique.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271  # where the maps are distorted, degrees
SEMI_MAJOR, ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323  # Krassovsky, metres and first eccentricity squared
BD_EAST, BD_NORTH = 0.0065, 0.006  # degrees
BD_TURN = np.pi * 3000 / 180
ROUNDS = 20  # each leaves less than a hundredth of the error; four suffice almost everywhere
EXACT = 1e-13  # degrees

Places = tuple[Floats, Floats]  # longitudes and latitudes, degrees, of one shape


def to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Places:
    """GCJ-02 longitudes and latitudes of WGS 84 ones (degrees, any one shape; a new pair of arrays).

    Raises InputError: NaN or infinite values, |lon| > 180, |lat| > 90, shapes that differ.
    """
    return _in_china(lon, lat, _shifted)


def from_gcj02(lon: ArrayLike, lat: ArrayLike) -> Places:
    """WGS 84 longitudes and latitudes of GCJ-02 ones; arguments and errors as `to_gcj02`."""
    return _in_china(lon, lat, _unshifted)


def to_bd09(lon: ArrayLike, lat: ArrayLike) -> Places:
    """BD-09 longitudes and latitudes of WGS 84 ones; arguments and errors as `to_gcj02`."""
    return _in_china(lon, lat, lambda x, y: _turned(*_shifted(x, y)))


def from_bd09(lon: ArrayLike, lat: ArrayLike) -> Places:
    """WGS 84 longitudes and latitudes of BD-09 ones; arguments and errors as `to_gcj02`."""
    return _in_china(lon, lat, lambda x, y: _unshifted(*_unturned(x, y)))


def in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Where web maps are distorted: a rectangle around China."""
    return np.asarray((lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH))


def _checked(lon: ArrayLike, lat: ArrayLike) -> Places:
    x, y = as_numbers("lon", lon, truths=False), as_numbers("lat", lat, truths=False)
    if x.shape != y.shape:
        raise InputError("lat", f"must have the shape of lon, {x.shape}", value=f"shape {y.shape}")
    for name, values, limit in (("lon", x, 180), ("lat", y, 90)):
        refuse(name, values, ~(np.abs(values) <= limit), f"must be degrees from −{limit} to {limit}")
    return x, y


def _in_china(lon: ArrayLike, lat: ArrayLike, move: Callable[[Floats, Floats], Places]) -> Places:
    """The places in China moved, the others as they are."""
    x, y = (values.copy() for values in _checked(lon, lat))
    inside = in_china(x, y)
    x[inside], y[inside] = move(x[inside], y[inside])
    return x, y


def _shifted(x: Floats, y: Floats) -> Places:
    """The published polynomial: metres east and north, turned into degrees on the Krassovsky ellipsoid."""
    e, n = x - 105, y - 35
    root = np.sqrt(np.abs(e))
    common = 20 * np.sin(6 * np.pi * e) + 20 * np.sin(2 * np.pi * e)
    east = 300 + e + 2 * n + 0.1 * e**2 + 0.1 * e * n + 0.1 * root + 2 / 3 * (common + _waves(e, 20, 40, 150, 300))
    north = -100 + 2 * e + 3 * n + 0.2 * n**2 + 0.1 * e * n + 0.2 * root
    north = north + 2 / 3 * (common + _waves(n, 20, 40, 160, 320))
    radians = np.radians(y)
    w2 = 1 - ECCENTRICITY_2 * np.sin(radians) ** 2
    parallel = SEMI_MAJOR / np.sqrt(w2) * np.cos(radians)
    meridian = SEMI_MAJOR * (1 - ECCENTRICITY_2) / w2**1.5
    return x + np.degrees(east / parallel), y + np.degrees(north / meridian)


def _waves(t: Floats, a: float, b: float, c: float, d: float) -> Floats:
    """Waves of 2, 6, 24 and 60 degrees."""
    turn = np.pi * t
    return np.asarray(a * np.sin(turn) + b * np.sin(turn / 3) + c * np.sin(turn / 12) + d * np.sin(turn / 30))


def _unshifted(x: Floats, y: Floats) -> Places:
    """The place whose shifted one is (x, y): from the place itself, each round takes the miss away."""
    lon, lat = x, y
    for _ in range(ROUNDS):
        found_x, found_y = _shifted(lon, lat)
        lon, lat = lon - (found_x - x), lat - (found_y - y)
        if max(np.abs(found_x - x).max(initial=0.0), np.abs(found_y - y).max(initial=0.0)) < EXACT:
            break
    return lon, lat


def _turned(x: Floats, y: Floats) -> Places:
    """BD-09 of GCJ-02: radius and angle from (0, 0) waver, then the whole is moved."""
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BD_TURN)
    return radius * np.cos(angle) + BD_EAST, radius * np.sin(angle) + BD_NORTH


def _unturned(x: Floats, y: Floats) -> Places:
    """GCJ-02 of BD-09, by the same rounds as `_unshifted`."""
    lon, lat = x - BD_EAST, y - BD_NORTH
    for _ in range(ROUNDS):
        found_x, found_y = _turned(lon, lat)
        lon, lat = lon - (found_x - x), lat - (found_y - y)
        if max(np.abs(found_x - x).max(initial=0.0), np.abs(found_y - y).max(initial=0.0)) < EXACT:
            break
    return lon, lat

"""The Gauss–Krüger zones of Chinese mapping: with and without the zone number before the easting.

A zone is 3 or 6 degrees wide. Its eastings are metres from the central meridian plus 500 000 (six digits); many data
sets put the number of the zone before them (eight digits: 39 512 345 is zone 39, 117° E). Both are systems of their
own with codes of their own, for each of the three datums that Chinese data come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

from placesim.records import Floats

MILLION = 1_000_000
FALSE_EASTING = 500_000.0
SHAPES: Mapping[str, tuple[float, float]] = {  # datum → semi-major axis in metres, inverse flattening
    "CGCS2000": (6378137.0, 298.257222101),
    "Xian 1980": (6378140.0, 298.257),
    "Beijing 1954": (6378245.0, 298.3),
}
FIRST_CODES: Mapping[str, Mapping[tuple[int, bool], int]] = {  # datum → (width, numbered) → EPSG code of 75° E
    "CGCS2000": {(6, True): 4491, (6, False): 4502, (3, True): 4513, (3, False): 4534},
    "Xian 1980": {(6, True): 2327, (6, False): 2338, (3, True): 2349, (3, False): 2370},
    "Beijing 1954": {(6, True): 21413, (6, False): 21453, (3, True): 2401, (3, False): 2422},
}


@dataclass(frozen=True)
class Zone:
    """A zone of 3 or 6 degrees; `numbered`: its number (25–45 or 13–23) stands before the eastings."""

    datum: str
    width: int
    number: int
    numbered: bool

    @property
    def meridian(self) -> int:
        """Degrees east."""
        return 3 * self.number if self.width == 3 else 6 * self.number - 3

    @property
    def code(self) -> str:
        first = FIRST_CODES[self.datum][self.width, self.numbered]
        return f"EPSG:{first + self.number - (25 if self.width == 3 else 13)}"


def zone_of(crs: pyproj.CRS) -> Zone | None:
    """The zone that a projected system is, by its ellipsoid, central meridian and false easting; None for others.

    An easting without number does not tell 3 from 6 degrees where the meridian belongs to both: 3 is taken.
    """
    datum = _datum(crs)
    said = transverse_mercator(crs)
    if datum is None or said is None:
        return None
    meridian = said.get("Longitude of natural origin", -1.0)
    if said.get("Scale factor at natural origin") != 1 or meridian % 3 or not 75 <= meridian <= 135:
        return None
    before = (said.get("False easting", 0.0) - FALSE_EASTING) / MILLION
    zone = Zone(datum, 3, round(meridian / 3), False)
    if before == 0:
        return zone
    found = numbered_zone(int(before), datum) if before == int(before) else None
    return found if found and found.meridian == meridian else None


def transverse_mercator(crs: pyproj.CRS) -> Mapping[str, float] | None:
    """The parameters of a transverse Mercator by their EPSG names; None for other systems.

    A system with heights, or with a shift of datum written beside it, is looked into.
    """
    if crs.is_bound and crs.source_crs is not None:
        return transverse_mercator(crs.source_crs)
    if crs.is_compound:
        return transverse_mercator(crs.sub_crs_list[0])
    way = crs.coordinate_operation
    if not crs.is_projected or way is None or "Transverse Mercator" not in way.method_name:
        return None
    return {p.name: float(p.value) for p in way.params}


def _datum(crs: pyproj.CRS) -> str | None:
    body = crs.ellipsoid
    if not crs.is_projected or body is None:
        return None
    for name, (axis, flattening) in SHAPES.items():
        if abs(body.semi_major_metre - axis) < 0.5 and abs(body.inverse_flattening - flattening) < 2e-4:
            return name
    return None


def numbered_zone(number: int, datum: str = "CGCS2000") -> Zone | None:
    """25–45 are zones of 3 degrees, 13–23 zones of 6 degrees; other numbers are none of China's."""
    if 25 <= number <= 45:
        return Zone(datum, 3, number, True)
    return Zone(datum, 6, number, True) if 13 <= number <= 23 else None


def with_number(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Where an easting has eight digits that begin with the number of a zone."""
    number, rest = np.divmod(x, MILLION)
    known = ((number >= 25) & (number <= 45)) | ((number >= 13) & (number <= 23))
    return known & without_number(rest, y)


def without_number(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Where an easting has six digits and the northing is one of China's."""
    return np.asarray((x >= 0.1 * MILLION) & (x < 0.9 * MILLION) & (y > 0.3 * MILLION) & (y < 6.1 * MILLION))

"""Coordinates that cannot be those of the system they are said to be in, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_row
from placesim.inputs.gauss_krueger import MILLION, Zone, numbered_zone, with_number, without_number, zone_of
from placesim.inputs.likely_systems import Holds, shown_with
from placesim.inputs.systems import fits, like_degrees
from placesim.records import Floats, Ints, Table

ZONE_DEGREES = 6
Codes = NDArray[np.object_]  # the code of the finding, "" where there is none
Wrong = tuple[list[int], Finding]  # row positions whose shape cannot be used, and what is said of them


def misfits(crs: pyproj.CRS, bounds: Floats) -> Codes:
    """What is wrong with the coordinates of each shape, by its bounds[shape, (left, bottom, right, top)].

    E253: a zone number where the system has none. E254: none where the system has one. E243: degrees in a system of
    metres, metres in one of degrees, no place on earth.
    """
    left, bottom, right, top = bounds.T
    degrees = like_degrees(left, bottom) & like_degrees(right, top)
    wrong = ~fits(crs, left, bottom) | ~fits(crs, right, top) | (degrees & crs.is_projected)
    codes = np.where(wrong, "E243", "").astype(object)
    zone = zone_of(crs)
    if zone is not None and not zone.numbered:
        codes[with_number(left, bottom) & ~_perhaps_mercator(left, zone)] = "E253"
    elif zone is not None:
        codes[without_number(left, bottom)] = "E254"
    return codes


def _perhaps_mercator(x: Floats, zone: Zone) -> NDArray[np.bool_]:
    """Eastings of the east in Web Mercator look like those of the far west's zones 13 to 15: these must be near."""
    meridian = 6 * np.floor_divide(x, MILLION) - 3
    return np.asarray((x < 16 * MILLION) & (np.abs(meridian - zone.meridian) > ZONE_DEGREES))


def told_once(table: Table, rows: Ints, codes: Codes, xy: Floats, holds: Holds | None = None) -> Iterator[Wrong]:
    """One finding for each code, at its first row, with the number of rows. xy[2, row]; codes of the same rows."""
    column = "x" if "x" in table.source.headers else "geometry"
    crs = pyproj.CRS(table.rows.crs)
    for code in sorted(set(codes) - {""}):
        which = np.flatnonzero(codes == code)
        which = which[np.argsort(table.file_row[rows[which]], kind="stable")]
        x, y = (float(v) for v in xy[:, which[0]])
        facts = {**shown_with(crs, x, y, holds), **_of_zone(code, crs, x), "count": len(which)}
        yield rows[which].tolist(), at_row(table, code, int(rows[which[0]]), column, facts)


def _of_zone(code: str, crs: pyproj.CRS, x: float) -> dict[str, Any]:
    """The zone whose system the coordinates are most likely in."""
    zone = zone_of(crs)
    if zone is None or code not in ("E253", "E254"):
        return {}
    if code == "E253":
        meant = numbered_zone(int(x // MILLION), zone.datum)
    else:
        meant = Zone(zone.datum, zone.width, zone.number, False)
    return {"number": meant.number, "meridian": meant.meridian, "code": meant.code} if meant else {}

"""What coordinates look like: the system that a table most likely is in. Messages tell it; nothing is taken from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from placesim.inputs.gauss_krueger import MILLION, Zone, numbered_zone, with_number, without_number
from placesim.inputs.systems import in_chinese_degrees, like_degrees, name_of
from placesim.messages import LANGUAGES, label
from placesim.records import Floats

Holds = Callable[[Floats, Floats, pyproj.CRS], NDArray[np.bool_]]  # which positions of a system lie in the county
Look = tuple[str, Mapping[str, Any]]


def shown_with(crs: pyproj.CRS, x: float, y: float, holds: Holds | None = None) -> dict[str, Any]:
    """Facts of a finding about a place: coordinates, the system they are given in, and what they look like."""
    shown = (f"{v:.6g}" if abs(v) <= 180 else f"{v:.0f}" for v in (x, y))
    return {"crs": name_of(crs), **dict(zip("xy", shown, strict=True)), "likely": likely(x, y, holds)}


def likely(x: float, y: float, holds: Holds | None = None) -> dict[str, str]:
    """What a place's numbers look like, in every language. `holds`: where the county lies, if that is known."""
    look = _look(x, y, holds)
    if look is not None:
        return told(*look)
    other = _look(y, x, holds)
    if other is None:
        return told("coordinates.likely.unknown", {})
    then = told(*other)
    return {lang: label("coordinates.likely.exchanged", lang, then=then[lang]) for lang in LANGUAGES}


def told(key: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {language: label(key, language, **values) for language in LANGUAGES}


def _look(x: float, y: float, holds: Holds | None) -> Look | None:
    """Key and values of the label, None where the numbers fit nothing that is usual in China."""
    if not np.isfinite([x, y]).all():
        return None
    if in_chinese_degrees(x, y):
        return "coordinates.likely.degrees_in_china", {}
    if like_degrees(x, y) and not in_chinese_degrees(y, x):
        return "coordinates.likely.degrees", {}
    mercator = 8.1 * MILLION <= x <= 15.2 * MILLION and 0.3 * MILLION <= y <= 7.2 * MILLION
    if with_number(np.array(x), np.array(y)):
        kind = "numbered_or_mercator" if mercator else "numbered"
        return f"coordinates.likely.{kind}", _facts(numbered_zone(int(x // MILLION)))
    if without_number(np.array(x), np.array(y)):
        zone = _zone_in_the_county(x, y, holds)
        return ("coordinates.likely.here", _facts(zone)) if zone else ("coordinates.likely.without_number", {})
    if mercator:
        return "coordinates.likely.web_mercator", {}
    return None


def _zone_in_the_county(x: float, y: float, holds: Holds | None) -> Zone | None:
    """The CGCS2000 zone in which six-digit eastings lie in or near the areas."""
    if holds is None:
        return None
    zones = [Zone("CGCS2000", 3, number, False) for number in range(25, 46)]
    return next((z for z in zones if holds(np.array([x]), np.array([y]), pyproj.CRS(z.code))[0]), None)


def _facts(zone: Zone | None) -> dict[str, Any]:
    assert zone is not None
    return {"number": zone.number, "width": zone.width, "meridian": zone.meridian, "code": zone.code}

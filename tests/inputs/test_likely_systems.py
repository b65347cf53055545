"""What a place's numbers look like, told in both languages."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from placesim.inputs.likely_systems import likely
from placesim.messages import LANGUAGES
from placesim.records import Floats

PLACE = (113.5, 30.4)  # degrees

# numbers, what must be named, what must not
CASES = [
    ((113.5, 30.4), ["EPSG:4490", "EPSG:4326"], ["EPSG:3857"]),
    ((24.9, 60.2), ["EPSG:4326"], ["EPSG:4490"]),
    ((30.4, 113.5), ["EPSG:4490", "north before east"], []),
    ((38_452_000, 3_364_000), ["EPSG:4526", "114° E", "3-degree zone"], ["north before east"]),
    ((19_740_000, 3_367_000), ["EPSG:4497", "111° E", "6-degree zone"], []),
    ((3_364_000, 38_452_000), ["EPSG:4526", "north before east"], []),
    ((12_634_000, 3_560_000), ["EPSG:3857"], ["zone number"]),
    ((13_247_000, 3_632_000), ["EPSG:3857", "EPSG:4491"], []),  # 119° E in Web Mercator, or zone 13 of the far west
    ((452_000, 3_364_000), ["cannot be read", "EPSG:4547"], ["north before east"]),
    ((3_364_000, 452_000), ["cannot be read", "north before east"], []),
    ((24_512_345, 3_364_000), ["no system that is usual"], ["EPSG"]),
    ((0.5e9, 1e9), ["no system that is usual"], ["EPSG"]),
    ((np.nan, np.nan), ["no system that is usual"], ["EPSG"]),
    ((np.inf, 3e6), ["no system that is usual"], ["EPSG"]),
]


@pytest.mark.parametrize(("numbers", "named", "unnamed"), CASES)
def test_what_numbers_look_like(numbers: tuple[float, float], named: list[str], unnamed: list[str]) -> None:
    told = likely(*numbers)
    assert set(told) == set(LANGUAGES)
    assert all(part in told["en"] for part in named)
    assert not any(part in told["en"] for part in unnamed)
    assert {c for c in named if "EPSG" in c} <= {c for c in named if c in told["zh"]}


@pytest.mark.parametrize("code", [4490, 4526, 4497, 3857])
def test_the_code_that_is_named_is_the_true_one(code: int) -> None:
    x, y = pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(*PLACE)
    assert f"EPSG:{code}" in likely(x, y)["en"]


@pytest.mark.parametrize("meridian", range(75, 136, 3))
def test_where_the_county_is_known_the_zone_is_named(meridian: int) -> None:
    """Six-digit eastings of a county a degree east of each meridian."""
    code = 4534 + (meridian - 75) // 3
    x, y = pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(meridian + 1, 35)

    def holds(east: Floats, north: Floats, source: pyproj.CRS) -> Floats:
        lon, lat = pyproj.Transformer.from_crs(source, 4490, always_xy=True).transform(east, north)
        return np.hypot(lon - (meridian + 1), lat - 35) < 0.3

    told = likely(x, y, holds)["en"]
    assert f"EPSG:{code}" in told
    assert f"{meridian}° E" in told
    assert "into the county" in told
    nowhere = likely(x, y, lambda east, north, source: np.zeros(1, dtype=bool))["en"]
    assert "cannot be read" in nowhere

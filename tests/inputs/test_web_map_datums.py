"""GCJ-02 and BD-09: published points, the way back, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placesim.errors import InputError
from placesim.inputs.web_map_datums import from_bd09, from_gcj02, in_china, to_bd09, to_gcj02
from placesim.records import Floats

EARTH = pyproj.Geod(ellps="WGS84")
ALL = (to_gcj02, from_gcj02, to_bd09, from_bd09)

# city, longitude and latitude in WGS 84, metres to the GCJ-02 position. Independent of this implementation are the
# first two, as commonly quoted; the others pin the polynomial and were computed with it.
OFFSETS = [
    ("Beijing", 116.4074, 39.9042, 554),
    ("Guangzhou", 113.2644, 23.1291, 620),
    ("Shanghai", 121.4737, 31.2304, 481.7),
    ("Chengdu", 104.0665, 30.5723, 363.0),
    ("Urumqi", 87.6168, 43.8256, 265.5),
    ("Harbin", 126.6424, 45.7567, 512.6),
]

# WGS 84 longitude and latitude → GCJ-02, as the tests of other implementations of the polynomial print them
# (eviltransform: Shanghai, Shenzhen, Beijing; coordtransform: Tiananmen).
POLYNOMIAL = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
]

# WGS 84, GCJ-02 and BD-09 of city offices as published with the tests of the library gcoord (seven digits). They are
# not the bare polynomial's, from which they differ by a steady 0.7 m: an independent view of how good it is.
WEB_MAP = [
    ((114.0164322, 33.0133556), (114.022306, 33.0115324), (114.0287781, 33.0176697)),  # Zhumadian
    ((113.6192856, 34.7478004), (113.6253334, 34.7466173), (113.6317519, 34.7528605)),  # Zhengzhou
    ((123.4253306, 41.8032629), (123.4314787, 41.8057023), (123.438095, 41.8114013)),  # Shenyang
    ((92.0499619, 31.4784436), (92.0512438, 31.4762063), (92.0576832, 31.4824421)),  # Nagqu
    ((116.6775114, 23.3567569), (116.6819735, 23.3540964), (116.6885014, 23.3598884)),  # Shantou
    ((98.4937175, 39.7319946), (98.4943595, 39.7328234), (98.5008441, 39.7388949)),  # Jiuquan
    ((116.0414035, 43.9312805), (116.0482308, 43.9334573), (116.0546232, 43.9397782)),  # Xilinhot
    ((108.6503952, 21.9828281), (108.6541485, 21.9799392), (108.6607283, 21.9856319)),  # Qinzhou
]


def metres(a: tuple[object, object], b: tuple[object, object]) -> float:
    """The longest way between places of two lists."""
    return float(np.max(EARTH.inv(*np.broadcast_arrays(*a, *b))[2]))


@pytest.mark.parametrize("case", OFFSETS, ids=lambda c: c[0])
def test_offsets_of_cities(case: tuple[str, float, float, float]) -> None:
    city, lon, lat, offset = case
    tolerance = 5.0 if city in ("Beijing", "Guangzhou") else 0.1
    assert abs(metres((lon, lat), to_gcj02(lon, lat)) - offset) < tolerance


@pytest.mark.parametrize(("wgs", "gcj"), POLYNOMIAL)
def test_the_polynomial_is_the_published_one(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    np.testing.assert_allclose(to_gcj02(*wgs), gcj, rtol=0, atol=1e-12)
    np.testing.assert_allclose(from_gcj02(*gcj), wgs, rtol=0, atol=1e-12)


def test_bd09_of_a_published_point() -> None:
    """coordtransform: GCJ-02 116.404, 39.915 is BD-09 116.41036949371029, 39.92133699351021."""
    np.testing.assert_allclose(
        to_bd09(*from_gcj02(116.404, 39.915)), (116.41036949371029, 39.92133699351021), atol=1e-12
    )


@pytest.mark.parametrize(("wgs", "gcj", "bd"), WEB_MAP)
def test_published_triples_are_met_within_a_metre(
    wgs: tuple[float, float], gcj: tuple[float, float], bd: tuple[float, float]
) -> None:
    assert metres(to_gcj02(*wgs), gcj) < 1
    assert metres(from_gcj02(*gcj), wgs) < 1
    assert metres(to_bd09(*wgs), bd) < 1
    assert metres(from_bd09(*bd), wgs) < 1


def slow_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The polynomial one place at a time, written out term by term."""
    x, y, s, pi = lon - 105, lat - 35, math.sin, math.pi
    n = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    n += (20 * s(6 * x * pi) + 20 * s(2 * x * pi)) * 2 / 3 + (20 * s(y * pi) + 40 * s(y / 3 * pi)) * 2 / 3
    n += (160 * s(y / 12 * pi) + 320 * s(y * pi / 30)) * 2 / 3
    e = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    e += (20 * s(6 * x * pi) + 20 * s(2 * x * pi)) * 2 / 3 + (20 * s(x * pi) + 40 * s(x / 3 * pi)) * 2 / 3
    e += (150 * s(x / 12 * pi) + 300 * s(x / 30 * pi)) * 2 / 3
    a, e2 = 6378245.0, 0.00669342162296594323
    w = math.sqrt(1 - e2 * s(math.radians(lat)) ** 2)
    return (
        lon + e * 180 / (a / w * math.cos(math.radians(lat)) * pi),
        lat + n * 180 / (a * (1 - e2) / w**3 * pi),
    )


longitudes = arrays(np.float64, 20, elements=st.floats(73, 136))
latitudes = arrays(np.float64, 20, elements=st.floats(3, 54))


@given(longitudes, latitudes)
def test_many_places_at_once_are_each_alone(lon: Floats, lat: Floats) -> None:
    slow = np.array([slow_gcj02(x, y) for x, y in zip(lon, lat, strict=True)]).T
    np.testing.assert_allclose(to_gcj02(lon, lat), slow, rtol=0, atol=1e-11)


@given(longitudes, latitudes)
def test_there_and_back_is_less_than_a_tenth_of_a_millimetre(lon: Floats, lat: Floats) -> None:
    for there, back in ((to_gcj02, from_gcj02), (to_bd09, from_bd09)):
        np.testing.assert_allclose(back(*there(lon, lat)), (lon, lat), rtol=0, atol=1e-9)
        assert metres(back(*there(lon, lat)), (lon, lat)) < 1e-4


@given(longitudes, latitudes)
def test_every_place_in_china_moves_by_less_than_two_kilometres(lon: Floats, lat: Floats) -> None:
    assert metres(to_gcj02(lon, lat), (lon, lat)) < 1000
    assert metres(to_bd09(lon, lat), (lon, lat)) < 2000


@pytest.mark.parametrize("convert", ALL)
@pytest.mark.parametrize(
    "place", [(-79.4, 43.7), (24.94, 60.17), (72.0, 30.0), (137.9, 36.0), (100.0, 0.5), (0.0, 90.0)]
)
def test_outside_china_nothing_moves(convert: object, place: tuple[float, float]) -> None:
    assert convert(*place) == place  # type: ignore[operator]
    assert not in_china(np.array(place[0]), np.array(place[1]))


@pytest.mark.parametrize("convert", ALL)
def test_shapes_are_kept_and_arguments_untouched(convert: object) -> None:
    lon, lat = np.full((2, 3), 116.4), np.full((2, 3), 39.9)
    east, north = convert(lon, lat)  # type: ignore[operator]
    assert east.shape == north.shape == (2, 3)
    assert (lon == 116.4).all()
    assert (lat == 39.9).all()
    assert convert([], [])[0].shape == (0,)  # type: ignore[operator]


@pytest.mark.parametrize("convert", ALL)
@pytest.mark.parametrize(
    ("lon", "lat", "argument", "index"),
    [
        ([116.4, np.nan], [39.9, 39.9], "lon", (1,)),
        ([116.4, 116.4], [39.9, np.inf], "lat", (1,)),
        ([181.0], [39.9], "lon", (0,)),
        ([39.9, 39.9], [31.0, 116.4], "lat", (1,)),
        ([[116.4, 190.0]], [[39.9, 39.9]], "lon", (0, 1)),
        ([116.4], [39.9, 39.9], "lat", None),
        (["a"], [39.9], "lon", None),
        ([True], [39.9], "lon", (0,)),
    ],
)
def test_bad_arguments_are_named(
    convert: object, lon: object, lat: object, argument: str, index: tuple[int, ...] | None
) -> None:
    with pytest.raises(InputError) as caught:
        convert(lon, lat)  # type: ignore[operator]
    found = caught.value.index
    assert (caught.value.argument, found if found is None or isinstance(found, tuple) else (found,)) == (
        argument,
        index,
    )

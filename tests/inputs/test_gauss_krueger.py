"""The zones of Chinese mapping and their codes, against PROJ's own register."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from placesim.inputs.gauss_krueger import FIRST_CODES, SHAPES, Zone, numbered_zone, with_number, zone_of

ZONES = [
    Zone(datum, width, number, numbered)
    for datum in SHAPES
    for width, numbers in ((3, range(25, 46)), (6, range(13, 24)))
    for number in numbers
    for numbered in (True, False)
]


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.code)
def test_every_code_is_the_zone_that_it_is_said_to_be(zone: Zone) -> None:
    crs = pyproj.CRS(zone.code)
    said = {p.name: p.value for p in crs.coordinate_operation.params}
    assert crs.name.startswith(zone.datum)
    assert ("3-degree" in crs.name) == (zone.width == 3)
    assert said["Longitude of natural origin"] == zone.meridian
    assert said["False easting"] == 500_000 + zone.number * 1_000_000 * zone.numbered


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.code)
def test_a_zone_is_known_by_its_numbers_whatever_writes_it(zone: Zone) -> None:
    """Also as a shapefile's .prj, which holds no code."""
    for crs in (pyproj.CRS(zone.code), pyproj.CRS(pyproj.CRS(zone.code).to_wkt("WKT1_ESRI"))):
        found = zone_of(crs)
        assert found is not None
        assert (found.datum, found.meridian, found.numbered) == (zone.datum, zone.meridian, zone.numbered)
        if zone.numbered:
            assert found == zone


def test_the_codes_run_as_they_are_known() -> None:
    """EPSG 4491–4501, 4502–4512, 4513–4533 and 4534–4554."""
    assert {z.code for z in ZONES if z.datum == "CGCS2000"} == {f"EPSG:{c}" for c in range(4491, 4555)}
    assert all(len(set(codes.values())) == 4 for codes in FIRST_CODES.values())


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:4548+5737",  # with heights
        "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +towgs84=0,0,0 +units=m +type=crs",
    ],
)
def test_what_stands_beside_a_zone_is_no_matter(text: str) -> None:
    assert zone_of(pyproj.CRS(text)) == Zone("CGCS2000", 3, 39, False)


@pytest.mark.parametrize("code", [4490, 4326, 3857, 32650, 27700, 2263, 3067])
def test_other_systems_are_no_zone(code: int) -> None:
    assert zone_of(pyproj.CRS(code)) is None


def test_eastings_with_a_number() -> None:
    x = np.array([39_512_345, 20_512_345, 512_345, 12_900_000, 24_512_345, 50_512_345, 39_050_000, np.nan])
    assert with_number(x, np.full(8, 3_430_000.0)).tolist() == [True, True, *[False] * 6]
    assert numbered_zone(39) == Zone("CGCS2000", 3, 39, True)
    assert numbered_zone(39).code == "EPSG:4527"  # type: ignore[union-attr]
    assert numbered_zone(20).code == "EPSG:4498"  # type: ignore[union-attr]
    assert numbered_zone(24) is None

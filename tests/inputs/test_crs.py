"""Which coordinate system a run measures in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from four_areas import CRS, County, squares

from placesim.inputs.check_geometry import BORDER_METRES

LAMBERT = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"


def one_area(county: County, lon: float, lat: float, crs: str | int) -> str | None:
    """The system chosen for an area of about a kilometre at a place, given in a system."""
    box = gpd.GeoSeries([shapely.box(lon, lat, lon + 0.01, lat + 0.01)], crs=4326).to_crs(crs)
    county.areas(gpd.GeoDataFrame({"area_id": ["001"]}, geometry=box))
    return county.read()[0].crs


@pytest.mark.parametrize(
    ("lon", "lat", "given", "chosen"),
    [
        (119.0, 31.0, "EPSG:4490", "EPSG:4549"),  # CGCS2000 in degrees: zone of 120° E
        (118.4, 31.0, "EPSG:4490", "EPSG:4548"),  # 117° E is nearer than 120° E
        (87.6, 43.8, "EPSG:4490", "EPSG:4538"),  # Ürümqi, 87° E
        (119.0, 31.0, "EPSG:4326", "EPSG:32650"),
        (-79.9, 43.2, "EPSG:4326", "EPSG:32617"),
        (-43.9, -19.9, "EPSG:4674", "EPSG:32723"),
        (119.0, 31.0, "EPSG:4549", "EPSG:4549"),  # in metres already
        (119.0, 31.0, "EPSG:32650", "EPSG:32650"),
        (-79.9, 43.2, "EPSG:3857", "EPSG:32617"),  # Web Mercator: metres 37 % too long there
        (119.0, 31.0, LAMBERT, "EPSG:32650"),  # a national projection, 1.4 % off there
        (-93.0, 45.0, "EPSG:2263", "EPSG:32615"),  # feet
        (179.99, -17.0, "EPSG:4326", "EPSG:32760"),
    ],
)
def test_the_system_follows_the_areas(county: County, lon: float, lat: float, given: str, chosen: str) -> None:
    assert one_area(county, lon, lat, given) == chosen


def test_the_scenario_may_choose(county: County) -> None:
    county.say('name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:32650"')
    inputs, findings = county.read()
    assert inputs.crs == "EPSG:32650"
    assert inputs.areas.crs.to_epsg() == inputs.frame("schools").crs.to_epsg() == 32650
    assert [f.facts["crs"] for f in findings if f.code == "N203"] == ["EPSG:32650"]


def test_a_declared_system_overrides_the_file(county: County) -> None:
    county.areas(squares().set_crs(32650, allow_override=True))
    county.say('"areas.gpkg"', f'"areas.gpkg"\ncrs = "{CRS}"')
    assert county.read()[0].crs == CRS


def test_points_in_degrees_beside_areas_in_metres(county: County) -> None:
    point = gpd.GeoSeries([shapely.Point(400_500, 3_430_500)], crs=CRS).to_crs(4490)[0]
    text = (county.folder / "schools.csv").read_text(encoding="utf-8")
    text = text.replace("400500,3430500", f"{point.x},{point.y}").replace("401500,3431500", f"{point.x},{point.y}")
    county.write("schools.csv", text)
    county.say('"schools.csv"', '"schools.csv"\ncrs = "EPSG:4490"')
    rows = county.read()[0].frame("schools")
    np.testing.assert_allclose(rows[["x", "y"]].to_numpy(dtype=float), [[400_500, 3_430_500]] * 3, atol=0.001)
    np.testing.assert_array_equal(rows["x"], rows.geometry.x)


def test_roads_may_run_far_beyond_the_county_but_must_touch_it(county: County) -> None:
    lines = [shapely.LineString([(x, 3_430_000), (x + 500, 3_431_000)]) for x in (400_100, 900_000)]
    county.say("[inputs.flows]", '[inputs.roads]\npath = "roads.gpkg"\n[inputs.flows]')
    gpd.GeoDataFrame({"road_id": ["1", "2"]}, geometry=lines, crs=CRS).to_file(county.folder / "roads.gpkg")
    assert not [f for f in county.findings() if f.is_error]
    gpd.GeoDataFrame({"road_id": ["2"]}, geometry=lines[1:], crs=CRS).to_file(county.folder / "roads.gpkg")
    assert county.only("E242").file == "roads.gpkg"


def test_the_distance_outside_is_in_metres(county: County) -> None:
    county.edit("schools.csv", "401500,3431500", "402250,3431500")
    assert county.only("W301").facts["metres"] == "250"
    assert BORDER_METRES < 250

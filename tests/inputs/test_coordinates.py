"""Coordinates as counties bring them: zones, lost systems, exchanged axes, mixed systems, datums of web maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from four_areas import CRS, EAST, NORTH, County, squares

from placesim.inputs.web_map_datums import to_bd09, to_gcj02

POINT = (EAST + 300, NORTH + 700)
NUMBERED = "EPSG:4528"  # CRS with the zone number 40 before its eastings
GEOMETRY = {"sites": "site_id", "points": "point_id", "roads": "road_id", "barriers": "barrier_id"}


def relabelled(crs: Any, said: Any) -> gpd.GeoDataFrame:
    """The four areas with the numbers of one system under the name of another."""
    return squares().to_crs(crs).set_crs(said, allow_override=True)


def turned(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """x and y exchanged."""
    return frame.set_geometry(
        gpd.GeoSeries(shapely.transform(frame.geometry.values, lambda xy: xy[:, ::-1]), crs=frame.crs)
    )


def schools(county: County, crs: int, said: str | None, exchange: bool = False) -> None:
    """The schools' coordinates in another system, and what the scenario says of it."""
    text = (county.folder / "schools.csv").read_text(encoding="utf-8")
    way = pyproj.Transformer.from_crs(CRS, crs, always_xy=True)
    for x, y in ((400500, 3430500), (401500, 3431500)):
        ends = way.transform(x, y)[:: -1 if exchange else 1]
        text = text.replace(f"{x},{y}", f"{ends[0]:.9f},{ends[1]:.9f}")
    county.write("schools.csv", text)
    if said:
        county.say('"schools.csv"', f'"schools.csv"\ncrs = "{said}"')


def layer(county: County, name: str, frame: gpd.GeoDataFrame, file: str, said: str | None = None) -> None:
    path = county.folder / file
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
    declared = f'\ncrs = "{said}"' if said else ""
    county.say("[inputs.flows]", f'[inputs.{name}]\npath = "{file}"{declared}\n[inputs.flows]')


def one(name: str) -> gpd.GeoDataFrame:
    """One feature of a geometry table, near the middle of the county."""
    line = shapely.LineString([POINT, (POINT[0] + 400, POINT[1] + 100)])
    shape = line if name in ("roads", "barriers") else shapely.Point(POINT)
    columns: dict[str, list[Any]] = {GEOMETRY[name]: ["1"]}
    if name == "points":
        columns |= {"area_id": ["001"], "weight": [1.0]}
    return gpd.GeoDataFrame(columns, geometry=[shape], crs=CRS)


# ------------------------------------------------------------------------------------------------------------- zones
def test_a_zone_number_where_the_system_has_none(county: County) -> None:
    county.areas(relabelled(NUMBERED, CRS))
    finding = county.only("E253")
    assert (finding.file, finding.row, finding.facts["count"]) == ("areas.gpkg", 1, 4)
    assert (finding.facts["number"], finding.facts["code"], finding.facts["meridian"]) == (40, NUMBERED, 120)


def test_no_zone_number_where_the_system_has_one(county: County) -> None:
    county.areas(relabelled(CRS, NUMBERED))
    finding = county.only("E254")
    assert (finding.facts["number"], finding.facts["code"]) == (40, CRS)


@pytest.mark.parametrize(
    ("given", "said", "code", "likely"),
    [
        (4528, CRS, "E253", "EPSG:4528"),
        (4528, "EPSG:4548", "E253", "EPSG:4528"),  # and of another meridian: the number decides
        (4498, CRS, "E253", "EPSG:4498"),  # 6-degree zone 20
        (4549, "EPSG:4528", "E254", "EPSG:4549"),
        (4509, "EPSG:4498", "E254", "EPSG:4509"),
        (2364, "EPSG:2385", "E253", "EPSG:2364"),  # Xian 1980
        (2437, "EPSG:2416", "E254", "EPSG:2437"),  # Beijing 1954
    ],
)
def test_zones_of_points(county: County, given: int, said: str, code: str, likely: str) -> None:
    schools(county, given, said)
    finding = county.only(code)
    assert (finding.file, finding.row, finding.column, finding.facts["code"]) == ("schools.csv", 2, "x", likely)
    county.say(f'crs = "{said}"', f'crs = "{likely}"')
    assert not [f for f in county.findings() if f.is_error]


def test_web_mercator_is_not_taken_for_a_zone_of_the_far_west(county: County) -> None:
    """Its eastings at 119° E begin with 13, the number of the zone of 75° E."""
    schools(county, 3857, CRS)
    assert "EPSG:3857" in county.only("E243").facts["likely"]["en"]


def test_points_with_a_number_beside_areas_without(county: County) -> None:
    """They are taken in the areas' system, and do not fit it."""
    schools(county, 4528, None)
    assert county.only("E253").facts["code"] == NUMBERED


@pytest.mark.parametrize("code", [4528, 4509, 4498, 4549])
def test_every_way_of_writing_a_zone_gives_the_same_county(county: County, code: int) -> None:
    county.areas(squares().to_crs(code))
    county.say('"schools.csv"', f'"schools.csv"\ncrs = "{CRS}"')
    county.say('name = "four-areas"', f'name = "four-areas"\ncrs = "{CRS}"')
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error]
    assert inputs.areas.geometry.hausdorff_distance(squares().geometry, align=False).max() < 1e-3


# ----------------------------------------------------------------------------------------------------- lost systems
@pytest.mark.parametrize(
    ("given", "named"), [(4490, "EPSG:4490"), (4528, "EPSG:4528"), (3857, "EPSG:3857"), (4549, "cannot be read")]
)
def test_areas_without_a_system_look_like_one(county: County, given: int, named: str) -> None:
    county.areas(squares().to_crs(given).set_crs(None, allow_override=True))
    assert named in county.only("E207").facts["likely"]["en"]


def test_a_layer_beside_known_areas_is_told_its_zone(county: County) -> None:
    """Where the areas are known, the zone of six-digit eastings is, too."""
    layer(county, "sites", one("sites").set_crs(None, allow_override=True), "sites.shp")
    finding = county.only("E207")
    assert finding.file == "sites.shp"
    assert f'"{CRS}" (120° E) would put them into the county' in finding.facts["likely"]["en"]


def test_a_zone_of_another_meridian_is_told_the_right_one(county: County) -> None:
    schools(county, 4549, "EPSG:4547")
    assert CRS in county.only("E242").facts["likely"]["en"]


def test_a_system_that_calls_itself_undefined_is_none(county: County) -> None:
    """GeoPackage knows two of them, and formats hand them on as if they were systems."""
    county.areas(squares().to_crs(4490).set_crs(pyproj.CRS.from_wkt(UNDEFINED), allow_override=True))
    assert "EPSG:4490" in county.only("E207").facts["likely"]["en"]


UNDEFINED = (
    'GEOGCS["Undefined geographic SRS",DATUM["unknown",SPHEROID["unknown",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


def test_geojson_in_metres_is_told_what_it_looks_like(county: County) -> None:
    """GeoJSON without a system is in longitudes and latitudes by its standard; programs write metres all the same."""
    bare = squares().to_crs(4528).set_crs(4326, allow_override=True)
    bare.to_file(county.folder / "a.geojson")
    county.say('"areas.gpkg"', '"a.geojson"')
    assert NUMBERED in county.only("E243").facts["likely"]["en"]


# -------------------------------------------------------------------------------------------------------- axis order
@pytest.mark.parametrize("crs", [4490, 4326, 4549, 4528, 32650, 3857])
def test_areas_with_exchanged_axes(county: County, crs: int) -> None:
    county.areas(turned(squares().to_crs(crs)))
    finding = county.only("E255")
    assert (finding.file, finding.row, finding.facts["count"]) == ("areas.gpkg", 1, 4)


@pytest.mark.parametrize(("lon", "lat"), [(76.0, 39.5), (87.6, 43.8), (91.1, 29.7), (110.3, 20.0), (126.6, 53.0)])
@pytest.mark.parametrize("metric", [False, True])
def test_exchanged_axes_all_over_china(county: County, lon: float, lat: float, metric: bool) -> None:
    """In the far west a longitude could be a latitude: of the Arctic Ocean."""
    box = gpd.GeoSeries([shapely.box(lon, lat, lon + 0.01, lat + 0.01)], crs=4490)
    zone = 4534 + round(lon / 3) - 25
    county.areas(turned(gpd.GeoDataFrame({"area_id": ["001"]}, geometry=box).to_crs(zone if metric else 4490)))
    assert [f.code for f in county.read()[1] if f.is_error] == ["E255"]


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(25.0, 60.2), (25.7, 71.0), (-79.4, 43.7), (-43.2, -22.9), (76.0, 39.5), (134.5, 48.3), (-68.3, -54.8)],
)
def test_sound_areas_are_not_taken_for_exchanged(county: County, lon: float, lat: float) -> None:
    box = gpd.GeoSeries([shapely.box(lon, lat, lon + 0.01, lat + 0.01)], crs=4326)
    county.areas(gpd.GeoDataFrame({"area_id": ["001"]}, geometry=box))
    found = county.read()[1]
    assert not [f for f in found if f.file == "areas.gpkg" and f.code != "N203"]


@pytest.mark.parametrize("crs", [4490, 4549, 4528])
def test_points_with_exchanged_axes_are_told_their_columns(county: County, crs: int) -> None:
    schools(county, crs, f"EPSG:{crs}", exchange=True)
    county.edit("schools.csv", ",x,y,", ",X坐标,Y坐标,")
    county.say('"schools.csv"', '"schools.csv"\ncolumns = { x = "X坐标", y = "Y坐标" }')
    finding = county.only("E241")
    assert 'columns = { x = "Y坐标", y = "X坐标" }' in finding.facts["remedy"]["zh"]
    county.say('x = "X坐标", y = "Y坐标"', 'x = "Y坐标", y = "X坐标"')
    assert not [f for f in county.findings() if f.is_error]


def test_a_layer_with_exchanged_axes_is_told_what_to_do_in_qgis(county: County) -> None:
    layer(county, "sites", turned(one("sites")), "sites.gpkg")
    assert "QGIS" in county.only("E241").facts["remedy"]["en"]


# ------------------------------------------------------------------------------------- degrees and metres, wild corners
def test_one_area_in_degrees_among_metres(county: County) -> None:
    areas = squares()
    areas.loc[2, "geometry"] = areas.to_crs(4490).geometry[2]
    county.areas(areas)
    finding = county.only("E243")
    assert (finding.row, finding.facts["count"]) == (3, 1)
    assert "EPSG:4490" in finding.facts["likely"]["en"]


def test_a_small_area_at_the_origin_of_a_local_grid_is_no_fault(county: County) -> None:
    grid = "+proj=tmerc +lat_0=31 +lon_0=119 +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m"
    boxes = [shapely.box(0, 0, 80, 80), shapely.box(80, 0, 900, 900)]
    county.areas(gpd.GeoDataFrame({"area_id": ["001", "002"]}, geometry=boxes, crs=grid))
    assert not [f for f in county.read()[1] if f.file == "areas.gpkg" and f.is_error]


@pytest.mark.parametrize("corner", [(0.0, 0.0), (118.95, 31.0)])
def test_one_corner_of_a_road_in_degrees(county: County, corner: tuple[float, float]) -> None:
    """It would be a road of three thousand kilometres."""
    roads = gpd.GeoDataFrame(
        {"road_id": ["1", "2"]},
        geometry=[one("roads").geometry[0], shapely.LineString([POINT, corner])],
        crs=CRS,
    )
    layer(county, "roads", roads, "roads.gpkg")
    finding = county.only("E243")
    assert (finding.file, finding.row) == ("roads.gpkg", 2)


def test_one_road_with_exchanged_axes(county: County) -> None:
    """The others lie where they should."""
    good = one("roads")
    layer(county, "roads", gpd.GeoDataFrame(pd.concat([good, turned(good).assign(road_id="2")])), "roads.gpkg")
    finding = county.only("E241")
    assert (finding.file, finding.row, finding.facts["count"]) == ("roads.gpkg", 2, 1)


def test_one_wild_corner_of_an_area_is_told(county: County) -> None:
    areas = squares()
    areas.loc[3, "geometry"] = shapely.Polygon([*areas.geometry[3].exterior.coords[:3], (EAST, NORTH + 500_000)])
    county.areas(areas)
    (finding,) = [f for f in county.findings() if f.code == "W204"]
    assert (finding.row, finding.value, finding.facts["kilometres"]) == (4, "004", "499")


def test_one_wild_corner_does_not_choose_the_system(county: County) -> None:
    areas = squares().to_crs(4490)
    corners = list(areas.geometry[3].exterior.coords)[:3]
    areas.loc[3, "geometry"] = shapely.Polygon([*corners, (corners[2][0] - 30, corners[2][1])])
    county.areas(areas)
    inputs, findings = county.read()
    assert inputs.crs == CRS
    assert [f.row for f in findings if f.code == "W204"] == [4]


def test_areas_that_lie_wide_apart_are_no_fault(county: County) -> None:
    wide = gpd.GeoDataFrame(
        {"area_id": ["1", "2", "3"]},
        geometry=[shapely.box(EAST + d, NORTH, EAST + d + 1000, NORTH + 1000) for d in (0, 40_000, 90_000)],
        crs=CRS,
    )
    county.areas(wide)
    assert "W204" not in {f.code for f in county.read()[1]}


# ------------------------------------------------------------------------------------------------- the run's own system
def test_a_run_in_web_mercator_is_refused(county: County) -> None:
    """Its metres are a sixth too long at 31° N."""
    county.say('name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:3857"')
    finding = county.only("E256")
    assert (finding.file, finding.column, finding.facts["share"]) == ("base.toml", "crs", "17%")


@pytest.mark.parametrize(("asked", "code"), [("EPSG:4545", "W203"), ("EPSG:4548", None), ("EPSG:4528", None)])
def test_a_run_in_another_zone(county: County, asked: str, code: str | None) -> None:
    """108° E is 11 degrees off: 1.4 %; the neighbour's zone is off by a thousandth."""
    county.say('name = "four-areas"', f'name = "four-areas"\ncrs = "{asked}"')
    codes = {f.code for f in county.read()[1]} & {"W203", "E256"}
    assert codes == ({code} if code else set())


def test_a_run_in_a_system_of_another_continent(county: County) -> None:
    county.say('name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:32610"')
    assert county.only("E256").value == "EPSG:32610"


# ------------------------------------------------------------------------------------------------------ mixed systems
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "parquet"])
@pytest.mark.parametrize("crs", [4326, 3857, 32650, 4528])
def test_every_format_is_converted_and_noted(county: County, suffix: str, crs: int) -> None:
    layer(county, "sites", one("sites").to_crs(crs), f"sites.{suffix}")
    note = county.only("N202")
    assert note.file == f"sites.{suffix}"
    assert note.facts["areas_crs"] == CRS
    site = county.read()[0].frame("sites").iloc[0]
    np.testing.assert_allclose((site["x"], site["y"]), POINT, atol=0.02)  # GeoJSON keeps seven digits of a degree


@pytest.mark.parametrize("name", list(GEOMETRY))
def test_every_geometry_table_is_converted_and_noted(county: County, name: str) -> None:
    layer(county, name, one(name).to_crs(4326), f"{name}.gpkg")
    assert [f.file for f in county.read()[1] if f.code == "N202"] == [f"{name}.gpkg"]
    shape = county.read()[0].frame(name).geometry.iloc[0]
    assert shape.hausdorff_distance(one(name).geometry[0]) < 1e-3


def test_declared_columns_of_another_system_are_noted(county: County) -> None:
    schools(county, 4326, "EPSG:4326")
    assert county.only("N202").file == "schools.csv"


def test_a_system_under_another_name_is_no_other_system(county: County) -> None:
    layer(
        county,
        "sites",
        one("sites").set_crs(pyproj.CRS(pyproj.CRS(CRS).to_wkt("WKT1_ESRI")), allow_override=True),
        "s.shp",
    )
    assert "N202" not in {f.code for f in county.findings()}


@pytest.mark.parametrize(("crs", "datum"), [(2385, "Xian 1980"), (4610, "Xian 1980"), (2437, "Beijing 1954")])
def test_an_old_datum_is_converted_as_well_as_may_be_and_said(county: County, crs: int, datum: str) -> None:
    layer(county, "sites", one("sites").to_crs(crs), "sites.gpkg")
    note = county.only("N206")
    assert (note.file, note.facts["datum"], note.facts["run_datum"]) == (
        "sites.gpkg",
        datum,
        "China Geodetic Coordinate System 2000",
    )


@pytest.mark.parametrize("crs", [4326, 32650, 3857, 4490])
def test_datums_that_agree_within_decimetres_are_not_mentioned(county: County, crs: int) -> None:
    layer(county, "sites", one("sites").to_crs(crs), "sites.gpkg")
    assert "N206" not in {f.code for f in county.findings()}


# ------------------------------------------------------------------------------------------------- datums of web maps
def on_web_map(frame: gpd.GeoDataFrame, way: Any) -> gpd.GeoDataFrame:
    """Every vertex as a web map shows it, in degrees."""
    degrees = frame.to_crs(4326)
    shapes = shapely.transform(degrees.geometry.values, lambda xy: np.column_stack(way(*xy.T)))
    return degrees.set_geometry(gpd.GeoSeries(shapes, crs=4326))


@pytest.mark.parametrize(
    ("said", "way"),
    [("GCJ-02", to_gcj02), ("GCJ02", to_gcj02), ("gcj02", to_gcj02), ("Gcj_02", to_gcj02),
     ("BD-09", to_bd09), ("BD09", to_bd09), ("bd-09", to_bd09), ("bd09ll", to_bd09)],
)  # fmt: skip
def test_columns_of_a_web_map_are_moved_back(county: County, said: str, way: Any) -> None:
    text = (county.folder / "schools.csv").read_text(encoding="utf-8")
    to_degrees = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
    for x, y in ((400500, 3430500), (401500, 3431500)):
        lon, lat = way(*to_degrees.transform(x, y))
        text = text.replace(f"{x},{y}", f"{lon},{lat}")
    county.write("schools.csv", text)
    county.say('"schools.csv"', f'"schools.csv"\ncrs = "{said}"')
    note = county.only("N204")
    assert note.facts["datum"] == ("GCJ-02" if way is to_gcj02 else "BD-09")
    assert 100 < float(note.facts["metres"]) < 1500
    rows = county.read()[0].frame("schools")
    np.testing.assert_allclose(rows[["x", "y"]].to_numpy(dtype=float), SCHOOLS, atol=0.001)


SCHOOLS = [[400_500, 3_430_500], [400_500, 3_430_500], [401_500, 3_431_500]]


@pytest.mark.parametrize(("said", "way"), [("GCJ-02", to_gcj02), ("BD-09", to_bd09)])
def test_every_vertex_of_a_layer_is_moved_back(county: County, said: str, way: Any) -> None:
    """Areas and lines, whatever system the file says."""
    county.areas(on_web_map(squares(), way).set_crs(4490, allow_override=True))
    county.say('"areas.gpkg"', f'"areas.gpkg"\ncrs = "{said}"')
    county.say('"schools.csv"', f'"schools.csv"\ncrs = "{CRS}"')
    county.say('name = "four-areas"', f'name = "four-areas"\ncrs = "{CRS}"')
    layer(county, "roads", on_web_map(one("roads"), way), "roads.gpkg", said)
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error]
    assert [f.file for f in findings if f.code == "N204"] == ["areas.gpkg", "roads.gpkg"]
    assert inputs.areas.geometry.hausdorff_distance(squares().geometry, align=False).max() < 0.001
    assert inputs.frame("roads").geometry.iloc[0].hausdorff_distance(one("roads").geometry[0]) < 0.001
    assert {f.facts["areas_crs"] for f in findings if f.code in ("N202", "N203")} == {said}


@pytest.mark.parametrize("crs", [3857, 4549, 4490])
def test_a_layer_of_a_web_map_that_was_projected_on_saving(county: County, crs: int) -> None:
    layer(county, "sites", on_web_map(one("sites"), to_gcj02).to_crs(crs), "sites.gpkg", "GCJ-02")
    assert county.only("N204").file == "sites.gpkg"
    site = county.read()[0].frame("sites").iloc[0]
    np.testing.assert_allclose((site["x"], site["y"]), POINT, atol=0.001)


def test_columns_that_say_nothing_are_taken_as_the_areas_of_a_web_map(county: County) -> None:
    county.areas(on_web_map(squares(), to_gcj02))
    county.say('"areas.gpkg"', '"areas.gpkg"\ncrs = "GCJ-02"')
    text = (county.folder / "schools.csv").read_text(encoding="utf-8")
    to_degrees = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
    for x, y in ((400500, 3430500), (401500, 3431500)):
        lon, lat = to_gcj02(*to_degrees.transform(x, y))
        text = text.replace(f"{x},{y}", f"{lon},{lat}")
    county.write("schools.csv", text)
    findings = county.findings()
    assert not [f for f in findings if f.is_error or f.code == "W301"]
    assert [f.facts["crs"] for f in findings if f.code == "N201"] == ["GCJ-02"]


def test_outside_china_a_web_map_is_not_distorted_and_that_is_said(county: County) -> None:
    box = gpd.GeoSeries([shapely.box(-79.9, 43.2, -79.89, 43.21)], crs=4326)
    county.areas(gpd.GeoDataFrame({"area_id": ["001"]}, geometry=box))
    county.say('"areas.gpkg"', '"areas.gpkg"\ncrs = "GCJ-02"')
    inputs, findings = county.read()
    assert [f.code for f in findings if f.file == "areas.gpkg"] == ["N205", "N203"]
    assert inputs.areas.to_crs(4326).geometry.iloc[0].hausdorff_distance(box[0]) < 1e-9


def test_metres_said_to_be_of_a_web_map(county: County) -> None:
    county.say('"schools.csv"', '"schools.csv"\ncrs = "GCJ-02"')
    finding = county.only("E243")
    assert CRS in finding.facts["likely"]["en"]


# ------------------------------------------------------------------------------------------------------ broken shapes
SQUARE = shapely.box(EAST, NORTH, EAST + 1000, NORTH + 1000)
INNER = [(EAST + 200, NORTH + 200), (EAST + 400, NORTH + 200), (EAST + 400, NORTH + 400)]
BOW_TIE = [(EAST, NORTH), (EAST + 1000, NORTH + 1000), (EAST + 1000, NORTH), (EAST, NORTH + 1000)]
HOLLOW = [(EAST + 100, NORTH + 100), (EAST + 800, NORTH + 100), (EAST + 800, NORTH + 800), (EAST + 100, NORTH + 800)]
BROKEN: dict[str, Any] = {
    "bow tie": shapely.Polygon(BOW_TIE),
    "bow tie in a part": shapely.MultiPolygon([shapely.Polygon(BOW_TIE), shapely.Polygon(INNER)]),
    "part twice": shapely.MultiPolygon([SQUARE, SQUARE]),
    "ring twice": shapely.Polygon(SQUARE.exterior.coords, [INNER, INNER]),
    "hole as large as the polygon": shapely.Polygon(SQUARE.exterior.coords, [SQUARE.exterior.coords]),
    "hole outside": shapely.Polygon(INNER, [[(x + 5000, y) for x, y in INNER]]),
    "hole in a hole": shapely.Polygon(SQUARE.exterior.coords, [HOLLOW, INNER]),
    "flat": shapely.Polygon([(EAST, NORTH), (EAST + 500, NORTH + 500), (EAST + 1000, NORTH + 1000)]),
    "spike": shapely.Polygon([*SQUARE.exterior.coords[:3], (EAST - 900, NORTH + 1000), (EAST, NORTH + 1000)]),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_broken_polygons_are_named(county: County, name: str) -> None:
    areas = squares()
    areas.loc[0, "geometry"] = BROKEN[name]
    county.areas(areas)
    finding = county.only("E306")
    assert (finding.file, finding.row, finding.value) == ("areas.gpkg", 1, "001")
    assert finding.facts["reason"]["zh"] != finding.facts["reason"]["en"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_corner_that_is_no_number(county: County, bad: float) -> None:
    areas = squares()
    areas.loc[0, "geometry"] = shapely.Polygon([*SQUARE.exterior.coords[:3], (bad, NORTH + 1000)])
    areas.to_parquet(county.folder / "a.parquet")
    county.say('"areas.gpkg"', '"a.parquet"')
    errors = [f for f in county.findings() if f.is_error]
    assert [(f.code, f.row) for f in errors] == [("E306" if np.isnan(bad) else "E243", 1)]


def test_an_area_without_surface(county: County) -> None:
    areas = squares()
    corners = [(EAST, NORTH), (EAST + 900, NORTH), (EAST + 900, NORTH + 0.001)]
    areas.loc[0, "geometry"] = shapely.Polygon(corners)
    county.areas(areas)
    finding = county.only("E257")
    assert (finding.row, finding.value, finding.facts["square_metres"]) == (1, "001", "0.45")


@pytest.mark.parametrize("said", ["EPSG:4978", "EPSG:5773"])
def test_a_system_without_places_on_a_map(county: County, said: str) -> None:
    """Coordinates from the earth's centre, and heights."""
    county.say('"schools.csv"', f'"schools.csv"\ncrs = "{said}"')
    finding = county.only("E258")
    assert (finding.file, finding.column, finding.value) == ("base.toml", "inputs.schools.crs", said)


NUMBERS = (0.0, -1.0, 31.0, 118.95, 181.0, 400_500.0, 3_430_500.0, 40_400_500.0, 13_200_000.0, -4e7, 1e15, 1e300)
SYSTEMS = (
    "EPSG:4490",
    CRS,
    NUMBERED,
    "EPSG:3857",
    "EPSG:32650",
    "GCJ-02",
    "BD-09",
    "EPSG:4978",
    "EPSG:5773",
    "+proj=robin",
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_whatever_the_numbers_there_is_a_finding_and_no_crash(county: County, system: str) -> None:
    """A place that is let pass lies in or near the county; one that does not is named."""
    places = [shapely.Point(x, y) for x in NUMBERS for y in NUMBERS]
    sites = gpd.GeoDataFrame({"site_id": [f"{i:03}" for i in range(len(places))]}, geometry=places)
    layer(county, "sites", sites, "sites.parquet", system)
    found = county.findings()
    assert [f for f in found if f.is_error and "sites" in f"{f.file}{f.column}"]
    inputs = county.read()[0]
    kept = inputs.frame("sites").geometry.dropna() if inputs.has("sites") else []
    if len(kept):
        assert kept.distance(shapely.Point(EAST + 1000, NORTH + 1000)).max() < 20_000


@pytest.mark.parametrize("system", SYSTEMS)
def test_whatever_the_areas_there_is_a_finding_and_no_crash(county: County, system: str) -> None:
    """Areas of every size of number, some of them all over the world."""
    corners = [(x, y) for x in NUMBERS for y in NUMBERS]
    boxes = [shapely.box(x, y, x + max(1, abs(x) * 1e-3), y + max(1, abs(y) * 1e-3)) for x, y in corners]
    areas = gpd.GeoDataFrame({"area_id": [f"{i:03}" for i in range(len(boxes))]}, geometry=boxes)
    areas.to_parquet(county.folder / "a.parquet")
    county.say('"areas.gpkg"', f'"a.parquet"\ncrs = "{system}"')
    assert [f for f in county.findings() if f.is_error]


def test_files_are_as_before(county: County, tmp_path: Path) -> None:
    """Reading writes nothing, also where vertices are moved."""
    county.areas(on_web_map(squares(), to_gcj02))
    county.say('"areas.gpkg"', '"areas.gpkg"\ncrs = "GCJ-02"')
    before = {f.name: f.read_bytes() for f in county.folder.iterdir()}
    county.findings()
    assert {f.name: f.read_bytes() for f in county.folder.iterdir()} == before

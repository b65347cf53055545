"""Every finding of the inputs, one fault at a time: its code, file, row, column and value."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from four_areas import CRS, EAST, FILES, NORTH, County, squares

from placesim.messages import line

ROOT = Path(__file__).resolve().parents[2]


def test_the_sound_county_has_nothing_but_notes(county: County) -> None:
    assert {f.code for f in county.findings()} == {"N201", "N203"}


def test_every_code_of_the_catalogue_is_raised_and_tested() -> None:
    """A code nobody can meet, or that no test has met, is a mistake."""
    files = [ROOT / f"placesim/messages/en/{name}.toml" for name in ("inputs", "coordinates", "postgis")]
    entries = [code for file in files for code in tomllib.loads(file.read_text(encoding="utf-8"))["finding"]]
    codes = {code for code in entries if code[1] in "23"}  # what is written to a database has codes of its own
    source = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "placesim/inputs").glob("*.py"))
    tests = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "tests/inputs").glob("test_*.py"))
    assert {c for c in codes if f'"{c}"' not in source} == set()
    assert {c for c in codes if f'"{c}"' not in tests} == set()
    assert set(re.findall(r'"([EWN][23]\d\d)"', source)) == codes


# code, file, text there, text instead, row, column, value
FAULTS = [
    ("E216", "enrolment.csv", "001,2024,G1,130", "001,2024,G1,", 2, "pupils", ""),
    ("E217", "schools.csv", "松岭学校,24,2,,400500", "松岭学校,24,2班,,400500", 2, "temporary_rooms", "2班"),
    ("E217", "flows.csv", "primary,40", "primary,约300", 2, "pupils", "约300"),
    ("E218", "enrolment.csv", "G7,90,2,2", "G7,90.5,2,2", 3, "pupils", "90.5"),
    ("E219", "schools.csv", "小学,,,180", "小学,,,180000", 4, "places", "180000"),
    ("E219", "flows.csv", "primary,40", "primary,-4", 2, "pupils", "-4"),
    ("E220", "crosswalk.csv", "X,001,0.4", "X,001,40", 2, "share", "40"),
    ("E220", "crosswalk.csv", "X,001,0.4", "X,001,40%", 2, "share", "40%"),
    ("E221", "enrolment.csv", "002,2023,G1", "002,2023-2024,G1", 5, "year", "2023-2024"),
    ("E221", "schools.csv", "G1,1990", "G1,32874", 4, "valid_from", "32874"),
    ("E222", "children.csv", "permit,2024-12-31", "permit,2024/12/31", 3, "as_of", "2024/12/31"),
    ("E222", "children.csv", "permit,2024-12-31", "permit,2024-02-30", 3, "as_of", "2024-02-30"),
    ("E224", "developments.csv", "planned", "规划中", 2, "status", "规划中"),
    ("E225", "enrolment.csv", "001,2024,G1,130", "001,2024,G1,１３０", 2, "pupils", "１３０"),
    ("E225", "developments.csv", "2026,300,", '2026,"1,300",', 2, "dwellings", "1,300"),
    ("E226", "planning_areas.csv", "溪口乡", "溪口乡中心片区".encode().decode("gb18030", "ignore"), 3, "name", None),
    ("E227", "planning_areas.csv", "溪口乡", "锟斤拷锟斤拷", 3, "name", "锟斤拷锟斤拷"),
    ("E227", "planning_areas.csv", "溪口乡", "溪\ufffd乡", 3, "name", "溪\ufffd乡"),
    ("E228", "schools.csv", "松岭学校,24,2,,400500", "松岭学校,24,#REF!,,400500", 2, "temporary_rooms", "#REF!"),
    ("E230", "developments.csv", "2026,300,", "2026,2025-05-06,", 2, "dwellings", "2025-05-06"),
    ("E231", "flows.csv", "primary,40", "primary,40,17", 2, None, "17"),
    ("E236", "planning_areas.csv", "02,溪口乡", "3.2E+17,溪口乡", 3, "planning_area", "3.2E+17"),
    ("E237", "population.csv", "001,2024,female,5,120", "001,2024,female,5,3", 3, "age_to", "3"),
    ("E245", "schools.csv", ",G1,1990", ",G7,1990", 4, "first_grade", "G7"),
    ("E247", "schools.csv", "溪口小学,,,180", "溪口小学,5,7,180", 4, "temporary_rooms", "7"),
    ("E248", "children.csv", "permit,2024-12-31", "permit,2029-12-31", 3, "as_of", "2029-12-31"),
    ("E300", "flows.csv", "outside,001,2024,primary,3", "001,001,2024,primary,3", 3, "area_id", "001"),
    ("E301", "flows.csv", "001,001,2024,primary,40", "1,001,2024,primary,40", 2, "area_id", "1"),
    ("E302", "flows.csv", "001,001,2024,primary,40", "Q77,001,2024,primary,40", 2, "area_id", "Q77"),
    ("E303", "flows.csv", "001,001,2024,primary,40", "001,001,2024,小学,40", 2, "stage", "小学"),
    ("E304", "schools.csv", "001,junior,松岭学校,24,2", "001,junior,松岭学校,30,2", 3, "rooms", "30"),
    ("E305", "schools.csv", "小学,,,180", "小学,,,", 4, "rooms", None),
    ("E308", "population.csv", "001,2024,female,5,120", "001,2024,female,9,120", 2, "age_from", ""),
    ("E311", "enrolment.csv", "002,2024,G1,25,1", "002,2024,G1,2500,30", None, "pupils", None),
    ("E312", "enrolment.csv", "G7,90,2,2,0", "G7,90,2,1,0", 3, "classes", "2"),
    ("E313", "enrolment.csv", "002,2024,G1,25,1", "002,2024,G1,125,1", 4, "pupils", "125"),
    ("E315", "children.csv", "002,2023,permit", "002,2026,permit", 3, "cohort", "2026"),
    ("E316", "catchments.csv", "004,001,junior", "004,002,junior", 10, "stage", "junior"),
    ("E318", "catchments.csv", "001,001,primary,,,", "001,001,primary,,,2026\n001,001,primary,,2026,", 3,
     "valid_from", "2026"),
    ("E319", "crosswalk.csv", "X,002,0.6", "X,002,0.5", 2, "share", "0.4"),
    ("E319", "catchments.csv", "004,002,primary,0.75", "004,002,primary,0.5", 5, "share", "0.25"),
    ("W301", "schools.csv", "401500,3431500", "402900,3431500", 4, "school_id", "002"),
    ("W304", "enrolment.csv", "002,2024,G1,25,1", "002,2024,G1,490,10", None, "pupils", None),
    ("W309", "developments.csv", "2026,300", "1999,300", 2, "year", "1999"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}-{f[1]}-{f[3][-12:]}")
def test_a_fault_in_a_csv_is_named_with_its_cell(county: County, fault: tuple) -> None:
    code, file, old, new, row, column, value = fault
    county.edit(file, old, new)
    finding = county.only(code)
    assert (finding.file, finding.row, finding.column) == (file, row, column)
    if value is not None:
        assert (finding.value or "") == value


# code, scenario text there, text instead, key the finding names, value
SAID = [
    ("E200", "[inputs.crosswalk]", "[inputs.crosswalks]", "inputs.crosswalks", "crosswalks"),
    ("E201", '"flows.csv"', '"flow.csv"', "inputs.flows.path", "flow.csv"),
    ("E202", '"flows.csv"', '"flows.dbf"', "inputs.flows.path", "flows.dbf"),
    ("E204", '"areas.gpkg"', '"areas.gpkg"\nlayer = "area"', "inputs.areas.layer", "area"),
    ("E211", '"flows.csv"', '"flows.csv"\ncolumns = { pupil = "pupils" }', "inputs.flows.columns.pupil", "pupil"),
    ("E211", '"flows.csv"', '"flows.csv"\nvalues = { stages = { a = "b" } }', "inputs.flows.values.stages", "stages"),
    ("E211", '"crosswalk.csv"', '"crosswalk.csv"\nyear = 2024', "inputs.crosswalk.year", "year"),
    ("E212", '"flows.csv"', '"flows.csv"\ncolumns = { pupils = "人数" }', "inputs.flows.columns.pupils", "人数"),
    ("E212", '"flows.csv"', '"flows.csv"\nwhere = { "学段" = "小学" }', "inputs.flows.where.学段", "学段"),
    ("E213", '"flows.csv"', '"flows.csv"\nyear = 2024\ncolumns = { year = "year" }', "inputs.flows.columns.year", None),
    ("E214", '"flows.csv"', '"flows.csv"\nwhere = { stage = "senior" }', "inputs.flows.where.stage", None),
    ("E215", '"flows.csv"', '"flows.csv"\nunpivot = { pattern = "n_{grade}", value = "pupils" }',
     "inputs.flows.unpivot.pattern", "n_{grade}"),
    ("E235", '"resident"', '"usual"', "inputs.population.basis", "usual"),
    ("E238", '"schools.csv"', '"schools.csv"\ncrs = "北京坐标"', "inputs.schools.crs", "北京坐标"),
    ("E238", 'name = "four-areas"', 'name = "four-areas"\ncrs = "GCJ-02"', "crs", "GCJ-02"),
    ("E239", '[inputs.population]\npath = "population.csv"\nbasis = "resident"\nas_of = "2024-08-31"', "",
     "demography.method", None),
    ("E240", 'name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:4490"', "crs", "EPSG:4490"),
]  # fmt: skip


@pytest.mark.parametrize("case", SAID, ids=lambda c: f"{c[0]}-{c[3]}")
def test_a_wrong_setting_is_named_with_its_line(county: County, case: tuple) -> None:
    code, old, new, key, value = case
    if code == "E202":
        county.write("flows.dbf", "")
    county.say(old, new)
    finding = county.only(code)
    assert (finding.column, finding.value) == (key, value)
    text = (county.folder / "base.toml").read_text(encoding="utf-8").splitlines()
    if key != "demography.method":  # not said in the file: a default
        assert finding.file == "base.toml"
        assert finding.row is not None
        assert any(part in text[finding.row - 1] for part in key.split(".")[1:] or [key])


# ------------------------------------------------------------------------------------------------ files and headers
def test_a_file_that_is_no_workbook(county: County) -> None:
    county.write("flows.xlsx", b"not a workbook")
    county.say('"flows.csv"', '"flows.xlsx"')
    assert county.only("E203").file == "flows.xlsx"


def test_a_file_that_may_not_be_opened(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows says it while Excel has the file open."""
    opened = Path.read_bytes

    def locked(path: Path) -> bytes:
        if path.name == "flows.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert county.only("E203").file == "flows.csv"


def test_a_quote_that_never_closes(county: County) -> None:
    county.edit("flows.csv", "outside,001", '"outside,001')
    county.write("flows.csv", (county.folder / "flows.csv").read_bytes() + b"002,001,2024,primary,7\n")
    finding = county.only("E203")
    assert (finding.file, finding.row) == ("flows.csv", 3)


def test_bytes_that_are_neither_utf8_nor_gb18030(county: County) -> None:
    county.write("planning_areas.csv", b"planning_area,name\n01,\xff\xff\n02,x\n")
    finding = county.only("E205")
    assert (finding.file, finding.row) == ("planning_areas.csv", 2)


def test_a_declared_encoding_that_does_not_hold(county: County) -> None:
    county.say('"planning_areas.csv"', '"planning_areas.csv"\nencoding = "ascii"')
    assert county.only("E205").row == 2


def test_gb18030_is_read_and_noted(county: County) -> None:
    county.write("planning_areas.csv", FILES["planning_areas.csv"].encode("gb18030"))
    assert [f.file for f in county.findings() if f.code == "N200"] == ["planning_areas.csv"]
    inputs, _ = county.read()
    assert list(inputs.frame("planning_areas")["name"]) == ["松岭镇", "溪口乡"]


def test_an_empty_table(county: County) -> None:
    county.write("flows.csv", "area_id,school_id,year,stage,pupils\n\n,,,,\n")
    assert county.only("E208").file == "flows.csv"


def test_a_missing_column_names_the_header_most_like_it(county: County) -> None:
    county.edit("enrolment.csv", "pupils,classes,", "no of pupils,classes,")
    finding = county.only("E209")
    assert (finding.file, finding.row, finding.column) == ("enrolment.csv", 1, "pupils")
    assert finding.facts["nearest"] == "no of pupils"


def test_a_header_that_stands_twice(county: County) -> None:
    county.edit("flows.csv", "stage,pupils", "pupils,pupils")
    finding = county.only("E210")
    assert (finding.file, finding.row, finding.value) == ("flows.csv", 1, "pupils")


def test_a_header_that_only_resembles_a_column(county: County) -> None:
    county.edit("developments.csv", "dwellings,status", "dwellings,statuss")
    finding = county.only("W200")
    assert (finding.row, finding.column, finding.facts["column"]) == (1, "statuss", "status")


def test_a_garbled_header(county: County) -> None:
    county.edit("flows.csv", "pupils", "学生数".encode().decode("latin-1"))
    assert county.only("E226").row == 1
    county.write("flows.csv", FILES["flows.csv"].replace("pupils", "学\ufffd数"))
    assert county.only("E227").row == 1


def test_a_last_grade_before_the_first(county: County) -> None:
    text = FILES["schools.csv"].replace("first_grade,", "first_grade,last_grade,").replace(",,,\n", ",,,,\n")
    county.write("schools.csv", text.replace(",G1,1990", ",G3,G2,1990"))
    finding = county.only("E237")
    assert (finding.row, finding.column, finding.value) == (4, "last_grade", "G2")


def test_yes_and_no(county: County) -> None:
    roads = gpd.GeoDataFrame(
        {"road_id": ["1", "2"], "one_way": ["是", "双向"]},
        geometry=[shapely.LineString([(EAST, NORTH), (EAST + 900, NORTH + 20 * i)]) for i in (1, 2)],
        crs=CRS,
    )
    roads.to_file(county.folder / "roads.gpkg")
    county.say("[inputs.flows]", '[inputs.roads]\npath = "roads.gpkg"\n[inputs.flows]')
    finding = county.only("E223")
    assert (finding.file, finding.row, finding.column, finding.value) == ("roads.gpkg", 2, "one_way", "双向")


# --------------------------------------------------------------------------------------------- coordinates and shapes
def test_areas_in_a_spreadsheet(county: County) -> None:
    county.write("areas.csv", "area_id\n001\n")
    county.say('"areas.gpkg"', '"areas.csv"')
    assert county.only("E232").file == "areas.csv"


def test_shapes_of_the_wrong_kind(county: County) -> None:
    areas = squares()
    areas.loc[2, "geometry"] = areas.geometry[2].centroid
    county.areas(areas)
    finding = county.only("E233")
    assert (finding.file, finding.row, finding.facts["found"]) == ("areas.gpkg", 3, "Point")


def test_a_layer_without_its_system(county: County) -> None:
    squares().set_crs(None, allow_override=True).to_file(county.folder / "bare.gpkg")
    county.say('"areas.gpkg"', '"bare.gpkg"\nlayer = "bare"')
    finding = county.only("E207")
    assert (finding.file, finding.sheet) == ("bare.gpkg", "bare")
    county.say('"bare.gpkg"', f'"bare.gpkg"\ncrs = "{CRS}"')
    assert not [f for f in county.findings() if f.is_error]


@pytest.mark.parametrize(("there", "row", "column"), [("400500,3430500", None, "x"), ("401500,3431500", 4, "y")])
def test_missing_coordinates(county: County, there: str, row: int | None, column: str) -> None:
    """One row without them is named; a table without any is named as a whole."""
    if row is None:
        text = (county.folder / "schools.csv").read_text(encoding="utf-8")
        county.write("schools.csv", text.replace(there, ",").replace("401500,3431500", ","))
    else:
        county.edit("schools.csv", there, "401500,")
    finding = county.only("E234")
    assert (finding.row, finding.column) == (row, column)


def test_a_travel_matrix_does_without_coordinates_and_names_who_is_missing(county: County) -> None:
    text = (county.folder / "schools.csv").read_text(encoding="utf-8")
    county.write("schools.csv", text.replace("400500,3430500", ",").replace("401500,3431500", ","))
    county.write("travel.csv", "area_id,school_id,minutes\n001,001,5\n002,001,9\n003,001,12\n")
    county.say("[inputs.flows]", '[inputs.travel]\npath = "travel.csv"\n[inputs.flows]')
    found = county.findings()
    assert not [f for f in found if f.is_error]
    assert [(f.code, f.file, f.row, f.value) for f in found if f.code in ("W307", "W308")] == [
        ("W307", "areas.gpkg", 4, "004"),
        ("W308", "schools.csv", 4, "002"),
    ]


def test_swapped_coordinates(county: County) -> None:
    county.edit("schools.csv", "401500,3431500", "3431500,401500")
    finding = county.only("E241")
    assert (finding.file, finding.row, finding.column) == ("schools.csv", 4, "x")


def test_a_school_far_away(county: County) -> None:
    county.edit("schools.csv", "401500,3431500", "471500,3431500")
    assert county.only("E242").row == 4


def test_degrees_among_metres(county: County) -> None:
    county.edit("schools.csv", "401500,3431500", "118.95,30.99")
    assert county.only("E243").row == 4


@pytest.mark.parametrize("system", [CRS, "EPSG:4490"])
def test_areas_outside_their_own_system(county: County, system: str) -> None:
    """Degrees under a system in metres, and metres under a system in degrees."""
    areas = squares().to_crs(4490 if system == CRS else CRS).set_crs(system, allow_override=True)
    county.areas(areas)
    assert county.only("E243").file == "areas.gpkg"


def test_other_systems_are_converted_and_noted(county: County) -> None:
    points = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[shapely.Point(EAST + 300, NORTH + 700)], crs=CRS).to_crs(
        4326
    )
    points.to_file(county.folder / "sites.gpkg")
    county.say("[inputs.flows]", '[inputs.sites]\npath = "sites.gpkg"\n[inputs.flows]')
    assert county.only("N202").file == "sites.gpkg"
    site = county.read()[0].frame("sites").iloc[0]
    np.testing.assert_allclose((site["x"], site["y"]), (EAST + 300, NORTH + 700), atol=0.001)


def test_a_row_without_a_shape(county: County) -> None:
    areas = squares()
    areas.loc[4] = ["005", "空", "02", None]
    county.areas(areas)
    found = [f for f in county.findings() if f.code == "E249"]
    assert [(f.file, f.row, f.value) for f in found] == [("areas.gpkg", 5, "005")]


def test_areas_without_any_shape(county: County) -> None:
    county.areas(gpd.GeoDataFrame({"area_id": ["001", "002"]}, geometry=[None, None], crs=CRS))
    county.say('rule = "catchment"', 'rule = "nearest"')
    assert county.only("E249").row is None


def test_an_area_that_stands_twice(county: County) -> None:
    """Told once: it is not also said to have no people and no school."""
    areas = squares()
    areas.loc[4] = ["003", "北桥新村", "02", shapely.box(EAST, NORTH + 2000, EAST + 1000, NORTH + 3000)]
    county.areas(areas)
    finding = county.only("E300")
    assert (finding.file, finding.row, finding.value, finding.facts["first"]) == ("areas.gpkg", 5, "003", 3)
    assert not [f for f in county.findings() if f.code == "W305"]


def test_an_area_without_an_id(county: County) -> None:
    areas = squares()
    areas.loc[4] = [None, "无编号", "02", shapely.box(EAST, NORTH + 2000, EAST + 1000, NORTH + 3000)]
    county.areas(areas)
    assert county.only("E216").row == 5


def test_an_area_that_crosses_itself(county: County) -> None:
    areas = squares()
    x, y = EAST, NORTH
    areas.loc[0, "geometry"] = shapely.Polygon([(x, y), (x + 1000, y + 1000), (x + 1000, y), (x, y + 1000)])
    county.areas(areas)
    finding = county.only("E306")
    assert (finding.row, finding.column) == (1, "area_id")
    assert finding.facts["reason"]["zh"] == "边界自相交"


def test_areas_that_overlap(county: County) -> None:
    """Up to a thousandth of the smaller area is let pass: 1 m of 1000, not 2."""
    areas = squares()
    areas.loc[1, "geometry"] = shapely.box(EAST + 999, NORTH, EAST + 1999, NORTH + 1000)
    county.areas(areas)
    assert not [f for f in county.findings() if f.is_error]
    areas.loc[1, "geometry"] = shapely.box(EAST + 998, NORTH, EAST + 1998, NORTH + 1000)
    county.areas(areas)
    finding = county.only("E307")
    assert (finding.row, finding.value, finding.facts["other"]) == (2, "002", "001")
    assert (finding.facts["square_metres"], finding.facts["share"]) == ("2000", "0.2%")


def test_a_hole_between_areas(county: County) -> None:
    areas = squares()
    hole = shapely.box(EAST + 990, NORTH + 500, EAST + 1010, NORTH + 550)
    areas["geometry"] = areas.geometry.difference(hole)
    county.areas(areas)
    finding = county.only("W302")
    assert (finding.facts["count"], finding.facts["square_metres"]) == (1, "1000")


def test_points_on_the_border_lie_inside(county: County) -> None:
    county.edit("schools.csv", "401500,3431500", "402000.4,3431500")
    assert not [f for f in county.findings() if f.code == "W301"]


# ---------------------------------------------------------------------------------------------------- people and years
def test_years_that_are_missing(county: County) -> None:
    county.say("base_year = 2024", "base_year = 2021")
    found = [(f.file, f.column) for f in county.findings() if f.code == "E309"]
    assert sorted(found) == [("enrolment.csv", "year"), ("population.csv", "year")]


def test_a_supplied_population_needs_only_the_ages_of_the_stages(county: County) -> None:
    text = FILES["population.csv"].replace(",0,4,", ",3,4,").replace(",5,120,", ",5,17,")
    county.write("population.csv", text)
    short = [f for f in county.findings() if f.code == "E308"]
    assert [f.facts["area"] for f in short] == ["001", "002", "003", "004"]
    assert {f.facts["ages"]["en"] for f in short} == {"0–2, 18–100"}
    county.say("[allocation]", '[demography]\nmethod = "given"\n[allocation]')
    assert not [f for f in county.findings() if f.is_error]


def test_an_area_without_a_catchment_school(county: County) -> None:
    county.edit("catchments.csv", "001,001,primary,,,\n", "001,001,primary,,,2025\n")
    finding = county.only("E317")
    assert (finding.file, finding.row, finding.value) == ("areas.gpkg", 1, "001")
    assert (finding.facts["stage"], finding.facts["year"]) == ("primary", 2026)
    county.say('rule = "catchment"', 'rule = "nearest"')
    assert not [f for f in county.findings() if f.is_error]


def test_an_area_without_any_residents(county: County) -> None:
    text = "".join(line for line in FILES["population.csv"].splitlines(keepends=True) if not line.startswith("003"))
    county.write("population.csv", text)
    finding = county.only("W305")
    assert (finding.file, finding.row, finding.value) == ("areas.gpkg", 3, "003")


def test_residents_without_a_sex(county: County) -> None:
    county.edit("population.csv", "001,2024,female,5", "001,2024,,5")
    assert {f.code for f in county.findings() if f.is_error} == {"E246", "E308"}
    frame = pd.read_csv(county.folder / "population.csv", dtype=str)
    frame.groupby(["area_id", "year", "age_from", "age_to"])["residents"].agg(lambda s: str(s.astype(int).sum()))
    rows = frame.drop_duplicates(["area_id", "age_from"]).drop(columns="sex")
    county.write("population.csv", rows.to_csv(index=False))
    assert [(f.row, f.column) for f in county.findings() if f.code == "E246"] == [(None, "sex")]
    county.say('"population.csv"', '"population.csv"\ncolumns = { sex = { value = "both" } }')
    assert not [f for f in county.findings() if f.is_error]


def test_ages_counted_twice(county: County) -> None:
    county.edit("population.csv", "001,2024,female,5,120", "001,2024,both,4,120")
    found = [f for f in county.findings() if f.code == "E318"]
    assert {(f.file, f.column, f.facts["this"]) for f in found} == {
        ("population.csv", "age_from", "4–120"),
        ("population.csv", "age_from", "5–120"),
    }


def test_two_bases_of_residents(county: County) -> None:
    county.say('"flows.csv"', '"flows.csv"\nbasis = "registered"')
    assert county.only("E310").facts["basis"] in ("resident", "registered")


def test_basis_and_date_that_are_not_said(county: County) -> None:
    county.say('basis = "resident"\nas_of = "2024-08-31"', "")
    assert {f.code for f in county.findings()} == {"N201", "N203", "N300", "W303"}


def test_a_population_counted_years_away(county: County) -> None:
    county.say("2024-08-31", "2020-11-01")
    assert county.only("E244").column == "year"


# ------------------------------------------------------------------------------------------------- how many are told
def test_at_most_twenty_of_a_kind_are_told(county: County) -> None:
    rows = "".join(f"Z{i:03},001,2024,primary,1\n" for i in range(50))
    county.write("flows.csv", "area_id,school_id,year,stage,pupils\n" + rows)
    found = county.findings()
    assert sum(f.code == "E302" for f in found) == 20
    (more,) = [f for f in found if f.code == "N240"]
    assert (more.file, more.row, more.facts) == ("flows.csv", None, {"count": 30, "code": "E302"})


def test_every_problem_is_told_at_once(county: County) -> None:
    county.edit("schools.csv", "溪口小学,,,180", "溪口小学,,,一百八")
    county.edit("flows.csv", "001,001,2024", "Q9,001,2024")
    county.edit("crosswalk.csv", "X,002,0.6", "X,002,0.7")
    county.write("children.csv", "")
    assert {f.code for f in county.findings() if f.is_error} == {"E217", "E302", "E319", "E208"}


def test_a_refused_cell_has_no_consequences_of_its_own(county: County) -> None:
    """The campus does not also differ from itself, nor do the shares fail to add up."""
    county.edit("schools.csv", "松岭学校,24,2", "松岭学校,24间,2")
    county.edit("crosswalk.csv", "X,002,0.6", "X,002,六成")
    assert {f.code for f in county.findings() if f.is_error} == {"E217"}


def many_areas(county: County, ids: list[str]) -> None:
    """Areas 001 … 004 and one more row of areas below them for each id; nobody asks who lives there."""
    more = gpd.GeoDataFrame(
        {"area_id": ids, "name": ids, "planning_area": ["01"] * len(ids)},
        geometry=[shapely.box(EAST + i, NORTH - 9, EAST + i + 1, NORTH) for i in range(len(ids))],
        crs=CRS,
    )
    county.areas(pd.concat([squares(), more], ignore_index=True))
    county.say('rule = "catchment"', 'rule = "nearest"')


def flows(ids: list[str]) -> str:
    return "area_id,school_id,year,stage,pupils\n" + "".join(f"{i},001,2024,primary,4\n" for i in ids)


def test_lost_zeros_of_a_whole_column_are_one_finding(county: County) -> None:
    ids = [f"0991{i:03d}" for i in range(100)]
    many_areas(county, ids)
    county.write("flows.csv", flows([i.lstrip("0") for i in ids]))
    finding = county.only("E250")
    assert (finding.file, finding.row, finding.column, finding.value) == ("flows.csv", 2, "area_id", "991000")
    assert {k: finding.facts[k] for k in ("nearest", "count", "rows", "lost")} == {
        "nearest": "0991000", "count": 100, "rows": 100, "lost": "flows.csv",
    }  # fmt: skip


def test_zeros_may_be_lost_in_the_table_that_is_referred_to(county: County) -> None:
    ids = [f"0991{i:03d}" for i in range(6)]
    many_areas(county, [i.lstrip("0") for i in ids])
    county.write("flows.csv", flows(ids))
    finding = county.only("E250")
    assert (finding.value, finding.facts["nearest"], finding.facts["lost"]) == ("0991000", "991000", "areas.gpkg")


def test_four_lost_zeros_are_told_one_by_one_among_strangers(county: County) -> None:
    """However many strangers come first, what is near an id is told with it."""
    county.write("flows.csv", flows([f"QXQ{i:03d}" for i in range(40)] + ["1", "2", "3", "4"]))
    found = [f for f in county.findings() if f.code in ("E301", "E302", "E250")]
    assert [(f.value, f.facts["nearest"]) for f in found if f.code == "E301"] == [(x, f"00{x}") for x in "1234"]
    assert sum(f.code == "E302" for f in found) == 20


def test_an_id_in_full_width(county: County) -> None:
    county.edit("flows.csv", "001,001,2024,primary,40", "００１,001,2024,primary,40")
    finding = county.only("E301")
    assert (finding.value, finding.facts["nearest"]) == ("００１", "001")


def test_a_duplicate_names_only_the_parts_of_its_key_that_are_there(county: County) -> None:
    county.write("births.csv", "year,basis,births\n2023,hospital,40\n2023,hospital,41\n")
    county.say("[inputs.flows]", '[inputs.births]\npath = "births.csv"\n[inputs.flows]')
    finding = county.only("E300")
    assert (finding.row, finding.column, finding.value) == (3, "year", "2023")
    assert (finding.facts["key"], finding.facts["columns"]) == ("2023, hospital", "year, basis")


def test_without_a_needed_key_column_no_row_is_a_duplicate(county: County) -> None:
    county.edit("flows.csv", "area_id,", "home,")
    county.write("flows.csv", (county.folder / "flows.csv").read_text() + "002,001,2024,primary,40\n")
    assert county.only("E209").column == "area_id"


def births(county: County, header: str) -> None:
    rows = "".join(f"00{a},{year},hospital,40\n" for a in "1234" for year in range(2000, 2024))
    county.write("births.csv", f"{header},year,basis,births\n" + rows)
    county.say("[inputs.flows]", '[inputs.births]\npath = "births.csv"\n[inputs.flows]')


@pytest.mark.parametrize("header", ["小区编号", "区域代码", "area"])
def test_a_renamed_key_column_is_one_finding(county: County, header: str) -> None:
    births(county, header)
    finding = county.only("E252")
    assert (finding.file, finding.row, finding.column, finding.value) == ("births.csv", 1, header, header)
    assert (finding.facts["column"], finding.facts["count"]) == ("area_id", 3 * 24)


def test_a_header_unlike_the_key_leaves_duplicates_to_their_rows(county: County) -> None:
    births(county, "备注")
    assert {f.code for f in county.findings() if f.is_error} == {"E300"}


def test_one_double_entry_is_no_lost_column(county: County) -> None:
    rows = "".join(f"{year},hospital,40,\n" for year in range(2000, 2024))
    county.write("births.csv", f"year,basis,births,remark\n{rows}2023,hospital,40,again\n")
    county.say("[inputs.flows]", '[inputs.births]\npath = "births.csv"\n[inputs.flows]')
    assert county.only("E300").row == 26


def test_a_header_like_a_key_column_that_nobody_misses(county: County) -> None:
    county.write("births.csv", "小区编号,year,basis,births\n001,2023,hospital,40\n")
    county.say("[inputs.flows]", '[inputs.births]\npath = "births.csv"\n[inputs.flows]')
    assert county.only("W200").value == "小区编号"


@pytest.mark.parametrize("title", ["松岚县在校生统计表", "松岚县在校生统计表\n\n单位：人,,", "school_id,2024,,,"])
def test_a_title_above_the_header_is_one_finding(county: County, title: str) -> None:
    county.write("enrolment.csv", f"{title}\n" + FILES["enrolment.csv"])
    finding = county.only("E251")
    assert (finding.file, finding.row, finding.facts["row"]) == ("enrolment.csv", 1, 2 + title.count("\n"))


def test_a_title_above_mapped_and_unpivoted_headers(county: County) -> None:
    rows = "".join(f"00{a},60,60,1200,1200\n" for a in "1234")
    county.write("population.csv", "松岚县人口\n村,女0到4,男0到4,女5到120,男5到120\n" + rows)
    county.say(
        '"population.csv"',
        """"population.csv"
columns = { area_id = "村" }
year = 2024
unpivot = { pattern = "{sex}{age_from}到{age_to}", value = "residents" }
values = { sex = { "女" = "female", "男" = "male" } }""",
    )
    assert county.only("E251").facts["row"] == 2
    county.write("population.csv", "村,女0到4,男0到4,女5到120,男5到120\n" + rows)
    assert not [f for f in county.findings() if f.is_error]


def test_a_file_that_was_moved_is_named_where_it_lies(county: County) -> None:
    (county.folder / "gis").mkdir()
    (county.folder / "areas.gpkg").rename(county.folder / "gis" / "areas.gpkg")
    finding = next(f for f in county.findings() if f.code == "E201")
    assert (finding.value, finding.facts["nearest"]) == ("areas.gpkg", "gis/areas.gpkg")
    assert "“gis/areas.gpkg”" in line(finding, "zh")


def test_nothing_is_suggested_that_is_not_like_what_was_asked(county: County) -> None:
    county.say('"flows.csv"', '"songlan.gpkg"')
    county.edit("enrolment.csv", "pupils,", "n,")
    found = {f.code: f for f in county.findings() if f.is_error}
    assert {code: f.facts["hint"]["en"] for code, f in found.items()} == {"E201": "", "E209": ""}
    assert "population" not in line(found["E201"], "en")


def test_a_range_is_told_in_the_unit_of_the_reader_and_a_number_in_its_plain_form(county: County) -> None:
    county.edit("flows.csv", "primary,40", "primary,-4")
    assert "0 … 10000 人" in line(county.only("E219"), "zh")
    assert "0 … 10000 pupils" in line(county.only("E219"), "en")
    county.edit("flows.csv", "primary,-4", "primary,１２３")
    assert "写成 123" in line(county.only("E225"), "zh")

"""Every format gives the same table, and names a bad cell as its own program shows it."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import xlsxwriter
import xlwt
from four_areas import CRS, FILES, County, squares

from placesim.errors import Finding
from placesim.messages import labels
from placesim.records import Table

ROWS: Sequence[Sequence[object]] = [
    ("school_id", "year", "grade", "pupils", "classes"),
    ("001", 2024, "G1", 130, 3),
    ("001", 2024, "G7", 90, 2),
    ("002", 2024, "G1", 25, None),
]


def enrolment(county: County, file: str, extra: str = "") -> tuple[Table, list[Finding]]:
    """The enrolment table read from another file."""
    county.say('"enrolment.csv"', f'"{file}"{extra}')
    inputs, findings = county.read()
    return inputs.tables["enrolment"], findings


def check_rows(table: Table) -> None:
    rows = table.rows
    assert list(rows["school_id"]) == ["001", "001", "002"]
    assert list(rows["grade"]) == ["G1", "G7", "G1"]
    assert list(rows["pupils"]) == [130, 90, 25]
    np.testing.assert_array_equal(rows["classes"], [3, 2, np.nan])


# ------------------------------------------------------------------------------------------------------------- csv
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_in_its_dialects(county: County, encoding: str, delimiter: str, newline: str) -> None:
    lines = [
        "学校（校区）编号,学年（9月起）,年级,在校生数,班数",
        "001,2024,G1,130,3",
        "001,2024,G7,90,2",
        "002,2024,G1,25,",
    ]
    county.write("other.csv", newline.join(lines).replace(",", delimiter).encode(encoding))
    table, findings = enrolment(county, "other.csv")
    check_rows(table)
    assert {f.code for f in findings} - {"N201", "N203"} == ({"N200"} if encoding == "gb18030" else set())
    assert table.source.headers["pupils"] == "在校生数"
    assert table.source.letters == {}


def test_csv_rows_are_lines_even_after_quoted_newlines_and_blank_lines(county: County) -> None:
    text = 'school_id,year,grade,note,pupils\n001,2024,G1,"two\nlines",130\n\n,,,,\n001,2024,G7,,many\n'
    county.write("other.csv", text)
    table, findings = enrolment(county, "other.csv")
    assert list(table.file_row) == [2, 6]
    assert [(f.code, f.row, f.value) for f in findings if f.is_error] == [("E217", 6, "many")]


def test_csv_with_a_declared_encoding(county: County) -> None:
    county.write("planning_areas.csv", FILES["planning_areas.csv"].encode("utf-16"))
    county.say('"planning_areas.csv"', '"planning_areas.csv"\nencoding = "utf-16"')
    assert list(county.read()[0].frame("planning_areas")["name"]) == ["松岭镇", "溪口乡"]


def test_an_unknown_encoding(county: County) -> None:
    county.say('"planning_areas.csv"', '"planning_areas.csv"\nencoding = "gbk99"')
    assert county.read()[1][0].code == "E205"


# ------------------------------------------------------------------------------------------------------- workbooks
def write_xlsx(
    file: Path, rows: Sequence[Sequence[object]], sheet: str = "Sheet1", top: int = 0, left: int = 0
) -> None:
    with xlsxwriter.Workbook(str(file), {"strings_to_formulas": False}) as book:
        cells = book.add_worksheet(sheet)
        for i, row in enumerate(rows):
            cells.write_row(top + i, left, row)


def write_ods(file: Path, rows: Sequence[Sequence[object]]) -> None:
    """The smallest OpenDocument spreadsheet."""

    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        kind = f'float" office:value="{value}' if isinstance(value, int) else "string"
        return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(str(value))}</text:p></table:table-cell>'

    names = {n: f"urn:oasis:names:tc:opendocument:xmlns:{n}:1.0" for n in ("office", "table", "text")}
    spaces = " ".join(f'xmlns:{n}="{uri}"' for n, uri in names.items())
    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="表">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("mimetype", kind)
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)


def test_xlsx(county: County) -> None:
    write_xlsx(county.folder / "e.xlsx", ROWS)
    table, findings = enrolment(county, "e.xlsx")
    check_rows(table)
    assert not [f for f in findings if f.is_error]
    assert (table.source.sheet, table.source.letters["pupils"]) == ("Sheet1", "D")


def test_ods(county: County) -> None:
    write_ods(county.folder / "e.ods", ROWS)
    table, _ = enrolment(county, "e.ods")
    check_rows(table)
    assert (table.source.sheet, list(table.file_row)) == ("表", [2, 3, 4])
    write_ods(county.folder / "e.ods", [*ROWS, ("002", 2024, "G2", "#REF!", 1)])
    assert [(f.code, f.cell) for f in county.read()[1] if f.is_error] == [("E228", "D5")]


def test_xls(county: County) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for i, row in enumerate(ROWS):
        for j, value in enumerate(row):
            sheet.write(i, j, value)
    book.save(str(county.folder / "e.xls"))
    check_rows(enrolment(county, "e.xls")[0])


def test_a_bad_cell_of_a_workbook_is_named_as_excel_names_it(county: County) -> None:
    """The table starts at C4, under blank rows and beside blank columns."""
    rows = [*ROWS, (), ("002", 2024, "G2", "12班", 1), ("002", 2024, "G3", date(2025, 5, 6).isoformat(), 1)]
    write_xlsx(county.folder / "e.xlsx", rows, sheet="在校生", top=3, left=2)
    table, findings = enrolment(county, "e.xlsx")
    errors = [f for f in findings if f.is_error]
    assert [(f.code, f.sheet, f.row, f.column, f.cell, f.value) for f in errors] == [
        ("E217", "在校生", 9, "pupils", "F9", "12班"),
        ("E230", "在校生", 10, "pupils", "F10", "2025-05-06"),
    ]
    assert list(table.file_row) == [5, 6, 7, 9, 10]


def test_numbers_dates_and_truth_of_a_workbook(county: County) -> None:
    """Numeric ids lose their .0, long ones are refused; date cells are dates; 45 % is 0.45."""
    book = openpyxl.Workbook()
    book.active.append(["area_id", "cohort", "basis", "as_of", "children"])
    book.active.append([1, 2022, "registration", date(2024, 12, 31), 31.5])
    book.active.append([3.2e17, 2022, "permit", date(2024, 12, 31), 3])
    book.active.append(["002", 2022, "permit", 45000, date(2024, 12, 31)])
    book.save(county.folder / "c.xlsx")
    county.say('"children.csv"', '"c.xlsx"')
    inputs, findings = county.read()
    rows = inputs.frame("children")
    assert rows["area_id"].tolist() == [None, "002", "1"]
    assert (rows["as_of"].iloc[2], rows["children"].iloc[2]) == ("2024-12-31", 31.5)
    assert [(f.code, f.cell) for f in findings if f.is_error] == [("E236", "A3"), ("E222", "D4"), ("E230", "E4")]


def test_error_cells_and_formulas_without_a_result(county: County) -> None:
    """Both read as blank cells, which would go unnoticed in an optional column."""
    with xlsxwriter.Workbook(str(county.folder / "e.xlsx")) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(ROWS):
            sheet.write_row(i, 0, row)
        sheet.write_formula("E2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("E3", "=1+1", None, 2)
        sheet.write_formula("E4", '=""', None, "")
    marked = openpyxl.load_workbook(county.folder / "e.xlsx")
    assert marked.active["E3"].value == "=1+1"
    table, findings = enrolment(county, "e.xlsx")
    assert [(f.code, f.cell, f.value) for f in findings if f.is_error][:1] == [("E228", "E2", "#DIV/0!")]
    assert table.rows["classes"].tolist()[1] == 2
    marked.save(county.folder / "e.xlsx")  # openpyxl writes formulas without results
    errors = [(f.code, f.cell) for f in county.read()[1] if f.is_error]
    assert errors == [("E229", "E2"), ("E229", "E3"), ("E229", "E4")]


def test_the_sheet_named_like_the_table_is_taken(county: County) -> None:
    with xlsxwriter.Workbook(str(county.folder / "all.xlsx")) as book:
        book.add_worksheet("说明").write_row(0, 0, ["这里没有数据"])
        for name in ("在校生", "other"):
            sheet = book.add_worksheet(name)
            for i, row in enumerate(ROWS if name == "在校生" else ROWS[:2]):
                sheet.write_row(i, 0, row)
    table, _ = enrolment(county, "all.xlsx")
    assert (table.source.sheet, len(table.rows)) == ("在校生", 3)
    county.say('"all.xlsx"', '"all.xlsx"\nsheet = "other"')
    assert len(county.read()[0].frame("enrolment")) == 1
    county.say('sheet = "other"', 'sheet = "在校"')
    (error,) = [f for f in county.read()[1] if f.is_error]
    assert (error.code, error.value, error.facts["nearest"]) == ("E204", "在校", "在校生")


# ------------------------------------------------------------------------------------------------------ GIS layers
def areas_of(county: County, file: str, extra: str = "") -> gpd.GeoDataFrame:
    county.say('"areas.gpkg"', f'"{file}"{extra}')
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error], findings
    assert list(inputs.tables["areas"].file_row) == [1, 2, 3, 4]
    return inputs.areas


def check_areas(areas: gpd.GeoDataFrame) -> None:
    expected = squares()
    for column in ("area_id", "name", "planning_area"):
        assert list(areas[column]) == list(expected[column])
    assert areas.crs.to_epsg() == 4549
    assert (
        areas.geometry.hausdorff_distance(expected.geometry, align=False).max() < 0.01
    )  # a layer in degrees is rounded


@pytest.mark.parametrize("file", ["a.gpkg", "a.geojson", "a.shp", "a.parquet"])
def test_layers(county: County, file: str) -> None:
    if file.endswith("parquet"):
        squares().to_parquet(county.folder / file)
    else:
        squares().to_file(county.folder / file, **({"encoding": "utf-8"} if file.endswith("shp") else {}))
    renamed = '\ncolumns = { planning_area = "planning_a" }' if file.endswith("shp") else ""  # ten characters in dbf
    check_areas(areas_of(county, file, renamed))


def test_a_geojson_in_degrees_is_brought_to_the_metric_zone(county: County) -> None:
    squares().to_crs(4490).to_file(county.folder / "a.json", driver="GeoJSON")
    county.say('"schools.csv"', f'"schools.csv"\ncrs = "{CRS}"')
    check_areas(areas_of(county, "a.json"))


def test_a_geojson_that_is_not_utf8(county: County) -> None:
    squares().to_file(county.folder / "a.geojson")
    text = (county.folder / "a.geojson").read_text(encoding="utf-8")
    county.write("a.geojson", text.encode("gb18030"))
    county.say('"areas.gpkg"', '"a.geojson"')
    error = next(f for f in county.read()[1] if f.is_error)
    assert (error.code, error.file) == ("E205", "a.geojson")
    assert error.row is not None


def test_a_gbk_shapefile_with_its_companions(county: County) -> None:
    squares().rename(columns={"planning_area": "planning"}).to_file(county.folder / "gbk.shp", encoding="gbk")
    check_areas(areas_of(county, "gbk.shp", '\ncolumns = { planning_area = "planning" }'))


def test_a_gbk_shapefile_without_companions_is_not_guessed(county: County) -> None:
    """Neither its encoding nor its coordinate system."""
    renamed = squares().rename(columns={"planning_area": "片区", "area_id": "编号"})
    renamed.to_file(county.folder / "gbk.shp", encoding="gbk")
    (county.folder / "gbk.cpg").unlink()
    (county.folder / "gbk.prj").unlink()
    county.say('"areas.gpkg"', '"gbk.shp"\ncolumns = { area_id = "编号", planning_area = "片区" }')
    assert [(f.code, f.file) for f in county.read()[1] if f.is_error] == [("E206", "gbk.shp")]
    county.say('"gbk.shp"', '"gbk.shp"\nencoding = "gbk"')
    assert [(f.code, f.file) for f in county.read()[1] if f.is_error] == [("E207", "gbk.shp")]
    county.say('"gbk.shp"', f'"gbk.shp"\ncrs = "{CRS}"')
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error]
    check_areas(inputs.areas)


def test_a_shapefile_in_ascii_needs_no_encoding(county: County) -> None:
    squares()[["area_id", "geometry"]].to_file(county.folder / "plain.shp")
    (county.folder / "plain.cpg").unlink()
    assert list(areas_of(county, "plain.shp")["area_id"]) == ["001", "002", "003", "004"]


def test_a_shapefile_read_in_the_wrong_encoding(county: County) -> None:
    squares().to_file(county.folder / "gbk.shp", encoding="gbk")
    (county.folder / "gbk.cpg").write_text("UTF-8")
    county.say('"areas.gpkg"', '"gbk.shp"')
    assert [f.code for f in county.read()[1] if f.is_error] == ["E205"]


def test_layers_of_a_geopackage(county: County) -> None:
    squares().to_file(county.folder / "two.gpkg", layer="villages")
    squares().iloc[:2].to_file(county.folder / "two.gpkg", layer="areas")
    county.say('"areas.gpkg"', '"two.gpkg"')
    assert len(county.read()[0].areas) == 2
    county.say('"two.gpkg"', '"two.gpkg"\nlayer = "villages"')
    inputs, _ = county.read()
    assert (len(inputs.areas), inputs.tables["areas"].source.sheet) == (4, "villages")


def test_a_bad_attribute_is_named_by_its_feature(county: County) -> None:
    areas = squares().assign(valid_from=["1990", "二千", None, "2001"])
    county.areas(areas)
    (error,) = [f for f in county.read()[1] if f.is_error]
    assert (error.code, error.row, error.column, error.value) == ("E221", 2, "valid_from", "二千")


def test_numeric_ids_of_a_layer(county: County) -> None:
    """Whole numbers, also beyond what a float holds; a float column keeps no .0."""
    areas = squares().assign(area_id=[2**53 + 1, 2, 3, 4], planning_area=[1.0, 1.0, 2.0, np.nan])
    county.areas(areas)
    rows = county.read()[0].areas
    assert list(rows["area_id"]) == ["2", "3", "4", "9007199254740993"]
    assert rows["planning_area"].tolist() == ["1", "2", None, "1"]


def test_a_layer_can_give_a_plain_table(county: County) -> None:
    """Population as attributes of the areas' layer; its geometry is not read."""
    areas = squares().assign(male_0_4=[1, 2, 3, None], female_5_9=[5, 6, 7, 8])
    areas.to_file(county.folder / "pop.gpkg")
    pattern = 'unpivot = { pattern = "{sex}_{age_from}_{age_to}", value = "residents" }'
    county.say('"population.csv"', f'"pop.gpkg"\nyear = 2024\n{pattern}')
    rows = county.read()[0].frame("population")
    assert not isinstance(rows, gpd.GeoDataFrame)
    assert len(rows) == 7
    assert rows[rows["area_id"] == "001"][["sex", "age_from", "age_to", "residents"]].values.tolist() == [
        ["female", 5, 9, 5],
        ["male", 0, 4, 1],
    ]


def test_parquet(county: County) -> None:
    frame = pd.DataFrame(list(ROWS[1:]), columns=list(ROWS[0]))
    frame.to_parquet(county.folder / "e.parquet")
    check_rows(enrolment(county, "e.parquet")[0])
    county.write("e.parquet", b"nothing of the kind")
    assert [f.code for f in county.read()[1] if f.is_error] == ["E203"]


def test_points_from_a_layer_have_x_and_y(county: County) -> None:
    points = gpd.GeoDataFrame(
        {"school_id": ["001"], "stage": ["primary"], "rooms": [12]},
        geometry=[shapely.Point(400_500, 3_430_500)],
        crs=CRS,
    )
    points.to_file(county.folder / "s.gpkg")
    county.say('"schools.csv"', '"s.gpkg"')
    school = county.read()[0].frame("schools").iloc[0]
    assert (school["x"], school["y"]) == (400_500, 3_430_500)


def test_a_layer_with_curves_is_a_finding(county: County) -> None:
    """A polygon of arcs, written into a GeoPackage as CAD programs do; GEOS knows straight lines only."""
    county.areas(squares())
    arcs = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 8, 5)
    arcs += struct.pack("<10d", 0, 0, 500, 500, 1000, 0, 500, -500, 0, 0)
    with closing(sqlite3.connect(county.folder / "areas.gpkg")) as layer, layer:
        for (name,) in layer.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            layer.execute(f'DROP TRIGGER "{name}"')
        column = layer.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone()[0]
        header = layer.execute(f"SELECT {column} FROM areas").fetchone()[0][:40]
        layer.execute(f"UPDATE areas SET {column} = ?", (header + arcs,))
    finding = county.only("E203")
    assert (finding.file, finding.facts["reason"]) == ("areas.gpkg", labels("unreadable.curves"))

"""Templates read back; the dictionary page says everything; marked copies leave the originals alone."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from four_areas import FILES, County

from placesim.dictionary import table_specs
from placesim.inputs import annotate, check, dictionary_page, read_inputs, write_template
from placesim.inputs.request import sheet_name
from placesim.messages import LANGUAGES

PLAIN_TABLES = ("schools", "population", "enrolment", "catchments", "flows")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_filled_in_template_reads_back_without_a_mapping(county: County, language: str) -> None:
    """Every plain table of the county copied into the template's sheets gives the same rows."""
    scenario = county.scenario()
    path = county.folder / "filled.xlsx"
    write_template(path, ["areas", *PLAIN_TABLES], language, scenario.stages)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[1:] == [sheet_name(table_specs()[t], language) for t in PLAIN_TABLES]
    for table in PLAIN_TABLES:
        _fill(book[sheet_name(table_specs()[table], language)], table, language)
    book.save(path)
    expected, _ = county.read()
    for table in PLAIN_TABLES:
        county.say(f'"{table}.csv"', '"filled.xlsx"')
    inputs, findings = county.read()
    assert not [f for f in findings if f.code[0] in "EW"], findings
    for table in PLAIN_TABLES:
        assert (
            inputs.frame(table)
            .drop(columns="geometry", errors="ignore")
            .equals(expected.frame(table).drop(columns="geometry", errors="ignore"))
        ), table


def _fill(sheet: openpyxl.worksheet.worksheet.Worksheet, table: str, language: str) -> None:
    header, *rows = [line.split(",") for line in FILES[f"{table}.csv"].splitlines()]
    places = {cell.value: cell.column for cell in sheet[1]}
    for i, row in enumerate(rows, start=2):
        for column, text in zip(header, row, strict=True):
            spec = table_specs()[table].by_id[column]
            if text:
                numeric = spec.type not in ("id", "text", "stage", "grade", "choice")
                sheet.cell(i, places[spec.label(language)], float(text) if numeric else text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_dictionary_fits_a_template(county: County, language: str) -> None:
    path = county.folder / "all.xlsx"
    write_template(path, list(table_specs()), language, county.scenario().stages)
    book = openpyxl.load_workbook(path)
    fillable = [s for s in table_specs().values() if s.geometry in (None, "point")]
    assert len(book.sheetnames) == 1 + len(fillable)
    notes = "\n".join(str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value is not None)
    for spec in table_specs().values():
        assert spec.label[language] in notes
        assert all(column.label(language) in notes for column in spec.columns)
    school = book[sheet_name(table_specs()["schools"], language)]
    assert all(cell.comment is not None for cell in school[1])
    lists = {str(v.sqref): v.formula1 for v in school.data_validations.dataValidation}
    assert lists["B2:B5001"] == '"kindergarten,primary,junior,senior"'
    assert school.column_dimensions["A"].number_format == "@"  # ids typed in keep their leading zeros


def test_an_empty_template_says_that_it_is_empty(county: County) -> None:
    write_template(county.folder / "t.xlsx", ["flows"], "zh", county.scenario().stages)
    county.say('"flows.csv"', '"t.xlsx"')
    assert county.only("E208").file == "t.xlsx"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dictionary_page(language: str) -> None:
    page = dictionary_page(language)
    for spec in table_specs().values():
        assert f"## {spec.label[language]} `{spec.id}`" in page
        for column in spec.columns:
            assert f"| {column.label(language)} | `{column.id}` |" in page
    assert sum(line.startswith("| `") or line.startswith("| ") for line in page.splitlines()) == sum(
        2 + len(spec.columns) for spec in table_specs().values()
    )


# ---------------------------------------------------------------------------------------------------- marked copies
def marked(county: County) -> dict[str, openpyxl.Workbook]:
    scenario = county.scenario()
    inputs, findings = read_inputs(scenario)
    before = {f.name: f.read_bytes() for f in county.folder.iterdir() if f.is_file()}
    written = annotate(findings + check(inputs, scenario), scenario, county.folder / "marked")
    assert {f.name: f.read_bytes() for f in county.folder.iterdir() if f.is_file()} == before
    return {path.name: openpyxl.load_workbook(path) for path in written}


def test_bad_cells_of_a_csv_are_marked_in_a_copy(county: County) -> None:
    county.edit("flows.csv", "primary,40", "primary,约300")
    county.edit("flows.csv", "outside,001", '"=1+1",001')
    books = marked(county)
    assert set(books) == {"flows.csv.marked.xlsx"}
    sheet = books["flows.csv.marked.xlsx"].active
    assert [c.value for c in sheet[1]] == ["area_id", "school_id", "year", "stage", "pupils"]
    assert (sheet["E2"].value, sheet["E2"].fill.fgColor.rgb[2:]) == ("约300", "FFC7CE")
    assert sheet["E2"].comment.text.startswith("E217\n“约300”不是数字")
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=1+1", "s")
    assert "E302" in sheet["A3"].comment.text
    assert sheet["B2"].comment is None


def test_control_characters_do_not_stop_a_marked_copy(county: County) -> None:
    county.edit("flows.csv", "primary,40", "primary,4\x0b0\x00")
    sheet = marked(county)["flows.csv.marked.xlsx"].active
    assert sheet["E2"].comment.text.startswith("E217")


def test_bad_cells_of_a_workbook_are_marked_where_they_stand(county: County) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "生源"
    for i, line in enumerate(FILES["flows.csv"].splitlines()):
        for j, text in enumerate(line.split(",")):
            sheet.cell(4 + i, 3 + j, text)
    sheet["A1"] = "stays"
    sheet["A1"].data_type = "s"
    sheet["G5"] = "=cmd()"
    sheet["G5"].data_type = "s"
    sheet["H9"] = "=SUM(1,1)"
    book.save(county.folder / "f.xlsx")
    county.say('"flows.csv"', '"f.xlsx"')
    county.write("f.xlsx", _without(county.folder / "f.xlsx", "A1"))
    books = marked(county)
    copy = books["f.xlsx.marked.xlsx"]["生源"]
    assert copy["G5"].comment.text.startswith("E217")
    assert (copy["G5"].value, copy["G5"].data_type) == ("=cmd()", "s")
    assert copy["H9"].value == "=SUM(1,1)"


def _without(path: Path, cell: str) -> bytes:
    """The workbook with one cell emptied."""
    book = openpyxl.load_workbook(path)
    book.active[cell] = None
    book.save(path)
    return path.read_bytes()


def test_findings_about_layers_and_the_scenario_need_no_copy(county: County) -> None:
    county.write("children.csv", b"\xff\xff")
    county.edit("catchments.csv", "001,001,primary,,,\n", "")
    assert marked(county) == {}

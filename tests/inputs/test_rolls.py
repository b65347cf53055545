"""Rows that the rolls lack in the base year: schools and grades that would be simulated as empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from four_areas import FILES, County
from openpyxl import load_workbook

from placesim.inputs import check, read_inputs
from placesim.scenario import load

HEADER = "school_id,year,grade,pupils\n"
SONGLAN = Path(__file__).resolve().parents[2] / "scenarios" / "songlan"


def rolls(county: County, *lines: str) -> list[tuple]:
    """(code, row, school, grades) of the findings about these rolls."""
    county.write("enrolment.csv", HEADER + "".join(f"{line}\n" for line in lines))
    found = [f for f in county.findings() if f.code in ("W311", "W312")]
    assert {f.file for f in found} <= {"enrolment.csv"}
    return [(f.code, f.row, f.facts["school"], f.facts["grades"]) for f in found]


def test_a_school_whose_rows_end_before_the_base_year(county: County) -> None:
    found = rolls(county, "001,2024,G1,30", "002,2022,G1,20", "002,2023,G2,20")
    assert found == [("W311", 4, "002", "G1, G2, G3, G4, G5, G6")]


def test_a_stage_of_a_school_whose_rows_end(county: County) -> None:
    found = rolls(county, "001,2023,G8,30", "001,2024,G1,30", "002,2024,G1,20")
    assert found == [("W311", 2, "001", "G7, G8, G9")]


@pytest.mark.parametrize(("opened", "closed"), [("1990", "2023"), ("2025", "")])
def test_a_school_closed_in_the_base_year_needs_no_rows(county: County, opened: str, closed: str) -> None:
    county.edit("schools.csv", ",G1,1990,", f",G1,{opened},{closed}")
    assert rolls(county, "001,2024,G1,30", "002,2023,G1,20") == []


def test_a_stage_that_is_in_no_row_is_left_alone(county: County) -> None:
    assert rolls(county, "001,2024,G1,30", "002,2024,G1,20") == []


@pytest.mark.parametrize(
    ("lines", "grades"),
    [
        (("002,2023,G1,20", "002,2024,G1,20"), "G2"),  # last year's first grade has moved up
        (("002,2023,G1,20", "002,2024,G2,20"), "G1"),  # there was a first grade last year
        (("002,2024,G2,20", "002,2024,G5,20"), "G1, G3, G4, G6"),  # between pupils, and ends beside pupils
        (("002,2024,G1,20", "002,2024,G3,20"), "G2"),
        (("002,2024,G2,20", "002,2024,G3,20", "002,2024,G4,20", "002,2024,G5,20"), "G1, G6"),
    ],
)
def test_grades_that_must_have_a_row(county: County, lines: tuple[str, ...], grades: str) -> None:
    found = rolls(county, "001,2024,G1,30", *lines)
    assert [(code, school, said) for code, _, school, said in found] == [("W312", "002", grades)]


@pytest.mark.parametrize(
    "lines",
    [
        ("002,2023,G6,20", "002,2024,G1,20"),  # the leavers have moved on
        ("002,2023,G1,0", "002,2024,G1,20"),  # nobody moves up
        ("002,2023,G1,20", "002,2024,G1,20", "002,2024,G2,0"),  # zero is said
        ("002,2023,G4,3", "002,2024,G1,4", "002,2024,G2,4", "002,2024,G3,4", "002,2024,G5,0"),  # a small school
    ],
)
def test_grades_that_may_be_empty(county: County, lines: tuple[str, ...]) -> None:
    assert rolls(county, "001,2024,G1,30", *lines) == []


def test_grades_beyond_those_taught_need_no_row(county: County) -> None:
    text = FILES["schools.csv"].replace("first_grade,", "first_grade,last_grade,").replace(",,,\n", ",,,,\n")
    county.write("schools.csv", text.replace(",G1,1990,", ",G1,G2,1990,"))
    assert rolls(county, "001,2024,G1,30", "002,2023,G2,20", "002,2023,G1,20", "002,2024,G1,20", "002,2024,G2,20") == []


def test_rows_that_cannot_be_read_are_not_missing_rows(county: County) -> None:
    assert rolls(county, "001,2024,G1,30", "002,2023,G1,20", "002,2024,first,20") == []
    assert rolls(county, "001,2024,G1,30", "002,2023,G1,20", "002,2O24,G2,20") == []


@pytest.fixture
def songlan(tmp_path: Path) -> Path:
    for file in SONGLAN.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def warned(folder: Path) -> list[tuple]:
    scenario = load(folder / "base.toml")
    inputs, found = read_inputs(scenario)
    found += check(inputs, scenario)
    return [(f.code, f.sheet, f.facts["school"], f.facts["grades"]) for f in found if f.code in ("W311", "W312")]


def test_the_bundled_county_before_and_after_rows_are_lost(songlan: Path) -> None:
    assert warned(songlan) == []
    book = load_workbook(songlan / "enrolment.xlsx")
    sheet = book["在校生"]
    for row in range(sheet.max_row, 1, -1):
        school, _, year, grade = (str(c.value) for c in sheet[row][:4])
        if year == "2025" and (school == "P02" or (school, grade) == ("P01", "一年级")):
            sheet.delete_rows(row)
    book.save(songlan / "enrolment.xlsx")
    assert warned(songlan) == [
        ("W311", "在校生", "P02", "G1, G2, G3, G4, G5, G6"),
        ("W312", "在校生", "P01", "G1"),
    ]

"""Columns by name and label, conditions, recoding, constants, unpivoting: rows keep their number through all of it."""

from __future__ import annotations

import numpy as np
import pytest
from four_areas import County

from placesim.dictionary import table_specs
from placesim.inputs.headers import plain
from placesim.records import Table


def flows(county: County, text: str, settings: str = "") -> Table:
    """The flows table from a file text and settings; nothing may be wrong with it."""
    county.write("flows.csv", text)
    county.say('path = "flows.csv"', f'path = "flows.csv"\n{settings}')
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error], findings
    return inputs.tables["flows"]


def test_labels_are_plain_within_a_table() -> None:
    """No two columns of a table may be taken for one another, whatever the case and spacing of a header."""
    for spec in table_specs().values():
        owner: dict[str, str] = {}
        for column in spec.columns:
            for name in {plain(column.id), plain(column.en), plain(column.zh)}:
                assert owner.setdefault(name, column.id) == column.id, (spec.id, name)


def test_headers_by_id_label_and_mapping(county: County) -> None:
    text = "家 庭区域,School ID or OUTSIDE,学年,stage,n\n001,001,2024,primary,4\n"
    table = flows(county, text, 'columns = { area_id = "家庭区域", pupils = "n" }')
    assert table.rows.iloc[0][["area_id", "school_id", "year", "stage", "pupils"]].tolist() == [
        "001", "001", 2024, "primary", 4,
    ]  # fmt: skip
    assert table.source.headers["area_id"] == "家 庭区域"


def test_an_exact_header_wins_over_a_similar_one(county: County) -> None:
    text = "area_id,AREA_ID,school_id,year,stage,pupils\n001,9,001,2024,primary,4\n"
    assert flows(county, text).rows["area_id"].tolist() == ["001"]


def test_a_header_given_to_one_column_is_no_other(county: County) -> None:
    county.write("planning_areas.csv", "planning_area,name\n01,Songling\n02,Xikou\n")
    county.say('"planning_areas.csv"', '"planning_areas.csv"\ncolumns = { name_en = "name" }')
    rows = county.read()[0].frame("planning_areas")
    assert rows[["name", "name_en"]].values.tolist() == [[None, "Songling"], [None, "Xikou"]]


def test_constants_year_values_and_rounding(county: County) -> None:
    settings = (
        "year = 2024\n"
        'columns = { stage = { value = "primary" }, pupils = { header = "人数", round = "ceiling", scale = 10 } }\n'
        'values = { area_id = { "东山" = "001", "西河" = "002" } }'
    )
    table = flows(county, "area_id,school_id,人数\n西河,001,0.41\n东山,001,3\n004,002,1\n", settings)
    assert table.rows[["area_id", "year", "stage", "pupils"]].values.tolist() == [
        ["001", 2024, "primary", 30],
        ["002", 2024, "primary", 5],
        ["004", 2024, "primary", 10],
    ]
    assert list(table.file_row) == [3, 2, 4]
    assert table.rows["pupils"].dtype == np.int64
    assert "stage" not in table.source.headers


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ('{ stage = "primary" }', [2, 3, 5]),
        ('{ kind = ["a", "b c"] }', [2, 3]),
        ("{ kind = { blank = true } }", [4, 5]),
        ("{ kind = { blank = false } }", [2, 3]),
        ("{ score = { min = 2 } }", [3, 5]),
        ("{ score = { min = 2, max = 5 } }", [3]),
        ('{ kind = { among = ["a"] }, stage = "primary" }', [2]),
        ('{ Kind = { not_among = ["a", ""] } }', [3]),
    ],
)
def test_conditions(county: County, where: str, rows: list[int]) -> None:
    """On the file's own headers; what is not a number satisfies no bound."""
    text = (
        "area_id,school_id,year,stage,pupils,kind,score\n"
        "001,001,2024,primary,1,a,1\n"
        "002,001,2024,primary,1,b c,2\n"
        "003,001,2024,junior,1,,many\n"
        "004,001,2024,primary,1, ,7\n"
    )
    assert sorted(flows(county, text, f"where = {where}").file_row) == rows


def test_unpivot_keeps_rows_and_names_the_very_cell(county: County) -> None:
    """pop_0_14 is no sex with two ages; blank cells are dropped, a bad one is named with its own header."""
    text = "area_id,m_0_4,m_5_9,f_0_4,f_5_9,pop_0_14\n001,1,2,3,,9\n002,5,x,7,8,9\n"
    county.write("population.csv", text)
    county.say(
        'path = "population.csv"',
        'path = "population.csv"\nyear = 2024\nvalues = { sex = { m = "male", f = "female" } }\n'
        'unpivot = { pattern = "{sex}_{age_from}_{age_to}", value = "residents" }',
    )
    inputs, findings = county.read()
    table = inputs.tables["population"]
    assert [(f.code, f.row, f.column, f.value) for f in findings if f.is_error] == [("E217", 3, "m_5_9", "x")]
    rows = table.rows[["area_id", "sex", "age_from", "age_to"]].values.tolist()
    assert rows == [
        ["001", "female", 0, 4],
        ["001", "male", 0, 4],
        ["001", "male", 5, 9],
        ["002", "female", 0, 4],
        ["002", "female", 5, 9],
        ["002", "male", 0, 4],
        ["002", "male", 5, 9],
    ]
    np.testing.assert_array_equal(table.rows["residents"], [3, 1, 2, 7, 8, 5, np.nan])
    assert list(table.file_row) == [2, 2, 2, 3, 3, 3, 3]
    assert table.source.headers["residents"] == "{sex}_{age_from}_{age_to}"


def test_unpivot_of_a_matrix_of_schools(county: County) -> None:
    """A wide travel matrix: one column per school."""
    county.write("travel.csv", "area_id,001,002\n001,5,\n002,7.5,9\n")
    county.say(
        "[inputs.flows]",
        '[inputs.travel]\npath = "travel.csv"\n'
        'unpivot = { pattern = "{school_id}", value = "minutes" }\n[inputs.flows]',
    )
    rows = county.read()[0].frame("travel")
    assert rows[["area_id", "school_id", "minutes"]].values.tolist() == [
        ["001", "001", 5],
        ["002", "001", 7.5],
        ["002", "002", 9],
    ]


def test_a_bad_part_of_a_header_is_named_as_such(county: County) -> None:
    county.write("enrolment.csv", "school_id,grade,n_2023,n_99\n001,G1,5,6\n")
    county.say('"enrolment.csv"', '"enrolment.csv"\nunpivot = { pattern = "n_{year}", value = "pupils" }')
    (error,) = [f for f in county.read()[1] if f.is_error]
    assert (error.code, error.row, error.column, error.value) == ("E221", 1, "n_99", "99")


def test_a_constant_that_is_wrong_is_named_without_a_row(county: County) -> None:
    county.say('"flows.csv"', '"flows.csv"\ncolumns = { pupils = { value = "some" } }')
    errors = [f for f in county.read()[1] if f.is_error]
    assert {(f.code, f.row, f.column, f.value) for f in errors} == {("E217", None, "pupils", "some")}


def test_headers_are_alike_but_for_width_case_and_spaces() -> None:
    assert {plain(h) for h in ("school_id", "School ID", "ＳＣＨＯＯＬ　ｉｄ", "school\nid")} == {"schoolid"}
    assert plain("学校（校区） 编号") == plain("学校(校区)编号")
    assert plain("area") != plain("areas")

"""What one face says, every face says: page, workbook, GeoPackage and tables of one run."""

from __future__ import annotations

import json
import re

import openpyxl
import pandas as pd
import pyogrio
import pytest

from placesim.report import FORMATS, WRITERS
from placesim.store import SavedRun


@pytest.fixture(scope="module")
def faces(finished: SavedRun) -> tuple[dict, openpyxl.Workbook, pd.DataFrame, SavedRun]:
    html, xlsx, gpkg = (finished.folder / WRITERS[f].file for f in FORMATS)
    text = html.read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL).group(1))
    return data, openpyxl.load_workbook(xlsx), pyogrio.read_dataframe(gpkg, layer="schools_by_year"), finished


def test_rolls_and_utilisation_of_every_school_and_year(faces: tuple) -> None:
    data, book, layer, saved = faces
    table = saved.table("school_by_year")[["school_id", "stage", "year", "roll", "utilisation"]]
    expected = {(r.school_id, r.stage, r.year): (r.roll, round(r.utilisation, 3)) for r in table.itertuples()}
    stages = [s["id"] for s in data["meta"]["stages"]]
    sections = data["sections"]
    page = {
        (data["schools"][school][0], stages[stage], year): (sections["roll"][k][y], sections["utilisation"][k][y])
        for k, (school, stage) in enumerate(zip(sections["school"], sections["stage"], strict=True))
        for y, year in enumerate(data["meta"]["years"])
        if sections["roll"][k][y] is not None
    }
    map_file = {(r.school_id, r.stage, r.year): (r.roll, round(r.utilisation, 3)) for r in layer.itertuples()}
    heads, *cells = book["学校分年"].iter_rows(values_only=True)
    rows = [dict(zip(heads, row, strict=True)) for row in cells]
    labels = {"小学": "primary", "初中": "junior"}
    sheet = {
        (r["学校（校区）编号"], labels[r["学段"]], r["学年（9月起）"]): (r["在校生（人）"], round(r["学位使用率"], 3))
        for r in rows
    }
    assert page == map_file == sheet == expected


def test_key_figures(faces: tuple) -> None:
    data, book, _, _ = faces
    heads, *cells = book["主要数字"].iter_rows(values_only=True)
    for row, cell in zip(data["key"], (dict(zip(heads, c, strict=True)) for c in cells), strict=True):
        assert (row["year"], row["need"], row["places_design"]) == (
            cell["学年（9月起）"], cell["需要本县学位的学生（人）"], cell["设计学位（个）"],
        )  # fmt: skip
        assert row["utilisation"] == pytest.approx(cell["学位使用率"])
        assert (row["unplaced"], row["crowded"]) == (cell["无学位学生（人）"], cell["拥挤学校数（按学段计）"])
        assert (row["over_design"], row["excess"]) == (cell["超设计学生（人）"], cell["超上限学生（人）"])


def test_card_chart_and_table_count_the_same_pupils_against_the_same_places(faces: tuple) -> None:
    data, book, _, saved = faces
    county = saved.table("county_by_year").set_index(["stage", "year"])
    heads, *cells = book["全县分年"].iter_rows(values_only=True)
    sheet = [dict(zip(heads, c, strict=True)) for c in cells]
    assert [r["需要本县学位的学生（人）"] for r in sheet] == county["need"].tolist()
    for k, stage in enumerate(s["id"] for s in data["meta"]["stages"]):
        assert data["county"]["need"][k] == county.loc[stage, "need"].tolist()
        chart = [sum(parts) for parts in zip(*(values[k] for values in data["parts"].values()), strict=True)]
        assert chart == data["county"]["need"][k]
        for row in (r for r in data["key"] if r["stage"] == stage):
            assert row["need"] == data["county"]["need"][k][data["meta"]["years"].index(row["year"])]
    worst = {m: max(map(sum, zip(*data["county"][m], strict=True))) for m in data["worst"]}
    assert {m: row["value"] for m, row in data["worst"].items()} == worst


def test_actual_rolls_of_the_base_year(faces: tuple) -> None:
    data, book, _, saved = faces
    table = saved.table("school_by_year")
    base = table[table["year"] == saved.years[0]]
    page = [(a[0], r[0]) for a, r in zip(data["sections"]["roll_actual"], data["sections"]["residual"], strict=True)]
    heads, *cells = book["学校分年"].iter_rows(values_only=True)
    rows = [dict(zip(heads, c, strict=True)) for c in cells]
    sheet = [(r["实际在校生（人）"], r["模型与实际之差（人）"]) for r in rows if r["学年（9月起）"] == saved.years[0]]
    assert page == sheet == list(zip(base["roll_actual"], base["residual"], strict=True))


def test_first_years_of_the_lists(faces: tuple) -> None:
    data, book, _, saved = faces
    for name, sheet in (("crowded", "拥挤学校"), ("underused", "空余学校")):
        heads, *cells = book[sheet].iter_rows(values_only=True)
        shown = [dict(zip(heads, c, strict=True))["首次年份"] for c in cells]
        assert shown == [row["first_year"] for row in data["lists"][name]] == saved.table(name)["first_year"].tolist()

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
        assert (row["year"], row["pupils"], row["places_design"]) == (
            cell["学年（9月起）"], cell["学生（人）"], cell["设计学位（个）"],
        )  # fmt: skip
        assert row["utilisation"] == pytest.approx(cell["学位使用率"])
        assert (row["unplaced"], row["crowded"]) == (cell["无学位学生（人）"], cell["拥挤学校数"])


def test_first_years_of_the_lists(faces: tuple) -> None:
    data, book, _, saved = faces
    for name, sheet in (("crowded", "拥挤学校"), ("underused", "空余学校")):
        heads, *cells = book[sheet].iter_rows(values_only=True)
        shown = [dict(zip(heads, c, strict=True))["首次年份"] for c in cells]
        assert shown == [row["first_year"] for row in data["lists"][name]] == saved.table(name)["first_year"].tolist()

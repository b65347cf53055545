"""Names that browsers, spreadsheets or shells might obey go through the whole chain and arrive as the text they are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import tomli_w
from county_copy import County, short_county
from typer.testing import CliRunner

from placesim.cli import app
from placesim.store import open_run

NAMES = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "=cmd|' /C calc'!A0",
    "=cmd()",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "'=1+1",
    "\"双引号\" '单引号' “弯引号”",
    "第一行\n第二行",
    "第一行\r\n第二行",
    "甲\t乙,丙;丁",
    "\t=1",
    "👩‍🏫 🏫",
    "𠮷野家 𪚥 㐀",
    "{{ 7*7 }} {0} %s ${x}",
    "&lt;b&gt; &amp; <b>",
    "javascript:alert(1)",
    "  两端空格  ",
    "\u2028行分隔\u2029",
    "NULL",
    "nan",
    "0012",
    "TRUE",
)
REASON = "=HYPERLINK(\"http://evil\")\n<img src=x onerror=alert(3)>"  # fmt: skip
CHANGE = "<b>=cmd()</b> 扩建 🏫"


class Tags(HTMLParser):
    """The elements of a page, and the raw text of its data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements:
            tag, attributes = self.elements[-1]
            self.texts.setdefault(attributes.get("id") or tag, data)


def named_with_malice(county: County) -> None:
    """Every name in turn to areas, schools and planning areas, one to the scenario and one to a change."""
    for layer, key in (("areas", "area_id"), ("schools", "school_id")):
        frame = county.layer(layer)
        turn = frame[key].astype("category").cat.codes % len(NAMES)  # rows of a campus keep one name
        frame["name"] = [NAMES[i] for i in turn]
        frame["name_en"] = [NAMES[i - 1] for i in turn]
        county.put_layer(layer, frame)
    header, *rows = county.read("planning_areas.csv")
    for i, cells in enumerate(rows):
        cells[header.index("name")] = NAMES[i]
    county.write("planning_areas.csv", [header, *rows])
    change = {"kind": "expand", "school": "P01", "year": 2026, "rooms": 1, "reason": REASON}
    county.say('title = { zh = "松岚县学位供给 2025—2040"', f'title = {{ zh = "{NAMES[0]}"')
    county.add(tomli_w.dumps({"change": {CHANGE: change}}))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    county = short_county(folder / "county")
    named_with_malice(county)
    told = CliRunner().invoke(
        app, ["run", str(county.scenario_file), "--set", "calendar.horizon=1", "--out", str(folder / "run"), "--json"]
    )
    assert told.exit_code == 0, told.output
    return folder / "run"


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from (s for value in data.values() for s in strings(value))
    elif isinstance(data, list):
        yield from (s for value in data for s in strings(value))


def test_every_table_reads_back_with_the_names_as_given(run_folder: Path) -> None:
    saved = open_run(run_folder)
    for table in ("areas", "schools", "planning_areas"):
        given = set(NAMES) if table != "planning_areas" else set(NAMES[: len(saved.table(table))])
        assert set(saved.table(table)["name"]) == given
    changes = saved.table("changes").set_index("name")
    assert changes.loc[CHANGE, "reason"] == REASON


def test_no_cell_of_a_csv_starts_like_a_formula(run_folder: Path) -> None:
    for file in (run_folder / "tables").glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as text:
            for cells in csv.reader(text):
                for cell in cells:
                    assert not cell.startswith(("=", "+", "@", "\t", "\r")), (file.name, cell)
                    assert not cell.startswith("-") or is_number(cell), (file.name, cell)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_workbook_holds_the_names_as_text(run_folder: Path) -> None:
    book = openpyxl.load_workbook(run_folder / "results.xlsx")
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c.coordinate for c in cells if c.data_type == "f"]
    assert not [c.coordinate for c in cells if c.hyperlink and c.hyperlink.target]  # links within the book only
    shown = {c.value for c in cells if c.data_type in ("s", "inlineStr")}
    assert {name.replace("\r\n", "\n") for name in NAMES} <= shown  # a cell knows one kind of line break
    assert REASON in shown


def test_the_page_holds_the_names_as_data_only(run_folder: Path) -> None:
    page = Tags((run_folder / "report.html").read_text(encoding="utf-8"))
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert sum(tag == "script" for tag, _ in page.elements) == 3
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
    held = set(strings(json.loads(page.texts["data"])))
    assert set(NAMES) <= held
    assert REASON in held
    assert page.texts["title"].startswith(NAMES[0]) or page.texts["title"] == NAMES[0]


def test_the_map_layers_hold_the_names(run_folder: Path) -> None:
    saved = open_run(run_folder)
    for layer in ("areas", "schools"):
        assert set(saved.layer(layer)["name"]) == set(NAMES)

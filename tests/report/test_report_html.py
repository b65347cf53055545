"""report.html as a file: whole, closed to the network, and no text of a user becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import made_up_run
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.messages import LANGUAGES, catalogue
from placesim.report.html import leaflet_script, leaflet_style, script_json, template, write_html
from placesim.report.payload import numbers, payload
from placesim.store import SavedRun, open_run

ROOM = resources.files("placesim.report")
TEMPLATES = sorted(f.name for f in ROOM.joinpath("templates").iterdir())


class Page(HTMLParser):
    """Tags, attributes and the raw text of scripts and styles."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": [], "title": [], "h1": []}
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.inline:
            self._open = tag
            self.inline[tag].append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline[self._open][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = None if tag == self._open else self._open

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def text(finished: SavedRun) -> str:
    return (finished.folder / "report.html").read_text(encoding="utf-8")


def data_of(page: Page) -> dict[str, Any]:
    return json.loads(page.inline["script"][0])


def test_nothing_is_fetched(text: str) -> None:
    page = Page(text)
    fetching = {"src", "srcset", "action", "data", "poster", "background"}
    assert not [(tag, a) for tag, a in page.tags if fetching & a.keys()]
    assert all((a["href"] or "").startswith("#") for a in page.attributes("a"))
    assert not page.attributes("link")
    own = [*page.inline["script"], *page.inline["style"]]
    addresses = {u for part in own for u in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", part)}
    assert addresses <= {"http://www.w3.org", "https://leafletjs.com", "https://bugzilla.mozilla.org"}, addresses
    assert not re.findall(r"url\((?!data:|#default)", "".join(page.inline["style"]))
    assert "sourceMappingURL" not in text


def test_the_policy_allows_exactly_the_inline_parts(text: str) -> None:
    page = Page(text)
    [policy] = [a["content"] for a in page.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    run = [s for s, a in zip(page.inline["script"], page.attributes("script"), strict=True) if "type" not in a]
    for part in [*run, *page.inline["style"]]:
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.count("sha256-") == len(run) + len(page.inline["style"]) == 4


def test_hostile_text_is_only_ever_data(text: str) -> None:
    assert made_up_run.SCRIPT not in text
    assert "<img" not in text
    page = Page(text)
    assert len(page.attributes("script")) == 3
    assert page.inline["h1"] == [f"某县 {made_up_run.SCRIPT}"]
    data = data_of(page)
    assert {row[1] for row in data["areas"]} == {name for name, _, _ in made_up_run.AREAS.values()}
    assert {row[1] for row in data["schools"]} == set(made_up_run.NAMES.values())
    assert data["changes"][0]["reason"] == made_up_run.FORMULA


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_survives_inside_a_script_element(value: str) -> None:
    inside = str(script_json({"name": value}))
    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside) == {"name": value}


def test_numbers_that_are_not_known_are_null_never_nan(text: str) -> None:
    assert numbers([[1.0, float("nan")], [0.256, 2.0]], 2) == [[1, None], [0.26, 2]]
    assert "NaN" not in Page(text).inline["script"][0]


def test_figures_by_year_stand_where_they_belong(finished: SavedRun) -> None:
    data = payload(finished)
    sections = data["sections"]
    at = [data["schools"][s][0] for s in sections["school"]].index("s3")
    assert sections["roll"][at] == [46, 40, None, None]
    assert sections["utilisation"][at] == [0.511, 0.444, None, None]
    assert data["area_values"]["unplaced"][0][0] == [0, 5, 20, 10]
    assert data["area_values"]["minutes_mean"][0][5] == [None] * 4
    assert data["county"]["unplaced"] == [[0, 5, 20, 10], [0, 0, 10, 3]]
    assert data["parts"]["rolls"][0][0] == 330
    assert data["meta"]["first_stage"] == "primary"


def test_a_row_of_a_list_cites_the_rules_behind_its_reasons(finished: SavedRun) -> None:
    data = payload(finished)
    assert data["lists"]["crowded"][0]["rules"] == ["crowded.utilisation"]
    assert data["rules"]["crowded.utilisation"]["clause"] == "3.0.1"


def test_findings_are_grouped_by_rule_the_gravest_first(finished: SavedRun) -> None:
    first, second = payload(finished)["findings"]
    assert (first["rule"], first["severity"], second["rule"]) == ("unplaced", "breach", "utilisation")
    assert first["items"][0] == ["001", "primary", 2026, 2028, 3, 20.0, 0.0]


def test_the_outlook_is_that_of_the_tables(finished: SavedRun) -> None:
    said = payload(finished)["outlook"]
    assert said["early_warning"]["horizons"] == [[0, 2025], [3, 2028]]
    green, red, blue = said["early_warning"]["rows"]
    assert (green["colour"], green["rule_id"], blue["chance_over_design"]) == ("green", None, None)
    assert (red["planning_area"], red["stage"], red["chance_over_design"]) == ("p1", "primary", 0.9)
    assert [(w["unit"], w["total"], w["rows"][0]["id"]) for w in said["waves"]] == [
        ("planning_area", 1, "p1"), ("stage_section", 1, "s1"),
    ]  # fmt: skip
    assert (said["review"]["total"], [r["school_id"] for r in said["review"]["rows"]]) == (1, ["s3"])  # s1: no score
    assert said["balance"] == {
        "unit": "stage_section", "years": [2025, 2028],
        "rows": [{"stage": "primary", "metric": "cv_sports_area", "limit": 0.5, "rule_id": "utilisation",
                  "cv": [0.515, None], "standing": ["fails", None]}],
    }  # fmt: skip
    assert said["not_computable"]["count"] == 2
    assert said["not_computable"]["zh"]["tables"] == [
        ["办学资源（七项指标）", []], ["学校预留用地", ["用地面积（平方米）", "城乡类型"]],
    ]  # fmt: skip
    assert said["not_computable"]["en"]["things"][1] == "land against reserved sites"


def test_the_outlook_shows_the_largest_and_counts_the_rest(saved: SavedRun) -> None:
    tables = made_up_run.run_tables()
    wave, school, cv = (tables[name].iloc[[0]] for name in ("waves", "review", "balance"))
    tables["waves"] = pd.concat([wave.assign(peak=peak) for peak in (3, 30, *range(10, 20))])
    tables["review"] = pd.concat([school.assign(score=score) for score in (1.5, 9.25, *range(2, 8), 1, 1.2, 1.3, 1.4)])
    tables["balance"] = pd.concat(
        [cv, cv.assign(year=2027, cv=0.7), cv.assign(year=2028, cv=0.4, standing="passes"), cv.assign(unit="campus")]
    )
    said = payload(open_run(made_up_run.remake(saved.folder, tables)))["outlook"]
    [waves] = said["waves"]
    assert (waves["total"], [r["peak"] for r in waves["rows"]]) == (12, [30, *range(19, 10, -1)])
    assert (said["review"]["total"], said["review"]["rows"][0]["score"], len(said["review"]["rows"])) == (12, 9.25, 10)
    [row] = said["balance"]["rows"]
    assert (row["cv"], row["standing"]) == ([0.515, 0.4], ["fails", "passes"])


def test_a_run_saved_without_outlook_has_a_page_without_it(saved: SavedRun, tmp_path: Path) -> None:
    for name in ("early_warning", "waves", "review", "not_computable"):
        (saved.folder / "tables" / f"{name}.csv").unlink()
    assert payload(open_run(saved.folder))["outlook"].keys() == {"balance"}
    (saved.folder / "tables" / "balance.csv").unlink()
    write_html(open_run(saved.folder), tmp_path / "old.html")
    page = Page((tmp_path / "old.html").read_text(encoding="utf-8"))
    assert "#outlook-section" not in [a["href"] for a in page.attributes("a")]
    assert "outlook-section" not in [a.get("id") for a in page.attributes("section")]
    assert data_of(page)["outlook"] == {}


def test_nothing_known_of_the_outlook_is_nothing_shown(saved: SavedRun) -> None:
    tables = made_up_run.run_tables()
    empty = {name: tables[name].iloc[:0] for name in ("early_warning", "waves", "review", "balance", "not_computable")}
    said = payload(open_run(made_up_run.remake(saved.folder, tables | empty)))["outlook"]
    assert said["early_warning"] == {"horizons": [], "rows": []}
    assert (said["waves"], said["review"], said["not_computable"]["count"]) == ([], {"total": 0, "rows": []}, 0)
    assert said["balance"] == {"unit": None, "years": [2025, 2028], "rows": []}


def test_many_problems_are_cut_and_counted(saved: SavedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placesim.report.payload.PROBLEMS_SHOWN", 0)
    assert payload(saved)["problems"] == {"total": 1, "rows": []}


def test_a_county_without_roads_has_a_page(saved: SavedRun, tmp_path: Path) -> None:
    layers = {name: saved.layer(name) for name in ("areas", "schools")}
    (saved.folder / "results.gpkg").unlink()
    for name, layer in layers.items():
        layer.to_file(saved.folder / "results.gpkg", layer=name, driver="GPKG")
    assert payload(saved)["map"]["roads"] == []


def test_both_languages_are_inside(text: str) -> None:
    texts = data_of(Page(text))["text"]
    assert texts["zh"].keys() == texts["en"].keys()
    assert texts["zh"]["report.section.crowded"] == "拥挤学校"


def test_writing_twice_gives_the_same_bytes(saved: SavedRun, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_html(saved, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_template_can_end_its_own_element() -> None:
    for part in (leaflet_script(), leaflet_style(), *(template(n) for n in TEMPLATES if not n.endswith(".j2"))):
        assert not re.search(r"</(script|style)", part, re.IGNORECASE)
        assert "<!--" not in part


def test_no_script_reads_text_as_markup() -> None:
    own = "\n".join(template(n) for n in TEMPLATES if n.endswith(".js"))
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
        assert word not in own, word


def test_every_label_of_the_outlook_exists_and_is_asked_for() -> None:
    asked = set(re.findall(r'"(outlook\.[a-z_]+)"', template("outlook.js")))
    for language in LANGUAGES:
        assert {key for key in catalogue(language)["label"] if key.startswith("outlook.")} == asked


def test_every_label_that_a_face_asks_for_exists_and_every_label_is_asked_for() -> None:
    sources = [f for f in ROOM.iterdir() if f.name.endswith(".py")] + list(ROOM.joinpath("templates").iterdir())
    written = "\n".join(f.read_text(encoding="utf-8") for f in sources)
    asked = set(re.findall(r"""["'`]((?:report|compare)\.[a-z_.]+[a-z_])["'`]""", written))
    asked -= {"report.html", "report.css", "compare.js"}  # files, not labels
    built = set(re.findall(r"""["'`]((?:report|compare)(?:\.[a-z_]+)*)(?:\.\$\{|\.\{|\.' ~)""", written))
    built |= {"report.column", "report.about", "report.when", "report.change"}  # prefixes that `word` completes
    for language in LANGUAGES:
        own = {key for key in catalogue(language)["label"] if key.startswith(("report.", "compare."))}
        assert {a for a in asked if a not in own and a not in built} == set()
        unused = {key for key in own - asked if key.rpartition(".")[0] not in built}
        assert unused == set(), unused

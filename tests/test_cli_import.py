"""`placesim import osm`: files that a scenario can name as they are, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from placesim.cli import app
from placesim.osm import ATTRIBUTION
from placesim.store import OutputError, drafts

NAMES = ["SOURCE.txt", "inputs.toml", "roads.gpkg", "schools.csv"]
TOWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
<node id="1" lon="120.001" lat="30.001"/><node id="2" lon="120.004" lat="30.001"/>
<node id="3" lon="120.004" lat="30.004"/>
<node id="4" lon="120.002" lat="30.003"><tag k="amenity" v="school"/><tag k="name" v="城关小学"/></node>
<node id="5" lon="120.003" lat="30.002"><tag k="amenity" v="school"/><tag k="name" v="=外国语学校"/></node>
<node id="6" lon="120.002" lat="30.000"/><node id="7" lon="120.002" lat="30.002"/>
<way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="maxspeed" v="40"/></way>
<way id="11"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way>
<way id="12"><nd ref="6"/><nd ref="7"/><tag k="railway" v="rail"/></way>
</osm>
"""
SCENARIO = """schema = 1
name = "from-osm"
[calendar]
base_year = 2025
horizon = 0
[demography]
method = "none"
[inputs.areas]
path = "areas.gpkg"
[inputs.enrolment]
path = "enrolment.csv"
"""


def call(*arguments: Any) -> Any:
    """The command in this process: exit_code, stdout, stderr."""
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "town.osm"
    file.write_text(TOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return file


def test_import_writes_tables_their_entries_and_where_they_come_from(town: Path) -> None:
    told = call("import", "osm", town)
    assert told.exit_code == 0, told.output
    folder = town.parent / "town"
    assert sorted(p.name for p in folder.iterdir()) == NAMES
    assert sorted(p.name for p in town.parent.iterdir()) == ["town", "town.osm"]
    roads, barriers = (gpd.read_file(folder / "roads.gpkg", layer=layer) for layer in ("roads", "barriers"))
    assert roads["road_id"].tolist() == ["10-1", "11-1"]
    assert roads["drive"].tolist() == [True, False]
    assert barriers["kind"].tolist() == ["railway"]
    schools = pd.read_csv(folder / "schools.csv", encoding="utf-8-sig")
    assert schools["school_id"].tolist() == ["n4", "n5"]
    assert schools["name"].tolist() == ["城关小学", "'=外国语学校"]  # no text is a formula
    for name in ("SOURCE.txt", "inputs.toml"):
        assert ATTRIBUTION in (folder / name).read_text(encoding="utf-8")
    assert (folder / "inputs.toml").read_text(encoding="utf-8") in told.stdout
    assert "W631" in told.stdout


def test_the_entries_can_be_run_once_the_blank_cells_are_filled(town: Path) -> None:
    assert call("import", "osm", town, "--out", ".").exit_code == 0
    area = gpd.GeoDataFrame({"area_id": ["1"]}, geometry=[shapely.box(120, 30, 120.005, 30.005)], crs="EPSG:4490")
    area.to_file("areas.gpkg")
    Path("enrolment.csv").write_text("school_id,year,grade,pupils\nn4,2025,G1,40\n")
    entries = Path("inputs.toml").read_text(encoding="utf-8")
    Path("base.toml").write_text(SCENARIO + entries, encoding="utf-8")
    findings = json.loads(call("check", "base.toml", "--json").stdout)["findings"]
    blank = [(f["code"], f["file"], f["row"], f["column"]) for f in findings if f["code"].startswith("E")]
    assert blank == [("E216", "schools.csv", 3, "stage"), ("E305", "schools.csv", 2, "rooms")]
    draft = pd.read_csv("schools.csv", encoding="utf-8-sig", dtype=str)
    draft.assign(stage=["primary", "junior"], rooms="12").to_csv("schools.csv", index=False)
    told = call("run", "base.toml", "--json")
    assert told.exit_code == 0, told.output


def test_json_is_one_document(town: Path) -> None:
    told = call("import", "osm", town, "--json")
    data = json.loads(told.stdout)
    assert (told.exit_code, told.stderr) == (0, "")
    assert sorted(Path(f).name for f in data["files"]) == NAMES
    assert (data["roads"], data["schools"], data["kindergartens"], data["without_name"]) == (2, 2, 0, 0)
    assert (data["stage_by_name"], data["stage_blank"], data["attribution"]) == (1, 1, ATTRIBUTION)
    assert {f["code"] for f in data["findings"]} == {"W631", "N631"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_comments_are_in_the_language_asked_for(town: Path, lang: str) -> None:
    assert call("import", "osm", town, "--lang", lang).exit_code == 0
    text = (town.parent / "town" / "inputs.toml").read_text(encoding="utf-8")
    assert ("情景文件" in text) == (lang == "zh")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_over(town: Path, name: str) -> None:
    folder = town.parent / "mine"
    folder.mkdir()
    (folder / name).write_text("mine")
    told = call("import", "osm", town, "--out", folder, "--json")
    assert (told.exit_code, [f["code"] for f in json.loads(told.stdout)["findings"]]) == (1, ["E630"])
    assert {p.name: p.read_text() for p in folder.iterdir()} == {name: "mine"}


def test_other_files_in_the_folder_stay(town: Path) -> None:
    (town.parent / "mine").mkdir()
    (town.parent / "mine" / "notes.txt").write_text("mine")
    assert call("import", "osm", town, "--out", "mine").exit_code == 0
    assert sorted(p.name for p in (town.parent / "mine").iterdir()) == sorted([*NAMES, "notes.txt"])


def test_an_extract_without_schools_or_barriers_leaves_them_out(town: Path) -> None:
    plain = "\n".join(line for line in TOWN.split("\n") if "amenity" not in line and "railway" not in line)
    town.write_text(plain, encoding="utf-8")
    told = call("import", "osm", town)
    assert told.exit_code == 0
    assert "W630" in told.stdout
    assert sorted(p.name for p in (town.parent / "town").iterdir()) == NAMES[:3]
    entries = (town.parent / "town" / "inputs.toml").read_text(encoding="utf-8")
    assert "[inputs.roads]" in entries
    assert "[inputs.schools]" not in entries
    assert "[inputs.barriers]" not in entries


@pytest.mark.parametrize(
    ("content", "code"), [(None, "E631"), ("no extract", "E632"), (TOWN[:-20], "E633"), ("<osm></osm>", "E634")]
)
def test_what_is_no_extract_is_a_finding_and_writes_nothing(town: Path, content: str | None, code: str) -> None:
    town.unlink()
    if content is not None:
        town.write_text(content, encoding="utf-8")
    told = call("import", "osm", town)
    assert told.exit_code == 1
    assert told.stderr.startswith(f"✗ {code}  {town}")
    assert not (town.parent / "town").exists()


@pytest.mark.parametrize(
    "arguments",
    [("import",), ("import", "osm"), ("import", "gtfs", "x"), ("import", "osm", "town.osm", "--lang", "fr")],
)
def test_a_wrong_call_is_exit_2(town: Path, arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == 2
    assert [p.name for p in town.parent.iterdir()] == ["town.osm"]


def test_a_disk_that_refuses_leaves_nothing_behind(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drafts, "write_csv", refuse)
    told = call("import", "osm", town)
    assert (told.exit_code, told.stderr.split()[1]) == (1, "E600")
    assert [p.name for p in town.parent.iterdir()] == ["town.osm"]


def test_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    """A file that appears while the others are being written is kept, and what had been moved goes again."""

    def write() -> None:
        with drafts._together(tmp_path / "x") as beside:
            for name in ("a.txt", "b.txt"):
                (beside / name).write_text("draft")
            (tmp_path / "x" / "b.txt").write_text("mine")

    with pytest.raises(OutputError):
        write()
    assert {p.name: p.read_text() for p in (tmp_path / "x").iterdir()} == {"b.txt": "mine"}

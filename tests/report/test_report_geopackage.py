"""results.gpkg: layers that any reader opens, and styles that say what the other faces say."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import made_up_run
import pyogrio
import pytest

from placesim.report import geopackage, write
from placesim.report.classes import UNPLACED_SHARE, UTILISATION, WALKERS
from placesim.store import SavedRun

LAYERS = {
    "areas": "Polygon", "schools": "Point", "roads": "LineString", "schools_by_year": "Point", "crowded": "Point",
    "underused": "Point", "routes": "LineString", "areas_by_year": "Polygon", "area_figures": None,
    "layer_styles": None,
}  # fmt: skip


@pytest.fixture
def path(finished: SavedRun) -> Path:
    return finished.folder / "results.gpkg"


def test_the_layers_and_their_geometry(path: Path) -> None:
    assert {str(name): kind for name, kind in pyogrio.list_layers(path)} == LAYERS


def test_one_point_per_school_stage_and_year(path: Path) -> None:
    layer = pyogrio.read_dataframe(path, layer="schools_by_year")
    assert len(layer) == 18
    assert layer.crs == made_up_run.CRS
    row = layer[(layer["school_id"] == "s1") & (layer["year"] == 2028)].iloc[0]
    assert (row["roll"], row["utilisation"], row["typology"], row["name"]) == (500, 1.25, "crowded", made_up_run.SCRIPT)
    assert (row.geometry.x, row.geometry.y) == made_up_run.POINTS["s1"]


def test_areas_by_year_is_a_view_with_polygons(path: Path) -> None:
    layer = pyogrio.read_dataframe(path, layer="areas_by_year")
    assert len(layer) == 6 * 2 * 4
    row = layer[(layer["area_id"] == "001") & (layer["stage"] == "primary") & (layer["year"] == 2027)].iloc[0]
    assert row["unplaced_share"] == pytest.approx(20 / 70)
    assert (row.geometry.area, row["planning_area"]) == (1e6, "p1")
    with closing(sqlite3.connect(path)) as connection:
        [kind] = connection.execute("SELECT type FROM sqlite_master WHERE name = 'areas_by_year'").fetchone()
    assert kind == "view"


def test_lists_hold_reasons_in_codes_and_words(path: Path) -> None:
    row = pyogrio.read_dataframe(path, layer="crowded").iloc[0]
    assert (row["reason"], row["reason_text"], row["first_year"]) == ("utilisation", "在校生超过设计学位", 2026)


def test_field_names_are_plain_ascii(path: Path) -> None:
    for layer in LAYERS:
        for field in pyogrio.read_info(path, layer=layer)["fields"]:
            assert field.isascii()
            assert field.replace("_", "").isalnum()


def test_everything_is_registered_as_the_standard_wants(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        kinds = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents"))
        geometry = {row[0] for row in connection.execute("SELECT table_name FROM gpkg_geometry_columns")}
        [version] = connection.execute("PRAGMA user_version").fetchone()
    assert {name for name, kind in kinds.items() if kind == "features"} == geometry
    assert {name for name, kind in kinds.items() if kind == "attributes"} == {"area_figures", "layer_styles"}
    assert version == 10300


def styles(path: Path) -> dict[str, sqlite3.Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {row["f_table_name"]: row for row in connection.execute("SELECT * FROM layer_styles")}


@pytest.mark.parametrize(("layer", "scale"), [("schools_by_year", UTILISATION), ("areas_by_year", UNPLACED_SHARE)])
def test_a_style_draws_the_fixed_classes_of_each_stage(path: Path, layer: str, scale: object) -> None:
    row = styles(path)[layer]
    assert row["useAsDefault"] == 1
    assert row["f_geometry_column"] == "geom"
    qml = ET.fromstring(row["styleQML"].split("\n", 1)[1])
    primary, junior = qml.findall("renderer-v2/rules/rule")
    assert (primary.get("checkstate"), junior.get("checkstate")) == (None, "0")
    assert "\"stage\" = 'primary'" in str(primary.get("filter"))
    assert "2025" in str(primary.get("filter"))
    assert [r.get("label") for r in primary] == scale.labels()
    symbols = {s.get("name"): s for s in qml.findall("renderer-v2/symbols/symbol")}
    fills = [symbols[r.get("symbol")].find("layer/Option/Option[@name='color']").get("value") for r in primary]
    assert ["#{:02x}{:02x}{:02x}".format(*map(int, f.split(",")[:3])) for f in fills] == list(scale.colours)


def test_unsafe_ways_are_drawn_apart_and_wider_where_more_pupils_walk(path: Path) -> None:
    qml = ET.fromstring(styles(path)["routes"]["styleQML"].split("\n", 1)[1])
    assert [r.get("filter") for r in qml.findall("renderer-v2/rules/rule")] == ['"unsafe"', 'NOT "unsafe"']
    assert qml.findtext("layerGeometryType") == "1"
    symbols = qml.findall("renderer-v2/symbols/symbol")
    colours = [s.find("layer/Option/Option[@name='line_color']").get("value") for s in symbols[:6]]
    assert ["#{:02x}{:02x}{:02x}".format(*map(int, c.split(",")[:3])) for c in colours] == list(WALKERS.colours)
    assert symbols[0].find(".//Option[@name='outlineWidth']") is not None


def test_classes_of_the_style_cover_every_value_once(path: Path) -> None:
    qml = ET.fromstring(styles(path)["schools_by_year"]["styleQML"].split("\n", 1)[1])
    filters = [r.get("filter") for r in qml.find("renderer-v2/rules/rule")]
    for value in (0.0, 0.5, 0.75, 0.95, 1.0, 1.05, 1.1, 3.0):
        hits = [eval(f.replace("AND", "and"), {"utilisation": value}) for f in (f.replace('"', "") for f in filters)]
        assert hits.index(True) == UTILISATION.of(value)
        assert sum(hits) == 1


def test_the_style_for_other_programs_is_well_formed(path: Path) -> None:
    for row in styles(path).values():
        sld = ET.fromstring(row["styleSLD"])
        assert len(sld.findall(".//{http://www.opengis.net/se}Rule")) == 6


def test_a_stage_id_with_a_quote_cannot_break_the_filter() -> None:
    assert geopackage._is_stage("o'brien") == "\"stage\" = 'o''brien'"


def test_writing_again_replaces_what_was_added(saved: SavedRun) -> None:
    sizes = set()
    for _ in range(2):
        [path] = write(saved, ["gpkg"])
        assert {str(name) for name, _ in pyogrio.list_layers(path)} == set(LAYERS)
        sizes.add(path.stat().st_size)
    assert len(sizes) == 1


def test_a_county_without_planning_areas_or_roads(saved: SavedRun) -> None:
    layers = {name: saved.layer(name) for name in ("areas", "schools")}
    (saved.folder / "results.gpkg").unlink()
    for name, layer in layers.items():
        layer.drop(columns="planning_area", errors="ignore").to_file(saved.folder / "results.gpkg", layer=name)
    [path] = write(saved, ["gpkg"])
    assert len(pyogrio.read_dataframe(path, layer="areas_by_year")) == 48

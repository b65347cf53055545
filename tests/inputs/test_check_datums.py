"""Places that seem to come from a web map: found when they do, not when they do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from four_areas import County, squares
from told import only, written

from placesim.errors import Finding
from placesim.inputs.check_datums import suspected_datums
from placesim.inputs.web_map_datums import to_bd09, to_gcj02
from placesim.records import Inputs, Source, Table

MAP = Path(__file__).resolve().parents[2] / "scenarios" / "songlan" / "songlan.gpkg"
DATUMS = [("GCJ-02", to_gcj02), ("BD-09", to_bd09)]


@pytest.fixture(scope="module")
def songlan() -> dict[str, gpd.GeoDataFrame]:
    """The bundled county's layers, true as they are."""
    return {name: pyogrio.read_dataframe(MAP, layer=name) for name in ("areas", "roads", "schools", "sites", "points")}


def shifted(frame: gpd.GeoDataFrame, way: Callable[..., Any]) -> gpd.GeoDataFrame:
    """Places as a web map shows them, under the name of the true system."""
    degrees = frame.to_crs(4326).geometry
    moved = gpd.points_from_xy(*way(degrees.x, degrees.y), crs=4326)
    return frame.set_geometry(gpd.GeoSeries(moved).to_crs(frame.crs))


def told(layers: dict[str, gpd.GeoDataFrame], **declared: str) -> list[Finding]:
    """The suspicions about layers in one metric system; `declared` says the crs of a table."""
    tables = {
        name: Table(name, rows, np.arange(1, len(rows) + 1), Source(f"{name}.gpkg", None, {}, {}, ""))
        for name, rows in layers.items()
    }
    inputs = Inputs(tables, layers["areas"].crs.to_string(), {})
    said = {name: SimpleNamespace(crs=declared.get(name)) for name in layers}
    scenario: Any = SimpleNamespace(parameters=SimpleNamespace(inputs=said))
    return written(suspected_datums(inputs, scenario))


def test_sound_places_raise_no_suspicion(songlan: dict[str, gpd.GeoDataFrame]) -> None:
    assert told(songlan) == []
    assert told({name: layer for name, layer in songlan.items() if name != "roads"}) == []


@pytest.mark.parametrize("count", [5, 8, 15, 30])
def test_few_sound_places_raise_none_either(songlan: dict[str, gpd.GeoDataFrame], count: int) -> None:
    """A hundred draws of a few schools: not one in twenty may be suspected by chance."""
    draws = [told(songlan | {"schools": songlan["schools"].sample(count, random_state=seed)}) for seed in range(100)]
    assert sum(bool(found) for found in draws) <= 5


@pytest.mark.parametrize(("datum", "way"), DATUMS)
@pytest.mark.parametrize("name", ["schools", "points"])
def test_places_of_a_web_map_are_suspected(
    songlan: dict[str, gpd.GeoDataFrame], name: str, datum: str, way: Callable[..., Any]
) -> None:
    finding = only(told(songlan | {name: shifted(songlan[name], way)}))
    assert (finding.code, finding.file, finding.facts["datum"]) == ("W201", f"{name}.gpkg", datum)
    assert float(finding.facts["then"]) < float(finding.facts["metres"]) / 2
    assert (560 < float(finding.facts["shift"]) < 630) == (datum == "GCJ-02")


def test_a_declared_table_is_not_suspected_again(songlan: dict[str, gpd.GeoDataFrame]) -> None:
    layers = songlan | {"schools": shifted(songlan["schools"], to_gcj02)}
    assert told(layers, schools="gcj02") == []
    assert len(told(layers, schools="EPSG:4326")) == 1


def test_four_places_are_too_few(songlan: dict[str, gpd.GeoDataFrame]) -> None:
    assert told(songlan | {"schools": shifted(songlan["schools"].iloc[:4], to_gcj02)}) == []


def squared(count: int, side: float) -> gpd.GeoDataFrame:
    """So many small areas in a row, 3 km apart."""
    areas = squares().iloc[[0] * count].reset_index(drop=True)
    west, south = 400_000.0, 3_430_000.0
    boxes = [shapely.box(west + 3000 * i, south, west + 3000 * i + side, south + side) for i in range(count)]
    return areas.set_geometry(gpd.GeoSeries(boxes, crs=areas.crs))


@pytest.mark.parametrize(("datum", "way"), DATUMS)
def test_without_roads_the_areas_tell(datum: str, way: Callable[..., Any]) -> None:
    """Villages of 300 m: every place lies in one, none on the web map."""
    areas = squared(6, 300)
    places = gpd.GeoDataFrame({"school_id": list("abcdef")}, geometry=areas.centroid)
    assert told({"areas": areas, "schools": places}) == []
    finding = only(told({"areas": areas, "schools": shifted(places, way)}))
    assert (finding.code, finding.facts["datum"]) == ("W202", datum)
    assert (finding.facts["share"], finding.facts["then"]) == ("0%", "100%")


def test_places_off_every_area_by_another_error_are_not_suspected() -> None:
    areas = squared(6, 300)
    places = gpd.GeoDataFrame({"school_id": list("abcdef")}, geometry=areas.centroid.translate(-700, 900))
    assert told({"areas": areas, "schools": places}) == []


def test_outside_china_there_is_no_such_datum() -> None:
    """The same places in Ontario."""
    areas = squared(6, 300).set_crs(32617, allow_override=True)
    places = gpd.GeoDataFrame({"school_id": list("abcdef")}, geometry=areas.centroid.translate(500, -300))
    assert told({"areas": areas, "schools": places}) == []


def test_places_that_are_missing_are_passed_over(songlan: dict[str, gpd.GeoDataFrame]) -> None:
    schools = songlan["schools"].copy()
    schools.loc[0, "geometry"] = None
    schools.loc[1, "geometry"] = shapely.Point()
    assert told(songlan | {"schools": schools}) == []
    assert told(songlan | {"schools": schools.iloc[:2]}) == []


def test_no_areas_no_suspicion(county: County) -> None:
    """A county whose areas could not be read has no system to measure in."""
    county.say('"areas.gpkg"', '"nowhere.gpkg"')
    assert {"W201", "W202"}.isdisjoint(f.code for f in county.findings())

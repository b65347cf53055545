"""The stage cache: what goes in comes out, and only the same question gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from placesim.cache import StageCache, frame_hash, stage_key
from placesim.scenario.parameters import TravelParameters


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Thing:
    array: np.ndarray
    table: pd.DataFrame
    layer: gpd.GeoDataFrame
    parts: MappingProxyType
    inner: tuple[Inner, ...]
    nothing: None = None


@pytest.fixture
def cache(tmp_path: Path) -> StageCache:
    return StageCache(tmp_path / "c", {"Thing": Thing, "Inner": Inner})


def thing() -> Thing:
    table = pd.DataFrame({"id": pd.Series(["007", None], dtype=object), "n": [1, 2], "x": [0.5, np.nan]})
    layer = gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(1, 2)], crs="EPSG:4547")
    parts = MappingProxyType({"a": np.arange(6.0).reshape(2, 3)})
    return Thing(np.array([[True, False]]), table, layer, parts, (Inner("𠮷"),))


def test_a_record_comes_back_as_it_was(cache: StageCache) -> None:
    cache.fetch("k", thing)
    again = cache.fetch("k", lambda: pytest.fail("computed twice"))
    expected = thing()
    np.testing.assert_array_equal(again.array, expected.array)
    pd.testing.assert_frame_equal(again.table, expected.table)
    assert again.table["id"][1] is None
    assert again.layer.crs == expected.layer.crs
    assert again.layer.geometry.equals(expected.layer.geometry)
    np.testing.assert_array_equal(again.parts["a"], expected.parts["a"])
    assert (again.inner, again.nothing) == (expected.inner, None)


def test_a_spoilt_entry_is_computed_anew(cache: StageCache) -> None:
    cache.fetch("k", thing)
    (entry,) = cache.folder.glob("*.zip")
    entry.write_bytes(entry.read_bytes()[:100])
    assert cache.fetch("k", thing).inner == (Inner("𠮷"),)
    cache.fetch("k", lambda: pytest.fail("computed twice"))


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = StageCache(tmp_path / "file", {"Inner": Inner})
    assert cache.fetch("k", lambda: Inner("x")) == Inner("x")


def test_the_key_follows_options_inputs_and_code() -> None:
    def key(told: TravelParameters, seen: str, code: str) -> str:
        return stage_key("travel", told=told, seen=[seen], code=[code])

    same = key(TravelParameters(), "a", "geo")
    assert same == key(TravelParameters(), "a", "geo")
    others = [
        key(TravelParameters(walk_speed=4.0), "a", "geo"),
        key(TravelParameters(), "b", "geo"),
        key(TravelParameters(), "a", "scenario"),
    ]
    assert len({same, *others}) == 4


def test_the_hash_of_a_table_sees_every_cell() -> None:
    table = thing().layer.assign(n=[1.0])
    moved = table.set_geometry([Point(1, 2.001)], crs=table.crs)
    hashes = {frame_hash(t) for t in (table, moved, table.assign(n=[2.0]), table.assign(id=["b"]), table.to_crs(4326))}
    assert len(hashes) == 5
    assert frame_hash(table) == frame_hash(table.copy())

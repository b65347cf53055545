"""The page's geometry: whole metres, shared borders kept, nothing lost that can be seen."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from placesim.report import geometry

CRS = "EPSG:32650"


def absolute(deltas: list[int]) -> list[tuple[int, int]]:
    steps = np.array(deltas).reshape(-1, 2).cumsum(axis=0)
    return [(int(x), int(y)) for x, y in steps]


def layer(*shapes: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def test_the_frame_holds_areas_and_schools() -> None:
    frame = geometry.frame_of(layer(box(1000, 2000, 4000, 3000)), layer(Point(900, 3500)))
    assert (frame.west, frame.south, frame.width, frame.height) == (900, 2000, 3100, 1500)
    assert frame.tolerance == pytest.approx(3100 / 2500)


def test_rings_are_differences_from_the_south_west_corner() -> None:
    frame = geometry.Frame(100.0, 200.0, 50.0, 50.0)
    hole = [(110, 210), (120, 210), (120, 220)]
    shape = Polygon([(100, 200), (150, 200), (150, 250), (100, 250)], [hole])
    [[outer, inner]] = geometry.rings(shape, frame)
    assert outer == [0, 0, 50, 0, 0, 50, -50, 0, 0, -50]
    assert absolute(inner) == [(10, 10), (20, 10), (20, 20), (10, 10)]


def test_every_part_of_an_area_is_drawn() -> None:
    two = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    assert len(geometry.rings(two, geometry.Frame(0, 0, 30, 10))) == 2


def test_neighbours_keep_one_border_when_simplified() -> None:
    wiggle = [(1000, y) for y in range(0, 1001, 10)]
    wiggle = [(x + (3 if k % 2 else 0), y) for k, (x, y) in enumerate(wiggle)]
    west = Polygon([(0, 0), *wiggle, (0, 1000)])
    east = Polygon([(2000, 0), *wiggle, (2000, 1000)])
    frame = geometry.Frame(0, 0, 20_000, 10_000)  # tolerance 8 m
    a, b = geometry.simplified(layer(west, east), frame)
    assert shapely.get_num_coordinates(a) < 20
    assert a.intersection(b).area == 0
    assert a.union(b).area == pytest.approx(west.union(east).area)
    assert shapely.union_all([a, b]).geom_type == "Polygon"


def test_outlines_join_the_areas_of_a_group_and_leave_out_the_others() -> None:
    shapes = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1), box(5, 5, 6, 6)], dtype=object)
    found = geometry.outlines(shapes, np.array(["p", "p", None], dtype=object))
    assert list(found) == ["p"]
    assert found["p"].equals(box(0, 0, 2, 1))


def test_a_school_without_a_place_is_none() -> None:
    frame = geometry.Frame(0, 0, 10, 10)
    assert geometry.points(layer(Point(3, 4), None), frame) == [[3, 4], None]


def test_roads_are_joined_and_the_longest_kept() -> None:
    chain = [LineString([(k, 0), (k + 10, 0)]) for k in range(0, 100, 10)]
    far = [LineString([(0, 500 + k), (1, 500 + k)]) for k in range(5)]
    frame = geometry.Frame(0, 0, 100, 600)
    drawn = geometry.lines(layer(*chain, *far), frame)
    assert absolute(drawn[0]) == [(0, 0), (100, 0)]
    assert len(drawn) == 6
    assert geometry.lines(layer(), frame) == []


def test_roads_stop_at_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry, "_ROAD_POINTS", 4)
    roads = layer(LineString([(0, 0), (90, 0)]), LineString([(0, 5), (80, 5)]), LineString([(0, 9), (70, 9)]))
    assert [absolute(line)[-1][0] for line in geometry.lines(roads, geometry.Frame(0, 0, 90, 9))] == [90, 80]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=3, max_size=30, unique=True))
def test_a_ring_comes_back_from_its_differences(points: list[tuple[int, int]]) -> None:
    ring = shapely.linearrings(points)
    shown = absolute(geometry.rings(Polygon(ring), geometry.Frame(0, 0, 5000, 5000))[0][0])
    assert shown == [(int(x), int(y)) for x, y in shapely.get_coordinates(ring)]

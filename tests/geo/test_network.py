"""The road graph and points joined to it, by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, Point

from placesim.geo.network import Network, build_network, join_points
from placesim.geo.shortest import distances


def network(*lines: Any) -> Network:
    return build_network(gpd.GeoSeries(list(lines), crs="EPSG:32650"))


def between(roads: Network, *points: tuple[float, float]) -> list[list[float]]:
    """Metres along the roads between points, without the ways to the road."""
    joined = join_points(roads, np.array([Point(p) for p in points], dtype=object))
    (_, block), *_ = distances(joined.links, joined.nodes, joined.nodes, np.inf)
    return block.round(6).tolist()


CROSS = (LineString([(0, 0), (100, 0)]), LineString([(100, 0), (100, 50)]), LineString([(100.04, 0), (300, 0)]))


def test_ends_within_a_decimetre_are_one_node() -> None:
    roads = network(*CROSS)
    assert roads.nodes == 4
    assert roads.metres.round(2).tolist() == [100, 50, 199.96]
    assert roads.metres_left_out == 0


def test_lines_that_cross_without_an_end_do_not_meet_and_the_longest_part_stays() -> None:
    roads = network(*CROSS, LineString([(50, -20), (50, 20)]))
    assert len(roads.lines) == 3
    assert roads.metres_left_out == 40


def test_parts_are_taken_apart_and_empty_lines_left_out() -> None:
    two = MultiLineString([[(0, 0), (10, 0)], [(10, 0), (20, 0)]])
    roads = network(two, LineString([(5, 5), (5, 5)]), None, LineString())
    assert roads.metres.tolist() == [10, 10]
    assert roads.nodes == 3


def test_a_bend_counts_in_the_length() -> None:
    assert between(network(LineString([(0, 0), (30, 40), (60, 0)])), (0, 0), (60, 0)) == [[0, 100], [100, 0]]


def test_points_join_where_they_are_nearest() -> None:
    roads = network(*CROSS)
    points = np.array([Point(20, 7), Point(130, 40), Point(100, 60)], dtype=object)
    assert join_points(roads, points).access.round(6).tolist() == [7, 30, 10]


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        ((20, 0), (90, 0), 70),  # on one link: the stretch between, not by the ends
        ((20, 5), (100, 50), 130),
        ((20, 0), (20, -9), 0),  # the same spot
        ((0, 0), (100, 0), 100),  # at both ends
    ],
)
def test_way_between_points(a: tuple[float, float], b: tuple[float, float], metres: float) -> None:
    assert between(network(*CROSS), a, b) == [[0, metres], [metres, 0]]


def test_three_points_on_one_link_in_any_order() -> None:
    assert between(network(*CROSS), (80, 0), (10, 0), (30, 0))[1] == [70, 0, 20]


def test_a_ring_is_walked_the_shorter_way() -> None:
    ring = LineString([(0, 0), (40, 0), (40, 40), (0, 40), (0, 0)])
    assert between(network(ring), (10, 0), (0, 10)) == [[0, 20], [20, 0]]


def test_parallel_roads_and_reversed_lines() -> None:
    roads = network(LineString([(0, 0), (50, 50), (100, 0)]), LineString([(100, 0), (0, 0)]))
    assert between(roads, (0, 0), (100, 0))[0][1] == 100

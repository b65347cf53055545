"""Service areas: circles, stretches of roads cut by hand, and the people in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point, box

from placesim.errors import InputError
from placesim.geo import covered_points_share, covered_share, reached_shape, reached_stretches, service_circles

INF = np.inf
LINE = LineString([(0, 0), (60, 0), (60, 40)])  # 100 m


def schools(*rows: tuple[str, float, float]) -> gpd.GeoDataFrame:
    points = [Point(x, y) for _, x, y in rows]
    return gpd.GeoDataFrame({"stage": [s for s, _, _ in rows]}, geometry=points, crs="EPSG:32650")


def test_circles_dissolve_by_stage_and_end_at_the_border() -> None:
    far = box(-9999, -9999, 9999, 9999)
    rows = schools(("primary", 0, 0), ("primary", 0, 0), ("junior", 0, 0), ("primary", 5000, 0))
    found = service_circles(rows, {"primary": 500, "junior": 1000}, far)
    assert found[["stage", "radius"]].to_numpy().tolist() == [["junior", 1000], ["primary", 500]]
    assert found.area.tolist() == pytest.approx([np.pi * 1e6, 2 * np.pi * 25e4], rel=2e-4)
    half = service_circles(rows, 500, box(0, -9999, 9999, 9999))
    assert half.area.tolist() == pytest.approx([np.pi * 12.5e4, 1.5 * np.pi * 25e4], rel=2e-4)
    assert found.crs == rows.crs


def cut(start: float, end: float, limit: float, **how: Any) -> list[list[tuple[float, float]]]:
    found = reached_stretches([LINE], [start], [end], limit=limit, **how)
    return [list(piece.coords) for piece in found]


def test_a_link_reached_from_both_ends_with_a_gap_between() -> None:
    assert cut(70, 80, 100) == [[(0, 0), (30, 0)], [(60, 20), (60, 40)]]


def test_a_link_reached_from_one_end_past_its_bend() -> None:
    assert cut(20, INF, 100) == [[(0, 0), (60, 0), (60, 20)]]
    assert cut(INF, 30, 100) == [[(30, 0), (60, 0), (60, 40)]]


def test_a_link_reached_whole_and_one_not_reached() -> None:
    assert cut(0, 100, 100) == cut(50, 50, 100) == cut(0, INF, INF) == [list(LINE.coords)]
    assert cut(100, INF, 100) == cut(INF, INF, INF) == cut(101, 500, 100) == []


def test_the_cost_of_a_metre() -> None:
    assert cut(7, INF, 10, per_metre=0.1) == [[(0, 0), (30, 0)]]
    found = reached_stretches([LINE, LINE], [7, 7], [INF, INF], limit=10, per_metre=[0.1, 0.05])
    assert [piece.length for piece in found] == [30, 60]


def test_stretches_keep_the_order_of_links() -> None:
    lines = [LINE, LineString([(0, 0), (9, 0)]), LineString([(0, 0), (0, 0)]), LINE]
    found = reached_stretches(lines, [90, 0, 0, INF], [95, 9, 0, 60], limit=100)
    assert [piece.length for piece in found] == [10, 5, 9, 40]
    assert len(reached_stretches([], [], [], limit=5)) == 0


@given(st.integers(0, 150), st.integers(0, 150), st.integers(0, 150))
def test_a_place_on_a_link_is_reached_as_its_cost_says(start: int, end: int, limit: int) -> None:
    found = reached_stretches([LINE], [start], [end], limit=limit)
    for at in np.arange(0.25, 100, 3.0):
        near = min((piece.distance(LINE.interpolate(at)) for piece in found), default=INF)
        assert (near < 1e-9) == (min(start + at, end + 100 - at) <= limit)


def test_the_shape_of_stretches() -> None:
    line = LineString([(0, 0), (100, 0)])
    assert reached_shape([line], 10).area == pytest.approx(2000 + np.pi * 100, rel=0.01)
    assert reached_shape([line, line], 10).equals(reached_shape([line], 10))
    assert reached_shape([], 10).is_empty


def test_the_share_of_people_by_ground_and_by_points() -> None:
    areas = gpd.GeoSeries([box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100), None])
    service = box(50, 0, 200, 50).union(box(250, 0, 300, 100))
    assert covered_share(service, areas, [40, 20, 40, 0]) == pytest.approx((10 + 10 + 20) / 100)
    points = gpd.GeoSeries([Point(60, 10), Point(60, 60), Point(50, 0), None])
    assert covered_points_share(service, points, [1, 2, 5, 0]) == 6 / 8  # the border counts
    assert np.isnan(covered_share(service, areas, [0, 0, 0, 0]))
    assert covered_share(box(0, 0, 0, 0), areas, [1, 1, 1, 0]) == 0
    assert covered_share(box(-9, -9, 999, 999), areas, [1, 2, 3, 0]) == 1


SQUARE = gpd.GeoSeries([box(0, 0, 1, 1)])
ONE = schools(("primary", 0, 0))


@pytest.mark.parametrize(
    ("argument", "index", "call"),
    [
        ("radius", None, lambda: service_circles(ONE, {"junior": 500}, box(0, 0, 1, 1))),
        ("radius", None, lambda: service_circles(ONE, -1, box(0, 0, 1, 1))),
        ("schools", None, lambda: service_circles(ONE.drop(columns="stage"), 5, box(0, 0, 1, 1))),
        ("lines", 1, lambda: reached_stretches([LINE, MultiPoint()], [0, 0], [0, 0], limit=1)),
        ("lines", 0, lambda: reached_stretches([None], [0], [0], limit=1)),
        ("at_start", None, lambda: reached_stretches([LINE], [0, 0], [0], limit=1)),
        ("at_end", 0, lambda: reached_stretches([LINE], [0], [np.nan], limit=1)),
        ("limit", None, lambda: reached_stretches([LINE], [0], [0], limit=-1)),
        ("per_metre", None, lambda: reached_stretches([LINE], [0], [0], limit=1, per_metre=0)),
        ("per_metre", 0, lambda: reached_stretches([LINE], [0], [0], limit=1, per_metre=[np.nan])),
        ("width", None, lambda: reached_shape([LINE], 0)),
        ("people", 0, lambda: covered_share(box(0, 0, 1, 1), SQUARE, [-1])),
        ("people", None, lambda: covered_share(box(0, 0, 1, 1), SQUARE, [1, 2])),
        ("areas", 0, lambda: covered_share(box(0, 0, 1, 1), gpd.GeoSeries([None]), [1])),
        ("points", 0, lambda: covered_points_share(box(0, 0, 1, 1), gpd.GeoSeries([None]), [1])),
    ],
)
def test_wrong_arguments_are_named(argument: str, index: int | None, call: Callable[[], Any]) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert (error.value.argument, error.value.index) == (argument, index)

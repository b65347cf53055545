"""Homes and schools on the ground: who reaches whom is what the measured ways say, ways off the roads by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import county, road, squares
from hypothesis import given, settings
from hypothesis import strategies as st
from road_tables import streets
from shapely import Point

from placesim.geo.ground import Ground, ground_of, on_foot, reach_of, ways_on
from placesim.geo.homes import homes_of
from placesim.geo.search import Found, nothing, together
from placesim.scenario.parameters import TravelParameters

MODES: dict[str, dict[str, Any]] = {
    "walk": {},
    "avoid": {"unsafe": "avoid", "unsafe_factor": 5.0},
    "ride": {"ride_speed": 30.0, "ride_wait": 1.0},
    "ride, avoid": {"ride_profile": "car", "ride_wait": 2.0, "unsafe": "avoid"},
}
SCHOOLS, HOMES = 6, 9


def town(seed: int, roads: bool, **parameters: Any) -> Ground:
    """Random streets, homes and schools, one school without a point."""
    rng = np.random.default_rng(seed + 7)
    points = [
        {"point_id": f"p{k}", "area_id": "a", "weight": 1.0, "geometry": Point(rng.uniform(-40, 340, 2))}
        for k in range(HOMES)
    ]
    tables: dict[str, Any] = {"areas": squares(["a"]), "points": points, **({"roads": streets(seed)} if roads else {})}
    inputs = county(tables)
    schools = np.array([Point(rng.uniform(-40, 340, 2)) for _ in range(SCHOOLS)], dtype=object)
    schools[2] = None
    return ground_of(inputs, homes_of(inputs), schools, TravelParameters(**parameters))


def reached(found: Found) -> np.ndarray:
    """home × school: whether a way is listed."""
    out = np.zeros((HOMES, SCHOOLS), dtype=bool)
    out[found.home, found.school] = True
    return out


@pytest.mark.parametrize("roads", [True, False])
@pytest.mark.parametrize("mode", MODES)
@given(seed=st.integers(0, 10**6), limit=st.floats(0.2, 6))
@settings(max_examples=25)
def test_who_is_reached_is_what_the_measured_ways_say(mode: str, roads: bool, seed: int, limit: float) -> None:
    ground = town(seed, roads, limit_minutes=limit, **MODES[mode])
    measured, reach = reached(together([nothing(), *ways_on(ground)])), reach_of(ground)
    assert ground.located.tolist() == [0, 1, 3, 4, 5]
    assert reach.to_schools().tolist() == measured[:, ground.located].any(axis=0).tolist()
    for located in ([0, 1, 2, 3, 4], [1, 3], [4], []):
        schools = ground.located[located]
        assert reach.from_homes(np.array(located, dtype=int)).tolist() == measured[:, schools].any(axis=1).tolist()


def test_the_check_knows_every_school_where_unsafe_roads_are_avoided() -> None:
    """A school at 500 m of safe road (500 as compared) and one at 400 m of unsafe road (1200): within seven minutes
    only the second is reached, though the first one is the better way."""
    roads = [
        {**road((0, 0), (500, 0)), "road_id": "safe"},
        {**road((0, 0), (0, 400)), "road_id": "unsafe", "unsafe": True},
    ]
    inputs = county(
        {"areas": squares(["a"]), "roads": roads,
         "points": [{"point_id": "p", "area_id": "a", "weight": 1.0, "geometry": Point(0, 0)}]}
    )  # fmt: skip
    schools = np.array([Point(500, 0), Point(0, 400)], dtype=object)
    travel = TravelParameters(unsafe="avoid", limit_minutes=7.0)
    reach = reach_of(ground_of(inputs, homes_of(inputs), schools, travel))
    assert reach.from_homes(np.array([0, 1])).tolist() == [True]
    assert reach.from_homes(np.array([0])).tolist() == [False]
    assert reach.to_schools().tolist() == [False, True]


def test_straight_across_only_where_it_is_shorter_than_to_the_road_and_back() -> None:
    """Home 40 m from the road, schools 40 m from it: 50 m along it, straight × 1.3 = 65 m < 80; 100 m along it, 130 m
    > 80."""
    points = [{"point_id": "p", "area_id": "a", "weight": 1.0, "geometry": Point(500, 40)}]
    roads = [{**road((0, 0), (1000, 0)), "road_id": "r"}]
    schools = np.array([Point(550, 40), None, Point(600, 40)], dtype=object)
    inputs = county({"areas": squares(["a"]), "points": points, "roads": roads})
    along, across = on_foot(ground_of(inputs, homes_of(inputs), schools, TravelParameters()))
    assert sorted(zip(along.school, along.metres.round(9), strict=True)) == [(0, 130), (2, 180)]
    assert [(int(s), float(m)) for s, m in zip(across.school, across.metres, strict=True)] == [(0, 65)]
    assert across.minutes.tolist() == pytest.approx([65 / 60])

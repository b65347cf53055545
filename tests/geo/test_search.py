"""Searches from the schools against networkx, on small random roads."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from handmade import county
from hypothesis import given, settings
from hypothesis import strategies as st
from road_tables import line
from shapely import Point

from placesim.geo.ground import Ground, ground_of
from placesim.geo.homes import Homes
from placesim.geo.search import minutes_to_nearest, other_way, together, ways
from placesim.records import Inputs
from placesim.scenario.parameters import TravelParameters

SPACING = 100.0
SIDE = 5


def streets(cells: list[tuple[int, int, bool, int, bool, bool]]) -> Inputs:
    """Roads of a grid: (x, y, northwards, speed, one way, unsafe), each once, their lengths all different."""
    rows: dict[Any, dict[str, Any]] = {}
    for k, (x, y, up, speed, one_way, unsafe) in enumerate(cells):
        a, b = (x, y), (x + (not up), y + up)
        rows[a, b] = {
            "road_id": f"r{x}{y}{int(up)}", "geometry": line(*[(SPACING * p, SPACING * q) for p, q in (a, b)]),
            "length": 100.0 + 7.3 * (x + SIDE * y) + 0.31 * k, "speed": float(speed), "one_way": one_way,
            "unsafe": unsafe, "from_node": f"{a}", "to_node": f"{b}",
        }  # fmt: skip
    return county({"roads": list(rows.values())})


def ground(inputs: Inputs, *, every_node: bool = False, **how: Any) -> Ground:
    """Homes and schools on every corner of the grid."""
    corners = np.array([Point(SPACING * x, SPACING * y) for y in range(SIDE + 1) for x in range(SIDE + 1)])
    alone = np.arange(len(corners))
    homes = Homes(alone, np.ones(len(corners)), corners, np.full(len(corners), -1))
    return ground_of(inputs, homes, corners[::4], TravelParameters(**how), every_node=every_node)


def plain(inputs: Inputs, used: Ground, mode: int) -> nx.DiGraph:
    """The mode's network as networkx sees it: cost, minutes and metres of every link, each direction."""
    network, graph = used.networks[mode], nx.DiGraph()
    profile, links = network.profile, network.links
    for k, road in enumerate(links.road):
        minutes = links.metres[k] / profile.speed[road]
        facts = {"cost": minutes * profile.weight[road], "minutes": minutes, "metres": links.metres[k]}
        ends = [tuple(np.round(np.asarray(p) / SPACING).astype(int)) for p in links.lines[k].coords]
        graph.add_edge(*ends, **facts)
        if not profile.one_way[road]:
            graph.add_edge(*ends[::-1], **facts)
    return graph


def expected(used: Ground, mode: int, inputs: Inputs) -> dict[tuple[int, int], tuple[float, float]]:
    """(home, school) → minutes, metres along the cheapest way, both standing on corners of the network."""
    graph, found = plain(inputs, used, mode), {}
    corner = [(int(p.x // SPACING), int(p.y // SPACING)) for p in used.homes.points]
    for home, start in enumerate(corner):
        if start not in graph:
            continue
        cost, way = nx.single_source_dijkstra(graph, start, weight="cost")
        for school, end in enumerate(corner[::4]):
            if end in cost:
                steps = [graph.edges[pair] for pair in zip(way[end][:-1], way[end][1:], strict=True)]
                found[home, school] = (sum(s["minutes"] for s in steps), sum(s["metres"] for s in steps))
    return found


def told(used: Ground, mode: int, **how: Any) -> dict[tuple[int, int], tuple[float, float]]:
    """The same by our search, points on corners only (others have a way to the roads)."""
    search = used.searches[mode]
    rows = together(list(ways(search, **how)))
    on = (search.home_leg[rows.home] == 0) & (search.school_leg[rows.school] == 0)
    pairs = zip(rows.home[on], rows.school[on], rows.minutes[on], rows.metres[on], strict=True)
    return {(int(h), int(s)): (m, d) for h, s, m, d in pairs}


CELLS = st.lists(
    st.tuples(
        st.integers(0, SIDE - 1), st.integers(0, SIDE - 1), st.booleans(), st.sampled_from([20, 30, 50]),
        st.booleans(), st.booleans(),
    ),
    min_size=6, max_size=40,
)  # fmt: skip
RIDE = {"ride_speed": 45.0, "ride_wait": 0.0, "limit_minutes": 1e5}


@settings(max_examples=60)
@given(cells=CELLS, mode=st.integers(0, 1), unsafe=st.sampled_from(["allow", "avoid", "ban"]))
def test_equal_to_networkx(cells: list[Any], mode: int, unsafe: str) -> None:
    inputs = streets(cells)
    used = ground(inputs, unsafe=unsafe, **RIDE)
    if len(used.networks[mode].links.lines) == 0:
        return
    ours, theirs = told(used, mode), expected(used, mode, inputs)
    assert ours.keys() == theirs.keys()
    for pair, (minutes, metres) in theirs.items():
        assert ours[pair][0] == pytest.approx(minutes, rel=1e-9, abs=1e-9)
        assert ours[pair][1] == pytest.approx(metres, rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(cells=CELLS, mode=st.integers(0, 1))
def test_the_whole_graph_and_the_contracted_one_agree(cells: list[Any], mode: int) -> None:
    inputs = streets(cells)
    few, all_ = ground(inputs, unsafe="avoid", **RIDE), ground(inputs, unsafe="avoid", every_node=True, **RIDE)
    assert few.searches[mode].graph.nodes <= all_.searches[mode].graph.nodes
    ours, theirs = told(few, mode), told(all_, mode)
    assert ours.keys() == theirs.keys()
    assert all(ours[p] == pytest.approx(theirs[p], rel=1e-9, abs=1e-9) for p in theirs)


@settings(max_examples=40)
@given(cells=CELLS, limit=st.floats(0.5, 12))
def test_a_limit_only_removes_pairs(cells: list[Any], limit: float) -> None:
    inputs = streets(cells)
    free, bound = ground(inputs, **RIDE), ground(inputs, **(RIDE | {"limit_minutes": limit}))
    for mode in range(2):
        every, some = told(free, mode), told(bound, mode)
        assert some.keys() == {p for p, (minutes, _) in every.items() if minutes <= limit}
        assert all(some[p] == pytest.approx(every[p]) for p in some)


@settings(max_examples=40)
@given(cells=CELLS, limit=st.floats(0.5, 30))
def test_the_nearest_is_the_least_of_all(cells: list[Any], limit: float) -> None:
    used = ground(streets(cells), unsafe="avoid", ride_speed=45.0, ride_wait=1.5, limit_minutes=limit)
    for search in used.searches:
        rows = together(list(ways(search)))
        for schools in (np.array([0, 2, 5]), np.arange(len(used.schools)), np.zeros(0, dtype=int)):
            mine = np.isin(rows.school, schools)
            least = np.full(len(used.homes.area), np.inf)
            np.minimum.at(least, rows.home[mine], rows.minutes[mine])
            if search.weight == 1.0:
                assert minutes_to_nearest(search, schools) == pytest.approx(least)
            else:  # where roads are avoided, the nearest by cost need not be the nearest by minutes
                assert (np.isfinite(minutes_to_nearest(search, schools)) <= np.isfinite(least)).all()
        back = minutes_to_nearest(other_way(search), np.arange(len(used.homes.area)))
        least = np.full(len(used.schools), np.inf)
        np.minimum.at(least, rows.school, rows.minutes)
        if search.weight == 1.0:
            assert back == pytest.approx(least)


def test_any_number_of_threads_gives_the_same_rows() -> None:
    rng = np.random.default_rng(4)
    cells = [
        (x, y, up, 30, bool(rng.random() < 0.2), False) for x in range(5) for y in range(5) for up in (False, True)
    ]
    used = ground(streets(cells), **RIDE)
    one, two = told(used, 1, workers=1), told(used, 1, workers=2)
    assert one == two
    assert len(one) > 100


def test_waiting_and_the_ways_to_the_road_are_part_of_the_minutes() -> None:
    inputs = county({"roads": [{"road_id": "r", "geometry": line((0, 0), (3000, 0)), "speed": 30.0}]})
    homes = Homes(np.array([0]), np.ones(1), np.array([Point(0, 120)]), np.array([-1]))
    travel = TravelParameters(ride_speed=60.0, ride_wait=4.0, walk_speed=3.6)
    used = ground_of(inputs, homes, np.array([Point(3000, 60)]), travel)
    rows = together(list(ways(used.searches[1])))
    assert rows.minutes.tolist() == [4 + 120 / 60 + 3000 / 500 + 60 / 60]
    assert rows.metres.tolist() == [3180]
    assert rows.ride.tolist() == [True]

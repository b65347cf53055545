"""The search for ways: by hand, against networkx and scipy on random streets, and what holds of every way."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from handmade import county, road
from hypothesis import given, settings
from hypothesis import strategies as st
from road_tables import networks, plain_graph, streets
from shapely import Point

from placesim.geo import travel_matrix
from placesim.geo.network import Network, Pieces, join_points
from placesim.geo.search import (
    Found,
    Search,
    minutes_at_nodes,
    minutes_to_nearest,
    nothing,
    other_way,
    search_of,
    together,
    ways,
)
from placesim.records import Floats, Inputs
from placesim.scenario.parameters import TravelParameters

SEED = st.integers(0, 10**6)
MODES = {
    "walk": TravelParameters(limit_minutes=1e6),
    "avoid": TravelParameters(limit_minutes=1e6, unsafe="avoid", unsafe_factor=4.0),
    "ride": TravelParameters(limit_minutes=1e6, ride_speed=50.0, ride_wait=3.0),
}
SCHOOLS = 4
Pair = tuple[int, int]


def prepared(roads: Inputs, points: Floats, travel: TravelParameters) -> tuple[Network, Pieces, Search]:
    """The search of the last mode; the first SCHOOLS points are schools."""
    modes, closed = networks(roads, travel)
    shapes = np.array([Point(p) for p in points], dtype=object)
    pieces = join_points(modes[-1], shapes, closed, reach=1000.0)
    return modes[-1], pieces, search_of(modes[-1], pieces, SCHOOLS, travel.limit_minutes)


def town(seed: int, mode: str) -> tuple[Network, Pieces, Search]:
    """Random streets, four schools and eight homes beside them."""
    points = np.random.default_rng(seed + 1).uniform(-20, 320, (SCHOOLS + 8, 2))
    return prepared(county({"roads": streets(seed)}), points, MODES[mode])


def found_by(search: Search, workers: int = 1) -> Found:
    return together([nothing(), *ways(search, workers=workers)])


def minutes_of(found: Found) -> dict[Pair, float]:
    return {(int(h), int(s)): float(m) for h, s, m in zip(found.home, found.school, found.minutes, strict=True)}


def metres_of(found: Found) -> dict[Pair, float]:
    return {(int(h), int(s)): float(m) for h, s, m in zip(found.home, found.school, found.metres, strict=True)}


def plain(network: Network, pieces: Pieces, search: Search) -> dict[Pair, tuple[float, float]]:
    """(home, school) → minutes, metres: one search from every home, the way walked arc by arc."""
    graph, out = plain_graph(network, pieces), {}
    nodes, legs = pieces.point, pieces.leg
    for home, start in enumerate(nodes[SCHOOLS:]):
        _, paths = nx.single_source_dijkstra(graph, start, weight="cost")
        for school, end in enumerate(nodes[:SCHOOLS]):
            arcs = [graph.edges[arc] for arc in nx.utils.pairwise(paths[end])]
            leg = float(legs[school] + legs[SCHOOLS + home])
            out[home, school] = (
                search.wait + leg / search.leg_speed + sum(a["minutes"] for a in arcs),
                leg + sum(a["metres"] for a in arcs),
            )
    return out


# ------------------------------------------------------------------------------------------------ by hand
def test_a_way_by_hand() -> None:
    roads = county({"roads": [{**road((0, 0), (600, 0)), "road_id": "r"}]})
    points = np.array([[0, 30], [300, 0], [600, 0], [600, -10], [120, 60], [600, 0]], dtype=float)
    _, _, search = prepared(roads, points, TravelParameters(ride_speed=36.0, ride_wait=4.0, limit_minutes=6.0))
    found = found_by(search)
    assert found.ride.all()
    # 600 m a minute on the road, 60 m a minute on the straight ways: 4 + 1 + 120/600 + 30/60 …
    assert minutes_of(found) == pytest.approx(
        {(0, 0): 5.7, (0, 1): 5.3, (0, 2): 5.8, (0, 3): 4 + 1 + 0.8 + 1 / 6, (1, 0): 5.5, (1, 1): 4.5, (1, 2): 4.0,
         (1, 3): 4 + 1 / 6}, abs=1e-12,
    )  # fmt: skip
    assert metres_of(found)[0, 0] == pytest.approx(120 + 60 + 30, abs=1e-9)
    assert minutes_to_nearest(search, np.arange(SCHOOLS)).tolist() == pytest.approx([5.3, 4.0])
    assert minutes_to_nearest(search, np.array([0])).tolist() == pytest.approx([5.7, 5.5])


def test_an_unsafe_road_is_walked_round_and_the_way_round_is_what_it_takes() -> None:
    """300 m along the unsafe road count as 900; 800 m round it are chosen, and take 800 m, not more nor less."""
    rows = [
        {**road((0, 0), (300, 0)), "road_id": "unsafe", "unsafe": True},
        {**road((0, 0), (0, 250), (300, 250), (300, 0)), "road_id": "round"},
    ]
    points = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [300, 0]], dtype=float)
    for factor, metres in ((3.0, 800.0), (2.0, 300.0)):
        travel = TravelParameters(unsafe="avoid", unsafe_factor=factor, limit_minutes=metres / 60 + 1e-9)
        found = found_by(prepared(county({"roads": rows}), points, travel)[2])
        assert metres_of(found)[0, 0] == pytest.approx(metres, abs=1e-9)
        assert minutes_of(found)[0, 0] == pytest.approx(metres / 60, abs=1e-12)
    shorter = TravelParameters(unsafe="avoid", unsafe_factor=3.0, limit_minutes=13.3)
    assert not minutes_of(found_by(prepared(county({"roads": rows}), points, shorter)[2]))  # nobody takes the 5 minutes


def test_points_that_join_no_road_have_no_way() -> None:
    _, _, search = town(3, "walk")
    cut = replace(
        search,
        school_leg=np.where(np.arange(SCHOOLS) == 1, np.inf, search.school_leg),
        home_leg=np.where(np.arange(8) == 5, np.inf, search.home_leg),
    )
    expected = {pair: m for pair, m in minutes_of(found_by(search)).items() if pair[1] != 1 and pair[0] != 5}
    assert minutes_of(found_by(cut)) == expected
    assert len(expected) == 21
    assert np.isinf(minutes_to_nearest(cut, np.array([1]))).all()
    assert np.flatnonzero(np.isinf(minutes_to_nearest(cut, np.arange(SCHOOLS)))).tolist() == [5]
    none = replace(search, school_leg=np.full(SCHOOLS, np.inf))
    assert list(ways(none)) == []
    assert np.isinf(minutes_at_nodes(none, np.arange(SCHOOLS))).all()


# ------------------------------------------------------------------------------------------------ slow twins
@pytest.mark.parametrize("mode", MODES)
@given(seed=SEED)
@settings(max_examples=30)
def test_ways_are_those_of_networkx(mode: str, seed: int) -> None:
    network, pieces, search = town(seed, mode)
    expected, found = plain(network, pieces, search), found_by(search)
    assert len(found.home) == len(expected) == 8 * SCHOOLS
    assert minutes_of(found) == pytest.approx({pair: way[0] for pair, way in expected.items()}, abs=1e-9)
    assert metres_of(found) == pytest.approx({pair: way[1] for pair, way in expected.items()}, abs=1e-7)


@pytest.mark.parametrize("mode", ["walk", "ride"])
@given(seed=SEED)
@settings(max_examples=20)
def test_minutes_are_those_of_scipy(mode: str, seed: int) -> None:
    _, pieces, search = town(seed, mode)
    cost = search.graph.cost.tocoo()  # arcs from the school outwards: turned round, they lead to it
    along = travel_matrix(cost.col, cost.row, cost.data, search.homes, search.schools, directed=True)
    legs = pieces.leg[SCHOOLS:, None] + pieces.leg[None, :SCHOOLS]
    expected = along + search.wait + legs / search.leg_speed
    found = found_by(search)
    assert found.minutes == pytest.approx(expected[found.home, found.school], abs=1e-9)
    assert minutes_to_nearest(search, np.arange(SCHOOLS)) == pytest.approx(expected.min(axis=1), abs=1e-9)
    assert minutes_to_nearest(search, np.array([2, 0])) == pytest.approx(expected[:, [0, 2]].min(axis=1), abs=1e-9)
    assert minutes_to_nearest(other_way(search), np.arange(8)) == pytest.approx(expected.min(axis=0), abs=1e-9)


@pytest.mark.parametrize("mode", ["walk", "ride"])
@given(seed=SEED)
@settings(max_examples=20)
def test_minutes_at_nodes_are_those_of_networkx(mode: str, seed: int) -> None:
    network, pieces, _ = town(seed, mode)
    search = search_of(network, pieces, SCHOOLS, MODES[mode].limit_minutes, every_node=True)
    back = plain_graph(network, pieces).reverse()
    chosen = np.array([3, 1])
    begun = search.wait + search.school_leg / search.leg_speed
    for k in chosen:
        back.add_edge("all schools", pieces.point[k], minutes=begun[k])
    expected = nx.single_source_dijkstra_path_length(back, "all schools", weight="minutes")
    found = minutes_at_nodes(search, chosen)
    assert found == pytest.approx([expected.get(node, np.inf) for node in range(pieces.nodes)], abs=1e-9)


# ------------------------------------------------------------------------------------------------ laws
@pytest.mark.parametrize("mode", MODES)
@given(seed=SEED, share=st.floats(0, 1))
@settings(max_examples=30)
def test_a_limit_only_takes_pairs_away(mode: str, seed: int, share: float) -> None:
    _, _, search = town(seed, mode)
    every = minutes_of(found_by(search))
    limit = sorted(every.values())[int(share * (len(every) - 1))]
    for nudge in (1e-9, -1e-9):
        expected = {pair: m for pair, m in every.items() if m <= limit + nudge}
        limited = replace(search, limit=limit + nudge)
        assert minutes_of(found_by(limited)) == expected
        if mode != "avoid":
            least = np.full(8, np.inf)
            np.minimum.at(least, [home for home, _ in expected], list(expected.values()))
            assert minutes_to_nearest(limited, np.arange(SCHOOLS)) == pytest.approx(least, abs=1e-12)


@given(seed=SEED)
@settings(max_examples=25)
def test_a_school_is_near_if_any_way_to_it_is_even_where_unsafe_roads_are_avoided(seed: int) -> None:
    _, _, search = town(seed, "avoid")
    every = minutes_of(found_by(search))
    least = [min(every[home, school] for school in range(SCHOOLS)) for home in range(8)]
    assert minutes_to_nearest(search, np.arange(SCHOOLS)) == pytest.approx(least, abs=1e-9)
    of_school = [min(every[home, school] for home in range(8)) for school in range(SCHOOLS)]
    assert minutes_to_nearest(other_way(search), np.arange(8)) == pytest.approx(of_school, abs=1e-9)


def test_threads_change_nothing() -> None:
    """More schools than a thread takes at a time, in the same order of rows."""
    rng = np.random.default_rng(5)
    points = rng.uniform(-20, 520, (330, 2))
    modes, closed = networks(county({"roads": streets(5, side=6)}), MODES["ride"])
    pieces = join_points(modes[-1], np.array([Point(p) for p in points], dtype=object), closed, reach=1000.0)
    search = search_of(modes[-1], pieces, 300, 10.0)
    one = found_by(search, workers=1)
    assert 0 < len(one.home) < 300 * 30
    for workers in (2, 3, 8):
        more = found_by(search, workers=workers)
        for name in ("home", "school", "minutes", "metres", "ride"):
            assert np.array_equal(getattr(one, name), getattr(more, name))


def on_streets(rows: list[dict], seed: int, count: int) -> Floats:
    """Points on the streets themselves, so that their straight ways have no length."""
    rng = np.random.default_rng(seed)
    lines = rng.choice(np.array([r["geometry"] for r in rows], dtype=object), count)
    return np.array([line.interpolate(rng.uniform(0, line.length)).coords[0] for line in lines])


@pytest.mark.parametrize("mode", ["walk", "ride"])
@given(seed=SEED)
@settings(max_examples=25)
def test_there_and_back_and_by_way_of_a_third_place(mode: str, seed: int) -> None:
    rows = streets(seed)
    places = on_streets(rows, seed, SCHOOLS)
    _, _, search = prepared(county({"roads": rows}), np.concatenate([places, places]), MODES[mode])
    search = replace(search, wait=0.0)
    every = minutes_of(found_by(search))
    matrix = np.array([[every[a, b] for b in range(SCHOOLS)] for a in range(SCHOOLS)])
    by_way_of = (matrix[:, :, None] + matrix[None, :, :]).min(axis=1)
    assert (matrix <= by_way_of + 1e-9).all()
    if mode == "walk":
        assert matrix == pytest.approx(matrix.T, abs=1e-9)


@given(seed=SEED, ends=st.tuples(st.integers(0, 3), st.integers(0, 3)), metres=st.floats(1, 600))
@settings(max_examples=25)
def test_a_road_more_never_lengthens(seed: int, ends: tuple[int, int], metres: float) -> None:
    rows = streets(seed)
    points = on_streets(rows, seed, SCHOOLS + 5)
    far_off = {**road((5000, 0), (5000, 100)), "road_id": "new", "length": metres, "speed": 60.0}
    more = [*rows, {**far_off, "from_node": rows[ends[0]]["from_node"], "to_node": rows[-1 - ends[1]]["to_node"]}]
    (_, _, before), (_, _, after) = (prepared(county({"roads": r}), points, MODES["walk"]) for r in (rows, more))
    old, new = minutes_of(found_by(before)), minutes_of(found_by(after))
    assert set(old) == set(new)
    assert all(new[pair] <= minutes + 1e-9 for pair, minutes in old.items())

"""A contracted graph has the same ways between points as the whole one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placesim.geo import travel_matrix
from placesim.geo.contraction import Arcs, contracted


def arcs(links: list[tuple[int, int, float]], one_way: list[bool]) -> Arcs:
    u, v, cost = (np.array(c) for c in zip(*links, strict=True))
    there, back = np.ones(len(u), dtype=bool), ~np.array(one_way)
    return Arcs(u.astype(int), v.astype(int), there, back, cost, cost * 2, cost * 60)


def ways(found: Arcs, points: np.ndarray) -> np.ndarray:
    there, back = found.there, found.back
    u = np.concatenate([found.u[there], found.v[back]])
    v = np.concatenate([found.v[there], found.u[back]])
    cost = np.concatenate([found.cost[there], found.cost[back]])
    return travel_matrix(u, v, cost, points, points, directed=True)


def test_a_chain_becomes_one_arc_and_a_dead_end_goes() -> None:
    #  0 – 1 – 2 – 3 (points 0 and 3), 2 – 4 – 5 leads nowhere
    links = [(0, 1, 1.0), (1, 2, 2.0), (2, 3, 4.0), (2, 4, 1.0), (4, 5, 1.0)]
    few, points, nodes = contracted(arcs(links, [False] * 5), np.array([0, 3]), 6)
    assert nodes == 2
    assert (few.u.tolist(), few.v.tolist(), few.cost.tolist()) == ([0], [1], [7.0])
    assert (few.minutes.tolist(), few.metres.tolist()) == ([14.0], [420.0])
    assert points.tolist() == [0, 1]


def test_one_way_chains_are_open_where_all_their_links_are() -> None:
    links = [(0, 1, 1.0), (1, 2, 1.0), (3, 0, 1.0), (3, 2, 5.0)]
    few, points, _ = contracted(arcs(links, [True, False, False, True]), np.array([0, 2]), 4)
    table = {(int(u), int(v)): (bool(t), bool(b)) for u, v, t, b in zip(few.u, few.v, few.there, few.back, strict=True)}
    assert points.tolist() == [0, 1]
    assert len(few.u) == 2
    assert table == {(0, 1): (True, False)}  # by 1 and by 3, both from 0 to 2 only
    assert sorted(few.cost.tolist()) == [2.0, 6.0]


def test_points_without_roads_and_rings_are_left_alone() -> None:
    links = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)]
    few, points, nodes = contracted(arcs(links, [False] * 3), np.array([4, 0]), 5)
    assert (len(few.u), points.tolist(), nodes) == (0, [1, 0], 2)


LINKS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 9).map(float), st.booleans()),
    min_size=1, max_size=22,
)  # fmt: skip


@given(links=LINKS, points=st.lists(st.integers(0, 11), min_size=1, max_size=5, unique=True))
def test_ways_between_points_stay_as_long(links: list[tuple[int, int, float, bool]], points: list[int]) -> None:
    whole = arcs([link[:3] for link in links], [link[3] for link in links])
    few, at, nodes = contracted(whole, np.array(points), 12)
    assert max(at) < nodes <= 12
    assert len(few.u) <= len(whole.u)
    assert np.array_equal(ways(whole, np.array(points)), ways(few, at))

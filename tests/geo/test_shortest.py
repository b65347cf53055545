"""Cheapest paths: by hand, against a plain twin, and on two real road networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.errors import InputError
from placesim.geo import travel_matrix

INF = np.inf


def plain(links: Sequence[tuple[int, int, float]], source: int, target: int, directed: bool) -> float:
    """Bellman and Ford: relax every link until nothing changes."""
    cost = {source: 0.0}
    both = [*links, *((b, a, c) for a, b, c in links if not directed)]
    changed = True
    while changed:
        changed = False
        for a, b, c in both:
            if a in cost and cost[a] + c < cost.get(b, INF):
                cost[b], changed = cost[a] + c, True
    return cost.get(target, INF)


def matrix(links: Sequence[tuple[int, int, float]], sources: list[int], targets: list[int], **how: Any) -> np.ndarray:
    u, v, cost = zip(*links, strict=True) if links else ([], [], [])
    return travel_matrix(u, v, cost, sources, targets, **how)


def test_by_hand() -> None:
    links = [(0, 1, 2.0), (1, 2, 3.0), (0, 2, 9.0), (3, 4, 1.0)]
    assert matrix(links, [0, 3], [0, 2, 4]).tolist() == [[0, 5, INF], [INF, INF, 1]]


def test_parallel_links_count_once_and_loops_never() -> None:
    assert matrix([(0, 1, 5.0), (1, 0, 2.0), (0, 1, 7.0), (1, 1, 0.0)], [0], [1]).tolist() == [[2]]


def test_one_way_links() -> None:
    links = [(0, 1, 1.0), (1, 2, 1.0)]
    assert matrix(links, [0, 2], [2, 0], directed=True).tolist() == [[2, 0], [0, INF]]
    assert matrix(links, [0, 1, 2], [2], directed=True).tolist() == [[2], [1], [0]]  # fewer targets: searched backwards


def test_a_path_of_exactly_the_limit_counts() -> None:
    links = [(0, 1, 2.0), (1, 2, 2.0), (2, 3, 2.0)]
    assert matrix(links, [0], [1, 2, 3], limit=4.0).tolist() == [[2, 4, INF]]
    assert matrix(links, [0, 1, 2, 3], [0], limit=0.0).tolist() == [[0], [INF], [INF], [INF]]


def test_links_that_cost_nothing_and_links_that_are_shut() -> None:
    assert matrix([(0, 1, 0.0), (1, 2, INF), (1, 3, 0.5)], [0], [1, 2, 3]).tolist() == [[0, INF, 0.5]]


def test_nodes_without_links_and_repeated_ones() -> None:
    assert matrix([], [7, 7], [7, 2]).tolist() == [[0, INF], [0, INF]]
    assert matrix([(0, 1, 1.0)], [1, 0, 1], [1, 1]).tolist() == [[0, 0], [1, 1], [0, 0]]
    assert matrix([(0, 1, 1.0)], [], [1]).shape == (0, 1)
    assert matrix([(0, 1, 1.0)], [1], []).shape == (1, 0)


def test_more_sources_than_one_chunk() -> None:
    n = 200
    links = [(i, i + 1, 1.0) for i in range(n - 1)]
    expected = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
    assert np.array_equal(matrix(links, list(range(n)), list(range(n))), expected)


def test_the_arguments_stay_as_they_were() -> None:
    u, v, cost = np.array([0, 1, 0]), np.array([1, 0, 2]), np.array([3.0, 1.0, 2.0])
    given_ = [a.copy() for a in (u, v, cost)]
    travel_matrix(u, v, cost, np.array([2]), np.array([1]))
    assert all(np.array_equal(a, b) for a, b in zip(given_, (u, v, cost), strict=True))


@pytest.mark.parametrize(
    ("change", "argument", "index"),
    [
        ({"cost": [1.0, np.nan]}, "cost", 1),
        ({"cost": [-1.0, 1.0]}, "cost", 0),
        ({"cost": [1.0]}, "cost", None),
        ({"v": [1]}, "v", None),
        ({"u": [0, -1]}, "u", 1),
        ({"u": [0, 0.5]}, "u", 1),
        ({"sources": [[0]]}, "sources", None),
        ({"targets": [np.nan]}, "targets", 0),
        ({"targets": ["a"]}, "targets", None),
        ({"limit": np.nan}, "limit", None),
        ({"limit": -1.0}, "limit", None),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], argument: str, index: int | None) -> None:
    right = {"u": [0, 1], "v": [1, 2], "cost": [1.0, 1.0], "sources": [0], "targets": [2]}
    with pytest.raises(InputError) as error:
        travel_matrix(**{**right, **change})
    assert (error.value.argument, error.value.index) == (argument, index)


LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 9).map(float)), max_size=20)
NODES = st.lists(st.integers(0, 8), max_size=9)


@given(links=LINKS, sources=NODES, targets=NODES, limit=st.sampled_from([INF, 0.0, 4.0, 9.0]), directed=st.booleans())
def test_equal_to_the_plain_twin(links: list, sources: list, targets: list, limit: float, directed: bool) -> None:
    found = matrix(links, sources, targets, limit=limit, directed=directed)
    expected = [[plain(links, s, t, directed) for t in targets] for s in sources]
    expected = [[c if c <= limit else INF for c in row] for row in expected]
    assert found.shape == (len(sources), len(targets))
    assert found.tolist() == expected


@pytest.mark.parametrize("city", ["osm_helsinki_centre", "osm_sao_paulo_centre"])
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_real_networks_give_the_reference_distances(real_data: Path, city: str, mode: str) -> None:
    nodes = pd.read_csv(real_data / city / "nodes.csv.gz")["node"]
    edges = pd.read_csv(real_data / city / "edges.csv.gz")
    edges = edges[edges[mode] == 1]
    reference = pd.read_csv(real_data / city / "reference_distances.csv")
    reference = reference[reference["mode"] == mode]
    at = pd.Index(nodes)
    sources, targets = (reference[c].unique() for c in ("from_node", "to_node"))
    u, v, length = at.get_indexer(edges["u"]), at.get_indexer(edges["v"]), edges["length_m"].to_numpy()
    if mode == "drive":  # two-way streets run both ways
        both = edges["oneway"].to_numpy() == 0
        u, v, length = np.r_[u, v[both]], np.r_[v, u[both]], np.r_[length, length[both]]
    found = travel_matrix(u, v, length, at.get_indexer(sources), at.get_indexer(targets), directed=mode == "drive")
    table = pd.DataFrame(found, index=sources, columns=targets)
    ours = np.array([table.at[a, b] for a, b in zip(reference["from_node"], reference["to_node"], strict=True)])
    assert len(ours) >= 100
    assert np.abs(ours - reference["distance_m"].to_numpy()).max() < 0.005  # metres


def test_ids_may_be_large_and_have_gaps() -> None:
    far = 10**12
    assert travel_matrix([0, far], [far, 7], [1.0, 2.0], [0, 9], [7, 9]).tolist() == [[3.0, np.inf], [np.inf, 0.0]]


@pytest.mark.parametrize("limit", [None, "far", [1.0], np.nan, -1])
def test_a_limit_that_is_no_number_is_refused(limit: Any) -> None:
    with pytest.raises(InputError) as error:
        travel_matrix([0], [1], [1.0], [0], [1], limit=limit)
    assert (error.value.argument, error.value.index) == ("limit", None)


def test_an_id_beyond_exact_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="node id"):
        travel_matrix([0], [1e19], [1.0], [0], [1])

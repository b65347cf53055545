"""Small tables of roads, and the networks made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
from handmade import county
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from placesim.geo.network import Network, Pieces, build_network, join_points, road_links
from placesim.geo.profiles import profiles
from placesim.geo.search import search_of
from placesim.geo.shortest import graph
from placesim.geo.walls import Walls, walls
from placesim.records import Inputs
from placesim.scenario.parameters import TravelParameters

ON_FOOT = TravelParameters()


def table(*lines: Any, barriers: Sequence[Any] = (), **columns: Sequence[Any]) -> Inputs:
    """Roads with these lines and columns, and barriers."""
    rows: list[Mapping[str, Any]] = [
        {"road_id": f"r{i}", "geometry": line, **{c: values[i] for c, values in columns.items()}}
        for i, line in enumerate(lines)
    ]
    tables: dict[str, Any] = {"roads": rows}
    if barriers:
        tables["barriers"] = [{"barrier_id": f"b{i}", "geometry": line} for i, line in enumerate(barriers)]
    return county(tables)


def networks(inputs: Inputs, travel: TravelParameters = ON_FOOT) -> tuple[list[Network], Walls]:
    roads = inputs.frame("roads")
    modes = profiles(roads, travel)
    closed = walls(inputs, modes[0])
    return [build_network(roads, road_links(roads), mode, closed) for mode in modes], closed


def network(*lines: Any, **more: Any) -> Network:
    return networks(table(*lines, **more))[0][0]


def joined(roads: Inputs, *points: tuple[float, float], travel: TravelParameters = ON_FOOT) -> tuple[Network, Pieces]:
    """The network of the last mode and points on it."""
    modes, closed = networks(roads, travel)
    shapes = np.array([Point(p) for p in points], dtype=object)
    return modes[-1], join_points(modes[-1], shapes, closed, reach=1000.0)


def between(roads: Inputs, *points: tuple[float, float], travel: TravelParameters = ON_FOOT) -> list[list[float]]:
    """Minutes (× weight) along the roads [to, from] between points, without the ways to the road."""
    search = search_of(*joined(roads, *points, travel=travel), len(points), np.inf, every_node=True)
    return dijkstra(search.graph.cost, indices=search.schools)[:, search.schools].round(6).tolist()


def metres_between(roads: Inputs, *points: tuple[float, float]) -> list[list[float]]:
    """The same in metres on foot: at 3.6 km/h a minute has 60."""
    return [[round(60 * cell, 4) for cell in row] for row in between(roads, *points)]


def line(*points: tuple[float, float]) -> LineString:
    return LineString(points)


def streets(seed: int, side: int = 4) -> list[dict[str, Any]]:
    """Rows of roads: a grid of crooked streets about 100 m long, some missing, with lengths of their own (so that no
    two ways take as long), speeds, one-way and unsafe ones. Nodes are named."""
    rng = np.random.default_rng(seed)
    places = {(i, j): rng.uniform(-20, 20, 2) + np.array([100 * i, 100 * j]) for i, j in product(range(side), repeat=2)}
    pairs = [(a, (a[0] + i, a[1] + j)) for a in places for i, j in ((1, 0), (0, 1), (1, 1))]
    pairs = [(a, b) for a, b in pairs if b in places and rng.random() < (0.9 if 0 in np.subtract(b, a) else 0.2)]
    return [
        {
            "road_id": f"r{k}", "geometry": LineString([places[a], places[b]]), "from_node": f"{a}", "to_node": f"{b}",
            "length": float(np.hypot(*(places[a] - places[b])) * rng.uniform(1, 1.5)),
            "speed": float(rng.choice([12.0, 20.0, 35.0, 60.0])), "one_way": bool(rng.random() < 0.25),
            "unsafe": bool(rng.random() < 0.3),
        }
        for k, (a, b) in enumerate(pairs)
    ]  # fmt: skip


def plain_graph(network: Network, pieces: Pieces) -> nx.DiGraph:
    """The pieces as somebody goes along them, from home to school: cost, minutes, metres and link of each arc, the
    cheapest of parallel ones."""
    found, profile = nx.DiGraph(), network.profile
    found.add_nodes_from(range(pieces.nodes))
    for u, v, link, metres in zip(pieces.u, pieces.v, pieces.link, pieces.metres, strict=True):
        road = network.links.road[link]
        minutes = metres / profile.speed[road]
        facts = {"cost": minutes * profile.weight[road], "minutes": minutes, "metres": metres, "link": link}
        for tail, head in [(u, v)] if profile.one_way[road] else [(u, v), (v, u)]:
            if tail != head and not found.get_edge_data(tail, head, {"cost": np.inf})["cost"] <= facts["cost"]:
                found.add_edge(tail, head, **facts)
    return found


__all__ = [
    "between", "graph", "joined", "line", "metres_between", "network", "networks", "plain_graph", "streets", "table",
]  # fmt: skip

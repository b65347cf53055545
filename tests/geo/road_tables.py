"""Small tables of roads, and the networks made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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


__all__ = ["between", "graph", "joined", "line", "metres_between", "network", "networks", "table"]

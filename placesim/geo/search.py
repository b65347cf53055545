"""Ways from homes to schools on the graph of one mode: limited searches from the schools, spread over threads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from placesim.geo.contraction import Arcs, contracted
from placesim.geo.dijkstra import Indices, RoadGraph, homes_within, minutes_from
from placesim.geo.network import Network, Pieces
from placesim.geo.profiles import RIDE
from placesim.geo.shortest import Graph, graph
from placesim.records import Floats, Ints

_CHUNK = 64  # schools that a thread takes at a time


@dataclass(frozen=True)
class Found:
    """Ways: home[row], school[row] positions, minutes[row], metres[row], ride[row]: by vehicle."""

    home: Ints
    school: Ints
    minutes: Floats
    metres: Floats
    ride: NDArray[np.bool_]

    def at(self, kept: Any) -> Found:
        """Some of the rows."""
        return Found(self.home[kept], self.school[kept], self.minutes[kept], self.metres[kept], self.ride[kept])


def together(parts: Sequence[Found]) -> Found:
    """The rows of all parts, one part after the other."""
    columns = (tuple(getattr(p, f.name) for p in parts) for f in fields(Found))
    return Found(*(np.concatenate(c) for c in columns))


def nothing() -> Found:
    """No ways."""
    return Found(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0, bool))


@dataclass(frozen=True)
class Search:
    """What a search needs: the graph towards the schools with the tail, minutes and metres of its entries; nodes of
    schools and homes with the metres of their straight ways to the graph (inf: not joined)."""

    graph: Graph
    tails: Indices
    minutes: Floats
    metres: Floats
    schools: Ints
    homes: Ints
    school_leg: Floats
    home_leg: Floats
    leg_speed: float
    wait: float
    limit: float
    weight: float  # the largest of the graph
    ride: bool

    @property
    def roads(self) -> RoadGraph:
        """The graph as the kernels read it."""
        cost = self.graph.cost
        return RoadGraph(cost.indptr, cost.indices, self.tails, cost.data, self.minutes, self.metres)


def search_of(network: Network, pieces: Pieces, schools: int, limit: float, *, every_node: bool = False) -> Search:
    """The search of one mode; the first `schools` points are schools, the others homes. Its graph holds points and
    junctions, or every node of `pieces`: then the `link` of its entries is a piece."""
    profile, road = network.profile, network.links.road[pieces.link]
    minutes = pieces.metres / profile.speed[road]
    there = np.ones(len(road), dtype=bool)
    arcs = Arcs(
        pieces.u, pieces.v, there, ~profile.one_way[road], minutes * profile.weight[road], minutes, pieces.metres
    )
    points, nodes = pieces.point, pieces.nodes
    if not every_node:
        arcs, points, nodes = contracted(arcs, points, nodes)
    graph = towards(arcs, nodes)
    return Search(
        graph=graph, tails=_tails(graph), minutes=arcs.minutes[graph.link], metres=arcs.metres[graph.link],
        schools=points[:schools], homes=points[schools:],
        school_leg=pieces.leg[:schools], home_leg=pieces.leg[schools:],
        leg_speed=profile.leg_speed, wait=profile.wait, limit=limit,
        weight=float(profile.weight[road].max(initial=1.0)), ride=profile.mode == RIDE,
    )  # fmt: skip


def towards(arcs: Arcs, nodes: int) -> Graph:
    """The graph that is searched from the schools: every arc reversed, at its cost; `link` are positions of arcs."""
    there, back = np.flatnonzero(arcs.there), np.flatnonzero(arcs.back)
    tail, head = np.concatenate([arcs.v[there], arcs.u[back]]), np.concatenate([arcs.u[there], arcs.v[back]])
    arc = np.concatenate([there, back])
    found = graph(tail, head, arcs.cost[arc], nodes)
    return Graph(found.cost, arc[found.link])


def _tails(graph: Graph) -> Indices:
    """The row of each entry."""
    return np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(graph.cost.indptr))


def ways(search: Search, *, workers: int | None = None) -> Iterator[Found]:
    """Every way within the limit, some schools at a time. workers: threads; None = all processors."""
    joined = np.flatnonzero(np.isfinite(search.school_leg))
    parts = [joined[begin : begin + _CHUNK] for begin in range(0, len(joined), _CHUNK)]
    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        yield from threads.map(partial(_from_schools, search, _home_of_node(search)), parts)


def _home_of_node(search: Search) -> Indices:
    """home[node], −1 where nobody lives: every home has a node of its own."""
    home = np.full(search.graph.nodes, -1, dtype=np.int32)
    home[search.homes] = np.arange(len(search.homes))
    return home


def _from_schools(search: Search, home_of_node: Indices, schools: Ints) -> Found:
    """The ways to some schools."""
    legs = search.school_leg[schools]
    begun = search.wait + legs / search.leg_speed
    row, node, minutes, metres = homes_within(
        search.roads, search.schools[schools], begun, home_of_node, search.limit, search.weight
    )
    home = home_of_node[node].astype(np.int64)
    last = search.home_leg[home]
    minutes, metres = minutes + last / search.leg_speed, metres + legs[row] + last
    return Found(home, schools[row], minutes, metres, np.full(len(row), search.ride)).at(minutes <= search.limit)


def minutes_to_nearest(search: Search, schools: Ints) -> Floats:
    """minutes[home] of the way to the nearest of some schools, inf where none is within the limit."""
    minutes = minutes_at_nodes(search, schools)[search.homes] + search.home_leg / search.leg_speed
    return np.where(minutes <= search.limit, minutes, np.inf)


def minutes_at_nodes(search: Search, schools: Ints) -> Floats:
    """minutes[node] of the way to the nearest of some schools, inf beyond the limit.

    Where unsafe roads are avoided, the school of the way that costs least may lie farther than another, so that every
    school is searched from by itself.
    """
    chosen = schools[np.isfinite(search.school_leg[schools])]
    minutes = np.full(search.graph.nodes, np.inf)
    for starts in np.split(chosen, len(chosen)) if search.weight > 1 and len(chosen) else [chosen]:
        np.minimum(minutes, _minutes_from(search, starts), out=minutes)
    return minutes


def _minutes_from(search: Search, schools: Ints) -> Floats:
    """minutes[node] of the way that costs least to any of some schools."""
    begun = search.wait + search.school_leg[schools] / search.leg_speed
    return minutes_from(search.roads, search.schools[schools], begun, search.limit, search.weight)


def other_way(search: Search) -> Search:
    """The same ways for `minutes_to_nearest` to search from the homes: minutes to each school from its nearest home."""
    cost = search.graph.cost
    entry = csr_array((np.arange(cost.nnz), cost.indices, cost.indptr), shape=cost.shape).T.tocsr()
    back = Graph(
        csr_array((cost.data[entry.data], entry.indices, entry.indptr), shape=cost.shape),
        search.graph.link[entry.data],
    )
    return replace(
        search, graph=back, tails=_tails(back), minutes=search.minutes[entry.data], metres=search.metres[entry.data],
        schools=search.homes, homes=search.schools, school_leg=search.home_leg, home_leg=search.school_leg,
    )  # fmt: skip

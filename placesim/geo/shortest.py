"""Shortest paths on a graph of links: limited Dijkstra, in chunks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from placesim.arguments import LARGEST, as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints

_CHUNK = 64  # sources per call of scipy
_CELLS = 16_000_000  # distances held at once: 128 MB


@dataclass(frozen=True)
class Graph:
    """cost[tail, head] of one-way links; link[entry] = which of the given links an entry of `cost` is."""

    cost: csr_array
    link: Ints

    @property
    def nodes(self) -> int:
        return int(self.cost.shape[0])


def travel_matrix(
    u: ArrayLike, v: ArrayLike, cost: ArrayLike, sources: ArrayLike, targets: ArrayLike, *,
    limit: float = np.inf, directed: bool = False,
) -> Floats:  # fmt: skip
    """cost[source, target] of the cheapest path, inf where none is within `limit` (a path of exactly `limit` counts).

    u[link], v[link] node ids, whole numbers from 0 to 2⁵³, with or without gaps; cost[link] ≥ 0 in any unit; a link of
    infinite cost is no link. Parallel links: the cheapest; links from a node to itself carry no path. Links run both
    ways unless `directed`. Nodes without links reach only themselves. Dijkstra (1959) as in scipy.sparse.csgraph.

    Raises InputError for node ids that are not whole, below zero or above 2⁵³, costs or a limit that are NaN or below
    zero, and links whose three columns differ in length.
    """
    ends = [_nodes(name, ids) for name, ids in (("u", u), ("v", v), ("sources", sources), ("targets", targets))]
    weight = _costs(cost, len(ends[0]))
    if len(ends[1]) != len(ends[0]):
        raise InputError("v", f"must have as many links as u ({len(ends[0])})", value=len(ends[1]))
    most = as_numbers("limit", limit, axes=0)
    refuse("limit", most, ~(most >= 0), "must be a number of 0 or more")
    named, position = np.unique(np.concatenate(ends), return_inverse=True)
    ends = np.split(position, np.cumsum([len(e) for e in ends])[:-1])
    few_targets = len(np.unique(ends[3])) < len(np.unique(ends[2]))
    start, end = (ends[3], ends[2]) if few_targets else (ends[2], ends[3])
    tail, head = (ends[1], ends[0]) if few_targets and directed else (ends[0], ends[1])
    links = graph(tail, head, weight, len(named)) if directed else both_ways(tail, head, weight, len(named))
    out = np.full((len(start), len(end)), np.inf)
    for rows in chunks(len(start), links.nodes):
        chosen, back = np.unique(start[rows], return_inverse=True)
        out[rows] = dijkstra(links.cost, indices=chosen, limit=float(most))[:, end][back]
    return out.T.copy() if few_targets else out


def graph(tail: Ints, head: Ints, cost: Floats, nodes: int) -> Graph:
    """One-way links as a matrix of costs, the cheapest of parallel ones kept, loops and endless links left out."""
    real = np.flatnonzero((tail != head) & np.isfinite(cost))
    order = real[np.lexsort((cost[real], head[real], tail[real]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    link = order[first]
    ends = np.concatenate([[0], np.cumsum(np.bincount(tail[link], minlength=nodes))]).astype(np.int32)
    return Graph(csr_array((cost[link], head[link].astype(np.int32), ends), shape=(nodes, nodes)), link)


def both_ways(u: Ints, v: Ints, cost: Floats, nodes: int) -> Graph:
    """The same for links that run both ways; link[entry] counts the way back as the way there."""
    there_and_back = graph(np.concatenate([u, v]), np.concatenate([v, u]), np.tile(cost, 2), nodes)
    return Graph(there_and_back.cost, there_and_back.link % max(1, len(u)))


def chunks(sources: int, nodes: int) -> Iterator[slice]:
    """Slices of the sources that one call of Dijkstra takes at a time."""
    step = max(1, min(_CHUNK, _CELLS // max(1, nodes)))
    return (slice(begin, begin + step) for begin in range(0, sources, step))


def _nodes(argument: str, ids: ArrayLike) -> Ints:
    values = as_numbers(argument, ids, axes=1)
    wrong = ~((values >= 0) & (values <= LARGEST)) | (values != np.floor(values))
    refuse(argument, values, wrong, "must be a node id: a whole number from 0 to 2⁵³")
    return values.astype(np.int64)


def _costs(cost: ArrayLike, links: int) -> Floats:
    values = as_numbers("cost", cost, axes=1)
    refuse("cost", values, ~(values >= 0), "must be a number of 0 or more")
    if len(values) != links:
        raise InputError("cost", f"must have as many links as u ({links})", value=len(values))
    return values

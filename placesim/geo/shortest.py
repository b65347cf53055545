"""Shortest paths on a graph of links: limited Dijkstra, in chunks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from placesim.arguments import LARGEST, as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints

_CHUNK = 64  # sources per call of scipy
_CELLS = 16_000_000  # distances held at once: 128 MB


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
    out = np.full((len(start), len(end)), np.inf)
    for rows, block in distances(graph(tail, head, weight, len(named), directed=directed), start, end, float(most)):
        out[rows] = block
    return out.T.copy() if few_targets else out


def graph(u: Ints, v: Ints, cost: Floats, nodes: int, *, directed: bool = False) -> csr_array:
    """The links as a matrix of one-way costs, the cheapest of parallel links kept, loops and endless links left out."""
    real = (u != v) & np.isfinite(cost)
    tail, head, weight = u[real], v[real], cost[real]
    if not directed:
        tail, head, weight = np.concatenate([tail, head]), np.concatenate([head, tail]), np.tile(weight, 2)
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return csr_array((weight[first], (tail[first], head[first])), shape=(nodes, nodes))


def distances(links: csr_array, sources: Ints, targets: Ints, limit: float) -> Iterator[tuple[slice, Floats]]:
    """Yields (rows, cost[row, target]) for a chunk of sources at a time; inf beyond the limit."""
    nodes = links.shape[0]
    step = max(1, min(_CHUNK, _CELLS // max(1, nodes)))
    for begin in range(0, len(sources), step):
        rows = slice(begin, begin + step)
        chosen, back = np.unique(sources[rows], return_inverse=True)
        yield rows, dijkstra(links, directed=True, indices=chosen, limit=limit)[:, targets][back]


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

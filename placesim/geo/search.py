"""Ways from homes to schools on the graph of one mode: limited searches from the schools, spread over processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from placesim.geo.network import Network, Pieces, towards
from placesim.geo.profiles import RIDE
from placesim.geo.shortest import Graph, chunks
from placesim.kernel import kernel
from placesim.records import Floats, Ints

Indices = NDArray[np.int32]
_WORTH = 400_000_000  # nodes × schools from which starting processes pays


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
    """What a search needs: the graph towards the schools, minutes and metres of its entries, nodes of schools and
    homes with the metres of their straight ways to the graph (inf: not joined).

    even: metres per minute where they are the same on every road and no road is avoided; NaN where they differ.
    """

    graph: Graph
    minutes: Floats
    metres: Floats
    even: float
    schools: Ints
    homes: Ints
    school_leg: Floats
    home_leg: Floats
    leg_speed: float
    wait: float
    limit: float
    weight: float  # the largest of the graph
    ride: bool


def search_of(network: Network, pieces: Pieces, schools: int, limit: float) -> Search:
    """The search of one mode; the first `schools` points are schools, the others homes."""
    graph, profile = towards(network, pieces), network.profile
    road = network.links.road[pieces.link[graph.link]]
    metres = pieces.metres[graph.link]
    speeds, weights = np.unique(profile.speed[network.links.road]), profile.weight[network.links.road]
    even = len(speeds) <= 1 and weights.max(initial=1.0) == 1.0
    return Search(
        graph=graph, minutes=metres / profile.speed[road], metres=metres,
        even=float(speeds[0]) if even and len(speeds) else np.nan,
        schools=pieces.point[:schools], homes=pieces.point[schools:],
        school_leg=pieces.leg[:schools], home_leg=pieces.leg[schools:],
        leg_speed=profile.leg_speed, wait=profile.wait, limit=limit, weight=float(weights.max(initial=1.0)),
        ride=profile.mode == RIDE,
    )  # fmt: skip


def ways(search: Search, *, workers: int | None = None) -> Iterator[Found]:
    """Every way within the limit, some schools at a time. workers: processes; None = one, or all processors where the
    work is worth starting them."""
    joined = np.flatnonzero(np.isfinite(search.school_leg))
    parts = [joined[rows] for rows in chunks(len(joined), search.graph.nodes)]
    if workers is None:
        large = len(joined) * search.graph.nodes >= _WORTH
        workers = (os.cpu_count() or 1) if large else 1
    if workers <= 1 or len(parts) <= 1:
        return (_from_schools(search, part) for part in parts)
    spread = Parallel(n_jobs=workers, return_as="generator", batch_size=1)
    found: Iterator[Found] = spread(delayed(_from_schools)(search, part) for part in parts)
    return found


def nearest(search: Search, schools: Ints) -> Floats:
    """minutes[home] of the way to the nearest of some schools, inf where none is within the limit.

    One search from a node that stands before all of these schools, each at the minutes of its straight way.
    """
    chosen = schools[np.isfinite(search.school_leg[schools])]
    chosen = chosen[np.argsort(search.schools[chosen], kind="stable")]
    legs = search.school_leg[chosen]
    cost, n = search.graph.cost, search.graph.nodes
    first = search.wait + legs / search.leg_speed
    starts = np.append(cost.indptr, cost.nnz + len(chosen)).astype(np.int32)
    heads = np.concatenate([cost.indices, search.schools[chosen]]).astype(np.int32)
    before_all = csr_array((np.concatenate([cost.data, first]), heads, starts), shape=(n + 1, n + 1))
    least, before = dijkstra(before_all, indices=n, limit=search.limit * search.weight, return_predecessors=True)
    minutes = least[search.homes]
    reached = np.flatnonzero(np.isfinite(minutes))
    if not np.isfinite(search.even):
        summed = np.concatenate([search.minutes, first])
        minutes[reached] = add_up(before, search.homes[reached], starts, heads, summed, summed)[0]
    minutes = minutes + search.home_leg / search.leg_speed
    return np.where(minutes <= search.limit, minutes, np.inf)


def other_way(search: Search) -> Search:
    """The same ways for `nearest` to search from the homes: minutes to each school from its nearest home."""
    cost = search.graph.cost
    entry = csr_array((np.arange(cost.nnz), cost.indices, cost.indptr), shape=cost.shape).T.tocsr()
    back = csr_array((cost.data[entry.data], entry.indices, entry.indptr), shape=cost.shape)
    return replace(
        search, graph=Graph(back, search.graph.link[entry.data]), minutes=search.minutes[entry.data],
        metres=search.metres[entry.data], schools=search.homes, homes=search.schools,
        school_leg=search.home_leg, home_leg=search.school_leg,
    )  # fmt: skip


def _from_schools(search: Search, schools: Ints) -> Found:
    """The ways to some schools."""
    legs = search.school_leg[schools]
    reach = (search.limit - search.wait - legs.min() / search.leg_speed) * search.weight
    if reach < 0:
        return nothing()
    even = np.isfinite(search.even)
    found = dijkstra(search.graph.cost, indices=search.schools[schools], limit=reach, return_predecessors=not even)
    cost = found if even else found[0]
    least = cost[:, search.homes]
    straight = (legs[:, None] + search.home_leg[None, :]) / search.leg_speed + search.wait
    row, home = np.nonzero(least + straight <= search.limit * search.weight)
    if even:
        minutes, metres = least[row, home], least[row, home] * search.even
    else:
        minutes, metres = _along(search, found, row, home)
    minutes, metres = minutes + straight[row, home], metres + legs[row] + search.home_leg[home]
    return Found(home, schools[row], minutes, metres, np.full(len(row), search.ride)).at(minutes <= search.limit)


def _along(search: Search, found: tuple[Floats, Ints], row: Ints, home: Ints) -> tuple[Floats, Floats]:
    """minutes and metres along the ways found, which were chosen by another cost."""
    cost, before = found
    graph = search.graph.cost
    ends = np.searchsorted(row, np.arange(len(cost) + 1))
    out = np.empty((2, len(row)))
    for k in range(len(cost)):
        mine = slice(ends[k], ends[k + 1])
        out[:, mine] = add_up(
            before[k], search.homes[home[mine]], graph.indptr, graph.indices, search.minutes, search.metres
        )
    return out[0], out[1]


@kernel
def add_up(
    before: Ints, targets: Ints, starts: Indices, heads: Indices, minutes: Floats, metres: Floats
) -> Floats:  # fmt: skip
    """sums[minutes | metres, target] of the entries on the way from the source to each target.

    before[node]: the node before it on that way (negative at the source); starts, heads: rows and columns of the graph;
    minutes[entry], metres[entry]. Every node of a tree is added up once.
    """
    known = np.full((2, len(before)), np.nan)
    sums = np.zeros((2, len(targets)))
    stack = np.empty(len(before), dtype=np.int64)
    for t in range(len(targets)):
        node, depth = targets[t], 0
        while np.isnan(known[0, node]) and before[node] >= 0:
            stack[depth] = node
            depth += 1
            node = before[node]
        if np.isnan(known[0, node]):
            known[:, node] = 0.0
        while depth > 0:
            depth -= 1
            node = stack[depth]
            last = before[node]
            entry = starts[last]
            while heads[entry] != node:
                entry += 1
            known[0, node] = known[0, last] + minutes[entry]
            known[1, node] = known[1, last] + metres[entry]
        sums[:, t] = known[:, targets[t]]
    return sums

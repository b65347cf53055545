"""Dijkstra's search as a kernel: from one start at a time, bounded, keeping the minutes and metres of every way.

scipy's search holds the interpreter's lock and gives a dense row of all nodes; this one runs in threads, visits only
what lies within the limit and tells only homes. `shortest.travel_matrix`, which stands on scipy, is its slow twin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.heap import drop_first, push
from placesim.kernel import kernel
from placesim.records import Floats, Ints

Indices = NDArray[np.int32]
Flags = NDArray[np.bool_]


class RoadGraph(NamedTuple):
    """A graph as its kernels read it: starts, heads = rows and columns of a sparse matrix, as in scipy; tails[entry]
    the row of an entry; cost[entry] by which ways are chosen, and what they take: minutes[entry], metres[entry]."""

    starts: Indices
    heads: Indices
    tails: Indices
    cost: Floats
    minutes: Floats
    metres: Floats


class Labels(NamedTuple):
    """What a search knows of the nodes: least[node] cost (inf: not reached), via[node] the entry by which it is reached
    (−1 − k for start k), order: nodes as they were settled; the heap of those that wait: keys, nodes."""

    least: Floats
    via: Indices
    order: Indices
    keys: Floats
    nodes: Indices


@kernel
def _blank(graph: RoadGraph, starts: int) -> Labels:
    """Labels of a graph before a search from some starts."""
    nodes, waiting = len(graph.starts) - 1, len(graph.heads) + starts
    return Labels(
        np.full(nodes, np.inf), np.empty(nodes, np.int32), np.empty(nodes, np.int32),
        np.empty(waiting), np.empty(waiting, np.int32),
    )  # fmt: skip


@kernel
def _settle(graph: RoadGraph, labels: Labels, first: Ints, begun: Floats, limit: float) -> int:
    """Settle every node within `limit` of cost from the nodes `first`, each begun at its own cost; their number.

    A node waits in the heap once for every time its cost fell; only the least counts.
    """
    least, via, keys, nodes = labels.least, labels.via, labels.keys, labels.nodes
    size, settled = 0, 0
    for k in range(len(first)):
        if begun[k] <= limit and begun[k] < least[first[k]]:
            least[first[k]], via[first[k]] = begun[k], -1 - k
            size = push(keys, nodes, size, begun[k], first[k])
    while size > 0:
        key, node = keys[0], nodes[0]
        size = drop_first(keys, nodes, size)
        if key > least[node]:
            continue
        labels.order[settled] = node
        settled += 1
        for entry in range(graph.starts[node], graph.starts[node + 1]):
            reached, head = key + graph.cost[entry], graph.heads[entry]
            if reached <= limit and reached < least[head]:
                least[head], via[head] = reached, entry
                size = push(keys, nodes, size, reached, head)
    return settled


@kernel
def homes_within(
    graph: RoadGraph, first: Ints, begun: Floats, home: Indices, limit: float, weight: float
) -> tuple[Indices, Indices, Floats, Floats]:
    """(row of `first`, node, minutes, metres) of every node that is a home and within `limit` minutes of a start.

    begun[row]: minutes at which the search of a start begins; home[node] ≥ 0 where somebody lives. A way is chosen by
    its cost, which is at most `weight` times its minutes.
    """
    labels = _blank(graph, 1)
    time, length = np.empty(len(labels.least)), np.empty(len(labels.least))
    rows, ends = np.empty(1024, np.int32), np.empty(1024, np.int32)
    took, went = np.empty(1024), np.empty(1024)
    found = 0
    for row in range(len(first)):
        settled = _settle(graph, labels, first[row : row + 1], begun[row : row + 1], limit * weight)
        if found + settled > len(rows):
            more = np.empty(found + settled, np.int32)
            rows, ends = np.concatenate((rows, more)), np.concatenate((ends, more))
            took, went = np.concatenate((took, np.empty(len(more)))), np.concatenate((went, np.empty(len(more))))
        for k in range(settled):
            node = labels.order[k]
            entry = labels.via[node]
            if entry < 0:
                time[node], length[node] = begun[row], 0.0
            else:
                time[node] = time[graph.tails[entry]] + graph.minutes[entry]
                length[node] = length[graph.tails[entry]] + graph.metres[entry]
            if home[node] >= 0 and time[node] <= limit:
                rows[found], ends[found], took[found], went[found] = row, node, time[node], length[node]
                found += 1
        labels.least[labels.order[:settled]] = np.inf
    return rows[:found], ends[:found], took[:found], went[:found]


@kernel
def minutes_from(graph: RoadGraph, first: Ints, begun: Floats, limit: float, weight: float) -> Floats:
    """minutes[node] of the way that costs least to any of the starts, inf beyond the limit."""
    labels = _blank(graph, len(first))
    settled = _settle(graph, labels, first, begun, limit * weight)
    time = np.full(len(labels.least), np.inf)
    for k in range(settled):
        node = labels.order[k]
        entry = labels.via[node]
        time[node] = begun[-1 - entry] if entry < 0 else time[graph.tails[entry]] + graph.minutes[entry]
    return time


@kernel
def loads(
    graph: RoadGraph, first: int, pupils: Floats, watched: Flags, flow: Floats
) -> tuple[Indices, Indices, Floats]:
    """Send pupils[node] along their cheapest ways to `first`: flow[entry] grows by those who pass it.

    An entry leads from the school outwards, so pupils go from its head to its tail. Gives their turns at watched nodes:
    (the entry they come by, the entry they go on by, how many), without those who start or end at that very place.
    """
    labels = _blank(graph, 1)
    settled = _settle(graph, labels, np.array([first]), np.zeros(1), np.inf)
    order, via, tails, metres = labels.order, labels.via, graph.tails, graph.metres
    coming, going, turning = np.empty(settled, np.int32), np.empty(settled, np.int32), np.empty(settled)
    passing, starting, left, turns = pupils.copy(), pupils.copy(), np.zeros(len(via)), 0
    for k in range(1, settled):
        left[order[k]] = left[tails[via[order[k]]]] + metres[via[order[k]]]
    for k in range(settled - 1, 0, -1):
        node = order[k]
        entry = via[node]
        nearer, walked = tails[entry], passing[node]
        flow[entry] += passing[node]
        passing[nearer] += passing[node]
        if metres[entry] == 0:
            starting[nearer] += starting[node]
            walked -= starting[node]
        if watched[nearer] and left[nearer] > 0 and walked > 0:
            coming[turns], going[turns], turning[turns] = entry, via[nearer], walked
            turns += 1
    return coming[:turns], going[:turns], turning[:turns]

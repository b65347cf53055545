"""Dijkstra's search as a kernel: from one start at a time, bounded, keeping the minutes and metres of every way.

scipy's search holds the interpreter's lock and gives a dense row of all nodes; this one runs in threads, visits only
what lies within the limit and tells only homes. `shortest.travel_matrix`, which stands on scipy, is its slow twin.

A graph is `starts`, `heads` (rows and columns of a sparse matrix, as in scipy), `tails` (the row of each entry) and
what an entry costs and takes: cost (by which ways are chosen), minutes, metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.kernel import kernel
from placesim.records import Floats, Ints

Indices = NDArray[np.int32]
Flags = NDArray[np.bool_]
_ARMS = 4  # children of a node of the heap: fewer levels than a binary one, whose keys lie together


@kernel
def _push(keys: Floats, nodes: Indices, size: int, key: float, node: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) // _ARMS
        if keys[above] <= key:
            break
        keys[at], nodes[at] = keys[above], nodes[above]
        at = above
    keys[at], nodes[at] = key, node
    return size + 1


@kernel
def _drop_first(keys: Floats, nodes: Indices, size: int) -> int:
    size -= 1
    key, node, at = keys[size], nodes[size], 0
    while True:
        below = _ARMS * at + 1
        if below >= size:
            break
        least = below
        for arm in range(below + 1, min(below + _ARMS, size)):
            if keys[arm] < keys[least]:
                least = arm
        if keys[least] >= key:
            break
        keys[at], nodes[at] = keys[least], nodes[least]
        at = least
    keys[at], nodes[at] = key, node
    return size


@kernel
def _settle(
    starts: Indices, heads: Indices, cost: Floats, limit: float,
    first: Ints, first_cost: Floats, least: Floats, via: Indices, order: Indices, keys: Floats, nodes: Indices,
) -> int:  # fmt: skip
    """Settle every node within `limit` of the nodes `first`, each begun at its own cost; their number.

    least[node] (inf before the call), via[node]: the entry by which it is reached, −1 − k for first[k]; order: nodes as
    they were settled. A node waits in the heap once for every time its cost fell; only the least counts.
    """
    size, settled = 0, 0
    for k in range(len(first)):
        if first_cost[k] <= limit and first_cost[k] < least[first[k]]:
            least[first[k]], via[first[k]] = first_cost[k], -1 - k
            size = _push(keys, nodes, size, first_cost[k], first[k])
    while size > 0:
        key, node = keys[0], nodes[0]
        size = _drop_first(keys, nodes, size)
        if key > least[node]:
            continue
        order[settled] = node
        settled += 1
        for entry in range(starts[node], starts[node + 1]):
            reached = key + cost[entry]
            if reached <= limit and reached < least[heads[entry]]:
                least[heads[entry]], via[heads[entry]] = reached, entry
                size = _push(keys, nodes, size, reached, heads[entry])
    return settled


@kernel
def homes_within(
    starts: Indices, heads: Indices, tails: Indices, cost: Floats, minutes: Floats, metres: Floats,
    first: Ints, begun: Floats, home: Indices, limit: float, weight: float,
) -> tuple[Indices, Indices, Floats, Floats]:  # fmt: skip
    """(row of `first`, node, minutes, metres) of every node that is a home and within `limit` minutes of a start.

    begun[row]: minutes at which the search of a start begins; home[node] ≥ 0 where somebody lives. A way is chosen by
    its cost, which is at most `weight` times its minutes.
    """
    nodes = len(starts) - 1
    least, via, order = np.full(nodes, np.inf), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    keys, waiting = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    time, length = np.empty(nodes), np.empty(nodes)
    rows, ends = np.empty(1024, np.int32), np.empty(1024, np.int32)
    took, went = np.empty(1024), np.empty(1024)
    found = 0
    for row in range(len(first)):
        begin = np.array([begun[row]])
        settled = _settle(
            starts, heads, cost, limit * weight, first[row : row + 1], begin, least, via, order, keys, waiting
        )
        if found + settled > len(rows):
            more = np.empty(found + settled, np.int32)
            rows, ends = np.concatenate((rows, more)), np.concatenate((ends, more))
            took, went = np.concatenate((took, np.empty(len(more)))), np.concatenate((went, np.empty(len(more))))
        for k in range(settled):
            node = order[k]
            entry = via[node]
            if entry < 0:
                time[node], length[node] = begun[row], 0.0
            else:
                time[node] = time[tails[entry]] + minutes[entry]
                length[node] = length[tails[entry]] + metres[entry]
            if home[node] >= 0 and time[node] <= limit:
                rows[found], ends[found], took[found], went[found] = row, node, time[node], length[node]
                found += 1
        least[order[:settled]] = np.inf
    return rows[:found], ends[:found], took[:found], went[:found]


@kernel
def minutes_from(
    starts: Indices, heads: Indices, tails: Indices, cost: Floats, minutes: Floats,
    first: Ints, begun: Floats, limit: float, weight: float,
) -> Floats:  # fmt: skip
    """minutes[node] of the way to the nearest start, inf beyond the limit."""
    nodes = len(starts) - 1
    least, via, order = np.full(nodes, np.inf), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    keys, waiting = np.empty(len(heads) + len(first)), np.empty(len(heads) + len(first), np.int32)
    settled = _settle(starts, heads, cost, limit * weight, first, begun, least, via, order, keys, waiting)
    time = np.full(nodes, np.inf)
    for k in range(settled):
        node = order[k]
        entry = via[node]
        time[node] = begun[-1 - entry] if entry < 0 else time[tails[entry]] + minutes[entry]
    return time


@kernel
def loads(
    starts: Indices, heads: Indices, tails: Indices, cost: Floats, metres: Floats,
    first: int, pupils: Floats, watched: Flags, flow: Floats,
) -> tuple[Indices, Indices, Floats]:  # fmt: skip
    """Send pupils[node] along their cheapest ways to `first`: flow[entry] grows by those who pass it.

    An entry leads from the school outwards, so pupils go from its head to its tail. Gives their turns at watched nodes:
    (the entry they come by, the entry they go on by, how many), without those who start or end at that very place.
    """
    nodes = len(starts) - 1
    least, via, order = np.full(nodes, np.inf), np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    keys, waiting = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    settled = _settle(starts, heads, cost, np.inf, np.array([first]), np.zeros(1), least, via, order, keys, waiting)
    coming, going, turning = np.empty(settled, np.int32), np.empty(settled, np.int32), np.empty(settled)
    passing, starting, left, turns = pupils.copy(), pupils.copy(), np.zeros(nodes), 0
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

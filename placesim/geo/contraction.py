"""A smaller graph with the same ways between points: dead ends taken off, chains without a junction made one link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.kernel import kernel
from placesim.records import Floats, Ints

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Arcs:
    """Links between nodes: u → v along them where `there`, back where `back`; cost, minutes, metres of each."""

    u: Ints
    v: Ints
    there: Flags
    back: Flags
    cost: Floats
    minutes: Floats
    metres: Floats


def contracted(arcs: Arcs, points: Ints, nodes: int) -> tuple[Arcs, Ints, int]:
    """(arcs between points and junctions, the number of each of the `points` among their nodes, how many nodes).

    Ways between points are as long as before: a dead end without a point leads nowhere, and a node with two links is
    only passed. What is between two junctions may be given several times, where several chains join them.
    """
    joins = np.flatnonzero(arcs.u != arcs.v)
    ends = np.concatenate([arcs.u[joins], arcs.v[joins]])
    order = np.argsort(ends, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=nodes))])
    arc = np.tile(joins, 2)[order]
    kept = np.zeros(nodes, dtype=bool)
    kept[points] = True
    left = _without_dead_ends(starts, arc, arcs.u, arcs.v, kept)
    kept |= (left != 2) & (left > 0)
    u, v, there, back, sums = _chains(
        starts, arc, arcs.u, arcs.v, arcs.there, arcs.back, np.stack([arcs.cost, arcs.minutes, arcs.metres]), kept, left
    )
    number = np.cumsum(kept) - 1
    return Arcs(number[u], number[v], there, back, *sums), number[points], int(kept.sum())


@kernel
def _without_dead_ends(starts: Ints, arc: Ints, u: Ints, v: Ints, kept: Flags) -> Ints:
    """links[node] that are left once dead ends without a point are taken off, their nodes counted as having none."""
    left = np.diff(starts)
    dead = np.empty(len(left), np.int64)
    waiting = 0
    for node in range(len(left)):
        if left[node] == 1 and not kept[node]:
            dead[waiting] = node
            waiting += 1
    while waiting > 0:
        waiting -= 1
        node = dead[waiting]
        if left[node] != 1:
            continue
        left[node] = 0
        for at in range(starts[node], starts[node + 1]):
            other = u[arc[at]] + v[arc[at]] - node
            if left[other] > 0:
                left[other] -= 1
                if left[other] == 1 and not kept[other]:
                    dead[waiting] = other
                    waiting += 1
    return left


@kernel
def _chains(
    starts: Ints, arc: Ints, u: Ints, v: Ints, there: Flags, back: Flags, sums: Floats, kept: Flags, left: Ints
) -> tuple[Ints, Ints, Flags, Flags, Floats]:
    """Follow every chain from one kept node to the next, once, from the lower node; rings to the same node are left."""
    most = len(arc) // 2
    first, last = np.empty(most, np.int64), np.empty(most, np.int64)
    forth, along = np.empty(most, np.bool_), np.empty(most, np.bool_)
    total = np.empty((3, most))
    found = 0
    for begin in range(len(left)):
        if not kept[begin]:
            continue
        for at in range(starts[begin], starts[begin + 1]):
            node, link = begin, arc[at]
            summed, open_there, open_back = np.zeros(3), True, True
            while True:
                ahead = u[link] == node
                summed += sums[:, link]
                open_there &= there[link] if ahead else back[link]
                open_back &= back[link] if ahead else there[link]
                node = u[link] + v[link] - node
                if kept[node] or left[node] != 2:
                    break
                link = _other(starts, arc, u, v, left, node, link)
            if kept[node] and begin < node:
                first[found], last[found] = begin, node
                forth[found], along[found], total[:, found] = open_there, open_back, summed
                found += 1
    return first[:found], last[:found], forth[:found], along[:found], total[:, :found]


@kernel
def _other(starts: Ints, arc: Ints, u: Ints, v: Ints, left: Ints, node: int, link: int) -> int:
    """The link by which a chain goes on: the one of a node's two that are left by which it was not reached."""
    for at in range(starts[node], starts[node + 1]):
        beyond = u[arc[at]] + v[arc[at]] - node
        if arc[at] != link and left[beyond] > 0:
            return arc[at]
    return link

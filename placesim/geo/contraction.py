"""A smaller graph with the same ways between points: dead ends taken off, chains without a junction made one link."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.kernel import kernel
from placesim.records import Floats, Ints

Flags = NDArray[np.bool_]


class Arcs(NamedTuple):
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
    left = _without_dead_ends(arcs, starts, arc, kept)
    kept |= (left != 2) & (left > 0)
    few, number = _chains(arcs, starts, arc, kept, left), np.cumsum(kept) - 1
    return few._replace(u=number[few.u], v=number[few.v]), number[points], int(kept.sum())


@kernel
def _without_dead_ends(arcs: Arcs, starts: Ints, arc: Ints, kept: Flags) -> Ints:
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
            other = arcs.u[arc[at]] + arcs.v[arc[at]] - node
            if left[other] > 0:
                left[other] -= 1
                if left[other] == 1 and not kept[other]:
                    dead[waiting] = other
                    waiting += 1
    return left


@kernel
def _chains(arcs: Arcs, starts: Ints, arc: Ints, kept: Flags, left: Ints) -> Arcs:
    """Follow every chain from one kept node to the next, once, from the lower node; rings to the same node are left."""
    most = len(arc) // 2 + 1  # one more than there can be: where a chain is summed up that is then left
    first, last = np.empty(most, np.int64), np.empty(most, np.int64)
    there, back = np.empty(most, np.bool_), np.empty(most, np.bool_)
    cost, minutes, metres = np.empty(most), np.empty(most), np.empty(most)
    found = 0
    for begin in range(len(left)):
        if not kept[begin]:
            continue
        for at in range(starts[begin], starts[begin + 1]):
            node, link = begin, arc[at]
            cost[found] = minutes[found] = metres[found] = 0.0
            there[found] = back[found] = True
            while True:
                ahead = arcs.u[link] == node
                cost[found] += arcs.cost[link]
                minutes[found] += arcs.minutes[link]
                metres[found] += arcs.metres[link]
                there[found] &= arcs.there[link] if ahead else arcs.back[link]
                back[found] &= arcs.back[link] if ahead else arcs.there[link]
                node = arcs.u[link] + arcs.v[link] - node
                if kept[node] or left[node] != 2:
                    break
                link = _other(arcs, starts, arc, left, node, link)
            if kept[node] and begin < node:
                first[found], last[found] = begin, node
                found += 1
    return Arcs(first[:found], last[:found], there[:found], back[:found], cost[:found], minutes[:found], metres[:found])


@kernel
def _other(arcs: Arcs, starts: Ints, arc: Ints, left: Ints, node: int, link: int) -> int:
    """The link by which a chain goes on: the one of a node's two that are left by which it was not reached."""
    for at in range(starts[node], starts[node + 1]):
        beyond = arcs.u[arc[at]] + arcs.v[arc[at]] - node
        if arc[at] != link and left[beyond] > 0:
            return arc[at]
    return link

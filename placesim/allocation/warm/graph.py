"""The school graph: which schools can hand pupils to each other, fixed as long as ways and prices are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.scaling import Arcs, cut_price, most_units
from placesim.kernel import kernel
from placesim.records import Floats, Ints

Indices = NDArray[np.int32]

MOST_PUPILS: Final = 1 << 22  # of one solve, unless a graph is made for fewer
_MOST_SUM = 1 << 60  # pupils × largest whole cost: three of those, a way, a step and a price, stay within 63 bits


class Links(NamedTuple):
    """Ways and school graph as the kernels read them.

    A slot is a way of a node, sorted by node and school; the last slot of a node is to stay unplaced, which counts as
    the school after the last one. first[node] … first[node + 1]: slots of a node; node[slot], school[slot],
    units[slot] whole cost; seats[school] … seats[school + 1]: room for the slots that name the school.
    A pair is two schools that some node names: rows[school] … rows[school + 1] the pairs that start there, other[pair]
    where they lead (sorted), back[pair] the same pair the other way round.
    extra[step]: whole cost added in each step of places.
    """

    first: Indices
    node: Indices
    school: Indices
    units: Ints
    seats: Indices
    rows: Indices
    other: Indices
    back: Indices
    extra: Ints


@dataclass(frozen=True)
class SchoolGraph:
    """What does not change from solve to solve: links, the slot[row] of each way given (−1: never used), units per
    minute, and how many pupils it is made for."""

    links: Links
    slot: Ints
    scale: float
    most_pupils: int

    @property
    def nodes(self) -> int:
        return len(self.links.first) - 1

    @property
    def schools(self) -> int:
        return len(self.links.seats) - 2


def school_graph(
    arcs: Arcs, nodes: int, schools: int, *,
    step_minutes: Floats, unplaced_minutes: float, most_pupils: int = MOST_PUPILS,
) -> SchoolGraph:  # fmt: skip
    """The fixed part of a transport problem with priced steps, see `flow.cheapest_flow` for its objective.

    step_minutes[step] ≥ 0, rising. Costs are whole: minutes × scale, rounded; as there, a price of the unplaced beyond
    what any chain of moves can cost is cut, and raised by one unit. Ways dearer than the price, and the longer of
    repeated ways, are left out. The order of the rows plays no part. The fewer pupils at most, the finer the units.
    """
    extra = np.asarray(step_minutes, dtype=np.float64)
    price = cut_price(unplaced_minutes, arcs.minutes, extra, min(nodes, schools))
    top = max(price, float(extra.max(initial=0.0)))  # no way that is kept is dearer than the price
    scale = min(_MOST_SUM // max(most_pupils, 1), most_units(nodes, schools, most_pupils)) / (top or 1.0)
    rows = np.flatnonzero(arcs.minutes <= price)
    by_school = rows[counted(arcs.school[rows], schools)[1]]
    rows = _shortest(by_school[counted(arcs.node[by_school], nodes)[1]], arcs.node, arcs.school, arcs.minutes)
    ways = np.bincount(arcs.node[rows], minlength=nodes)
    first = np.concatenate([[0], np.cumsum(ways + 1)])
    at = np.arange(len(rows)) + arcs.node[rows]  # every node before has one slot more than ways
    school = np.full(first[-1], schools, dtype=np.int32)
    units = np.full(first[-1], np.rint(price * scale) + 1, dtype=np.int64)
    school[at], units[at] = arcs.school[rows], np.rint(arcs.minutes[rows] * scale)
    slot = np.full(len(arcs.node), -1, dtype=np.int64)
    slot[rows] = at
    links = linked(first.astype(np.int32), school, schools, units, np.rint(extra * scale).astype(np.int64))
    return SchoolGraph(links, slot, scale, most_pupils)


def linked(first: Indices, school: Indices, schools: int, units: Ints, extra: Ints) -> Links:
    """Links of slots that stand in the order of their nodes, the last of each being to stay unplaced."""
    node = np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first))
    seats, by_school = counted(school, schools + 1)
    rows, other = _pairs(first, node, school, by_school, seats)
    return Links(first, node, school, units, seats, rows, other, _counterparts(rows, other), extra)


@kernel
def counted(values: Indices | Ints, count: int) -> tuple[Indices, Indices]:
    """(starts[value + 1], order) of values below `count`, sorted stably by counting."""
    starts = np.zeros(count + 1, np.int32)
    for value in values:
        starts[value + 1] += 1
    for value in range(count):
        starts[value + 1] += starts[value]
    free, order = starts.copy(), np.empty(len(values), np.int32)
    for at in range(len(values)):
        order[free[values[at]]] = at
        free[values[at]] += 1
    return starts, order


@kernel
def _shortest(rows: Ints, node: Ints, school: Ints, minutes: Floats) -> Ints:
    """Rows, sorted by node and school, with the shortest of repeated ways only."""
    kept, size = np.empty(len(rows), np.int64), 0
    for row in rows:
        last = kept[size - 1]
        if size == 0 or node[last] != node[row] or school[last] != school[row]:
            kept[size] = row
            size += 1
        elif minutes[row] < minutes[last]:
            kept[size - 1] = row
    return kept[:size].copy()


@kernel
def _pairs(
    first: Indices, node: Indices, school: Indices, by_school: Indices, seats: Indices
) -> tuple[Indices, Indices]:
    """(rows[school + 1], other[pair]): for each school the others that share a node with it, in rising order."""
    count = len(seats) - 1
    rows, seen = np.zeros(count + 1, np.int32), np.full(count, -1, np.int32)
    found, size = np.empty(max(len(school), 16), np.int32), 0
    for a in range(count):
        seen[a] = a
        begin = size
        for seat in range(seats[a], seats[a + 1]):
            if size - begin == count - 1:
                break  # it shares nodes with all others
            i = node[by_school[seat]]
            for slot in range(first[i], first[i + 1]):
                b = school[slot]
                if seen[b] != a:
                    seen[b] = a
                    if size == len(found):
                        found = np.concatenate((found, np.empty(size, np.int32)))
                    found[size] = b
                    size += 1
        found[begin:size].sort()
        rows[a + 1] = size
    return rows, found[:size].copy()


@kernel
def _counterparts(rows: Indices, other: Indices) -> Indices:
    """back[pair]: in each row the counterparts stand in the order of the rows they come from."""
    back, free = np.empty(len(other), np.int32), rows.copy()
    for pair in range(len(other)):
        back[pair] = free[other[pair]]
        free[other[pair]] += 1
    return back

"""What an allocation rule is asked: one stage in one year, its pupils by node, the ways and the places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.admission import Admission
from placesim.allocation.flow import Arcs
from placesim.records import Floats, Ints
from placesim.scenario.parameters import AllocationParameters

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Zones:
    """Catchment rows of a year: node[row] (sorted), school[row], share[row] (NaN: shared by places)."""

    node: Ints
    school: Ints
    share: Floats


@dataclass(frozen=True)
class Wants:
    """Where pupils would go if all had places: node[row] (sorted), school[row], share[row], 1 in sum over each node."""

    node: Ints
    school: Ints
    share: Floats


@dataclass(frozen=True)
class Shipments:
    """Whole pupils sent: node[row] (sorted), school[row], pupils[row] > 0."""

    node: Ints
    school: Ints
    pupils: Ints

    def load(self, schools: int) -> Ints:
        """pupils[school]"""
        return np.bincount(self.school, weights=self.pupils, minlength=schools).astype(np.int64)


@dataclass(frozen=True)
class Boarding:
    """Ways longer than day_minutes need a bed: beds[school] that are left."""

    day_minutes: float
    beds: Ints


@dataclass(frozen=True)
class Problem:
    """One stage in one year.

    A node is the pupils of an area whom the rule treats alike, in a band of grades that the same schools teach:
    area[node], kind[node] of their groups, pupils[node] still to place, phase[node] in [0, 1) for its odd pupils.
    arcs: ways to open schools that teach the band, within the limits, sorted by node, minutes and school.
    places[school, level] of the stage, left[school, level] of them after those enrolled already. admission:
    entitlements, None where all pupils have the same. wants: where pupils would go, None where only the ways decide.
    boarding: None where no way is too long for a day.
    """

    area: Ints
    kind: Ints
    pupils: Ints
    phase: Floats
    arcs: Arcs
    zones: Zones
    places: Ints
    left: Ints
    parameters: AllocationParameters
    admission: Admission | None = None
    wants: Wants | None = None
    boarding: Boarding | None = None


def shipments(node: Ints, school: Ints, pupils: Ints) -> Shipments:
    """Rows with pupils, in the order given."""
    sent = pupils > 0
    return Shipments(node[sent], school[sent], pupils[sent])


def first_ways(arcs: Arcs, usable: NDArray[np.bool_], count: int) -> Ints:
    """Rows of the `count` nearest usable ways of each node."""
    rows = np.flatnonzero(usable)
    node = arcs.node[rows]
    rank = np.arange(len(rows)) - np.searchsorted(node, node)
    return rows[rank < count]


def node_phase(area: Ints, band: Ints, kind: Ints) -> Floats:
    """phase[node]: fractions of multiples of the golden ratio, so that odd pupils do not all go the same way."""
    return ((area + 1) * _GOLDEN + band * _GOLDEN**2 + kind * _GOLDEN**3) % 1.0


def pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """(position in left, position in right) of equal values; right is sorted."""
    start, end = np.searchsorted(right, left, "left"), np.searchsorted(right, left, "right")
    count = end - start
    row = np.repeat(np.arange(len(left)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, start[row] + within


def minutes_between(arcs: Arcs, node: Ints, school: Ints) -> Floats:
    """minutes[row] of the way from node[row] to school[row]; 0 where the ways know none."""
    row, way = pairs(node, arcs.node)
    same = arcs.school[way] == school[row]
    minutes = np.zeros(len(node))
    minutes[row[same]] = arcs.minutes[way[same]]
    return minutes

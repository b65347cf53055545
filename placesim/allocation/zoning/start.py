"""A first plan whose zones are connected: what holds of the present one, and the rest grown around the homes."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.zoning.district import NONE, District
from placesim.allocation.zoning.graph import UnitGraph, attached
from placesim.allocation.zoning.terms import unit_costs
from placesim.records import Floats, Ints

Waiting = list[tuple[bool, float, int]]  # out of reach, cost, unit


def first_plan(district: District, graph: UnitGraph, out_of_reach: NDArray[np.bool_]) -> Ints:
    """school[unit], every zone connected and holding its home, which every unit can reach by neighbours.

    Units of `present` that hang together with their school's home within its zone stay. Then the zone of the lowest
    utilisation takes its cheapest neighbouring unit, and so on; units out of reach come last.
    """
    school = np.full(len(district.pupils), NONE, dtype=np.int64)
    if district.present is not None:
        school = district.present.copy()
    school[district.home] = np.arange(len(district.home))
    school[~attached(district, school)] = NONE
    return _Growth(district, graph, school, np.where(out_of_reach, np.inf, unit_costs(district))).finish()


class _Growth:
    """Zones that take unit after unit: `waiting` holds the free units beside each zone, `turns` the zones in order."""

    def __init__(self, district: District, graph: UnitGraph, school: Ints, cost: Floats):
        self.pupils, self.places = district.pupils.tolist(), district.places.tolist()
        self.graph, self.school, self.cost = graph, school, cost
        self.load = [0.0] * len(self.places)
        self.size = [0] * len(self.places)
        self.waiting: list[Waiting] = [[] for _ in self.places]
        self.turns: list[tuple[bool, float, int, int]] = []

    def finish(self) -> Ints:
        for unit in np.flatnonzero(self.school != NONE).tolist():
            self._take(unit, int(self.school[unit]))
        for zone in range(len(self.places)):
            self._queue(zone)
        while self.turns:
            was_far, *_, zone = heapq.heappop(self.turns)
            head = self._next(zone)
            if head is None:
                continue
            far, _, unit = head
            if far and not was_far:  # its better neighbours have gone to other zones meanwhile
                self._queue(zone)
                continue
            self.school[unit] = zone
            self._take(unit, zone)
            self._queue(zone)
        return self.school

    def _take(self, unit: int, zone: int) -> None:
        self.load[zone] += self.pupils[unit]
        self.size[zone] += 1
        for other in self.graph.heads[self.graph.starts[unit] : self.graph.starts[unit + 1]].tolist():
            if self.school[other] == NONE:
                cost = float(self.cost[other, zone])
                heapq.heappush(self.waiting[zone], (cost == np.inf, cost, other))

    def _next(self, zone: int) -> tuple[bool, float, int] | None:
        while self.waiting[zone] and self.school[self.waiting[zone][0][2]] != NONE:
            heapq.heappop(self.waiting[zone])
        return self.waiting[zone][0] if self.waiting[zone] else None

    def _queue(self, zone: int) -> None:
        head = self._next(zone)
        if head is not None:
            heapq.heappush(self.turns, (head[0], self.load[zone] / self.places[zone], self.size[zone], zone))

"""The central run as transport problems again: its pupils, its places, the ways that counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.problem import first_ways, pairs
from placesim.allocation.rules import priced_steps
from placesim.allocation.scaling import Arcs, Steps
from placesim.allocation.tables import Ways, ways_by_stage
from placesim.allocation.whole import whole_by_group
from placesim.records import Allocation, Ints, Results
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import EMERGENCY

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Followers:
    """A stage in a year as the central run placed it: node = home area, band and school of the central pupils, those it
    left unplaced apart; who follows them to their school costs nothing, elsewhere as `wanted.redirected`.

    node[row] of the central pupils[row] in cell[row] = area × grades + grade, rows sorted by cell; roll[school].
    """

    arcs: Arcs
    area: Ints
    node: Ints
    cell: Ints
    pupils: Ints
    roll: Ints

    def by_node(self, pupils: Ints) -> Ints:
        """pupils[area, grade] of a draw → pupils[node], each cell divided as the central pupils were."""
        central = np.bincount(self.cell, weights=self.pupils, minlength=pupils.size)
        share = self.pupils / np.maximum(central, 1)[self.cell]
        phase = np.mod(np.arange(pupils.size) * _GOLDEN, 1.0).astype(np.float64)
        expected = np.asarray(pupils.ravel()[self.cell] * share, dtype=np.float64)
        rows = whole_by_group(expected, self.cell, phase)
        return np.bincount(self.node, weights=rows, minlength=len(self.area)).astype(np.int64)


@dataclass(frozen=True)
class Laid:
    """A stage in a year: node = area + areas × band of grades that the same schools teach; band[grade]; steps of the
    places that pupils from outside leave."""

    arcs: Arcs
    steps: Steps
    band: Ints
    bands: int
    areas: int

    def by_node(self, pupils: Ints) -> Ints:
        """pupils[grade, area] → pupils[node]"""
        total = np.zeros((self.bands, self.areas), dtype=np.int64)
        np.add.at(total, self.band, pupils)
        return total.ravel()


@dataclass(frozen=True)
class Central:
    """stages: ids of those under the rule `transport`, with their ways, their grades and places[school, stage, year,
    level]. staying[area of the county, year, grade]: pupils without those who leave; enrolled[school + 1, year, grade]
    those from outside by where they are (last: nowhere); serves[school, grade, year].
    """

    stages: tuple[str, ...]
    ways: tuple[Ways, ...]
    grades: tuple[slice, ...]
    places: Ints
    staying: Ints
    enrolled: Ints
    serves: NDArray[np.bool_]
    parameters: AllocationParameters
    rows: Ints  # (year, area, school or −1 for the unplaced, grade, pupils) of the county's areas, sorted by year

    def left(self, t: int, k: int, enrolled: Ints) -> Ints:
        """places[school, level] of a stage in a year after those enrolled[school] already."""
        return np.maximum(self.places[:, k, t] - enrolled[:, None], 0)

    def lay_out(self, t: int, k: int) -> Laid:
        """A stage in a year. Ways considered: to the `candidates` nearest schools with places left."""
        bands, band = np.unique(self.serves[:, self.grades[k], t], axis=1, return_inverse=True)
        ways, areas = self.ways[k], len(self.staying)
        of_band, row = np.nonzero(bands.T[:, ways.school])
        every = Arcs(ways.area[row] + areas * of_band, ways.school[row], ways.minutes[row])
        left = self.left(t, k, self.enrolled[:-1, t, self.grades[k]].sum(axis=1))
        near = first_ways(every, left[every.school, EMERGENCY] > 0, self.parameters.candidates)
        arcs = Arcs(every.node[near], every.school[near], every.minutes[near])
        return Laid(arcs, priced_steps(left, self.parameters), band, bands.shape[1], areas)

    def followers(self, t: int, k: int) -> Followers:
        """A stage in a year as the central run placed it. Ways considered: as in `lay_out`."""
        first, last = np.searchsorted(self.rows[0], [t, t + 1])
        _, area, school, grade, pupils = self.rows[:, first:last]
        grades = self.grades[k]
        of_stage = (grade >= grades.start) & (grade < grades.stop)
        area, school, grade, pupils = (c[of_stage] for c in (area, school, grade - grades.start, pupils))
        laid, schools, count = self.lay_out(t, k), len(self.serves), grades.stop - grades.start
        home = area + laid.areas * laid.band[grade]
        homes, node = np.unique(home * (schools + 1) + school + 1, return_inverse=True)
        order = np.argsort(area * count + grade, kind="stable")
        roll = np.bincount(school[school >= 0], weights=pupils[school >= 0], minlength=schools).astype(np.int64)
        arcs = _followed(laid.arcs, homes // (schools + 1), homes % (schools + 1) - 1, self.parameters)
        cell = (area * count + grade)[order]
        return Followers(arcs, homes // (schools + 1) % laid.areas, node[order], cell, pupils[order], roll)


def _followed(ways: Arcs, home: Ints, school: Ints, told: AllocationParameters) -> Arcs:
    """Ways of nodes at home[node] whose pupils go to school[node], or nowhere (−1)."""
    node, way = pairs(home, ways.node)
    nearest = np.full(int(home.max(initial=-1)) + 1, np.inf)
    near = ways.node < len(nearest)
    np.minimum.at(nearest, ways.node[near], ways.minutes[near])
    elsewhere = ways.school[way] != school[node]
    node, way = node[elsewhere], way[elsewhere]
    farther = told.redirect_minutes + ways.minutes[way] - nearest[ways.node[way]]
    placed = np.flatnonzero(school >= 0)
    return Arcs(
        np.concatenate([placed, node]),
        np.concatenate([school[placed], ways.school[way]]),
        np.concatenate([np.zeros(len(placed)), np.where(school[node] >= 0, farther, ways.minutes[way])]),
    )


def central_run(results: Results, options: AllocationOptions) -> Central:
    """What the central run allocated, in the stages under the rule `transport`."""
    allocation, places = results.allocation, results.places
    at = [k for k, s in enumerate(places.stages.ids) if options.rule(s) == "transport"]
    stages, ways = tuple(places.stages.ids[k] for k in at), ways_by_stage(results.travel, options)
    pupils, schools = allocation.demand.sum(axis=-1), len(places.ids)
    leaving, enrolled = np.zeros_like(pupils), np.zeros((schools + 1, *pupils.shape[1:]), dtype=np.int64)
    gone, come = allocation.school == schools, allocation.area == len(pupils) - 1
    when = (allocation.year, allocation.grade)
    np.add.at(leaving, (allocation.area[gone], *(w[gone] for w in when)), allocation.pupils[gone])
    np.add.at(enrolled, (allocation.school[come], *(w[come] for w in when)), allocation.pupils[come])
    enrolled[-1] = allocation.unplaced[-1].sum(axis=-1)
    return Central(
        stages=stages, ways=tuple(ways[k] for k in at), grades=tuple(places.stages.grade_slice(s) for s in stages),
        places=allocation.stage_places[:, at], staying=(pupils - leaving)[:-1], enrolled=enrolled,
        serves=places.serves, parameters=options.allocation, rows=_rows(results.allocation),
    )  # fmt: skip


def _rows(allocation: Allocation) -> Ints:
    """Rows of `Central`: the placed and the unplaced of the county's areas."""
    outside, schools = len(allocation.areas) - 1, len(allocation.schools) - 1
    here = (allocation.area < outside) & (allocation.school < schools)
    columns = (allocation.year, allocation.area, allocation.school, allocation.grade, allocation.pupils)
    placed = np.stack([c[here] for c in columns])
    missing = allocation.unplaced[:outside].sum(axis=3)
    area, year, grade = np.nonzero(missing)
    unplaced = np.stack([year, area, np.full(len(area), -1), grade, missing[area, year, grade]])
    rows = np.concatenate([placed, unplaced], axis=1)
    return rows[:, np.argsort(rows[0], kind="stable")]

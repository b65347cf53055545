"""The central run as transport problems again: its pupils, its places, the ways that counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.problem import first_ways
from placesim.allocation.rules import priced_steps
from placesim.allocation.scaling import Arcs, Steps
from placesim.allocation.tables import Ways, ways_by_stage
from placesim.records import Ints, Results
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import EMERGENCY


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
        serves=places.serves, parameters=options.allocation,
    )  # fmt: skip

"""The allocation rules by name: plain functions of one problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from placesim.allocation.catchment import catchment
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.nearest import nearest
from placesim.allocation.problem import Problem, Shipments, first_ways, shipments
from placesim.records import Ints
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import EMERGENCY

Rule = Callable[[Problem], Shipments]


def priced_steps(left: Ints, parameters: AllocationParameters) -> Steps:
    """left[school, level] as steps: up to the design level, to the cap, to the emergency level, at rising prices."""
    extra = np.maximum.accumulate([0.0, parameters.over_design_minutes, parameters.over_cap_minutes])
    return Steps(np.diff(left, axis=1, prepend=0), extra)


def least_minutes(problem: Problem) -> Shipments:
    """Rule `transport`: least minutes, with a price on each pupil over the design and over the cap level.

    Considered are the `candidates` nearest schools with places left; nobody is taken beyond the emergency level, and
    whoever stays unplaced costs `unplaced_minutes`.
    """
    told, arcs = problem.parameters, problem.arcs
    rows = first_ways(arcs, problem.left[arcs.school, EMERGENCY] > 0, told.candidates)
    ways = Arcs(arcs.node[rows], arcs.school[rows], arcs.minutes[rows])
    steps = priced_steps(problem.left, told)
    return shipments(ways.node, ways.school, cheapest_flow(problem.pupils, ways, steps, told.unplaced_minutes))


RULES: Mapping[str, Rule] = {"nearest": nearest, "catchment": catchment, "transport": least_minutes}

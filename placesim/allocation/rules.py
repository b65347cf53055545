"""The allocation rules by name: plain functions of one problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from placesim.allocation.catchment import catchment
from placesim.allocation.eligible import applies_to, eligible
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.nearest import nearest
from placesim.allocation.problem import Problem, Shipments, first_ways, shipments
from placesim.allocation.tiers import tiers
from placesim.vocabulary import EMERGENCY

Rule = Callable[[Problem], Shipments]


def least_minutes(problem: Problem) -> Shipments:
    """Rule `transport`: least minutes, with a price on each pupil over the design and over the cap level.

    Considered are the `candidates` nearest schools with places left; nobody is taken beyond the emergency level, and
    whoever stays unplaced costs `unplaced_minutes`. Applicants to private schools have as many candidates of each
    sector; a public one costs them `private_return_minutes` more.
    """
    told, arcs = problem.parameters, problem.arcs
    open_ = (problem.left[arcs.school, EMERGENCY] > 0) & eligible(problem, arcs.node, arcs.school)
    first = applies_to(problem, arcs.node, arcs.school)
    rows = np.union1d(*(first_ways(arcs, open_ & asked, told.candidates) for asked in (first, ~first)))
    minutes = arcs.minutes[rows] + np.where(first[rows], 0.0, told.private_return_minutes)
    ways = Arcs(arcs.node[rows], arcs.school[rows], minutes)
    extra = np.maximum.accumulate([0.0, told.over_design_minutes, told.over_cap_minutes])
    steps = Steps(np.diff(problem.left, axis=1, prepend=0), extra)
    return shipments(ways.node, ways.school, cheapest_flow(problem.pupils, ways, steps, told.unplaced_minutes))


RULES: Mapping[str, Rule] = {"nearest": nearest, "catchment": catchment, "transport": least_minutes, "tiers": tiers}

"""The allocation rules by name: plain functions of one problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from placesim.allocation.boarding import beds_for, boards, with_beds
from placesim.allocation.catchment import catchment
from placesim.allocation.choice import choice
from placesim.allocation.eligible import applies_to, eligible, first_wants
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.nearest import nearest
from placesim.allocation.problem import Problem, Shipments, first_ways, shipments
from placesim.allocation.tiers import tiers
from placesim.allocation.wanted import Near, as_wanted, redirected
from placesim.records import Floats, Ints
from placesim.scenario.parameters import AllocationParameters, Band
from placesim.vocabulary import EMERGENCY

Rule = Callable[[Problem], Shipments]


def priced_steps(left: Ints, parameters: AllocationParameters) -> Steps:
    """left[school, level] as steps: up to the design level, to the cap, to the emergency level, at rising prices."""
    extra = np.maximum.accumulate([0.0, parameters.over_design_minutes, parameters.over_cap_minutes])
    return Steps(np.diff(left, axis=1, prepend=0), extra)


def least_minutes(problem: Problem) -> Shipments:
    """Rule `transport`: least minutes, with a price on each pupil over the design and over the cap level.

    Considered are the `candidates` nearest schools with places left; nobody is taken beyond the emergency level, and
    whoever stays unplaced costs `unplaced_minutes`. Minutes past a band count as often as the band says. Applicants to
    private schools have as many candidates of each sector; a public one costs them `private_return_minutes` more. Ways
    too long for a day need a bed. With wants, pupils are kept from where they want to go only by what a full school
    costs (`wanted.redirected`).
    """
    told, arcs = problem.parameters, problem.arcs
    usable = (problem.left[arcs.school, EMERGENCY] > 0) & eligible(problem, arcs.node, arcs.school)
    usable &= ~boards(problem.boarding, arcs.minutes) | with_beds(problem.boarding, arcs.school)
    first = applies_to(problem, arcs.node, arcs.school)
    rows = np.union1d(*(first_ways(arcs, usable & asked, told.candidates) for asked in (first, ~first)))
    ways = Arcs(arcs.node[rows], arcs.school[rows], arcs.minutes[rows])
    price = counted_minutes(ways.minutes, told.bands) + np.where(first[rows], 0.0, told.private_return_minutes)
    steps = priced_steps(problem.left, told)
    if (wants := first_wants(problem)) is not None:
        return redirected(problem, wants, Near(ways, price), steps)
    beds = beds_for(problem.boarding, ways.minutes)
    priced = Arcs(ways.node, ways.school, price)
    return shipments(ways.node, ways.school, cheapest_flow(problem.pupils, priced, steps, told.unplaced_minutes, beds))


def counted_minutes(minutes: Floats, bands: Sequence[Band]) -> Floats:
    """Minutes as they count: those past `over` of a band count `weight` times, up to the next band."""
    total, weight = minutes.copy(), 1.0
    for band in bands:
        total += np.maximum(minutes - band.over, 0.0) * (band.weight - weight)
        weight = band.weight
    return total


def _unbound(rule: Rule) -> Rule:
    """The rule where nobody knows what pupils want; else everyone to the school wanted, whatever its places."""

    def let_in(problem: Problem) -> Shipments:
        wants = first_wants(problem)
        return rule(problem) if wants is None else as_wanted(problem, wants)

    return let_in


RULES: Mapping[str, Rule] = {
    "nearest": _unbound(nearest),
    "catchment": _unbound(catchment),
    "transport": least_minutes,
    "tiers": tiers,
    "choice": choice,
}

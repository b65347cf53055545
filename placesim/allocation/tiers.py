"""Rule `tiers` (多类别入学): schools admit their zone tier by tier; who does not get in is redirected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.catchment import zone_weights
from placesim.allocation.eligible import applies_to, eligible, first_arcs, first_to_private, first_zones
from placesim.allocation.problem import Problem, Shipments, Zones, first_ways
from placesim.allocation.turns import Turns, admission_of
from placesim.allocation.whole import whole_by_group
from placesim.records import Floats, Ints
from placesim.vocabulary import DESIGN

Nodes = NDArray[np.bool_]


def tiers(problem: Problem) -> Shipments:
    """Admission by entitlement, up to the level `fill`.

    1. Applicants to private schools draw lots at the nearest one with places left, then at the next, whatever their
       tier.
    2. Tier by tier, first to last, everyone asks at the schools of the zone: its catchment rows, divided by the given
       shares, else by design places; without rows, the nearest school. Whoever is refused asks at the other schools of
       the zone before the next tier's turn, so that no school admits a lower tier from its zone after it has refused a
       higher one. Siblings ask at their school first, within their tier or before all tiers.
    3. Redirection (统筹): tier by tier, whoever is left asks at the nearest school with places left, then at the next;
       after all tiers those whose dwelling has given its place already; last the pool of collective households.
    Too many pupils of one tier at a school: by its order, points (those of a node are alike), lot or minutes; equals
    draw lots.
    """
    told = admission_of(problem)
    locked = np.minimum(told.locked, problem.pupils)
    turns = Turns(problem, problem.pupils - locked)
    pool, private = told.pool[turns.tier], first_to_private(problem)
    zoned = ~pool & ~private
    ways = eligible(problem, problem.arcs.node, problem.arcs.school)
    zones = zones_of(problem)
    weight = zone_weights(zones, problem.places[:, DESIGN])
    _siblings(turns, private & ~pool)
    turns.seek(
        np.flatnonzero(private & ~pool), applies_to(problem, problem.arcs.node, problem.arcs.school), by_lot=True
    )
    levels = range(len(told.pool))
    before_all = problem.parameters.siblings == "first"
    for tier in levels if before_all else ():
        _siblings(turns, zoned & (turns.tier == tier))
    for tier in levels:
        if not before_all:
            _siblings(turns, zoned & (turns.tier == tier))
        _zone_turn(turns, zones, weight, zoned & (turns.tier == tier))
    for tier in levels:
        turns.seek(np.flatnonzero((turns.tier == tier) & ~pool), ways)
    turns.waiting += locked
    turns.seek(np.flatnonzero(~pool), ways, by_lot=True)
    for tier in np.flatnonzero(told.pool).tolist():
        _siblings(turns, turns.tier == tier)
        turns.seek(np.flatnonzero(turns.tier == tier), ways)
    return turns.shipments()


def zones_of(problem: Problem) -> Zones:
    """The catchment rows that each node asks first; its nearest school where it has none."""
    zones, arcs = first_zones(problem), first_arcs(problem)
    bare = ~np.isin(arcs.node, zones.node)
    near = first_ways(arcs, bare, 1)
    node = np.concatenate([zones.node, arcs.node[near]])
    order = np.argsort(node, kind="stable")
    school = np.concatenate([zones.school, arcs.school[near]])[order]
    return Zones(node[order], school, np.concatenate([zones.share, np.full(len(near), np.nan)])[order])


def _zone_turn(turns: Turns, zones: Zones, weight: Floats, nodes: Nodes) -> None:
    """The nodes ask at the schools of their zone until they are in or the zone is full."""
    rows = np.flatnonzero(nodes[zones.node])
    while len(rows := rows[(turns.left[zones.school[rows]] > 0) & (turns.waiting[zones.node[rows]] > 0)]):
        node, school = zones.node[rows], zones.school[rows]
        pupils = whole_by_group(turns.waiting[node] * _parts(node, weight[rows]), node, turns.problem.phase)
        turns.admit(Shipments(node, school, pupils), turns.turn(node, school))


def _parts(node: Ints, weight: Floats) -> Floats:
    """weight[row] ÷ the sum over its node; equal parts where all weights of the node are 0."""
    total = np.bincount(node, weights=weight)[node]
    return np.where(total > 0, np.divide(weight, total, out=np.zeros(len(node)), where=total > 0),
                    1 / np.bincount(node)[node])  # fmt: skip


def _siblings(turns: Turns, nodes: Nodes) -> None:
    """Those of the nodes who have a sibling at a school that they may go to ask there."""
    problem, rows = turns.problem, turns.admission.siblings
    known = np.isfinite(turns.minutes(rows.node, rows.school)) | _in_zone(problem.zones, rows.node, rows.school)
    asking = nodes[rows.node] & known & eligible(problem, rows.node, rows.school)
    node, school, pupils = rows.node[asking], rows.school[asking], rows.pupils[asking]
    before = np.cumsum(pupils) - pupils
    before -= before[np.searchsorted(node, node)]
    pupils = np.clip(turns.waiting[node] - before, 0, pupils)
    turns.admit(Shipments(node, school, pupils), turns.turn(node, school))


def _in_zone(zones: Zones, node: Ints, school: Ints) -> NDArray[np.bool_]:
    schools = max(int(zones.school.max(initial=0)), int(school.max(initial=0))) + 1
    return np.isin(node * schools + school, zones.node * schools + zones.school)

"""Rule `choice`: pupils list schools, public and private at the same time (公民同招), and are matched stably."""

from __future__ import annotations

import numpy as np

from placesim.allocation.choose import Lists, match
from placesim.allocation.eligible import eligible
from placesim.allocation.lists import Applications, applications
from placesim.allocation.problem import Problem, Shipments
from placesim.allocation.turns import Turns, together
from placesim.records import Floats, Ints

_PUBLIC, _EVERY = 0, 1  # the schools that a lot is drawn for; a private one draws its own


def choice(problem: Problem) -> Shipments:
    """Deferred acceptance up to the level `fill`; whoever gets no listed school is redirected, if `redirect`.

    Public schools prefer by `priority` in its order: those of their zone, with a sibling, of a higher tier and in it by
    its order, by distance; equals by one lot for all public schools. Pupils whose dwelling has given its place already
    come last there. Private schools draw lots of their own. Redirected are tier by tier, pools last, those left to the
    nearest school with places, then the next.
    """
    turns = Turns(problem, problem.pupils)
    asked = applications(problem)
    school = match(Lists(asked.start, asked.school, priorities(turns, asked)), turns.left)
    placed = school >= 0
    got = together([Shipments(asked.node[placed], school[placed], np.ones(int(placed.sum()), dtype=np.int64))],
                   len(turns.left))  # fmt: skip
    turns.admit(got, np.zeros(len(got.node)))
    if problem.parameters.redirect:
        ways = eligible(problem, problem.arcs.node, problem.arcs.school)
        pool = turns.admission.pool
        for tier in np.lexsort((np.arange(len(pool)), pool)).tolist():
            turns.seek(np.flatnonzero(turns.tier == tier), ways)
    return turns.shipments()


def priorities(turns: Turns, asked: Applications) -> Floats:
    """priority[row] of the pupil at the school, all different: larger is admitted first."""
    problem, told = turns.problem, turns.admission
    node, school = asked.node[asked.pupil], asked.school
    number = asked.number[asked.pupil]
    own = np.isin(school, told.by_lot)
    of_tier = (turns.tier[node].astype(float), turns.turn(node, school))
    known = {
        "zone": (1.0 - _zoned(turns, node, school),),
        "sibling": (1.0 - _with_sibling(turns, asked),),
        "tier": of_tier,
        "distance": (turns.minutes(node, school),),
    }
    late = number >= problem.pupils[node] - told.locked[node]
    keys = [late.astype(float), *(key for name in problem.parameters.priority for key in known[name])]
    keys = [np.where(own, 0.0, key) for key in keys]
    drawn = told.lots(np.where(own, _EVERY + school, _PUBLIC), problem.area[node], problem.kind[node], number)
    rank = np.empty(len(node))
    rank[np.lexsort((drawn, *keys[::-1]))] = np.arange(len(node))
    return -rank


def _zoned(turns: Turns, node: Ints, school: Ints) -> Floats:
    """1 where school[row] is of the zone of node[row]; pools have none."""
    zones, schools = turns.problem.zones, len(turns.left)
    inside = np.isin(node * schools + school, zones.node * schools + zones.school)
    return (inside & ~turns.admission.pool[turns.tier[node]]).astype(float)


def _with_sibling(turns: Turns, asked: Applications) -> Floats:
    """1 where the pupil has a sibling at the school: of those of a node who list it, the ones who list it highest."""
    rows, schools = turns.admission.siblings, len(turns.left)
    pair = asked.node[asked.pupil] * schools + asked.school
    known = rows.node * schools + rows.school
    place = np.arange(len(pair)) - asked.start[asked.pupil]
    order = np.lexsort((asked.pupil, place, pair))
    turn = np.empty(len(pair), dtype=np.int64)
    turn[order] = np.arange(len(pair)) - np.searchsorted(pair[order], pair[order])
    by_pair = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[by_pair], pair), max(len(known) - 1, 0))
    if not len(known):
        return np.zeros(len(pair))
    some = known[by_pair][at] == pair
    return (some & (turn < rows.pupils[by_pair][at])).astype(float)

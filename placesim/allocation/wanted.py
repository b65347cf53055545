"""What is done with the schools that pupils want to go to: everyone is let in, or whoever finds no place redirected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.allocation.boarding import beds_for
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.problem import Problem, Shipments, Wants, minutes_between, pairs, shipments
from placesim.allocation.whole import whole_by_group
from placesim.records import Floats, Ints


def as_wanted(problem: Problem, wants: Wants) -> Shipments:
    """Whole pupils to the schools they want, whatever their places; nodes without wants go nowhere."""
    pupils = whole_by_group(problem.pupils[wants.node] * wants.share, wants.node, problem.phase)
    return shipments(wants.node, wants.school, pupils)


@dataclass(frozen=True)
class Near:
    """A node's ways that have places left, sorted by node, and their price[row] in minutes."""

    ways: Arcs
    price: Floats


def redirected(problem: Problem, wants: Wants, near: Near, steps: Steps) -> Shipments:
    """Those who want a school are admitted or sent to another one of near.

    minimise Σ (redirect_minutes + price above the node's cheapest way)·redirected + Σ step minutes·admitted +
    unplaced_minutes·unplaced: what a full school costs is weighed against the trouble of going elsewhere. Those with
    wants and those without, who only have ways, compete for the same places and beds.
    """
    told, first, ways = problem.parameters, as_wanted(problem, wants), near.ways
    applicants = np.arange(len(first.node))
    row, way = pairs(first.node, ways.node)
    cheapest = np.full(len(problem.pupils), np.inf)
    np.minimum.at(cheapest, ways.node, near.price)
    elsewhere = ways.school[way] != first.school[row]
    row, way = row[elsewhere], way[elsewhere]
    wantless = np.flatnonzero(~np.isin(ways.node, first.node))
    others, other = np.unique(ways.node[wantless], return_inverse=True)
    arcs = Arcs(
        np.concatenate([applicants, row, len(applicants) + other]),
        np.concatenate([first.school, ways.school[way], ways.school[wantless]]),
        np.concatenate(
            [
                np.zeros(len(applicants)),
                told.redirect_minutes + near.price[way] - cheapest[ways.node[way]],
                near.price[wantless],
            ]
        ),
    )
    wanted = minutes_between(problem.arcs, first.node, first.school)
    minutes = np.concatenate([wanted, ways.minutes[way], ways.minutes[wantless]])
    pupils = np.concatenate([first.pupils, problem.pupils[others]])
    sent = cheapest_flow(pupils, arcs, steps, told.unplaced_minutes, beds_for(problem.boarding, minutes))
    node = np.concatenate([first.node, others])[arcs.node]
    return _by_school(node, arcs.school, sent, len(problem.left))


def _by_school(node: Ints, school: Ints, pupils: Ints, schools: int) -> Shipments:
    """Rows of one node and school added up, sorted by node."""
    pair, at = np.unique(node * schools + school, return_inverse=True)
    total = np.bincount(at, weights=pupils, minlength=len(pair)).astype(np.int64)
    return shipments(pair // schools, pair % schools, total)

"""What is done with the schools that pupils want to go to: everyone is let in, or whoever finds no place redirected."""

from __future__ import annotations

import numpy as np

from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.problem import Problem, Shipments, Wants, pairs, shipments
from placesim.allocation.whole import whole_by_group
from placesim.records import Ints


def as_wanted(problem: Problem, wants: Wants) -> Shipments:
    """Whole pupils to the schools they want, whatever their places; nodes without wants go nowhere."""
    pupils = whole_by_group(problem.pupils[wants.node] * wants.share, wants.node, problem.phase)
    return shipments(wants.node, wants.school, pupils)


def redirected(problem: Problem, wants: Wants, near: Arcs, steps: Steps) -> Shipments:
    """Those who want a school are admitted or sent to another one of near, the node's ways that have places left.

    minimise Σ (redirect_minutes + minutes farther than the node's nearest way)·redirected + Σ step minutes·admitted +
    unplaced_minutes·unplaced: what a full school costs is weighed against the trouble of going elsewhere. Those with
    wants and those without, who only have ways, compete for the same places.
    """
    told, first = problem.parameters, as_wanted(problem, wants)
    applicants = np.arange(len(first.node))
    row, way = pairs(first.node, near.node)
    nearest = np.full(len(problem.pupils), np.inf)
    np.minimum.at(nearest, near.node, near.minutes)
    elsewhere = near.school[way] != first.school[row]
    row, way = row[elsewhere], way[elsewhere]
    farther = near.minutes[way] - nearest[near.node[way]]
    wantless = ~np.isin(near.node, first.node)
    others, other = np.unique(near.node[wantless], return_inverse=True)
    arcs = Arcs(
        np.concatenate([applicants, row, len(applicants) + other]),
        np.concatenate([first.school, near.school[way], near.school[wantless]]),
        np.concatenate([np.zeros(len(applicants)), told.redirect_minutes + farther, near.minutes[wantless]]),
    )
    pupils = np.concatenate([first.pupils, problem.pupils[others]])
    sent = cheapest_flow(pupils, arcs, steps, told.unplaced_minutes)
    node = np.concatenate([first.node, others])[arcs.node]
    return _by_school(node, arcs.school, sent, len(problem.left))


def _by_school(node: Ints, school: Ints, pupils: Ints, schools: int) -> Shipments:
    """Rows of one node and school added up, sorted by node."""
    pair, at = np.unique(node * schools + school, return_inverse=True)
    total = np.bincount(at, weights=pupils, minlength=len(pair)).astype(np.int64)
    return shipments(pair // schools, pair % schools, total)

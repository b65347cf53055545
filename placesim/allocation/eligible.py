"""Which ways and zones the pupils of a node may use: schools of their sector, where sectors matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.flow import Arcs
from placesim.allocation.problem import Problem, Wants, Zones
from placesim.records import Ints


def eligible(problem: Problem, node: Ints, school: Ints) -> NDArray[np.bool_]:
    """Whether the pupils of node[row] may be sent to school[row]: to private schools only those who apply to them."""
    told = problem.admission
    if told is None or not told.sectors_matter:
        return np.ones(len(node), dtype=bool)
    return ~told.private_school[school] | told.private[problem.kind[node]]


def first_to_private(problem: Problem) -> NDArray[np.bool_]:
    """Nodes that apply to private schools and have one in reach; only what these do not take goes to public ones."""
    told = problem.admission
    asks = np.zeros(len(problem.pupils), dtype=bool)
    if told is None or not told.sectors_matter:
        return asks
    for node, school in ((problem.arcs.node, problem.arcs.school), (problem.zones.node, problem.zones.school)):
        asks[node[told.private_school[school] & told.private[problem.kind[node]]]] = True
    return asks


def applies_to(problem: Problem, node: Ints, school: Ints) -> NDArray[np.bool_]:
    """Whether school[row] is one that node[row] asks first: of the sector it applies to."""
    told = problem.admission
    if told is None or not told.sectors_matter:
        return np.ones(len(node), dtype=bool)
    return told.private_school[school] == first_to_private(problem)[node]


def first_arcs(problem: Problem) -> Arcs:
    """The ways to the schools that each node asks first, in the order of the problem's."""
    arcs = problem.arcs
    rows = applies_to(problem, arcs.node, arcs.school)
    return Arcs(arcs.node[rows], arcs.school[rows], arcs.minutes[rows])


def first_zones(problem: Problem) -> Zones:
    """The catchment rows of the schools that each node asks first."""
    zones = problem.zones
    rows = applies_to(problem, zones.node, zones.school)
    return Zones(zones.node[rows], zones.school[rows], zones.share[rows])


def first_wants(problem: Problem) -> Wants | None:
    """Where the pupils of each node want to go, among the schools that it asks first."""
    wants = problem.wants
    if wants is None:
        return None
    rows = applies_to(problem, wants.node, wants.school)
    node, share = wants.node[rows], wants.share[rows]
    return Wants(node, wants.school[rows], share / np.bincount(node, weights=share, minlength=1)[node])

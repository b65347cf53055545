"""Rule `nearest`: everyone to the nearest school that teaches the grade, whatever its places."""

from __future__ import annotations

import numpy as np

from placesim.allocation.eligible import first_arcs
from placesim.allocation.problem import Problem, Shipments, first_ways, shipments


def nearest(problem: Problem) -> Shipments:
    """Each node to its first way; of schools equally near, the first on the axis. Excess is reported, not avoided.

    Applicants to private schools go to the nearest of these, to a public one where none is in reach.
    """
    arcs = first_arcs(problem)
    rows = first_ways(arcs, np.ones(len(arcs.node), dtype=bool), 1)
    return shipments(arcs.node[rows], arcs.school[rows], problem.pupils[arcs.node[rows]])

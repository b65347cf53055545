"""Rule `nearest`: everyone to the nearest school that teaches the grade, whatever its places."""

from __future__ import annotations

import numpy as np

from placesim.allocation.problem import Problem, Shipments, first_ways, shipments


def nearest(problem: Problem) -> Shipments:
    """Each node to its first way; of schools equally near, the first on the axis. Excess is reported, not avoided."""
    arcs = problem.arcs
    rows = first_ways(arcs, np.ones(len(arcs.node), dtype=bool), 1)
    return shipments(arcs.node[rows], arcs.school[rows], problem.pupils[arcs.node[rows]])

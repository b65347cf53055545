"""Least-cost flow of whole pupils to schools whose places come in priced steps: the kernel of the rule `transport`."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.allocation.scaling import Arcs, Beds, Steps, scaled_flow
from placesim.allocation.warm import school_graph, solve_first
from placesim.allocation.warm.graph import MOST_PUPILS
from placesim.records import Ints

__all__ = ["Arcs", "Beds", "Steps", "cheapest_flow"]

_LARGE: Final = 50_000  # ways from which chains of moves are sooner done, even if their kernels must be compiled first


def cheapest_flow(pupils: Ints, arcs: Arcs, steps: Steps, unplaced_minutes: float, beds: Beds | None = None) -> Ints:
    """pupils[row] of the flow that makes minutes + step minutes + unplaced_minutes × unplaced least.

    pupils[node]; by ways that need a bed no more come to a school than it has beds. Every pupil may stay unplaced, so
    there is always a solution, found exactly in whole costs: by cost scaling (`scaling`), of many ways without beds by
    chains of moves (`warm`). Ways are sorted by node, school and minutes first:
    equal totals are resolved in that order, whatever the order of the rows.
    """
    everyone = int(pupils.sum())
    usable = (pupils[arcs.node] > 0) & (steps.places.sum(axis=1)[arcs.school] > 0)
    rows = np.flatnonzero(usable & (arcs.minutes <= unplaced_minutes))
    if len(rows) < _LARGE or everyone > MOST_PUPILS or beds is not None:
        return scaled_flow(pupils, arcs, steps, unplaced_minutes, beds)
    graph = school_graph(
        Arcs(arcs.node[rows], arcs.school[rows], arcs.minutes[rows]), len(pupils), len(steps.places),
        step_minutes=steps.minutes, unplaced_minutes=unplaced_minutes, most_pupils=everyone,
    )  # fmt: skip
    out = np.zeros(len(arcs.node), dtype=np.int64)
    out[rows] = solve_first(graph, pupils, steps.places).flow(graph)
    return out

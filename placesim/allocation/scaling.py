"""Least-cost flow of whole pupils to schools whose places come in priced steps, by cost scaling in OR-tools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from placesim.records import Floats, Ints

_MOST = 1 << 44  # largest whole cost: finer prices only slow the solver
_RANGE = 1 << 62  # what the solver's prices may reach in 64 bits


@dataclass(frozen=True)
class Arcs:
    """Ways from node to school: node[row], school[row], minutes[row]."""

    node: Ints
    school: Ints
    minutes: Floats


@dataclass(frozen=True)
class Steps:
    """Places of a school at rising prices: places[school, step] in that step, minutes[step] added per pupil."""

    places: Ints
    minutes: Floats


@dataclass(frozen=True)
class Beds:
    """Ways that need a bed, boards[row], and the beds[school] there are for them."""

    boards: NDArray[np.bool_]
    beds: Ints


def scaled_flow(pupils: Ints, arcs: Arcs, steps: Steps, unplaced_minutes: float, beds: Beds | None = None) -> Ints:
    """pupils[row] of `flow.cheapest_flow`.

    Solved exactly, in whole costs: minutes × scale, rounded, with scale = range ÷ largest cost. The range is 2⁴⁴, and
    less where prices in the solver, which grow with (nodes + 1) × the longest alternating path, or the total could
    leave 64 bits; so the total differs from that of unrounded costs by at most 2 ÷ scale per pupil. A price of the
    unplaced beyond what any chain of moves can cost changes nothing and is cut to that; it is raised by one unit, so
    that a pupil for whom a way costs as much is placed. Goldberg's cost scaling in OR-tools' SimpleMinCostFlow.
    """
    schools, out = len(steps.places), np.zeros(len(arcs.node), dtype=np.int64)
    price = cut_price(unplaced_minutes, arcs.minutes, steps.minutes, min(len(pupils), schools))
    rows = np.flatnonzero(
        (arcs.minutes <= price) & (pupils[arcs.node] > 0) & (steps.places.sum(axis=1)[arcs.school] > 0)
    )
    if not len(rows):
        return out
    rows = rows[np.lexsort((arcs.minutes[rows], arcs.school[rows], arcs.node[rows]))]
    boards, asleep = _through_beds(rows, arcs, beds)
    sink = len(pupils) + schools + len(asleep)
    bed = len(pupils) + schools + np.arange(len(asleep))
    school = len(pupils) + arcs.school[rows]
    school[boards] = bed[np.searchsorted(asleep, arcs.school[rows][boards])]
    step_school, step = np.nonzero(steps.places)
    there = beds.beds[asleep] if beds else asleep
    tails = [arcs.node[rows], bed, len(pupils) + step_school, np.arange(len(pupils))]
    heads = [school, len(pupils) + asleep, np.full(len(step), sink), np.full(len(pupils), sink)]
    room = np.concatenate([pupils[arcs.node[rows]], there, steps.places[step_school, step], pupils])
    cost = np.concatenate([arcs.minutes[rows], np.zeros(len(bed)), steps.minutes[step], np.full(len(pupils), price)])
    most = most_units(len(pupils), schools + len(bed), int(pupils.sum()))
    units = np.rint(cost / (cost.max() or 1.0) * most).astype(np.int64)
    units[-len(pupils) :] += 1
    out[rows] = solve_whole(np.concatenate(tails), np.concatenate(heads), room, units, pupils)[: len(rows)]
    return out


def _through_beds(rows: Ints, arcs: Arcs, beds: Beds | None) -> tuple[NDArray[np.bool_], Ints]:
    """(which of the rows need a bed, the schools they lead to)"""
    boards = beds.boards[rows] if beds else np.zeros(len(rows), dtype=bool)
    return boards, np.unique(arcs.school[rows][boards])


def solve_whole(tails: Ints, heads: Ints, room: Ints, units: Ints, pupils: Ints) -> Ints:
    """flow[arc] of least whole cost, by OR-tools; the last node takes what the first ones, with pupils, supply."""
    solver, sink = min_cost_flow.SimpleMinCostFlow(), int(heads.max())
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails.astype(np.int32), heads.astype(np.int32), room, units)
    nodes = np.append(np.arange(len(pupils)), sink).astype(np.int32)
    solver.set_nodes_supplies(nodes, np.append(pupils, -pupils.sum()))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(f"min-cost flow ended with {status}")  # cannot be: every pupil may stay unplaced
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def cut_price(unplaced_minutes: float, minutes: Floats, extra: Floats, longest: int) -> float:
    """The price of the unplaced, cut to what makes placing one more pupil always worth its chain of moves.

    minutes[row] of the ways, extra[step], longest: schools on the longest chain."""
    dearest = float(minutes.max(initial=0.0)) + float(extra.max(initial=0.0))
    return min(unplaced_minutes, (longest + 1) * dearest or 1.0)


def most_units(nodes: int, schools: int, pupils: int) -> int:
    """The largest whole cost with which the solver stays within 64 bits."""
    return min(_MOST, _RANGE // max((nodes + schools + 2) * 2 * (schools + 2), pupils))

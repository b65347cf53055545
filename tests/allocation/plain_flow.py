"""Slow obvious twins of the transport kernel: successive shortest paths by hand, and a linear programme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

Way = tuple[int, int, float]  # area, school, minutes


def by_shortest_paths(
    pupils: Sequence[int], steps: Sequence[Sequence[tuple[int, float]]], ways: list[Way], price: float
) -> float:
    """Least total of minutes, step prices and unplaced: one pupil after the other along the cheapest chain of moves.

    steps[school]: (places, minutes added) in rising order.
    """
    seats = [(s, extra) for s, school in enumerate(steps) for places, extra in school for _ in range(places)]
    children = [area for area, count in enumerate(pupils) for _ in range(count)]
    # a seat's cost for a child; every child has a seat of its own called "unplaced"
    cost = [
        [min((m for a, s, m in ways if (a, s) == (child, seat[0])), default=np.inf) + seat[1] for seat in seats]
        for child in children
    ]
    total, taken = 0.0, {}
    for newcomer in range(len(children)):
        path, gain = _cheapest_chain(newcomer, cost, taken, price)
        total += gain
        taken |= {seat: child for child, seat in path}
    return total


def _cheapest_chain(
    newcomer: int, cost: list[list[float]], taken: dict[int, int], price: float
) -> tuple[list[tuple[int, int]], float]:
    """Bellman–Ford over children who may be pushed to another seat, or out."""
    best = {newcomer: (0.0, [])}
    seat_of = {child: seat for seat, child in taken.items()}
    for _ in range(len(cost)):
        for child, (so_far, path) in list(best.items()):
            for seat, other in taken.items():
                step = so_far + cost[child][seat] - cost[other][seat]
                if cost[child][seat] < np.inf and step < best.get(other, (np.inf,))[0] - 1e-12:
                    best[other] = (step, [*path, (child, seat)])
    ends = []
    for child, (so_far, path) in best.items():
        ends.append((so_far + price, path, seat_of.get(child)))
        ends += [
            (so_far + cost[child][seat], [*path, (child, seat)], None)
            for seat in range(len(cost[child]))
            if seat not in taken
        ]
    gain, path, _ = min(ends, key=lambda end: end[0])
    return path, gain


def by_linear_programme(pupils: np.ndarray, places: np.ndarray, ways: list[Way], price: float) -> float:
    """Least total of minutes and unplaced, by HiGHS. pupils[area], places[school]."""
    area, school, minutes = (np.array(c) for c in zip(*ways, strict=True)) if ways else (np.array([], int),) * 3
    rows, n = len(ways), len(pupils)
    cost = np.concatenate([minutes, np.full(n, price)])
    a_eq = coo_array((np.ones(rows + n), (np.r_[area, np.arange(n)], np.arange(rows + n))), shape=(n, rows + n))
    a_ub = coo_array((np.ones(rows), (school, np.arange(rows))), shape=(len(places), rows + n))
    found = linprog(cost, A_ub=a_ub, b_ub=places, A_eq=a_eq, b_eq=pupils, method="highs")
    assert found.status == 0
    return float(found.fun)

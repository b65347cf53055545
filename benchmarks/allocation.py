"""Seconds and peak memory of placing pupils, against bare OR-tools and other libraries; cases a second when warm.

One call: 2,000 areas × 100 schools and 20,000 × 1,500, the 30 nearest schools of each area, places for pupils ÷ 0.97.
Warm: 12 nearest schools; areas drawn at ±5 % each, alone or with a shock common to all; years that follow each other.
Run: python benchmarks/allocation.py [--peers] [--json FILE]   (--peers: highspy, linopy, spopt, networkx where there)
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from placesim.allocation import transport
from placesim.allocation.scaling import Arcs
from placesim.allocation.warm import Solution, school_graph, solve_first, solve_from

SMALL, LARGE = (2_000, 100), (20_000, 1_500)
LOAD, PRICE, NEAR, WARM_NEAR = 0.97, 600.0, 30, 12
YEARS, DRAWS, LARGE_DRAWS = 15, 200, 24
Case = tuple[np.ndarray, np.ndarray, Arcs]


def county(areas: int, schools: int, near: int, seed: int = 1) -> Case:
    """pupils[area], places[school] and the ways to the nearest schools, in minutes of a square of an hour's side."""
    rng = np.random.default_rng(seed)
    minutes, school = cKDTree(rng.random((schools, 2)) * 60).query(rng.random((areas, 2)) * 60, near)
    pupils, size = rng.integers(5, 60, areas), rng.uniform(0.5, 1.5, schools)
    places = np.floor(pupils.sum() / LOAD * size / size.sum()).astype(np.int64)
    return pupils, places, Arcs(np.repeat(np.arange(areas), near), school.ravel(), minutes.ravel())


# ------------------------------------------------------------------------------------------------------ one call
def placesim(case: Case) -> float:
    pupils, places, arcs = case
    flow = transport(pupils, places, arcs.node, arcs.school, arcs.minutes, unplaced_minutes=PRICE)
    return float(flow.total_minutes + PRICE * flow.unplaced.sum())


def ortools(case: Case) -> float:
    """As a notebook would write it: costs in thousandths of a minute."""
    from ortools.graph.python import min_cost_flow

    pupils, places, arcs = case
    n, m = len(pupils), len(places)
    tails = np.concatenate([arcs.node, n + np.arange(m), np.arange(n)])
    heads = np.concatenate([n + arcs.school, np.full(n + m, n + m)])
    room = np.concatenate([pupils[arcs.node], places, pupils])
    cost = np.concatenate([np.rint(arcs.minutes * 1000), np.zeros(m), np.full(n, PRICE * 1000)]).astype(np.int64)
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(tails.astype(np.int32), heads.astype(np.int32), room, cost)
    solver.set_nodes_supplies(
        np.arange(n + m + 1, dtype=np.int32), np.concatenate([pupils, np.zeros(m, np.int64), [-pupils.sum()]])
    )
    solver.solve()
    return float(solver.optimal_cost()) / 1000


def highspy(case: Case) -> float:
    import highspy as hs

    pupils, places, arcs = case
    rows, n = len(arcs.node), len(pupils)
    lp = hs.HighsLp()
    lp.num_col_, lp.num_row_ = rows + n, n + len(places)
    lp.col_cost_ = np.concatenate([arcs.minutes, np.full(n, PRICE)])
    lp.col_lower_, lp.col_upper_ = np.zeros(rows + n), np.full(rows + n, hs.kHighsInf)
    lp.row_lower_ = np.concatenate([pupils, np.zeros(len(places))]).astype(float)
    lp.row_upper_ = np.concatenate([pupils, places]).astype(float)
    lp.a_matrix_.format_ = hs.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([2 * np.arange(rows), 2 * rows + np.arange(n + 1)])
    lp.a_matrix_.index_ = np.concatenate([np.stack([arcs.node, n + arcs.school], 1).ravel(), np.arange(n)])
    lp.a_matrix_.value_ = np.ones(2 * rows + n)
    solver = hs.Highs()
    solver.silent()
    solver.passModel(lp)
    solver.run()
    return float(solver.getObjectiveValue())


def linopy(case: Case) -> float:
    import linopy as lo
    import pandas as pd
    import xarray as xr

    pupils, places, arcs = case
    way, area = pd.RangeIndex(len(arcs.node), name="way"), pd.RangeIndex(len(pupils), name="area")
    model = lo.Model()
    sent = model.add_variables(lower=0, coords=[way], name="sent")
    unplaced = model.add_variables(lower=0, coords=[area], name="unplaced")
    of_area, of_school = (
        xr.DataArray(v, coords=[way], name=k) for k, v in (("area", arcs.node), ("school", arcs.school))
    )
    model.add_constraints(sent.groupby(of_area).sum() + unplaced == xr.DataArray(pupils, coords=[area]))
    named = np.unique(arcs.school)
    model.add_constraints(
        sent.groupby(of_school).sum() <= xr.DataArray(places[named], coords=[pd.Index(named, name="school")])
    )
    model.add_objective((sent * xr.DataArray(arcs.minutes, coords=[way])).sum() + (PRICE * unplaced).sum())
    model.solve("highs", output_flag=False)
    return float(model.objective.value)


def networkx(case: Case) -> float:
    import networkx as nx

    pupils, places, arcs = case
    n, m = len(pupils), len(places)
    graph = nx.DiGraph()
    graph.add_nodes_from((i, {"demand": -int(p)}) for i, p in enumerate(pupils))
    graph.add_node(n + m, demand=int(pupils.sum()))
    cost = np.rint(arcs.minutes * 1000).astype(int)
    graph.add_edges_from(
        (a, n + s, {"weight": c})
        for a, s, c in zip(arcs.node.tolist(), arcs.school.tolist(), cost.tolist(), strict=True)
    )
    graph.add_edges_from((n + j, n + m, {"weight": 0, "capacity": int(c)}) for j, c in enumerate(places))
    graph.add_edges_from((i, n + m, {"weight": int(PRICE * 1000)}) for i in range(n))
    return float(nx.network_simplex(graph)[0]) / 1000


def spopt(case: Case) -> float:
    """Its p-median: all schools, one to each area, no places to bind; not the same question, only its nearest."""
    import pulp
    from spopt.locate import PMedian

    pupils, places, arcs = case
    minutes = np.full((len(pupils), len(places)), PRICE)
    minutes[arcs.node, arcs.school] = arcs.minutes
    model = PMedian.from_cost_matrix(minutes, pupils, p_facilities=len(places))
    return float(pulp.value(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective))


PEERS: dict[str, tuple[Callable[[Case], float], tuple[tuple[int, int], ...]]] = {
    "highspy": (highspy, (SMALL, LARGE)),
    "linopy": (linopy, (SMALL, LARGE)),
    "networkx": (networkx, (SMALL,)),
    "spopt": (spopt, (SMALL,)),
}


def _one_call(name: str, size: tuple[int, int], results: Any) -> None:
    """In a process of its own, so that peaks of memory do not add up."""
    case, taken = county(*size, NEAR), []
    work = {"placesim": placesim, "OR-tools, bare": ortools}.get(name) or PEERS[name][0]
    for _ in range(4 if name in ("placesim", "OR-tools, bare") else 1):
        start = time.process_time()
        total = work(case)
        taken.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.put({"seconds": min(taken), "total": total, "peak_mb": peak})


# ------------------------------------------------------------------------------------------------------ warm
def draws(pupils: np.ndarray, count: int, common: float, seed: int = 2) -> list[np.ndarray]:
    """pupils[area] of futures, ±5 % by area, times a shock of standard deviation `common`; sorted by their total."""
    rng = np.random.default_rng(seed)
    shocks = 1 + common * rng.standard_normal(count)
    cases = [np.rint(pupils * rng.uniform(0.95, 1.05, len(pupils)) * s).astype(np.int64) for s in shocks]
    return sorted(cases, key=lambda case: int(case.sum()))


def years(pupils: np.ndarray, count: int, seed: int = 3) -> list[np.ndarray]:
    """pupils[area] year after year: 2 % fewer, ±5 % by area, which adds up."""
    rng = np.random.default_rng(seed)
    steps = 0.98 * rng.uniform(0.95, 1.05, (count, len(pupils)))
    return [np.rint(case).astype(np.int64) for case in pupils * np.cumprod(steps, axis=0)]


def _rate(cases: Iterable[np.ndarray], solve: Callable[[Solution, np.ndarray], Solution], start: Solution) -> float:
    """Cases a CPU-second, each from the one before as `solve` has it."""
    count, before = 0, time.process_time()
    for case in cases:
        start, count = solve(start, case), count + 1
    return count / (time.process_time() - before)


def _warm(name: str, size: tuple[int, int], results: Any) -> None:
    pupils, places, arcs = county(*size, WARM_NEAR)
    room, small = places[:, None], size == SMALL
    graph = school_graph(arcs, *size, step_minutes=np.zeros(1), unplaced_minutes=PRICE)
    base = solve_first(graph, pupils, room)
    solve_from(graph, base, pupils, room)  # compiles
    count = DRAWS if small else LARGE_DRAWS
    figures = {}
    for label in range(YEARS if small else 1):  # every year has draws of its own
        rate = _rate(
            draws(pupils, count, 0.0, seed=10 + label), lambda _, case: solve_from(graph, base, case, room), base
        )
        figures[f"year {label}"] = rate
    figures = {"independent, from one base": len(figures) / sum(1 / rate for rate in figures.values())}
    for common in (0.0, 0.01, 0.03, 0.05):
        cases = draws(pupils, count, common)
        first = solve_from(graph, base, cases[0], room)
        figures[f"common shock {common:.0%}, sorted chain"] = _rate(
            cases[1:], lambda start, case: solve_from(graph, start, case, room), first
        )
    figures["years in a chain"] = _rate(
        years(pupils, YEARS), lambda start, case: solve_from(graph, start, case, room), base
    )
    results.put(figures | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def measured(work: Callable[[str, tuple[int, int], Any], None], name: str, size: tuple[int, int]) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=work, args=(name, size, results))
    process.start()
    figures: dict[str, float] = results.get()
    process.join()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="other libraries too")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    told = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    for size in (SMALL, LARGE):
        title = f"{size[0]} × {size[1]}"
        print(f"{title}, {NEAR} ways each{'':8}{'seconds':>9}{'÷ bare':>8}{'total':>15}{'peak MB':>9}")
        asked = ["OR-tools, bare", "placesim"]
        for peer in PEERS if told.peers else ():
            if importlib.util.find_spec(peer) is None:
                print(f"{peer:32} not installed")
            elif size in PEERS[peer][1]:
                asked.append(peer)
        for name in asked:
            row = figures[f"{title}: {name}"] = measured(_one_call, name, size)
            ratio = row["seconds"] / figures[f"{title}: OR-tools, bare"]["seconds"]
            print(f"{name:32}{row['seconds']:9.3f}{ratio:8.2f}{row['total']:15.1f}{row['peak_mb']:9.0f}", flush=True)
    for size in (SMALL, LARGE):
        title = f"{size[0]} × {size[1]}, {WARM_NEAR} ways each, warm"
        rates = figures[title] = measured(_warm, "placesim", size)
        print(title)
        for name, rate in rates.items():
            print(f"  {name:34}{rate:9.1f}{'' if name == 'peak_mb' else ' exact cases a CPU-second'}", flush=True)
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

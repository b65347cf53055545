"""Connected zones on grids, ours and a HiGHS MILP: objective, lower bound, gap, CPU seconds and peak memory.

8 × 8 units × 4 schools, which HiGHS proves; 500 × 30 and 2,000 × 100. Balance, minutes, places and moves weighed as
`placesim zone` does, with a floor of half the utilisation. HiGHS runs cold, then from our plan; every run is a process
of its own, ended some seconds after its limit if HiGHS does not end itself: then what its callbacks told last counts.
Run: python benchmarks/zoning.py [--seconds 120] [--json FILE]    (about 10 minutes)
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array

from placesim.allocation import ZoneWeights, zone
from placesim.allocation.zoning.district import District, checked_district
from placesim.allocation.zoning.graph import attached
from placesim.allocation.zoning.terms import shortfall, unit_costs, zone_terms

SIZES = {"64 x 4": (8, 8, 4), "500 x 30": (20, 25, 30), "2000 x 100": (40, 50, 100)}  # rows, columns, schools
GRACE = 20.0  # seconds after the limit within which HiGHS may end itself
FLOOR = 0.45


def instance(rows: int, columns: int, schools: int, seed: int = 1) -> dict[str, Any]:
    """Arguments of `zone`: pupils of a clustered town, schools at random units, the nearest one as present."""
    rng = np.random.default_rng(seed)
    unit = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [np.stack([unit[:, :-1], unit[:, 1:]], -1).reshape(-1, 2), np.stack([unit[:-1], unit[1:]], -1).reshape(-1, 2)]
    )
    xy = np.stack(np.divmod(unit.ravel(), columns), axis=1)
    middle = np.exp(-(((xy - [rows / 2, columns / 2]) / (rows / 3)) ** 2).sum(axis=1))
    pupils = rng.poisson(10 + 60 * middle)
    home = np.sort(rng.choice(unit.size, schools, replace=False))
    minutes = 4.0 * np.abs(xy[:, None] - xy[home][None]).sum(axis=2)
    places = np.round(pupils.sum() * 1.1 * (share := rng.uniform(0.5, 1.5, schools)) / share.sum())
    weights = ZoneWeights(imbalance=10 / schools, over_places=30, minutes=1, moved=5)
    return {
        "pupils": pupils, "places": places, "home": home, "neighbours": pairs, "minutes": minutes,
        "present": minutes.argmin(axis=1), "weights": weights,
    }  # fmt: skip


def district_of(size: str) -> District:
    return checked_district(**instance(*SIZES[size]), floor=FLOOR)


# ------------------------------------------------------------------------------------------------------ the programme
class Rows:
    """Sparse rows of a linear programme, lower ≤ row ≤ upper."""

    def __init__(self) -> None:
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.limits: list[tuple[np.ndarray, np.ndarray]] = []
        self.count = 0

    def add(self, row: np.ndarray, column: np.ndarray, value: Any, limits: tuple[Any, Any]) -> None:
        size = int(row.max()) + 1
        self.parts.append((row + self.count, column, np.broadcast_to(value, row.shape)))
        self.limits.append((np.broadcast_to(limits[0], size), np.broadcast_to(limits[1], size)))
        self.count += size


def programme(district: District) -> highspy.HighsLp:
    """Columns: x[unit, school] binary; same[pair], whether both are in one zone; flow[arc] over such pairs, by which
    homes send one to every other unit: what is joined to a home is in its zone; pupils above and below the places."""
    units, schools, pairs = len(district.pupils), len(district.places), district.pairs
    arcs, both = np.concatenate([pairs, pairs[:, ::-1]]), np.tile(np.arange(len(pairs)), 2)
    x, every = np.arange(units * schools).reshape(units, schools), np.arange(schools)
    same, flow = x.size + np.arange(len(pairs)), x.size + len(pairs) + np.arange(len(arcs))
    above = x.size + len(pairs) + len(arcs) + every
    below, rows, arc = above + schools, Rows(), np.arange(len(arcs))
    rows.add(np.repeat(np.arange(units), schools), x.ravel(), 1.0, (1, 1))
    load_row = np.concatenate([np.tile(every, units), every, every])
    load = np.concatenate([np.repeat(district.pupils, schools), -np.ones(schools), np.ones(schools)])
    rows.add(load_row, np.concatenate([x.ravel(), above, below]), load, (district.places, district.places))
    apart = np.tile(np.arange(len(arcs) * schools), 3)
    ends = [x[arcs[:, 0]].ravel(), x[arcs[:, 1]].ravel(), np.repeat(same[both], schools)]
    rows.add(apart, np.concatenate(ends), np.repeat([1.0, -1.0, 1.0], len(arcs) * schools), (-np.inf, 1))
    most = np.repeat([1.0, -float(units - schools)], len(arcs))
    rows.add(np.tile(arc, 2), np.concatenate([flow, same[both]]), most, (-np.inf, 0))
    inner = np.full(units, -1)
    inner[np.setdiff1d(np.arange(units), district.home)] = np.arange(units - schools)
    into, out = inner[arcs[:, 1]], inner[arcs[:, 0]]
    given = np.concatenate([np.ones((into >= 0).sum()), -np.ones((out >= 0).sum())])
    inflow = np.concatenate([flow[into >= 0], flow[out >= 0]])
    rows.add(np.concatenate([into[into >= 0], out[out >= 0]]), inflow, given, (1, 1))
    return _model(district, rows, (x, same, flow, above, below))


def _model(district: District, rows: Rows, columns: tuple[np.ndarray, ...]) -> highspy.HighsLp:
    x, same, _, above, below = columns
    weights, places, count = district.weights, district.places, int(below[-1]) + 1
    cost, lower, upper = np.zeros(count), np.zeros(count), np.full(count, np.inf)
    cost[x.ravel()] = unit_costs(district).ravel()
    cost[above] = weights.imbalance / places + weights.over_places / district.everyone
    cost[below] = weights.imbalance / places
    upper[x.ravel()], upper[same], upper[below] = 1, 1, places * (1 - district.floor)
    lower[x[district.home, np.arange(len(places))]] = 1
    at = (np.concatenate([p[0] for p in rows.parts]), np.concatenate([p[1] for p in rows.parts]))
    matrix = coo_array((np.concatenate([p[2] for p in rows.parts]), at), shape=(rows.count, count)).tocsr()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows.count
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_, model.row_upper_ = (np.concatenate([limit[i] for limit in rows.limits]) for i in (0, 1))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * x.size + [kinds.kContinuous] * (count - x.size)
    return model


# ------------------------------------------------------------------------------------------------ one run, one process
def ours(size: str, start: Path) -> Iterator[dict[str, Any]]:
    """Our plan, priced again and checked; written to `start`. Machine code is compiled before the clock begins."""
    given, district = instance(*SIZES[size]), district_of(size)
    zone(**given, min_utilisation=FLOOR, seconds=0)
    begun = time.process_time()
    plan = zone(**given, min_utilisation=FLOOR, seconds=3600)
    seconds = time.process_time() - begun
    assert attached(district, plan.school).all()
    assert shortfall(district, plan.school) == 0
    assert abs(zone_terms(district, plan.school).weighted(district.weights) - plan.objective) < 1e-9
    np.save(start, plan.school)
    yield {"objective": plan.objective, "bound": plan.bound, "search_seconds": seconds, "ended": plan.stopped}


def highs(size: str, start: Path | None, seconds: float) -> Iterator[dict[str, Any]]:
    """What HiGHS knows whenever it says something, last how it ended; None: no plan, or no bound, yet."""
    district = district_of(size)
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("time_limit", seconds), ("threads", 1)):
        solver.setOptionValue(name, value)
    solver.passModel(programme(district))
    if start is not None:
        x = np.zeros((len(district.pupils), len(district.places)))
        x[np.arange(len(x)), np.load(start)] = 1
        solver.setSolution(x.size, np.arange(x.size, dtype=np.int32), x.ravel())
    for said in (solver.cbMipLogging, solver.cbMipImprovingSolution):
        said += lambda event: tell(_known(event.data_out.objective_function_value, event.data_out.mip_dual_bound))
    solver.run()
    info = solver.getInfo()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    found = info.objective_function_value if info.primal_solution_status == 2 else None
    yield {**_known(found, info.mip_dual_bound), "ended": "proved" if optimal else "its limit"}


def _known(objective: float | None, bound: float) -> dict[str, Any]:
    """Costs are not negative: a bound of 0 or less says nothing."""
    plan = objective if objective is not None and abs(objective) < highspy.kHighsInf else None
    return {"objective": plan, "bound": bound if 0 < bound < highspy.kHighsInf else None}


def tell(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


def run(solver: str, size: str, start: Path, seconds: float, wait: float | None) -> dict[str, Any]:
    """The last row that a process of its own told, ended after `wait` seconds at most, with its seconds and memory."""
    told = [sys.executable, __file__, "--only", solver, size, str(start), "--seconds", str(seconds)]
    begun = time.perf_counter()
    child = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    clock = Timer(wait or 0.0, child.kill)
    if wait is not None:
        clock.start()
    row: dict[str, Any] = {"objective": None, "bound": None}
    for line in child.stdout:
        row.update(json.loads(line))
    _, status, used = os.wait4(child.pid, 0)
    clock.cancel()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"{solver} failed at {size}")
    row.setdefault("ended", "us")
    cpu = round(used.ru_utime + used.ru_stime, 1)
    return {**row, "wall": round(time.perf_counter() - begun, 1), "cpu": cpu, "mb": round(used.ru_maxrss / 1024)}


def line(name: str, row: dict[str, Any], best_bound: float) -> str:
    plan, bound = (row[key] for key in ("objective", "bound"))
    gap, best = ("none" if plan is None or b is None else f"{(plan - b) / plan:.2%}" for b in (bound, best_bound))
    numbers = ("none found" if plan is None else f"{plan:.4f}", "none" if bound is None else f"{bound:.4f}", gap, best)
    figures = "".join(f"{number:>12}" for number in numbers)
    return f"{name:<16}{figures}{row['cpu']:>10}{row['wall']:>8}{row['mb']:>7}  ended by {row['ended']}"


def compare(size: str, seconds: float, folder: Path) -> dict[str, dict[str, Any]]:
    start, wait = folder / "plan.npy", seconds + GRACE
    rows = {
        "placesim": run("placesim", size, start, seconds, None),
        "HiGHS": run("highs", size, start, seconds, wait),
        "HiGHS, our plan": run("highs-from", size, start, seconds, wait),
    }
    best = max(row["bound"] or -math.inf for row in rows.values())
    heads = ("objective", "own bound", "gap", "to best bd")
    print(f"{size:<16}{''.join(f'{h:>12}' for h in heads)}{'CPU s':>10}{'wall s':>8}{'MB':>7}")
    print("\n".join(line(name, row, best) for name, row in rows.items()), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="limit of each run of HiGHS")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs=3, metavar=("SOLVER", "SIZE", "PLAN"), help="one run, in this process")
    told = parser.parse_args()
    if told.only is not None:
        solver, size, file = told.only
        start = Path(file)
        rows = ours(size, start) if solver == "placesim" else None
        for row in rows or highs(size, start if solver == "highs-from" else None, told.seconds):
            tell(row)
        return
    with tempfile.TemporaryDirectory() as folder:
        results = {size: compare(size, told.seconds, Path(folder)) for size in SIZES}
    if told.json is not None:
        told.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

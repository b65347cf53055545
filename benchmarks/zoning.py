"""Connected zones on grids against a HiGHS MILP with flow-based connection: objective, bound, gap and seconds.

500 units × 30 schools and 2,000 × 100; balance, minutes, over_places and moved weighed as `placesim zone` does, with a
floor of half the utilisation. Run: python benchmarks/zoning.py [--seconds 300] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array

from placesim.allocation import ZoneWeights, zone
from placesim.allocation.zoning.district import District, checked_district
from placesim.allocation.zoning.terms import unit_costs, zone_terms

SIZES = {(20, 25): 30, (40, 50): 100}  # rows, columns → schools


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
        "present": minutes.argmin(axis=1), "weights": weights, "min_utilisation": 0.45,
    }  # fmt: skip


class _Rows:
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


def milp(district: District, seconds: float) -> dict[str, float]:
    """HiGHS: x[unit, school] binary; of each school a flow of one unit to each of its units, from home over pairs."""
    units, schools = len(district.pupils), len(district.places)
    arcs = np.concatenate([district.pairs, district.pairs[:, ::-1]])
    x = np.arange(units * schools).reshape(units, schools)
    flow = x.size + np.arange(len(arcs) * schools).reshape(len(arcs), schools)
    above = x.size + flow.size + np.arange(schools)
    below, rows, every = above + schools, _Rows(), np.arange(schools)
    rows.add(np.repeat(np.arange(units), schools), x.ravel(), 1.0, (1, 1))
    load_row = np.concatenate([np.tile(every, units), every, every])
    load = np.concatenate([np.repeat(district.pupils, schools), -np.ones(schools), np.ones(schools)])
    rows.add(load_row, np.concatenate([x.ravel(), above, below]), load, (district.places, district.places))
    inner = np.setdiff1d(np.arange(units), district.home)
    for j in every:  # what flows into a unit less what flows out is whether it belongs, homes apart
        others = np.setdiff1d(np.arange(units), district.home[j])
        at = np.full(units, -1)
        at[others] = np.arange(len(others))
        into, out = at[arcs[:, 1]], at[arcs[:, 0]]
        row = np.concatenate([into[into >= 0], out[out >= 0], np.arange(len(others))])
        column = np.concatenate([flow[into >= 0, j], flow[out >= 0, j], x[others, j]])
        value = np.concatenate([np.ones((into >= 0).sum()), -np.ones((out >= 0).sum()), -np.ones(len(others))])
        rows.add(row, column, value, (0, 0))
    many = len(inner)
    row = np.arange(flow.size)
    for end in (0, 1):  # flow only within the zone
        rows.add(
            np.concatenate([row, row]), np.concatenate([flow.ravel(), x[arcs[:, end]].ravel()]),
            np.concatenate([np.ones(flow.size), np.full(flow.size, -float(many))]), (-np.inf, 0),
        )  # fmt: skip
    return _solve(district, rows, (x, flow, above, below), seconds)


def _solve(district: District, rows: _Rows, columns: tuple[np.ndarray, ...], seconds: float) -> dict[str, float]:
    x, flow, above, below = columns
    weights, places, everyone = district.weights, district.places, district.everyone
    count = x.size + flow.size + len(above) + len(below)
    cost, lower, upper = np.zeros(count), np.zeros(count), np.full(count, np.inf)
    cost[x.ravel()] = unit_costs(district).ravel()
    cost[above] = weights.imbalance / places + weights.over_places / everyone
    cost[below] = weights.imbalance / places
    upper[x.ravel()], upper[below] = 1, places * (1 - district.floor)
    lower[x[district.home, np.arange(len(places))]] = 1
    matrix = coo_array(
        (np.concatenate([p[2] for p in rows.parts]), tuple(np.concatenate([p[i] for p in rows.parts]) for i in (0, 1))),
        shape=(rows.count, count),
    ).tocsr()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows.count
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_, model.row_upper_ = (np.concatenate([limit[i] for limit in rows.limits]) for i in (0, 1))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = [highspy.HighsVarType.kInteger] * x.size + [highspy.HighsVarType.kContinuous] * (count - x.size)
    model.integrality_ = kinds
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("time_limit", seconds), ("threads", 1)):
        solver.setOptionValue(name, value)
    solver.passModel(model)
    start = time.perf_counter()
    solver.run()
    info = solver.getInfo()
    found = {"objective": float(info.objective_function_value), "bound": float(info.mip_dual_bound)}
    return {**found, "seconds": time.perf_counter() - start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="limit of HiGHS")
    parser.add_argument("--json", type=Path)
    told, results = parser.parse_args(), {}
    for (rows, columns), schools in SIZES.items():
        given = instance(rows, columns, schools)
        options = {"weights": given["weights"], "floor": given["min_utilisation"]}
        arrays = {k: v for k, v in given.items() if k not in ("weights", "min_utilisation")}
        district = checked_district(
            arrays["pupils"], arrays["places"], arrays["home"], arrays["neighbours"], minutes=arrays["minutes"],
            present=arrays["present"], **options,
        )  # fmt: skip
        zone(**given, seconds=0)  # machine code
        start = time.perf_counter()
        plan = zone(**given, seconds=600)
        ours = {"objective": plan.objective, "bound": plan.bound, "seconds": time.perf_counter() - start}
        assert abs(zone_terms(district, plan.school).weighted(district.weights) - plan.objective) < 1e-9
        results[f"{rows * columns} x {schools}"] = {"placesim": ours, "highs": milp(district, told.seconds)}
        print(f"{rows * columns} x {schools}", json.dumps(results[f"{rows * columns} x {schools}"]), flush=True)
    if told.json is not None:
        told.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

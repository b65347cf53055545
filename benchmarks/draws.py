"""Seconds and peak memory of 200 sampled futures of a county of 2,000 areas over 15 years, residents and demand.

Run: python benchmarks/draws.py [--areas N] [--draws N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

import placesim as ps
from placesim.demography import draw_demand, estimate_demand, project
from placesim.dictionary import table_specs
from placesim.records import Inputs, Source, Table
from placesim.scenario import Scenario

AGES = 101
ROLLS = (2023, 2024, 2025)
AREAS_EACH = 20  # areas of a planning area


def county(areas: int, scenario: Scenario) -> Inputs:
    """Areas of about 900 residents, rolls of three years, registers of seven cohorts, 40 developments."""
    rng = np.random.default_rng(1)
    ids = np.array([f"{i:05d}" for i in range(areas)], dtype=object)
    grades = scenario.stages.grades
    frames = {
        "areas": _areas(ids),
        "population": _population(ids, rng),
        "rates": _rates(),
        "enrolment": pd.DataFrame(
            [(f"S{s}", y, g, int(rng.integers(60, 140))) for s in range(areas // 4) for y in ROLLS for g in grades],
            columns=["school_id", "year", "grade", "pupils"],
        ),
        "children": pd.DataFrame(
            [(a, c, "vaccination", "2025-08-31", int(rng.integers(2, 16))) for a in ids for c in range(2019, 2026)],
            columns=["area_id", "cohort", "basis", "as_of", "children"],
        ),
        "developments": pd.DataFrame(
            [
                (f"D{d}", "1", "flat", str(rng.choice(ids)), int(rng.integers(2026, 2034)), 300, "planned", 0.5)
                for d in range(40)
            ],
            columns=[
                "development_id", "phase", "dwelling_type", "area_id", "year", "dwellings", "status", "displaced_share",
            ],
        ),
        "household_profiles": pd.DataFrame(
            [("flat", None, 0, 5, 0.25), ("flat", None, 6, 14, 0.3), ("flat", None, 15, 80, 2.0)],
            columns=["dwelling_type", "years_since", "age_from", "age_to", "persons"],
        ),
    }  # fmt: skip
    columns = {name: tuple(c.id for c in spec.columns) for name, spec in table_specs().items()}
    tables = {name: _table(name, frame, columns[name]) for name, frame in frames.items()}
    return Inputs(tables, "EPSG:32650", columns)


def _table(name: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> Table:
    whole = frame.reindex(columns=[*columns, *(c for c in frame.columns if c not in columns)])
    if name == "areas":
        whole = gpd.GeoDataFrame(whole, geometry="geometry", crs="EPSG:32650")
    return Table(name, whole, np.arange(len(whole)) + 2, Source(f"{name}.csv", None, {}, {}, "0"))


def _areas(ids: np.ndarray) -> pd.DataFrame:
    squares = [box(i % 50, i // 50, i % 50 + 1, i // 50 + 1) for i in range(len(ids))]
    groups = [f"T{i // AREAS_EACH:03d}" for i in range(len(ids))]
    return pd.DataFrame({"area_id": ids, "planning_area": groups, "area_type": "rural", "geometry": squares})


def _population(ids: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([ids, ["female", "male"], range(AGES)], names=["area_id", "sex", "age_from"])
    people = keys.to_frame(index=False)
    falling = np.clip(1.2 - people["age_from"] / 80, 0.02, 1.0)
    return people.assign(age_to=people["age_from"], year=2025, residents=rng.poisson(6 * falling).astype(float))


def _rates() -> pd.DataFrame:
    rows = [("total_fertility", None, None, 1.1), ("out_rate", 0, 60, 0.02), ("in_count", 0, 60, 9000.0)]
    return pd.DataFrame(rows, columns=["measure", "age_from", "age_to", "value"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    scenario = ps.example("songlan").with_({"uncertainty.draws": told.draws})
    inputs = county(told.areas, scenario)
    projection = project(inputs, scenario.projection)
    demand = estimate_demand(projection, inputs, scenario.demand)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = time.process_time(), time.perf_counter()
    draws = draw_demand(projection, demand, inputs, scenario.draws)
    assert draws is not None
    figures = {
        "cpu_seconds": time.process_time() - cpu,
        "wall_seconds": time.perf_counter() - wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_before_mb": before,
    }
    print(
        f"{told.areas} areas × {told.draws} draws × {len(draws.years) - 1} years, "
        f"{len(draws.planning_areas) - 1} planning areas"
    )
    print("  ".join(f"{name} {value:.1f}" for name, value in figures.items()))
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

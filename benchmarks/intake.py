"""CPU seconds and peak memory of the yearly clock: 20,000 areas, 1,500 schools, 15 years, primary and junior.

The 12 nearest schools of each area, rule transport, places for pupils ÷ 0.97; with rolls (calibrated) and without.
Run: python benchmarks/intake.py [--small] [--profile] [--json FILE]
"""

from __future__ import annotations

import argparse
import cProfile
import json
import multiprocessing
import pstats
import resource
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from placesim.allocation import allocate
from placesim.dictionary import table_specs
from placesim.records import Demand, Inputs, Places, Source, Stage, Stages, Table, Travel
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import ALL_PUPILS, OUTSIDE, PARTS

YEARS, NEAR, LOAD, CRS = tuple(range(2025, 2040)), 12, 0.97, "EPSG:32650"
SIZES = {True: (2_000, 150), False: (20_000, 1_500)}
STAGES = Stages(
    (
        Stage("primary", tuple(f"G{g}" for g in range(1, 7)), {"en": "Primary", "zh": "小学"}, 6),
        Stage("junior", tuple(f"G{g}" for g in range(7, 10)), {"en": "Junior", "zh": "初中"}, 12),
    )
)
CLASS_SIZE = np.array([[45, 50, 55], [50, 55, 60]], dtype=float)


def demand(areas: int, rng: np.random.Generator) -> Demand:
    """Birth cohorts that follow a wave, a few in each area."""
    cohort = np.array(YEARS)[:, None] - STAGES.ages[None, :]
    wave = 1 + 0.3 * np.sin(cohort / 4)
    pupils = np.zeros((areas + 1, len(YEARS), len(STAGES.grades), 1))
    pupils[:-1, :, :, 0] = rng.gamma(2.0, 2.0, areas)[:, None, None] * wave
    names = (*map(str, range(areas)), OUTSIDE)
    parts = {p: pupils if p == "rolls" else np.zeros_like(pupils) for p in PARTS}
    leaving = np.zeros((areas + 1, len(STAGES.ids)))
    return Demand(names, YEARS, STAGES, (ALL_PUPILS,), pupils, parts, leaving)


def places(at: np.ndarray, pupils: float) -> Places:
    """Every third school teaches juniors, the others primary pupils."""
    count, years = len(at), len(YEARS)
    junior = np.arange(count) % 3 == 0
    taught = np.stack([~junior, junior], axis=1)
    part = pupils / LOAD / len(STAGES.grades)
    rooms = np.where(junior, part * 3 / junior.sum() / 50, part * 6 / (~junior).sum() / 45)
    rooms = np.ceil(np.broadcast_to(rooms[:, None], (count, years))).astype(np.int64)
    serves = np.repeat(taught[:, STAGES.stage_of_grade][:, :, None], years, axis=2)
    full = np.floor(rooms[:, None, :, None] * CLASS_SIZE[None, :, None, :]).astype(np.int64) * taught[:, :, None, None]
    none = np.zeros((count, len(STAGES.ids), years), dtype=np.int64)
    ids = tuple(f"S{i:04}" for i in range(count))
    schools = gpd.GeoDataFrame(
        {"school_id": ids, "area_type": "town", "sector": "public", "institution_id": None, "beds": np.nan},
        geometry=gpd.points_from_xy(*at.T), crs=CRS,
    )  # fmt: skip
    empty = {n: pd.DataFrame(columns=c) for n, c in COLUMNS.items()}
    return Places(
        schools=schools, ids=ids, years=YEARS, stages=STAGES, rooms=rooms, temporary_rooms=np.zeros_like(rooms),
        serves=serves, places=full, bought=none, binding=none, class_size=np.repeat(CLASS_SIZE[None], count, axis=0),
        catchments=empty["catchments"], receiving=empty["receiving"], school_groups=empty["groups"], changes=(),
    )  # fmt: skip


COLUMNS = {
    "catchments": ["area_id", "school_id", "stage", "share", "valid_from", "valid_to"],
    "receiving": ["school_id", "receiver", "year", "order"],
    "groups": ["school_id", "school_group", "from"],
}


def rolls(made: Places, rng: np.random.Generator) -> pd.DataFrame:
    """Between seven and nine tenths of the design places, equal over the grades."""
    school, grade = np.nonzero(made.serves[:, :, 0])
    stage = STAGES.stage_of_grade
    each = made.places[school, stage[grade], 0, 0] / np.bincount(stage)[stage[grade]]
    pupils = np.rint(each * rng.uniform(0.7, 0.9, len(made.ids))[school]).astype(np.int64)
    return pd.DataFrame(
        {"school_id": np.array(made.ids)[school], "grade": np.array(STAGES.grades)[grade], "pupils": pupils}
    ).assign(year=YEARS[0], classes=np.ceil(pupils / 45))


def inputs(areas: int, enrolment: pd.DataFrame | None) -> Inputs:
    tables: dict[str, Any] = {"areas": pd.DataFrame({"area_id": np.arange(areas).astype(str), "area_type": "town"})}
    if enrolment is not None:
        tables["enrolment"] = enrolment
    source = Source("made", None, {}, {}, "")
    return Inputs(
        {n: Table(n, t, np.arange(len(t)), source) for n, t in tables.items()}, CRS,
        {n: tuple(c.id for c in s.columns) for n, s in table_specs().items()},
    )  # fmt: skip


def measure(small: bool, with_rolls: bool, profile: bool) -> dict[str, float]:
    areas, schools = SIZES[small]
    rng = np.random.default_rng(1)
    asked, at = demand(areas, rng), rng.random((schools, 2)) * 60
    made = places(at, float(asked.pupils[:, 0].sum()))
    minutes, school = cKDTree(at).query(rng.random((areas, 2)) * 60, NEAR)
    order = school.argsort(axis=1)
    minutes, school = (np.take_along_axis(a, order, axis=1).ravel() for a in (minutes, school))
    travel = Travel(asked.areas[:-1], made.ids, np.repeat(np.arange(areas), NEAR), school, minutes, minutes, "matrix")
    county = inputs(areas, rolls(made, rng) if with_rolls else None)
    options = AllocationOptions(STAGES, AllocationParameters(rule="transport"))
    profiler, start = cProfile.Profile(), time.process_time()
    if profile:
        profiler.enable()
    found = allocate(asked, travel, made, county, options)
    profiler.disable()
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(20)
    return {
        "cpu_seconds": time.process_time() - start,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "unplaced_share": float(found.unplaced.sum() / found.demand.sum()),
    }


def measured(*told: bool) -> dict[str, float]:
    """In a process of its own, so that peaks of memory do not add up."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="2,000 areas, 150 schools")
    parser.add_argument("--profile", action="store_true", help="also tell where the time goes")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    told = parser.parse_args()
    figures = {
        name: measured(told.small, with_rolls, told.profile)
        for name, with_rolls in (("without rolls", False), ("with rolls", True))
    }
    areas, schools = SIZES[told.small]
    print(f"{areas} areas, {schools} schools, {len(YEARS)} years, {NEAR} nearest schools")
    print(f"{'':16}{'CPU s':>9}{'peak MB':>9}{'unplaced':>10}")
    for name, row in figures.items():
        print(f"{name:16}{row['cpu_seconds']:9.1f}{row['peak_mb']:9.0f}{row['unplaced_share']:10.4f}")
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

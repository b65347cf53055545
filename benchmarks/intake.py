"""Seconds and peak memory of the yearly clock on a large county.

20,000 areas, 1,500 schools (1,200 primary, 240 junior, 60 of nine years), 15 years, 12–30 schools in reach of an area;
rolls of the base year, a wave of births, openings, and closures with receivers.
Run: python benchmarks/intake.py [--areas N --schools N --years N] [--json FILE] [--profile FILE]
"""

from __future__ import annotations

import argparse
import cProfile
import json
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
from placesim.scenario.changes import Close
from placesim.scenario.options import AllocationOptions, SupplyOptions
from placesim.scenario.parameters import AllocationParameters, Closure
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward
from placesim.vocabulary import ALL_PUPILS, OUTSIDE, PARTS

CRS, FIRST, PER_AREA, NEAR = "EPSG:32650", 2025, 4.0, 30
STAGES = Stages(
    (
        Stage("primary", tuple(f"G{i}" for i in range(1, 7)), {"en": "Primary"}, 6),
        Stage("junior", tuple(f"G{i}" for i in range(7, 10)), {"en": "Junior"}, 12),
    )
)
NORMS = {"primary": StageNorms(45, 50, 55), "junior": StageNorms(50, 53, 55)}


def table(name: str, rows: dict[str, Any], xy: np.ndarray | None = None) -> Table:
    """Columns that are not given are blank."""
    length = len(next(iter(rows.values())))
    blank = {c.id: np.full(length, None if c.type in ("id", "text", "choice", "grade", "stage") else np.nan)
             for c in table_specs()[name].columns}  # fmt: skip
    frame = pd.DataFrame({**blank, **rows})
    if xy is not None:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    return Table(name, frame, np.arange(length), Source("made", None, {}, {}, ""))


def stages_of(schools: int) -> list[tuple[str, ...]]:
    """Of 25 campuses 20 are primary, 4 junior, 1 both."""
    kinds = [("primary",)] * 20 + [("junior",)] * 4 + [("primary", "junior")]
    return [kinds[(7 * i) % 25] for i in range(schools)]


def ways(homes: np.ndarray, at: np.ndarray, taught: list[tuple[str, ...]], seed: int) -> tuple[np.ndarray, ...]:
    """area, school, minutes: the nearest primary and junior schools, 12 to 30 of them in all."""
    rng, parts = np.random.default_rng(seed), []
    most = rng.integers(12, NEAR + 1, len(homes))
    for stage, share in (("primary", 0.7), ("junior", 0.3)):
        mine = np.array([i for i, t in enumerate(taught) if stage in t])
        count = min(int(NEAR * share), len(mine))
        metres, nth = cKDTree(at[mine]).query(homes, count)
        keep = np.arange(count)[None, :] < np.ceil(most * share)[:, None]
        area = np.broadcast_to(np.arange(len(homes))[:, None], nth.shape)
        parts.append(np.stack([area[keep], mine[nth[keep]], metres[keep] * 1.3 / 60]))
    pairs = pd.DataFrame(np.concatenate(parts, axis=1).T, columns=["area", "school", "minutes"])
    pairs = pairs.drop_duplicates(["area", "school"]).sort_values(["area", "school"])
    return pairs["area"].to_numpy(int), pairs["school"].to_numpy(int), pairs["minutes"].to_numpy(float)


def demand_of(areas: tuple[str, ...], years: tuple[int, ...], seed: int) -> Demand:
    """Cohorts of a wave, each area with its own size and its own growth."""
    rng = np.random.default_rng(seed)
    size, growth = rng.gamma(2.0, PER_AREA / 2, len(areas)), rng.normal(0, 0.02, len(areas))
    cohort = np.array(years)[:, None] - STAGES.ages[None, :]
    wave = 1 + 0.25 * np.sin((cohort - 2012) / 3.0)
    drift = np.exp(growth[:, None] * (np.array(years) - years[0])[None, :])
    pupils = (size[:, None, None] * drift[:, :, None] * wave[None])[..., None]
    pupils = np.concatenate([pupils, np.zeros((1, *pupils.shape[1:]))])
    parts = {p: pupils if p == "rolls" else np.zeros_like(pupils) for p in PARTS}
    leaving = np.zeros((len(areas) + 1, 2))
    leaving[: len(areas) // 10] = 0.05
    return Demand((*areas, OUTSIDE), years, STAGES, (ALL_PUPILS,), pupils, parts, leaving)


def county(areas: int, schools: int, count: int) -> tuple[Demand, Travel, Places, Inputs, AllocationOptions]:
    rng = np.random.default_rng(7)
    homes, at = (rng.uniform(0, 60_000, (n, 2)) for n in (areas, schools))
    years, taught = tuple(range(FIRST, FIRST + count)), stages_of(schools)
    area_ids, ids = (tuple(f"{c}{i:05d}" for i in range(n)) for c, n in (("a", areas), ("s", schools)))
    demand = demand_of(area_ids, years, 3)
    area, school, minutes = ways(homes, at, taught, 5)
    kinds = rng.choice(["urban", "town", "rural"], schools, p=[0.3, 0.3, 0.4])
    nearest = _to_nearest(demand, area, school, minutes, taught)
    roll = np.rint(nearest * rng.uniform(0.7, 1.2, (schools, 1))).astype(int)
    size = np.array([45.0] * 6 + [50.0] * 3)
    rooms = np.maximum(np.ceil(nearest / size * 1.1).sum(axis=1), 6).astype(int)
    rows = [(i, s) for i, stages in enumerate(taught) for s in stages]
    which = np.array([i for i, _ in rows])
    opening = np.where(which % 50 == 49, FIRST + 3, np.nan)
    listed = {
        "school_id": np.array(ids, dtype=object)[which], "stage": [s for _, s in rows], "rooms": rooms[which],
        "area_type": kinds[which], "valid_from": opening, "x": at[which, 0], "y": at[which, 1],
    }  # fmt: skip
    s, g = np.nonzero((roll > 0) & (np.arange(schools) % 50 != 49)[:, None])
    counted = {"school_id": np.array(ids, dtype=object)[s], "year": np.full(len(s), FIRST),
               "grade": np.array(STAGES.grades, dtype=object)[g], "pupils": roll[s, g]}  # fmt: skip
    inputs = Inputs(
        {"areas": table("areas", {"area_id": area_ids, "area_type": rng.choice(["urban", "town", "rural"], areas)},
                        homes),
         "schools": table("schools", listed, at[which]), "enrolment": table("enrolment", counted)}, CRS,
        {n: tuple(c.id for c in t.columns) for n, t in table_specs().items()},
    )  # fmt: skip
    closing = {
        f"c{i}": Close(kind="close", school=ids[i], year=FIRST + 2 + i % (count - 2) if count > 2 else FIRST + 1)
        for i in range(3, schools, 60)
    }
    places = roll_forward(inputs, SupplyOptions(years, STAGES, NORMS, closing))
    travel = Travel(area_ids, places.ids, area, school, minutes, minutes * 60, "matrix")
    told = AllocationParameters(candidates=NEAR, closure=Closure(to_town=0.2, boarding=0.1, dropping_out=0.01))
    return demand, travel, places, inputs, AllocationOptions(STAGES, told)


def _to_nearest(
    demand: Demand, area: np.ndarray, school: np.ndarray, minutes: np.ndarray, taught: list[tuple[str, ...]]
) -> np.ndarray:
    """pupils[school, grade] of the base year if everyone went to the nearest school."""
    out = np.zeros((len(taught), len(STAGES.grades)))
    for stage in STAGES.ids:
        grades = STAGES.grade_slice(stage)
        rows = np.flatnonzero(np.array([stage in t for t in taught])[school])
        rows = rows[np.lexsort((minutes[rows], area[rows]))]
        first = rows[np.unique(area[rows], return_index=True)[1]]
        np.add.at(out[:, grades], school[first], demand.pupils[area[first], 0, grades, 0])
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, number in (("areas", 20_000), ("schools", 1500), ("years", 15)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--profile", type=Path, help="write a cProfile of the run here")
    told = parser.parse_args()
    made = county(told.areas, told.schools, told.years)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    profile = cProfile.Profile()
    start = time.perf_counter()
    found = profile.runcall(allocate, *made) if told.profile else allocate(*made)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "seconds": seconds, "peak_mb": peak / 1024, "grown_mb": (peak - before) / 1024, "rows": len(found.pupils),
        "pupils": int(found.demand.sum()), "unplaced": int(found.unplaced.sum()),
    }  # fmt: skip
    print(f"{told.areas} areas, {told.schools} schools, {told.years} years, {len(made[1].area)} ways")
    print("  ".join(f"{k} {v:,.0f}" for k, v in figures.items()))
    if told.profile:
        profile.dump_stats(told.profile)
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What is fixed about the county, read from `county.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MAP_SEED = 417  # the map is the same for every seed of the history
FIRST_YEAR, BASE_YEAR, LAST_YEAR = 2000, 2025, 2031  # the past, today, and the true future kept for tests
FIRST_ROLL = 2019  # enrolment is known from here on
STAGES = {"kindergarten": (3, 3), "primary": (6, 6), "junior": (12, 3), "senior": (15, 3)}  # first age, grades
GRADES = ("K1", "K2", "K3", *(f"G{g}" for g in range(1, 13)))
GRADE_STAGE = tuple(stage for stage, (_, n) in STAGES.items() for _ in range(n))
FIRST_AGE = 3  # age of the first grade; ages are those on 31 August
CLASS_SIZE = {"kindergarten": 30, "primary": 45, "junior": 50, "senior": 50}


@cache
def facts() -> dict[str, Any]:
    """The county's facts as `county.toml` gives them."""
    return tomllib.loads((Path(__file__).parent / "county.toml").read_text(encoding="utf-8"))


def metres(point: list[float]) -> Floats:
    """Local kilometres as metres in the county's CRS."""
    return np.asarray(point, dtype=float) * 1000.0 + np.asarray(facts()["origin"], dtype=float)


def stream(seed: int, purpose: int) -> np.random.Generator:
    """One random stream per purpose, so that a change in one part of the county leaves the others as they were."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))

"""CPU seconds and peak memory of forecasting rolls with intervals, against plain three-year progression.

Run: python benchmarks/rolls.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from placesim.demography import forecast_rolls
from placesim.demography.rolls.history import History, read_history
from placesim.demography.rolls.path import follow_rolls
from placesim.demography.rolls.plain import three_year_progression

SCHOOLS, GRADES, YEARS, HORIZON = 500, tuple(f"G{g}" for g in range(1, 13)), 20, 5


def province(seed: int = 1) -> pd.DataFrame:
    """Schools of 20–200 pupils a grade, whose pupils stay with 0.93 and are joined by as many as leave."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(4.0, 0.5, SCHOOLS)
    pupils = np.empty((YEARS, SCHOOLS, len(GRADES)), dtype=np.int64)
    pupils[0] = rng.poisson(size[:, None], pupils.shape[1:])
    for year in range(1, YEARS):
        pupils[year, :, 0] = rng.poisson(size)
        pupils[year, :, 1:] = rng.binomial(pupils[year - 1, :, :-1], 0.93) + rng.poisson(0.07 * size)[:, None]
    year, school, grade = (index.ravel() for index in np.indices(pupils.shape))
    names = np.array(GRADES, dtype=object)
    return pd.DataFrame({"year": 2004 + year, "school": school, "grade": names[grade], "pupils": pupils.ravel()})


def seconds(work: Callable[[], Any], *, repeats: int = 3) -> float:
    """The least CPU seconds of a few runs."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def measure() -> dict[str, float]:
    enrolment = province()
    history: History = read_history(enrolment, None, grades=GRADES, entry_lag=None, exclude=())
    figures = {
        "read and check the table": seconds(
            lambda: read_history(enrolment, None, grades=GRADES, entry_lag=None, exclude=())
        ),
        "plain three-year progression": seconds(lambda: three_year_progression(history, HORIZON)),
        "one forecast, without intervals": seconds(lambda: follow_rolls(history, HORIZON)),
        "forecast_rolls, table to table": seconds(lambda: forecast_rolls(enrolment, grades=GRADES, horizon=HORIZON)),
    }
    plain = figures["plain three-year progression"]
    figures["one forecast ÷ plain"] = figures["one forecast, without intervals"] / plain
    figures["forecast_rolls ÷ plain"] = figures["forecast_rolls, table to table"] / plain
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    target = parser.parse_args().json
    figures = measure()
    figures["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{SCHOOLS} schools × {len(GRADES)} grades × {YEARS} years, {HORIZON} years ahead, CPU seconds")
    for name, value in figures.items():
        print(f"{name:34} {value:8.3f}")
    if target:
        target.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

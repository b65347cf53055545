"""Residents of sampled futures: the kernel against naive numpy, against a copy of the state a year, and on two cores.

2,000 areas × 200 draws × 2 sexes × 101 ages × 15 years, with shocks of births, migration and newcomers and with new
homes. Naive numpy takes the same steps with whole-array arithmetic, on as many areas at a time as suit it. CPU seconds,
the least of a few runs; one core against two is by the clock and means something on an idle machine only.

Run: python benchmarks/demography.py [--json FILE] [--areas N]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from placesim.demography.residents.futures import Central, Futures, MoreHomes, project_blocks
from placesim.demography.residents.population import AGES
from placesim.demography.residents.rates import YearlyRates
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality

AREAS, DRAWS, STEPS, SCHOOL_AGES = 2000, 200, 15, 22
DEVELOPMENTS = 200
NAIVE_AREAS = 20  # at a time: their arrays stay within the cache


def county(areas: int, rng: np.random.Generator) -> Central:
    """Areas of some 2,000 people with the bundled mortality and fertility; one in ten has new housing."""
    cells = (STEPS, areas, 2, AGES)
    survival = survival_from_mortality(np.stack([bundled_mortality()] * 2))
    rates = YearlyRates(
        survival=np.broadcast_to(survival, cells),
        fertility=1.1 * fertility_shape() * rng.uniform(0.8, 1.2, (STEPS, areas, 1)),
        out_rate=rng.uniform(0.0, 0.05, cells),
        in_count=rng.uniform(0.0, 0.6, cells),
        males_per_female_birth=np.full(STEPS, 1.1),
    )
    own = (areas, STEPS, 2, AGES)
    ones = np.ones((areas, STEPS))
    housing = rng.uniform(0.0, 2.0, own) * (np.arange(areas) % 10 == 0)[:, None, None, None]
    settled = rng.uniform(5.0, 15.0, own)
    return Central(
        rng.uniform(5.0, 15.0, (areas, 2, AGES)), rates, "end", ones, settled, housing, np.full(own, 0.999), ones
    )


def futures(areas: int, rng: np.random.Generator) -> Futures:
    homes = MoreHomes(
        dwellings=rng.normal(0.0, 5.0, (DRAWS, DEVELOPMENTS, STEPS)),
        persons=np.full((DEVELOPMENTS, AGES), 0.026),
        area=10 * rng.integers(0, areas // 10, DEVELOPMENTS),
        inside_share=np.full((DEVELOPMENTS, STEPS), 0.5),
    )
    return Futures(
        fertility=np.exp(rng.normal(0.0, 0.05, (DRAWS, STEPS))),
        migration=rng.normal(0.0, 0.005, (DRAWS, STEPS, AGES)),
        newcomers=np.exp(rng.normal(0.0, 0.05, (DRAWS, STEPS))),
        homes=homes,
    )


# ------------------------------------------------------------------------------------------------------ the rivals
def by_kernel(central: Central, drawn: Futures, workers: int) -> float:
    """The residents of school age of all draws, areas and years (so that nothing is left out)."""
    return sum(
        float(block[..., -1].sum()) for _, block in project_blocks(central, drawn, ages=SCHOOL_AGES, workers=workers)
    )


def by_numpy(central: Central, drawn: Futures) -> float:
    """The same steps in numpy; new homes beyond the central run are left out, to its advantage."""
    total = 0.0
    for first in range(0, len(central.base), NAIVE_AREAS):
        part = slice(first, first + NAIVE_AREAS)
        people = np.repeat(central.base[None, part], DRAWS, axis=0)
        total += people[..., SCHOOL_AGES - 1].sum()
        for i in range(STEPS):
            people = _numpy_year(people, central, drawn, part, i)
            total += people[..., SCHOOL_AGES - 1].sum()
    return float(total)


def _numpy_year(people: np.ndarray, central: Central, drawn: Futures, part: slice, i: int) -> np.ndarray:
    rates = central.rates
    exposed = np.empty_like(people)
    exposed[..., 1:] = people[..., :-1]
    exposed[..., -1] += people[..., -1]
    exposed[..., 0] = 0.0
    alive = exposed * rates.survival[i, part]
    women = (people[:, :, 0] + alive[:, :, 0]) / 2
    born = (women * rates.fertility[i, part])[..., 1:-1].sum(axis=-1) * drawn.fertility[:, i, None]
    girls = born / (1.0 + rates.males_per_female_birth[i])
    alive[..., 0] = np.stack([girls, born - girls], axis=-1) * rates.survival[i, part, :, 0]
    staying = np.maximum(1.0 - rates.out_rate[i, part] + drawn.migration[:, i, None, None, :], 0.0)
    there = alive * staying + rates.in_count[i, part] * drawn.newcomers[:, i, None, None, None]
    housed = there * central.staying[part, i] + central.housing[part, i]
    return np.maximum(housed, 0.0) * central.residents_factor[part, i, None, None]


def by_copying(areas: int) -> float:
    """Seconds of one copy of the float64 state a year."""
    state, other = np.ones((areas, DRAWS, 2, AGES)), np.empty((areas, DRAWS, 2, AGES))
    np.copyto(other, state)

    def work() -> None:
        for _ in range(STEPS):
            np.copyto(other, state)

    return seconds(work)


def seconds(work: Callable[[], object], *, repeats: int = 3, clock: Callable[[], float] = time.process_time) -> float:
    """The least seconds of a few runs, by the clock of the processor."""
    taken = []
    for _ in range(repeats):
        start = clock()
        work()
        taken.append(clock() - start)
    return min(taken)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(areas: int) -> dict[str, float]:
    rng = np.random.default_rng(1)
    central, drawn = county(areas, rng), futures(areas, rng)
    by_kernel(central, drawn, 1)  # compile, and fill the caches
    figures = {"kernel": seconds(lambda: by_kernel(central, drawn, 1)), "peak memory, MB": peak_mb()}
    figures["naive numpy"] = seconds(lambda: by_numpy(central, drawn), repeats=1)
    figures["one copy a year"] = by_copying(areas)
    figures["naive numpy ÷ kernel"] = figures["naive numpy"] / figures["kernel"]
    figures["kernel ÷ copies"] = figures["kernel"] / figures["one copy a year"]
    one, two = (seconds(lambda n=workers: by_kernel(central, drawn, n), clock=time.perf_counter) for workers in (1, 2))
    figures["one core ÷ two cores"] = one / two
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--areas", type=int, default=AREAS, help="fewer areas, for a quick look")
    told = parser.parse_args()
    figures = measure(told.areas)
    print(f"{told.areas} areas × {DRAWS} draws × 2 × {AGES} × {STEPS} years, CPU seconds")
    for name, value in figures.items():
        print(f"{name:24} {value:8.2f}")
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The cohort-component step: people age, die, are born and move (Preston, Heuveline & Guillot, Demography, ch. 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, is_number, refuse
from placesim.errors import InputError
from placesim.kernel import kernel
from placesim.records import Floats, Frozen, require

STEP_YEARS: Final = (1, 5)
EARLY_SHARE: Final = {"end": 0.0, "even": 0.5}  # share of the net migrants who arrive at the start of the step
ROUNDING: Final = 1e-12  # relative: a cell emptied exactly by its leavers may miss zero by this much


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates of every step; sex 0 = female, 1 = male; an area axis of length 1 holds for all areas.

    survival[step, area|1, sex, age]: row x = share of age x−1 (of births, for row 0) alive at age x at the end of the
    step; the last row applies to the last two ages pooled. fertility[step, area|1, age] births per woman-year.
    net_migrants[step, area, sex, age] persons per step. males_per_female_birth[step].
    step_years: 1 (single ages) or 5 (five-year groups).
    """

    survival: ArrayLike
    fertility: ArrayLike
    net_migrants: ArrayLike
    males_per_female_birth: ArrayLike
    step_years: int = 1


@dataclass(frozen=True, eq=False)
class Components(Frozen):
    """What a projection gives: population[step + 1, area, sex, age], births[step, area, sex] and
    deaths[step, area, sex, age] by age at the end of the step (row 0 = births that died, last row pooled)."""

    population: Floats
    births: Floats
    deaths: Floats

    def check(self) -> None:
        require((self.population >= 0).all(), "Components: population below zero")


def project_population(base: ArrayLike, rates: Rates, *, migration: Literal["end", "even"] = "end") -> Components:
    """Project base[area, sex, age] through the steps of `rates`.

    births = step_years × Σ fertility × (women at the start + women at the end) ÷ 2, first and last age excluded.
    "end": women at the end are counted before the migrants, who are added last. "even": half of the net migrants are
    added at the start (they age and survive), half at the end; the women of both ends include them.
    Raises InputError for a wrong shape or value, and for a cell that would fall below zero or outgrow float64.
    Source: Preston, Heuveline & Guillot (2001), Demography, boxes 6.1 and 6.2.
    """
    if not isinstance(migration, str) or migration not in EARLY_SHARE:
        raise InputError("migration", 'must be "end" or "even"', value=migration)
    start, arrays = _checked(base, rates)
    migrants = arrays[2]
    population = np.empty((len(migrants) + 1, *start.shape))
    population[0] = start
    births = np.empty(migrants.shape[:3])
    deaths = np.empty(migrants.shape)
    early = EARLY_SHARE[migration]
    empty = _run(population, births, deaths, arrays, (float(rates.step_years), early))
    if empty[0] >= 0:
        raise _below_zero(empty, migrants)
    beyond = ~np.isfinite(population[1:])
    if beyond.any():
        raise _outgrown(beyond, start, arrays)
    return Components(population, births, deaths)


def _below_zero(cell: tuple[int, int, int, int], migrants: Floats) -> InputError:
    step, area, sex, age = (int(i) for i in cell)
    rule = f"takes step {step}, area {area}, sex {sex}, age {age} below zero"
    return InputError("net_migrants", rule, (step, area, sex, age), migrants[step, area, sex, age])


def _outgrown(beyond: NDArray[np.bool_], start: Floats, arrays: tuple[Floats, Floats, Floats, Floats]) -> InputError:
    """Names the greatest value of all arguments: the one that drives the first cell beyond float64."""
    given = {"base": start, "fertility": arrays[1], "net_migrants": arrays[2]}
    name = max(given, key=lambda argument: np.abs(given[argument]).max(initial=0.0))
    index = tuple(int(i) for i in np.unravel_index(int(np.abs(given[name]).argmax()), given[name].shape))
    step, area, sex, age = (int(i) for i in np.unravel_index(int(beyond.argmax()), beyond.shape))
    rule = f"takes step {step}, area {area}, sex {sex}, age {age} beyond the largest number"
    return InputError(name, rule, index, given[name][index])


# ------------------------------------------------------------------------------------------------ what is refused
def _checked(base: ArrayLike, rates: Rates) -> tuple[Floats, tuple[Floats, Floats, Floats, Floats]]:
    """The arguments as float64 arrays in C order, after every rule has been tested."""
    if not isinstance(rates, Rates):
        raise InputError("rates", "must be Rates", value=type(rates).__name__)
    if not is_number(rates.step_years) or rates.step_years not in STEP_YEARS:
        raise InputError("step_years", "must be 1 or 5", value=rates.step_years)
    start = _floats("base", base, 3)
    areas, sexes, ages = start.shape
    if sexes != 2 or ages < 2:
        raise InputError("base", "must be [area, sex (2), age (2 or more)]", value=start.shape)
    migrants = _floats("net_migrants", rates.net_migrants, 4)
    steps = len(migrants)
    _shaped("net_migrants", migrants, (steps, (areas,), sexes, ages))
    survival = _shaped("survival", _floats("survival", rates.survival, 4), (steps, (areas, 1), sexes, ages))
    fertility = _shaped("fertility", _floats("fertility", rates.fertility, 3), (steps, (areas, 1), ages))
    males = _floats("males_per_female_birth", rates.males_per_female_birth, 1)
    _shaped("males_per_female_birth", males, (steps,))
    counts = {"base": start, "survival": survival, "fertility": fertility, "males_per_female_birth": males}
    for name, array in counts.items():
        refuse(name, array, array < 0, "must not be negative")
    refuse("survival", survival, survival > 1, "must not exceed 1")
    return start, (survival, fertility, migrants, males)


def _floats(name: str, values: ArrayLike, dimensions: int) -> Floats:
    """A writable C-ordered float64 array (one machine-code version of the kernel serves all), refused if not finite."""
    array = np.require(as_numbers(name, values, axes=dimensions, truths=False), requirements=["C", "W"])
    refuse(name, array, ~np.isfinite(array), "must be a finite number")
    return array


def _shaped(name: str, array: Floats, shape: tuple[int | tuple[int, ...], ...]) -> Floats:
    """Raise InputError unless each axis has its length (or one of its lengths)."""
    wanted = tuple(length if isinstance(length, tuple) else (length,) for length in shape)
    for axis, (found, allowed) in enumerate(zip(array.shape, wanted, strict=True)):
        if found not in allowed:
            lengths = " or ".join(str(n) for n in allowed)
            raise InputError(name, f"axis {axis} must have length {lengths}", value=array.shape)
    return array


# -------------------------------------------------------------------------------------------------- the kernels
@kernel
def _run(
    population: Floats,
    births: Floats,
    deaths: Floats,
    rates: tuple[Floats, Floats, Floats, Floats],
    timing: tuple[float, float],
) -> tuple[int, int, int, int]:
    """Fill population[1:], births and deaths step by step; the first cell below zero, or −1s."""
    survival, fertility, migrants, males = rates
    years, early = timing
    steps, areas = migrants.shape[0], migrants.shape[1]
    start = np.empty(migrants.shape[2:])
    for i in range(steps):
        for a in range(areas):
            alive_share = survival[i, min(a, survival.shape[1] - 1)]
            sex, age = _arrive(start, population[i, a], migrants[i, a], early)
            if sex >= 0:
                return i, a, sex, age
            end = population[i + 1, a]
            _age(end, deaths[i, a], start, alive_share)
            bearing = fertility[i, min(a, fertility.shape[1] - 1)]
            born = years * _born(start[0], end[0], bearing, early * migrants[i, a, 0])
            births[i, a, 0] = born / (1.0 + males[i])
            births[i, a, 1] = born - births[i, a, 0]
            for s in range(2):
                end[s, 0] = births[i, a, s] * alive_share[s, 0]
                deaths[i, a, s, 0] = births[i, a, s] - end[s, 0]
            sex, age = _arrive(end, end, migrants[i, a], 1.0 - early)
            if sex >= 0:
                return i, a, sex, age
    return -1, -1, -1, -1


@kernel
def _arrive(out: Floats, people: Floats, migrants: Floats, share: float) -> tuple[int, int]:
    """out[sex, age] = people + share × migrants; the first cell below zero, or −1, −1."""
    for s in range(people.shape[0]):
        for x in range(people.shape[1]):
            moved = share * migrants[s, x]
            left = people[s, x] + moved
            if left < 0.0:
                if left < ROUNDING * moved:
                    return s, x
                left = 0.0
            out[s, x] = left
    return -1, -1


@kernel
def _age(end: Floats, deaths: Floats, start: Floats, alive_share: Floats) -> None:
    """Survivors and deaths of ages 1 and over, by age at the end of the step; the last two ages pooled."""
    last = start.shape[1] - 1
    for s in range(start.shape[0]):
        for x in range(1, last + 1):
            people = start[s, x - 1] if x < last else start[s, last - 1] + start[s, last]
            end[s, x] = people * alive_share[s, x]
            deaths[s, x] = people - end[s, x]


@kernel
def _born(start: Floats, end: Floats, fertility: Floats, arriving: Floats) -> float:
    """Births per year of the mean of the women at both ends, first and last age excluded."""
    born = 0.0
    for x in range(1, start.shape[0] - 1):
        born += fertility[x] * 0.5 * (start[x] + end[x] + arriving[x])
    return born

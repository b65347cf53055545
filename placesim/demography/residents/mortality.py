"""Life tables from death rates, from survivors or from person-years; and the survival ratios of projections.

Source of all formulas: Preston, Heuveline & Guillot (2001), Demography, ch. 3 and 6; the a(x) of ages 0–4 are those of
Coale & Demeny (their table 3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from placesim.arguments import as_numbers, refuse
from placesim.demography.residents.axes import BOTH, OLDEST
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Ints

# Years lived by those who die in a group: (at high infant mortality, constant, slope in m(0)) by sex (female, male).
INFANTS: Final = ((0.350, 0.053, 2.800), (0.330, 0.045, 2.684))
AGES_1_TO_4: Final = ((1.361, 1.522, -1.518), (1.352, 1.651, -2.816))
HIGH_INFANT_MORTALITY: Final = 0.107
FEWEST: Final = 1e-12  # survivors: the logarithm of none is not a number
LEAST_OPEN_RATE: Final = 1e-3  # nobody lives longer than a thousand years
ROUNDS: Final = 30  # of m(0) and a(0), which depend on each other; each round gains more than a digit


@dataclass(frozen=True, eq=False)
class LifeTable(Frozen):
    """Out of one birth: survivors[…, sex, group] to the first age of each group, person_years[…, sex, group] lived in
    it; ages[group] are the first ages, the last group is open."""

    ages: Ints
    survivors: Floats
    person_years: Floats


def life_table(mortality: ArrayLike, ages: Sequence[int]) -> LifeTable:
    """From central death rates mortality[…, sex, group] per person-year; single ages or abridged (0, 1, 5, 10 …).

    q = n m ÷ (1 + (n − a) m), L = n (l − d) + a d; a is n ÷ 2 but for ages 0 and 1–4; the open group's L is l ÷ m.
    Raises InputError for rates that are negative or not finite, and for ages that do not start 0, 1 and increase.
    """
    rates = as_numbers("mortality", mortality)
    first = _checked_ages(ages, rates.shape, "mortality")
    refuse("mortality", rates, ~(rates >= 0) | ~np.isfinite(rates), "must be a number and not negative")
    lived, width = _lived(rates[..., 0], first), np.diff(first).astype(np.float64)
    closed = rates[..., :-1]
    dying = np.minimum(width * closed / (1.0 + (width - lived) * closed), 1.0)
    alive = np.ones(rates.shape)
    alive[..., 1:] = np.cumprod(1.0 - dying, axis=-1)
    return _table(first, alive, lived, np.maximum(rates[..., -1], LEAST_OPEN_RATE))


def life_table_of_survivors(survivors: ArrayLike, ages: Sequence[int]) -> LifeTable:
    """From survivors[…, sex, group] l(x) of any radix, which is the value at age 0.

    The death rate of the open group is that of the group before it, grown once more by the same factor.
    Raises InputError for survivors that rise with age or are not positive at age 0, and for wrong ages.
    """
    alive = as_numbers("survivors", survivors)
    first = _checked_ages(ages, alive.shape, "survivors")
    refuse("survivors", alive, ~(alive >= 0) | ~np.isfinite(alive), "must be a number and not negative")
    rising = np.zeros(alive.shape, dtype=bool)
    rising[..., 0] = alive[..., 0] == 0
    rising[..., 1:] = np.diff(alive, axis=-1) > 0
    refuse("survivors", alive, rising, "must be positive at age 0 and not rise with age")
    alive = alive / alive[..., :1]
    dead = -np.diff(alive, axis=-1)
    infants = dead[..., 0]
    for _ in range(ROUNDS):
        infants = dead[..., 0] / np.maximum(1.0 - (1.0 - _coale_demeny(INFANTS, infants)) * dead[..., 0], FEWEST)
    lived, width = _lived(infants, first), np.diff(first)
    years = width * alive[..., 1:] + lived * dead
    rate = np.divide(dead, years, out=np.zeros_like(dead), where=years > 0)
    growth = np.divide(rate[..., -1], rate[..., -2], out=np.ones(rate.shape[:-1]), where=rate[..., -2] > 0)
    return _table(first, alive, lived, np.maximum(rate[..., -1] * np.maximum(growth, 1.0), LEAST_OPEN_RATE))


def life_table_of_person_years(person_years: ArrayLike, ages: Sequence[int], *, radix: float = 1.0) -> LifeTable:
    """From person_years[…, sex, group] nLx out of `radix` births.

    Survivors to an age are the geometric mean of those alive on average in the groups before and after it: good to a
    thousandth up to age 40 and to two hundredths up to 70.
    Raises InputError for person-years that are not positive (the open group: negative) and for wrong ages.
    """
    years = as_numbers("person_years", person_years)
    first = _checked_ages(ages, years.shape, "person_years")
    wrong = ~(years > 0) | ~np.isfinite(years)
    wrong[..., -1] = ~(years[..., -1] >= 0) | ~np.isfinite(years[..., -1])
    refuse("person_years", years, wrong, "must be a number greater than 0")
    if not radix > 0:
        raise InputError("radix", "must be greater than 0", value=radix)
    years = years / radix
    mean = years[..., :-1] / np.diff(first)
    alive = np.ones(years.shape)
    alive[..., 1:-1] = np.sqrt(mean[..., :-1] * mean[..., 1:])
    alive[..., -1] = mean[..., -1] ** 2 / alive[..., -2]
    return LifeTable(first, np.minimum.accumulate(alive, axis=-1), years)


def single_ages(table: LifeTable) -> LifeTable:
    """The table by single ages 0 … 100+: −log l(x) interpolated by a monotone piecewise cubic, at a constant death rate
    within an open group that starts earlier."""
    last = int(table.ages[-1])
    closing = np.maximum(table.person_years[..., -1:], FEWEST)
    open_rate = np.maximum(table.survivors[..., -1:], FEWEST) / closing
    hazard = -np.log(np.maximum(table.survivors, FEWEST))
    ages = np.arange(max(OLDEST, last) + 1)
    within = PchipInterpolator(table.ages, hazard, axis=-1)(np.minimum(ages, last))
    alive = np.exp(-(within + open_rate * np.maximum(ages - last, 0)))
    years = np.empty_like(alive)
    years[..., :-1] = (alive[..., :-1] + alive[..., 1:]) / 2
    years[..., 0] = table.person_years[..., 0]
    years[..., -1:] = alive[..., -1:] / open_rate
    years[..., OLDEST] = years[..., OLDEST:].sum(axis=-1)
    return LifeTable(ages[: OLDEST + 1], alive[..., : OLDEST + 1], years[..., : OLDEST + 1])


def survival_ratios(table: LifeTable, *, step_years: int = 1) -> Floats:
    """survival[…, sex, age] as `cohort.Rates` has it, for steps of 1 or 5 years.

    Row 0 = L(0) ÷ (n l(0)), row x = L(x) ÷ L(x − n), last row = L(ω) ÷ (L(ω − n) + L(ω)).
    Raises InputError for other steps, and where groups of the step cannot be made from those of the table: 1 needs
    single ages (see `single_ages`), 5 needs groups that start at every fifth age.
    """
    if step_years not in (1, 5):
        raise InputError("step_years", "must be 1 or 5", value=step_years)
    starts = np.flatnonzero(table.ages % step_years == 0)
    if not np.array_equal(table.ages[starts], np.arange(len(starts)) * step_years) or starts[-1] != len(table.ages) - 1:
        raise InputError("table", f"must have a group that starts at every age that {step_years} divides")
    years = np.add.reduceat(table.person_years, starts, axis=-1)
    before = np.concatenate([np.full((*years.shape[:-1], 1), float(step_years)), years[..., :-1]], axis=-1)
    before[..., -1] += years[..., -1]
    alive: Floats = np.divide(years, before, out=np.ones_like(years), where=before > 0)
    return np.minimum(alive, 1.0)


# ------------------------------------------------------------------------------------------------------------ within
def _checked_ages(ages: Sequence[int], shape: tuple[int, ...], argument: str) -> Ints:
    first = as_numbers("ages", ages, axes=1)
    if len(shape) < 2 or shape[-2:] != (BOTH, len(first)):
        raise InputError(argument, f"must end in the axes sex ({BOTH}), group ({len(first)})", value=f"shape {shape}")
    if len(first) < 4 or list(first[:2]) != [0, 1]:
        raise InputError("ages", "must be four or more that start with 0, 1", value=list(ages)[:4])
    refuse("ages", first, ~np.isfinite(first) | (first != np.floor(first)), "must be a whole age")
    refuse("ages", first, np.append(False, np.diff(first) <= 0), "must be greater than the age before")
    return first.astype(np.int64)


def _lived(infant_rate: Floats, first: Ints) -> Floats:
    """a[…, sex, closed group]: years lived in the group by those who die in it."""
    lived = np.broadcast_to(np.diff(first) / 2, (*infant_rate.shape, len(first) - 1)).copy()
    lived[..., 0] = _coale_demeny(INFANTS, infant_rate)
    if first[2] == 5:
        lived[..., 1] = _coale_demeny(AGES_1_TO_4, infant_rate)
    return lived


def _coale_demeny(constants: tuple[tuple[float, float, float], ...], infant_rate: Floats) -> Floats:
    high, level, slope = np.array(constants).T
    return np.where(infant_rate >= HIGH_INFANT_MORTALITY, high, level + slope * infant_rate)


def _table(first: Ints, alive: Floats, lived: Floats, open_rate: Floats) -> LifeTable:
    dead, width = -np.diff(alive, axis=-1), np.diff(first)
    years = np.empty_like(alive)
    years[..., :-1] = width * alive[..., 1:] + lived * dead
    years[..., -1] = alive[..., -1] / open_rate
    return LifeTable(first, alive, years)

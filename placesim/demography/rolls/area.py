"""All schools together: how grades follow each other, and the path of every grade's total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, damped_trend, is_known, local_level, some
from placesim.records import Floats, Frozen

PROGRESSION_DRIFT: Final = 0.003**2  # yearly variance of a grade's log progression in the area
PROGRESSION_NOISE: Final = 1e-5  # variance of a year's log progression, besides that of the count
ENTRY_NOISE: Final = 4e-4  # variance of a year's log entrants, besides that of the count
ENTRY_DRIFT: Final = 0.01**2  # yearly variance of log entrants per birth
ENTRY_SPREAD: Final = 0.1**2  # variance of a series' first log entrants per birth around its own mean
HALF: Final = 0.5  # pupils added before a logarithm, so that an empty cell has one


@dataclass(frozen=True, eq=False)
class Area(Frozen):
    """continuing[grade]: log progression into the grade within schools (0 for the first grade) · expected[year, grade]:
    the total that the year before lets expect, NaN where it does not · totals[step, grade] of all schools, step 0 the
    last year · entrants[step, school]: of births by school, NaN without them."""

    continuing: Floats
    expected: Floats
    totals: Floats
    entrants: Floats


def follow_area(history: History, steps: int) -> Area:
    """The area's progression and its totals `steps` years on."""
    pupils = history.pupils
    before, after = pupils[:-1, :, :-1], pupils[1:, :, 1:]
    ratio = _progression(before, after, is_known(before) & is_known(after))
    stayed = _progression(before, after, history.taught[:-1, :, :-1] & history.taught[1:, :, 1:])
    seen, entrants = area_totals(pupils), _by_births(history, steps)
    totals = np.concatenate([[np.nansum(pupils[-1], axis=0)], _unfed(seen, steps)])
    totals[1:, 0] = _all_entrants(history, entrants, totals[1:, 0])
    fed = np.flatnonzero(is_known(ratio))
    for step in range(1, steps + 1):
        totals[step, 1 + fed] = np.exp(ratio[fed]) * totals[step - 1, fed]
    expected = np.full(seen.shape, np.nan)
    expected[1:, 1:] = np.exp(ratio) * seen[:-1, :-1]
    return Area(np.concatenate([[0.0], np.nan_to_num(stayed)]), expected, totals, entrants)


def _unfed(seen: Floats, steps: int) -> Floats:
    """totals[step ≥ 1, grade] as the damped trend of the grade's own totals: of grades that no cohort reaches."""
    noise = 1 / np.maximum(seen, 1.0) + ENTRY_NOISE
    return np.exp(damped_trend(np.log(seen + HALF), noise, steps=steps))


def area_totals(pupils: Floats) -> Floats:
    """totals[year, grade] of all schools; a school's year that was not counted is drawn straight between its
    neighbours, a year not counted at all is NaN."""
    years = np.arange(len(pupils))
    filled = pupils.copy()
    counted = some(is_known(pupils), (1, 2))
    for school, grade in np.argwhere(np.isnan(pupils[counted]).any(axis=0)):
        known = is_known(pupils[:, school, grade])
        filled[:, school, grade] = np.interp(years, years[known], pupils[known, school, grade])
    return np.where(counted[:, None], filled.sum(axis=1), np.nan)


def _progression(before: Floats, after: Floats, use: Flags) -> Floats:
    """log ratio[grade ≥ 1] from sums over the cells used, filtered over the years; NaN where never seen."""
    start, end = (np.where(use, cell, 0.0).sum(axis=1) for cell in (before, after))
    seen = (start > 0) & (end > 0)
    log_ratio = np.log(np.divide(end, start, out=np.ones_like(end), where=seen))
    noise = 1 / np.maximum(end, 1.0) + PROGRESSION_NOISE
    none, unsure = np.zeros(end.shape[1]), np.ones(end.shape[1])
    seen_ratio = np.where(seen, log_ratio, np.nan)
    level = local_level(seen_ratio, noise, drift=PROGRESSION_DRIFT, start=none, spread=unsure)[-1]
    return np.where(some(seen, 0), level, np.nan)


def _all_entrants(history: History, entrants: Floats, trend: Floats) -> Floats:
    """entrants[step ≥ 1] of all schools: those of births where known, else the trend of the entrants seen."""
    known = some(is_known(entrants), 0)
    if not known.any():
        return trend
    last = history.pupils[-1, :, 0]
    others = np.nansum(last[~known]) / max(np.nansum(last), 1.0) if history.births_by_school else 0.0
    return np.nansum(entrants, axis=1) + others * trend


def _by_births(history: History, steps: int) -> Floats:
    """entrants[step ≥ 1, series] = births × entrants per birth, a slow level of its own in every series."""
    births, years = history.births, len(history.pupils)
    if not births.shape[1]:
        return np.full((steps, 0), np.nan)
    seen = history.pupils[:, :, 0] if history.births_by_school else area_totals(history.pupils)[:, :1]
    past = _padded(births, years)
    usable = is_known(past) & (past > 0) & is_known(seen) & (seen > 0)
    ratio = np.where(usable, np.log((seen + HALF) / (np.where(usable, past, 1.0) + HALF)), np.nan)
    noise = 1 / np.maximum(seen, 1.0)
    level = local_level(ratio, noise, drift=ENTRY_DRIFT, start=_own_mean(ratio), spread=np.full(1, ENTRY_SPREAD))[-1]
    return _births_ahead(births, years, steps) * np.exp(level)


def _padded(births: Floats, years: int) -> Floats:
    """The first `years` of births, NaN where they end before."""
    short = max(years - len(births), 0)
    return np.concatenate([births[:years], np.full((short, births.shape[1]), np.nan)])


def _own_mean(values: Floats) -> Floats:
    """mean[series] over the years seen, NaN where there is none."""
    seen = is_known(values)
    count = seen.sum(axis=0)
    return np.where(count > 0, np.where(seen, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _births_ahead(births: Floats, years: int, steps: int) -> Floats:
    """births[step ≥ 1, series] by year of entry; past the last known year all series follow the sum's damped trend
    from their own level."""
    known = np.flatnonzero(some(is_known(births), 1))
    if not len(known):
        return np.full((steps, births.shape[1]), np.nan)
    births = births[: known[-1] + 1]
    missing = max(years + steps - len(births), 1)
    whole = is_known(births).all(axis=0)
    total = np.nansum(births[:, whole] if whole.any() else births, axis=1, keepdims=True)
    own = damped_trend(np.log(births + HALF), 1 / np.maximum(births, 1.0), steps=1)[0]
    trend = damped_trend(np.log(total + HALF), 1 / np.maximum(total, 1.0), steps=missing)
    on = np.exp(own + trend - trend[:1])
    return np.concatenate([births, on])[years : years + steps]

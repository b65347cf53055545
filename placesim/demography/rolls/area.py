"""All schools together: how grades follow each other, and the path of every grade's total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.rolls.entrants import HALF, area_totals, entrants_by_births
from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import DAMPING, Flags, damped_trend, is_known, local_level, scatter, some
from placesim.records import Floats, Frozen

PROGRESSION_DRIFT: Final = 0.003**2  # yearly variance of a grade's log progression in the area
PROGRESSION_NOISE: Final = 1e-5  # variance of a year's log progression, besides that of the count
ENTRY_NOISE: Final = 4e-4  # variance of a year's log entrants, besides that of the count


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
    seen, entrants = area_totals(pupils), entrants_by_births(history, steps)
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
    logs, noise = np.log(seen + HALF), 1 / np.maximum(seen, 1.0) + ENTRY_NOISE
    share = scatter(logs, noise)  # a trend lasts as far as noise does not hide it
    path = damped_trend(logs, share * noise, steps=steps, lasting=1 - (1 - DAMPING) * share)
    return np.maximum(np.exp(path) - HALF, 0.0)


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

"""The methods that offices use today: what any forecast of rolls has to beat."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, is_known, some
from placesim.records import Floats, Ints

PAST: Final = 3  # years, and pairs of years, that the means are taken over


def last_year(history: History, steps: int) -> Floats:
    """pupils[step, school, grade] as in the last year."""
    return np.repeat(np.nan_to_num(history.pupils[-1:]), steps + 1, axis=0)


def three_year_progression(history: History, steps: int) -> Floats:
    """pupils[step, school, grade]: each school's cohorts × its own progression over the last three pairs of years.

    Entrants are the mean entrants per birth of the last three years, else their mean; a grade that no cohort reached in
    those years stays at its mean. Years in which a school had no pupils at all do not count.
    """
    pupils, years = np.nan_to_num(history.pupils), _counted_years(history)
    ratio, fed = _progression(pupils, history.open_schools, years)
    mean = _mean(pupils, history.open_schools, years[-PAST:])
    path = np.concatenate([pupils[-1:], np.repeat(mean[None], steps, axis=0)])
    path[1:, :, 0] = _entrants(history, steps, mean[:, 0])
    for step in range(1, steps + 1):
        path[step, :, 1:] = np.where(fed, ratio * path[step - 1, :, :-1], mean[:, 1:])
    return path * history.open_schools[-1][:, None]


def _counted_years(history: History) -> Ints:
    return np.flatnonzero(some(is_known(history.pupils), (1, 2)))


def _progression(pupils: Floats, open_schools: Flags, years: Ints) -> tuple[Floats, Flags]:
    """(ratio, seen)[school, grade ≥ 1] of sums over the last pairs of years in which the school was open."""
    pairs = years[1:][np.diff(years) == 1][-PAST:]
    both = (open_schools[pairs] & open_schools[pairs - 1])[:, :, None]
    start, end = (pupils[pairs - 1, :, :-1] * both).sum(axis=0), (pupils[pairs, :, 1:] * both).sum(axis=0)
    seen = (start > 0) & (end > 0)
    return np.divide(end, start, out=np.zeros_like(end), where=seen), seen


def _mean(pupils: Floats, open_schools: Flags, years: Ints) -> Floats:
    """mean[school, grade] over the years in which the school was open."""
    count = open_schools[years].sum(axis=0)
    return pupils[years].sum(axis=0) / np.maximum(count, 1)[:, None]


def _entrants(history: History, steps: int, mean: Floats) -> Floats:
    """entrants[step ≥ 1, school]; past the last year of births they stay at it."""
    births, years = history.births, _counted_years(history)
    known = np.flatnonzero(is_known(births).all(axis=1)) if births.shape[1] else np.empty(0, dtype=np.int64)
    past = np.intersect1d(years, known)[-PAST:]
    if not len(past) or not (births[past] > 0).all():
        return np.repeat(mean[None], steps, axis=0)
    per_birth = np.nan_to_num(history.pupils[past, :, :1]) / births[past][:, :, None]
    rate = _mean(per_birth, history.open_schools[past], np.arange(len(past)))[:, 0]
    ahead = np.minimum(len(history.pupils) + np.arange(steps), known[-1])
    return births[ahead] * rate

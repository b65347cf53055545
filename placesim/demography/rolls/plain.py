"""The methods that offices use today: what any forecast of rolls has to beat."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, is_known, some
from placesim.records import Floats

PAST: Final = 3  # years, and pairs of years, that the means are taken over


def last_year(history: History, steps: int) -> Floats:
    """pupils[step, school, grade] as in the last year."""
    return np.repeat(np.nan_to_num(history.pupils[-1:]), steps + 1, axis=0)


def three_year_progression(history: History, steps: int) -> Floats:
    """pupils[step, school, grade]: each school's cohorts × its own progression over the last three pairs of years.

    Entrants are the mean entrants per birth of the last three years, else their mean; a grade that no cohort reached in
    those years stays at its mean."""
    pupils = np.nan_to_num(history.pupils)
    counted = some(is_known(history.pupils), (1, 2))
    ratio, fed = _progression(pupils, np.flatnonzero(counted[1:] & counted[:-1])[-PAST:])
    mean = pupils[np.flatnonzero(counted)[-PAST:]].mean(axis=0)
    entrants = _entrants(history, counted, steps, mean[:, 0])
    path = np.zeros((steps + 1, *mean.shape))
    path[0] = pupils[-1]
    for step in range(1, steps + 1):
        path[step] = mean
        path[step, :, 0] = entrants[step - 1]
        path[step, :, 1:] = np.where(fed, ratio * path[step - 1, :, :-1], mean[:, 1:])
    return path


def _progression(pupils: Floats, pairs: np.ndarray) -> tuple[Floats, Flags]:
    """(ratio, seen)[school, grade ≥ 1] over pairs of years, given by their first."""
    start, end = pupils[pairs, :, :-1].sum(axis=0), pupils[pairs + 1, :, 1:].sum(axis=0)
    seen = (start > 0) & (end > 0)
    return np.divide(end, start, out=np.zeros_like(end), where=seen), seen


def _entrants(history: History, counted: Flags, steps: int, mean: Floats) -> Floats:
    """entrants[step ≥ 1, school]; past the last year of births they stay at it."""
    years, births = len(counted), history.births
    known = np.flatnonzero(is_known(births).all(axis=1)) if births.shape[1] else np.empty(0, dtype=np.int64)
    past = np.intersect1d(np.flatnonzero(counted), known)[-PAST:]
    if not len(past) or not (births[past] > 0).all():
        return np.repeat(mean[None], steps, axis=0)
    per_birth = (np.nan_to_num(history.pupils[past, :, 0]) / births[past]).mean(axis=0)
    ahead = np.minimum(years + np.arange(steps), known[-1])
    return births[ahead] * per_birth

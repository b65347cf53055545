"""Entrants from births: how many enter the first grade per birth, and births past the last one known."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, damped_trend, is_known, local_level, some
from placesim.records import Floats

ENTRY_DRIFT: Final = 0.015**2  # yearly variance of log entrants per birth, common to all schools
ENTRY_SPREAD: Final = 0.1**2  # variance of a series' first log entrants per birth around its own mean
OWN_DRIFT: Final = 0.003**2  # yearly variance of what a school does beside the area, in logs, where it is very large
CELL_DRIFT: Final = 0.03  # … on top, times the pupils of the cell: a few families change a small one
RECENT: Final = 3  # years of births that tell a series' share of all
HALF: Final = 0.5  # pupils added before a logarithm, so that an empty cell has one


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


def entrants_by_births(history: History, steps: int) -> Floats:
    """entrants[step ≥ 1, series] = births × entrants per birth; NaN of schools without either or without first grade.

    log entrants per birth = a local level of its own for each series: births by school are of areas that share no
    pupils, and what happens to one is no news of the others.
    """
    if not history.births.shape[1]:
        return np.full((steps, 0), np.nan)
    if history.births_by_school:
        seen, taught = history.pupils[:, :, 0], history.taught[:, :, 0]
    else:
        seen = area_totals(history.pupils)[:, :1]
        taught = seen > 0
    past = _padded(history.births, len(seen))
    known = taught & is_known(past) & (past > 0)
    level = _level(_log_ratio(seen, past, known), seen)
    return np.where(taught[-1], _births_ahead(history.births, len(seen), steps) * np.exp(level), np.nan)


def _log_ratio(pupils: Floats, births: Floats, use: Flags | None = None) -> Floats:
    """log pupils per birth, NaN where not to be used or without births."""
    use = births > 0 if use is None else use
    return np.where(use, np.log((np.where(use, pupils, 1.0) + HALF) / (np.where(use, births, 1.0) + HALF)), np.nan)


def _level(ratio: Floats, pupils: Floats) -> Floats:
    """The log entrants per birth of each series after the last year, NaN if never seen."""
    typical = np.maximum(np.exp(_own_mean(np.log(np.maximum(pupils, 1.0)))), 1.0)
    noise = 1 / np.maximum(np.nan_to_num(pupils), 1.0)
    drift = ENTRY_DRIFT + CELL_DRIFT / typical
    return local_level(ratio, noise, drift=drift, start=_own_mean(ratio), spread=np.array(ENTRY_SPREAD))[-1]


def _padded(births: Floats, years: int) -> Floats:
    """The first `years` of births, NaN where they end before."""
    short = max(years - len(births), 0)
    return np.concatenate([births[:years], np.full((short, births.shape[1]), np.nan)])


def _own_mean(values: Floats) -> Floats:
    """mean[…] over the years seen, NaN where there is none."""
    seen = is_known(values)
    count = seen.sum(axis=0)
    return np.where(count > 0, np.where(seen, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _births_ahead(births: Floats, years: int, steps: int) -> Floats:
    """births[step ≥ 1, series] by year of entry; past the last year known of any, the sum follows its damped trend and
    every series keeps its share of it; a series that ends before stays at that share of the first year unknown."""
    known = np.flatnonzero(some(is_known(births), 1))
    if not len(known):
        return np.full((steps, births.shape[1]), np.nan)
    births = births[: known[-1] + 1]
    missing = max(years + steps - len(births), 1)
    whole = is_known(births).all(axis=0)
    total = np.nansum(births[:, whole] if whole.any() else births, axis=1, keepdims=True)
    total = np.where(some(is_known(births), 1)[:, None], total, np.nan)
    trend = damped_trend(np.log(total + HALF), 1 / np.maximum(np.nan_to_num(total), 1.0), steps=missing)
    on = np.maximum(np.exp(trend) - HALF, 0.0) * _last_shares(births, total)
    ahead = np.concatenate([births, on])[years : years + steps]
    return np.where(is_known(ahead), ahead, on[0])


def _last_shares(births: Floats, total: Floats) -> Floats:
    """share[series] of the sum over the last RECENT years known of the series, NaN if never known."""
    known = is_known(births)
    late = known & (known[::-1].cumsum(axis=0)[::-1] <= RECENT)
    of = np.where(late, total, 0.0).sum(axis=0)
    return np.divide(np.where(late, births, 0.0).sum(axis=0), of, out=np.full(len(of), np.nan), where=of > 0)

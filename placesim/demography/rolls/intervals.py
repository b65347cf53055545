"""How far off: the method is run again from every past year of its own history, and its errors there are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, is_known, some
from placesim.demography.rolls.path import follow_rolls
from placesim.records import Floats, Frozen

INSIDE: Final = 0.8  # share of futures between p10 and p90
NORMAL: Final = 1.2816  # standard deviations from the middle of a normal to its 90 % quantile
LEAST_YEARS: Final = 3  # years counted before a past year can be forecast from
IN_SCHOOL: Final = (0.5, 0.03)  # usual error a year ahead of a cohort in school: variance per pupil, sd common to all
ENTRANTS: Final = (1.5, 0.06)  # … of pupils who were not in school in the origin
TOGETHER: Final = 0.7  # of the common sd stays when all schools are summed: what one gains another loses
OWN: Final = 40.0  # own past errors that weigh as much as the usual error
CLASSES: Final = 6  # classes of size, of equal number, over which own errors are compared
STEEPEST: Final = 0.5  # slope of own errors over size beside the usual ones
LEAST_APART: Final = 0.15  # sd of log size between classes, without which they tell no slope
LEAST_FACTOR: Final = 0.1  # of the usual error, where own errors are smaller still


@dataclass(frozen=True, eq=False)
class Misses(Frozen):
    """Over every past year as origin (run) and the steps ahead of it: forecast[run, step, …, grade] and error = actual
    − forecast, NaN where unknown. common: sd common to all pupils of a cell as a share of the usual one."""

    forecast: Floats
    error: Floats
    common: float


@dataclass(frozen=True)
class Correction:
    """Own error by size as a multiple of the usual one, exp(level + slope log pupils), and how the 80 % of it lie below
    and above the forecast."""

    level: float = 0.0
    slope: float = 0.0
    below: float = 1.0
    above: float = 1.0

    def of(self, pupils: Floats) -> Floats:
        return np.exp(self.level + self.slope * np.log(np.maximum(pupils, 1.0)))


def look_back(history: History, steps: int) -> tuple[Misses, Misses]:
    """Past misses of cells [run, step, school, grade] and of all schools together [run, step, grade].

    Schools that had closed by the target year are no miss of their cells; planned closures are known beforehand.
    """
    counted = some(is_known(history.pupils), (1, 2))
    origins = np.flatnonzero(counted)[LEAST_YEARS - 1 : -1]
    forecast = np.full((len(origins), steps, *history.pupils.shape[1:]), np.nan)
    actual = np.full_like(forecast, np.nan)
    for run, origin in enumerate(origins):
        forecast[run] = follow_rolls(history.until(history.first_year + int(origin)), steps)[1:]
        ahead = history.pupils[origin + 1 : origin + 1 + steps]
        actual[run, : len(ahead)] = ahead
    there = np.nansum(actual, axis=3, keepdims=True) > 0
    cells = np.where((forecast > 0) & there, actual - forecast, np.nan)
    known = some(is_known(actual), 2)
    together = forecast.sum(axis=2)
    totals = np.where(known, np.nansum(actual, axis=2) - together, np.nan)
    return Misses(forecast, cells, 1.0), Misses(together, totals, TOGETHER)


def band(path: Floats, misses: Misses) -> tuple[Floats, Floats]:
    """(p10, p90)[step, …, grade] around path[step, …, grade], step 0 one year ahead.

    The usual error of this method, sd² = noise h^½ n + (common h^¾ n)² for n pupils h years ahead, differs for pupils
    in school already and entrants to come; own past errors correct its level, its slope with size and its skew, the
    more the more of them there are. A band is never narrower than that of the year before.
    """
    low, high = np.empty_like(path), np.empty_like(path)
    width = np.zeros(path.shape[1:])
    corrections = {IN_SCHOOL: Correction(), ENTRANTS: Correction()}
    for step in range(len(path)):
        below, above = np.empty_like(width), np.empty_like(width)
        for kind, grades in _kinds(path.shape[-1], step).items():
            usual = _usual(path[step][..., grades], kind, step, misses.common)
            corrections[kind] = own = _corrected(corrections[kind], _past(misses, kind, step, grades))
            scale = usual * own.of(path[step][..., grades])
            below[..., grades], above[..., grades] = scale * own.below, scale * own.above
        open_cell = path[step] > 0
        low[step] = np.where(open_cell, np.maximum(path[step] - below, 0.0), 0.0)
        high[step] = np.where(open_cell, np.maximum(path[step] + above, low[step] + width), 0.0)
        width = high[step] - low[step]
    return low, high


def _kinds(grades: int, step: int) -> dict[tuple[float, float], Flags]:
    """Which grades hold, so far ahead, pupils who were in school in the origin, and which entrants."""
    entered_later = np.arange(grades) <= step
    return {IN_SCHOOL: ~entered_later, ENTRANTS: entered_later}


def _usual(pupils: Floats, kind: tuple[float, float], step: int, share: float) -> Floats:
    """The usual 80 % half width."""
    noise, common = kind
    years = step + 1
    variance = noise * years**0.5 * (pupils + 0.5) + (share * common * years**0.75 * pupils) ** 2
    return NORMAL * np.sqrt(variance)


def _past(misses: Misses, kind: tuple[float, float], step: int, grades: Flags) -> tuple[Floats, Floats]:
    """(forecast, error as a multiple of the usual one) of the past cells of a kind."""
    forecast, error = misses.forecast[:, step][..., grades], misses.error[:, step][..., grades]
    known = is_known(error)
    return forecast[known], error[known] / _usual(forecast[known], kind, step, misses.common)


def _corrected(before: Correction, past: tuple[Floats, Floats]) -> Correction:
    """The correction of the step before, moved towards what the own errors of this one ask for."""
    forecast, error = past
    if not len(forecast):
        return before
    weight = len(forecast) / (len(forecast) + OWN)
    level, slope = _by_size(forecast, np.abs(error) / before.of(forecast))
    moved = Correction(before.level + weight * level, before.slope + weight * slope)
    lowest, highest = np.quantile(error / moved.of(forecast), [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    skew = weight / 2  # half of it: past errors share their years, and their sign with them
    return Correction(moved.level, moved.slope, max(1 - skew * (1 + lowest), 0), max(1 - skew * (1 - highest), 0))


def _by_size(forecast: Floats, error: Floats) -> tuple[float, float]:
    """(level, slope) of the log 80 % quantile of `error` over the log forecast, from classes of size; fewer errors than
    ten a class, or all of one size, tell a level only."""
    size = np.log(np.maximum(forecast, 1.0))
    classes = CLASSES if len(size) >= 10 * CLASSES else 1
    parts = np.array_split(np.argsort(size, kind="stable"), classes)
    within = np.log([max(np.quantile(error[p], INSIDE), LEAST_FACTOR) for p in parts])
    middle = np.array([size[p].mean() for p in parts])
    apart = middle - middle.mean()
    told = apart.std() > LEAST_APART
    slope = float(np.clip((apart * within).sum() / (apart**2).sum(), -STEEPEST, STEEPEST)) if told else 0.0
    return float(within.mean() - slope * middle.mean()), slope

"""School by school: what differs from the area, and the path of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.rolls.area import Area
from placesim.demography.rolls.entrants import CELL_DRIFT, HALF, OWN_DRIFT, area_totals
from placesim.demography.rolls.grades import Taught
from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import first_seen, is_known, local_level, some
from placesim.records import Floats, Frozen

SPREAD_LEAST, SPREAD_MOST, SPREAD_FEW = 0.03**2, 0.5**2, 0.1**2  # of log progression between schools; of one or two
SHARE_NOISE: Final = 0.7  # variance of a cell's log share of its grade times its pupils
SHARE_DRIFT: Final = 0.05**2  # yearly variance of a cell's log share
FEWEST: Final = 3.0  # pupils: smaller cells count as this many where a variance is asked
PULL, PULL_PAIRS = 0.1, 20.0  # usual pull of a cohort to its school's share; gaps of √n pupils that weigh as much
FAR: Final = 3.0  # gaps of so many √n pupils weigh half: a school that changes is no measure of turnover
RAKE: Final = 0.5  # how far cells that a cohort reaches go, in logs, towards the area's own path
MEDIAN_SD: Final = 1.4826  # standard deviations of a normal per median absolute deviation


@dataclass(frozen=True, eq=False)
class Cells(Frozen):
    """own[school, grade]: log progression beside the area's · share[school, grade]: log share of the grade's total, NaN
    where never taught · pull: how far, 0–1, a cohort moves in a year towards its school's share of the area."""

    own: Floats
    share: Floats
    pull: float


def compare_schools(history: History, area: Area) -> Cells:
    """What each school does beside the area, filtered over the years."""
    own, share = _own_progression(history, area), _shares(history)
    pull = _pull(history, area, own[:-1], share[:-1])
    return Cells(np.concatenate([np.zeros((own.shape[1], 1)), own[-1]], axis=1), share[-1], pull)


def _own_progression(history: History, area: Area) -> Floats:
    """own[year ≥ 1, school, grade ≥ 1] as expected before each year and after the last: the local level of log(pupils /
    expected), shrunk towards the area by the spread between schools."""
    before, after = history.pupils[:-1, :, :-1], history.pupils[1:, :, 1:]
    expected = np.exp(area.continuing[1:]) * before
    seen = history.taught[:-1, :, :-1] & history.taught[1:, :, 1:]
    beside = np.where(seen, np.log((after + HALF) / (expected + HALF)), np.nan)
    size = np.maximum(FEWEST, np.sqrt(np.where(seen, after * expected, 0.0)))
    typical = np.where(seen, size, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    drift = OWN_DRIFT + CELL_DRIFT / np.maximum(FEWEST, typical)
    start = np.zeros(expected.shape[2])
    return local_level(beside, 1 / size, drift=drift, start=start, spread=_spread(beside, 1 / size))


def _spread(beside: Floats, noise: Floats) -> Floats:
    """variance[grade] between schools of their mean log progression, cleared of what counting alone makes."""
    seen = is_known(beside)
    years = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, beside, 0.0).sum(axis=0) / years
    counting = np.where(seen, noise, 0.0).sum(axis=0) / years**2
    spread = np.full(mean.shape[1], SPREAD_FEW)
    for grade, schools in enumerate(some(seen, 0).T):
        if schools.sum() > 2:
            of = mean[schools, grade]
            robust = (MEDIAN_SD * np.median(np.abs(of))) ** 2
            clear = (robust + (of**2).mean()) / 2 - counting[schools, grade].mean()
            spread[grade] = np.clip(clear, SPREAD_LEAST, SPREAD_MOST)
    return spread


def _shares(history: History) -> Floats:
    """share[year, school, grade] as expected before each year and after the last: the local level of the log share."""
    pupils, totals = history.pupils, area_totals(history.pupils)[:, None, :]
    seen = history.taught & (totals > 0)
    share = np.where(seen, np.log((pupils + HALF) / np.where(seen, totals + HALF, 1.0)), np.nan)
    noise = SHARE_NOISE / np.maximum(FEWEST, np.where(seen, pupils, 0.0))
    return local_level(share, noise, drift=SHARE_DRIFT, start=first_seen(share), spread=np.ones(1))


def _pull(history: History, area: Area, own: Floats, share: Floats) -> float:
    """How far cohorts moved in the past towards their school's share: b of the regression, through none and weighted by
    1 / cohort, far gaps less, of (pupils − cohort) on (share − cohort), from PULL with the weight of PULL_PAIRS gaps.

    Those who leave do so from the cohort, those who join do so by the school: so b is near half the turnover.
    """
    before, after = history.pupils[:-1, :, :-1], history.pupils[1:, :, 1:]
    cohort = np.exp(area.continuing[1:] + own) * before
    level = np.exp(share[1:, :, 1:]) * area.expected[1:, None, 1:]
    passed = history.taught[:-1, :, :-1] & history.taught[1:, :, 1:]
    use = passed & (passed.cumsum(axis=0) > 1) & is_known(level)  # a first pair has no progression of its own yet
    gap, moved = np.where(use, level - cohort, 0.0), np.where(use, after - cohort, 0.0)
    weight = 1 / np.maximum(FEWEST, np.where(use, cohort, 0.0))
    weight /= 1 + weight * (gap / FAR) ** 2
    pull = ((weight * gap * moved).sum() + PULL * PULL_PAIRS) / ((weight * gap**2).sum() + PULL_PAIRS)
    return float(np.clip(pull, 0.0, 1.0))


def walk(history: History, area: Area, cells: Cells, taught: Taught) -> Floats:
    """pupils[step, school, grade], step 0 the last year.

    A cell that a cohort reaches is progression × cohort, moved by the pull towards the cell's share of the area; any
    other is its share of the area; entrants of a school with births of its own are those. Where births are not by
    school, schools share a pool of pupils: they are moved towards the area's own path.
    """
    ratio = np.exp(area.continuing + cells.own)
    path = np.zeros(taught.open.shape)
    path[0] = np.nan_to_num(history.pupils[-1])
    for step in range(1, len(path)):
        level = np.nan_to_num(np.exp(cells.share)) * area.totals[step]
        if history.births_by_school:
            born = area.entrants[step - 1]
            level[:, 0] = np.where(is_known(born), born, level[:, 0])
        cohort = np.zeros_like(level)
        cohort[:, 1:] = ratio[:, 1:] * path[step - 1, :, :-1]
        pull = np.where(taught.fed[step], np.where(taught.new[step], 0.0, cells.pull), 1.0)
        path[step] = np.where(taught.open[step], cohort + pull * (level - cohort), 0.0)
        if not history.births_by_school:
            path[step] *= _rake(path[step], area.totals[step])
    return path


def _rake(cells: Floats, totals: Floats) -> Floats:
    """factor[grade] that moves cells towards the area's total: entrants, who are shares of it, all the way."""
    sums = cells.sum(axis=0)
    factor = np.divide(totals, sums, out=np.ones_like(sums), where=(sums > 0) & (totals > 0))
    factor[1:] **= RAKE
    return factor

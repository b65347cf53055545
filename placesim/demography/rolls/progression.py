"""Rolls by grade: county totals of each year, and the ratios by which a cohort passes from grade to grade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.demography.rolls.area import PROGRESSION_DRIFT, PROGRESSION_NOISE
from placesim.demography.rolls.level import first_seen, local_level
from placesim.records import Floats, Frozen, Inputs, Ints, Stages


@dataclass(frozen=True, eq=False)
class Rolls(Frozen):
    """totals[year, grade]: pupils on the books of the county's schools, NaN where a year has no rows of the grade.

    before[grade]: the grade a cohort comes from, −1 at its first. ratio[grade]: pupils there per pupil of the grade
    before, a year earlier; NaN without history.
    """

    years: Ints
    totals: Floats
    before: Ints
    ratio: Floats
    latest_year: Ints

    @property
    def latest(self) -> Floats:
        """total[grade] of the grade's latest year, NaN where unknown."""
        if not len(self.years):
            return np.full(len(self.before), np.nan)
        row = np.minimum(np.searchsorted(self.years, self.latest_year), len(self.years) - 1)
        return np.where(np.isin(self.latest_year, self.years), self.totals[row, np.arange(len(self.before))], np.nan)


def read_rolls(inputs: Inputs, stages: Stages, base: int) -> Rolls:
    """The rolls up to the base year, and the level of progression that they show."""
    years, totals = _grade_totals(inputs, stages, base)
    before = grades_before(stages)
    ratio = progression_ratios(years, totals, before)
    return Rolls(years, totals, before, ratio, _latest_years(years, totals, stages, base))


def _latest_years(years: Ints, totals: Floats, stages: Stages, base: int) -> Ints:
    """latest[grade]: the last of `years` in which a grade of its stage has a roll, else the base year."""
    latest = np.full(len(stages.grades), base, dtype=np.int64)
    for stage in stages.ids:
        grades = stages.grade_slice(stage)
        known = np.flatnonzero(np.isfinite(totals[:, grades]).any(axis=1))
        if len(known):
            latest[grades] = years[known[-1]]
    return latest


def _grade_totals(inputs: Inputs, stages: Stages, base: int) -> tuple[Ints, Floats]:
    enrolment = inputs.frame("enrolment")
    year, pupils = numbers(enrolment, "year"), numbers(enrolment, "pupils")
    grade = positions(enrolment, "grade", stages.grades)
    use = (grade >= 0) & np.isfinite(pupils) & (year <= base)
    years, t = np.unique(year[use].astype(np.int64), return_inverse=True)
    totals = np.zeros((len(years), len(stages.grades)))
    rows = np.zeros(totals.shape, dtype=np.int64)
    np.add.at(totals, (t, grade[use]), pupils[use])
    np.add.at(rows, (t, grade[use]), 1)
    return years, np.where(rows > 0, totals, np.nan)


def grades_before(stages: Stages) -> Ints:
    """before[grade]: the grade one year younger in the same stage or, at its start, in the nearest earlier stage."""
    ages, stage = stages.ages, stages.stage_of_grade
    before = np.full(len(ages), -1, dtype=np.int64)
    for grade, age in enumerate(ages):
        younger = np.flatnonzero((ages == age - 1) & (stage <= stage[grade]))
        younger = younger[younger < grade]
        if len(younger):
            before[grade] = younger[-1]
    return before


def progression_ratios(years: Ints, totals: Floats, before: Ints) -> Floats:
    """ratio[grade]: the level that the log ratios of consecutive years have come to, filtered as in forecasts of rolls;
    NaN where no pair of years tells it."""
    if len(years) < 2:
        return np.full(len(before), np.nan)
    log_ratio, noise = log_ratios(years, totals, before)
    first = first_seen(log_ratio)
    level = local_level(
        log_ratio, noise, drift=PROGRESSION_DRIFT, start=np.nan_to_num(first), spread=np.ones(len(before))
    )[-1]
    return np.exp(np.where(np.isfinite(first), level, np.nan))


def log_ratios(years: Ints, totals: Floats, before: Ints) -> tuple[Floats, Floats]:
    """(log of pupils in a grade per pupil of the grade before a year earlier, its variance)[year from the second on,
    grade], one row for every year of the calendar; NaN where one of the two is not known or nobody."""
    every = np.full((int(years[-1] - years[0]) + 1, totals.shape[1]), np.nan)
    every[years - years[0]] = totals
    start, end = every[:-1][:, np.maximum(before, 0)], every[1:]
    known = (start > 0) & (end > 0) & (before >= 0)
    log_ratio = np.log(np.divide(end, start, out=np.ones_like(end), where=known))
    noise = np.divide(1.0, end, out=np.ones_like(end), where=known) + PROGRESSION_NOISE
    return np.where(known, log_ratio, np.nan), noise


def advance(seen: Floats, at: Ints, ratio: Floats, before: Ints, *, steps: int) -> Floats:
    """pupils[area, 0 … steps, grade]: seen[area, grade] of step at[grade], moved on a grade each year; NaN where nobody
    is known."""
    pupils = np.full((len(seen), steps + 1, seen.shape[1]), np.nan)
    fed = np.flatnonzero(before >= 0)
    for step in range(steps + 1):
        if step:
            pupils[:, step, fed] = pupils[:, step - 1, before[fed]] * ratio[fed]
        observed = (at == step) & np.isfinite(seen).all(axis=0)
        pupils[:, step, observed] = seen[:, observed]
    return pupils

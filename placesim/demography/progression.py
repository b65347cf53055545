"""Rolls by grade: county totals of each year, and the ratios by which a cohort passes from grade to grade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.frames import numbers, positions
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

    @property
    def latest(self) -> Floats:
        """total[grade] of the last year, NaN where unknown."""
        return self.totals[-1] if len(self.years) else np.full(len(self.before), np.nan)


def read_rolls(inputs: Inputs, stages: Stages, base: int, *, past: int) -> Rolls:
    """The rolls up to the base year; progression is the mean of the last `past` pairs of years."""
    years, totals = _grade_totals(inputs, stages, base)
    before = grades_before(stages)
    return Rolls(years, totals, before, progression_ratios(years, totals, before, past=past))


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


def progression_ratios(years: Ints, totals: Floats, before: Ints, *, past: int) -> Floats:
    """ratio[grade]: exp of the mean log ratio of the last `past` pairs of consecutive years, weighted by pupils."""
    pairs = np.flatnonzero(np.diff(years) == 1)[-past:]
    start, end = totals[pairs][:, before], totals[pairs + 1]
    known = (start > 0) & (end > 0) & (before >= 0)
    log_ratio = np.log(np.divide(end, start, out=np.ones_like(end), where=known))
    weight = np.where(known, start, 0.0)
    total = weight.sum(axis=0)
    mean = np.divide((weight * log_ratio).sum(axis=0), total, out=np.full(len(before), np.nan), where=total > 0)
    return np.exp(mean)


def advance(start: Floats, ratio: Floats, before: Ints, *, steps: int) -> Floats:
    """pupils[area, 0 … steps, grade]: start[area, grade] moved on a grade each year; NaN where nobody is known."""
    pupils = np.full((len(start), steps + 1, start.shape[1]), np.nan)
    pupils[:, 0] = start
    fed = np.flatnonzero(before >= 0)
    for step in range(steps):
        pupils[:, step + 1, fed] = pupils[:, step, before[fed]] * ratio[fed]
    return pupils

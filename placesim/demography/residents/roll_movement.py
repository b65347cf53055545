"""Movement at school age as the county's rolls tell it: a grade against the grade before, a year earlier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.demography.residents.cohort_pairs import RECENT
from placesim.demography.residents.shrinkage import Evidence
from placesim.records import Floats, Inputs, Ints, Stages
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Break

KINDERGARTEN: Final = "kindergarten"  # not all attend: its rolls tell nothing of movement
LAST_COMPULSORY_ENTRY: Final = 12  # age up to which all move on to the next stage; later, those leave who leave school


def roll_evidence(
    inputs: Inputs, options: ProjectionOptions, stages: Stages | None, *, survival: Floats, ages: int
) -> Evidence:
    """One row for the whole county, columns the ages 0 … ages − 1 of the later grade; survival[sex, age] taken off.

    Rolls are by school, not by home, so they tell nothing of single areas. Years before the last ten and pairs across a
    break are left out.
    """
    moves, people = np.zeros(ages), np.zeros(ages)
    if stages is not None and inputs.has("enrolment") and len(stages.grades) > 1:
        years, total = _totals(inputs, stages, options.years[0])
        age = stages.ages[1:]
        expected = total[:-1, :-1] * survival.mean(axis=0)[age][:, None]
        after = total[1:, 1:]
        known = np.isfinite(expected) & np.isfinite(after) & (_continuing(stages) & (age < ages))[:, None]
        known &= ~_broken(options.demography.breaks, years)
        grade, year = np.nonzero(known)
        np.add.at(moves, age[grade], (after - expected)[grade, year])
        np.add.at(people, age[grade], (after + expected)[grade, year] / 2)
    return Evidence(moves[None], people[None], people[None].copy())


def _totals(inputs: Inputs, stages: Stages, base: int) -> tuple[Ints, Floats]:
    """(years up to the base year, pupils[grade, year] of all schools); NaN where no school has a row."""
    rolls = inputs.frame("enrolment")
    grade, year, pupils = positions(rolls, "grade", stages.grades), numbers(rolls, "year"), numbers(rolls, "pupils")
    years = np.arange(base - RECENT, base + 1)
    use = (grade >= 0) & np.isfinite(pupils) & np.isin(year, years)
    total = np.zeros((len(stages.grades), len(years)))
    told = np.zeros(total.shape, dtype=bool)
    column = (year[use] - years[0]).astype(np.int64)
    np.add.at(total, (grade[use], column), pupils[use])
    told[grade[use], column] = True
    return years, np.where(told, total, np.nan)


def _continuing(stages: Stages) -> NDArray[np.bool_]:
    """continuing[grade]: whether all pupils of a grade (but the last) are expected in the next one."""
    age, stage = stages.ages, stages.stage_of_grade
    within = (stage[1:] == stage[:-1]) | (age[1:] <= LAST_COMPULSORY_ENTRY)
    schooled = np.array([name != KINDERGARTEN for name in stages.ids], dtype=bool)[stage[:-1]]
    return np.asarray(schooled & within & (age[1:] == age[:-1] + 1))


def _broken(breaks: Sequence[Break], years: Ints) -> NDArray[np.bool_]:
    """broken[year] (but the last): whether a break lies between a year and the next; any area's touches the county."""
    return np.isin(years[1:], [told.year for told in breaks])

"""Which grades a school teaches in the coming years: those it has, those that a new school fills up, and not those that
a school on its way out has left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.rolls.history import History
from placesim.demography.rolls.level import Flags, is_known, some
from placesim.records import Frozen, Ints

NEW: Final = 2  # years on record up to which a school fills up


@dataclass(frozen=True, eq=False)
class Taught(Frozen):
    """open[step, school, grade]: taught, step 0 the last year · new[…]: not taught in the last year, filled by the
    cohort of the grade below · fed[…]: taught after the grade below was, in the same school, whose cohort comes."""

    open: Flags
    new: Flags
    fed: Flags


def taught_grades(history: History, steps: int) -> Taught:
    """What the history tells of its last year and the `steps` years after it."""
    past = history.taught[some(is_known(history.pupils), (1, 2))]
    has, grade = past[-1], np.arange(len(history.grades))
    first, last = (bound[:, :, None] for bound in _bounds(past, steps))
    new = (grade > last[:1]) & (grade <= last)
    taught = (has | new) & (grade >= first)
    below = np.zeros_like(taught)
    below[1:, :, 1:] = taught[:-1, :, :-1]
    return Taught(taught, new & taught, below & taught)


def _bounds(past: Flags, steps: int) -> tuple[Ints, Ints]:
    """(lowest, highest)[step, school] grade of the coming years.

    A school grows a grade a year, up to the usual top, if its top rose last year or it is new; it runs out a grade a
    year if its lowest grade rose in each of the last two years.
    """
    lowest, highest = _lowest(past), _highest(past)
    ahead = np.arange(steps + 1)[:, None]
    growing, leaving = _growing(past, highest), np.zeros(past.shape[1], dtype=np.bool_)
    if len(past) > 2:
        leaving = (lowest[-3] >= 0) & (lowest[-2] == lowest[-3] + 1) & (lowest[-1] == lowest[-2] + 1)
    usual = _usual_tops(past[-1], growing & ~leaving)
    grown = np.maximum(np.minimum(highest[-1] + ahead, usual), highest[-1])
    return np.where(leaving, lowest[-1] + ahead, lowest[-1]), np.where(growing & ~leaving, grown, highest[-1])


def _growing(past: Flags, highest: Ints) -> Flags:
    """Schools whose top grade rose last year, and new ones."""
    taught = some(past, 2)
    new = (taught.sum(axis=0) <= NEW) & ~taught[0]
    rose = (highest[-1] > highest[-2]) & (highest[-2] >= 0) if len(past) > 1 else np.zeros_like(new)
    return taught[-1] & (rose | new)


def _lowest(taught: Flags) -> Ints:
    """The lowest grade[…] taught, −1 where there is none."""
    return np.where(some(taught, -1), taught.argmax(axis=-1), -1)


def _highest(taught: Flags) -> Ints:
    """The highest grade[…] taught, −1 where there is none."""
    return np.where(some(taught, -1), taught.shape[-1] - 1 - taught[..., ::-1].argmax(axis=-1), -1)


def _usual_tops(has: Flags, growing: Flags) -> Ints:
    """usual[school]: the commonest top grade of grown schools that begin with the same grade, the highest of equals;
    the last grade of all where no grown school begins so."""
    lowest, highest, grades = _lowest(has), _highest(has), has.shape[1]
    usual = np.full(len(has), grades - 1)
    for school in np.flatnonzero(growing):
        alike = highest[(lowest == lowest[school]) & ~growing & (highest >= 0)]
        if len(alike):
            usual[school] = grades - 1 - np.bincount(alike, minlength=grades)[::-1].argmax()
    return usual

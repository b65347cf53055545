"""One stage of the base year fitted to its rolls: who goes where, and how much each school attracts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.calibration.furness import Cells, balance, whole_cells
from placesim.allocation.calibration.pattern import Pattern
from placesim.records import Floats, Ints

_BORDER, _FEW = 0.02, 5  # how far leavers may be off before rolls and pupils are taken to disagree: share, pupils


@dataclass(frozen=True)
class Rolls:
    """The stage in the base year. pupils[area, grade] whole, the last area being outside; roll[school, grade], NaN
    in all grades of a school whose roll is not known; teaches[school, grade]; leaving[area] share who attend beyond the
    border."""

    pupils: Ints
    roll: Floats
    teaches: NDArray[np.bool_]
    leaving: Floats


@dataclass(frozen=True)
class Fitted:
    """pupils[row] of area[row] in grade[row] at school[row]; school = number of schools: beyond the border.

    attraction[school]: pupils who come ÷ pupils whom pattern and competition alone would bring; 1 on the mean, NaN
    where no roll tells. residual[school, grade]: roll − fitted, NaN without roll.
    """

    area: Ints
    school: Ints
    grade: Ints
    pupils: Ints
    attraction: Floats
    residual: Floats


def fit_rolls(rolls: Rolls, seed: Pattern) -> Fitted:
    """Fit the pattern, outside included, to pupils by area and rolls by school: first the stage, then grade by grade.

    The border closes each grade: whoever is in no roll attends outside, so that the leavers of a grade are its pupils −
    its rolls where that is possible. Each grade starts from the fit of the stage.
    """
    schools = len(rolls.roll)
    seed = _with_border(seed, rolls.leaving, schools)
    cells = Cells(seed.area, seed.school)
    pupils = rolls.pupils.sum(axis=1)
    closes = _all_have_schools(cells, seed.share, pupils, schools)
    totals = _totals(rolls.roll.sum(axis=1), pupils, rolls.leaving, closes)
    of_stage = balance(cells, seed.share, pupils.astype(float), totals)
    parts = [_grade(rolls, cells, of_stage.value, g) for g in range(rolls.pupils.shape[1])]
    area, school, grade, placed = (np.concatenate([p[i] for p in parts]) for i in range(4))
    fitted = np.zeros((schools + 1, rolls.pupils.shape[1]))
    np.add.at(fitted, (school, grade), placed)
    attraction = _attraction(of_stage.factor[:schools], rolls)
    return Fitted(area, school, grade, placed, attraction, rolls.roll - fitted[:schools])


def _with_border(seed: Pattern, leaving: Floats, schools: int) -> Pattern:
    """The pattern with the school `outside` (position `schools`) as one more destination."""
    leavers = np.flatnonzero(leaving > 0)
    return Pattern(
        np.concatenate([seed.area, leavers]),
        np.concatenate([seed.school, np.full(len(leavers), schools)]),
        np.concatenate([seed.share * (1 - leaving[seed.area]), leaving[leavers]]),
    )


def _all_have_schools(cells: Cells, seed: Floats, pupils: Ints, schools: int) -> bool:
    """Whether every area with pupils has a way to a school: only then may nobody leave."""
    inside = cells.by_row(np.where(cells.column < schools, seed, 0.0), len(pupils)) > 0
    return bool(inside[pupils > 0].all())


def _totals(roll: Floats, pupils: Ints, leaving: Floats, closes: bool) -> Floats:
    """total[school or outside]: rolls, and the rest for outside; where that is not about the leavers expected, rolls
    are incomplete or of another year: they are then scaled to the pupils who stay. closes: nobody at all may leave."""
    known, everyone = np.nansum(roll), float(pupils.sum())
    leavers, free = float(pupils @ leaving), np.isnan(roll).any()
    border = min(leavers, everyone - known) if free else everyone - known
    if (
        (border > 0 or (border == 0 and closes))
        and leavers > 0
        and abs(border - leavers) <= max(_BORDER * everyone, _FEW)
    ):
        return np.append(roll, border)
    stay = everyone - leavers
    scale = stay / known if known and (not free or known > stay) else 1.0
    return np.append(roll * scale, leavers)


def _grade(rolls: Rolls, cells: Cells, seed: Floats, g: int) -> tuple[Ints, Ints, Ints, Ints]:
    """(area, school, grade, pupils) of a grade, rows with pupils."""
    taught = np.append(rolls.teaches[:, g], True)[cells.column]
    pupils = rolls.pupils[:, g]
    seed = np.where(taught, seed, 0.0)
    closes = _all_have_schools(cells, seed, pupils, len(rolls.roll))
    totals = _totals(rolls.roll[:, g], pupils, rolls.leaving, closes)
    found = balance(cells, seed, pupils.astype(float), totals)
    whole = whole_cells(cells, found.value, pupils, totals)
    some = np.flatnonzero(whole)
    return cells.row[some], cells.column[some], np.full(len(some), g), whole[some]


def _attraction(factor: Floats, rolls: Rolls) -> Floats:
    """Factors of the schools that taught and have a roll, their mean over the pupils 1."""
    pupils = rolls.roll.sum(axis=1)
    known, told = ~np.isnan(pupils) & rolls.teaches.any(axis=1), pupils > 0
    if not told.any():
        return np.where(known, 0.0, np.nan)
    mean = np.exp(np.average(np.log(np.maximum(factor[told], 1e-12)), weights=pupils[told]))
    return np.where(known, factor / mean, np.nan)

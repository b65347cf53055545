"""The forecast of rolls as a table: schools and grades, the years ahead, and how far off it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.rolls.history import History, read_history, refuse_strangers, whole_years
from placesim.demography.rolls.intervals import band, look_back
from placesim.demography.rolls.level import Flags, some
from placesim.demography.rolls.path import follow_rolls
from placesim.errors import InputError
from placesim.records import Floats

COLUMNS: Final = ("year", "school", "grade", "mean", "p10", "p50", "p90")


def forecast_rolls(
    enrolment: pd.DataFrame,
    births: pd.DataFrame | None = None,
    *,
    grades: Sequence[str],
    horizon: int,
    entry_lag: int | None = None,
    exclude: Sequence[int] = (),
) -> pd.DataFrame:
    """Pupils by school and grade in each of the `horizon` years after the last year of `enrolment`.

    `enrolment`: year, school (any unit: a school, an authority), grade, pupils. A year without rows, or a school
    without rows between years with rows, was not counted; a grade without a row in a school that has others is empty,
    unless it held more than 6 pupils before and after. `grades`: from the first to the last, one school year each.
    `births`: year, births and optionally school (the births of the unit's own area), by cohort year: entrants of year
    y come from births of y − `entry_lag`, which must be given with them. Years past the last birth follow its damped
    trend, entrants without births their own. `exclude`: years left out everywhere, as if not counted.

    Result: year, school, grade, mean, p10, p50, p90 for every year, every school with pupils in the last year and
    every grade it has or will fill (0 in years in which it does not teach it); then rows with school None: each grade
    of all schools together. Means of schools sum to those of the None rows; their quantiles do not, they are those of
    the sum. p50 is the mean. Schools that open after the last year are no part of it; closures are not foreseen.

    Method: a local-level filter on log progression of the area and of each school beside it, shrunk by the spread
    between schools; cohorts pulled towards the school's share of the area as far as they were in the past; entrants per
    birth as a slow level. Intervals are those of its own past errors, rerun from every past year.
    Raises InputError naming argument, row and rule.
    """
    steps = whole_steps(horizon)
    history = read_history(enrolment, births, grades=grades, entry_lag=entry_lag, exclude=exclude)
    refuse_strangers(enrolment, births)
    return forecast_from(history, horizon=steps, after=int(whole_years("enrolment", enrolment).max()))


def whole_steps(horizon: int) -> int:
    """The horizon, or InputError if it is no whole number of years from 1 on."""
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise InputError("horizon", "must be a whole number of years, at least 1", value=horizon)
    return int(horizon)


def forecast_from(history: History, *, horizon: int, after: int) -> pd.DataFrame:
    """The forecast of the `horizon` years past the year `after`, which the history may end before."""
    steps = after - history.last_year + horizon
    path = with_sum(follow_rolls(history, steps))
    cells, together = look_back(history, steps)
    low, high = (
        np.concatenate([of_cells, of_sums[:, None]], axis=1)
        for of_cells, of_sums in zip(band(path[1:, :-1], cells), band(path[1:, -1], together), strict=True)
    )
    table = path_rows(history, path)
    shown = _shown(path)
    table = table.assign(p10=low[:, shown].ravel(), p50=table["mean"], p90=high[:, shown].ravel())
    return table.loc[table["year"] > after, list(COLUMNS)].reset_index(drop=True)


def with_sum(path: Floats) -> Floats:
    """path[step, school and all together, grade]."""
    return np.concatenate([path, path.sum(axis=1, keepdims=True)], axis=1)


def _shown(path: Floats) -> Flags:
    """Cells[school and all together, grade] of schools with pupils in step 0 that have any pupils in some step."""
    return (path[0].sum(axis=1, keepdims=True) > 0) & some(path > 0, 0)


def path_rows(history: History, path: Floats) -> pd.DataFrame:
    """year, school (None: all together), grade and mean of path[step ≥ 1, school and all together, grade]."""
    shown = _shown(path)
    steps, (unit, grade) = len(path) - 1, np.nonzero(shown)
    names = np.empty(path.shape[1], dtype=object)
    names[:-1] = history.schools
    return pd.DataFrame(
        {
            "year": np.repeat(history.last_year + 1 + np.arange(steps), len(unit)),
            "school": pd.Series(np.tile(names[unit], steps), dtype=object),  # None stays None
            "grade": np.tile(np.array(history.grades, dtype=object)[grade], steps),
            "mean": path[1:, shown].ravel(),
        }
    )

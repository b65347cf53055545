"""The forecast of rolls as a table: schools and grades, the years ahead, and how far off it may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from placesim.demography.rolls.history import History, read_history, whole_years
from placesim.demography.rolls.intervals import band, look_back
from placesim.demography.rolls.level import Flags
from placesim.demography.rolls.path import follow_rolls
from placesim.errors import InputError
from placesim.records import Floats

COLUMNS = ("year", "school", "grade", "mean", "p10", "p50", "p90")


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
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise InputError("horizon", "must be a whole number of years, at least 1", value=horizon)
    history = read_history(enrolment, births, grades=grades, entry_lag=entry_lag, exclude=exclude)
    skipped = int(whole_years("enrolment", enrolment).max()) - history.last_year
    steps = skipped + int(horizon)
    path = follow_rolls(history, steps)
    cells, together = look_back(history, steps)
    shown = (path[0].sum(axis=1, keepdims=True) > 0) & (path > 0).any(axis=0)
    by_school = _rows(history, path, band(path[1:], cells), shown)
    total = path.sum(axis=1)
    of_all = _rows(history, total[:, None], band(total[1:], together), shown.any(axis=0, keepdims=True))
    of_all["school"] = None
    table = pd.concat([by_school, of_all], ignore_index=True)
    table = table[table["year"] > history.last_year + skipped]
    return table.sort_values("year", kind="stable", ignore_index=True)


def _rows(history: History, path: Floats, quantiles: tuple[Floats, Floats], shown: Flags) -> pd.DataFrame:
    """One row per step, school and grade shown[school, grade], of path[step, school, grade]."""
    steps = len(path) - 1
    low, high = (q.reshape(steps, *shown.shape)[:, shown] for q in quantiles)
    mean = path[1:, shown]
    school, grade = np.nonzero(shown)
    names = np.empty(len(history.schools), dtype=object)
    names[:] = history.schools
    columns = {
        "year": np.repeat(history.last_year + 1 + np.arange(steps), len(school)),
        "school": np.tile(names[school], steps),
        "grade": np.tile(np.array(history.grades, dtype=object)[grade], steps),
        "mean": mean.ravel(), "p10": low.ravel(), "p50": mean.ravel(), "p90": high.ravel(),
    }  # fmt: skip
    return pd.DataFrame(columns, columns=list(COLUMNS))

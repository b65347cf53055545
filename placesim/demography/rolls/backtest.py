"""How forecasts of rolls would have done: from every past year, with what was known then, against what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.rolls.entrants import area_totals
from placesim.demography.rolls.forecast import forecast_from, path_rows, whole_steps, with_sum
from placesim.demography.rolls.history import History, read_history, refuse_strangers
from placesim.demography.rolls.intervals import LEAST_YEARS
from placesim.demography.rolls.level import is_known, some
from placesim.demography.rolls.plain import last_year, three_year_progression
from placesim.errors import InputError
from placesim.records import Floats

OWN_METHOD: Final = "placesim"
PLAIN: Final[Mapping[str, Callable[[History, int], Floats]]] = {
    "last_year": last_year,
    "three_year_progression": three_year_progression,
}
COLUMNS: Final = (
    "method", "origin", "year", "horizon", "school", "grade", "forecast", "p10", "p90", "actual", "error",
)  # fmt: skip
NAMES: Final = ("method", "school", "grade")  # columns that are no numbers
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {"cell": ("school", "grade"), "school": ("school",), "total": ()}


def backtest_rolls(
    enrolment: pd.DataFrame,
    births: pd.DataFrame | None = None,
    *,
    grades: Sequence[str],
    horizon: int,
    entry_lag: int | None = None,
    exclude: Sequence[int] = (),
    origins: int | None = None,
) -> pd.DataFrame:
    """Forecasts from past years, each with rolls and births up to that year only, against the rolls that came.

    Arguments as of `forecast_rolls`. `origins`: only the last so many; without it every year but the last that has two
    counted years before it. Result: one row per method (placesim, last_year, three_year_progression), origin, year,
    horizon (years ahead), school (None: all together) and grade, with forecast, p10 and p90 (NaN of the plain methods),
    actual (NaN where not counted, or where the school has closed; of None rows all schools of that year) and error =
    (forecast − actual) / actual (NaN where nobody came). No rows where the past is too short.
    Raises InputError as `forecast_rolls` does.
    """
    steps = whole_steps(horizon)
    if origins is not None and (isinstance(origins, bool) or not isinstance(origins, int | np.integer) or origins < 1):
        raise InputError("origins", "must be a whole number, at least 1, or None", value=origins)
    truth = read_history(enrolment, births, grades=grades, entry_lag=entry_lag, exclude=exclude)
    refuse_strangers(enrolment, births)
    counted = truth.first_year + np.flatnonzero(some(is_known(truth.pupils), (1, 2)))
    tried = counted[LEAST_YEARS - 1 : -1][-(origins or len(counted)) :]
    parts = []
    for origin in tried.tolist():
        rolls, born = _up_to(origin, enrolment), None if births is None else _up_to(origin, births)
        known = read_history(rolls, born, grades=grades, entry_lag=entry_lag, exclude=exclude)
        parts.append(_forecasts(known, min(steps, truth.last_year - origin)).assign(origin=origin))
    if not parts:
        return no_backtest()
    return _against(pd.concat(parts, ignore_index=True), truth)


def no_backtest() -> pd.DataFrame:
    """The table without rows."""
    return pd.DataFrame({c: pd.Series(dtype=object if c in NAMES else np.float64) for c in COLUMNS})


def _up_to(year: int, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[pd.to_numeric(frame["year"]) <= year]


def _forecasts(known: History, steps: int) -> pd.DataFrame:
    """Every method's rows from the last year of what is known; the plain ones have no intervals."""
    own = forecast_from(known, horizon=steps, after=known.last_year).drop(columns="p50")
    plain = [
        path_rows(known, with_sum(method(known, steps))).assign(method=name, p10=np.nan, p90=np.nan)
        for name, method in PLAIN.items()
    ]
    return pd.concat([own.assign(method=OWN_METHOD), *plain], ignore_index=True).rename(columns={"mean": "forecast"})


def _against(forecasts: pd.DataFrame, truth: History) -> pd.DataFrame:
    """The forecasts with what came."""
    actual = with_sum(np.where(truth.open_schools[:, :, None], truth.pupils, np.nan))
    actual[:, -1] = area_totals(truth.pupils)
    named = forecasts["school"].notna()
    units = pd.Index(list(truth.schools), dtype=object).get_indexer(pd.Index(forecasts["school"], dtype=object))
    grade = pd.Index(truth.grades, dtype=object).get_indexer(pd.Index(forecasts["grade"], dtype=object))
    came = actual[forecasts["year"] - truth.first_year, np.where(named, units, -1), grade]
    error = np.divide(forecasts["forecast"] - came, came, out=np.full(len(came), np.nan), where=came > 0)
    ahead = forecasts["year"] - forecasts["origin"]
    return forecasts.assign(horizon=ahead, actual=came, error=error)[list(COLUMNS)]


def backtest_summary(
    backtest: pd.DataFrame, *, by: Sequence[str] = ("horizon",), stages: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """How far off each method was: rows of level, method and `by` with n, mape, bias and coverage (shares of one).

    Levels: cell (a school's grade), school (a school's grades summed) and total (all schools and grades summed; of the
    None rows, so that schools that opened count). `by`: any of origin, year, horizon, school, grade and, where
    `stages` maps each grade to its stage, stage; grades are then summed within theirs. n: forecasts with an actual;
    mape = mean |error| of those where anybody came; bias = Σ (forecast − actual) / Σ actual; coverage: share of actuals
    from p10 to p90, of totals grade by grade, NaN of summed schools and of methods without intervals.
    Raises InputError for a `by` that is no such column.
    """
    table = backtest if stages is None else backtest.assign(stage=backtest["grade"].map(dict(stages)))
    allowed = ("origin", "year", "horizon", "school", "grade", *(["stage"] if stages is not None else []))
    for place, column in enumerate(by):
        if column not in allowed:
            raise InputError("by", f"must be of {', '.join(allowed)}", place, column)
    together = table["school"].isna()
    covered = (table["actual"] >= table["p10"]) & (table["actual"] <= table["p90"])
    table = table.assign(covered=covered.where(table["p10"].notna() & table["actual"].notna()).astype(np.float64))
    parts = [_level(level, table[together if level == "total" else ~together], tuple(by)) for level in LEVELS]
    return pd.concat(parts, ignore_index=True)


def _level(level: str, rows: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """The figures of one level: its rows summed to the units it speaks of, then taken together by `by`."""
    units = list(dict.fromkeys(["method", "origin", "year", "horizon", *LEVELS[level], *by]))
    known = rows[rows["actual"].notna()]
    summed = known.groupby(units, as_index=False, dropna=False, sort=True)[["forecast", "actual"]].sum()
    missed = summed["forecast"] - summed["actual"]
    summed = summed.assign(missed=missed, size=(missed.abs() / summed["actual"]).where(summed["actual"] > 0), n=1)
    keys = ["method", *by]
    grouped = summed.groupby(keys, dropna=False, sort=True)
    figures = grouped[["n", "missed", "actual"]].sum().assign(mape=grouped["size"].mean())
    figures["bias"] = (figures["missed"] / figures["actual"]).where(figures["actual"] > 0)
    covered = known.groupby(keys, dropna=False, sort=True)["covered"].mean()
    figures["coverage"] = covered if level != "school" else np.nan
    return figures.reset_index().assign(level=level)[["level", *keys, "n", "mape", "bias", "coverage"]]

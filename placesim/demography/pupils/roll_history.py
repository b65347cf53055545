"""The rolls of a county as forecasts of rolls take them: one history per chain of grades that cohorts pass through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import numbers
from placesim.demography.residents.births import cohort_births
from placesim.demography.rolls.backtest import backtest_rolls, backtest_summary, no_backtest
from placesim.demography.rolls.progression import grades_before
from placesim.records import Inputs, Stages
from placesim.scenario.options import DemandOptions

RESIDENCE: Final = "mother_residence"  # the basis of births that says where children will live
HORIZON: Final = 5  # years ahead that forecasts are tried at


@dataclass(frozen=True)
class RollHistory:
    """grades from the first to the last of one chain · enrolment: year, school, grade, pupils of its grades, up to the
    base year · births: year (cohort), births of the county, None where not known · entry_lag: age of the first grade.
    """

    grades: tuple[str, ...]
    enrolment: pd.DataFrame
    births: pd.DataFrame | None
    entry_lag: int


def grade_chains(stages: Stages) -> tuple[tuple[str, ...], ...]:
    """Grades that cohorts pass through one after the other, over all stages; of two grades that follow the same one
    (two kinds of senior school) the first goes on, the other begins a chain of its own."""
    before = grades_before(stages)
    chains: list[list[int]] = []
    for grade, fed_by in enumerate(before.tolist()):
        onward = [chain for chain in chains if fed_by >= 0 and chain[-1] == fed_by]
        if onward:
            onward[0].append(grade)
        else:
            chains.append([grade])
    return tuple(tuple(stages.grades[g] for g in chain) for chain in chains)


def roll_histories(inputs: Inputs, options: DemandOptions) -> tuple[RollHistory, ...]:
    """The county's rolls up to the base year, one history per chain of grades that has any."""
    rolls = _rolls(inputs, options.years[0])
    births = _county_births(inputs, options.reference_date)
    age = dict(zip(options.stages.grades, options.stages.ages.tolist(), strict=True))
    histories = []
    for grades in grade_chains(options.stages):
        of_chain = rolls[rolls["grade"].isin(grades)].reset_index(drop=True)
        if len(of_chain):
            histories.append(RollHistory(grades, of_chain, births, age[grades[0]]))
    return tuple(histories)


def backtest_forecasts(inputs: Inputs, options: DemandOptions) -> pd.DataFrame:
    """Forecasts of the county's rolls from its past years against what came, as `backtest_rolls` gives them; no rows
    where fewer than three years are known."""
    tried = [
        backtest_rolls(h.enrolment, h.births, grades=h.grades, horizon=HORIZON, entry_lag=h.entry_lag)
        for h in roll_histories(inputs, options)
    ]
    return pd.concat(tried, ignore_index=True) if tried else no_backtest()


def backtest_demand(forecasts: pd.DataFrame, stages: Stages) -> pd.DataFrame:
    """How those forecasts did: stage, level (cell | school | total), method, horizon, n, mape, bias, coverage."""
    stage = {g: s.id for s in stages.all for g in s.grades}
    return backtest_summary(forecasts, by=("stage", "horizon"), stages=stage)


def _rolls(inputs: Inputs, base: int) -> pd.DataFrame:
    """year, school, grade, pupils of the rows that tell pupils, once each."""
    table = inputs.frame("enrolment")
    year, pupils = numbers(table, "year"), numbers(table, "pupils")
    use = np.isfinite(pupils) & (year <= base) & table["grade"].notna().to_numpy()
    rows = pd.DataFrame(
        {
            "year": year[use].astype(np.int64),
            "school": table["school_id"].to_numpy(dtype=object)[use],
            "grade": table["grade"].to_numpy(dtype=object)[use],
            "pupils": pupils[use],
        }
    )
    return rows.groupby(["year", "school", "grade"], as_index=False, sort=True)[["pupils"]].sum()


def _county_births(inputs: Inputs, reference_date: str) -> pd.DataFrame | None:
    """Births of the county by cohort, by mother's residence: the county's own rows, else the sum of areas in the years
    that as many areas tell as ever do."""
    table = inputs.frame("births")
    table = table[(table["basis"] == RESIDENCE).to_numpy(dtype=bool)]
    if not len(table):
        return None
    columns = ["area_id", "year", *(["month"] if "month" in table else []), "births"]
    cohorts = cohort_births(table[columns], cutoff=reference_date)
    of_county = cohorts["area_id"].isna()
    areas = cohorts[~of_county].groupby("year")["births"].agg(["sum", "size"])
    summed = areas.loc[areas["size"] == areas["size"].max(), "sum"]
    told = cohorts[of_county].set_index("year")["births"].combine_first(summed)
    return pd.DataFrame({"year": told.index, "births": told.to_numpy()})

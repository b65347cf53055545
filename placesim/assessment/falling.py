"""Rolls of the past, and by how much a roll fell in five years."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from placesim.records import Inputs, Results

YEARS: Final = 5
PAST: Final = tuple(f"roll_{k}" for k in range(1, YEARS + 1))  # so many years before the base year


def falling(sections: pd.DataFrame, past: pd.DataFrame) -> pd.Series:
    """1 − roll ÷ roll five years before, for each row of the school measures; NaN where that is not known or nobody.

    past: roll_1 … roll_5 years before the base year, by school_id and stage. A roll that rose has a negative fall.
    """
    base = int(sections["year"].min()) if len(sections) else 0
    ran = sections[["school_id", "stage", "year", "roll"]]
    known = past.melt(["school_id", "stage"], list(PAST), "ago", "roll")
    counted = known.assign(year=base - known.pop("ago").astype(str).str.removeprefix("roll_").astype(int))
    rolls = pd.concat([ran, counted]).set_index(["school_id", "stage", "year"])["roll"].astype(float)
    before = pd.MultiIndex.from_frame(ran[["school_id", "stage", "year"]].assign(year=ran["year"] - YEARS))
    then = pd.Series(rolls.reindex(before).to_numpy(), index=sections.index)
    return 1.0 - sections["roll"] / then.where(then > 0)


def past_rolls(results: Results, inputs: Inputs) -> pd.DataFrame:
    """roll_1 … roll_5 by school_id and stage; NaN where not counted."""
    base = results.allocation.years[0]
    stages, counted = results.places.stages, inputs.frame("enrolment")
    if not len(counted):
        return pd.DataFrame(columns=["school_id", "stage", *PAST])
    of_grade = dict(zip(stages.grades, np.array(stages.ids, dtype=object)[stages.stage_of_grade], strict=True))
    rows = counted.assign(stage=counted["grade"].map(of_grade), ago=base - counted["year"].astype(int))
    rows = rows[rows["ago"].between(1, len(PAST))].assign(name=lambda t: "roll_" + t["ago"].astype(str))
    table = rows.pivot_table(index=["school_id", "stage"], columns="name", values="pupils", aggfunc="sum")
    return table.reindex(columns=list(PAST)).astype("float64").reset_index()

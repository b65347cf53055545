"""The years in which limits are crossed: a finding that holds year after year is told once, with its course."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from placesim.assessment.outlook.spells import with_spells

KEYS: Final = ("rule_id", "unit", "id", "stage")
LIMITS_CROSSED: Final = (
    *KEYS, "since", "until_year", "years", "from_start", "to_end", "metric", "operator", "limit", "first_value",
    "peak_value", "peak_year", "last_value", "chance", "severity", "document", "clause", "confidence", "document_en",
)  # fmt: skip


def limits_crossed(findings: pd.DataFrame, chances: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """One row per rule, unit and run of years in which the rule does not hold: since (the year it was crossed; with
    from_start the limit was broken in the base year already), until_year, years, and the value at the start, at its
    worst (peak_value, peak_year) and at the end. to_end: still so in the last year. limit: that of the worst year.

    chances: of the sampled futures, by school; chance: that a school is over its design places in the worst year, where
    the limit is on its utilisation.
    """
    if not len(findings):
        return pd.DataFrame(columns=list(LIMITS_CROSSED))
    rows = with_spells(findings, KEYS)
    upwards = np.where(rows["operator"].isin(["<", "<="]), 1.0, -1.0)  # what must be below a limit is worse above it
    distance = np.where(rows["operator"] == "==", (rows["value"] - rows["limit"]).abs(), upwards * rows["value"])
    groups = rows.assign(distance=distance).groupby("spell", sort=False)
    worst = rows.loc[groups["distance"].idxmax()].reset_index(drop=True)
    ends = groups.agg(
        since=("year", "min"), until_year=("year", "max"), years=("year", "size"), first_value=("value", "first"),
        last_value=("value", "last"),
    ).reset_index(drop=True)  # fmt: skip
    table = worst.rename(columns={"value": "peak_value", "year": "peak_year"}).join(ends)
    table = table.assign(chance=_chance(table, chances))
    return table.assign(from_start=table["since"] == years[0], to_end=table["until_year"] == years[-1])[
        list(LIMITS_CROSSED)
    ]


def _chance(table: pd.DataFrame, chances: pd.DataFrame) -> pd.Series:
    of_school = chances.set_index(["school_id", "stage", "year"])["chance_over_design"].astype(float)
    at = pd.MultiIndex.from_frame(table[["id", "stage", "peak_year"]])
    chance = pd.Series(of_school.reindex(at).to_numpy(), index=table.index)
    return chance.where((table["unit"] == "stage_section") & (table["metric"] == "utilisation"))

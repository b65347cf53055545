"""What the evaluation measures of the county as a whole: reported shares, retention, admission to the zone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.quality.case import Case, in_force
from placesim.assessment.quality.words import SHARES, TRANSFERS

KEY = ["stage", "year"]
COUNTY_METRICS = (*SHARES, "certified_share", "retention_3", "nearby_share")
_ZONED = ("urban", "town")


def county_metrics(case: Case) -> pd.DataFrame:
    """One row per stage, and the stages together, and year: COUNTY_METRICS, NaN where the county's tables do not allow.

    A metric that the table `indicators` reports itself is taken from there.
    """
    rows = pd.MultiIndex.from_product([[*case.stages, case.together], case.years], names=KEY).to_frame(index=False)
    rows = rows.drop_duplicates(ignore_index=True)
    own = own_indicators(case)
    made = {metric: _share(case, own, rows, *counts) for metric, counts in SHARES.items()}
    made["certified_share"] = _certified(case, rows)
    made["retention_3"] = _retention(case, own, rows)
    made["nearby_share"] = _nearby(case, rows)
    reported = {metric: _reported(case, own, rows, metric) for metric in made}
    table = pd.DataFrame({m: reported[m].where(reported[m].notna(), values) for m, values in made.items()})
    return rows.join(table.astype(float))


def own_indicators(case: Case) -> pd.DataFrame:
    """This county's rows of `indicators`: those marked as its own, or all where the table holds one county only."""
    table = case.inputs.frame("indicators")
    own = table["own"].eq(True).to_numpy(dtype=bool)
    return table if not own.any() and table["county"].nunique() <= 1 else table[own]


def _reported(case: Case, own: pd.DataFrame, rows: pd.DataFrame, indicator: str) -> pd.Series:
    """An indicator as in force for each row; one without a stage stands for the stages together."""
    table = own[own["indicator"] == indicator]
    said = pd.DataFrame(
        {
            "stage": table["stage"].where(table["stage"].notna(), case.together).astype(object),
            "year": table["year"],
            "value": table["value"].astype(float),
        }
    )
    return in_force(said, rows, ["stage"])["value"]


def _share(case: Case, own: pd.DataFrame, rows: pd.DataFrame, above: Sequence[str], below: Sequence[str]) -> pd.Series:
    """Σ above ÷ Σ below of counts that are all known."""
    top, bottom = (
        sum((_reported(case, own, rows, c) for c in counts), pd.Series(0.0, rows.index)) for counts in (above, below)
    )
    return pd.Series(ratio(top.to_numpy(dtype=float), bottom.to_numpy(dtype=float)), rows.index)


# ---------------------------------------------------------------------------------------------- teachers
def _certified(case: Case, rows: pd.DataFrame) -> pd.Series:
    """Certified ÷ (in post + on contract) of each stage, in rows of `staff` that say how many are certified."""
    staff = case.inputs.frame("staff")
    staff = staff[staff["certified"].notna() & staff["in_post"].notna()]
    if staff.empty:
        return pd.Series(np.nan, rows.index)
    teachers = staff["in_post"].astype(float) + staff["contract"].astype(float).fillna(0)
    sums = staff.assign(teachers=teachers).groupby(KEY)[["certified", "teachers"]].sum().reset_index()
    held = in_force(sums, rows, ["stage"])
    return pd.Series(ratio(held["certified"].to_numpy(dtype=float), held["teachers"].to_numpy(dtype=float)), rows.index)


# ---------------------------------------------------------------------------------------------- retention
def _retention(case: Case, own: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Pupils in the last grade ÷ (pupils in the first grade when they entered + in − out − deaths).

    Of junior high this is the three-year retention (巩固率) of 教督〔2017〕6号. What came in, went out and died is
    reported under the year of the last grade; without it there is no value.
    """
    values = []
    for stage, year in rows.itertuples(index=False):
        if stage not in case.stages:
            values.append(np.nan)
            continue
        grades = next(s.grades for s in case.results.allocation.stages.all if s.id == stage)
        moved = [_exactly(own, name, stage, year) for name in TRANSFERS]
        expected = _roll(case, grades[0], year - len(grades) + 1) + moved[0] - moved[1] - moved[2]
        values.append(_roll(case, grades[-1], year) / expected if expected > 0 else np.nan)
    return pd.Series(values, rows.index, dtype=float).round(4)


def _exactly(own: pd.DataFrame, indicator: str, stage: str, year: int) -> float:
    rows = own[(own["indicator"] == indicator) & (own["stage"] == stage) & (own["year"] == year)]
    return float(rows["value"].iloc[0]) if len(rows) else np.nan


def _roll(case: Case, grade: str, year: int) -> float:
    """Pupils of a grade in the county's schools: as counted, else as the run has them; NaN before both."""
    rolls = case.inputs.frame("enrolment")
    counted = rolls[(rolls["grade"] == grade) & (rolls["year"] == year)]
    if len(counted):
        return float(counted["pupils"].sum())
    allocation = case.results.allocation
    if year not in allocation.years:
        return np.nan
    return float(allocation.roll[:, allocation.stages.grades.index(grade), allocation.years.index(year)].sum())


# ---------------------------------------------------------------------------------------------- admission to the zone
def _nearby(case: Case, rows: pd.DataFrame) -> pd.Series:
    """Entrants of urban and town public day schools who live in the school's own zone ÷ all of them.

    A day school is one without beds. NaN for a stage without catchments, or without such entrants.
    """
    entrants, zones = _entrants(case), case.results.places.catchments
    if entrants.empty or zones.empty:
        return pd.Series(np.nan, rows.index)
    entrants = entrants[entrants["stage"].isin(zones["stage"])]
    pairs = entrants.reset_index(names="flow").merge(zones, on=["area_id", "school_id", "stage"])
    begun = pairs["valid_from"].astype(float).fillna(-np.inf) <= pairs["year"]
    held = begun & (pairs["year"] <= pairs["valid_to"].astype(float).fillna(np.inf))
    sums = entrants.assign(inside=entrants["pupils"].where(entrants.index.isin(pairs.loc[held, "flow"]), 0))
    sums = sums.groupby(KEY)[["inside", "pupils"]].sum()
    share = (sums["inside"] / sums["pupils"]).round(4)
    return share.reindex(pd.MultiIndex.from_frame(rows)).set_axis(rows.index)


def _entrants(case: Case) -> pd.DataFrame:
    """stage, year, area_id, school_id, pupils in the first grades of urban and town public day schools."""
    flows, schools = case.results.allocation.rows(), case.results.places.schools
    first = {s.id: s.grades[0] for s in case.results.allocation.stages.all if s.id in case.stages}
    days = schools["school_id"]
    if "sector" in schools:
        days = days[~schools["sector"].eq("private")]
    if "beds" in schools:
        days = days[~schools["beds"].astype(float).gt(0).reindex(days.index)]
    sections = case.sections()
    zoned = days[days.isin(sections.loc[sections["area_type"].isin(_ZONED), "school_id"])]
    rows = flows[flows["grade"].eq(flows["stage"].map(first)) & flows["school_id"].isin(zoned)]
    sums = rows.groupby([*KEY, "area_id", "school_id"], sort=False)["pupils"].sum()
    return sums.reset_index()

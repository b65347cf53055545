"""Checks of what schools have, and of whose the county indicators are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table
from placesim.records import Inputs, Stages
from placesim.scenario import Scenario

OF_TEACHERS = ("above_degree_teachers", "backbone_teachers", "pe_art_teachers", "mid_title_teachers", "pe_teachers")
PER_PUPIL = ("teaching_rooms_area", "sports_area", "equipment_value", "books")
FAR = 30.0  # times the middle school's amount per pupil: a slip of the unit, no difference between schools
FEW = 5  # schools of a stage below which there is no middle to compare with


def parts_of_teachers(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Teachers of a kind are no more than the teachers of the row."""
    table = inputs.tables.get("resources")
    if table is None:
        return
    teachers = table.rows["teachers"].to_numpy(dtype=float)
    for column in OF_TEACHERS:
        for row in np.flatnonzero(table.rows[column].to_numpy(dtype=float) > teachers):
            yield at_row(table, "E450", int(row), column, {"teachers": f"{teachers[row]:g}"})


def resources_of_other_stages(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """What a school has is said for a stage that it teaches."""
    table = inputs.tables.get("resources")
    if table is None or not inputs.has("schools"):
        return
    schools = inputs.frame("schools")
    taught = set(zip(schools["school_id"], schools["stage"], strict=True))
    known, changed = set(schools["school_id"]), _converted(scenario)
    for row, pair in enumerate(zip(table.rows["school_id"], table.rows["stage"], strict=True)):
        if pair[0] in known and pair[1] is not None and pair not in taught | changed:
            yield at_row(table, "W450", row, "stage", {"school": pair[0]})


def _converted(scenario: Scenario) -> set[tuple[str, str]]:
    """(school, stage) that a change of the scenario lets a school teach."""
    return {(c.school, c.to_stage) for c in scenario.changes.values() if c.kind == "convert"}


def amounts_per_pupil(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """An amount per pupil that is far from the middle school's has probably another unit."""
    table = inputs.tables.get("resources")
    if table is None or not inputs.has("enrolment"):
        return
    pupils = _pupils(inputs.frame("enrolment"), table.rows, scenario.stages)
    for column in PER_PUPIL:
        per_pupil = table.rows[column].to_numpy(dtype=float) / pupils
        for stage in scenario.stages.ids:
            rows = np.flatnonzero((table.rows["stage"] == stage).to_numpy() & (per_pupil > 0) & np.isfinite(per_pupil))
            if len(rows) >= FEW:
                middle = float(np.median(per_pupil[rows]))
                for row in rows[np.maximum(per_pupil[rows] / middle, middle / per_pupil[rows]) > FAR]:
                    facts = {"per_pupil": f"{per_pupil[row]:.3g}", "middle": f"{middle:.3g}"}
                    yield at_row(table, "W451", int(row), column, facts)


def _pupils(enrolment: pd.DataFrame, rows: pd.DataFrame, stages: Stages) -> np.typing.NDArray[np.float64]:
    """Pupils of each row's school, stage and year; NaN where none are counted."""
    stage_of = {grade: s.id for s in stages.all for grade in s.grades}
    keys = ["school_id", "stage", "year"]
    sums = enrolment.assign(stage=enrolment["grade"].map(stage_of)).groupby(keys)["pupils"].sum()
    found = sums[sums > 0].reindex(pd.MultiIndex.from_frame(rows[keys]))
    return found.to_numpy(dtype=float, na_value=np.nan)


def resources_in_force(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Some amounts hold in the base year already."""
    table = inputs.tables.get("resources")
    if table is None or table.rows["year"].dropna().empty:
        return
    first = int(table.rows["year"].min())
    if first > scenario.years[0]:
        yield at_table(table, "W452", "year", {"first": first, "base_year": scenario.years[0]})


def own_county(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Of several counties exactly one is this county, and it is so in all its rows."""
    table = inputs.tables.get("indicators")
    if table is None:
        return
    counties, own = table.rows["county"], table.rows["own"].eq(True)
    named = sorted(set(counties[own].dropna()))
    if len(named) > 1:
        yield at_table(table, "E452", "own", {"counties": ", ".join(named)})
    elif not named and counties.nunique() > 1:
        yield at_table(table, "E451", "own", {"counties": counties.nunique()})
    else:
        for row in np.flatnonzero(counties.isin(named) & ~own):
            yield at_row(table, "W453", int(row), "own", {"county": named[0]})

"""Checks of rows that the rolls lack in the base year: a school or grade left out would be simulated as empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_row, positions
from placesim.records import Inputs, Ints, Stage, Table
from placesim.scenario import Scenario

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Section:
    """One stage in its schools: which grades each teaches, and where its rolls say what."""

    stage: Stage
    schools: tuple[str, ...]
    taught: Flags  # [school, grade of the stage]
    given: Flags  # [school, grade] has a row in the base year
    pupils: Flags  # [school, grade] that row counts pupils
    before: Flags  # [school, grade] had pupils in the year before
    previous: Flags  # [school, grade] has a row in the year before
    last: Ints  # [school] row of the last earlier year, −1 without any
    beside: Ints  # [school] first row in the base year, −1 without any


def missing_base_rows(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Every open school has base-year rows for the stages and grades that it plainly teaches."""
    table = inputs.tables.get("enrolment")
    if table is None or not inputs.has("schools"):
        return
    year = scenario.years[0]
    if not (table.rows["year"] == year).any():
        return  # told as a whole by its own check
    unclear = table.rows.iloc[list(table.refused)]
    if unclear["school_id"].isna().any():
        return  # the row that cannot be read may be the one that seems to be missing
    for stage in scenario.stages.all:
        section = _section(inputs, table, stage, year)
        skipped = np.isin(section.schools, [*unclear["school_id"], *_strange(table, scenario)])
        yield from _without_rows(table, section, ~skipped, year)
        yield from _without_grades(table, section, ~skipped, year)


def _strange(table: Table, scenario: Scenario) -> list[str]:
    """Schools with rows of a grade that is not known: other findings speak of these."""
    rows = table.rows
    return rows.loc[~rows["grade"].isin(list(scenario.stages.grades)), "school_id"].unique().tolist()


def _section(inputs: Inputs, table: Table, stage: Stage, year: int) -> _Section:
    rows = inputs.frame("schools")
    opened = ~(rows["valid_from"] > year) & ~(rows["valid_to"] < year)
    rows = rows[opened & (rows["stage"] == stage.id) & rows["school_id"].notna()].drop_duplicates("school_id")
    schools, grades = tuple(rows["school_id"]), np.arange(len(stage.grades))
    first, last = positions(rows["first_grade"], stage.grades), positions(rows["last_grade"], stage.grades)
    end = np.where(last < 0, len(grades) - 1, last)
    shape = (len(schools), len(grades))
    school, grade = positions(table.rows["school_id"], schools), positions(table.rows["grade"], stage.grades)
    mine, years = (school >= 0) & (grade >= 0), table.rows["year"].to_numpy(dtype=float)

    def at(chosen: Flags) -> Flags:
        flags = np.zeros(shape, dtype=bool)
        flags[school[mine & chosen], grade[mine & chosen]] = True
        return flags

    some = (table.rows["pupils"] > 0).to_numpy()
    now, previous = years == year, years == year - 1
    earlier = np.flatnonzero(mine & (years < year))
    earlier = earlier[np.argsort(years[earlier], kind="stable")]
    base = np.flatnonzero(mine & now)
    return _Section(
        stage, schools, (grades >= first[:, None]) & (grades <= end[:, None]), at(now), at(now & some),
        at(previous & some), at(previous), _row_of(school[earlier], earlier, len(schools)),
        _row_of(school[base][::-1], base[::-1], len(schools)),
    )  # fmt: skip


def _row_of(school: Ints, rows: Ints, schools: int) -> Ints:
    """The last of the rows of each school, −1 without any."""
    found = np.full(schools, -1, dtype=np.int64)
    found[school] = rows
    return found


def _without_rows(table: Table, section: _Section, judged: Flags, year: int) -> Iterator[Finding]:
    """Open schools whose rolls of the stage stop before the base year."""
    for s in np.flatnonzero(judged & (section.last >= 0) & (section.beside < 0)):
        row = int(section.last[s])
        facts = {"school": section.schools[s], "stage": dict(section.stage.label), "year": year}
        facts |= {"grades": _grades(section.stage, section.taught[s]), "last": int(table.rows["year"].iloc[row])}
        yield at_row(table, "W311", row, "school_id", facts)


def _without_grades(table: Table, section: _Section, judged: Flags, year: int) -> Iterator[Finding]:
    """Taught grades without a row that are expected to have one."""
    known = section.previous.any(axis=1, keepdims=True)
    expected = np.where(known, _moved_up(section), _at_the_ends(section)) | _gaps(section)
    lacking = section.taught & ~section.given & expected & (judged & (section.beside >= 0))[:, None]
    for s in np.flatnonzero(lacking.any(axis=1)):
        facts = {"school": section.schools[s], "year": year, "grades": _grades(section.stage, lacking[s])}
        finding = at_row(table, "W312", int(section.beside[s]), "school_id", facts)
        yield replace(finding, value=_grades(section.stage, lacking[s]))


def _moved_up(section: _Section) -> Flags:
    """Grades whose cohort was in the school the year before; for the first grade, where there was one the year before.

    A higher grade with pupils the year before says nothing: these have moved on, and small schools skip years.
    """
    none = np.zeros((len(section.schools), 1), dtype=bool)
    below = np.hstack([none, section.before[:, :-1] & section.taught[:, :-1]])
    first = section.taught & ~np.hstack([none, section.taught[:, :-1]])
    return np.where(first, section.before, below)


def _gaps(section: _Section) -> Flags:
    """Grades with pupils of the school both below and above them."""
    below = np.logical_or.accumulate(section.pupils, axis=1)
    above = np.logical_or.accumulate(section.pupils[:, ::-1], axis=1)[:, ::-1]
    return below & above


def _at_the_ends(section: _Section) -> Flags:
    """First and last grades taught beside a grade with pupils."""
    taught, none = section.taught, np.zeros((len(section.schools), 1), dtype=bool)
    first = taught & ~np.hstack([none, taught[:, :-1]]) & np.hstack([section.pupils[:, 1:], none])
    last = taught & ~np.hstack([taught[:, 1:], none]) & np.hstack([none, section.pupils[:, :-1]])
    return first | last


def _grades(stage: Stage, flags: Flags) -> str:
    return ", ".join(np.array(stage.grades, dtype=object)[flags])

"""Checks of ids, keys and intervals: what names a row, and what one table says of another's rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from placesim.dictionary import table_specs
from placesim.errors import Finding
from placesim.inputs.findings import SHOWN_PER_COLUMN, at_row
from placesim.inputs.raw import cell_text
from placesim.records import Floats, Inputs, Ints, Table
from placesim.scenario import Scenario
from placesim.scenario.scenario import systems
from placesim.vocabulary import OUTSIDE

SHARE_SLACK = 0.001  # shares are written with few decimals
INTERVALS = (("age_from", "age_to"), ("valid_from", "valid_to"))
ALWAYS = (-np.inf, np.inf)
MANY_ZEROS = 5  # ids of a column that have lost their leading zeros are told as one
FAR = 1e5  # beyond every age and year


def duplicate_keys(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """No two rows have the same key. Lines (roads, barriers) carry ids only for people to read."""
    for table in inputs.tables.values():
        spec = table_specs()[table.name]
        key = list(spec.key)
        absent = (spec.by_id[k].required and table.rows[k].isna().all() for k in key)
        if spec.geometry == "line" or any(absent):
            continue  # a needed column that is not there has been told
        codes = _codes(table.rows, key)
        first = pd.Series(np.arange(len(codes))).groupby(codes).transform("first").to_numpy()
        named = table.rows[key[0]].notna().to_numpy() | ~np.array(spec.by_id[key[0]].required)
        named[list(table.refused)] = False
        again = np.flatnonzero((first != np.arange(len(codes))) & named)
        for row in again[~pd.Series(table.file_row[again]).duplicated()]:  # a line that was unpivoted is told once
            said = {k: cell_text(v) for k, v in zip(key, table.rows[key].iloc[row].tolist(), strict=True)}
            filled = {k: v for k, v in said.items() if v}
            facts: dict[str, Any] = {"key": ", ".join(filled.values()), "columns": ", ".join(filled)}
            facts["first"] = int(table.file_row[first[row]])
            yield at_row(table, "E300", int(row), next(iter(filled), key[0]), facts)


def unknown_ids(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Every id that refers to another table is one of its ids; `outside` stands for itself in flows."""
    for table in inputs.tables.values():
        for column in table_specs()[table.name].columns:
            if column.references is None or not inputs.has(column.references):
                continue
            target = inputs.tables[column.references]
            ids = target.rows[table_specs()[target.name].key[0]]
            if ids.iloc[list(target.refused)].isna().any():
                continue  # an id there could not be read: it may be the one that seems unknown
            known = set(ids.dropna())
            allowed = known | ({OUTSIDE} if table.name == "flows" else set())
            yield from _unknown(table, column.id, target, (known, allowed))


def _unknown(table: Table, column: str, target: Table, ids: tuple[set[str], set[str]]) -> Iterator[Finding]:
    """One finding per unknown id, at its first row, with the id that may be meant; one for all lost zeros."""
    known, allowed = ids
    values = table.rows[column]
    bad = values[values.notna() & ~values.isin(allowed)]
    bad = bad.iloc[np.argsort(table.file_row[bad.index], kind="stable")]  # first rows as the file shows them
    bare = {_bare(k): k for k in sorted(known)}
    indices = bad.groupby(bad, sort=False).indices
    meant = {value: bare.get(_bare(str(value))) for value in indices}
    zeros = [value for value, near in meant.items() if near and _but_for_zeros(str(value), near)]
    if len(zeros) < MANY_ZEROS:
        zeros = []
    else:
        yield _lost_zeros(table, column, target, bad[bad.isin(zeros)], str(meant[zeros[0]]))
    alien = 0
    for value, rows in indices.items():
        if value in zeros:
            continue
        near = meant[value]
        if near is None and alien < SHOWN_PER_COLUMN:  # later ones are only counted
            near = _nearest(str(value), bare)
        alien += near is None
        facts = {"target": target.name, "target_file": target.source.file, "known": len(known)}
        facts |= {"nearest": near, "count": len(rows)}
        yield at_row(table, "E301" if near else "E302", int(bad.index[rows[0]]), column, facts)


def _lost_zeros(table: Table, column: str, target: Table, bad: pd.Series, near: str) -> Finding:
    """Many ids that differ from known ones by leading zeros alone, which one of the two files has lost."""
    first = str(bad.iloc[0])
    facts: dict[str, Any] = {"target": target.name, "target_file": target.source.file, "nearest": near}
    facts |= {"count": bad.nunique(), "rows": len(bad)}
    facts["lost"] = table.source.file if len(first) < len(near) else target.source.file
    return at_row(table, "E250", int(bad.index[0]), column, facts)


def _bare(value: str) -> str:
    """An id without what spreadsheets and keyboards change: leading zeros, a trailing .0, case, full width."""
    return unicodedata.normalize("NFKC", value).strip().casefold().removesuffix(".0").lstrip("0")


def _but_for_zeros(value: str, near: str) -> bool:
    return value.lstrip("0") == near.lstrip("0")


def _nearest(value: str, bare: dict[str, str]) -> str | None:
    near = process.extractOne(_bare(value), list(bare), scorer=fuzz.ratio, score_cutoff=75)
    return bare[near[0]] if near else None


def unknown_stages(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Stages and grades are those of the scenario (or of its school system, where it runs only some of them)."""
    system = systems()[scenario.parameters.calendar.system]["stage"]
    known = {
        "stage": dict.fromkeys([*scenario.stages.ids, *(s["id"] for s in system)]),
        "grade": dict.fromkeys([*scenario.stages.grades, *(g for s in system for g in s["grades"])]),
    }
    for table in inputs.tables.values():
        for column in table_specs()[table.name].columns:
            if column.type not in known:
                continue
            values = table.rows[column.id]
            bad = values[values.notna() & ~values.isin(list(known[column.type]))]
            for rows in bad.groupby(bad, sort=False).indices.values():
                facts = {"known": ", ".join(known[column.type]), "count": len(rows)}
                yield at_row(table, "E303", int(bad.index[rows[0]]), column.id, facts)


def reversed_intervals(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The end of an interval does not lie before its start."""
    for table in inputs.tables.values():
        for start, end in INTERVALS:
            if {start, end} <= set(table.rows):
                for row in np.flatnonzero((table.rows[end] < table.rows[start]).to_numpy()):
                    facts = {"start": start, "from": int(table.rows[start].iloc[row])}
                    yield at_row(table, "E237", int(row), end, facts)


def overlapping_validity(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Rows about the same thing do not hold in the same year."""
    for table in inputs.tables.values():
        key = table_specs()[table.name].key
        if "valid_from" in key:
            rows = table.rows.drop_duplicates(list(key))  # the same key twice is told by its own check
            yield from _overlaps(table, rows, [k for k in key if k != "valid_from"], ("valid_from", "valid_to"))


def overlapping_ages(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """No resident is counted in two age groups, nor both by sex and for both sexes together."""
    table = inputs.tables.get("population")
    if table is None:
        return
    rows = table.rows.assign(age_to=table.rows["age_to"].fillna(table.rows["age_from"]))
    told: set[int | None] = set()
    for sex in ("female", "male"):
        one = rows[rows["sex"].isin([sex, "both"])].drop_duplicates(["area_id", "year", "sex", "age_from", "age_to"])
        for finding in _overlaps(table, one, ["area_id", "year"], ("age_from", "age_to")):
            if finding.row not in told:
                yield finding
            told.add(finding.row)


def _overlaps(table: Table, rows: pd.DataFrame, group: Sequence[str], ends: tuple[str, str]) -> Iterator[Finding]:
    first = rows[ends[0]].fillna(ALWAYS[0]).to_numpy(dtype=float)
    last = rows[ends[1]].fillna(ALWAYS[1]).to_numpy(dtype=float)
    for here, other in _pairs(_codes(rows, group), first, last):
        facts = {
            "start": ends[0], "end": ends[1], "this": _span(first[here], last[here]),
            "other": _span(first[other], last[other]), "row": int(table.file_row[rows.index[other]]),
        }  # fmt: skip
        yield at_row(table, "E318", int(rows.index[here]), ends[0], facts)


def _pairs(group: Ints, first: Floats, last: Floats) -> Iterator[tuple[int, int]]:
    """(position, position of an interval of the group that starts no later and reaches into it)."""
    order = np.lexsort([last, first, group])
    groups, starts, ends = group[order], first[order], last[order]
    step = 4 * FAR  # lifts each group above the one before, so that one running maximum serves all
    reach = np.clip(ends, -FAR, FAR) + groups * step
    furthest = np.maximum.accumulate(reach)
    holder = np.maximum.accumulate(np.where(reach == furthest, np.arange(len(order)), 0))
    reached = np.clip(starts[1:], -FAR, FAR) + groups[1:] * step <= furthest[:-1]
    for later in np.flatnonzero(reached & (groups[1:] == groups[:-1])) + 1:
        yield int(order[later]), int(order[holder[later - 1]])


def _span(first: float, last: float) -> str:
    return "–".join("…" if np.isinf(v) else str(int(v)) for v in (first, last))


def _codes(rows: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """One number per distinct combination; blanks equal blanks."""
    return rows.groupby(list(columns), sort=False, dropna=False).ngroup().to_numpy().astype(np.int64)


def shares_that_sum_to_one(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Each old area is shared out wholly; so is each area among the schools of its zone, where shares are given."""
    if "crosswalk" in inputs.tables:
        table = inputs.tables["crosswalk"]
        yield from _sums(table, table.rows, ["old_id"])
    if "catchments" in inputs.tables:
        table = inputs.tables["catchments"]
        year = scenario.years[0]
        held = (table.rows["valid_from"].fillna(year) <= year) & (table.rows["valid_to"].fillna(year) >= year)
        rows = table.rows[held]
        yield from _sums(table, rows, ["area_id", "stage"])


def _sums(table: Table, rows: pd.DataFrame, group: list[str]) -> Iterator[Finding]:
    if rows.empty:
        return
    shares = rows.groupby(group)["share"]
    total, known = shares.transform("sum"), shares.transform("count") == shares.transform("size")
    wrong = rows[known & ((total - 1).abs() > SHARE_SLACK)].drop_duplicates(group)
    for row in wrong.index:
        facts = {"key": ", ".join(str(v) for v in wrong.loc[row, group]), "sum": f"{total[row]:.4g}"}
        yield at_row(table, "E319", int(row), "share", facts)

"""Known children: totals that are unclear, totals that are spread, and bases that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import numbers
from placesim.demography.pupils.home_rolls import read_home_rolls
from placesim.demography.pupils.known import registers_of
from placesim.demography.pupils.registers import entrants_by_basis
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, capped, spans
from placesim.records import Inputs
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import CHILD_BASES

WILD: Final = 3.0  # times as many, or as few, entrants as the other bases tell
PLACE: Final = ("area_id", "planning_area")


def unclear_totals(inputs: Inputs) -> list[Finding]:
    """Rows without a place or with a backward span of cohorts, and cohorts that two totals of a place hold."""
    if not inputs.has("children"):
        return []
    table, rows = inputs.tables["children"], inputs.frame("children")
    first, last = numbers(rows, "cohort"), numbers(rows, "cohort_to")
    nowhere = np.all([_blank(rows, column) for column in PLACE], axis=0)
    found = [at_row(table, "E363", int(row), "cohort_to") for row in np.flatnonzero(last < first)]
    found += [at_row(table, "E364", int(row), "area_id") for row in np.flatnonzero(nowhere)]
    for row, other in _overlaps(rows, first, last):
        facts = {"other": int(table.file_row[other]), "cohorts": f"{first[other]:.0f}–{last[other]:.0f}"}
        found.append(at_row(table, "E362", row, "cohort", facts))
    return capped(found)


def _blank(rows: pd.DataFrame, column: str) -> np.ndarray:
    return rows[column].isna().to_numpy() if column in rows else np.ones(len(rows), dtype=np.bool_)


def _overlaps(rows: pd.DataFrame, first: np.ndarray, last: np.ndarray) -> Iterator[tuple[int, int]]:
    """(row, earlier row) of totals over several cohorts that share one, of one place, basis and date."""
    wide = pd.DataFrame({"row": np.arange(len(rows)), "first": first, "last": last})[last > first]
    keys = [rows[column].iloc[wide["row"]].to_numpy() for column in (*PLACE, "basis", "as_of") if column in rows]
    for _, same in wide.groupby(keys, dropna=False, sort=False):
        same = same.sort_values("first", kind="stable")
        for (_, earlier), (_, later) in zip(same[:-1].iterrows(), same[1:].iterrows(), strict=True):
            if later["first"] <= earlier["last"]:
                yield int(later["row"]), int(earlier["row"])


def children_against_each_other(inputs: Inputs, options: DemandOptions) -> Iterator[Finding]:
    """Bases that tell of several times the entrants of the others, and what is known only as a part of a total."""
    if not inputs.has("children"):
        return
    table = inputs.tables["children"]
    registers = registers_of(inputs, options, read_home_rolls(inputs, options))
    coming = registers.cohorts + registers.entry_age > options.years[0]
    by_basis = entrants_by_basis(registers)[:, coming]
    for b, basis in enumerate(CHILD_BASES):
        others = np.delete(by_basis, b, axis=0)
        both = np.isfinite(by_basis[b]) & np.isfinite(others).any(axis=0)
        mine, theirs = by_basis[b, both].sum(), np.nanmean(others[:, both], axis=0).sum()
        if theirs > 0 and not 1 / WILD <= mine / theirs <= WILD:
            facts = {"basis": basis, "children": round(mine), "others": round(theirs)}
            yield at_table(table, "W362", "basis", facts)
    spread = registers.latest.wholly_spread
    if spread.any():
        facts = {"areas": int(spread.any(axis=1).sum()), "cohorts": spans(registers.cohorts[spread.any(axis=0)])}
        yield at_table(table, "N362", "cohort", facts)

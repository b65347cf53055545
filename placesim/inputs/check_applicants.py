"""Checks of who applies for what: tiers of the scenario, the table of applicants, and listed schools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from placesim.errors import Finding
from placesim.inputs.check_keys import SHARE_SLACK
from placesim.inputs.findings import at_row
from placesim.inputs.request import said_at
from placesim.records import Inputs, Table
from placesim.scenario import Scenario

CELL = ["area_id", "stage"]


def tiers_said(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Tiers differ in their ids, the default one is among them, and the rule `tiers` has some."""
    told, overlay = scenario.allocation.allocation, scenario.overlay
    ids = [tier.id for tier in told.tiers]
    for tier, count in Counter(ids).items():
        if count > 1:
            yield said_at(overlay, "E385", "allocation.tiers", tier, {"count": count})
    if told.default_tier is not None and told.default_tier not in ids:
        yield said_at(overlay, "E386", "allocation.default_tier", told.default_tier, {"known": ", ".join(ids) or "–"})
    ruled = [s for s in scenario.stages.ids if scenario.allocation.rule(s) == "tiers"]
    if ruled and not ids:
        yield said_at(overlay, "W381", "allocation.rule", None, {"stages": ", ".join(ruled)})


def tiers_nobody_is_in(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Every tier is the default one or is named by some applicants."""
    told = scenario.allocation.allocation
    named = set(inputs.frame("applicants")["tier"].dropna())
    for position, tier in enumerate(told.tiers):
        if position != told.default_tier_position and tier.id not in named:
            default = told.tiers[told.default_tier_position].id
            yield said_at(scenario.overlay, "W380", "allocation.tiers", tier.id, {"default": default})


def unknown_tiers(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The tiers of applicants are those of the scenario, where it has some."""
    table, ids = inputs.tables.get("applicants"), [tier.id for tier in scenario.allocation.allocation.tiers]
    if table is None or not ids:
        return
    values = table.rows["tier"]
    bad = values[values.notna() & ~values.isin(ids)]
    for value, rows in bad.groupby(bad, sort=False).indices.items():
        near = process.extractOne(str(value), ids, scorer=fuzz.ratio)
        facts = {"known": ", ".join(ids), "nearest": near[0], "count": len(rows)}
        yield at_row(table, "E381", int(bad.index[rows[0]]), "tier", facts)


def shares_over_one(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Of an area's pupils no more than all are applicants, or have an n-th choice."""
    for name, group in (("applicants", CELL), ("preferences", [*CELL, "rank"])):
        table = inputs.tables.get(name)
        if table is not None:
            yield from _over_one(table, group)


def _over_one(table: Table, group: Sequence[str]) -> Iterator[Finding]:
    rows = table.rows
    total = rows.groupby(list(group))["share"].transform("sum")
    for row in rows.index[total > 1 + SHARE_SLACK]:
        if not rows.loc[: row - 1, list(group)].eq(rows.loc[row, list(group)]).all(axis=1).any():
            key = ", ".join(str(v) for v in rows.loc[row, list(group)])
            yield at_row(table, "E380", int(row), "share", {"key": key, "sum": f"{total[row]:.4g}"})


def overlapping_applicants(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Nobody is counted in a tier as a whole and once more in one of its sectors."""
    table = inputs.tables.get("applicants")
    if table is None:
        return
    rows = table.rows.assign(whole=table.rows["sector"].isna())
    told = rows.groupby([*CELL, "tier"], dropna=False)["whole"].transform("nunique")
    for row in rows.index[(told > 1) & rows["whole"]]:
        yield at_row(table, "E382", int(row), "tier", {"area": rows["area_id"][row], "stage": rows["stage"][row]})


def counts_of_applicants(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Every row has a share or pupils, and an area has the one or the other."""
    table = inputs.tables.get("applicants")
    if table is None:
        return
    share, pupils = (table.rows[c].notna() for c in ("share", "pupils"))
    for row in np.flatnonzero((~share & ~pupils).to_numpy()):
        yield at_row(table, "E383", int(row), "share")
    cell = [table.rows[c] for c in CELL]
    mixed = pupils & share.groupby(cell).transform("any")
    for row in np.flatnonzero(mixed.fillna(False).to_numpy(bool)):
        yield at_row(table, "E384", int(row), "pupils", {"area": table.rows["area_id"].iloc[row]})


def closed_choices(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Listed schools run the stage in some year of the run."""
    table = inputs.tables.get("preferences")
    if table is None or not inputs.has("schools"):
        return
    schools, years = inputs.frame("schools"), scenario.years
    last = schools["valid_to"].fillna(years[-1]).groupby([schools["school_id"], schools["stage"]]).max()
    pairs = pd.MultiIndex.from_frame(table.rows[["school_id", "stage"]])
    ends = last.reindex(pairs).to_numpy(float)
    for row in np.flatnonzero((ends < years[0]) & ~table.rows.duplicated(["school_id", "stage"]).to_numpy()):
        facts = {"stage": table.rows["stage"].iloc[row], "last": int(ends[row])}
        yield at_row(table, "W382", int(row), "school_id", facts)

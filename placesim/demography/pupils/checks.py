"""What an estimate of pupils needs beyond sound tables, told before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from placesim.demography.frames import numbers
from placesim.demography.pupils.check_children import children_against_each_other, unclear_totals
from placesim.demography.pupils.children import (
    complete_counts,
    count_children,
    latest_counts,
    missing_counts,
    told_counts,
)
from placesim.errors import Finding
from placesim.inputs.findings import at_table, spans
from placesim.records import Inputs
from placesim.scenario.options import DemandOptions


def check_demand(inputs: Inputs, options: DemandOptions) -> list[Finding]:
    """What keeps `estimate_demand` from saying anything, and what it will leave unused or assume. Children whose totals
    are unclear are not judged further."""
    unclear = list(unclear_totals(inputs))
    said = [*_sources(inputs, options), *unclear, *_unused(inputs, options)]
    return said if unclear else [*said, *_uncounted(inputs, options), *children_against_each_other(inputs, options)]


def _sources(inputs: Inputs, options: DemandOptions) -> Iterator[Finding]:
    base, rolls = options.years[0], inputs.frame("enrolment")
    year = numbers(rolls, "year")
    latest = year[year <= base].max(initial=-np.inf)
    if not (inputs.has("population") or inputs.has("children") or np.isfinite(latest)):
        yield Finding("E330", facts={"base": base})
    elif inputs.has("enrolment") and latest < base:
        known = int(latest) if np.isfinite(latest) else "–"
        yield at_table(inputs.tables["enrolment"], "W330", "year", {"base": base, "latest": known})


def _uncounted(inputs: Inputs, options: DemandOptions) -> Iterator[Finding]:
    """Areas without a count where others have one."""
    if not inputs.has("children"):
        return
    counted = latest_counts(count_children(inputs, options.reference_date))
    table = inputs.tables["children"]
    missing = missing_counts(counted)
    if missing.any():
        facts: dict[str, Any] = {"counts": int(missing.sum()), "areas": int(missing.any(axis=1).sum())}
        facts |= {"cohorts": spans(counted.cohorts[missing.any(axis=0)])}
        yield at_table(table, "W334", "cohort", facts)
    never = np.flatnonzero(~np.isfinite(counted.children).any(axis=(0, 2)))
    if len(never) and len(counted.cohorts):
        yield at_table(table, "W335", "area_id", {"areas": len(never), "first": inputs.area_ids[never[0]]})


def _unused(inputs: Inputs, options: DemandOptions) -> Iterator[Finding]:
    flows = inputs.frame("flows")
    if inputs.has("flows") and not (numbers(flows, "year") <= options.years[0]).any():
        yield at_table(inputs.tables["flows"], "W331", "year", {"base": options.years[0]})
    told, complete = (rows(inputs, options.reference_date) for rows in (told_counts, complete_counts))
    early = len(told) - len(complete)
    if early:
        yield at_table(inputs.tables["children"], "W332", "as_of", {"rows": early})
    if inputs.has("developments") and not inputs.has("population"):
        yield at_table(inputs.tables["developments"], "W333")

"""What the methods of this room need beyond sound tables, told before they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from placesim.demography.children import complete_counts, count_children, missing_counts
from placesim.demography.frames import numbers
from placesim.demography.rates import areas_without_fertility
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, capped
from placesim.records import Inputs, Ints
from placesim.scenario.options import DemandOptions, ProjectionOptions

# measure → (least, most): a value beyond them is in another unit (per thousand, percent, males per one female)
RANGES: Final = {
    "fertility": (0.0, 1.0),
    "total_fertility": (0.0, 12.0),
    "mortality": (0.0, 2.0),
    "survival": (0.0, 1.0),
    "out_rate": (0.0, 1.0),
    "sex_ratio_at_birth": (80.0, 150.0),
}
NOT_USED: Final = ("births", "totals")  # read and checked, but no method takes them into account yet
NEEDS_AGES: Final = ("fertility", "survival", "mortality")


def check_projection(inputs: Inputs, options: ProjectionOptions) -> list[Finding]:
    """What keeps `project` from running and what it will leave unused or assume; method `none` needs nothing.

    Ages, years and areas missing from the population table, and rows that contradict each other, are found by
    `inputs.check`, which comes first.
    """
    return [*_not_used(inputs), *_needs(inputs, options)]


def _not_used(inputs: Inputs) -> Iterator[Finding]:
    for name in NOT_USED:
        if inputs.has(name):
            yield at_table(inputs.tables[name], "N324")


def _needs(inputs: Inputs, options: ProjectionOptions) -> list[Finding]:
    method = options.demography.method
    if method == "none":
        return []
    if not inputs.has("population"):
        return [Finding("N320", facts={"method": method})]
    known = np.unique(numbers(inputs.frame("population"), "year")).astype(np.int64)
    if method == "given":
        return list(_years_given(inputs, options, known))
    start = max((int(y) for y in known if y <= options.years[0]), default=options.years[0])
    return capped([*_start(inputs, options, start), *_rates(inputs, start), *_housing(inputs, options)])


def _years_given(inputs: Inputs, options: ProjectionOptions, known: Ints) -> Iterator[Finding]:
    wanted = np.setdiff1d(options.years, known)
    if len(wanted):
        yield at_table(inputs.tables["population"], "N322", "year", {"years": spans(wanted), "known": spans(known)})
    yield from _registered(inputs)


def _start(inputs: Inputs, options: ProjectionOptions, start: int) -> Iterator[Finding]:
    base = options.years[0]
    if start < base:
        yield at_table(inputs.tables["population"], "N323", "year", {"start": start, "base": base})
    yield from _registered(inputs)


def _registered(inputs: Inputs) -> Iterator[Finding]:
    if inputs.tables["population"].source.basis == "registered":
        yield at_table(inputs.tables["population"], "W320")


def spans(values: Ints) -> str:
    """Increasing whole numbers in words: 3–5, 9."""
    runs = np.split(values, np.flatnonzero(np.diff(values) != 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


# ------------------------------------------------------------------------------------------------------------ rates
def _rates(inputs: Inputs, start: int) -> Iterator[Finding]:
    told = set(inputs.frame("rates")["measure"])
    without = areas_without_fertility(inputs, start)
    if len(without):
        facts = {"areas": len(without), "first": inputs.area_ids[without[0]], "year": start}
        yield _about_rates(inputs, "E320", facts)
    if not told & {"mortality", "survival"}:
        yield _about_rates(inputs, "N321")
    if not told & {"out_rate", "in_count"}:
        yield _about_rates(inputs, "W322")
    if inputs.has("rates"):
        yield from _rate_rows(inputs)


def _about_rates(inputs: Inputs, code: str, facts: Mapping[str, Any] | None = None) -> Finding:
    """A finding about the table of rates, which a county may lack."""
    if inputs.has("rates"):
        return at_table(inputs.tables["rates"], code, "measure", facts)
    return Finding(code, facts=facts or {})


def _rate_rows(inputs: Inputs) -> Iterator[Finding]:
    table, rates = inputs.tables["rates"], inputs.frame("rates")
    measure, value = rates["measure"].to_numpy(dtype=object), numbers(rates, "value")
    for name, (least, most) in RANGES.items():
        for row in np.flatnonzero((measure == name) & ((value < least) | (value > most))):
            yield at_row(table, "E321", int(row), "value", {"measure": name, "least": least, "most": most})
    placed = rates["area_id"].notna().to_numpy() | rates["area_type"].notna().to_numpy()
    for row in np.flatnonzero((measure == "sex_ratio_at_birth") & placed):
        yield at_row(table, "E322", int(row), "measure")
    for row in np.flatnonzero(np.isin(measure, NEEDS_AGES) & ~np.isfinite(numbers(rates, "age_from"))):
        yield at_row(table, "E323", int(row), "age_from", {"measure": measure[row]})


# ---------------------------------------------------------------------------------------------------------- housing
def _housing(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    developments = inputs.frame("developments")
    for name in sorted(set(options.housing.delay_years) - set(developments["development_id"])):
        yield Finding("E324", column=f"housing.delay_years.{name}", value=name)
    blank = int((~np.isfinite(numbers(developments, "displaced_share"))).sum())
    if blank:
        yield at_table(inputs.tables["developments"], "W321", "displaced_share", {"rows": blank})


# ----------------------------------------------------------------------------------------------------------- demand
def check_demand(inputs: Inputs, options: DemandOptions) -> list[Finding]:
    """What keeps `estimate_demand` from saying anything, and what it will leave unused or assume."""
    return [*_sources(inputs, options), *_uncounted(inputs, options), *_unused(inputs, options)]


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
    counted, table = count_children(inputs, options.reference_date), inputs.tables["children"]
    missing = missing_counts(counted)
    if missing.any():
        facts: dict[str, Any] = {"counts": int(missing.sum()), "areas": int(missing.any(axis=1).sum())}
        facts |= {"cohorts": spans(counted.cohorts[missing.any(axis=0)])}
        yield at_table(table, "W334", "cohort", facts)
    never = np.flatnonzero(~np.isfinite(counted.counts).any(axis=(0, 2)))
    if len(never) and len(counted.cohorts):
        yield at_table(table, "W335", "area_id", {"areas": len(never), "first": inputs.area_ids[never[0]]})


def _unused(inputs: Inputs, options: DemandOptions) -> Iterator[Finding]:
    flows, children = inputs.frame("flows"), inputs.frame("children")
    if inputs.has("flows") and not (numbers(flows, "year") <= options.years[0]).any():
        yield at_table(inputs.tables["flows"], "W331", "year", {"base": options.years[0]})
    early = len(children) - len(complete_counts(inputs, options.reference_date))
    if early:
        yield at_table(inputs.tables["children"], "W332", "as_of", {"rows": early})
    if inputs.has("developments") and not inputs.has("population"):
        yield at_table(inputs.tables["developments"], "W333")

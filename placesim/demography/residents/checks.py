"""What a projection of residents needs beyond sound tables, told before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from placesim.demography.frames import numbers
from placesim.demography.residents.check_housing import check_housing
from placesim.demography.residents.check_migration import check_migration
from placesim.demography.residents.check_rates import check_rates
from placesim.demography.residents.household_profiles import dwelling_types
from placesim.demography.residents.migration import moves_estimated
from placesim.demography.residents.rates import areas_without_fertility
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, capped, spans
from placesim.records import Inputs, Ints
from placesim.scenario.options import ProjectionOptions

# measure → (least, most): a value beyond them is in another unit (per thousand, percent, males per one female)
RANGES: Final = {
    "fertility": (0.0, 1.0),
    "total_fertility": (0.0, 12.0),
    "mortality": (0.0, 2.0),
    "survival": (0.0, 1.0),
    "out_rate": (0.0, 1.0),
    "sex_ratio_at_birth": (80.0, 150.0),
}
NEEDS_AGES: Final = ("fertility", "survival", "mortality", "survivors")


def check_projection(inputs: Inputs, options: ProjectionOptions) -> list[Finding]:
    """What keeps `project` from running and what it will leave unused or assume; method `none` needs nothing.

    Ages, years and areas missing from the population table, and rows that contradict each other, are found by
    `inputs.check`, which comes first.
    """
    found = [*_needs(inputs, options), *check_rates(inputs, options), *check_migration(inputs, options)]
    return capped(found)


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
    homes = [*_housing(inputs, options), *check_housing(inputs, options)]
    return [*_start(inputs, options, start), *_rates(inputs, options, start), *homes]


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


# ------------------------------------------------------------------------------------------------------------ rates
def _rates(inputs: Inputs, options: ProjectionOptions, start: int) -> Iterator[Finding]:
    told = set(inputs.frame("rates")["measure"])
    without = areas_without_fertility(inputs, start)
    if len(without):
        facts = {"areas": len(without), "first": inputs.area_ids[without[0]], "year": start}
        yield _about_rates(inputs, "E320", facts)
    if not told & {"mortality", "survival", "survivors"}:
        yield _about_rates(inputs, "N321")
    if not told & {"out_rate", "in_count"} and not moves_estimated(inputs, options):
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
    own = ~developments["dwelling_type"].isin(list(dwelling_types())).to_numpy(dtype=bool)
    blank = int((~np.isfinite(numbers(developments, "displaced_share")) & own).sum())
    if blank:
        yield at_table(inputs.tables["developments"], "W321", "displaced_share", {"rows": blank})

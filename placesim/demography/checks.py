"""What the residents' method needs of the tables, told before it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.housing import development_rows_without_profile
from placesim.demography.population import BOTH, OLDEST, SEX_CODES, Census, offset_years, read_population
from placesim.demography.projection import start_year
from placesim.demography.rates import areas_without_fertility
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, capped
from placesim.records import Inputs, Ints
from placesim.scenario.options import ProjectionOptions
from placesim.vocabulary import SEXES

# measure → (least, most): a value beyond them is in another unit (per thousand, percent, males per one female)
RANGES: Final = {
    "fertility": (0.0, 1.0),
    "total_fertility": (0.0, 12.0),
    "mortality": (0.0, 2.0),
    "survival": (0.0, 1.0),
    "out_rate": (0.0, 1.0),
    "sex_ratio_at_birth": (80.0, 150.0),
}
NEEDS_AGES: Final = ("fertility", "survival", "mortality")


def check_projection(inputs: Inputs, options: ProjectionOptions) -> list[Finding]:
    """Everything that keeps `project` from running, and what it will assume; empty for method `none`."""
    method = options.demography.method
    if method == "none":
        return []
    if not inputs.has("population"):
        return [Finding("N320", facts={"method": method})]
    findings = [*_shape(inputs, options)]
    if any(f.is_error for f in findings):
        return capped(findings)
    census = read_population(inputs, options.reference_date)
    findings += CHECKS[method](inputs, options, census)
    return capped(findings)


# -------------------------------------------------------------------------------------------- the population table
def _shape(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Rows that contradict each other, and the table's date and basis."""
    table = inputs.tables["population"]
    for row in _overlapping(inputs):
        yield at_row(table, "E322", row, "age_from", {"area": table.rows["area_id"].iloc[row]})
    for row in _sexes_mixed(inputs):
        yield at_row(table, "E323", row, "sex", {"area": table.rows["area_id"].iloc[row]})
    offset = offset_years(inputs, options.reference_date)
    if abs(offset) >= 1:
        yield at_table(table, "E328", facts={"as_of": table.source.as_of, "reference": options.reference_date})
    if table.source.basis == "registered":
        yield at_table(table, "W321")


def _overlapping(inputs: Inputs) -> Ints:
    """Rows that begin at an age which another row of the same area, year and sex already holds."""
    rows = inputs.frame("population")
    first, last = ages(rows, OLDEST)
    first = np.where(numbers(rows, "age_from") > OLDEST, last + 1, first)  # single ages beyond the oldest are pooled
    group = rows.groupby(["area_id", "year", "sex"], dropna=False).ngroup().to_numpy()
    order = np.lexsort((first, group))
    same = group[order[1:]] == group[order[:-1]]
    return order[1:][same & (first[order[1:]] <= last[order[:-1]])]


def _sexes_mixed(inputs: Inputs) -> Ints:
    """Rows for both sexes in areas and years that have rows by sex too."""
    rows = inputs.frame("population")
    both = positions(rows, "sex", SEX_CODES) == BOTH
    group = rows.groupby(["area_id", "year"], dropna=False).ngroup().to_numpy()
    return np.flatnonzero(both & np.isin(group, group[~both]))


# ----------------------------------------------------------------------------------------------------- supplied
def _given(inputs: Inputs, options: ProjectionOptions, census: Census) -> list[Finding]:
    table, known = inputs.tables["population"], set(census.years)
    wanted = [y for y in options.years if y not in known]
    if not wanted:
        return []
    facts = {"years": spans(np.array(wanted)), "known": spans(np.array(sorted(known)))}
    return [at_table(table, "N322", "year", facts)]


# -------------------------------------------------------------------------------------------------- by cohorts
def _by_cohorts(inputs: Inputs, options: ProjectionOptions, census: Census) -> list[Finding]:
    table, base = inputs.tables["population"], options.years[0]
    if not any(year <= base for year in census.years):
        return [at_table(table, "E320", "year", {"base": base, "first": min(census.years, default=base)})]
    start = start_year(census.years, base)
    findings = [at_table(table, "N323", "year", {"start": start, "base": base})] if start < base else []
    given = census.given[:, census.years.index(start)]
    absent = ~given.any(axis=(1, 2))
    if absent.any():
        facts = {"areas": int(absent.sum()), "first": inputs.area_ids[int(absent.argmax())], "year": start}
        findings.append(at_table(table, "W320", "area_id", facts))
    findings += _missing_ages(inputs, given, start)
    return [*findings, *_rates(inputs, start), *_housing(inputs, options)]


def _missing_ages(inputs: Inputs, given: NDArray[np.bool_], year: int) -> Iterator[Finding]:
    """One finding for all areas that lack the same ages."""
    table = inputs.tables["population"]
    partly = np.flatnonzero(given.any(axis=(1, 2)) & ~given.all(axis=(1, 2)))
    patterns, of = np.unique(given[partly], axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        sex = int((~pattern).any(axis=1).argmax())
        areas = partly[of.ravel() == k]
        facts = {
            "areas": len(areas),
            "first": inputs.area_ids[areas[0]],
            "year": year,
            "sex": SEXES[sex],
            "ages": spans(np.flatnonzero(~pattern[sex])),
        }
        yield at_table(table, "E321", "age_from", facts)


def spans(values: Ints) -> str:
    """Increasing whole numbers in words: 3–5, 9."""
    runs = np.split(values, np.flatnonzero(np.diff(values) != 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


# ------------------------------------------------------------------------------------------------ rates and housing
def _rates(inputs: Inputs, start: int) -> Iterator[Finding]:
    rates = inputs.frame("rates")
    told = set(rates["measure"])
    yield from _fertility(inputs, start)
    if not told & {"mortality", "survival"}:
        yield _about_rates(inputs, "N321")
    if not told & {"out_rate", "in_count"}:
        yield _about_rates(inputs, "W323")
    if not inputs.has("rates"):
        return
    table, value = inputs.tables["rates"], numbers(rates, "value")
    measure = rates["measure"].to_numpy(dtype=object)
    for name, (least, most) in RANGES.items():
        for row in np.flatnonzero((measure == name) & ((value < least) | (value > most))):
            yield at_row(table, "E325", int(row), "value", {"measure": name, "least": least, "most": most})
    placed = rates["area_id"].notna().to_numpy() | rates["area_type"].notna().to_numpy()
    for row in np.flatnonzero((measure == "sex_ratio_at_birth") & placed):
        yield at_row(table, "E326", int(row), "area_id")
    for row in np.flatnonzero(np.isin(measure, NEEDS_AGES) & ~np.isfinite(numbers(rates, "age_from"))):
        yield at_row(table, "E331", int(row), "age_from", {"measure": measure[row]})


def _fertility(inputs: Inputs, start: int) -> Iterator[Finding]:
    without = areas_without_fertility(inputs, start)
    if len(without):
        facts = {"areas": len(without), "first": inputs.area_ids[without[0]], "year": start}
        yield _about_rates(inputs, "E324", facts)


def _about_rates(inputs: Inputs, code: str, facts: Mapping[str, Any] | None = None) -> Finding:
    """A finding about the table of rates, which a county may lack."""
    if inputs.has("rates"):
        return at_table(inputs.tables["rates"], code, "measure", facts)
    return Finding(code, facts=facts or {})


def _housing(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    developments = inputs.frame("developments")
    known = set(developments["development_id"])
    for name in sorted(set(options.housing.delay_years) - known):
        yield Finding("E329", column=f"housing.delay_years.{name}", value=name)
    if not inputs.has("developments"):
        return
    table = inputs.tables["developments"]
    for row in development_rows_without_profile(inputs):
        yield at_row(table, "E327", int(row), "dwelling_type")
    blank = np.flatnonzero(~np.isfinite(numbers(developments, "displaced_share")))
    if len(blank):
        yield at_table(table, "W322", "displaced_share", {"rows": len(blank)})


CHECKS: Final[dict[str, Callable[[Inputs, ProjectionOptions, Census], list[Finding]]]] = {
    "cohort": _by_cohorts,
    "given": _given,
}

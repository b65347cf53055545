"""What estimated movement, breaks and control totals ask of the tables, told before the projection runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.demography.regions import regions_of
from placesim.demography.residents.cohort_pairs import basis_of_years, census_years, register_of
from placesim.demography.residents.controls import MEASURES
from placesim.demography.residents.migration import LAST_CHILD_AGE, migration_told
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, spans
from placesim.messages import labels
from placesim.records import Floats, Inputs, Ints
from placesim.scenario.options import ProjectionOptions

CLOSE: Final = 1e-3  # relative: rounded totals of planning areas and county may differ by this much, or by one person
UNLIKELY: Final = 1.5  # residents of a total ÷ those of the population table, either way
NEAR: Final = 5  # years within which a total and a population should be alike


def check_migration(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Findings about the sources of movement and the control totals; none without a projection by cohorts."""
    yield from _bases(inputs)
    if options.demography.method != "cohort" or not inputs.has("population"):
        if inputs.has("totals") and _controlling(inputs).any():
            yield at_table(inputs.tables["totals"], "N357", "measure", {"method": options.demography.method})
        return
    yield from _breaks(inputs, options)
    yield from _sources(inputs, options)
    if inputs.has("totals"):
        yield from _totals(inputs, options)


# ------------------------------------------------------------------------------------------------ breaks and sources
def _breaks(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    for told in options.demography.breaks:
        for name in told.areas:
            if name not in inputs.area_ids:
                yield Finding("E354", column="demography.breaks", value=name, facts={"year": told.year})


def _bases(inputs: Inputs) -> Iterator[Finding]:
    """One basis in each year (E356); years of different bases are no flow (W354)."""
    if not inputs.has("population"):
        return
    table, bases = inputs.tables["population"], basis_of_years(inputs)
    for year in sorted(y for y, told in bases.items() if len(told) > 1):
        rows = np.flatnonzero(numbers(table.rows, "year") == year)
        basis = table.rows["basis"].to_numpy(dtype=object)[rows]
        other = next(row for row, told in zip(rows, basis, strict=True) if told != basis[0])
        yield at_row(table, "E356", int(other), "basis", {"year": year})
    years = sorted(bases)
    for before, after in pairwise(years):
        if len(bases[before]) == len(bases[after]) == 1 and bases[before] != bases[after]:
            row = int(np.flatnonzero(numbers(table.rows, "year") == after)[0])
            yield at_row(table, "W354", row, "year", {"before": before, "after": after})


def _sources(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Which counts movement is estimated from, where the table of rates leaves it open."""
    known = np.unique(numbers(inputs.frame("population"), "year"))
    years = [int(y) for y in known[np.isfinite(known)]]
    start = max((y for y in years if y <= options.years[0]), default=options.years[0])
    told = migration_told(inputs, (start,))[0]
    register = register_of(inputs)
    if register is not None and not told[:, :, 1 : LAST_CHILD_AGE + 1].all():
        facts = {"register": labels(f"choice.{register}"), "last": LAST_CHILD_AGE}
        yield at_table(inputs.tables["children"], "N354", "as_of", facts)
        if register == "registration":
            yield at_table(inputs.tables["children"], "W356", "basis")
    pairs = census_years(inputs, years, options.years[0])
    if pairs and not told[:, :, LAST_CHILD_AGE + 1 :].all():
        facts = {"years": ", ".join(f"{a}–{b}" for a, b in pairs), "first": LAST_CHILD_AGE + 1}
        yield at_table(inputs.tables["population"], "N355", "year", facts)


# ------------------------------------------------------------------------------------------------------------ totals
def _controlling(inputs: Inputs) -> np.ndarray:
    """Which rows of the table `totals` are for the projection."""
    return inputs.frame("totals")["measure"].isin(MEASURES).to_numpy(dtype=bool)


def _totals(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    table = inputs.tables["totals"]
    rows, year = np.flatnonzero(_controlling(inputs)), numbers(table.rows, "year")
    known = [int(y) for y in numbers(inputs.frame("population"), "year") if y <= options.years[0]]
    start = max(known, default=options.years[0])
    unused = np.unique(year[rows][(year[rows] <= start) | (year[rows] > options.years[-1])])
    if len(unused):
        yield at_table(table, "N356", "year", {"years": spans(unused.astype(np.int64)), "first": start + 1})
    yield from _unknown_places(inputs, rows)
    for measure in MEASURES:
        for one in np.unique(year):
            same = (table.rows["measure"] == measure).to_numpy(dtype=bool) & (year == one)
            yield from _contradictions(inputs, np.flatnonzero(same), measure)
    yield from _far_from_population(inputs, rows, start)


def _unknown_places(inputs: Inputs, rows: Ints) -> Iterator[Finding]:
    """Totals of planning areas to which no area belongs can never be met."""
    table, names = inputs.tables["totals"], set(regions_of(inputs).names)
    for row in rows:
        place = table.rows["planning_area"].iloc[row]
        if isinstance(place, str) and place not in names:
            yield at_row(table, "E357", int(row), "planning_area")


def _contradictions(inputs: Inputs, rows: Ints, measure: str) -> Iterator[Finding]:
    """A county total against those of its planning areas, for one measure and year."""
    table = inputs.tables["totals"]
    place, value = table.rows["planning_area"].iloc[rows], numbers(table.rows.iloc[rows], "value")
    whole, part = np.flatnonzero(place.isna()), np.flatnonzero(place.notna())
    if len(whole) == 0 or len(part) == 0:
        return
    county, parts = float(value[whole[0]]), float(np.nansum(value[part]))
    complete = set(regions_of(inputs).names) <= set(place.iloc[part])
    gap = parts - county
    if gap > max(1.0, CLOSE * county) or (complete and -gap > max(1.0, CLOSE * county)):
        facts: dict[str, Any] = {"measure": labels(f"choice.{measure}"), "county": f"{county:g}", "parts": f"{parts:g}"}
        facts["year"] = int(table.rows["year"].iloc[rows[0]])
        yield at_row(table, "E355", int(rows[whole[0]]), "value", facts)


def _far_from_population(inputs: Inputs, rows: Ints, start: int) -> Iterator[Finding]:
    """Totals of residents in another unit, or where nobody lives."""
    table = inputs.tables["totals"]
    people, year = _living(inputs, start), numbers(table.rows, "year")
    for row in rows[(table.rows["measure"] == "residents").to_numpy(dtype=bool)[rows]]:
        place, value = table.rows["planning_area"].iloc[row], float(numbers(table.rows, "value")[row])
        there = people.get(place if isinstance(place, str) else None)
        if there == 0 and value > 0:
            yield at_row(table, "W357", int(row), "value", {"start": start})
        elif there and abs(year[row] - start) <= NEAR and not 1 / UNLIKELY <= value / there <= UNLIKELY:
            yield at_row(table, "W355", int(row), "value", {"people": round(there), "start": start})


def _living(inputs: Inputs, year: int) -> dict[str | None, float]:
    """Residents by planning area, and of the county (None), in a year of the population table."""
    population, regions = inputs.frame("population"), regions_of(inputs)
    area, people = positions(population, "area_id", inputs.area_ids), numbers(population, "residents")
    use = (area >= 0) & (numbers(population, "year") == year) & np.isfinite(people)
    sums: Floats = np.bincount(regions.region[area[use]], people[use], minlength=len(regions.names)).astype(np.float64)
    by_region: dict[str | None, float] = {name: float(s) for name, s in zip(regions.names, sums, strict=True)}
    return {**by_region, None: float(sums.sum())}

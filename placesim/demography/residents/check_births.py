"""What is wrong with the table of births, what of it is used, and children who are births by calendar year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import numbers
from placesim.demography.residents.births import cohort_births
from placesim.demography.residents.known_births import RECONCILED, known_births
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, spans
from placesim.records import Inputs
from placesim.scenario.options import ProjectionOptions

CLOSE: Final = 0.01  # relative: births of the areas and of the county may differ by this much
LEAST_CHILDREN: Final = 5.0  # in an area: fewer are equal by chance
LEAST_AREAS: Final = 3  # with the same number of children and births
MOST: Final = 0.8  # of the areas compared
YEAR_END: Final = ("12-31", "01-01")


def check_births(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Findings about births and about children given by calendar year."""
    yield from _periods_given_twice(inputs)
    if _each_period_once(inputs):
        if options.demography.method == "cohort" and inputs.has("population") and inputs.has("births"):
            yield from _use(inputs, options)
        yield from _equal_to_births(inputs, options)
    yield from _counted_at_the_years_end(inputs, options)


def first_step(inputs: Inputs, options: ProjectionOptions) -> int:
    """The year in which the projection starts: of the latest population not after the base year."""
    years = numbers(inputs.frame("population"), "year")
    return int(max((y for y in years if y <= options.years[0]), default=options.years[0]))


def _each_period_once(inputs: Inputs) -> bool:
    births = inputs.frame("births")
    again = births.duplicated(["area_id", "year", "month", "basis"]).any()
    return not again and not any(True for _ in _periods_given_twice(inputs))


def _periods_given_twice(inputs: Inputs) -> Iterator[Finding]:
    """Months of a year that is given as a whole too (the same period twice is found as a key given twice)."""
    births = inputs.frame("births")
    keys = births[["area_id", "year", "basis"]].astype(object)
    whole = np.isnan(numbers(births, "month"))
    known = set(map(tuple, keys[whole].fillna("").to_numpy().tolist()))
    for row in np.flatnonzero(~whole):
        if tuple(keys.iloc[row].fillna("")) in known:
            yield at_row(inputs.tables["births"], "E350", int(row), "month", {"year": int(births["year"].iloc[row])})


def _use(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    table = inputs.tables["births"]
    for basis in sorted(set(table.rows["basis"].dropna()) - {RECONCILED}):
        yield at_table(table, "N350", "basis", {"basis": basis})
    if not (table.rows["basis"] == RECONCILED).any():
        return
    cohorts = tuple(range(first_step(inputs, options) + 1, options.years[-1] + 1))
    births = known_births(inputs, cohorts, options.reference_date)
    known = np.isfinite(births.county) | np.isfinite(births.area).any(axis=0)
    if known.any():
        yield at_table(table, "N351", "births", {"cohorts": spans(np.array(cohorts)[known])})
    else:
        yield at_table(table, "N352", "year")
    yield from _contradictions(inputs, options)


def _contradictions(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Births of the areas that are more than the county's, or fewer where every area has some."""
    table = inputs.tables["births"]
    years = numbers(table.rows, "year")
    cohorts = tuple(range(int(years.min()), int(years.max()) + 2))
    births = known_births(inputs, cohorts, options.reference_date)
    total, every = np.nansum(births.area, axis=0), np.isfinite(births.area).all(axis=0)
    far = np.abs(total - births.county) > np.maximum(CLOSE * births.county, 1.0)
    for i in np.flatnonzero(far & (every | (total > births.county))):
        facts = {"cohort": cohorts[i], "areas": round(total[i]), "county": round(births.county[i])}
        yield at_table(table, "W353", "births", facts)


# --------------------------------------------------------------------------------------- children by calendar year
def _equal_to_births(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Children of a cohort in as many as all areas equal to the births of its calendar year (and not of its cohort)."""
    children = inputs.frame("children")
    if len(children) == 0 or not inputs.has("births"):
        return
    counted = children.assign(row=np.arange(len(children)))
    for basis, births in inputs.frame("births").dropna(subset=["area_id"]).groupby("basis"):
        table = pd.DataFrame({c: numbers(births, c) for c in ("year", "month", "births")})
        table = table.assign(area_id=births["area_id"].to_numpy()).dropna(subset=["year", "births"])
        by_year = _whole_years(table)
        by_cohort = cohort_births(table, cutoff=options.reference_date).rename(columns={"births": "cohort_births"})
        both = counted.merge(by_year, left_on=["area_id", "cohort"], right_on=["area_id", "year"])
        both = both.merge(by_cohort, on=["area_id", "year"], how="left")
        yield from _equal(inputs, both, str(basis), options)


def _whole_years(births: pd.DataFrame) -> pd.DataFrame:
    """Births by area and calendar year, all of whose months are given."""
    births = births.assign(months=np.where(np.isnan(births["month"]), 12, 1))
    total = births.groupby(["area_id", "year"], as_index=False)[["births", "months"]].sum()
    return total[total["months"] == 12].drop(columns="months")


def _equal(inputs: Inputs, both: pd.DataFrame, basis: str, options: ProjectionOptions) -> Iterator[Finding]:
    """both: area_id, cohort, basis, as_of, children, row, births, cohort_births."""
    telling = (both["births"] >= LEAST_CHILDREN) & (both["births"].round() != both["cohort_births"].round())
    both = both[telling]
    for cohort in np.unique(both["cohort"].to_numpy(dtype=np.int64)):
        rows = both[both["cohort"] == cohort]
        for children in sorted(set(rows["basis"])):
            told = rows[rows["basis"] == children]
            same = told[told["children"] == told["births"]]
            if len(same) >= LEAST_AREAS and len(same) >= MOST * len(told):
                reason = {
                    "en": f"{len(same)} of {len(told)} areas have the same number in the table births ({basis})",
                    "zh": f"{len(told)} 个区域中有 {len(same)} 个与 births 表（{basis}）相同",
                }
                yield _by_calendar_year(inputs, int(same["row"].min()), int(cohort), reason, options)


def _counted_at_the_years_end(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """A basis that counts every cohort once, at the end of its own calendar year."""
    children = inputs.frame("children")
    if options.reference_date in YEAR_END or len(children) == 0:
        return
    children = children.assign(row=np.arange(len(children))).dropna(subset=["as_of", "cohort", "basis"])
    for basis in sorted(set(children["basis"])):
        rows = children[children["basis"] == basis]
        counted = [date.fromisoformat(str(day)) for day in rows["as_of"]]
        ends = all(f"{day:%m-%d}" in YEAR_END for day in counted)
        cohort = rows["cohort"].to_numpy(dtype=np.int64)
        own = all((day - timedelta(days=1)).year == c for day, c in zip(counted, cohort, strict=True))
        if ends and own and len(set(cohort)) > 1:
            reason = {"en": "every cohort is counted at the end of that year", "zh": "每个批次都在该年年底统计"}
            last = int(cohort.argmax())
            yield _by_calendar_year(inputs, int(rows["row"].iloc[last]), int(cohort[last]), reason, options)


def _by_calendar_year(
    inputs: Inputs, row: int, cohort: int, reason: dict[str, str], options: ProjectionOptions
) -> Finding:
    month, day = (int(part) for part in options.reference_date.split("-"))
    end = date(cohort, month, min(day, 28) if month == 2 else day)
    begin = end.replace(year=cohort - 1) + timedelta(days=1)
    facts = {"cohort": cohort, "reason": reason, "from": begin.isoformat(), "to": end.isoformat()}
    return at_row(inputs.tables["children"], "W352", row, "cohort", facts)

"""Checks of residents and children: ages and years the method needs, bases, dates, and totals that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.dictionary import table_specs
from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table, positions
from placesim.messages import labels
from placesim.records import Inputs, Table
from placesim.scenario import Scenario
from placesim.vocabulary import BASES, SEXES

OLDEST = 100  # the last age that a projection by cohorts needs, open upwards
IMPOSSIBLE, UNLIKELY = 1.5, 1.15  # pupils per resident of the stage's ages
NO_ROWS, UNNAMED = -1, -2  # in place of the first row of an area
LATE_COUNT = 2  # years after the base year in which children may still have been counted


def population_years(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """A projection by cohorts starts from a population not later than the base year."""
    table = inputs.tables.get("population")
    if table is None or scenario.parameters.demography.method != "cohort":
        return
    if not (table.rows["year"] <= scenario.years[0]).any():
        years = ", ".join(str(int(y)) for y in sorted(table.rows["year"].dropna().unique()))
        yield at_table(table, "E309", "year", {"year": scenario.years[0], "years": years})


def missing_ages(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Each area has all the ages that the method needs, for both sexes."""
    method = scenario.parameters.demography.method
    table = inputs.tables.get("population")
    if table is None or not inputs.has("areas") or method == "none":
        return
    needed = np.arange(OLDEST + 1) if method == "cohort" else np.unique(scenario.stages.ages)
    for year in _years_used(table, scenario):
        yield from _missing_ages(table, inputs, year, needed)


def _years_used(table: Table, scenario: Scenario) -> list[int]:
    """The year a projection starts from, or every year of a supplied one."""
    years = sorted(int(y) for y in table.rows["year"].dropna().unique())
    if scenario.parameters.demography.method == "given":
        return years
    return [y for y in years if y <= scenario.years[0]][-1:]


def _missing_ages(table: Table, inputs: Inputs, year: int, needed: NDArray[np.int64]) -> Iterator[Finding]:
    covered, first = _coverage(table, inputs.area_ids, year)
    areas = inputs.tables["areas"]
    same = positions(areas.rows["area_id"], inputs.area_ids)  # an area that stands twice has its people twice
    covered, first = covered[same], np.where(same < 0, UNNAMED, first[same])
    faulty = (table.rows["age_to"] < table.rows["age_from"]).to_numpy(copy=True)
    faulty[list(table.refused)] = True  # other findings speak of these rows
    unclear = np.isin(inputs.area_ids, table.rows["area_id"][faulty].dropna())
    for area in np.flatnonzero((first == NO_ROWS) & ~unclear):
        yield at_row(areas, "W305", int(area), "area_id", {"year": year, "population": table.source.file})
    lacking = ~covered[:, :, needed]
    for area in np.flatnonzero((first >= 0) & lacking.any(axis=(1, 2)) & ~unclear):
        facts = {"area": inputs.area_ids[area], "year": year, "ages": _ages_in_words(lacking[area], needed)}
        yield replace(at_row(table, "E308", int(first[area]), "age_from", facts), value=None)  # no cell is wrong


def _coverage(table: Table, areas: tuple[str, ...], year: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """covered[area, sex, age] and the first row of each area (−1 where it has none) in a year."""
    at = np.flatnonzero((table.rows["year"] == year).to_numpy() & table.rows["age_from"].notna().to_numpy())
    rows = table.rows.iloc[at]
    area = positions(rows["area_id"], areas)
    start = np.clip(rows["age_from"].to_numpy(), 0, OLDEST).astype(np.int64)
    end = np.clip(rows["age_to"].fillna(rows["age_from"]).to_numpy(), start, OLDEST).astype(np.int64)
    steps = np.zeros((len(areas), len(SEXES), OLDEST + 2), dtype=np.int64)
    for s, sex in enumerate(SEXES):
        use = (area >= 0) & rows["sex"].isin([sex, "both"]).to_numpy(dtype=bool)
        np.add.at(steps[:, s], (area[use], start[use]), 1)
        np.add.at(steps[:, s], (area[use], end[use] + 1), -1)
    first = np.full(len(areas), NO_ROWS, dtype=np.int64)
    first[area[area >= 0][::-1]] = at[area >= 0][::-1]
    return steps.cumsum(axis=2)[:, :, :-1] > 0, first


def _ages_in_words(lacking: NDArray[np.bool_], needed: NDArray[np.int64]) -> dict[str, str]:
    """The ages that lacking[sex, needed age] names, with the sex where only one lacks them."""
    ages, sexes = _ranges(needed[lacking.any(axis=0)]), np.flatnonzero(lacking.any(axis=1))
    if len(sexes) > 1:
        return {"en": ages, "zh": f"{ages} 岁"}
    sex = labels(f"choice.{SEXES[sexes[0]]}")
    return {"en": f"{ages} ({sex['en']})", "zh": f"{ages} 岁（{sex['zh']}）"}


def _ranges(ages: NDArray[np.int64]) -> str:
    """3, 4, 5, 9 → 3–5, 9."""
    runs = np.split(ages, np.flatnonzero(np.diff(ages) > 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


def blank_sex(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Residents are female, male or both together; who is neither would be counted nowhere."""
    table = inputs.tables.get("population")
    if table is None:
        return
    blank = np.flatnonzero(table.rows["sex"].isna())
    if len(blank) == len(table.rows):
        yield at_table(table, "E246", "sex")
        return
    for row in blank:
        yield at_row(table, "E246", int(row), "sex")


def bases(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """One run counts people on one basis (常住 or 户籍), and says which; a date is told where it is only presumed."""
    said: dict[str, Table] = {}
    for table in inputs.tables.values():
        spec = table_specs()[table.name]
        if spec.basis and table.source.basis is None:
            yield at_table(table, "W303", facts={"allowed": ", ".join(spec.basis)})
        if spec.as_of and table.source.as_of is None:
            yield at_table(table, "N300", facts={"date": scenario.reference_date})
        if table.source.basis in BASES:
            said.setdefault(str(table.source.basis), table)
    if len(said) > 1:
        first, second = list(said.values())[:2]
        facts = {"basis": second.source.basis, "other": first.source.file, "other_basis": first.source.basis}
        yield at_table(second, "E310", facts=facts)


def as_of_near_year(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """A population's date lies within a year of the reference date of its school year."""
    table = inputs.tables.get("population")
    if table is None or table.source.as_of is None:
        return
    counted = date.fromisoformat(table.source.as_of)
    month, day = (int(part) for part in scenario.reference_date.split("-"))
    years = [int(y) for y in table.rows["year"].dropna().unique()]
    gaps = [abs((counted - date(y, month, min(day, 28))).days) for y in years]
    if gaps and min(gaps) > 366:
        facts = {"as_of": table.source.as_of, "years": ", ".join(map(str, sorted(years)))}
        yield at_table(table, "E244", "year", facts)


def pupils_beyond_residents(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Base-year pupils of a stage are not far more than the residents of its ages."""
    rolls, people = inputs.tables.get("enrolment"), inputs.tables.get("population")
    if rolls is None or people is None:
        return
    year = scenario.years[0]
    now = rolls.rows[rolls.rows["year"] == year]
    nearest = [y for y in sorted(people.rows["year"].dropna().unique()) if y <= year][-1:]
    residents = people.rows[people.rows["year"].isin(nearest)]
    for stage in scenario.stages.all:
        pupils = now.loc[now["grade"].isin(stage.grades), "pupils"].sum()
        last = stage.age_of_first_grade + len(stage.grades) - 1
        count = _residents_aged(residents, stage.age_of_first_grade, last)
        if count > 0 and pupils > UNLIKELY * count:
            facts = {"stage": stage.id, "year": year, "pupils": int(pupils), "residents": round(count)}
            facts |= {"ages": f"{stage.age_of_first_grade}–{last}", "population": people.source.file}
            yield at_table(rolls, "E311" if pupils > IMPOSSIBLE * count else "W304", "pupils", facts)


def _residents_aged(rows: pd.DataFrame, first: int, last: int) -> float:
    """Residents of the ages first … last, those of wider age groups by the share of their years."""
    start = rows["age_from"].to_numpy(dtype=float)
    end = rows["age_to"].fillna(rows["age_from"]).to_numpy(dtype=float)
    share = np.clip(np.minimum(end, last) - np.maximum(start, first) + 1, 0, None) / (end - start + 1)
    return float(np.nansum(share * rows["residents"].to_numpy(dtype=float)))


def children_before_birth(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Children are counted after their birth, and not years after the base year."""
    table = inputs.tables.get("children")
    if table is None:
        return
    counted, cohort = table.rows["as_of"].dropna(), table.rows["cohort"].dropna()
    counted, cohort = counted.align(cohort, join="inner")
    eve = (cohort - 1).astype(int).astype(str) + f"-{scenario.reference_date}"  # of the cohort's first births
    for row in counted.index[(counted.astype(str) <= eve).to_numpy(dtype=bool)]:
        yield at_row(table, "E315", int(row), "cohort", {"as_of": counted[row], "starts": eve[row]})
    for row in counted.index[counted.astype(str).str[:4].astype(int) > scenario.years[0] + LATE_COUNT]:
        yield at_row(table, "E248", int(row), "as_of", {"base_year": scenario.years[0]})

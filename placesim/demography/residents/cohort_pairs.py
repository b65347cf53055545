"""Counts of one cohort at two dates: what moved between them, from known children and from two populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.demography.residents.housing import housing_moves, settle
from placesim.demography.residents.population import AGES, BOTH, OLDEST, YEAR_DAYS, Census
from placesim.demography.residents.shrinkage import Evidence
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Break

RECENT: Final = 10  # years back from the base year: what moved before tells little of what will
REGISTERS: Final = ("vaccination", "registration")  # lists of all children of an area; the first that a county has
FAR: Final = 2.5  # standard deviations beyond which a pair counts less
ROUNDS: Final = 4
DAY: Final = 1e-3  # years: a count on the reference date is not before it
TINY: Final = 1e-12
LEAST_NOISE: Final = 0.02  # of the variance of a Poisson count: no register is kept better than that


@dataclass(frozen=True, eq=False)
class Pairs(Frozen):
    """Pairs of counts: area[pair], sex[pair], first[pair] … last[pair] the ages at the end of the steps between them,
    years[pair] between the dates, expected[pair] survivors of the first count, found[pair] at the second (residents of
    new homes taken out)."""

    area: Ints
    sex: Ints
    first: Ints
    last: Ints
    years: Floats
    expected: Floats
    found: Floats

    @property
    def moves(self) -> Floats:
        return self.found - self.expected

    @property
    def people(self) -> Floats:
        return (self.found + self.expected) / 2

    @property
    def span(self) -> Ints:
        """One number for each sex and pair of ages."""
        return (self.sex * AGES + self.first) * AGES + self.last


# ------------------------------------------------------------------------------------------------- known children
def register_of(inputs: Inputs) -> str | None:
    """The register whose successive counts tell of movement: one basis, never a mixture."""
    children = inputs.frame("children")
    for basis in REGISTERS:
        rows = children[(children["basis"].astype(object) == basis).to_numpy(dtype=bool)]
        if len(rows) and rows.groupby(["area_id", "cohort"])["as_of"].nunique().max() > 1:
            return basis
    return None


def child_pairs(inputs: Inputs, options: ProjectionOptions, survival: Floats) -> Pairs:
    """Successive counts of the register: same area, same cohort, deaths by survival[sex, age] taken off.

    Left out: counts before a cohort was complete, rows that hold several cohorts, pairs across a break or long ago;
    children of the homes completed in between, less those who left for them, are taken out of what was found.
    """
    counts = _counts(inputs, options.reference_date)
    keys = counts[["area", "cohort"]].to_numpy(dtype=np.int64)
    same = (keys[1:] == keys[:-1]).all(axis=1)
    (area, cohort), count = keys[:-1][same].T, counts["children"].to_numpy(dtype=np.float64)
    age = counts["age"].to_numpy(dtype=np.float64)
    start, end = age[:-1][same], age[1:][same]
    last = np.maximum(np.floor(end + 0.5), np.ceil((start + end) / 2)).astype(np.int64)
    first = np.minimum(np.floor(start + 0.5).astype(np.int64) + 1, last)
    last = np.minimum(last, OLDEST)
    logs = np.append(0.0, np.cumsum(np.log(np.maximum(survival.mean(axis=0), TINY))))
    alive = np.exp((logs[last + 1] - logs[first]) / (last - first + 1) * (end - start))
    expected = count[:-1][same] * alive
    pairs = Pairs(area, np.zeros_like(area), first, last, end - start, expected, count[1:][same])
    found = np.maximum(pairs.found - _in_new_homes(inputs, options, pairs, cohort), 0.0)
    between = cohort + np.floor(start + DAY), cohort + np.floor(end + DAY)
    kept = _compatible(between, area, inputs.area_ids, options.demography.breaks)
    return _chosen(replace(pairs, found=found), kept & (between[1] > options.years[0] - RECENT))


def _in_new_homes(inputs: Inputs, options: ProjectionOptions, pairs: Pairs, cohort: Ints) -> Floats:
    """children[pair] who came into homes completed between the counts, less those who left the area for such homes."""
    moved = np.zeros(len(cohort))
    if not inputs.has("developments") or len(cohort) == 0:
        return moved
    years = tuple(range(int((cohort + pairs.first).min()) - 1, int((cohort + pairs.last).max()) + 1))
    moves = housing_moves(inputs, years, options.housing, now=options.years[0])
    living = np.zeros((len(inputs.area_ids), len(years) - 1, AGES))
    passing = [np.minimum(pairs.first + k, pairs.last) for k in range(int((pairs.last - pairs.first).max()) + 1)]
    for age in passing:
        living[pairs.area, cohort + age - years[0] - 1, age] = pairs.expected
    net = np.zeros_like(living)
    for step in range(len(years) - 1):
        people = np.repeat(living[:, step, None] / BOTH, BOTH, axis=1)
        entering, displaced = settle(people, moves.entering[:, step], moves.inside[:, step])
        net[:, step] = (entering - displaced).sum(axis=1)
    for k, age in enumerate(passing):
        counted = pairs.first + k <= pairs.last
        moved += np.where(counted, net[pairs.area, cohort + age - years[0] - 1, age], 0.0)
    return moved


def _counts(inputs: Inputs, reference_date: str) -> pd.DataFrame:
    """area, cohort, age (years since the cohort's reference date), children: sorted by area, cohort and date."""
    children = inputs.frame("children")
    table = pd.DataFrame(
        {
            "area": positions(children, "area_id", inputs.area_ids),
            "cohort": numbers(children, "cohort"),
            "day": pd.to_datetime(children["as_of"], errors="coerce"),
            "children": numbers(children, "children"),
        }
    )
    several = numbers(children, "cohort_to")
    single = ~np.isfinite(several) | (several == table["cohort"].to_numpy())
    of_register = (children["basis"].astype(object) == register_of(inputs)).to_numpy(dtype=bool)
    table = table[single & of_register & (table["area"] >= 0).to_numpy()].dropna()
    born = pd.to_datetime(table["cohort"].astype(np.int64).astype(str) + f"-{reference_date.replace('02-29', '02-28')}")
    table["age"] = (table["day"] - born).dt.days / YEAR_DAYS
    return table[table["age"] > -DAY].sort_values(["area", "cohort", "day"], kind="stable")


# ---------------------------------------------------------------------------------------------------- two populations
def basis_of_years(inputs: Inputs) -> dict[int, set[str]]:
    """The bases on which each year of the population table is counted; the table's own where a row says none."""
    population = inputs.frame("population")
    source = inputs.tables["population"].source.basis if inputs.has("population") else None
    told = population["basis"] if "basis" in population else [None] * len(population)
    bases: dict[int, set[str]] = {}
    for year, basis in set(zip(numbers(population, "year"), told, strict=True)):
        if np.isfinite(year):
            bases.setdefault(int(year), set()).add(basis if isinstance(basis, str) else source or "")
    return bases


def census_years(inputs: Inputs, years: Sequence[int], base: int) -> list[tuple[int, int]]:
    """Neighbouring years of the population table, of one and the same basis, the later one in the last ten years up to
    the base year."""
    bases, known = basis_of_years(inputs), [y for y in sorted(years) if y <= base]
    return [(a, b) for a, b in pairwise(known) if bases.get(a) == bases.get(b) and b > base - RECENT]


def census_pairs(
    inputs: Inputs, options: ProjectionOptions, census: Census, *, between: tuple[int, int], survival: Floats
) -> Pairs:
    """Cohorts of the earlier population found in the later one, survivors by survival[area, sex, age].

    Residents of the homes completed in between, less those who left for them, are taken out of what was found, aged and
    survived to the later date. Cohorts born in between, and areas that a break touches in between, are left out.
    """
    start, end = (census.years.index(year) for year in between)
    years = between[1] - between[0]
    steps = tuple(range(between[0], between[1] + 1))
    moves = housing_moves(inputs, steps, options.housing, now=options.years[0])
    alive, moved = census.residents[:, start], np.zeros_like(census.residents[:, start])
    for step in range(years):
        alive, moved = _aged(alive, survival), _aged(moved, survival)
        living = np.maximum(alive + moved, 0.0)
        entering, displaced = settle(living, moves.entering[:, step], moves.inside[:, step])
        moved = moved + entering - displaced
    found = np.maximum(census.residents[:, end] - moved, 0.0)
    known = _aged(census.given[:, start].astype(np.float64), np.ones_like(survival), years=years) > 0
    given = census.given[:, end] & known
    area, sex, age = np.nonzero(given & (np.arange(AGES) >= years))
    ends = tuple(np.full(len(area), float(year)) for year in between)
    kept = _compatible((ends[0], ends[1]), area, inputs.area_ids, options.demography.breaks)
    pairs = Pairs(
        area=area.astype(np.int64),
        sex=sex.astype(np.int64),
        first=(age - years + 1).astype(np.int64),
        last=age.astype(np.int64),
        years=np.full(len(age), float(years)),
        expected=alive[area, sex, age],
        found=found[area, sex, age],
    )
    return _chosen(pairs, kept)


def _aged(people: Floats, survival: Floats, *, years: int = 1) -> Floats:
    """people[area, sex, age] some years later, nobody born; the last two ages pooled."""
    for _ in range(years):
        older = np.zeros_like(people)
        older[..., 1:] = people[..., :-1]
        older[..., -1] += people[..., -1]
        people = older * survival
    return people


def _compatible(
    years: tuple[Floats, Floats], area: Ints, areas: Sequence[str], breaks: Sequence[Break]
) -> NDArray[np.bool_]:
    """Which pairs lie on one side of every break; years: the school years of both counts."""
    kept = np.ones(len(area), dtype=bool)
    for told in breaks:
        touched = np.isin(np.array(areas, dtype=object), told.areas) if told.areas else np.ones(len(areas), dtype=bool)
        kept &= ~((years[0] < told.year) & (years[1] >= told.year) & touched[area])
    return kept


def together(all_pairs: Sequence[Pairs]) -> Pairs:
    """Pairs of several periods one after another."""
    names = Pairs.__dataclass_fields__
    return Pairs(*(np.concatenate([getattr(pairs, name) for pairs in all_pairs]) for name in names))


def _chosen(pairs: Pairs, kept: NDArray[np.bool_]) -> Pairs:
    return Pairs(*(getattr(pairs, name)[kept] for name in Pairs.__dataclass_fields__))


# ------------------------------------------------------------------------------------------------------ as evidence
def evidence_of(pairs: Pairs, column_of: Ints, areas: int, *, noise: float, weight: Floats) -> Evidence:
    """Pairs summed by area and column; column_of[sex, age at the end of a step], −1 for ages that do not count.

    A pair of several years gives each of its ages an equal part of its movers and person-years.
    """
    columns = int(column_of.max()) + 1
    spans, one, which = np.unique(pairs.span, return_index=True, return_inverse=True)
    part = np.zeros((len(spans), columns + 1))
    for i, (sex, first, last) in enumerate(zip(pairs.sex[one], pairs.first[one], pairs.last[one], strict=True)):
        np.add.at(part[i], column_of[sex, first : last + 1], 1.0 / (last - first + 1))
    part = part[:, :columns]
    cell = pairs.area * max(len(spans), 1) + which

    def summed(values: Floats) -> Floats:
        sums = np.bincount(cell, values, minlength=areas * len(spans)).astype(np.float64)
        return sums.reshape(areas, len(spans))

    if len(spans) == 0:
        return Evidence(*(np.zeros((areas, columns)) for _ in range(3)))
    people = weight * pairs.people
    return Evidence(
        moves=summed(weight * pairs.moves) @ part,
        exposure=summed(people * pairs.years) @ part,
        noise=noise * (summed(weight * people) @ part**2),
    )


def weigh(pairs: Pairs) -> tuple[Floats, float]:
    """(weight[pair], noise): pairs far from others of the same area and age count less.

    noise: variance of the movers ÷ people, from the scatter of repeated pairs; 1 (a Poisson count) where none repeats.
    """
    cells, cell = np.unique(pairs.area * (BOTH * AGES * AGES) + pairs.span, return_inverse=True)
    weight, noise = np.ones(len(cell)), 1.0
    repeats = len(cell) - len(cells)
    if repeats == 0:
        return weight, noise
    people = np.maximum(pairs.people, 0.5)
    for _ in range(ROUNDS):
        exposure = np.bincount(cell, weight * people * pairs.years)
        rate = np.bincount(cell, weight * pairs.moves) / np.maximum(exposure, 1e-12)
        gap = (pairs.moves - rate[cell] * people * pairs.years) / np.sqrt(people)
        noise = max(LEAST_NOISE, float((weight * gap**2).sum()) / repeats)
        weight = np.minimum(1.0, FAR * np.sqrt(noise) / np.maximum(np.abs(gap), 1e-12))
    return weight, noise

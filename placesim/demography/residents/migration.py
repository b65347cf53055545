"""Movement between areas and over the border: what counts tell where the table of rates tells nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.demography.regions import regions_of
from placesim.demography.residents.cohort_pairs import (
    Pairs,
    census_pairs,
    census_years,
    child_pairs,
    evidence_of,
    register_of,
    together,
    weigh,
)
from placesim.demography.residents.population import AGES, BOTH, Census
from placesim.demography.residents.rates import YearlyRates, measure
from placesim.demography.residents.roll_movement import roll_evidence
from placesim.demography.residents.shrinkage import Evidence, Levels, Shrunk, shrink
from placesim.records import Floats, Frozen, Inputs, Ints, Stages
from placesim.scenario.options import ProjectionOptions
from placesim.vocabulary import AREA_TYPES, SEXES

LAST_CHILD_AGE: Final = 15
# Ages that move for the same reasons: an area's departure from its type holds for all of them together.
CHILDREN: Final = tuple((age, age) for age in range(LAST_CHILD_AGE + 1))
ADULTS: Final = {
    "youth": ((16, 19), (20, 24), (25, 29)),
    "families": ((30, 34), (35, 39), (40, 44), (45, 49), (50, 54), (55, 59)),
    "old": ((60, 69), (70, 79), (80, AGES - 1)),
}
PRIOR_SD: Final = 0.01  # of a county's yearly net movement of children around what other counties tell
STEEPEST: Final = 1.0  # net movers per person-year: beyond, counts are of different things
SOURCES: Final = ("none", "children", "census", "rolls", "learnt")
NONE, KNOWN_CHILDREN, CENSUSES, ROLLS, LEARNT = range(len(SOURCES))
CHILDREN_COME_WITH: Final = 16  # ages below it come with their parents
FOLLOWED: Final = (0.2, 3.0)  # bounds of a cohort's size against the one that came first
TABLE_COLUMNS: Final = (
    "area_type", "sex", "age_from", "age_to", "source", "rate", "person_years", "weight", "own_weight",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Movement(Frozen):
    """net[area, sex, age at the end of the step]: net movers per person who would be there without moving, a year.

    source[age]: position in SOURCES · table: what stands behind it, as `projection.movement_table` gives it.
    """

    net: Floats
    source: Ints
    table: pd.DataFrame


def estimate_movement(
    inputs: Inputs, options: ProjectionOptions, census: Census, *, survival: Floats, stages: Stages | None = None
) -> Movement:
    """Yearly net movement of every area by sex and age, survival[area, sex, age] taken off.

    Ages 1–15 from successive counts of a register of children, age by age, so that jumps at stage entry stay; where the
    register does not reach, from two populations, then from rolls of the whole county (grade to next grade, given
    `stages`), then `demography.child_movement`. Ages from 16 on from two populations, by age group. All are shrunk as
    `shrinkage.shrink` says. Pairs of counts across `demography.breaks` are left out.
    """
    levels = _levels(inputs)
    found = _census_pairs(inputs, options, census, survival)
    net, source = np.zeros((len(inputs.area_ids), BOTH, AGES)), np.zeros(AGES, dtype=np.int64)
    tables = []
    for groups, by_sex in ((CHILDREN, False), *((g, True) for g in ADULTS.values())):
        column_of = _columns(groups, by_sex=by_sex)
        evidence = _evidence(found, column_of, len(levels.kind))
        known = np.where(evidence.exposure.sum(axis=0) > 0, CENSUSES, NONE)
        county = _county_rate(evidence)
        if not by_sex:
            evidence, county, known = _children(inputs, options, evidence, survival=survival, stages=stages)
        shrunk = shrink(evidence, levels, county)
        rate = np.where(known > NONE, np.clip(shrunk.rate, -STEEPEST, STEEPEST), 0.0)
        told = column_of >= 0
        net[:, told] = (rate / (1 - rate / 2))[:, column_of[told]]
        source[told.any(axis=0)] = known[column_of[0, told[0]]]
        tables.append(_explained(groups, shrunk, evidence, known, levels))
    return Movement(np.maximum(net, -1.0), source, pd.concat(tables, ignore_index=True))


def migration_told(inputs: Inputs, years: tuple[int, ...]) -> NDArray[np.bool_]:
    """told[step, area, sex, age]: the cells for which the table of rates gives out_rate or in_count."""
    areas = len(inputs.area_ids)
    spoken = [measure(inputs, name) for name in ("out_rate", "in_count")]
    told = [np.any([s.index(year, areas) >= 0 for s in spoken], axis=0) for year in years]
    return np.array(told, dtype=bool).reshape(len(years), areas, BOTH, AGES)


def moves_estimated(inputs: Inputs, options: ProjectionOptions) -> bool:
    """Whether any count tells of movement, so that a county without rates of migration is not without movement."""
    years = numbers(inputs.frame("population"), "year")
    known = np.unique(years[np.isfinite(years)]).astype(int).tolist()
    learnt = options.demography.child_movement is not None
    return learnt or register_of(inputs) is not None or bool(census_years(inputs, known, options.years[0]))


# ---------------------------------------------------------------------------------------------------- into the rates
def with_movement(
    rates: YearlyRates, movement: Movement, told: NDArray[np.bool_], *, people: Floats, factor: Floats
) -> YearlyRates:
    """`rates` with the estimate in every cell that told[step, area, sex, age] leaves open.

    A net loss becomes an out_rate, a net gain an in_count: the persons that come to a cohort of people[area, sex, age]
    as it ages with this movement (births held at the first year's), times factor[step]. Counts do not grow with what a
    scenario assumes.
    """
    leaving, coming = rates.out_rate.copy(), rates.in_count.copy()
    open_ages = movement.source > NONE
    present = people
    for step in range(len(told)):
        aged = np.empty_like(present)
        aged[..., 1:] = present[..., :-1]
        aged[..., -1] += present[..., -1]
        aged[..., 1:] *= rates.survival[step][..., 1:]
        aged[..., 0] = people[..., 0]
        use = ~told[step] & open_ages
        leaving[step][use] = np.maximum(-movement.net, 0.0)[use]
        coming[step][use] = (factor[step] * np.maximum(movement.net, 0.0) * aged)[use]
        present = aged * (1.0 + np.where(use, movement.net, 0.0))
    return replace(rates, out_rate=leaving, in_count=coming)


# ------------------------------------------------------------------------------------------------------ evidence
def _census_pairs(inputs: Inputs, options: ProjectionOptions, census: Census, survival: Floats) -> Pairs | None:
    pairs = [
        census_pairs(inputs, options, census, between=between, survival=survival)
        for between in census_years(inputs, census.years, options.years[0])
    ]
    return together(pairs) if pairs else None


def _evidence(found: Pairs | None, column_of: Ints, areas: int) -> Evidence:
    if found is None:
        return Evidence(*(np.zeros((areas, int(column_of.max()) + 1)) for _ in range(3)))
    weight, noise = weigh(found)
    return evidence_of(found, column_of, areas, noise=noise, weight=weight)


def _children(
    inputs: Inputs, options: ProjectionOptions, counted: Evidence, *, survival: Floats, stages: Stages | None
) -> tuple[Evidence, Floats, Ints]:
    """(evidence by area, rate of the county, source of each column) of the children's ages."""
    shares = survival.mean(axis=0)
    pairs = child_pairs(inputs, options, shares)
    register = _evidence(pairs, _columns(CHILDREN, by_sex=False), len(inputs.area_ids))
    by_register = register.exposure.sum(axis=0) > 0
    known = np.where(by_register, KNOWN_CHILDREN, np.where(counted.exposure.sum(axis=0) > 0, CENSUSES, NONE))
    evidence = Evidence(*(np.where(by_register, a, b) for a, b in zip(_parts(register), _parts(counted), strict=True)))
    rolls = roll_evidence(inputs, options, stages, survival=shares, ages=len(CHILDREN))
    by_rolls = (known == NONE) & (rolls.exposure[0] > 0)
    known = np.where(by_rolls, ROLLS, known)
    both = zip(_parts(rolls), _parts(evidence), strict=True)
    county = Evidence(*(np.where(by_rolls, a, b.sum(axis=0)) for a, b in both))
    if options.demography.child_movement is None:
        return evidence, county.rate[0], known
    known = np.where((known == NONE) & (np.arange(len(known)) > 0), LEARNT, known)
    return evidence, _pulled(county, options.demography.child_movement), known


def _pulled(county: Evidence, learnt: float) -> Floats:
    """rate[column] of the county between its own counts and what other counties tell, by their variances."""
    level = learnt / (1 + learnt / 2)  # per person-year, as the evidence counts
    variance = county.variance[0]
    own = np.divide(PRIOR_SD**2, PRIOR_SD**2 + variance, out=np.zeros_like(variance), where=np.isfinite(variance))
    pulled: Floats = level + own * (county.rate[0] - level)
    return pulled


def _parts(evidence: Evidence) -> tuple[Floats, Floats, Floats]:
    return evidence.moves, evidence.exposure, evidence.noise


def _county_rate(evidence: Evidence) -> Floats:
    """rate[column] of all areas together."""
    return Evidence(*(part.sum(axis=0)[None] for part in _parts(evidence))).rate[0]


# ------------------------------------------------------------------------------------------------- axes and table
def _levels(inputs: Inputs) -> Levels:
    """Types (the last stands for areas without one) and planning areas; areas without one go with their type."""
    kind = positions(inputs.areas, "area_type", AREA_TYPES)
    kind = np.where(kind < 0, len(AREA_TYPES), kind)
    regions = regions_of(inputs)
    alone = np.array([name == "" for name in regions.names], dtype=bool)[regions.region]
    return Levels(kind, np.where(alone, len(regions.names) + kind, regions.region))


def _columns(groups: tuple[tuple[int, int], ...], *, by_sex: bool) -> Ints:
    """column[sex, age] of the age groups, first all of the women, then all of the men where `by_sex`; −1 elsewhere."""
    column = np.full((BOTH, AGES), -1, dtype=np.int64)
    for i, (first, last) in enumerate(groups):
        for sex in range(BOTH):
            column[sex, first : last + 1] = i + (sex * len(groups) if by_sex else 0)
    return column


def _explained(
    groups: tuple[tuple[int, int], ...], shrunk: Shrunk, evidence: Evidence, known: Ints, levels: Levels
) -> pd.DataFrame:
    """Rows of one block: types × columns that are known."""
    rows = []
    for kind in np.unique(levels.kind):
        own = levels.kind == kind
        for column in np.flatnonzero(known > NONE):
            sex, group = divmod(int(column), len(groups))
            rate = float(shrunk.by_kind[kind, column])
            rows.append(
                {
                    "area_type": (*AREA_TYPES, "")[kind],
                    "sex": SEXES[sex] if len(known) > len(groups) else "both",
                    "age_from": groups[group][0],
                    "age_to": groups[group][1],
                    "source": SOURCES[known[column]],
                    "rate": rate / (1 - rate / 2),
                    "person_years": float(evidence.exposure[own, column].sum()),
                    "weight": float(shrunk.kind_weight[kind, column]),
                    "own_weight": float(shrunk.own_weight[own].mean()),
                }
            )
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def following_cohorts(in_count: Floats, people: Floats) -> Floats:
    """in_count[step, area, sex, age] with the children among the newcomers in proportion to their cohort.

    Children come with their parents: a cohort half the size of the one before sends half as many. Count of age x ×
    people of the cohort that is x at the end of the step ÷ of the one that was x at the end of the first, both as they
    were at the start (people[age] of the county; cohorts not yet born then count as the youngest). Adults' counts stay.
    """
    if not len(in_count):
        return in_count
    ages = np.arange(CHILDREN_COME_WITH)
    steps = np.arange(len(in_count))[:, None]
    now, first = people[np.maximum(ages - 1 - steps, 0)], people[np.maximum(ages - 1, 0)]
    factor = np.divide(now, first, out=np.ones_like(now), where=(first > 0) & (now > 0))
    followed = in_count.copy()
    followed[..., :CHILDREN_COME_WITH] *= np.clip(factor, *FOLLOWED)[:, None, None, :]
    return followed

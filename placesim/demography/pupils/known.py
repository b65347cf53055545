"""Known children: what the registers together say of the cohorts that will enter school."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.children import Counted, completed, count_children, entry_ratios, parts_by_basis
from placesim.demography.pupils.home_rolls import HomeRolls
from placesim.records import Floats, Frozen, Inputs, Ints, Projection, Stages, require
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import CHILD_BASES

KINDERGARTEN: Final = "kindergarten"  # stands before the stage whose entrants the known children are measured by


@dataclass(frozen=True, eq=False)
class KnownChildren(Frozen):
    """Children of the cohorts known by count, as entrants by home area.

    entrants[area, cohort] expected at the entry grade; by_basis[source, area, cohort] the part of each of `sources` in
    them. variance[area, cohort] of the log of the area's estimate, county_variance[cohort] of the log of the county's.
    disaggregated[area, cohort]: known only as a part of a total. assumed: some basis has neither a ratio nor past
    cohorts.
    """

    cohorts: Ints
    sources: tuple[str, ...]
    entrants: Floats
    by_basis: Floats
    variance: Floats
    county_variance: Floats
    disaggregated: NDArray[np.bool_]
    assumed: bool

    def check(self) -> None:
        require(bool((self.entrants >= 0).all()), "KnownChildren: entrants below zero")
        gap = np.abs(self.by_basis.sum(axis=0) - self.entrants).max(initial=0.0)
        require(gap <= 1e-6 * max(1.0, self.entrants.max(initial=0.0)), f"KnownChildren: parts open by {gap}")

    def of(self, cohort: Ints) -> Floats:
        """entrants[area, …] of the cohorts asked for, NaN where they are not counted."""
        place = np.searchsorted(self.cohorts, cohort)
        known = np.isin(cohort, self.cohorts)
        found = np.full((len(self.entrants), *cohort.shape), np.nan)
        found[:, known] = self.entrants[:, place[known]]
        return found


def entry_grade(stages: Stages) -> int:
    """The grade whose entrants are counted: the first of the first stage that is not kindergarten."""
    schools = [s.id for s in stages.all if s.id != KINDERGARTEN]
    return stages.grade_slice(schools[0]).start if schools else 0


def read_known_children(
    inputs: Inputs, options: DemandOptions, home: HomeRolls, projection: Projection | None
) -> KnownChildren:
    """The children table as expected entrants by area and cohort; areas it leaves out by other cohorts or residents."""
    counted = count_children(inputs, options.reference_date)
    counted = completed(counted, _residents_of(counted.cohorts, projection, options.years[0], len(inputs.area_ids)))
    ratios = entry_ratios(counted, _past_entrants(counted, home, options.stages), options.demand.entry_ratio)
    by_basis = parts_by_basis(counted, ratios)
    entrants = by_basis.sum(axis=0)
    variance = np.broadcast_to(ratios.variance.min(), entrants.shape) + 1 / np.maximum(entrants, 1.0)
    return KnownChildren(
        cohorts=counted.cohorts,
        sources=CHILD_BASES,
        entrants=entrants,
        by_basis=by_basis,
        variance=variance,
        county_variance=np.full(len(counted.cohorts), ratios.variance.min()),
        disaggregated=np.zeros(entrants.shape, dtype=np.bool_),
        assumed=any(ratios.assumed),
    )


def _residents_of(cohorts: Ints, projection: Projection | None, base: int, areas: int) -> Floats:
    """residents[area, cohort] of the cohorts' age in the base year; NaN without projection and for other ages."""
    residents = np.full((areas, len(cohorts)), np.nan)
    if projection is not None:
        by_age = projection.residents[:, projection.years.index(base)].sum(axis=1)
        age = base - cohorts
        held = (age >= 0) & (age < by_age.shape[1])
        residents[:, held] = by_age[:, age[held]]
    return residents


def _past_entrants(counted: Counted, home: HomeRolls, stages: Stages) -> Floats:
    """entrants[cohort] who live in the county, NaN where no roll tells; earlier years by the latest year's border."""
    entry = entry_grade(stages)
    year = counted.cohorts + stages.ages[entry]
    entrants = np.full(len(year), np.nan)
    rolls = home.rolls
    known = np.isin(year, rolls.years)
    entrants[known] = rolls.totals[np.searchsorted(rolls.years, year[known]), entry]
    latest = rolls.latest[entry]
    return entrants * (home.pupils[entry] / latest if latest > 0 else 1.0)

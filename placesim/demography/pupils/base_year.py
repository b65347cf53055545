"""What the base year tells: pupils by home, known children, participation, and how grades hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.home_rolls import HomeRolls
from placesim.demography.pupils.known import KnownChildren, entry_grade
from placesim.demography.regions import Regions
from placesim.records import Floats, Frozen, Projection, Stages
from placesim.scenario.options import DemandOptions

STAGE_CHILDREN: Final = 50.0  # a grade with fewer tells its own take-up less than its stage does
HALF: Final = 0.5  # pupil: keeps the logarithm of nobody finite
NOBODY: Final = 1e-9  # pupils: fewer are rounding


@dataclass(frozen=True, eq=False)
class Links(Frozen):
    """participation[grade] pupils per resident of its age · ratio[grade] progression from the grade before, with its
    defaults · per_entrant[grade] pupils of a grade per entrant of the same cohort · notes: what was assumed."""

    participation: Floats
    ratio: Floats
    per_entrant: Floats
    notes: tuple[str, ...]


# -------------------------------------------------------------------------------------------------------- residents
def residents_by_grade(projection: Projection | None, options: DemandOptions, areas: int) -> Floats:
    """residents[area, year, grade] of the grade's age; NaN without projection, for ages it does not hold at all, and
    for years in which supplied residents are only held as they were."""
    ages = options.stages.ages
    if projection is None:
        return np.full((areas, len(options.years), len(ages)), np.nan)
    years = [projection.years.index(y) for y in options.years]
    by_age = projection.residents.sum(axis=2)[:, years]
    there = by_age.sum(axis=(0, 1)) > 0
    told = np.array(options.years) <= (projection.last_told or options.years[-1])
    return np.where(there[ages] & told[:, None], by_age[:, :, ages], np.nan)


def residents_of_rolls(projection: Projection | None, home: HomeRolls, options: DemandOptions, areas: int) -> Floats:
    """residents[area, grade] in the base year of the cohort that the grade's latest rolls hold; NaN where unknown."""
    ages = options.years[0] - home.cohorts(options.stages)
    if projection is None:
        return np.full((areas, len(ages)), np.nan)
    by_age = projection.year(options.years[0]).sum(axis=1)
    held = (ages < by_age.shape[1]) & (by_age.sum(axis=0)[np.minimum(ages, by_age.shape[1] - 1)] > 0)
    return np.where(held, by_age[:, np.minimum(ages, by_age.shape[1] - 1)], np.nan)


# ------------------------------------------------------------------------------------------------------------ links
def link(home: HomeRolls, children: KnownChildren, residents: Floats, options: DemandOptions) -> Links:
    """Measure rolls and known children on residents[area, grade] of the same cohorts (`residents_of_rolls`)."""
    stages = options.stages
    participation, presumed = _participation(home, residents, options)
    ratio = _progression(home, participation)
    notes = {
        "demand.participation_assumed": presumed,
        "demand.progression_assumed": bool((np.isnan(home.rolls.ratio) & np.isfinite(_fed_by(home))).any()),
        "demand.entry_ratio_assumed": children.assumed,
    }
    per_entrant = _per_entrant(home, children, participation=participation, ratio=ratio, stages=stages)
    return Links(participation, ratio, per_entrant, said(notes))


def local_participation(participation: Floats, at_home: Floats, residents: Floats, regions: Regions) -> Floats:
    """participation[area, grade]: the county's participation[grade] × what a planning area had of it in the base year.

    log of pupils ÷ (participation × residents) of a planning area, shrunk to 0 by its chance (Poisson) against the
    variance between planning areas (method of moments); the county's pupils stay as they are. at_home and residents
    [area, grade] of the base year, NaN where unknown.
    """
    pupils, expected = regions.total(at_home), regions.total(participation * residents)
    known = np.isfinite(pupils) & np.isfinite(expected) & (expected > 0)
    log = np.log(np.divide(pupils + HALF, expected + HALF, out=np.ones_like(pupils), where=known))
    chance = np.where(known, 1 / (np.nan_to_num(pupils) + HALF) + 1 / (np.nan_to_num(expected) + HALF), 0.0)
    count = np.maximum(known.sum(axis=0), 1)
    between = np.maximum(np.where(known, log**2 - chance, 0.0).sum(axis=0) / count, 0.0)
    trusted = np.divide(between, between + chance, out=np.zeros_like(chance), where=between + chance > 0)
    factor = np.exp(np.where(known, trusted * log, 0.0))
    whole, now = np.nansum(expected, axis=0), np.nansum(factor * expected, axis=0)
    factor *= np.divide(whole, now, out=np.ones_like(whole), where=now > 0)
    return participation * factor[regions.region]


def _fed_by(home: HomeRolls) -> Floats:
    """pupils[grade] in the grade before, NaN at the first grade."""
    before = home.rolls.before
    return np.where(before >= 0, home.pupils[before], np.nan)


def _participation(home: HomeRolls, residents: Floats, options: DemandOptions) -> tuple[Floats, bool]:
    """(participation[grade], whether one was only assumed): as told, else rolls ÷ residents of the stage (of
    each grade before the age of school, where taking part is a choice), else 1."""
    stages, people = options.stages, residents.sum(axis=0)
    known = np.isfinite(home.pupils) & np.isfinite(people)
    share, presumed = np.ones(len(people)), False
    for stage in stages.ids:
        grades = stages.grade_slice(stage)
        use = known[grades]
        count = people[grades][use].sum()
        if stage in options.demand.participation:
            share[grades] = options.demand.participation[stage]
        elif count > 0 and grades.stop <= entry_grade(stages):
            share[grades] = _take_up(home.pupils[grades], people[grades])
        elif count > 0:
            share[grades] = home.pupils[grades][use].sum() / count
        else:
            presumed |= bool(np.isfinite(people[grades]).any())
    return share, presumed


def _progression(home: HomeRolls, participation: Floats) -> Floats:
    """ratio[grade] with defaults: participation of the grades against each other, which is 1 within a school stage."""
    before = home.rolls.before
    default = np.divide(participation, participation[before], out=np.ones(len(before)), where=participation[before] > 0)
    return np.where(np.isnan(home.rolls.ratio), default, home.rolls.ratio)


def _per_entrant(
    home: HomeRolls, children: KnownChildren, *, participation: Floats, ratio: Floats, stages: Stages
) -> Floats:
    """Forward from the entry grade by progression; earlier stages by their rolls per expected entrant of the cohort;
    what neither reaches by participation."""
    entry, before = entry_grade(stages), home.rolls.before
    pupils = np.full(len(before), np.nan)
    pupils[entry] = 1.0
    for grade in range(entry + 1, len(before)):
        if before[grade] >= 0:
            pupils[grade] = pupils[before[grade]] * ratio[grade]
    expected = children.of(home.cohorts(stages)).sum(axis=0)
    for stage in stages.ids[: stages.stage_of_grade[entry]]:
        grades = stages.grade_slice(stage)
        pupils[grades] = _take_up(home.pupils[grades], expected[grades])
    start = participation[entry] if participation[entry] > 0 else 1.0
    return np.where(np.isnan(pupils), participation / start, pupils)


def _take_up(pupils: Floats, expected: Floats) -> Floats:
    """ratio[grade] of pupils to expected entrants of the cohort, drawn to that of the stage as if STAGE_CHILDREN more
    had been seen there: the youngest grade of a kindergarten takes fewer than the oldest."""
    stage = _ratio_of_sums(pupils, expected)
    known = np.isfinite(pupils) & np.isfinite(expected) & np.isfinite(stage)
    return np.divide(pupils + STAGE_CHILDREN * stage, expected + STAGE_CHILDREN, out=np.full(len(pupils), stage),
                     where=known)  # fmt: skip


def _ratio_of_sums(numerator: Floats, denominator: Floats) -> float:
    """Σ numerator ÷ Σ denominator over the places where both are known; NaN where that says nothing."""
    known: NDArray[np.bool_] = np.isfinite(numerator) & np.isfinite(denominator)
    total = float(denominator[known].sum())
    return float(numerator[known].sum()) / total if total > 0 else np.nan


# ------------------------------------------------------------------------------------------------------------ homes
def bring_home(
    home: HomeRolls, children: KnownChildren, residents: Floats, stages: Stages
) -> tuple[Floats, tuple[str, ...]]:
    """(pupils[area, grade] of the latest rolls by home area, notes).

    Leavers are of their own area. Who stays is shared out as the flows tell; else by what the leavers leave of the mean
    of the cohort's known children and the residents of the age, as far as given; else of equal shares.
    """
    by_flows = _shares(home.flows.inside)
    by_children, by_residents = _shares(children.of(home.cohorts(stages))), _shares(residents)
    given = np.stack([by_children, by_residents])
    known = np.isfinite(given)
    mean = np.where(known, given, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    living = np.where(known.any(axis=0), mean, 1.0 / max(1, len(mean)))
    left = living * home.pupils - home.flows.outflow
    by_rest = _shares(np.maximum(left, 0.0))
    estimated = np.where(np.isfinite(by_rest), by_rest, living)
    enrolled = np.nan_to_num(home.pupils) > 0
    unknown = enrolled & ~np.isfinite(by_flows).all(axis=0)
    equal = unknown & ~known.any(axis=(0, 1))
    notes = {
        "demand.homes_estimated": bool((unknown & ~equal).any()),
        "demand.homes_equal": bool(equal.any()),
        "demand.leavers_exceed": bool((unknown & (left < -NOBODY).any(axis=0)).any()),
        "demand.inflow_exceeds": bool((home.flows.inflow > home.inflow + NOBODY).any()),
    }
    staying = np.where(np.isfinite(by_flows), by_flows, estimated) * home.staying
    return staying + home.flows.outflow, said(notes)


def said(notes: Mapping[str, bool]) -> tuple[str, ...]:
    """The notes that apply."""
    return tuple(key for key, applies in notes.items() if applies)


def _shares(counts: Floats) -> Floats:
    """share[area, grade] of each grade's total, NaN where the total is nothing or unknown."""
    total = np.broadcast_to(counts.sum(axis=0), counts.shape)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)

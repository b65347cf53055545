"""What the base year tells: pupils by home, known children, participation, and how grades hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.flows import Flows, read_flows
from placesim.demography.pupils.known import KnownChildren, entry_grade
from placesim.demography.rolls.progression import Rolls, read_rolls
from placesim.records import Floats, Frozen, Inputs, Ints, Projection, Stages
from placesim.scenario.options import DemandOptions

NOBODY: Final = 1e-9  # pupils: fewer are rounding


@dataclass(frozen=True, eq=False)
class HomeRolls(Frozen):
    """staying[grade] who live and learn in the county, pupils[grade] who live there, wherever they learn, in the year
    of the grade's latest rolls (the base year or one before); NaN where no roll is known. inflow[grade] as the flows
    tell it, but no more than the roll."""

    rolls: Rolls
    flows: Flows
    inflow: Floats
    staying: Floats
    pupils: Floats

    def cohorts(self, stages: Stages) -> Ints:
        """cohort[grade] of the latest rolls."""
        return self.rolls.latest_year - stages.ages


@dataclass(frozen=True, eq=False)
class Links(Frozen):
    """participation[grade] pupils per resident of its age · ratio[grade] progression from the grade before, with its
    defaults · per_entrant[grade] pupils of a grade per entrant of the same cohort · notes: what was assumed."""

    participation: Floats
    ratio: Floats
    per_entrant: Floats
    notes: tuple[str, ...]


def read_home_rolls(inputs: Inputs, options: DemandOptions) -> HomeRolls:
    """The latest rolls, without those who live outside, with those who learn outside."""
    base = options.years[0]
    rolls = read_rolls(inputs, options.stages, base, past=options.demand.progression_years)
    years = np.array([rolls.latest_year[options.stages.grade_slice(s).start] for s in options.stages.ids])
    flows = read_flows(inputs, options.stages, years, roll=rolls.latest)
    inflow = np.fmin(flows.inflow, rolls.latest)
    staying = rolls.latest - inflow
    return HomeRolls(rolls, flows, inflow, staying, staying + flows.outflow.sum(axis=0))


# -------------------------------------------------------------------------------------------------------- residents
def residents_by_grade(projection: Projection | None, options: DemandOptions, areas: int) -> Floats:
    """residents[area, year, grade] of the grade's age; NaN without projection and for ages it does not hold at all."""
    ages = options.stages.ages
    if projection is None:
        return np.full((areas, len(options.years), len(ages)), np.nan)
    years = [projection.years.index(y) for y in options.years]
    by_age = projection.residents.sum(axis=2)
    held = by_age.sum(axis=(0, 1)) > 0
    return np.where(held[ages], by_age[:, years][:, :, ages], np.nan)


# ------------------------------------------------------------------------------------------------------------ links
def link(home: HomeRolls, children: KnownChildren, residents: Floats, options: DemandOptions) -> Links:
    """Measure rolls, known children and residents of the base year on each other."""
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


def _fed_by(home: HomeRolls) -> Floats:
    """pupils[grade] in the grade before, NaN at the first grade."""
    before = home.rolls.before
    return np.where(before >= 0, home.pupils[before], np.nan)


def _participation(home: HomeRolls, residents: Floats, options: DemandOptions) -> tuple[Floats, bool]:
    """(participation[grade], whether one was only assumed): as told, else rolls ÷ residents of the stage, else 1."""
    stages, people = options.stages, residents[:, 0].sum(axis=0)
    known = np.isfinite(home.pupils) & np.isfinite(people)
    share, presumed = np.ones(len(people)), False
    for stage in stages.ids:
        grades = stages.grade_slice(stage)
        use = known[grades]
        count = people[grades][use].sum()
        if stage in options.demand.participation:
            share[grades] = options.demand.participation[stage]
        elif count > 0:
            share[grades] = home.pupils[grades][use].sum() / count
        else:
            presumed |= bool(np.isfinite(people[grades]).any())
    return share, presumed


def _progression(home: HomeRolls, participation: Floats) -> Floats:
    """ratio[grade] with defaults: participation of the stages against each other, which is 1 within a stage."""
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
        pupils[grades] = _ratio_of_sums(home.pupils[grades], expected[grades])
    start = participation[entry] if participation[entry] > 0 else 1.0
    return np.where(np.isnan(pupils), participation / start, pupils)


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
    by_children, by_residents = _shares(children.of(home.cohorts(stages))), _shares(residents[:, 0])
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

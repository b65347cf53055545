"""What is drawn of births, moves, entries and progression: factors with mean 1 and rates with mean 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.known import KnownChildren, entry_grade
from placesim.demography.pupils.views import after_entry
from placesim.demography.regions import Regions
from placesim.demography.residents.known_births import known_births
from placesim.demography.residents.population import AGES
from placesim.demography.rolls.progression import Rolls, log_ratios, read_rolls
from placesim.demography.uncertainty.streams import normals, persistent, persistent_variance
from placesim.records import Demand, Floats, Frozen, Inputs, Ints, Stages
from placesim.scenario.options import DrawOptions
from placesim.scenario.parameters import Uncertainty

# Spread of a county's yearly log progression ratio where its past does not tell it, and the pairs of years that weighs.
USUAL_SPREAD: Final = 0.015
USUAL_PAIRS: Final = 2.0
COMMON: Final = 0.5  # of an entry ratio's variance is shared by all cohorts: the ratio itself may be off
PLACE_PERSISTENCE: Final = 0.95  # a place that has grown faster than its county tends to stay large
# Net migration by age follows families or youth: first age of a group → how strongly each of the two moves it.
FAMILIES, YOUTH = range(2)
MOVED_BY: Final = {0: (FAMILIES, 1.0), 16: (YOUTH, 2.0), 30: (FAMILIES, 1.0), 50: (FAMILIES, 0.25)}


@dataclass(frozen=True, eq=False)
class Shocks(Frozen):
    """fertility[draw, step] factor on births of the step · unborn[draw, year, grade] that of the cell's cohort ·
    counted[draw, year, grade] factor on residents of a cohort that no roll has confirmed yet · unseen[draw, year,
    grade] factor on cohorts that no roll has seen, where rolls alone speak for them · migration[draw, step, age] added
    to the net migration rate · entry[draw, region, year, grade] factor on known children, and on cohorts born later
    than any that is known · passage[draw, year, grade] factor on the way from grade to grade since the base year,
    passage_after_entry that since the entry · place[draw, region, year] factor of a planning area against the county.
    """

    fertility: Floats
    unborn: Floats
    counted: Floats
    unseen: Floats
    migration: Floats
    entry: Floats
    passage: Floats
    passage_after_entry: Floats
    place: Floats


def draw_shocks(
    demand: Demand, children: KnownChildren, regions: Regions, inputs: Inputs, options: DrawOptions
) -> Shocks:
    """The shocks of every draw of `options`."""
    told, years, stages = options.uncertainty, demand.years, demand.stages
    births = np.where(_known(inputs, options), 1.0, _births(told, len(years) - 1))
    rolls = read_rolls(inputs, stages, years[0])
    cells = np.array(years)[:, None] - stages.ages
    unborn = _of_cohort(births, cells, years[0])
    step = _passage(rolls, told, len(years), stages.grades)
    return Shocks(
        fertility=births,
        unborn=unborn,
        counted=_counted(told, cells, stages, years[0]),
        unseen=_of_cohort(births, cells + _youngest_on_roll(rolls, stages), years[0]),
        migration=_migration(told, len(years) - 1),
        entry=_entry(children, regions, told, demand) * unborn[:, None],
        passage=_along(step, rolls.before),
        passage_after_entry=_along(step, after_entry(rolls.before, stages)),
        place=_place(told, regions, len(years)),
    )


def _births(told: Uncertainty, steps: int) -> Floats:
    """fertility[draw, step]: a log AR(1), mean-corrected."""
    path = persistent(
        normals(told.seed, "fertility", told.draws, ("",), steps)[:, 0], told.fertility_sd, told.fertility_persistence
    )
    variance = persistent_variance(steps, told.fertility_sd, told.fertility_persistence)
    return np.exp(path - variance / 2)


def _known(inputs: Inputs, options: DrawOptions) -> NDArray[np.bool_]:
    """[step]: births by mother's residence are known of the whole county, and are no chance any more."""
    known = known_births(inputs, options.demand.years[1:], options.demand.reference_date)
    return np.asarray(np.isfinite(known.county) | np.isfinite(known.area).all(axis=0))


def _of_cohort(births: Floats, cohort: Ints, base: int) -> Floats:
    """factor[draw, …] of the births of each cohort; 1 for cohorts born by the base year."""
    step = cohort - base - 1
    if not births.shape[1]:
        return np.ones((len(births), *cohort.shape))
    return np.where(step >= 0, births[:, np.clip(step, 0, births.shape[1] - 1)], 1.0)


def _counted(told: Uncertainty, cohort: Ints, stages: Stages, base: int) -> Floats:
    """factor[draw, year, grade]: how far the count of the base year missed a cohort born and yet to enter school."""
    entry = int(stages.ages[entry_grade(stages)])
    missed = tuple(range(base - entry + 1, base + 1))
    z = normals(told.seed, "count", told.draws, tuple(str(c) for c in missed), 1)[:, :, 0]
    factor = np.exp(told.count_sd * z - told.count_sd**2 / 2)
    place = np.clip(cohort - missed[0], 0, len(missed) - 1)
    return np.where(np.isin(cohort, missed), factor[:, place], 1.0)


def _youngest_on_roll(rolls: Rolls, stages: Stages) -> int:
    """Age of the youngest grade with a roll: younger cohorts are as uncertain as births of the same years ahead."""
    known = np.isfinite(rolls.latest)
    return int(stages.ages[known].min()) if known.any() else 0


def _migration(told: Uncertainty, steps: int) -> Floats:
    """rate[draw, step, age]: an additive AR(1) of families and one of youth."""
    z = normals(told.seed, "migration", told.draws, ("families", "youth"), steps)
    path = persistent(z, told.migration_sd, told.migration_persistence)
    group = np.searchsorted(list(MOVED_BY), np.arange(AGES), side="right") - 1
    mover, strength = (np.array(column) for column in zip(*MOVED_BY.values(), strict=True))
    return np.moveaxis(path[:, mover[group]], 1, 2) * strength[group]


def _place(told: Uncertainty, regions: Regions, years: int) -> Floats:
    """place[draw, region, year], 1 in the base year."""
    z = normals(told.seed, "place", told.draws, regions.names, years - 1)
    later = persistent(z, told.place_sd, PLACE_PERSISTENCE)
    return np.exp(np.concatenate([np.zeros((*later.shape[:2], 1)), later], axis=2))


# ------------------------------------------------------------------------------------------------------------ entry
def _entry(children: KnownChildren, regions: Regions, told: Uncertainty, demand: Demand) -> Floats:
    """factor[draw, region, year, grade] by the variance of the cell's cohort; that of the youngest known one beyond."""
    cells = np.array(demand.years)[:, None] - demand.stages.ages
    if not len(children.cohorts):
        return np.ones((told.draws, len(regions.names), *cells.shape))
    names = tuple(str(c) for c in children.cohorts)
    county = np.sqrt(children.county_variance)
    level = normals(told.seed, "entry", told.draws, ("",), 1)[:, 0]
    own = normals(told.seed, "entry", told.draws, names, 1)[:, :, 0]
    log = county * (np.sqrt(COMMON) * level + np.sqrt(1 - COMMON) * own)
    local = np.sqrt(_local_variance(children, regions))
    z = normals(told.seed, "local_entry", told.draws, regions.names, len(children.cohorts))
    factor = np.exp(log[:, None] - county**2 / 2 + local * z - local**2 / 2)
    place = np.clip(np.searchsorted(children.cohorts, cells), 0, len(children.cohorts) - 1)
    entered = cells + demand.stages.ages[entry_grade(demand.stages)] <= demand.years[0]
    return np.where(entered, 1.0, factor[:, :, place])


def _local_variance(children: KnownChildren, regions: Regions) -> Floats:
    """variance[region, cohort] of the log of a region's entrants, its areas taken as independent."""
    total = regions.total(children.entrants)
    share = np.divide(children.entrants, total[regions.region], out=np.zeros_like(children.entrants),
                      where=total[regions.region] > 0)  # fmt: skip
    return regions.total(share**2 * np.nan_to_num(children.variance))


# ---------------------------------------------------------------------------------------------------------- passage
def _passage(rolls: Rolls, told: Uncertainty, years: int, grades: tuple[str, ...]) -> tuple[Floats, Floats]:
    """(log error[draw, year, grade] of the step into the grade, its variance[grade]): a lasting error of each grade's
    ratio and one of each year."""
    spread, lasting = progression_spread(rolls)
    level = normals(told.seed, "progression", told.draws, grades, 1) * lasting[:, None]
    by_year = tuple(f"{g} by year" for g in grades)
    yearly = normals(told.seed, "progression", told.draws, by_year, years) * spread[:, None]
    return np.swapaxes(level + yearly, 1, 2), lasting**2 + spread**2


def _along(step: tuple[Floats, Floats], before: Ints) -> Floats:
    """factor[draw, year, grade] cumulated along the cohort from the base year on, or from the first grade that `before`
    leads back to; its mean is 1."""
    error, variance = step
    log, spread = np.zeros_like(error), np.zeros(error.shape[1:])
    moving = np.flatnonzero(before >= 0)
    for year in range(1, error.shape[1]):
        log[:, year, moving] = log[:, year - 1, before[moving]] + error[:, year, moving]
        spread[year, moving] = spread[year - 1, before[moving]] + variance[moving]
    return np.exp(log - spread / 2)


def progression_spread(rolls: Rolls) -> tuple[Floats, Floats]:
    """(spread of a year, lasting error)[grade] of the county's log progression ratio: the standard deviation over its
    own past, shrunk to USUAL_SPREAD as if that had been seen in USUAL_PAIRS pairs of years, and that of the mean."""
    if len(rolls.years) < 2:
        unknown = np.full(len(rolls.before), USUAL_SPREAD)
        return unknown, unknown
    log, _ = log_ratios(rolls.years, rolls.totals, rolls.before)
    known = np.isfinite(log)
    count = known.sum(axis=0)
    mean = np.where(known, log, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (log - mean) ** 2, 0.0).sum(axis=0)
    free = np.maximum(count - 1, 0)
    spread = np.sqrt((squares + USUAL_PAIRS * USUAL_SPREAD**2) / (free + USUAL_PAIRS))
    return spread, spread / np.sqrt(np.maximum(count, 1))

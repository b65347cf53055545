"""The views of who will be a pupil, each pupils[area, year, grade], NaN where it knows nothing; and their blend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.base_year import Links
from placesim.demography.pupils.home_rolls import HomeRolls
from placesim.demography.pupils.known import KnownChildren, entry_grade
from placesim.demography.rolls.progression import advance
from placesim.records import Floats, Frozen, Ints, Projection, Stages
from placesim.scenario.options import DemandOptions

JOINED: Final = 2  # youngest known cohorts by which later ones are brought to level
FEWEST: Final = 3.0  # persons: the movement of fewer is chance
BOUNDS: Final = (0.5, 2.0)  # of a cohort's yearly growth by migration


@dataclass(frozen=True, eq=False)
class Views(Frozen):
    """rolls: cohorts in school, advanced · children: cohorts known by count · residents: people × participation ·
    housing: pupils from new homes since the base year, whom the first two cannot know (no NaN)."""

    rolls: Floats
    children: Floats
    residents: Floats
    housing: Floats


def cohorts(years: tuple[int, ...], stages: Stages) -> Ints:
    """cohort[year, grade]."""
    return np.array(years)[:, None] - stages.ages[None, :]


def roll_view(home: HomeRolls, at_home: Floats, links: Links, years: tuple[int, ...]) -> Floats:
    """The cohorts of the latest rolls, brought home as at_home[area, grade] and moved on a grade each year."""
    first = int(home.rolls.latest_year.min(initial=years[0]))
    seen = home.rolls.latest_year - first
    return advance(at_home, seen, links.ratio, home.rolls.before, steps=years[-1] - first)[:, years[0] - first :]


def child_view(children: KnownChildren, links: Links, years: tuple[int, ...], stages: Stages) -> Floats:
    """Expected entrants of the cohort × pupils of the grade per entrant."""
    return children.of(cohorts(years, stages)) * links.per_entrant


def between_areas(view: Floats, movement: Floats) -> Floats:
    """`view` with its pupils moved between areas by movement[area, year, grade]; the county's sums stay as they are."""
    moved = view * movement
    before, after = view.sum(axis=0), moved.sum(axis=0)
    return moved * np.divide(before, after, out=np.ones_like(before), where=after > 0)


def yearly_growth(projection: Projection | None, options: DemandOptions, areas: int) -> Floats:
    """growth[area, year, grade] by net migration of the grade's cohort in the year before; 1 in the base year and
    without a projection by cohorts."""
    years, stages = options.years, options.stages
    growth = np.ones((areas, len(years), len(stages.grades)))
    if projection is not None and projection.method == "cohort":
        ratio = _growth_by_migration(projection)[:, projection.years.index(years[0]) :]
        growth[:, 1:] = ratio[:, : len(years) - 1][:, :, stages.ages]
    return growth


def since_seen(growth: Floats, before: Ints) -> Floats:
    """factor[area, year, grade]: growth of a cohort from the base year on, or from the first grade that `before` (−1:
    none) leads back to. Only differences between areas count: how the county's cohorts grow, progression tells."""
    factor = np.ones_like(growth)
    moving = np.flatnonzero(before >= 0)
    for year in range(1, growth.shape[1]):
        factor[:, year, moving] = factor[:, year - 1, before[moving]] * growth[:, year, moving]
    return factor


def after_entry(before: Ints, stages: Stages) -> Ints:
    """`before` for cohorts known as entrants: they stand at their homes of the entry, and have moved only after it."""
    return np.where(np.arange(len(before)) > entry_grade(stages), before, -1)


def _growth_by_migration(projection: Projection) -> Floats:
    """ratio[area, step, age] of survivors with to those without net migration, held where a handful of people says
    nothing and where a cohort would vanish or double within a year."""
    aged = projection.residents[:, :-1, :, :-1].sum(axis=2)
    survivors = aged - projection.deaths[..., 1:].sum(axis=2)
    net = projection.net_migration[..., 1:].sum(axis=2)
    ratio = 1 + np.divide(net, survivors, out=np.zeros_like(net), where=survivors >= FEWEST)
    return np.concatenate([np.ones((*ratio.shape[:2], 1)), np.clip(ratio, *BOUNDS)], axis=2)


def joined(residents: Floats, children: KnownChildren, homes: Floats, options: DemandOptions) -> Floats:
    """The residents' view[area, year, grade] with cohorts later than any known brought to the level at which the
    youngest known ones enter: × r^(1 − k ÷ blend_years), k years later, r = entrants known, with those of new
    homes[area, year, grade], ÷ residents' view of the last JOINED of them. Where two views part, their seam is no turn
    of events."""
    stages, entry = options.stages, entry_grade(options.stages)
    in_time = children.cohorts + stages.ages[entry]
    last = children.cohorts[(in_time > options.years[0]) & (in_time <= options.years[-1])][-JOINED:]
    years = last + stages.ages[entry] - options.years[0]
    seen = children.of(last).sum() + homes[:, years, entry].sum()
    projected = residents[:, years, entry].sum()
    if not (len(last) and seen > 0 and np.isfinite(projected) and projected > 0):
        return residents
    later = cohorts(options.years, stages) - children.cohorts[-1]
    fading = np.clip(1 - later / options.demand.blend_years, 0.0, 1.0)
    return np.where(later > 0, residents * (seen / projected) ** fading, residents)


def housing_view(projection: Projection | None, options: DemandOptions, areas: int) -> Floats:
    """Housing − displacement of the grade's cohort, cumulated since the base year; zero where unknown."""
    years, ages = options.years, options.stages.ages
    if projection is None or not projection.housing.size:
        return np.zeros((areas, len(years), len(ages)))
    net = (projection.housing - projection.displacement).sum(axis=2)
    since = np.zeros((areas, len(years), net.shape[2]))
    first = projection.years.index(years[0])
    for step in range(len(years) - 1):
        since[:, step + 1, 1:] = since[:, step, :-1]
        since[:, step + 1] += net[:, first + step]
    return since[:, :, ages]


# ------------------------------------------------------------------------------------------------------------ blend
@dataclass(frozen=True, eq=False)
class Parts(Frozen):
    """Pupils of the county's areas by where they come from, each [area, year, grade]; weight[year, grade] of what is
    observed of the cohort; continued: cells that no view knows, which hold the level of the year before."""

    rolls: Floats
    children: Floats
    residents: Floats
    housing: Floats
    weight: Floats
    continued: bool
    empty: bool


def blend(views: Views, level: Floats, options: DemandOptions) -> Parts:
    """pupils = w · (rolls or children) + (1 − w) · residents + w · housing.

    Cohorts in school go by the rolls; those yet to enter by the known children, and only where these know nothing by
    the rolls of the kindergartens. w falls from 1 to 0 over `blend_years`: for rolls from the base year, for known
    children from the year in which they enter school, where the residents' view knows the grade; else it stays 1. Cells
    of no view hold the year before, and in the base year level[area, grade], the latest roll. Housing never takes a
    cell below zero.
    """
    by_roll, by_people = _known(views.rolls), _known(views.residents)
    by_child = _known(views.children) & (~by_roll | _yet_to_enter(options))
    by_roll &= ~by_child
    weight = _weight(by_roll, by_child, by_people, options)
    rolls = np.where(by_roll, weight * views.rolls, 0.0)
    children = np.where(by_child, weight * views.children, 0.0)
    residents = np.where(by_people, (1 - weight) * views.residents, 0.0)
    unknown = ~(by_roll | by_child | by_people)
    _continue(rolls, unknown, level)
    _continue(children, unknown, np.zeros_like(level))
    housing = np.maximum(weight * views.housing, -(rolls + children + residents))
    nobody = (rolls + children).sum(axis=0) == 0
    return Parts(
        rolls, children, residents, housing, weight, bool((unknown & ~nobody).any()), bool((unknown & nobody).any())
    )


def _known(view: Floats) -> NDArray[np.bool_]:
    """[year, grade]: a view knows a grade in all areas or in none."""
    return np.asarray(np.isfinite(view).all(axis=0))


def _yet_to_enter(options: DemandOptions) -> NDArray[np.bool_]:
    """[year, grade]: a school grade whose cohort enters school after the base year."""
    stages, entry = options.stages, entry_grade(options.stages)
    enters = cohorts(options.years, stages) + stages.ages[entry]
    return np.asarray((enters > options.years[0]) & (np.arange(len(stages.grades)) >= entry))


def _weight(
    by_roll: NDArray[np.bool_], by_child: NDArray[np.bool_], by_people: NDArray[np.bool_], options: DemandOptions
) -> Floats:
    """w[year, grade]: weight of what is observed of the cohort; 0 where nothing is."""
    years, stages = np.array(options.years)[:, None], options.stages
    entry = cohorts(options.years, stages) + stages.ages[entry_grade(stages)]
    since = np.where(by_roll, years - options.years[0], years - entry)
    fading = np.clip(1 - since / options.demand.blend_years, 0.0, 1.0)
    return np.where(by_roll | by_child, np.where(by_people, fading, 1.0), 0.0)


def _continue(part: Floats, unknown: NDArray[np.bool_], level: Floats) -> None:
    """Fill part[:, year, grade] where unknown with the year before, the first year with `level`."""
    for year, cells in enumerate(unknown):
        before = part[:, year - 1] if year else level
        part[:, year, cells] = before[:, cells]

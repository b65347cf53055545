"""The views of who will be a pupil, each pupils[area, year, grade], NaN where it knows nothing; and their blend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.base_year import HomeRolls, KnownChildren, Links, entry_grade
from placesim.demography.rolls.progression import advance
from placesim.records import Floats, Frozen, Ints, Projection, Stages
from placesim.scenario.options import DemandOptions


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


def housing_view(projection: Projection | None, links: Links, options: DemandOptions, areas: int) -> Floats:
    """Participation × (housing − displacement) of the cohort, cumulated since the base year; zero where unknown."""
    years, ages = options.years, options.stages.ages
    if projection is None or not projection.housing.size:
        return np.zeros((areas, len(years), len(ages)))
    net = (projection.housing - projection.displacement).sum(axis=2)
    since = np.zeros((areas, len(years), net.shape[2]))
    first = projection.years.index(years[0])
    for step in range(len(years) - 1):
        since[:, step + 1, 1:] = since[:, step, :-1]
        since[:, step + 1] += net[:, first + step]
    return links.participation * since[:, :, ages]


# ------------------------------------------------------------------------------------------------------------ blend
@dataclass(frozen=True, eq=False)
class Parts(Frozen):
    """Pupils of the county's areas by where they come from, each [area, year, grade]; continued: cells that no view
    knows, which hold the level of the year before."""

    rolls: Floats
    children: Floats
    residents: Floats
    housing: Floats
    continued: bool
    empty: bool


def blend(views: Views, level: Floats, options: DemandOptions) -> Parts:
    """pupils = w · (rolls, else children) + (1 − w) · residents + w · housing.

    w falls from 1 to 0 over `blend_years`: for rolls from the base year, for known children from the year in which they
    enter school, where the residents' view knows the grade; else it stays 1. Cells of no view hold the year before, and
    in the base year level[area, grade], the latest roll. Housing never takes a cell below zero.
    """
    by_roll, by_people = _known(views.rolls), _known(views.residents)
    by_child = ~by_roll & _known(views.children)
    weight = _weight(by_roll, by_child, by_people, options)
    rolls = np.where(by_roll, weight * views.rolls, 0.0)
    children = np.where(by_child, weight * views.children, 0.0)
    residents = np.where(by_people, (1 - weight) * views.residents, 0.0)
    unknown = ~(by_roll | by_child | by_people)
    _continue(rolls, unknown, level)
    _continue(children, unknown, np.zeros_like(level))
    housing = np.maximum(weight * views.housing, -(rolls + children + residents))
    nobody = (rolls + children).sum(axis=0) == 0
    return Parts(rolls, children, residents, housing, bool((unknown & ~nobody).any()), bool((unknown & nobody).any()))


def _known(view: Floats) -> NDArray[np.bool_]:
    """[year, grade]: a view knows a grade in all areas or in none."""
    return np.asarray(np.isfinite(view).all(axis=0))


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

"""Residents of a county by year: projected by cohorts, or as supplied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.residents.cohort import Components, Rates, project_population
from placesim.demography.residents.controls import ControlTotals, read_totals
from placesim.demography.residents.housing import Moves, housing_moves, settle
from placesim.demography.residents.known_births import KnownBirths, known_births
from placesim.demography.residents.migration import (
    TABLE_COLUMNS,
    Movement,
    estimate_movement,
    following_cohorts,
    migration_told,
    moves_estimated,
    with_movement,
)
from placesim.demography.residents.population import AGES, BOTH, Census, read_population
from placesim.demography.residents.rates import YearlyRates, yearly_rates
from placesim.errors import InputError
from placesim.records import Floats, Inputs, Projection
from placesim.scenario.options import ProjectionOptions

Timing = Literal["end", "even"]


def project(inputs: Inputs, options: ProjectionOptions) -> Projection | None:
    """Residents of every area and year of `options`; None without a population table or with method `none`.

    `cohort`: from the latest population not after the first year, yearly cohort-component steps with leavers as rates,
    newcomers as counts, new housing, and last the scaling to control totals. `given`: the populations of the table,
    years between them interpolated, years beyond them held. Run `check_projection` first: it says in words what would
    be missing here.
    """
    method = METHODS.get(options.demography.method)
    if method is None or not inputs.has("population"):
        return None
    return method(inputs, options, read_population(inputs, options.reference_date))


# ------------------------------------------------------------------------------------------------------- supplied
def _given(inputs: Inputs, options: ProjectionOptions, census: Census) -> Projection:
    areas, nothing = len(inputs.area_ids), (0, BOTH, AGES)
    empty = [np.zeros((areas, *nothing)) for _ in range(4)]
    return Projection(
        areas=inputs.area_ids,
        years=options.years,
        method="given",
        residents=np.einsum("yt,atsx->aysx", _weights(options.years, census.years), census.residents),
        births=np.zeros((areas, 0, BOTH)),
        deaths=empty[0],
        net_migration=empty[1],
        housing=empty[2],
        displacement=empty[3],
        last_told=census.years[-1],
    )


def _weights(years: tuple[int, ...], known: tuple[int, ...]) -> Floats:
    """weight[year, known year]: linear between known years, constant before the first and after the last."""
    units = np.eye(len(known))
    return np.stack([np.interp(years, known, unit) for unit in units], axis=1)


# --------------------------------------------------------------------------------------------------- by cohorts
class Step(NamedTuple):
    """One year of the account: births[area, sex], births_control[area, sex]; the rest [area, sex, age at the end of the
    step]."""

    end: Floats
    births: Floats
    births_control: Floats
    deaths: Floats
    net_migration: Floats
    housing: Floats
    displacement: Floats
    control: Floats


class Course(NamedTuple):
    """What the steps follow: rates, new housing, births that are known, and the totals that births and residents are
    scaled to."""

    rates: YearlyRates
    moves: Moves
    known: KnownBirths
    births: ControlTotals
    residents: ControlTotals

    def births_factor(self, i: int, modelled: Floats) -> Floats:
        """factor[area] on the births of a step: known births first, control totals have the last word."""
        known = self.known.factors(i, modelled)
        return known * self.births.factors(i, known * modelled)


def _by_cohorts(inputs: Inputs, options: ProjectionOptions, census: Census) -> Projection:
    years, rates = _years_and_rates(inputs, options, census)
    totals = [read_totals(inputs, years, measure) for measure in ("births", "residents")]
    moves = housing_moves(inputs, years, options.housing, now=options.years[0])
    known = known_births(inputs, years[1:], options.reference_date)  # a step ends in the year of its cohort
    course = Course(rates, moves, known, *totals)
    ends, steps = [census.residents[:, census.years.index(years[0])]], []
    for i in range(len(years) - 1):
        steps.append(_step(ends[-1], course, i, options.demography.migration_timing))
        ends.append(steps[-1].end)
    skip = options.years[0] - years[0]
    return _account(ends[skip:], steps[skip:], inputs.area_ids, options.years)


def projection_rates(inputs: Inputs, options: ProjectionOptions) -> YearlyRates:
    """The rates that `project` uses in the steps between options.years, estimated movement included."""
    years, rates = _years_and_rates(inputs, options, read_population(inputs, options.reference_date))
    since = options.years[0] - years[0]
    parts = (rates.survival, rates.fertility, rates.out_rate, rates.in_count, rates.males_per_female_birth)
    return YearlyRates(*(part[since:] for part in parts))


def movement_table(inputs: Inputs, options: ProjectionOptions) -> pd.DataFrame:
    """What the estimated movement of a projection rests on, by area type and age, for explanation.

    Columns area_type (blank: areas without one), sex, age_from, age_to, source (children | census | rolls | learnt),
    rate (net movers per person and year), person_years (the counts behind it), weight (how far the type's own counts
    speak against the county's), own_weight (how far, on average, an area's own speak against those around it). No rows
    where the table of rates tells everything or nothing tells anything.
    """
    census = read_population(inputs, options.reference_date)
    years, rates = _told_rates(inputs, options, census)
    movement = _movement(inputs, options, census, migration_told(inputs, years[:-1]), rates)
    return movement.table.copy() if movement else pd.DataFrame(columns=list(TABLE_COLUMNS))


def _years_and_rates(inputs: Inputs, options: ProjectionOptions, census: Census) -> tuple[tuple[int, ...], YearlyRates]:
    """(years from the population the projection starts from, rates of the steps between them)."""
    years, rates = _told_rates(inputs, options, census)
    told = migration_told(inputs, years[:-1])
    movement = _movement(inputs, options, census, told, rates)
    people = census.residents[:, census.years.index(years[0])]
    if movement is not None:
        factor = np.where(np.array(years[:-1]) >= options.years[0], options.demography.migration_factor, 1.0)
        rates = with_movement(rates, movement, told, people=people, factor=factor)
    return years, replace(rates, in_count=following_cohorts(rates.in_count, people.sum(axis=(0, 1))))


def _told_rates(inputs: Inputs, options: ProjectionOptions, census: Census) -> tuple[tuple[int, ...], YearlyRates]:
    """(years, rates) as the table of rates has them."""
    years = tuple(range(start_year(census.years, options.years[0]), options.years[-1] + 1))
    living = census.residents[:, census.years.index(years[0])].sum(axis=(1, 2))
    demography, base = options.demography, options.years[0]
    return years, yearly_rates(inputs, years[:-1], people=living, demography=demography, base=base)


def _movement(
    inputs: Inputs, options: ProjectionOptions, census: Census, told: NDArray[np.bool_], rates: YearlyRates
) -> Movement | None:
    """Estimated movement, where the table of rates leaves cells open and counts tell anything."""
    if told.all() or not moves_estimated(inputs, options):
        return None
    return estimate_movement(inputs, options, census, survival=rates.survival[0], stages=options.stages)


def start_year(known: tuple[int, ...], base: int) -> int:
    """The latest year of the population table that is not after the base year."""
    earlier = [year for year in known if year <= base]
    if not earlier:
        raise InputError("population", f"must have a year not after {base}", value=known)
    return earlier[-1]


def _step(before: Floats, course: Course, i: int, timing: Timing) -> Step:
    """The i-th year: ageing, deaths and births, then leavers and newcomers, then new housing at its end, and last the
    scaling to control totals.

    Births that are known or controlled scale the fertility of their area: newborns die and move like all others.
    """
    rates = course.rates
    modelled, net = _moved(before, rates, rates.fertility[i], i, timing)
    moved = modelled
    more_born = course.births_factor(i, modelled.births[0].sum(axis=1))
    if (more_born != 1).any():
        moved, net = _moved(before, rates, more_born[:, None] * rates.fertility[i], i, timing)
    settled = moved.population[1]
    housing, displacement = settle(settled, course.moves.entering[:, i], course.moves.inside[:, i])
    living = settled + housing - displacement
    control = (course.residents.factors(i, living.sum(axis=(1, 2))) - 1)[:, None, None] * living
    return Step(
        end=living + control,
        births=moved.births[0],
        births_control=moved.births[0] - modelled.births[0],
        deaths=moved.deaths[0],
        net_migration=_by_end_age(net, timing),
        housing=housing,
        displacement=displacement,
        control=control,
    )


def _moved(before: Floats, rates: YearlyRates, fertility: Floats, i: int, timing: Timing) -> tuple[Components, Floats]:
    """(components of the year with its movers, net migrants). Leavers are rates of those who would be there without
    moving."""
    stayers = _one_step(before, (rates, fertility), i, np.zeros_like(before), "end").population[1]
    leavers = rates.out_rate[i] * stayers
    if timing == "even":
        leavers = _leaving_evenly(leavers, before)
    net = rates.in_count[i] - leavers
    return _one_step(before, (rates, fertility), i, net, timing), net


def _leaving_evenly(leavers: Floats, before: Floats) -> Floats:
    """Leavers of whom half go at the start: no more than are of that age then, and newborns half a year's share."""
    leavers = leavers.copy()
    leavers[..., 0] /= 2
    return np.minimum(leavers, before)


def _one_step(
    before: Floats, told: tuple[YearlyRates, Floats], i: int, net_migrants: Floats, timing: Timing
) -> Components:
    """`told`: the rates, and the fertility[area, age] of the year."""
    rates, fertility = told
    once = slice(i, i + 1)
    step = Rates(rates.survival[once], fertility[None], net_migrants[None], rates.males_per_female_birth[once])
    return project_population(before, step, migration=timing)


def _by_end_age(net: Floats, timing: Timing) -> Floats:
    """Net migrants by age at the end of the step: those of its start are a year older by then."""
    if timing == "end":
        return net
    early = np.zeros_like(net)
    early[..., 1:] = net[..., :-1] / 2
    early[..., -1] += net[..., -1] / 2
    return early + net / 2


def _account(ends: list[Floats], steps: list[Step], areas: tuple[str, ...], years: tuple[int, ...]) -> Projection:
    shape = (len(areas), 0, BOTH, AGES)
    parts = {name: np.zeros(shape[:3] if name.startswith("births") else shape) for name in Step._fields[1:]}
    if steps:
        parts = {name: np.stack([getattr(step, name) for step in steps], axis=1) for name in parts}
    return Projection(
        areas=areas,
        years=years,
        method="cohort",
        residents=np.stack(ends, axis=1),
        births=parts["births"],
        births_control=parts["births_control"],
        deaths=parts["deaths"],
        net_migration=parts["net_migration"],
        housing=parts["housing"],
        displacement=parts["displacement"],
        control=parts["control"],
    )


METHODS: Final[dict[str, Callable[[Inputs, ProjectionOptions, Census], Projection]]] = {
    "cohort": _by_cohorts,
    "given": _given,
}

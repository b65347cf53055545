"""Residents of a county by year: projected by cohorts, or as supplied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import numpy as np

from placesim.demography.residents.cohort import Components, Rates, project_population
from placesim.demography.residents.housing import Moves, housing_moves, settle
from placesim.demography.residents.population import AGES, BOTH, Census, read_population
from placesim.demography.residents.rates import YearlyRates, yearly_rates
from placesim.errors import InputError
from placesim.records import Floats, Inputs, Projection
from placesim.scenario.options import ProjectionOptions

Timing = Literal["end", "even"]


def project(inputs: Inputs, options: ProjectionOptions) -> Projection | None:
    """Residents of every area and year of `options`; None without a population table or with method `none`.

    `cohort`: from the latest population not after the first year, yearly cohort-component steps with leavers as rates,
    newcomers as counts, and new housing last. `given`: the populations of the table, years between them interpolated,
    years beyond them held. Run `check_projection` first: it says in words what would be missing here.
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
    )


def _weights(years: tuple[int, ...], known: tuple[int, ...]) -> Floats:
    """weight[year, known year]: linear between known years, constant before the first and after the last."""
    units = np.eye(len(known))
    return np.stack([np.interp(years, known, unit) for unit in units], axis=1)


# --------------------------------------------------------------------------------------------------- by cohorts
class Step(NamedTuple):
    """One year of the account: births[area, sex]; the rest [area, sex, age at the end of the step]."""

    end: Floats
    births: Floats
    deaths: Floats
    net_migration: Floats
    housing: Floats
    displacement: Floats


def _by_cohorts(inputs: Inputs, options: ProjectionOptions, census: Census) -> Projection:
    start = start_year(census.years, options.years[0])
    years = tuple(range(start, options.years[-1] + 1))
    people = census.residents[:, census.years.index(start)]
    living = people.sum(axis=(1, 2))
    rates = yearly_rates(inputs, years[:-1], people=living, demography=options.demography, base=options.years[0])
    moves = housing_moves(inputs, years, options.housing)
    ends, steps = [people], []
    for i in range(len(years) - 1):
        steps.append(_step(ends[-1], rates, moves, i, options.demography.migration_timing))
        ends.append(steps[-1].end)
    skip = options.years[0] - start
    return _account(ends[skip:], steps[skip:], inputs.area_ids, options.years)


def start_year(known: tuple[int, ...], base: int) -> int:
    """The latest year of the population table that is not after the base year."""
    earlier = [year for year in known if year <= base]
    if not earlier:
        raise InputError("population", f"must have a year not after {base}", value=known)
    return earlier[-1]


def _step(before: Floats, rates: YearlyRates, moves: Moves, i: int, timing: Timing) -> Step:
    """The i-th year: ageing, deaths and births, then leavers and newcomers, then new housing at its end.

    Leavers are rates of those who would be there without moving.
    """
    stayers = _one_step(before, rates, i, np.zeros_like(before), "end").population[1]
    leavers = rates.out_rate[i] * stayers
    if timing == "even":
        leavers = _leaving_evenly(leavers, before)
    net = rates.in_count[i] - leavers
    moved = _one_step(before, rates, i, net, timing)
    settled = moved.population[1]
    housing, displacement = settle(settled, moves.entering[:, i], moves.inside[:, i])
    return Step(
        end=settled + housing - displacement,
        births=moved.births[0],
        deaths=moved.deaths[0],
        net_migration=_by_end_age(net, timing),
        housing=housing,
        displacement=displacement,
    )


def _leaving_evenly(leavers: Floats, before: Floats) -> Floats:
    """Leavers of whom half go at the start: no more than are of that age then, and newborns half a year's share."""
    leavers = leavers.copy()
    leavers[..., 0] /= 2
    return np.minimum(leavers, before)


def _one_step(before: Floats, rates: YearlyRates, i: int, net_migrants: Floats, timing: Timing) -> Components:
    once = slice(i, i + 1)
    males = rates.males_per_female_birth[once]
    step = Rates(rates.survival[once], rates.fertility[once], net_migrants[None], males)
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
    parts = {
        f: np.stack([getattr(s, f) for s in steps], axis=1) if steps else np.zeros(shape) for f in Step._fields[2:]
    }
    births = np.stack([s.births for s in steps], axis=1) if steps else np.zeros(shape[:3])
    residents = np.stack(ends, axis=1)
    return Projection(
        areas=areas,
        years=years,
        method="cohort",
        residents=residents,
        births=births,
        deaths=parts["deaths"],
        net_migration=parts["net_migration"],
        housing=parts["housing"],
        displacement=parts["displacement"],
    )


METHODS: Final[dict[str, Callable[[Inputs, ProjectionOptions, Census], Projection]]] = {
    "cohort": _by_cohorts,
    "given": _given,
}

"""Sampled futures through the schools: the pupils of a draw follow those of the central run as far as places reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.central import Central, Followers, central_run
from placesim.allocation.rules import priced_steps
from placesim.allocation.warm import SchoolGraph, Solution, school_graph, solve_first, solve_from
from placesim.allocation.whole import cohort_phase, whole
from placesim.demography.regions import regions_of
from placesim.executor import Progress, map_tasks
from placesim.records import AllocationDraws, Floats, Inputs, Ints, Results
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import LEVELS

Counts = NDArray[np.int32]


@dataclass(frozen=True)
class _County:
    """What the processes are handed once. region[area], the last one being outside; ratio[draw, region, year, grade] of
    the pupils of a draw to the central ones; phase[year, grade] of the rounding."""

    central: Central
    region: Ints
    ratio: NDArray[np.float32]
    phase: Floats


def allocate_draws(
    results: Results, inputs: Inputs, options: AllocationOptions, *,
    workers: int | None = None, progress: Progress | None = None,
) -> AllocationDraws:  # fmt: skip
    """Place the pupils of every draw of a run, in the stages under the rule `transport`.

    An area's pupils of a draw are its central whole pupils × draw ÷ central of its planning area and grade, rounded
    over the areas by `whole`; shares of leavers and, of pupils from outside, the schools they attend are those of the
    central run. Each cell of area and grade divides over the schools as in the central run; who finds no place there is
    redirected by the rule's prices. Places are those the central run gave each stage, and never fewer than the pupils
    it has there, who are not sent away; those from outside are seated first. Ways considered are those to the nearest
    schools with places left by the central pupils from outside. Solved exactly, in each year from the draw with the
    fewest pupils to the one with the most, each from the one before: years are the tasks of the processes, so that
    their number changes nothing. Ctrl-C keeps finished years.
    """
    draws, places = results.draws, results.places
    assert draws is not None
    central = central_run(results, options)
    county = _county(results, inputs, central)
    found = map_tasks(_year, range(len(draws.years)), shared=county, workers=workers, progress=progress)
    count, regions, schools = len(county.ratio), county.ratio.shape[1], len(places.ids)
    shapes = [(count, axis, len(central.stages), len(found.results)) for axis in (regions, regions, schools)]
    pupils, unplaced, roll = (np.zeros(shape, dtype=np.int32) for shape in shapes)
    for t, year in enumerate(found.results.values()):
        pupils[..., t], unplaced[..., t], roll[..., t] = year
    years = tuple(draws.years[t] for t in found.results)
    return AllocationDraws(
        places.ids, draws.planning_areas, central.stages, years, pupils, unplaced, roll, interrupted=found.interrupted
    )


def _county(results: Results, inputs: Inputs, central: Central) -> _County:
    draws = results.draws
    assert draws is not None
    region = np.append(regions_of(inputs).region, len(draws.planning_areas) - 1)
    pupils = np.zeros(draws.pupils.shape[1:])
    np.add.at(pupils, region, results.allocation.demand.sum(axis=-1))
    ratio = np.divide(draws.pupils, pupils, out=np.ones(draws.pupils.shape), where=pupils > 0)
    cohorts = np.array(draws.years)[:, None] - draws.stages.ages[None, :]
    return _County(central, region, ratio.astype(np.float32), cohort_phase(cohorts, 1)[..., 0])


def _year(county: _County, t: int) -> tuple[Counts, Counts, Counts]:
    """(pupils[draw, region, stage], unplaced[draw, region, stage], roll[draw, school, stage]) of a year."""
    count, regions, schools = len(county.ratio), county.ratio.shape[1], len(county.central.serves)
    pupils, unplaced, roll = (
        np.zeros((count, axis, len(county.central.stages)), dtype=np.int32) for axis in (regions, regions, schools)
    )
    for k in range(len(county.central.stages)):
        for draw, (wanted, left_out, there) in _solved(county, t, k):
            pupils[draw, :, k], unplaced[draw, :, k], roll[draw, :, k] = wanted, left_out, there
    return pupils, unplaced, roll


def _solved(county: _County, t: int, k: int) -> Iterator[tuple[int, tuple[Ints, Ints, Ints]]]:
    """(draw, (pupils[region], unplaced[region], roll[school])) of a stage in a year, fewest pupils first."""
    central, regions = county.central, county.ratio.shape[1]
    followers, grades = central.followers(t, k), central.grades[k]
    graph, found = _graph(followers, central), None
    crowded = followers.roll + central.enrolled[:-1, t, grades].sum(axis=1)
    staying = np.zeros((regions, grades.stop - grades.start))
    np.add.at(staying, county.region[:-1], central.staying[:, t, grades])
    for draw in np.argsort((county.ratio[:, :, t, grades] * staying).sum(axis=(1, 2)), kind="stable").tolist():
        pupils, enrolled = _of_draw(county, draw, t, grades)
        there = np.maximum(central.places[:, k, t], crowded[:, None])
        steps = priced_steps(np.maximum(there - enrolled[:-1, None], 0), central.parameters)
        found = _solve(graph, found, followers.by_node(pupils.T), steps.places)
        homeless = np.bincount(followers.area, weights=found.unplaced(graph), minlength=len(county.region) - 1)
        by_area = np.append(pupils.sum(axis=0), enrolled.sum()), np.append(homeless, enrolled[-1])
        wanted, left_out = (np.bincount(county.region, v, minlength=regions).astype(np.int64) for v in by_area)
        yield draw, (wanted, left_out, found.load(graph) + enrolled[:-1])


def _graph(followers: Followers, central: Central) -> SchoolGraph:
    nobody = np.zeros((1, len(LEVELS)), dtype=np.int64)
    return school_graph(
        followers.arcs, len(followers.area), len(central.serves),
        step_minutes=priced_steps(nobody, central.parameters).minutes,
        unplaced_minutes=central.parameters.unplaced_minutes,
    )  # fmt: skip


def _solve(graph: SchoolGraph, before: Solution | None, pupils: Ints, places: Ints) -> Solution:
    return solve_from(graph, before, pupils, places) if before else solve_first(graph, pupils, places)


def _of_draw(county: _County, draw: int, t: int, grades: slice) -> tuple[Ints, Ints]:
    """(pupils[grade, area], enrolled[school + 1]) of a draw."""
    ratio, phase = county.ratio[draw, :, t, grades].astype(np.float64), county.phase[t, grades]
    pupils = whole((county.central.staying[:, t, grades] * ratio[county.region[:-1]]).T, phase=phase)
    enrolled = whole((county.central.enrolled[:, t, grades] * ratio[-1]).T, phase=phase)
    return pupils, enrolled.sum(axis=0)

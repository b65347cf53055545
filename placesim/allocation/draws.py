"""Sampled futures through the schools: every draw of every year placed anew, within the places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.problem import first_ways
from placesim.allocation.rules import priced_steps
from placesim.allocation.scaling import Arcs
from placesim.allocation.tables import Ways, ways_by_stage
from placesim.allocation.warm import SchoolGraph, Solution, school_graph, solve_first, solve_from
from placesim.allocation.whole import cohort_phase, whole
from placesim.demography.regions import regions_of
from placesim.executor import Progress, map_tasks
from placesim.records import AllocationDraws, Floats, Inputs, Ints, Results
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import EMERGENCY

Counts = NDArray[np.int32]


@dataclass(frozen=True)
class _County:
    """What the processes are handed once. region[area], the last one being outside; ratio[draw, region, year, grade] of
    the pupils of a draw to the central ones; phase[year, grade] of the rounding.

    staying[area of the county, year, grade] central pupils without those who leave, enrolled[school + 1, year, grade]
    those from outside by where they are (last: nowhere); serves[school, grade, year]; by stage of the rule: ways, its
    grades, places[school, stage, year, level].
    """

    region: Ints
    ratio: NDArray[np.float32]
    phase: Floats
    staying: Ints
    enrolled: Ints
    serves: NDArray[np.bool_]
    ways: tuple[Ways, ...]
    grades: tuple[slice, ...]
    places: Ints
    parameters: AllocationParameters


@dataclass(frozen=True)
class _Laid:
    """A stage in a year: node = area + areas × band of grades that the same schools teach; band[grade]."""

    graph: SchoolGraph
    band: Ints
    bands: int

    def by_node(self, pupils: Ints) -> Ints:
        """pupils[grade, area] → pupils[node]"""
        total = np.zeros((self.bands, pupils.shape[1]), dtype=np.int64)
        np.add.at(total, self.band, pupils)
        return total.ravel()

    def solve(self, pupils: Ints, places: Ints, before: Solution | None) -> Solution:
        return solve_from(self.graph, before, pupils, places) if before else solve_first(self.graph, pupils, places)


def allocate_draws(
    results: Results, inputs: Inputs, options: AllocationOptions, *,
    workers: int | None = None, progress: Progress | None = None,
) -> AllocationDraws:  # fmt: skip
    """Place the pupils of every draw of a run by the rule `transport`, for the stages under it.

    An area's pupils of a draw are its central whole pupils × draw ÷ central of its planning area and grade, rounded
    over the areas by `whole`; shares of leavers and, of pupils from outside, the schools they attend are those of the
    central run. Places are those the central run gave each stage, those from outside seated first. Ways considered are
    those to the nearest schools with places left by the central pupils from outside. Solved exactly, in each year from
    the draw with the fewest pupils to the one with the most, each from the one before: years are the tasks of the
    processes, so that their number changes nothing. Ctrl-C keeps finished years.
    """
    draws, places = results.draws, results.places
    assert draws is not None
    stages = [s for s in places.stages.ids if options.rule(s) == "transport"]
    county = _county(results, inputs, options, stages)
    found = map_tasks(_year, range(len(draws.years)), shared=county, workers=workers, progress=progress)
    count, regions, schools = len(county.ratio), county.ratio.shape[1], len(county.serves)
    shapes = [(count, axis, len(stages), len(found.results)) for axis in (regions, regions, schools)]
    pupils, unplaced, roll = (np.zeros(shape, dtype=np.int32) for shape in shapes)
    for t, year in enumerate(found.results.values()):
        pupils[..., t], unplaced[..., t], roll[..., t] = year
    years = tuple(draws.years[t] for t in found.results)
    return AllocationDraws(
        places.ids, draws.planning_areas, tuple(stages), years, pupils, unplaced, roll, interrupted=found.interrupted
    )


def _county(results: Results, inputs: Inputs, options: AllocationOptions, stages: list[str]) -> _County:
    draws, allocation, places = results.draws, results.allocation, results.places
    assert draws is not None
    schools, at = len(places.ids), [places.stages.ids.index(s) for s in stages]
    region = np.append(regions_of(inputs).region, len(draws.planning_areas) - 1)
    whole_pupils = allocation.demand.sum(axis=-1)
    central = np.zeros(draws.pupils.shape[1:])
    np.add.at(central, region, whole_pupils)
    ratio = np.divide(draws.pupils, central, out=np.ones(draws.pupils.shape), where=central > 0)
    flows = (allocation.area, allocation.year, allocation.grade)
    leaving, enrolled = np.zeros_like(whole_pupils), np.zeros((schools + 1, *whole_pupils.shape[1:]), dtype=np.int64)
    gone, come = allocation.school == schools, allocation.area == len(region) - 1
    np.add.at(leaving, tuple(axis[gone] for axis in flows), allocation.pupils[gone])
    into = (allocation.school[come], allocation.year[come], allocation.grade[come])
    np.add.at(enrolled, into, allocation.pupils[come])
    enrolled[-1] = allocation.unplaced[-1].sum(axis=-1)
    cohorts = np.array(draws.years)[:, None] - draws.stages.ages[None, :]
    ways = ways_by_stage(results.travel, options)
    return _County(
        region=region, ratio=ratio.astype(np.float32), phase=cohort_phase(cohorts, 1)[..., 0],
        staying=(whole_pupils - leaving)[:-1], enrolled=enrolled, serves=places.serves,
        ways=tuple(ways[k] for k in at), grades=tuple(places.stages.grade_slice(s) for s in stages),
        places=allocation.stage_places[:, at], parameters=options.allocation,
    )  # fmt: skip


def _year(county: _County, t: int) -> tuple[Counts, Counts, Counts]:
    """(pupils[draw, region, stage], unplaced[draw, region, stage], roll[draw, school, stage]) of a year."""
    count, regions, schools = len(county.ratio), county.ratio.shape[1], len(county.serves)
    pupils, unplaced, roll = (
        np.zeros((count, axis, len(county.grades)), dtype=np.int32) for axis in (regions, regions, schools)
    )
    for k in range(len(county.grades)):
        for draw, (wanted, left_out, there) in _solved(county, t, k):
            pupils[draw, :, k], unplaced[draw, :, k], roll[draw, :, k] = wanted, left_out, there
    return pupils, unplaced, roll


def _solved(county: _County, t: int, k: int) -> Iterator[tuple[int, tuple[Ints, Ints, Ints]]]:
    """(draw, (pupils[region], unplaced[region], roll[school])) of a stage in a year, fewest pupils first."""
    grades, regions = county.grades[k], county.ratio.shape[1]
    laid, found = _lay_out(county, t, k), None
    central = np.zeros((regions, grades.stop - grades.start))
    np.add.at(central, county.region[:-1], county.staying[:, t, grades])
    for draw in np.argsort((county.ratio[:, :, t, grades] * central).sum(axis=(1, 2)), kind="stable").tolist():
        pupils, enrolled = _of_draw(county, draw, t, grades)
        node_pupils, seated = laid.by_node(pupils), enrolled[:-1]
        left = np.maximum(county.places[:, k, t] - seated[:, None], 0)
        found = laid.solve(node_pupils, priced_steps(left, county.parameters).places, found)
        homeless = found.unplaced(laid.graph).reshape(laid.bands, -1).sum(axis=0)
        by_area = np.append(pupils.sum(axis=0), enrolled.sum()), np.append(homeless, enrolled[-1])
        wanted, left_out = (np.bincount(county.region, v, minlength=regions).astype(np.int64) for v in by_area)
        yield draw, (wanted, left_out, found.load(laid.graph) + seated)


def _of_draw(county: _County, draw: int, t: int, grades: slice) -> tuple[Ints, Ints]:
    """(pupils[grade, area], enrolled[school + 1]) of a draw."""
    ratio, phase = county.ratio[draw, :, t, grades].astype(np.float64), county.phase[t, grades]
    pupils = whole((county.staying[:, t, grades] * ratio[county.region[:-1]]).T, phase=phase)
    enrolled = whole((county.enrolled[:, t, grades] * ratio[-1]).T, phase=phase)
    return pupils, enrolled.sum(axis=0)


def _lay_out(county: _County, t: int, k: int) -> _Laid:
    bands, band = np.unique(county.serves[:, county.grades[k], t], axis=1, return_inverse=True)
    ways, areas, schools = county.ways[k], len(county.region) - 1, len(bands)
    of_band, row = np.nonzero(bands.T[:, ways.school])
    every = Arcs(ways.area[row] + areas * of_band, ways.school[row], ways.minutes[row])
    left = county.places[:, k, t] - county.enrolled[:-1, t, county.grades[k]].sum(axis=1)[:, None]
    near = first_ways(every, left[every.school, EMERGENCY] > 0, county.parameters.candidates)
    graph = school_graph(
        Arcs(every.node[near], every.school[near], every.minutes[near]), areas * bands.shape[1], schools,
        step_minutes=priced_steps(left, county.parameters).minutes,
        unplaced_minutes=county.parameters.unplaced_minutes,
    )  # fmt: skip
    return _Laid(graph, band, bands.shape[1])

"""New homes in sampled futures: whether a phase is built, when, and how many people live in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from placesim.demography.frames import numbers, positions
from placesim.demography.regions import Regions
from placesim.demography.residents.dwellings import drawn_dwellings, occupied_dwellings, status_probability
from placesim.demography.residents.household_profiles import inside_share, persons_by_age
from placesim.demography.uncertainty.streams import normals, uniforms
from placesim.records import Demand, Floats, Frozen, Inputs, Ints, Projection
from placesim.scenario.options import DrawOptions


@dataclass(frozen=True, eq=False)
class DrawnHousing(Frozen):
    """dwellings[draw, development, step] newly occupied (or emptied, negative), weighed by the draw's household size ·
    expected[development, step] those of the central run · persons[development, age] of an occupied dwelling ·
    area[development] (−1: unknown) · inside_share[development, step] of their people from inside the county."""

    dwellings: Floats
    expected: Floats
    persons: Floats
    area: Ints
    inside_share: Floats


def draw_housing(inputs: Inputs, options: DrawOptions) -> DrawnHousing:
    """Every row of the table `developments` in every draw; phases of one development that share their status and year
    are built together."""
    told, years, housing = options.uncertainty, options.demand.years, options.projection.housing
    developments = inputs.frame("developments")
    phases = tuple(f"{d}/{p}" for d, p in zip(developments["development_id"], developments["phase"], strict=True))
    types = tuple(str(t) for t in developments["dwelling_type"])
    pending = numbers(developments, "year") > years[0]
    probability = status_probability(developments, years[0], housing)
    built = (uniforms(told.seed, "built", told.draws, phases) < probability).astype(np.float64)
    mean_delay = np.array([told.delay_years.get(str(s), 0.0) for s in developments["status"]]) * pending
    delay = poisson.ppf(uniforms(told.seed, "delay", told.draws, phases), mean_delay)
    occupied = drawn_dwellings(developments, years, housing, built=built, delay=delay)
    size = normals(told.seed, "profile", told.draws, types, 1)[:, :, 0] * told.profile_sd - told.profile_sd**2 / 2
    expected = np.diff(occupied_dwellings(developments, years, housing), axis=1)
    return DrawnHousing(
        dwellings=np.diff(occupied, axis=2) * np.exp(size)[:, :, None],
        expected=expected,
        persons=persons_by_age(inputs, demolished=numbers(developments, "dwellings") < 0),
        area=positions(developments, "area_id", inputs.area_ids),
        inside_share=inside_share(developments, expected),
    )


def extra_pupils(
    housing: DrawnHousing, demand: Demand, projection: Projection | None, regions: Regions, options: DrawOptions
) -> Floats:
    """pupils[draw, region, year, grade] in new homes beyond those of the central run, as far as the demand counts them
    apart: Σ over the developments of (drawn − expected) dwellings × persons of the age, less those who come from inside
    the county, in every region by its residents; aged with their cohorts."""
    years, ages = options.demand.years, options.demand.stages.ages
    shape = (options.uncertainty.draws, len(regions.names), len(years), len(ages))
    if projection is None or not projection.housing.size:
        return np.zeros(shape)
    school_ages = int(ages.max()) + 1
    people = _cumulated(_arrivals(housing, projection, regions, school_ages))
    participation = regions.total(demand.participation) / np.maximum(np.bincount(regions.region), 1)[:, None]
    return demand.observed * participation[:, None] * people[..., ages]


def _arrivals(housing: DrawnHousing, projection: Projection, regions: Regions, ages: int) -> Floats:
    """people[draw, region, step, age] who arrive beyond the central run, those displaced taken off."""
    more = housing.dwellings - housing.expected
    steps = more.shape[2]
    living = regions.total(projection.residents.sum(axis=2)[:, -steps - 1 : -1, :ages])
    share = np.divide(living, living.sum(axis=0), out=np.zeros_like(living), where=living.sum(axis=0) > 0)
    arriving = np.zeros((len(more), *share.shape))
    inside = np.zeros((len(more), *share.shape[1:]))
    for d in np.flatnonzero(housing.area >= 0):
        people = more[:, d, :, None] * housing.persons[d, :ages]
        arriving[:, regions.region[housing.area[d]]] += people
        inside += housing.inside_share[d, :, None] * people
    return arriving - inside[:, None] * share


def _cumulated(arriving: Floats) -> Floats:
    """people[draw, region, year, age] since the base year: arrivals of each step, a year older each year."""
    shape = (*arriving.shape[:2], arriving.shape[2] + 1, arriving.shape[3])
    people = np.zeros(shape)
    for step in range(arriving.shape[2]):
        people[:, :, step + 1, 1:] = people[:, :, step, :-1]
        people[:, :, step + 1] += arriving[:, :, step]
    return people

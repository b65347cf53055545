"""Residents of school age in sampled futures against the central run, by planning area."""

from __future__ import annotations

import os

import numpy as np

from placesim.demography.regions import Regions
from placesim.demography.residents.futures import Futures, MoreHomes, central_run, project_blocks
from placesim.demography.residents.projection import projection_rates
from placesim.demography.uncertainty.homes import DrawnHousing
from placesim.demography.uncertainty.shocks import Shocks
from placesim.records import Floats, Inputs, Projection
from placesim.scenario.options import DrawOptions

WORKERS = min(4, os.cpu_count() or 1)  # threads; the result does not depend on them


def residents_by_draw(
    projection: Projection | None,
    shocks: Shocks,
    housing: DrawnHousing,
    regions: Regions,
    county: tuple[Inputs, DrawOptions],
) -> Floats:
    """ratio[draw, region, year, grade] of residents of the grade's age in the draw to those of the central run.

    1 without residents, and where the base year is all. Supplied residents vary by the births of their cohorts alone:
    how they move is not known.
    """
    _, options = county
    if projection is None or len(projection.years) == 1:
        return np.ones((options.uncertainty.draws, 1, 1, 1))
    if projection.method != "cohort":
        return shocks.unborn[:, None]
    ages = options.demand.stages.ages
    oldest = int(ages.max()) + 1
    central = regions.total(projection.residents.sum(axis=2)[..., :oldest])
    drawn = _by_region(projection, shocks, housing, regions, county)
    ratio = np.divide(drawn, central, out=np.ones_like(drawn), where=central > 0)
    return ratio[..., ages]


def _by_region(
    projection: Projection, shocks: Shocks, housing: DrawnHousing, regions: Regions, county: tuple[Inputs, DrawOptions]
) -> Floats:
    """residents[draw, region, year, age]: areas are summed block by block, so that memory stays small."""
    inputs, options = county
    timing = options.projection.demography.migration_timing
    central = central_run(projection, projection_rates(inputs, options.projection), timing)
    homes = MoreHomes(
        dwellings=housing.dwellings - housing.expected,
        persons=housing.persons,
        area=housing.area,
        inside_share=housing.inside_share,
    )
    futures = Futures(shocks.fertility, shocks.migration, np.ones_like(shocks.fertility), homes)
    oldest = int(options.demand.stages.ages.max()) + 1
    people = np.zeros((len(shocks.fertility), len(regions.names), len(projection.years), oldest))
    for areas, block in project_blocks(central, futures, ages=oldest, workers=WORKERS):
        for region in np.unique(regions.region[areas]):
            people[:, region] += block[:, regions.region[areas] == region].sum(axis=1)
    return people

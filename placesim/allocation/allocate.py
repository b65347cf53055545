"""Who goes where, year by year and stage by stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from placesim.allocation.afresh import Afresh, place_afresh
from placesim.allocation.county import County, county_of
from placesim.allocation.intake import Year, anew, base_year, years_of_intake
from placesim.allocation.said import allocation_tables
from placesim.records import Allocation, Demand, Inputs, Ints, Places, Travel, freeze, require
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import OUTSIDE


def allocate(demand: Demand, travel: Travel, places: Places, inputs: Inputs, options: AllocationOptions) -> Allocation:
    """Place the whole pupils of every year; who fits nowhere is unplaced.

    The base year is as its rolls have it where they are known (`calibration`), else the rule of each stage places
    everyone. In later years pupils stay at their school and the rules place who is new (clock `intake`), or everyone is
    placed anew (clock `afresh`). Pupils who leave the county and pupils who come from outside are placed first, by
    leaving shares, and by the latest flows, else by places.
    """
    require(demand.areas == (*travel.areas, OUTSIDE), "allocate: demand and travel differ in their areas")
    require(travel.schools == places.ids and demand.years == places.years, "allocate: schools or years differ")
    county = county_of(demand, travel, places, inputs, options)
    first = place_afresh(replace(county, calibration=None), 0)
    years = list(_years(county, first))
    return _record(demand, county, first, years, inputs)


def _years(county: County, first: Afresh) -> Iterator[Year]:
    if county.options.allocation.clock == "intake":
        yield from years_of_intake(county, first)
        return
    yield base_year(county, first)
    for t in range(1, len(county.places.years)):
        yield anew(county, place_afresh(county, t), t)


def _record(demand: Demand, county: County, first: Afresh, years: Sequence[Year], inputs: Inputs) -> Allocation:
    places = county.places
    rows = [np.stack([np.full(len(y.stock.area), t), *y.stock.columns]) for t, y in enumerate(years)]
    year, area, school, grade, group, pupils = np.concatenate(rows, axis=1)
    asked = np.stack([y.demand for y in years], axis=1)
    placed = np.stack([y.stock.by_area(y.demand.shape) for y in years], axis=1)
    rules = {s: county.options.rule(s) for s in places.stages.ids}
    return Allocation(
        areas=demand.areas, schools=(*places.ids, OUTSIDE), years=places.years, stages=places.stages,
        groups=county.entitlements.groups.ids, year=year, area=area, school=school, grade=grade, group=group,
        pupils=pupils, demand=asked, unplaced=asked - placed, continuing=_by_year(years, "continuing"),
        classes=_by_year(years, "classes"), stage_rooms=_by_year(years, "rooms"),
        stage_places=_by_year(years, "places"), rules=freeze(rules),
        capacity_bound=tuple(np.array(places.stages.ids)[county.bound].tolist()),
        notes=("allocation.no_catchment",) * first.unzoned, tables=allocation_tables(county, first, years, inputs),
        draw=demand.draw,
    )  # fmt: skip


def _by_year(years: Sequence[Year], name: str) -> Ints:
    """[school, grade or stage, year, …] of what each year says by school."""
    return np.stack([getattr(y, name) for y in years], axis=2)

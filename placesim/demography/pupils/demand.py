"""Children who need a place: the views of the base year, the known children and the residents, blended."""

from __future__ import annotations

import numpy as np

from placesim.demography.pupils.base_year import (
    HomeRolls,
    bring_home,
    link,
    read_home_rolls,
    residents_by_grade,
    said,
)
from placesim.demography.pupils.known import read_known_children
from placesim.demography.pupils.views import Parts, Views, blend, child_view, housing_view, roll_view
from placesim.records import Demand, Floats, Inputs, Projection, freeze
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import ALL_PUPILS, OUTSIDE


def estimate_demand(projection: Projection | None, inputs: Inputs, options: DemandOptions) -> Demand:
    """Pupils by area, year and grade, and the parts they come from (`docs/architecture.md`, Demand).

    A grade with age a holds cohort year − a. Cohorts in school go by the rolls, brought home and advanced by
    progression; younger ones by the known children; both fade into residents × participation. Pupils who live outside
    and learn here keep their share of the county's pupils, those who live here and learn outside their share of the
    area's.
    """
    stages, areas = options.stages, len(inputs.area_ids)
    home = read_home_rolls(inputs, options)
    children = read_known_children(inputs, options, home, projection)
    residents = residents_by_grade(projection, options, areas)
    links = link(home, children, residents, options)
    at_home, how_brought_home = bring_home(home, children, residents, stages)
    views = Views(
        rolls=roll_view(home, at_home, links, options.years),
        children=child_view(children, links, options.years, stages),
        residents=links.participation * residents,
        housing=housing_view(projection, links, options, areas),
    )
    parts = blend(views, np.nan_to_num(at_home), options)
    notes = {
        "demand.rolls_advanced": bool((home.rolls.latest_year < options.years[0]).any()),
        "demand.level_continued": parts.continued,
        "demand.grade_without_source": parts.empty,
    }
    return _assembled(parts, home, inputs.area_ids, options, (*links.notes, *how_brought_home, *said(notes)))


def _assembled(
    parts: Parts, home: HomeRolls, areas: tuple[str, ...], options: DemandOptions, notes: tuple[str, ...]
) -> Demand:
    """The record: areas and `outside`, one group, parts that sum to the pupils."""
    county = parts.rolls + parts.children + parts.residents + parts.housing
    inflow = _inflow(home.inflow, county.sum(axis=0))
    nobody = np.zeros_like(inflow)
    by_part = {
        "rolls": _with_outside(parts.rolls, nobody),
        "children": _with_outside(parts.children, nobody),
        "residents": _with_outside(parts.residents, nobody),
        "housing": _with_outside(parts.housing, nobody),
        "outside": _with_outside(np.zeros_like(county), inflow),
    }
    return Demand(
        areas=(*areas, OUTSIDE),
        years=options.years,
        stages=options.stages,
        groups=(ALL_PUPILS,),
        pupils=np.maximum(sum(by_part.values()), 0.0),
        parts=freeze(by_part),
        leaving_share=_leaving_share(home, county[:, 0], options),
        notes=notes,
    )


def _with_outside(inside: Floats, outside: Floats) -> Floats:
    """[area, year, grade] and [year, grade] of the outside → [area + 1, year, grade, group]."""
    return np.concatenate([inside, outside[None]])[..., None]


def _inflow(inflow: Floats, county: Floats) -> Floats:
    """inflow[year, grade]: its base-year share of the county's pupils, held; its count where the county had none."""
    share = np.divide(inflow, county[0], out=np.zeros_like(inflow), where=county[0] > 0)
    return np.where(county[0] > 0, share * county, inflow)


def _leaving_share(home: HomeRolls, pupils: Floats, options: DemandOptions) -> Floats:
    """share[area + outside, stage] of pupils[area, grade] of the base year who learn outside; none of the outside."""
    stages = options.stages
    share = np.zeros((len(pupils) + 1, len(stages.ids)))
    for k, stage in enumerate(stages.ids):
        grades = stages.grade_slice(stage)
        leaving, all_pupils = home.flows.outflow[:, grades].sum(axis=1), pupils[:, grades].sum(axis=1)
        np.divide(leaving, all_pupils, out=share[:-1, k], where=all_pupils > 0)
    return np.minimum(share, 1.0)

"""Children who need a place: the views of the base year, the known children and the residents, blended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placesim.demography.pupils.base_year import (
    Links,
    bring_home,
    link,
    local_participation,
    residents_by_grade,
    residents_of_rolls,
    said,
)
from placesim.demography.pupils.home_rolls import HomeRolls, read_home_rolls
from placesim.demography.pupils.known import KnownChildren, moves_into_homes, read_known_children
from placesim.demography.pupils.views import (
    Parts,
    Views,
    after_entry,
    between_areas,
    blend,
    child_view,
    housing_view,
    joined,
    roll_view,
    since_seen,
    yearly_growth,
)
from placesim.demography.pupils.waterfall import entrants_by_source, entrants_table, waterfall_table
from placesim.demography.regions import regions_of
from placesim.records import Demand, Floats, Frozen, Inputs, Projection, freeze
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import ALL_PUPILS, OUTSIDE


def estimate_demand(projection: Projection | None, inputs: Inputs, options: DemandOptions) -> Demand:
    """Pupils by area, year and grade, and the parts they come from (`docs/architecture.md`, Demand).

    A grade with age a holds cohort year − a. Cohorts in school go by the rolls, brought home and advanced by
    progression; those yet to enter by the known children; both move between areas as residents of their age do and fade
    into residents × participation. Pupils who live outside and learn here keep their share of the county's pupils,
    those who live here and learn outside their share of the area's.
    """
    base = _read_base(projection, inputs, options)
    views = _views(base, projection, inputs, options)
    parts = blend(views, np.nan_to_num(base.at_home), options)
    notes = {
        "demand.rolls_advanced": bool((base.home.rolls.latest_year < options.years[0]).any()),
        "demand.level_continued": parts.continued,
        "demand.grade_without_source": parts.empty,
        "demand.homes_not_counted": inputs.has("developments") and not moves_into_homes(projection),
    }
    county = parts.rolls + parts.children + parts.residents + parts.housing
    by_part = _with_outside(parts, _inflow(base.home.inflow, county.sum(axis=0)))
    inside = {part: values[:-1] for part, values in by_part.items()}
    sources = entrants_by_source(inside, base.children, options.years, options.stages)
    steps = {**by_part, "homes": np.pad(views.housing, ((0, 1), (0, 0), (0, 0)))}
    return Demand(
        areas=(*inputs.area_ids, OUTSIDE),
        years=options.years,
        stages=options.stages,
        groups=(ALL_PUPILS,),
        pupils=np.maximum(sum(by_part.values()), 0.0)[..., None],
        parts=freeze({part: values[..., None] for part, values in by_part.items()}),
        leaving_share=_leaving_share(base.home, county[:, 0], options),
        observed=parts.weight,
        participation=base.participation,
        homes_factor=base.children.homes_factor,
        entrants=entrants_table(sources, base.children, inputs.area_ids, options),
        waterfall=waterfall_table(steps, sources, inputs, years=options.years, stages=options.stages),
        notes=(*base.notes, *said(notes)),
    )


@dataclass(frozen=True, eq=False)
class _Base(Frozen):
    """What is known in the base year: rolls on the home side and by home, at_home[area, grade]; the known children; how
    they hang together; participation[area, grade]; and what was assumed."""

    home: HomeRolls
    children: KnownChildren
    links: Links
    at_home: Floats
    participation: Floats
    notes: tuple[str, ...]


def _read_base(projection: Projection | None, inputs: Inputs, options: DemandOptions) -> _Base:
    home = read_home_rolls(inputs, options)
    children = read_known_children(inputs, options, home, projection)
    of_rolls = residents_of_rolls(projection, home, options, len(inputs.area_ids))
    links = link(home, children, of_rolls, options)
    at_home, how_brought_home = bring_home(home, children, of_rolls, options.stages)
    participation = local_participation(links.participation, at_home, of_rolls, regions_of(inputs))
    return _Base(home, children, links, at_home, participation, (*links.notes, *how_brought_home))


def _views(base: _Base, projection: Projection | None, inputs: Inputs, options: DemandOptions) -> Views:
    """Who will be a pupil by the rolls, by the known children and by the residents, and in new homes."""
    areas, before = len(inputs.area_ids), base.home.rolls.before
    children, participation = base.children, base.participation[:, None]
    growth = yearly_growth(projection, options, areas)
    in_homes = participation * housing_view(projection, options, areas)
    residents = participation * residents_by_grade(projection, options, areas)
    residents = np.maximum(residents + (children.homes_factor - 1) * in_homes, 0.0)  # homes at the measure seen
    in_homes = children.homes_factor * in_homes
    seen = roll_view(base.home, base.at_home, base.links, options.years)
    entering = child_view(children, base.links, options.years, options.stages)
    return Views(
        rolls=between_areas(seen, since_seen(growth, before)),
        children=between_areas(entering, since_seen(growth, after_entry(before, options.stages))),
        residents=joined(residents, children, in_homes, options),
        housing=in_homes,
    )


def _with_outside(parts: Parts, inflow: Floats) -> Mapping[str, Floats]:
    """part → [area + outside, year, grade]; inflow[year, grade] stands with the outside."""
    inside = {"rolls": parts.rolls, "children": parts.children, "residents": parts.residents, "housing": parts.housing}
    nobody = np.zeros((1, *inflow.shape))
    by_part = {part: np.concatenate([values, nobody]) for part, values in inside.items()}
    return by_part | {"outside": np.concatenate([np.zeros_like(parts.rolls), inflow[None]])}


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

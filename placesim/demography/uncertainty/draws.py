"""Sampled futures of the demand: births, moves, entries, progression and housing drawn, pupils by planning area.

Every draw starts from the parts of the central run. With P the planning area, y the year, g the grade, c = y − age(g)
the cohort and d the draw:
pupils = {rolls · unseen(d, c) · passage(d, y, g) + children · entry(d, P, c) · passage after entry(d, y, g)
          + residents · R(d, P, y, g) · counted(d, c)} · place(d, P, y) + housing(d, P, y, g),
where R = residents of the age in the draw ÷ those of the central run.
Factors are log-normal with mean 1, so the mean over draws stays at the central run; only housing may come later too.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.demography.pupils.home_rolls import read_home_rolls
from placesim.demography.pupils.known import read_known_children
from placesim.demography.regions import Regions, regions_of
from placesim.demography.uncertainty.homes import draw_housing, extra_pupils
from placesim.demography.uncertainty.residents import residents_by_draw
from placesim.demography.uncertainty.shocks import Shocks, draw_shocks
from placesim.errors import InputError
from placesim.records import Demand, DemandDraws, Floats, Inputs, Projection, freeze
from placesim.scenario.options import DrawOptions
from placesim.vocabulary import OUTSIDE, PARTS

NAMED: Final = {"low": 0.10, "medium": 0.50, "high": 0.90}


def draw_demand(
    projection: Projection | None, demand: Demand, inputs: Inputs, options: DrawOptions
) -> DemandDraws | None:
    """Pupils of `options.uncertainty.draws` futures by planning area, year and grade; None for no draws.

    projection and demand are the central run's. Raises InputError for a demand of other years than the options'.
    """
    _refuse(demand, options)
    if options.uncertainty.draws == 0:
        return None
    regions = regions_of(inputs)
    children = read_known_children(inputs, options.demand, read_home_rolls(inputs, options.demand), projection)
    parts = {part: regions.total(demand.parts[part][:-1].sum(axis=-1)) for part in PARTS}
    housing = draw_housing(inputs, options)
    shocks = draw_shocks(demand, children, regions, inputs, options)
    moved = residents_by_draw(projection, shocks, housing, regions, (inputs, options))
    extra = demand.homes_factor * extra_pupils(housing, demand, projection, regions, options)
    pupils = parts["rolls"] * (shocks.unseen * shocks.passage)[:, None]
    pupils = pupils + parts["children"] * shocks.entry * shocks.passage_after_entry[:, None]
    pupils += parts["residents"] * moved * shocks.counted[:, None]
    pupils = pupils * _place(pupils, shocks) + parts["housing"] + extra
    pupils = np.maximum(pupils, 0.0)
    return _record(pupils, demand, regions)


def _refuse(demand: Demand, options: DrawOptions) -> None:
    if not isinstance(demand, Demand):
        raise InputError("demand", "must be a Demand, as estimate_demand gives it", value=type(demand).__name__)
    for name, years in (("demand", options.demand.years), ("projection", options.projection.years)):
        if years != demand.years:
            raise InputError("options", f"must have the years of the demand in {name}", value=years)


def _place(pupils: Floats, shocks: Shocks) -> Floats:
    """place[draw, region, year, 1] that moves pupils between planning areas and leaves the county's sum as it is."""
    factor = shocks.place[..., None]
    before, after = pupils.sum(axis=(1, 3)), (pupils * factor).sum(axis=(1, 3))
    kept = np.divide(before, after, out=np.ones_like(before), where=after > 0)
    return factor * kept[:, None, :, None]


def _record(county: Floats, demand: Demand, regions: Regions) -> DemandDraws:
    """The draws with `outside`: pupils from beyond the border follow the pupils of the county."""
    central = demand.pupils[:-1].sum(axis=(0, 3))
    ratio = np.divide(county.sum(axis=1), central, out=np.ones_like(county[:, 0]), where=central > 0)
    inflow = demand.pupils[-1].sum(axis=-1) * ratio
    pupils = np.concatenate([county, inflow[:, None]], axis=1).astype(np.float32)
    return DemandDraws(
        planning_areas=(*regions.names, OUTSIDE),
        years=demand.years,
        stages=demand.stages,
        pupils=pupils,
        named=freeze(_named(county.sum(axis=(1, 2, 3)))),
    )


def _named(size: Floats) -> dict[str, int]:
    """low | medium | high → the draw whose size stands at that percentile."""
    order = np.argsort(size, kind="stable")
    return {name: int(order[round(share * (len(size) - 1))]) for name, share in NAMED.items()}

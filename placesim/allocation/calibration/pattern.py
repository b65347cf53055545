"""Where pupils of an area would go by nearness, size and catchment alone: the pattern that rolls then correct."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.allocation.catchment import zone_weights
from placesim.allocation.problem import Zones
from placesim.allocation.tables import Ways
from placesim.records import Floats, Ints

_TRACE = 1e-6  # share that gravity keeps in a zone, for grades that its schools do not teach


@dataclass(frozen=True)
class Pattern:
    """share[row] of the pupils of area[row] for school[row]; rows sorted by area and school, shares of an area sum to
    1."""

    area: Ints
    school: Ints
    share: Floats


def pattern(ways: Ways, zones: Zones, size: Ints, friction: float, out_of_zone: float) -> Pattern:
    """The shares without any roll, of schools that are open: size[school] > 0, their design places.

    Areas without a zone: share ∝ size × exp(−minutes ÷ friction), the production-constrained gravity model (Wilson
    1971). Areas with one: 1 − out_of_zone by the zone (zones.node = area), out_of_zone by gravity. An area whose ways
    and zones all lead to closed schools has no rows.
    """
    open_zone, open_way = size[zones.school] > 0, size[ways.school] > 0
    z_area, z_school = zones.node[open_zone], zones.school[open_zone]
    by_zone = zone_weights(Zones(z_area, z_school, zones.share[open_zone]), size)
    w_area, w_school = ways.area[open_way], ways.school[open_way]
    nearest = _first(w_area, ways.minutes[open_way])
    pull = size[w_school].astype(float) * np.exp(-(ways.minutes[open_way] - nearest) / friction)
    gravity = _part(pull, w_area)
    elsewhere = max(out_of_zone, _TRACE)
    zoned = np.isin(w_area, z_area)
    in_reach = np.isin(z_area, w_area)
    weight = np.concatenate(
        [by_zone * np.where(in_reach, 1 - elsewhere, 1.0), gravity * np.where(zoned, elsewhere, 1.0)]
    )
    return joined(np.concatenate([z_area, w_area]), np.concatenate([z_school, w_school]), weight)


def joined(area: Ints, school: Ints, weight: Floats) -> Pattern:
    """Weights summed by area and school, as shares; weights of 0 are left out."""
    some = weight > 0
    base = int(school.max(initial=0)) + 1
    pairs, at = np.unique(area[some] * base + school[some], return_inverse=True)
    total = np.bincount(at, weights=weight[some], minlength=len(pairs))
    return Pattern(pairs // base, pairs % base, _part(total.astype(np.float64), pairs // base))


def observed_pattern(model: Pattern, flows: Pattern, pupils: Floats) -> Pattern:
    """The flows from home addresses, shrunk to the model by one pupil: (pupils × flow share + model share) ÷ (pupils +
    1). pupils[area] that the flows of the area tell of; areas without flows keep the model."""
    told, model_told = pupils[flows.area], pupils[model.area]
    weight = np.concatenate([flows.share * told / (told + 1), model.share / (model_told + 1)])
    return joined(np.concatenate([flows.area, model.area]), np.concatenate([flows.school, model.school]), weight)


def _part(weight: Floats, area: Ints) -> Floats:
    """weight ÷ its sum over the area."""
    return np.asarray(weight / np.bincount(area, weights=weight, minlength=1)[area], dtype=np.float64)


def _first(area: Ints, minutes: Floats) -> Floats:
    """Least minutes of the area, on each of its rows: powers are then never all zero."""
    least = np.full(int(area.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, area, minutes)
    return least[area]

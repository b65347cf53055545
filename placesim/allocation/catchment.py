"""Rule `catchment`: everyone to the school or schools of the area's zone, whatever their places."""

from __future__ import annotations

import numpy as np

from placesim.allocation.eligible import first_zones
from placesim.allocation.nearest import nearest
from placesim.allocation.problem import Problem, Shipments, Zones, shipments
from placesim.allocation.whole import whole_by_group
from placesim.records import Floats, Ints
from placesim.vocabulary import DESIGN


def catchment(problem: Problem) -> Shipments:
    """Single and shared zones; nodes whose zone names no open school that teaches the band go to the nearest.

    Pupils of a shared zone are divided by the given shares, what these leave by design places (equally where there are
    none); distance plays no part. Applicants to private schools go to the nearest of these, where there is one.
    """
    zones = first_zones(problem)
    weight = zone_weights(zones, problem.places[:, DESIGN])
    pupils = whole_by_group(problem.pupils[zones.node] * weight, zones.node, problem.phase)
    zoned = shipments(zones.node, zones.school, pupils)
    rest = nearest(problem)
    other = ~np.isin(rest.node, zones.node)
    node = np.concatenate([zoned.node, rest.node[other]])
    order = np.argsort(node, kind="stable")
    school = np.concatenate([zoned.school, rest.school[other]])[order]
    return Shipments(node[order], school, np.concatenate([zoned.pupils, rest.pupils[other]])[order])


def zone_weights(zones: Zones, places: Ints) -> Floats:
    """weight[row], 1 in sum over each node."""
    given = np.nan_to_num(zones.share)
    blank = np.isnan(zones.share)
    free = np.clip(1 - _per_node(zones, given), 0, None)
    by_places = np.where(blank, places[zones.school], 0).astype(np.float64)
    by_places = np.where(blank & (_per_node(zones, by_places) == 0), 1.0, by_places)
    weight = given + _part_of(by_places, _per_node(zones, by_places)) * free
    weight = np.where(_per_node(zones, weight) > 0, weight, 1.0)
    return _part_of(weight, _per_node(zones, weight))


def _per_node(zones: Zones, values: Floats) -> Floats:
    """Sum over the node, on each of its rows."""
    return np.bincount(zones.node, weights=values, minlength=1)[zones.node].astype(np.float64)


def _part_of(values: Floats, total: Floats) -> Floats:
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)

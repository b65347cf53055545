"""A district as the kernels of the search read it: costs by unit and school, and the state of a plan."""

from __future__ import annotations

import numpy as np

from placesim.allocation.zoning.district import District, unreachable
from placesim.allocation.zoning.graph import UnitGraph
from placesim.allocation.zoning.moves import BREACH, LACK, LEAST, OVER, PLACES, UNDER, Prices, State
from placesim.allocation.zoning.split import parted, split_of
from placesim.allocation.zoning.terms import loads, unit_costs
from placesim.records import Floats, Ints


def zone_prices(district: District, breach: float) -> Prices:
    """Prices with `breach` the cost of a utilisation missing by 1; out of reach it is 1 and more, by the pupils."""
    weights, everyone, places = district.weights, district.everyone or 1.0, district.places
    out = unreachable(district)
    fixed = np.zeros(len(district.pupils), dtype=bool)
    fixed[district.home] = True
    usual = everyone / len(district.pupils)
    far = np.where(out, 1.0 + district.pupils[:, None] / usual, 0.0)
    cost = np.where(out, breach * far, unit_costs(district))
    cut = weights.compactness / max(1, len(district.pairs))
    rates = np.empty((len(places), len((PLACES, UNDER, OVER, LEAST, LACK, BREACH))))
    rates[:, PLACES], rates[:, LEAST] = places, district.floor * places
    rates[:, UNDER] = weights.imbalance / places
    rates[:, OVER] = weights.imbalance / places + weights.over_places / everyone
    rates[:, BREACH] = 1 / places if district.floor else 0.0
    rates[:, LACK] = breach * rates[:, BREACH]
    apart = weights.split_feeders / everyone if district.feeders is not None else 0.0
    flags = np.array([cost.any(), cut > 0, apart > 0, bool(district.floor) or out.any()])
    return Prices(district.pupils, fixed, cost, rates, far, cut, apart, flags)


def zone_costs(prices: Prices, load: Floats, zone: Ints | slice = slice(None)) -> Floats:
    """Cost of zones with these pupils, as the kernels count it."""
    rates = prices.rates[zone]
    over, lack = load - rates[:, PLACES], rates[:, LEAST] - load
    return np.where(over > 0, rates[:, OVER] * over, -rates[:, UNDER] * over) + rates[:, LACK] * np.maximum(0, lack)


def first_state(district: District, prices: Prices, school: Ints, seed: int) -> State:
    """The search at the plan school[unit], which is its best so far."""
    units, load = len(school), loads(district, school)
    rows = np.arange(units)
    cut = (school[district.pairs[:, 0]] != school[district.pairs[:, 1]]).sum()
    split = split_of(district, school)
    cost = float(zone_costs(prices, load).sum() + prices.cost[rows, school].sum() + prices.cut * cut)
    cost += prices.apart * float((split.fed.sum(axis=1) - split.most).sum())
    lack = prices.rates[:, BREACH] * np.maximum(0, prices.rates[:, LEAST] - load)
    breach = float(prices.far[rows, school].sum() + lack.sum())
    return State(
        zone=school.copy(),
        load=load,
        best=school.copy(),
        log=np.zeros(units, dtype=np.int64),
        logged=np.zeros(1, dtype=np.int64),
        value=np.array([cost, breach, cost, breach]),
        split=split,
        marks=np.zeros((4, units), dtype=np.int64),
        word=np.random.SeedSequence(seed).generate_state(1, dtype=np.uint64) | np.uint64(1),
    )


def usual_change(district: District, graph: UnitGraph, school: Ints) -> float:
    """Median change of cost by moving one unit over a border of the plan, not counting changes of 0.

    Breaches are left out; borders count as one more pair of neighbours in two zones, feeder zones by a median of their
    own, so that moves which split one are no barrier at first.
    """
    prices, load = zone_prices(district, 0.0), loads(district, school)
    beside = (school[graph.tails] != school[graph.heads]) & ~prices.fixed[graph.tails]
    unit = graph.tails[beside]
    old, new, people = school[unit], school[graph.heads[beside]], prices.pupils[unit]
    change = prices.cost[unit, new] - prices.cost[unit, old]
    for zone, more in ((old, -people), (new, people)):
        change += zone_costs(prices, load[zone] + more, zone) - zone_costs(prices, load[zone], zone)
    split, ways = split_of(district, school), zip(unit.tolist(), old.tolist(), new.tolist(), strict=True)
    apart = [parted(split, prices.pupils, (u, -1), (a, r, -1)) for u, a, r in ways]
    return _median_size(change) + prices.cut + prices.apart * _median_size(np.array(apart)) or 1.0


def _median_size(change: Floats) -> float:
    sizes = np.abs(change[change != 0])
    return float(np.median(sizes)) if len(sizes) else 0.0

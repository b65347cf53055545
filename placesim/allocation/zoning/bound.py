"""A lower bound of what any plan of zones costs, connected or not."""

from __future__ import annotations

import numpy as np

from placesim.allocation.zoning.district import District
from placesim.allocation.zoning.graph import connected
from placesim.allocation.zoning.terms import unit_costs
from placesim.kernel import kernel
from placesim.records import Floats

_STEPS = 400  # subgradient steps at most
_WORK = 2e9  # units × schools × steps: fewer steps where there are many of both
_PATIENCE = 12  # steps without a better bound after which they become half as long
_SHORTEST = 1e-4  # length of a step, as a part of Polyak's, at which the search ends


def lower_bound(district: District, reached: float) -> float:
    """A number that the objective of no plan is below, if every school keeps its own home and the floor holds.

    Lagrangian relaxation of "the pupils of a school are those of its units": with a price π_j per pupil,
    L(π) = Σ_units min_j (cost_uj + π_j·pupils_u) + Σ_j min over p of (f_j(p) − π_j·p), f_j being the imbalance and the
    pupils over places, p from the floor (or the home's own pupils) to all that may come; every π gives a bound. First
    the best of the prices common to all schools, which is exact where units cost nothing: spare places go where they
    cost least. Then Polyak's subgradient steps towards `reached`, the objective of a known plan. The neighbours cut are
    at least schools − 1, apart homes being joined by no fewer; that feeder zones are split adds nothing to it.
    """
    cost = unit_costs(district)
    if np.isinf(cost.min(axis=1)).any() or np.isinf(cost[district.home, np.arange(len(district.home))]).any():
        return np.inf
    free = np.ones(len(district.pupils), dtype=bool)
    free[district.home] = False
    own = float(cost[district.home, np.arange(len(district.home))].sum())
    dual = _Dual(district, cost[free], district.pupils[free])
    return own + dual.best(reached - own) + _cut_bound(district)


def _cut_bound(district: District) -> float:
    """Cost of the fewest neighbours that can lie in two zones: one pair less than homes in each connected part."""
    homes = len(district.home)
    parts = connected(district.pairs, len(district.pupils))[district.home]
    return district.weights.compactness * (homes - len(np.unique(parts))) / max(1, len(district.pairs))


class _Dual:
    """L(π) and where it rises."""

    def __init__(self, district: District, cost: Floats, pupils: Floats):
        weights, places = district.weights, district.places
        self.cost, self.pupils, self.places = np.ascontiguousarray(cost), pupils, places
        self.own = district.pupils[district.home]
        self.under = weights.imbalance / places
        self.over = weights.imbalance / places + weights.over_places / (district.everyone or 1.0)
        least = np.maximum(self.own, district.floor * places)
        self.ends = np.stack([least, np.maximum(places, least), np.maximum(least, self.own + pupils.sum())])
        self.ends[1] = np.minimum(self.ends[1], self.ends[2])
        self.costs = np.where(self.ends > places, self.over * (self.ends - places), self.under * (places - self.ends))

    def value(self, price: Floats) -> tuple[float, Floats]:
        """(L, its slope by school)."""
        load = np.zeros(len(price))
        units = float(cheapest(self.cost, self.pupils, price, load)) if len(self.pupils) else 0.0
        schools = self.costs - price * (self.ends - self.own)
        at = schools.argmin(axis=0)
        rows = np.arange(len(price))
        return units + float(schools[at, rows].sum()), load + self.own - self.ends[at, rows]

    def best(self, reached: float) -> float:
        price = self._common_price()
        best, slope = self.value(price)
        here, length, idle = best, 1.0, 0
        steps = min(_STEPS, 10 + _WORK / max(1, self.cost.size)) if np.isfinite(reached) else 0
        for _ in range(int(steps)):
            steep = float(slope @ slope)
            if steep <= 0 or best >= reached or length < _SHORTEST:
                break
            price = price + slope * (length * max(reached - here, 0.0) / steep)
            here, slope = self.value(price)
            idle = 0 if here > best else idle + 1
            best = max(best, here)
            if idle == _PATIENCE:
                length, idle = length / 2, 0
        return best

    def _common_price(self) -> Floats:
        """The best price common to all schools: L is concave in it and bends where f does."""
        bends = np.unique(np.concatenate([-self.under, self.over, np.zeros(1)]))
        low, high = 0, len(bends) - 1
        while low < high:
            middle = (low + high) // 2
            left, right = (self._common(bends[k]) for k in (middle, middle + 1))
            low, high = (middle + 1, high) if right > left else (low, middle)
        return np.full(len(self.places), bends[low])

    def _common(self, price: float) -> float:
        return self.value(np.full(len(self.places), price))[0]


@kernel
def cheapest(cost: Floats, pupils: Floats, price: Floats, load: Floats) -> float:
    """Σ over units of the least cost + price × pupils; the pupils are added to the load of the school that has it."""
    total = 0.0
    for unit in range(cost.shape[0]):
        least, at = np.inf, 0
        for school in range(cost.shape[1]):
            here = cost[unit, school] + price[school] * pupils[unit]
            if here < least:
                least, at = here, school
        total += least
        load[at] += pupils[unit]
    return total

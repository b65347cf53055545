"""Connected zones by annealing: the entry `zone`, its schedule and what stops it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from placesim.allocation.zoning.bound import lower_bound
from placesim.allocation.zoning.district import District, ZoneWeights, checked_district, unreachable
from placesim.allocation.zoning.graph import refuse_unreached, unit_graph
from placesim.allocation.zoning.moves import anneal
from placesim.allocation.zoning.prices import first_state, usual_change, zone_prices
from placesim.allocation.zoning.start import first_plan
from placesim.allocation.zoning.terms import shortfall, zone_terms
from placesim.arguments import is_number
from placesim.errors import InputError
from placesim.records import Ints

Stop = Literal["effort", "gap", "time"]

_BALANCE = ZoneWeights()
MOVES_PER_UNIT = 120_000
LEAST_MOVES = 400_000  # of a handful of units
_CHUNKS = 400  # steps of the temperature
_HOT, _COLD = 1.0, 0.03  # temperatures at both ends, in usual changes of cost by one move
_BREACH = 40.0  # price of a utilisation missing by 1, in usual changes of cost
_DEARER = 100.0  # times this price in the second search
_LARGEST_CHUNK = 200_000  # moves between two looks at the clock
_EARLY = 0.2  # share of the seconds before which the pace is not judged
_PROVEN = 1e-9  # relative gap to the bound below which nothing better is sought


@dataclass(frozen=True)
class Zoning:
    """school[unit], every zone connected and holding its home; objective, a lower bound of it, and what ended the
    search: all its moves made, the bound reached, or the ceiling of seconds (then a second run may differ)."""

    school: Ints
    objective: float
    bound: float
    stopped: Stop


def zone(
    pupils: ArrayLike, places: ArrayLike, home: ArrayLike, neighbours: ArrayLike, *,
    minutes: ArrayLike | None = None, present: ArrayLike | None = None, feeders: ArrayLike | None = None,
    weights: ZoneWeights = _BALANCE, min_utilisation: float = 0.0, seconds: float = 30.0, seed: int = 0,
) -> Zoning:  # fmt: skip
    """Divide units among schools: zones connected, each holding its school's home unit, at a low weighted cost.

    pupils[unit] ≥ 0, places[school] > 0, home[school] units (distinct), neighbours[pair, 2] units that touch (order and
    repetition do not matter); minutes[unit, school], inf: out of reach; present[unit] a school, −1: none;
    feeders[unit] the zone of the stage before it lies in, as a number below that of units, −1: none.
    With P = Σ pupils, p_j those of school j and c_j its places, the objective is imbalance·Σ|1 − p_j/c_j| +
    over_places·Σ max(0, p_j − c_j)/P + minutes·Σ pupil-minutes/P + compactness·(neighbour pairs in two zones ÷ all
    pairs) + moved·(pupils leaving `present`)/P + split_feeders·(pupils who do not go to the school that most of their
    feeder zone go to)/P.

    Units out of reach and utilisations below `min_utilisation` are avoided before anything else counts, as far as the
    search finds a way. `imbalance` alone rewards a few empty schools: give a floor. Simulated annealing (Kirkpatrick
    et al. 1983) from `present`, mended, over a number of moves given by the number of units; whatever fits into
    `seconds`, machine code being compiled before the clock starts. The bound is of the weighted sum without connection
    and without split feeder zones (`bound`), and keeps to the floor where the plan does.

    Raises InputError: wrong shapes, NaN, negative numbers, places of 0, positions off the axes, two homes in one unit,
    a unit paired with itself, a unit from which neighbours lead to no home.
    """
    district = checked_district(
        pupils, places, home, neighbours, minutes=minutes, present=present, weights=weights, floor=min_utilisation,
        feeders=feeders,
    )  # fmt: skip
    refuse_unreached(district)
    if not is_number(seconds) or not seconds >= 0:
        raise InputError("seconds", "must be a number of 0 or more", value=seconds)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError("seed", "must be a whole number of 0 or more", value=seed)
    _compile()
    school, stopped = _search(district, float(seconds), int(seed))
    return _zoning(district, school, stopped)


def _zoning(district: District, school: Ints, stopped: Stop) -> Zoning:
    held = replace(district, floor=district.floor if shortfall(district, school) <= _PROVEN else 0.0)
    objective = zone_terms(district, school).weighted(district.weights)
    return Zoning(school, objective, min(lower_bound(held, objective), objective), stopped)


def _search(district: District, seconds: float, seed: int) -> tuple[Ints, Stop]:
    """(best plan found, what ended the search). Where units stay out of reach or zones below the floor, once more from
    it, so hot at first that a breach is no barrier, and at a price at which it does not last for its gain elsewhere."""
    search = _Search(district, seconds, seed)
    stopped = search.cool(_HOT)
    if stopped == "effort" and search.state.value[3] > _PROVEN:
        search.begin(search.state.best, _BREACH * _DEARER)
        stopped = search.cool(_HOT * _BREACH)
    return search.state.best, stopped


class _Search:
    """One search: the plan it is at, the moves it has made and the time it has left."""

    def __init__(self, district: District, seconds: float, seed: int):
        self.start, self.seconds, self.district, self.seed = time.monotonic(), seconds, district, seed
        self.graph = unit_graph(district.pairs, len(district.pupils))
        school = first_plan(district, self.graph, unreachable(district))
        self.usual = usual_change(district, self.graph, school)
        self.begin(school, _BREACH)
        self.bound = lower_bound(district, float(self.state.value[0]))
        self.moves = max(LEAST_MOVES, MOVES_PER_UNIT * len(district.pupils))

    def begin(self, school: Ints, breach: float) -> None:
        """At the plan school[unit], breaches priced in usual changes of cost."""
        self.prices = zone_prices(self.district, self.usual * breach)
        self.state = first_state(self.district, self.prices, school, self.seed)

    def proven(self) -> bool:
        """Whether the best plan has no breach and reaches the bound."""
        return bool(
            self.state.value[3] <= _PROVEN and self.state.value[2] <= self.bound + _PROVEN * max(1.0, abs(self.bound))
        )

    def cool(self, hot: float) -> Stop:
        """Anneal from `hot` usual changes of cost down to `_COLD`; where time gets short, in as many moves as fit."""
        start, done, planned = time.monotonic(), 0, self.moves
        left, chunk = self.seconds - (start - self.start), min(self.moves // _CHUNKS, _LARGEST_CHUNK)
        stopped: Stop = "effort"
        while done < planned:
            if self.proven():
                return "gap"
            elapsed = time.monotonic() - start
            if stopped == "time" or elapsed > left * max(_EARLY, done / self.moves):
                stopped, planned = "time", min(self.moves, int(done * max(0.0, left) / elapsed))
            temperature = self.usual * hot * (_COLD / hot) ** (done / max(planned, 1))
            anneal(self.graph, self.prices, self.state, max(0, min(chunk, planned - done)), temperature)
            done += chunk
        return stopped


def _compile() -> None:
    """Have the machine code ready, so that the ceiling of seconds holds for the search alone."""
    tiny = checked_district([1, 1], [1], [0], [[0, 1]], minutes=None, present=None, weights=ZoneWeights(), floor=0.0)
    prices = zone_prices(tiny, 1.0)
    anneal(unit_graph(tiny.pairs, 2), prices, first_state(tiny, prices, np.zeros(2, dtype=np.int64), 0), 1, 1.0)
    lower_bound(tiny, 0.0)

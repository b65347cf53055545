"""The moves of the search as kernels: a unit goes to the zone next door, and often another one leaves that zone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.zoning.graph import MASKED, UnitGraph
from placesim.allocation.zoning.split import Split, parted, regroup
from placesim.kernel import kernel
from placesim.records import Floats, Ints

Words = NDArray[np.uint64]

_ONE, _HALF_WORD, _TOP_BIT = np.uint64(1), np.uint64(32), np.uint64(63)
_SHIFTS = (np.uint64(12), np.uint64(25), np.uint64(27))
_SCRAMBLE, _MANTISSA = np.uint64(2685821657736338717), np.uint64(11)
_TO_UNIT = 2.0**-53
_STEPS = 3  # how far from the border the second unit of a move may lie
_HOPELESS = 40.0  # temperatures above which a rise in cost is never taken
_EQUAL = 1e-9  # breaches that differ by no more are the same
_LESS = 1e-12  # by which a plan must be better to be kept
PLACES, UNDER, OVER, LEAST, LACK, BREACH = range(6)  # columns of the rates


class Prices(NamedTuple):
    """What a plan costs, breaches priced in.

    pupils[unit], fixed[unit]: homes. cost[unit, school] adds up unit by unit. rates[school, …]: `PLACES`; a pupil
    short of them costs `UNDER`, one above them `OVER`, one short of `LEAST` costs `LACK` and is a breach of
    `BREACH`. far[unit, school]: the breach of being out of reach. cut: a pair of neighbours in two zones. apart: a
    pupil apart from most of their feeder zone. flags: whether units cost anything, borders do, split feeder zones do,
    breaches can occur.
    """

    pupils: Floats
    fixed: NDArray[np.bool_]
    cost: Floats
    rates: Floats
    far: Floats
    cut: float
    apart: float
    flags: NDArray[np.bool_]


class State(NamedTuple):
    """zone[unit], load[zone]; best[unit] the best plan so far; log: the first `logged[0]` are units that have moved
    since; value: cost, breach, cost of the best, breach of the best (costs hold priced breaches); split: the feeder
    zones; marks[4, unit]: scratch for searches; word[0] of the random numbers."""

    zone: Ints
    load: Floats
    best: Ints
    log: Ints
    logged: Ints
    value: Floats
    split: Split
    marks: Ints
    word: Words


@kernel
def _draw(word: Words) -> np.uint64:
    """The next 64 random bits: xorshift64* (Vigna, ACM TOMS 42, 2016)."""
    x = word[0]
    x ^= x >> _SHIFTS[0]
    x ^= x << _SHIFTS[1]
    x ^= x >> _SHIFTS[2]
    word[0] = x
    return x * _SCRAMBLE


@kernel
def _below(word: Words, count: int) -> int:
    """A random position 0 … count − 1, count < 2³²."""
    return int(((_draw(word) >> _HALF_WORD) * np.uint64(count)) >> _HALF_WORD)


@kernel
def _share(word: Words) -> float:
    return np.float64(_draw(word) >> _MANTISSA) * _TO_UNIT


@kernel
def local(starts: Ints, heads: Ints, touching: Words, zones: Ints, unit: int) -> bool:
    """Whether the neighbours of the unit in its zone hang together among themselves, so that the zone, connected with
    it, is so without it; never told of a unit with more than 64 neighbours."""
    zone, first, last = zones[unit], starts[unit], starts[unit + 1]
    if last - first > MASKED:
        return False
    same = np.uint64(0)
    for entry in range(first, last):
        if zones[heads[entry]] == zone:
            same |= _ONE << np.uint64(entry - first)
    reached = same & (~same + _ONE)  # the lowest of them
    before = np.uint64(0)
    while reached != same and reached != before:
        before = reached
        for entry in range(first, last):
            if (reached >> np.uint64(entry - first)) & _ONE:
                reached |= touching[entry] & same
    return reached == same


@kernel
def around(starts: Ints, heads: Ints, zones: Ints, marks: Ints, unit: int) -> bool:
    """Whether the zone of the unit, connected with it, is so without it: breadth-first through the zone without it,
    until all its neighbours there are met."""
    seen, goal, queue, zone = marks[0], marks[1], marks[2], zones[unit]
    marks[3, 0] += 1
    tick, wanted, start = marks[3, 0], 0, -1
    for entry in range(starts[unit], starts[unit + 1]):
        other = heads[entry]
        if zones[other] == zone:
            goal[other] = tick
            wanted, start = wanted + 1, other
    if wanted == 0:
        return True
    seen[unit], seen[start] = tick, tick
    queue[0], head, tail = start, 0, 1
    while head < tail:
        at = queue[head]
        head += 1
        if goal[at] == tick:
            wanted -= 1
            if wanted == 0:
                return True
        for entry in range(starts[at], starts[at + 1]):
            other = heads[entry]
            if seen[other] != tick and zones[other] == zone:
                seen[other] = tick
                queue[tail] = other
                tail += 1
    return False


@kernel
def _touches(starts: Ints, heads: Ints, zones: Ints, unit: int, zone: int) -> bool:
    for entry in range(starts[unit], starts[unit + 1]):  # noqa: SIM110
        if zones[heads[entry]] == zone:
            return True
    return False  # as a loop: machine code has no generators


@kernel
def _second(starts: Ints, heads: Ints, zones: Ints, word: Words, start: int) -> tuple[int, int]:
    """(unit, zone): a unit at most three random steps from `start` within its zone, and a zone next door; −1: none."""
    zone, unit = zones[start], start
    for _ in range(1 + _below(word, _STEPS)):
        first = starts[unit]
        other = heads[first + _below(word, starts[unit + 1] - first)]
        if zones[other] == zone:
            unit = other
    first = starts[unit]
    target = zones[heads[first + _below(word, starts[unit + 1] - first)]]
    return (unit, target) if target != zone else (-1, -1)


@kernel
def _zone_cost(rates: Floats, zone: int, load: float) -> float:
    over = load - rates[zone, PLACES]
    cost = rates[zone, OVER] * over if over > 0.0 else -rates[zone, UNDER] * over
    lack = rates[zone, LEAST] - load
    return cost + rates[zone, LACK] * lack if lack > 0.0 else cost


@kernel
def _shift(rates: Floats, load: Floats, zone: int, more: float) -> float:
    """Cost added where a zone has `more` pupils."""
    return _zone_cost(rates, zone, load[zone] + more) - _zone_cost(rates, zone, load[zone])


@kernel
def _shifts(rates: Floats, load: Floats, zones: tuple[int, int, int], out: float, back: float) -> float:
    """Cost added by `out` pupils from the first zone to the second, `back` ones from there to the third."""
    a, r, t = zones
    if t == a:
        return _shift(rates, load, r, out - back) + _shift(rates, load, a, back - out)
    cost = _shift(rates, load, r, out - back) + _shift(rates, load, a, -out)
    return cost + _shift(rates, load, t, back) if t >= 0 else cost


@kernel
def _cuts(starts: Ints, heads: Ints, zones: Ints, unit: int, new: int) -> int:
    """How many more pairs of neighbours lie in two zones once the unit has gone to `new`."""
    more, old = 0, zones[unit]
    for entry in range(starts[unit], starts[unit + 1]):
        zone = zones[heads[entry]]
        more += (zone == old) - (zone == new)
    return more


@kernel
def _lacking(rates: Floats, load: Floats, zone: int) -> float:
    return rates[zone, BREACH] * max(0.0, rates[zone, LEAST] - load[zone])


@kernel
def _put(pupils: Floats, zones: Ints, load: Floats, unit: int, zone: int) -> None:
    load[zones[unit]] -= pupils[unit]
    load[zone] += pupils[unit]
    zones[unit] = zone


@kernel
def _breached(prices: Prices, state: State, unit: int, zone: int) -> float:
    """Breach added by the unit's going to the zone, which is done."""
    old, rates, load = state.zone[unit], prices.rates, state.load
    before = _lacking(rates, load, old) + _lacking(rates, load, zone)
    _put(prices.pupils, state.zone, load, unit, zone)
    after = _lacking(rates, load, old) + _lacking(rates, load, zone)
    return after - before + prices.far[unit, zone] - prices.far[unit, old]


@kernel
def _log(log: Ints, logged: Ints, unit: int) -> None:
    if logged[0] < len(log):
        log[logged[0]] = unit
    logged[0] += 1


@kernel
def _keep_if_best(state: State) -> None:
    cost, breach, least, least_breach = state.value
    if breach > least_breach + _EQUAL or (breach > least_breach - _EQUAL and cost >= least - _LESS):
        return
    state.value[2], state.value[3] = cost, breach
    if state.logged[0] <= len(state.log):
        for k in range(state.logged[0]):
            state.best[state.log[k]] = state.zone[state.log[k]]
    else:
        state.best[:] = state.zone
    state.logged[0] = 0


@kernel
def anneal(graph: UnitGraph, prices: Prices, state: State, moves: int, temperature: float) -> None:
    """Try `moves` moves; their cost is tested first, by Metropolis' rule, connection last.

    A move: the tail of a random entry of the graph goes to the zone of its head; every other time a second unit leaves
    that zone (back to the first one's zone: a swap; to a third: a chain).
    """
    zones, load, word, marks, cut = state.zone, state.load, state.word, state.marks, prices.cut
    pupils, fixed, costs, rates = prices.pupils, prices.fixed, prices.cost, prices.rates
    starts, heads, tails, touching = graph.starts, graph.heads, graph.tails, graph.touching
    value, log, logged, split = state.value, state.log, state.logged, state.split
    of_units, of_borders, of_feeders, breaches = prices.flags
    for _ in range(moves):
        entry = _below(word, len(heads))
        u, r = tails[entry], zones[heads[entry]]
        a = zones[u]
        if a == r or fixed[u]:
            continue
        w, t, back = -1, -1, 0.0
        if _draw(word) >> _TOP_BIT:
            w, t = _second(starts, heads, zones, word, heads[entry])
            if w >= 0:
                if fixed[w]:
                    continue
                back = pupils[w]
        cost = _shifts(rates, load, (a, r, t), pupils[u], back)
        if of_units:
            cost += costs[u, r] - costs[u, a]
            if w >= 0:
                cost += costs[w, t] - costs[w, r]
        if of_borders:
            cost += cut * _cuts(starts, heads, zones, u, r)
            if w >= 0:
                zones[u] = r
                cost += cut * _cuts(starts, heads, zones, w, t)
                zones[u] = a
        if of_feeders:
            cost += prices.apart * parted(split, pupils, (u, w), (a, r, t))
        if cost > 0.0 and (cost > _HOPELESS * temperature or _share(word) >= np.exp(-cost / temperature)):
            continue
        if not (local(starts, heads, touching, zones, u) or around(starts, heads, zones, marks, u)):
            continue
        if w >= 0:
            zones[u] = r
            fits = _touches(starts, heads, zones, w, t) and (
                local(starts, heads, touching, zones, w) or around(starts, heads, zones, marks, w)
            )
            zones[u] = a
            if not fits:
                continue
        value[0] += cost
        if of_feeders:
            regroup(split, u, a, r, pupils[u])
            if w >= 0:
                regroup(split, w, r, t, pupils[w])
        if breaches:
            value[1] += _breached(prices, state, u, r)
        else:
            _put(pupils, zones, load, u, r)
        _log(log, logged, u)
        if w >= 0:
            if breaches:
                value[1] += _breached(prices, state, w, t)
            else:
                _put(pupils, zones, load, w, t)
            _log(log, logged, w)
        if breaches or value[0] < value[2]:
            _keep_if_best(state)

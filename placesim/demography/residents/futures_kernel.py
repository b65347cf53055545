"""The yearly step of sampled futures in machine code: many draws of one area go through all steps together.

The draw is the innermost axis: every loop over draws runs without branches, all draws of a tile share the rates of a
cell, and a tile's people stay in the cache through all steps. People age in place, the oldest first. A row holds one
age (or the newborn) of one sex in every draw of the tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from placesim.kernel import kernel
from placesim.records import Floats


@kernel
def run_block(residents: Floats, base: Floats, told: tuple[Any, ...], even: bool) -> None:
    """Fill residents[area, year, age, draw] (both sexes) for base[area, sex, age], tile by tile of the draws.

    told = (rates, housing, shocks, homes) as `futures._one_block` makes them.
    """
    rates, housing, shocks, homes = told
    survival, fertility, stay, newcomers, girls = rates
    staying, entering, factor, busy = housing
    sexes, ages = base.shape[1], base.shape[2]
    width = shocks[0].shape[2]
    people = np.empty((sexes, ages, width))
    net, arriving, less_taken = np.empty_like(people), np.empty_like(people), np.empty_like(people)
    born, pooled = np.empty_like(people[:, 0]), np.empty_like(people[:, 0])
    for t in range(shocks[0].shape[0]):
        kept = residents[..., t * width : (t + 1) * width]
        for a in range(base.shape[0]):
            _start(people, base[a])
            _keep(kept[a, 0], people)
            for i in range(survival.shape[0]):
                year = (survival[i, a], fertility[i, a], stay[i, a], newcomers[i, a], girls[i])
                drawn = (shocks[0][t, i], shocks[1][t, i], shocks[2][t, i])
                taken = shocks[3][t, i]
                if busy[a]:
                    _open(arriving, less_taken, entering[a, i], taken, (homes, t, a, i))
                    taken = less_taken
                if even:
                    _move_evenly(people, (net, born, pooled), year, drawn)
                    _displace(people, staying[a, i], taken)
                else:
                    _move_at_the_end(people, born, year, drawn, (staying[a, i], taken))
                if busy[a]:
                    _enter(people, arriving)
                if factor[a, i] != 1.0:
                    people *= factor[a, i]
                _keep(kept[a, i + 1], people)


@kernel
def _start(people: Floats, base: Floats) -> None:
    for s in range(people.shape[0]):
        for x in range(people.shape[1]):
            people[s, x] = base[s, x]


@kernel
def _keep(residents: Floats, people: Floats) -> None:
    """Both sexes of the ages that are asked for."""
    for x in range(residents.shape[0]):
        both, women, men = residents[x], people[0, x], people[1, x]
        for d in range(len(both)):
            both[d] = women[d] + men[d]


# ------------------------------------------------------------------------------------------------- moves at the end
@kernel
def _move_at_the_end(
    people: Floats, born: Floats, year: tuple[Any, ...], drawn: tuple[Any, ...], homes: tuple[Floats, Floats]
) -> None:
    """Ageing, deaths and births; leavers as rates of those who are there then, newcomers last; then those displaced."""
    survival, fertility, stay, newcomers, girls = year
    more_births, more, migration = drawn
    staying, taken = homes
    _bear(born, people, survival[0], fertility)
    _part(born, more_births, girls)
    last = people.shape[1] - 1
    people[:, last - 1] += people[:, last]
    for s in range(people.shape[0]):
        for x in range(last, -1, -1):
            start = people[s, x - 1] if x > 0 else born[s]
            told = (survival[s, x], stay[s, x], newcomers[s, x], staying[s, x])
            _row(people[s, x], start, told, (more, migration[x], taken[s, x]))


@kernel
def _bear(born: Floats, people: Floats, survival: Floats, fertility: Floats) -> None:
    """born[0, draw]: births of the mean of the women at both ends, first and last age excluded."""
    born[:] = 0.0
    row = born[0]
    for x in range(1, people.shape[1] - 1):
        if fertility[x] > 0.0:
            half, alive, end, start = fertility[x] * 0.5, survival[x], people[0, x], people[0, x - 1]
            for d in range(len(row)):
                row[d] += half * (end[d] + start[d] * alive)


@kernel
def _part(born: Floats, more_births: Floats, girls: float) -> None:
    """The births of each draw, girls and boys."""
    for d in range(len(more_births)):
        both = born[0, d] * more_births[d]
        born[0, d] = both * girls
        born[1, d] = both - born[0, d]


@kernel
def _row(
    end: Floats, start: Floats, told: tuple[float, float, float, float], drawn: tuple[Floats, Floats, Floats]
) -> None:
    survival, stay, newcomers, staying = told
    more, migration, taken = drawn
    for d in range(len(end)):
        there = start[d] * survival * max(stay + migration[d], 0.0) + newcomers * more[d]
        end[d] = there * max(staying - taken[d], 0.0)


# -------------------------------------------------------------------------------------------------- moves all year
@kernel
def _move_evenly(
    people: Floats, rows: tuple[Floats, Floats, Floats], year: tuple[Any, ...], drawn: tuple[Any, ...]
) -> None:
    """Half of the net migrants at the start, half at the end; no more leavers than are of that age at the start, and of
    the newborn half a year's share. The rates are of those who would be there without moving."""
    survival, fertility, stay, newcomers, girls = year
    more_births, more, migration = drawn
    net, born, pooled = rows
    last = people.shape[1] - 1
    _bear(born, people, survival[0], fertility)
    _part(born, more_births, girls)
    pooled[:] = people[:, last - 1] + people[:, last]
    for s in range(people.shape[0]):
        for x in range(last + 1):
            start = born[s] if x == 0 else (pooled[s] if x == last else people[s, x - 1])
            told = (survival[s, x] * (0.5 if x == 0 else 1.0), 1.0 - stay[s, x], newcomers[s, x])
            _half(net[s, x], start, people[s, x], told, (more, migration[x]))
    people += net
    _bear(born, people, survival[0], fertility)
    for x in range(1, last):
        born[0] += fertility[x] * 0.5 * net[0, x]
    _part(born, more_births, girls)
    people[:, last - 1] += people[:, last]
    for s in range(people.shape[0]):
        for x in range(last, -1, -1):
            start, end, half, alive = people[s, x - 1] if x > 0 else born[s], people[s, x], net[s, x], survival[s, x]
            for d in range(len(end)):
                end[d] = max(start[d] * alive + half[d], 0.0)


@kernel
def _half(
    net: Floats, start: Floats, there: Floats, told: tuple[float, float, float], drawn: tuple[Floats, Floats]
) -> None:
    """Half of the net migrants of one age."""
    survival, leave, newcomers = told
    more, migration = drawn
    for d in range(len(net)):
        leavers = start[d] * survival * min(leave - migration[d], 1.0)
        net[d] = 0.5 * (newcomers * more[d] - min(leavers, there[d]))


# ------------------------------------------------------------------------------------------------------ new housing
@kernel
def _displace(people: Floats, staying: Floats, taken: Floats) -> None:
    for s in range(people.shape[0]):
        for x in range(people.shape[1]):
            row, less, share = people[s, x], taken[s, x], staying[s, x]
            for d in range(len(row)):
                row[d] *= max(share - less[d], 0.0)


@kernel
def _open(arriving: Floats, less_taken: Floats, entering: Floats, taken: Floats, place: tuple[Any, ...]) -> None:
    """arriving[sex, age, draw] in the homes of an area, and the share taken from it by homes in the other areas."""
    homes, t, a, i = place
    dwellings, persons, taking, first = homes
    less_taken[:] = taken
    _start(arriving, entering)
    for k in range(first[a], first[a + 1]):
        for s in range(arriving.shape[0]):
            for x in range(arriving.shape[1]):
                if persons[i, k, s, x] != 0.0:
                    each = (persons[i, k, s, x], taking[i, k, s, x])
                    _add_homes(arriving[s, x], less_taken[s, x], dwellings[t, i, k], each)


@kernel
def _add_homes(arriving: Floats, less_taken: Floats, dwellings: Floats, each: tuple[float, float]) -> None:
    persons, taking = each
    for d in range(len(dwellings)):
        arriving[d] += persons * dwellings[d]
        less_taken[d] -= taking * dwellings[d]


@kernel
def _enter(people: Floats, arriving: Floats) -> None:
    """New housing at the end of the year; no cell below zero."""
    for s in range(people.shape[0]):
        for x in range(people.shape[1]):
            row, more = people[s, x], arriving[s, x]
            for d in range(len(row)):
                row[d] = max(row[d] + more[d], 0.0)

"""The yearly step of sampled futures in machine code: many draws of one area go through all steps together.

The draw is the innermost axis: every loop over draws runs without branches, all draws of a tile share the rates of a
cell, and a tile's people stay in the cache through all steps. A row holds one age of one sex in every draw of the tile.
People age in place, the oldest first: row 0 of people[sex, row, draw] holds the births of the year, row 1 + x age x.
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
    areas, sexes, ages = base.shape
    width = shocks[0].shape[2]
    people = np.empty((sexes, 1 + ages, width))
    net, arriving = np.empty((sexes, ages, width)), np.empty((sexes, ages, width))
    less_taken = np.empty_like(net)
    for t in range(shocks[0].shape[0]):
        kept = residents[..., t * width : (t + 1) * width]
        for a in range(areas):
            _fill(people[:, 1:], base[a])
            _keep(kept[a, 0], people)
            for i in range(survival.shape[0]):
                year = (survival[i, a], fertility[i, a], stay[i, a], newcomers[i, a], girls[i])
                drawn = (shocks[0][t, i], shocks[1][t, i], shocks[2][t, i])
                taken = shocks[3][t, i]
                if busy[a]:
                    _open(arriving, less_taken, entering[a, i], taken, (homes, t, a, i))
                    taken = less_taken
                if even:
                    _move_evenly(people, net, year, drawn)
                    _displace(people, staying[a, i], taken)
                else:
                    _move_at_the_end(people, year, drawn, (staying[a, i], taken))
                if busy[a]:
                    _enter(people, arriving)
                if factor[a, i] != 1.0:
                    people *= factor[a, i]
                _keep(kept[a, i + 1], people)


@kernel
def _fill(people: Floats, values: Floats) -> None:
    """The same values[sex, age] in every draw."""
    for s in range(people.shape[0]):
        for x in range(people.shape[1]):
            people[s, x] = values[s, x]


@kernel
def _keep(residents: Floats, people: Floats) -> None:
    """Both sexes of the ages that are asked for."""
    for x in range(residents.shape[0]):
        both, women, men = residents[x], people[0, 1 + x], people[1, 1 + x]
        for d in range(len(both)):
            both[d] = women[d] + men[d]


# ------------------------------------------------------------------------------------------------- moves at the end
@kernel
def _move_at_the_end(
    people: Floats, year: tuple[Any, ...], drawn: tuple[Any, ...], homes: tuple[Floats, Floats]
) -> None:
    """Ageing, deaths and births; leavers as rates of those who are there then, newcomers last; then those displaced."""
    survival, fertility, stay, newcomers, girls = year
    more_births, more, migration = drawn
    staying, taken = homes
    _bear(people, survival[0], fertility)
    _part(people, more_births, girls)
    _pool_oldest(people)
    for s in range(people.shape[0]):
        for x in range(people.shape[1] - 2, -1, -1):
            start, end, moving, going = people[s, x], people[s, 1 + x], migration[x], taken[s, x]
            alive, stayers, coming, left = survival[s, x], stay[s, x], newcomers[s, x], staying[s, x]
            for d in range(len(end)):
                there = start[d] * alive * max(stayers + moving[d], 0.0) + coming * more[d]
                end[d] = there * max(left - going[d], 0.0)


@kernel
def _bear(people: Floats, survival: Floats, fertility: Floats) -> None:
    """All births, in the girls' row: of the mean of the women at both ends, first and last age excluded."""
    born = people[0, 0]
    born[:] = 0.0
    for x in range(1, people.shape[1] - 2):
        if fertility[x] > 0.0:
            half, alive, end, start = fertility[x] * 0.5, survival[x], people[0, 1 + x], people[0, x]
            for d in range(len(born)):
                born[d] += half * (end[d] + start[d] * alive)


@kernel
def _part(people: Floats, more_births: Floats, girls: float) -> None:
    """The births of each draw, girls and boys."""
    for d in range(len(more_births)):
        both = people[0, 0, d] * more_births[d]
        people[0, 0, d] = both * girls
        people[1, 0, d] = both - people[0, 0, d]


@kernel
def _pool_oldest(people: Floats) -> None:
    """The last two ages together where the last but one stands, before they age into the open one."""
    last = people.shape[1] - 1
    for s in range(people.shape[0]):
        younger, oldest = people[s, last - 1], people[s, last]
        for d in range(len(oldest)):
            younger[d] += oldest[d]


# -------------------------------------------------------------------------------------------------- moves all year
@kernel
def _move_evenly(people: Floats, net: Floats, year: tuple[Any, ...], drawn: tuple[Any, ...]) -> None:
    """Half of the net migrants at the start, half at the end; no more leavers than are of that age at the start, and of
    the newborn half a year's share. The rates are of those who would be there without moving."""
    survival, fertility, stay, newcomers, girls = year
    more_births, more, migration = drawn
    ages = people.shape[1] - 1
    _bear(people, survival[0], fertility)
    _part(people, more_births, girls)
    for s in range(people.shape[0]):
        for x in range(ages):
            alive = survival[s, x] * (0.5 if x == 0 else 1.0)
            told = (alive, 1.0 - stay[s, x], newcomers[s, x], 1.0 if x == ages - 1 else 0.0)
            _half(net[s, x], (people[s, x], people[s, 1 + x]), told, (more, migration[x]))
    people[:, 1:] += net
    _bear(people, survival[0], fertility)
    for x in range(1, ages - 1):
        people[0, 0] += fertility[x] * 0.5 * net[0, x]
    _part(people, more_births, girls)
    _pool_oldest(people)
    for s in range(people.shape[0]):
        for x in range(ages - 1, -1, -1):
            start, end, half, alive = people[s, x], people[s, 1 + x], net[s, x], survival[s, x]
            for d in range(len(end)):
                end[d] = max(start[d] * alive + half[d], 0.0)


@kernel
def _half(
    net: Floats,
    people: tuple[Floats, Floats],
    told: tuple[float, float, float, float],
    drawn: tuple[Floats, Floats],
) -> None:
    """Half of the net migrants of one age; those of the open age come from two (pooled = 1)."""
    younger, there = people
    survival, leave, newcomers, pooled = told
    more, migration = drawn
    for d in range(len(net)):
        leavers = (younger[d] + pooled * there[d]) * survival * min(leave - migration[d], 1.0)
        net[d] = 0.5 * (newcomers * more[d] - min(leavers, there[d]))


# ------------------------------------------------------------------------------------------------------ new housing
@kernel
def _displace(people: Floats, staying: Floats, taken: Floats) -> None:
    for s in range(people.shape[0]):
        for x in range(taken.shape[1]):
            row, less, share = people[s, 1 + x], taken[s, x], staying[s, x]
            for d in range(len(row)):
                row[d] *= max(share - less[d], 0.0)


@kernel
def _open(arriving: Floats, less_taken: Floats, entering: Floats, taken: Floats, place: tuple[Any, ...]) -> None:
    """arriving[sex, age, draw] in the homes of an area, and the share taken from it by homes in the other areas."""
    homes, t, a, i = place
    dwellings, persons, taking, first = homes
    less_taken[:] = taken
    _fill(arriving, entering)
    for k in range(first[a], first[a + 1]):
        opened = dwellings[t, i, k]
        for s in range(arriving.shape[0]):
            for x in range(arriving.shape[1]):
                coming, going = arriving[s, x], less_taken[s, x]
                each, share = persons[i, k, s, x], taking[i, k, s, x]
                for d in range(len(opened)):
                    coming[d] += each * opened[d]
                    going[d] -= share * opened[d]


@kernel
def _enter(people: Floats, arriving: Floats) -> None:
    """New housing at the end of the year; no cell below zero."""
    for s in range(people.shape[0]):
        for x in range(arriving.shape[1]):
            row, more = people[s, 1 + x], arriving[s, x]
            for d in range(len(row)):
                row[d] = max(row[d] + more[d], 0.0)

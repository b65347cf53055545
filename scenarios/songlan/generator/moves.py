"""Moves of a year: to the county town, to the seats, to new homes, and over the county border."""

from __future__ import annotations

import numpy as np

from . import rates
from .facts import FIRST_YEAR, Flags, Floats, Ints
from .rates import AGES, AWAY, CHILD_AGES, RURAL, TOWN, URBAN, by_year
from .world import BEYOND, KINDS, Children, World


def room_for_movers(world: World, year: int) -> Floats:
    """Weight of every area for families who move to the county town."""
    people = np.where(world.kind == URBAN, world.grown.sum(axis=(1, 2)), 0)
    return rates.OLD_STOCK * people + world.intake[:, year - FIRST_YEAR]


def move_grown(world: World, year: int, room: Floats) -> None:
    pull = by_year(rates.PULL, year)
    rng, kind = world.rng, world.kind
    change = np.zeros_like(world.grown)
    for origin, rate in rates.TO_COUNTY_TOWN.items():
        own = kind == origin
        movers = rng.binomial(world.grown[own], np.minimum(rate * pull, 1))
        change[own] -= movers
        change += _spread(movers.sum(axis=0), room, rng)
        world.came[URBAN] += movers.sum(axis=(0, 1)) * _old_homes(world, year, room)
    villagers = kind == RURAL
    movers = rng.binomial(world.grown[villagers] + change[villagers], rates.TO_SEAT)
    change[villagers] -= movers
    change += _spread(movers.sum(axis=0), np.where(kind == TOWN, world.grown.sum(axis=(1, 2)), 0.0), rng)
    world.came[TOWN] += movers.sum(axis=(0, 1))
    world.grown = world.grown + change
    _upgrade_grown(world, year, room)
    _cross_border(world, year, room)


def _old_homes(world: World, year: int, room: Floats) -> float:
    """Share of those moving to the county town who find room in existing homes."""
    return float(1 - world.intake[:, year - FIRST_YEAR].sum() / room.sum())


def _spread(people: Ints, weight: Floats, rng: np.random.Generator) -> Ints:
    """people[sex, age] over the areas by weight, as [area, sex, age]."""
    return np.moveaxis(rng.multinomial(people, weight / weight.sum()), -1, 0)


def _upgrade_grown(world: World, year: int, room: Floats) -> None:
    """Families of the county town who move to new homes there."""
    share = _upgrade_share(world, year)
    movers = world.rng.binomial(
        world.grown, share[:, None, None] * rates.by_age({0: 1.0, 18: 0.5, 25: 1.5, 45: 0.8, 60: 0.5})
    )
    new = world.intake[:, year - FIRST_YEAR]
    if new.sum() > 0:
        world.grown = world.grown - movers + _spread(movers.sum(axis=0), new, world.rng)


def _upgrade_share(world: World, year: int) -> Floats:
    """Share of the residents of each urban area who move to new homes."""
    urban = world.kind == URBAN
    people = world.grown[urban].sum()
    return np.where(urban, min(0.08, rates.UPGRADE * world.intake[:, year - FIRST_YEAR].sum() / max(people, 1)), 0.0)


def _cross_border(world: World, year: int, room: Floats) -> None:
    """Leavers, those who come back, those who give up their registration, and newcomers."""
    rng = world.rng
    leave = np.stack([rates.LEAVE_COUNTY[k] for k in world.kind])[:, None, :]
    leavers = rng.binomial(world.grown, leave)
    back = rng.binomial(world.away, rates.RETURN_HOME)
    to_town = rng.binomial(world.away - back, np.minimum(rates.RETURN_TO_TOWN * by_year(rates.PULL, year), 1))
    lost = rng.binomial(world.away - back - to_town, rates.GIVE_UP)
    newcomers = rng.poisson(
        by_year(rates.NEWCOMERS, year) * rates.NEWCOMER_AGES / rates.NEWCOMER_AGES.sum() / 2, (2, AGES)
    )
    world.away = world.away - back - to_town - lost + leavers
    world.grown = world.grown - leavers + back + _spread(to_town.sum(axis=0) + newcomers, room, rng)
    world.came[URBAN] += (to_town.sum(axis=0) + newcomers).sum(axis=0) * _old_homes(world, year, room)
    np.add.at(world.came, world.kind, back.sum(axis=1))


# ------------------------------------------------------------------------------------------------- moves of children
def move_children(world: World, year: int, room: Floats) -> None:
    c, rng = world.children, world.rng
    age = year - c.cohort
    young = (age < CHILD_AGES) & (age > 0)
    origin = np.where(c.home >= 0, world.kind[c.home], AWAY)
    draw, start = rng.random(len(c)), np.zeros(len(c))
    target = np.full(len(c), -1)
    for (come, go), steps in rates.CHILD_MOVES.items():
        pull = by_year(rates.PULL, year) if go == URBAN else 1.0
        share = rates.by_age(steps, CHILD_AGES)[np.clip(age, 0, CHILD_AGES - 1)] * pull
        hit = young & (origin == come) & (draw >= start) & (draw < start + share)
        hit &= (come != AWAY) | (c.hukou >= 0)
        target[hit] = go
        start = start + np.where(origin == come, share, 0)
    for go in KINDS.values():
        found = _old_homes(world, year, room) if go == URBAN else 1.0
        world.came[go] += found * np.bincount(age[target == go], minlength=AGES)
    _settle_children(world, target, room)
    _upgrade_children(world, year, young)
    _newcomer_children(world, year, room)


def _settle_children(world: World, target: Ints, room: Floats) -> None:
    """Homes of the children who move to another kind of area."""
    c, rng = world.children, world.rng
    to_town = np.flatnonzero(target == URBAN)
    c.home[to_town] = rng.choice(len(room), len(to_town), p=room / room.sum())
    registered = to_town[rng.random(len(to_town)) < rates.HUKOU_TO_TOWN]
    c.hukou[registered] = c.home[registered]
    for child in np.flatnonzero(target == TOWN):
        own = world.planning_area == world.planning_area[c.home[child]]
        seats = np.flatnonzero((world.kind == TOWN) & own)
        c.home[child] = rng.choice(seats if len(seats) else np.flatnonzero(world.kind == TOWN))
    back = np.flatnonzero(target == RURAL)
    c.home[back] = c.hukou[back]
    c.home[target == AWAY] = BEYOND


def _upgrade_children(world: World, year: int, young: Flags) -> None:
    c, rng = world.children, world.rng
    share = np.append(_upgrade_share(world, year), 0.0)
    movers = np.flatnonzero(young & (c.home >= 0) & (rng.random(len(c)) < share[c.home]))
    new = world.intake[:, year - FIRST_YEAR]
    if new.sum() > 0:
        c.home[movers] = rng.choice(len(new), len(movers), p=new / new.sum())


def _newcomer_children(world: World, year: int, room: Floats) -> None:
    """Children of newcomers from other counties, registered there."""
    rng = world.rng
    number = rng.poisson(rates.CHILDREN_PER_NEWCOMER * by_year(rates.NEWCOMERS, year))
    weight = rates.by_age({0: 1.0, 3: 1.3, 6: 1.8, 7: 0.8, 12: 0.9, 13: 0.2, 15: 0.0}, CHILD_AGES)
    age = rng.choice(CHILD_AGES, number, p=weight / weight.sum())
    kept = year - age > FIRST_YEAR
    home = rng.choice(len(room), number, p=room / room.sum())
    flags = rng.random((2, number)) < np.array([[0.53], [rates.AUTUMN_BIRTHS]])
    beyond = np.full(number, BEYOND)
    world.came[URBAN] += _old_homes(world, year, room) * np.bincount(age, minlength=AGES)
    new = Children(year - age, beyond, home, flags[0], flags[1], beyond, beyond)
    world.children.add(Children(*(getattr(new, name)[kept] for name in new.__dataclass_fields__)))

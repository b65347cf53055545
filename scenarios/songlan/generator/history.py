"""The county's past and its true future: 2000 to 2031, from one 31 August to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import rates
from .facts import BASE_YEAR, FIRST_YEAR, LAST_YEAR, Floats, Ints, facts, stream
from .moves import move_children, move_grown, room_for_movers
from .rates import AGES, AWAY, CHILD_AGES, RURAL, URBAN, by_year
from .world import BEYOND, KINDS, Children, History, World, kinds


def simulate(areas: pd.DataFrame, developments: Ints, desirable: Ints, seed: int) -> History:
    """Let the county live from 2000 to 2031. `developments`: area position of each development."""
    world = _beginning(areas, developments, desirable, seed)
    history = History(world.children)
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        if year > FIRST_YEAR:
            _live(world, year)
            history.came[year] = world.came
        history.home[year] = world.children.home.copy()
        history.hukou[year] = world.children.hukou.copy()
        history.grown[year] = world.grown.copy()
    return history


# ----------------------------------------------------------------------------------------------------- the beginning
def _beginning(areas: pd.DataFrame, developments: Ints, desirable: Ints, seed: int) -> World:
    rng = stream(seed, 10)
    kind = kinds(areas)
    groups = np.repeat(np.array(rates.AGE_GROUPS_2000) / 5, 5)
    smooth = np.append(np.convolve(np.pad(groups, 2, mode="edge"), np.ones(5) / 5, mode="valid"), 0.0)
    share = np.stack([smooth * 0.487, smooth * 0.513])
    registered = rng.poisson(areas["weight"].to_numpy()[:, None, None] * share / share.sum())
    gone = np.where(kind == RURAL, 1.0, 0.4)[:, None, None] * rates.by_age(
        {0: 0.02, 16: 0.16, 20: 0.25, 35: 0.12, 45: 0.05, 55: 0.0}
    )
    away = rng.binomial(registered, gone)
    none = np.zeros(0, dtype=np.int64)
    children = Children(none, none, none, none.astype(bool), none.astype(bool), none, none)
    intake = _housing(areas, developments, seed)
    piece = areas["planning_area"].to_numpy(dtype=object)
    return World(kind, piece, registered - away, away, children, intake, desirable, rng)


def _housing(areas: pd.DataFrame, developments: Ints, seed: int) -> Floats:
    """Persons newly housed [area, year − 2000]: the listed developments and building at large."""
    rng = stream(seed, 11)
    years = np.arange(FIRST_YEAR, LAST_YEAR + 1)
    intake = np.zeros((len(areas), len(years)))
    for fact, area in zip(facts()["development"], developments, strict=True):
        for completed, _, dwellings, status, _ in fact["phases"]:
            late = 0 if completed <= BASE_YEAR else int(rng.integers(0, 2))
            built = dwellings * (rng.random() < rates.BUILT[status])
            for lag, share in enumerate(rates.OCCUPIED):
                at = completed + late + lag - FIRST_YEAR
                if built > 0 and at < len(years):
                    intake[area, at] += rates.PERSONS * built * share
    east = (areas["planning_area"] == "102").to_numpy()
    urban = (areas["area_type"] == "urban").to_numpy()
    middle, width = np.where(east, 2014, 2009)[:, None], np.where(east, 4.5, 5.5)[:, None]
    pace = np.exp(-(((years - middle) / width) ** 2) / 2)
    size = rates.BACKGROUND * np.where(urban, areas["weight"], 0) * np.where(east, 3.6, 0.75)
    return intake + size[:, None] * pace / pace.sum(axis=1, keepdims=True) * rng.lognormal(0, 0.1, intake.shape)


# ---------------------------------------------------------------------------------------------------------- one year
def _live(world: World, year: int) -> None:
    """From 31 August of the year before to 31 August of `year`: births, deaths, coming of age, moves."""
    mothers = (world.grown[:, 0], world.away[:, 0])
    _age(world, year)
    _give_birth(world, year, mothers)
    room = room_for_movers(world, year)
    world.came = np.zeros((len(KINDS), AGES))
    move_grown(world, year, room)
    move_children(world, year, room)


def _age(world: World, year: int) -> None:
    """Deaths, birthdays, and the children who turn 18."""
    alive = rates.survival()
    for name in ("grown", "away"):
        left = world.rng.binomial(getattr(world, name), alive)
        older = np.zeros_like(left)
        older[:, :, 1:] = left[:, :, :-1]
        older[:, :, -1] += left[:, :, -1]
        setattr(world, name, older)
    c = world.children
    adult = c.cohort == year - CHILD_AGES
    for name, where in (("grown", c.home), ("away", c.hukou)):
        here = adult & (where >= 0) & ((c.home >= 0) == (name == "grown"))
        np.add.at(getattr(world, name), (where[here], c.male[here].astype(int), CHILD_AGES), 1)


def _give_birth(world: World, cohort: int, mothers: tuple[Ints, Ints]) -> None:
    """A cohort is born, to mothers in the county and to those away."""
    rate = rates.fertility(cohort)
    rng, areas = world.rng, np.arange(len(world.kind))
    alive = rates.survival()[:, 0].mean()
    here = rng.poisson(alive * rates.FERTILITY_FACTOR[world.kind] * (mothers[0] @ rate))
    there = rng.poisson(alive * rates.FERTILITY_FACTOR[AWAY] * (mothers[1] @ rate))
    born = np.concatenate([np.repeat(areas, here), np.full(there.sum(), BEYOND)])
    local = np.concatenate([np.repeat(areas, here), np.repeat(areas, there)])
    left_behind = (born < 0) & (rng.random(len(born)) < rates.LEFT_BEHIND)
    born[left_behind] = local[left_behind]
    hukou = _registration_at_birth(world, local, born)
    male = rng.random(len(born)) < by_year(rates.MALE_BIRTHS, cohort)
    autumn = rng.random(len(born)) < rates.AUTUMN_BIRTHS
    world.children.add(Children(np.full(len(born), cohort), hukou, born.copy(), male, autumn, born, hukou.copy()))
    _empty_registrations(world, cohort)


def _registration_at_birth(world: World, local: Ints, born: Ints) -> Ints:
    """Where children are entered: at home, in a grandparents' village, in another county, or at a desired address."""
    rng, hukou = world.rng, local.copy()
    draw = rng.random(len(local))
    town = (born >= 0) & (world.kind[local] == URBAN)
    village = town & (draw < rates.BORN_IN_TOWN["village"])
    hukou[village] = _villages(world, int(village.sum()))
    elsewhere = town & (draw > 1 - rates.BORN_IN_TOWN["elsewhere"])
    hukou[elsewhere] = BEYOND
    wished = town & ~village & ~elsewhere & (rng.random(len(local)) < rates.DESIRABLE)
    hukou[wished] = rng.choice(world.desirable, int(wished.sum()))
    return hukou


def _villages(world: World, number: int) -> Ints:
    """Villages that families of the county town come from."""
    size = np.where(world.kind == RURAL, world.away.sum(axis=(1, 2)) + world.grown.sum(axis=(1, 2)), 0).astype(float)
    return world.rng.choice(len(size), number, p=size / size.sum())


def _empty_registrations(world: World, cohort: int) -> None:
    """Children entered in a desirable area whose family has left the county."""
    c, rng = world.children, world.rng
    there = np.isin(c.hukou, world.desirable) & (c.cohort == cohort)
    number = rng.poisson(rates.EMPTY_HUKOU * there.sum())
    hukou = rng.choice(world.desirable, number)
    beyond = np.full(number, BEYOND)
    flags = rng.random((2, number)) < np.array([[0.52], [rates.AUTUMN_BIRTHS]])
    world.children.add(Children(np.full(number, cohort), hukou, beyond, flags[0], flags[1], beyond, hukou.copy()))

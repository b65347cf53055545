"""Made-up but lifelike school worlds, unlike each other: what a method that is tuned to one district fails on.

Every pupil stays or leaves by chance, others join; who joins follows half the cohort, half the school's usual size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

LAG = 5
WARM = 12  # years run before the first one told


@dataclass(frozen=True)
class World:
    """enrolment and births as forecast_rolls takes them; births by school where the schools are authorities."""

    enrolment: pd.DataFrame
    births: pd.DataFrame
    grades: tuple[str, ...]
    lag: int = LAG


@dataclass(frozen=True)
class Recipe:
    """size[school] entrants at the start · births[year] of all relative to the first · ratio[school, grade ≥ 1] mean
    progression · turnover share who leave in a year · shock yearly sd common to all · wander yearly sd of a school's
    share of the births."""

    size: np.ndarray
    births: np.ndarray
    ratio: np.ndarray
    turnover: float
    shock: float
    wander: float


def authorities(seed: int, years: int = 14) -> World:
    """Thirty authorities with seven year groups; births rise slowly and then fall fast."""
    rng = np.random.default_rng(seed)
    t = np.arange(years + WARM)
    births = 1 + 0.12 * np.sin(2 * np.pi * (t - 7) / 26) + rng.normal(0, 0.008, len(t)).cumsum() * 0.5
    recipe = Recipe(
        rng.lognormal(7.9, 0.6, 30),
        births,
        np.exp(rng.normal(0, 0.012, (30, 6))),
        turnover=0.06,
        shock=0.004,
        wander=0.012,
    )
    return _world(rng, recipe, by_school=True)


def district(seed: int, years: int = 20) -> World:
    """Eighteen schools of a district that grows; three of them open on the way, grade by grade, beside an old one."""
    rng = np.random.default_rng(seed)
    births = 1.02 ** np.arange(years + WARM) * np.exp(rng.normal(0, 0.02, years + WARM))
    recipe = Recipe(
        rng.lognormal(4.1, 0.35, 18),
        births,
        np.exp(rng.normal(0.005, 0.03, (18, 5))),
        turnover=0.15,
        shock=0.01,
        wander=0.06,
    )
    world = _world(rng, recipe, by_school=False)
    opens = {"S03": WARM + years // 3, "S09": WARM + years // 2, "S15": WARM + years - 4}
    before = {"S03": "S02", "S09": "S08", "S15": "S14"}
    rolls = world.enrolment
    position = rolls["grade"].map({g: i for i, g in enumerate(world.grades)})
    elsewhere = rolls["year"] - position < rolls["school"].map(opens).fillna(0)
    rolls = rolls.assign(school=rolls["school"].where(~elsewhere, rolls["school"].map(before)))
    rolls = rolls.groupby(["year", "school", "grade"], as_index=False)["pupils"].sum()
    return World(rolls, world.births, world.grades)


def villages(seed: int, years: int = 16) -> World:
    """Fourteen tiny schools of a county that empties: cells of 0–12 pupils."""
    rng = np.random.default_rng(seed)
    births = 0.975 ** np.arange(years + WARM) * np.exp(rng.normal(0, 0.06, years + WARM))
    recipe = Recipe(
        rng.uniform(2, 11, 14), births, np.exp(rng.normal(-0.01, 0.03, (14, 5))), turnover=0.08, shock=0.01, wander=0.05
    )
    return _world(rng, recipe, by_school=False)


def uneven(seed: int, years: int = 18) -> World:
    """Twenty-four schools whose progression differs widely: some lose a third at a grade that others gain."""
    rng = np.random.default_rng(seed)
    ratio = np.exp(rng.normal(0, 0.02, (24, 5)))
    ratio[:, 2] = np.exp(rng.choice([-0.3, 0.0, 0.25], 24))
    births = 1 - 0.1 * np.sin(np.arange(years + WARM) / 4)
    recipe = Recipe(rng.lognormal(4.2, 0.4, 24), births, ratio, turnover=0.1, shock=0.008, wander=0.04)
    return _world(rng, recipe, by_school=False)


def towns(seed: int, years: int = 12) -> World:
    """Forty primary schools of very different size; births jump and then collapse, towns gain what villages lose."""
    rng = np.random.default_rng(seed)
    t = np.arange(years + WARM)
    births = np.where(t < WARM + 1, 1.0 + 0.01 * t, 1.2 * 0.93 ** (t - WARM)) * np.exp(rng.normal(0, 0.03, len(t)))
    size = np.concatenate([rng.lognormal(5.0, 0.4, 15), rng.lognormal(2.6, 0.5, 25)])
    gain = np.concatenate([np.full(15, 0.012), np.full(25, -0.03)])
    ratio = np.exp(gain[:, None] + rng.normal(0, 0.01, (40, 5)))
    return _world(rng, Recipe(size, births, ratio, turnover=0.07, shock=0.008, wander=0.03), by_school=False)


WORLDS: dict[str, Callable[[int], World]] = {
    "authorities": authorities, "district": district, "villages": villages, "uneven": uneven, "towns": towns,
}  # fmt: skip


def _world(rng: np.random.Generator, recipe: Recipe, *, by_school: bool) -> World:
    """Runs the recipe; year 0 is that of the first births, rolls are told after WARM years."""
    years, schools = len(recipe.births), len(recipe.size)
    wander = np.exp(rng.normal(0, recipe.wander, (years, schools)).cumsum(axis=0))
    born = rng.poisson(recipe.size * recipe.births[:, None] * (wander if by_school else 1.0) * 1.05)
    take = np.exp(rng.normal(0, 0.006, years).cumsum()) / 1.05
    expected = born * take[:, None] if by_school else recipe.size * wander * recipe.births[:, None]
    if not by_school:
        expected = expected * (born.sum(axis=1) * take / expected.sum(axis=1))[:, None]
    pupils = _cohorts(rng, recipe, expected)
    names = [f"S{s:02d}" for s in range(schools)]
    grades = tuple("R123456789"[: recipe.ratio.shape[1] + 1])
    told = [
        (t, names[s], grades[g], pupils[t, s, g])
        for t in range(WARM, years) for s in range(schools) for g in range(len(grades))
    ]  # fmt: skip
    births = [(t - LAG, names[s], born[t, s]) for t in range(years) for s in range(schools)]
    frame = pd.DataFrame(births, columns=["year", "school", "births"])
    if not by_school:
        frame = frame.groupby("year", as_index=False)["births"].sum()
    return World(pd.DataFrame(told, columns=["year", "school", "grade", "pupils"]), frame, grades)


def _cohorts(rng: np.random.Generator, recipe: Recipe, entrants: np.ndarray) -> np.ndarray:
    """pupils[year, school, grade]: entrants by chance, then stayers and joiners year by year."""
    years, (schools, later) = len(entrants), recipe.ratio.shape
    pupils = np.zeros((years, schools, later + 1), dtype=np.int64)
    pupils[0] = rng.poisson(recipe.size[:, None], (schools, later + 1))
    pupils[:, :, 0] = rng.poisson(entrants)
    shock = np.exp(rng.normal(0, recipe.shock, years))
    stay = 1 - recipe.turnover
    for t in range(1, years):
        before = pupils[t - 1, :, :-1]
        usual = (before + before.mean(axis=1, keepdims=True)) / 2
        gain = np.maximum(recipe.ratio * shock[t] - stay, 0.0)
        pupils[t, :, 1:] = rng.binomial(before, np.minimum(stay, recipe.ratio * shock[t])) + rng.poisson(gain * usual)
    return pupils

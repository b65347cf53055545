"""Who goes to which school, child by child and year by year."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .campuses import Campuses
from .facts import BASE_YEAR, FIRST_AGE, GRADE_STAGE, GRADES, STAGES, Flags, Floats, Ints, stream
from .rates import RURAL, TOWN, URBAN, by_year
from .world import History, kinds

START = 2014  # the grade-6 pupils of the first roll entered then
NONE, OUTSIDE = -1, -2  # not at school; at a school beyond the county border
MINUTES_SCALE = {"kindergarten": 3.0, "primary": 3.5, "junior": 5.0, "senior": 12.0}
ZONED = 2.2  # pull of the catchment school
QUALITY = {"kindergarten": 0.6, "primary": 1.0, "junior": 1.0, "senior": 1.6}
TOWN_PULL = {"kindergarten": -1.0, "primary": 1.0, "junior": 1.7, "senior": 0.0}  # of the county town on other families
PRIVATE_PULL = 0.6
CROWDED_AT = {"kindergarten": 36, "primary": 54, "junior": 56, "senior": 54}  # class size at which a school turns away
SMALL = 25  # pupils of a grade that every school takes
ROUNDS = 4  # how often those turned away try again

# Take-up of kindergarten at ages 3, 4, 5 (rising with the years) and of general senior high by kind of area.
TAKE_UP = {2014: (0.62, 0.80, 0.90), 2025: (0.80, 0.92, 0.96)}
VILLAGE_TAKE_UP = -0.06
SENIOR_SHARE = {URBAN: 0.70, TOWN: 0.58, RURAL: 0.52}
SENIOR_GROWTH = {2014: 0.82, 2020: 0.92, 2025: 1.0}
LEAVE_FOR = {"kindergarten": 0.0, "primary": 0.004, "junior": 0.018, "senior": 0.040}  # for schools outside the county
BORDER_MINUTES, BORDER_EXTRA = 30.0, {"junior": 0.05, "senior": 0.03}  # where the county town is farther away than this
VISITORS = {"V01": ("G7", 16), "H01": ("G10", 46), "H02": ("G10", 18)}  # entrants a year from beyond the border


@dataclass
class Schooling:
    """school[year][child] = campus position, NONE or OUTSIDE; rolls[year][campus, grade] with visitors[year] in it."""

    school: dict[int, Ints] = field(default_factory=dict)
    rolls: dict[int, Ints] = field(default_factory=dict)
    visitors: dict[int, Ints] = field(default_factory=dict)


@dataclass
class Intake:
    """One year of choosing. pull[stage][area, campus]; kind[area]; far[area] from the county town.

    By child: home, grade (position; beyond the list = no school age), school, moved lately, readiness[child, 2]
    """

    campuses: Campuses
    pull: dict[str, Floats]
    kind: Ints
    far: Flags
    rng: np.random.Generator
    readiness: Floats
    year: int = START
    home: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    grade: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    school: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    moved: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))


def attend(history: History, campuses: Campuses, areas: pd.DataFrame, zones: dict[str, Flags], seed: int) -> Schooling:
    """School careers from 2014 to the base year. zones[stage][area, campus]: catchments."""
    intake = _open_books(history, campuses, areas, zones, seed)
    result = Schooling()
    for year in range(START, BASE_YEAR + 1):
        _turn_page(intake, history, year)
        for grade in range(len(GRADES)):
            _fill_grade(intake, grade)
        result.school[year] = intake.school.copy()
        _count(result, intake)
    return result


def _open_books(
    history: History, campuses: Campuses, areas: pd.DataFrame, zones: dict[str, Flags], seed: int
) -> Intake:
    kind = kinds(areas)
    town = (campuses.table["area_type"] == "urban").to_numpy()
    from_elsewhere = (kind != URBAN)[:, None] & town
    private = PRIVATE_PULL * (campuses.table["sector"] == "private").to_numpy()
    quality = campuses.table["quality"].to_numpy()
    pull = {
        stage: QUALITY[stage] * quality + private - campuses.minutes / MINUTES_SCALE[stage]
        + ZONED * zones[stage] + TOWN_PULL[stage] * from_elsewhere
        for stage in STAGES
    }  # fmt: skip
    far = campuses.minutes[:, town].min(axis=1) > BORDER_MINUTES
    readiness = stream(seed, 21).random((len(history.children), 2))
    return Intake(campuses, pull, kind, far, stream(seed, 20), readiness)


def _turn_page(intake: Intake, history: History, year: int) -> None:
    """The children of a new school year, with the schools they had."""
    home, known = history.home[year], len(intake.school)
    moved = np.ones(len(home), dtype=bool)
    moved[:known] = intake.home != home[:known]
    school = np.full(len(home), NONE)
    school[:known] = intake.school
    grade = year - history.children.cohort[: len(home)] - FIRST_AGE
    grade[(home < 0) | (grade < 0)] = len(GRADES)
    intake.year, intake.home, intake.grade, intake.moved = year, home, grade, moved
    intake.school = np.where(grade < len(GRADES), school, NONE)


def _fill_grade(intake: Intake, grade: int) -> None:
    """Those of a grade who stay, those who enter, those whose way ends or who have moved."""
    stage, offered = GRADE_STAGE[grade], intake.campuses.teaches(grade, intake.year)
    entering = FIRST_AGE + grade == STAGES[stage][0] or intake.year == START
    who = np.flatnonzero(intake.grade == grade)
    now = intake.school[who]
    stays = (now >= 0) & offered[np.maximum(now, 0)] & ~intake.moved[who] | (now == OUTSIDE)
    stays &= not entering
    chooses = _wants(intake, who, grade) & ~stays
    if stage == "senior" and not entering:
        chooses &= intake.moved[who]
    intake.school[who[~stays]] = NONE
    leaves = chooses & entering & (intake.rng.random(len(who)) < _leaving(intake, who, stage))
    intake.school[who[leaves]] = OUTSIDE
    _choose(intake, who[chooses & ~leaves], grade, offered)


def _wants(intake: Intake, who: Ints, grade: int) -> Flags:
    """Who is at school at all: everyone in compulsory education; shares before and after."""
    stage, kind = GRADE_STAGE[grade], intake.kind[intake.home[who]]
    if stage == "kindergarten":
        share = by_year({year: shares[grade] for year, shares in TAKE_UP.items()}, intake.year)
        return intake.readiness[who, 0] < share + np.where(kind == RURAL, VILLAGE_TAKE_UP, 0.0)
    if stage == "senior":
        entered = intake.year - (grade - GRADES.index("G10"))
        general = np.array([SENIOR_SHARE[k] for k in (URBAN, TOWN, RURAL)])[kind]
        return intake.readiness[who, 1] < general * by_year(SENIOR_GROWTH, entered)
    return np.ones(len(who), dtype=bool)


def _leaving(intake: Intake, who: Ints, stage: str) -> Floats:
    """Chance of each child to go to a school beyond the border."""
    far: Floats = intake.far[intake.home[who]].astype(float)
    return LEAVE_FOR[stage] + BORDER_EXTRA.get(stage, 0.0) * far


def _choose(intake: Intake, who: Ints, grade: int, offered: Flags) -> None:
    """Every child takes the school that draws it most; full schools turn a random part away, who try again.

    Those left over in the end are taken by the public school they like best.
    """
    stage = GRADE_STAGE[grade]
    draw = intake.pull[stage][intake.home[who]] + intake.rng.gumbel(size=(len(who), len(offered)))
    draw[:, ~offered] = -np.inf
    public = np.where(intake.campuses.table["sector"] == "public", draw, -np.inf)
    limit = _limits(intake.campuses, stage)
    open_to = np.arange(len(who))
    for _ in range(ROUNDS):
        intake.school[who[open_to]] = draw[open_to].argmax(axis=1)
        chosen = intake.school[who]
        pupils = intake.school[(intake.grade == grade) & (intake.school >= 0)]
        over = np.bincount(pupils, minlength=len(limit)) - limit
        open_to = _turned_away(chosen, over, intake.rng)
        draw[open_to, chosen[open_to]] = -1e6
    intake.school[who[open_to]] = public[open_to].argmax(axis=1)


def _turned_away(chosen: Ints, over: Ints, rng: np.random.Generator) -> Ints:
    """A random part of those who chose an overfull school."""
    order = rng.permutation(len(chosen))
    rank = pd.Series(chosen[order]).groupby(chosen[order]).cumcount().to_numpy()
    return np.sort(order[rank < over[chosen[order]]])


def _limits(campuses: Campuses, stage: str) -> Ints:
    """Pupils of one grade at which a campus turns away: crowded classes, or the approved places of a private school."""
    t = campuses.table
    limit = t["rooms"].to_numpy() / (t["last"] - t["first"] + 1).to_numpy() * CROWDED_AT[stage]
    for k in np.flatnonzero(t["approved"].notna()):
        if stage in t["stages"][k]:
            limit[k] = t["approved"][k][t["stages"][k].index(stage)] / STAGES[stage][1]
    return np.maximum(limit, SMALL).astype(np.int64)


def _count(result: Schooling, intake: Intake) -> None:
    """Rolls of a year, with the pupils from beyond the border."""
    table, year = intake.campuses.table, intake.year
    visitors = np.zeros((len(table), len(GRADES)), dtype=np.int64)
    for name, (first, mean) in VISITORS.items():
        row, g = int(table.index[table["school_id"] == name][0]), GRADES.index(first)
        before = result.visitors.get(year - 1)
        visitors[row, g] = intake.rng.poisson(mean)
        visitors[row, g + 1 : g + 3] = intake.rng.poisson(mean, 2) if before is None else before[row, g : g + 2]
    rolls = visitors.copy()
    at = intake.school >= 0
    np.add.at(rolls, (intake.school[at], intake.grade[at]), 1)
    result.rolls[year], result.visitors[year] = rolls, visitors

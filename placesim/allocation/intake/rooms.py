"""Rooms of a campus in September: classes that go on, rooms left for new ones, and how many pupils these can take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.split import apportion, split_rooms
from placesim.allocation.year import Pool
from placesim.records import Floats, Ints
from placesim.vocabulary import CAP, DESIGN, EMERGENCY

_SLACK = 1e-9


@dataclass(frozen=True)
class Grades:
    """The grade axis: stage[grade] position, entry[grade] whether it is the first of its stage."""

    stage: Ints
    entry: NDArray[np.bool_]

    @property
    def stages(self) -> int:
        return int(self.stage[-1]) + 1

    @property
    def starts(self) -> Ints:
        return np.flatnonzero(self.entry)

    @property
    def as_one(self) -> Grades:
        """All grades as those of one stage: the rooms of a campus before its stages share them."""
        return Grades(np.zeros_like(self.stage), self.entry)

    def by_stage(self, cube: Ints | NDArray[np.bool_]) -> Ints:
        """cube[school, grade] summed to [school, stage]."""
        return np.add.reduceat(cube.astype(np.int64), self.starts, axis=1)


@dataclass(frozen=True)
class Rooms:
    """classes[school, grade] that go on; stage_rooms[school, stage] with the rooms for new classes, entry_rooms[school,
    stage] these alone; places[school, stage, level] of the stage in its rooms, bought[school, stage] of which beside
    them; pooled[school]: no class by class account, rooms unknown or fewer than grades (复式班: grades taught
    together)."""

    classes: Ints
    stage_rooms: Ints
    entry_rooms: Ints
    places: Ints
    bought: Ints
    pooled: NDArray[np.bool_]

    def bought_left(self, roll: Ints, grades: Grades, class_size: Floats) -> Ints:
        """places[school, stage, level] of the bought ones that pupils who do not fit into the classes leave."""
        seats = np.add.reduceat(self.classes[:, :, None] * class_size[:, grades.stage], grades.starts, axis=1)
        beside = np.maximum(grades.by_stage(roll)[:, :, None] - np.floor(seats + _SLACK), 0).astype(np.int64)
        return np.maximum(self.bought[:, :, None] - beside, 0)


def kept_classes(roll: Ints, before: Ints, design: Floats) -> Ints:
    """classes[school, grade] that go on: as before[school, grade], fewer where fewer hold the pupils at design size.

    roll[school, grade], design[school, grade]. A grade with pupils keeps one at least; one whose pupils came without
    classes forms ⌈roll ÷ design⌉.
    """
    enough = np.ceil(np.divide(roll, design, out=np.zeros(roll.shape), where=design > 0) - _SLACK)
    classes = np.where(before > 0, np.minimum(before, enough), enough).astype(np.int64)
    return np.maximum(classes, roll > 0)


def grades_share_rooms(pool: Pool, serves: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """pooled[school]: rooms unknown, or fewer than grades."""
    return np.logical_or(pool.rooms == 0, serves.sum(axis=1) > pool.rooms)


def relieved(classes: Ints, left: Ints, roll: Ints, cap: Floats, grades: Grades) -> Ints:
    """classes[school, grade] after left[school, stage] rooms went one by one to the grade with the largest classes
    while these pass cap[school, grade] (消除大班额)."""
    classes, left = classes.copy(), left.copy()
    while True:
        size = roll / np.maximum(classes, 1)
        large = np.where((size > cap) & (left[:, grades.stage] > 0), size, 0.0)
        gains = np.flatnonzero(large.max(axis=1) > 0)
        if not len(gains):
            return classes
        grade = large[gains].argmax(axis=1)
        classes[gains, grade] += 1
        left[gains, grades.stage[grade]] -= 1


def account(pool: Pool, grades: Grades, serves: NDArray[np.bool_], classes: Ints, need: Ints) -> Rooms:
    """The rooms of a year: classes[school, grade] go on, what is left is split over the entry grades of the stages.

    serves[school, grade]; need[school, stage] of new classes if everyone came who wants to. Entry classes ≤ rooms −
    classes of continuing grades, over all stages of the campus.
    """
    taught = grades.by_stage(serves) > 0
    pooled = grades_share_rooms(pool, serves)
    kept = grades.by_stage(classes)
    free = np.maximum(pool.rooms - kept.sum(axis=1), 0)
    opens = grades.by_stage(serves & grades.entry) > 0
    entry = np.where(opens.any(axis=1, keepdims=True), split_rooms(free, np.where(opens, need, 0), opens), 0)
    over = np.logical_or(pooled[:, None], kept.sum(axis=1, keepdims=True) > pool.rooms[:, None])
    shared = split_rooms(pool.rooms, np.where(taught, kept + need, 0), taught)
    unused = apportion(free - entry.sum(axis=1), np.where(kept.sum(axis=1, keepdims=True) > 0, kept, taught))
    stage_rooms = np.where(over, shared, kept + entry + unused)
    own = np.where(pooled[:, None], 0, entry)
    return Rooms(classes, stage_rooms, own, pool.split(stage_rooms), pool.bought, pooled)


def entry_places(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats, taught: NDArray[np.bool_]) -> Ints:
    """places[school, stage, level] for this September's entrants (当年招生学位).

    roll[school, grade] pupils who are there already; class_size[school, stage, level]; taught[school, grade]. design:
    as many classes as the stage has tracks (⌈rooms ÷ grades⌉), at design size; cap: those at cap size, or every free
    room at design size, whichever is more; emergency: every free room at emergency size. Bought places, and all places
    of a campus without an account of classes, likewise: one grade's part of them, and at emergency level all that are
    left. Never more than the emergency places of the stage less the pupils there; and where floor area, land or an
    approval hold fewer than the rooms, never more than the places at that level less these.
    """
    left = np.maximum(rooms.places - grades.by_stage(roll)[:, :, None], 0)
    count = np.maximum(grades.by_stage(taught), 1)
    usual = np.minimum(rooms.entry_rooms, np.maximum(-(-rooms.stage_rooms // count), 1))
    by_rooms = _steps(usual[:, :, None] * class_size, rooms.entry_rooms[:, :, None] * class_size)
    bought = rooms.bought_left(roll, grades, class_size)
    beside = by_rooms + _steps(np.minimum(-(-rooms.bought // count)[:, :, None], bought), bought)
    in_rooms = np.floor(rooms.stage_rooms[:, :, None] * class_size + _SLACK) + rooms.bought[:, :, None]
    held = np.where(rooms.places < in_rooms, np.minimum(beside, left), np.minimum(beside, left[:, :, EMERGENCY:]))
    pooled = _steps(np.minimum(-(-rooms.places // count[:, :, None]), left), left)
    return np.where(rooms.pooled[:, None, None], pooled, held)


def _steps(usual: Floats | Ints, most: Floats | Ints) -> Ints:
    """places[school, stage, level]: the usual ones at design, these at cap or the most at design, the most."""
    cap = np.maximum(usual[:, :, CAP], most[:, :, DESIGN])
    steps = np.stack([usual[:, :, DESIGN], cap, most[:, :, EMERGENCY]], axis=2)
    return np.maximum.accumulate(np.floor(steps + _SLACK).astype(np.int64), axis=2)


def vacancies(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats, grade: int) -> Ints:
    """places[school, level] left for pupils who come to a grade beside its beginners.

    roll[school, grade]; class_size[school, stage, level]; rooms.classes of this year. design: in the classes there are;
    cap: in these, or new classes in every room left at design size; emergency: both. Within what the stage has left.
    """
    stage = int(grades.stage[grade])
    size = class_size[:, stage]
    spare = np.maximum(rooms.stage_rooms - grades.by_stage(rooms.classes), 0)[:, stage, None]
    there = np.maximum(np.floor(rooms.classes[:, grade, None] * size + _SLACK) - roll[:, grade, None], 0)
    open_ = np.maximum(np.floor((rooms.classes[:, grade, None] + spare) * size + _SLACK) - roll[:, grade, None], 0)
    free = _steps(there[:, None], open_[:, None])[:, 0] + rooms.bought_left(roll, grades, class_size)[:, stage]
    left = np.maximum(rooms.places[:, stage] - roll[:, grades.stage == stage].sum(axis=1)[:, None], 0)
    return np.where(rooms.pooled[:, None], left, np.minimum(free, left))


def formed(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats) -> Ints:
    """classes[school, grade] after admission: new ones ⌈entrants ÷ design⌉ within their rooms.

    A later grade that nobody was in begins with one class. Rooms then left relieve the largest classes.
    """
    design = class_size[:, grades.stage, DESIGN]
    wanted = kept_classes(roll, np.zeros_like(roll), design)
    most = np.where(rooms.pooled[:, None], wanted, np.maximum(rooms.entry_rooms[:, grades.stage], roll > 0))
    begun = np.where(rooms.pooled[:, None], wanted, roll > 0)
    there = np.where(rooms.classes > 0, np.minimum(rooms.classes, wanted), begun)
    classes = np.where(grades.entry, np.minimum(wanted, most), there)
    left = np.where(rooms.pooled[:, None], 0, rooms.stage_rooms - grades.by_stage(classes))
    return relieved(classes, left, roll, class_size[:, grades.stage, CAP], grades)

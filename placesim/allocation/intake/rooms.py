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

    def by_stage(self, cube: Ints | NDArray[np.bool_]) -> Ints:
        """cube[school, grade] summed to [school, stage]."""
        return np.add.reduceat(cube.astype(np.int64), np.flatnonzero(self.entry), axis=1)


@dataclass(frozen=True)
class Rooms:
    """classes[school, grade] that go on; stage_rooms[school, stage] with the rooms for new classes, entry_rooms[school,
    stage] these alone; places[school, stage, level] of the stage in its rooms; pooled[school]: no class by class
    account, rooms unknown or fewer than grades (复式班: grades taught together)."""

    classes: Ints
    stage_rooms: Ints
    entry_rooms: Ints
    places: Ints
    pooled: NDArray[np.bool_]


@dataclass(frozen=True)
class Cohorts:
    """The grades of last year a year older: roll[school, grade] and classes[school, grade] they had."""

    roll: Ints
    classes: Ints


def kept_classes(roll: Ints, before: Cohorts, class_size: Floats) -> Ints:
    """classes[school, grade] that go on: as before, fewer where fewer hold the pupils at design size.

    roll[school, grade], class_size[school, grade, level]. A grade with pupils keeps one at least. One that grew, by
    pupils of a closed school or a chain of grades, forms as many as hold it at cap size; one without classes before
    ⌈roll ÷ design⌉.
    """
    enough, least = (_classes_of(roll, class_size[:, :, level]) for level in (DESIGN, CAP))
    kept = np.where(before.classes > 0, np.minimum(before.classes, enough), enough)
    grew = (roll > before.roll) & (before.classes > 0)
    return np.maximum(np.where(grew, np.maximum(kept, least), kept), roll > 0)


def _classes_of(roll: Ints, size: Floats) -> Ints:
    """⌈roll ÷ size⌉, 0 where the size is not known."""
    return np.ceil(np.divide(roll, size, out=np.zeros(roll.shape), where=size > 0) - _SLACK).astype(np.int64)


def account(pool: Pool, grades: Grades, serves: NDArray[np.bool_], classes: Ints, need: Ints) -> Rooms:
    """The rooms of a year: classes[school, grade] go on, what is left is split over the entry grades of the stages.

    serves[school, grade]; need[school, stage] of new classes if everyone came who wants to. Entry classes ≤ rooms −
    classes of continuing grades, over all stages of the campus.
    """
    taught = grades.by_stage(serves) > 0
    pooled = np.logical_or(pool.rooms == 0, serves.sum(axis=1) > pool.rooms)
    kept = grades.by_stage(classes)
    free = np.maximum(pool.rooms - kept.sum(axis=1), 0)
    opens = grades.by_stage(serves & grades.entry) > 0
    entry = np.where(opens.any(axis=1, keepdims=True), split_rooms(free, np.where(opens, need, 0), opens), 0)
    over = np.logical_or(pooled[:, None], kept.sum(axis=1, keepdims=True) > pool.rooms[:, None])
    shared = split_rooms(pool.rooms, np.where(taught, kept + need, 0), taught)
    unused = apportion(free - entry.sum(axis=1), np.where(kept.sum(axis=1, keepdims=True) > 0, kept, taught))
    stage_rooms = np.where(over, shared, kept + entry + unused)
    return Rooms(classes, stage_rooms, np.where(pooled[:, None], 0, entry), pool.split(stage_rooms), pooled)


def entry_places(rooms: Rooms, enrolled: Ints, class_size: Floats, taught_grades: Ints) -> Ints:
    """places[school, stage, level] for this September's entrants (当年招生学位).

    enrolled[school, stage] pupils of the stage who are there already; class_size[school, stage, level];
    taught_grades[school, stage]. design: as many classes as the stage has tracks (⌈rooms ÷ grades⌉), at design size;
    cap: those at cap size, or every free room at design size, whichever is more; emergency: every free room at
    emergency size. Where floor area, land or an approval hold fewer than the rooms would, and in pooled campuses, no
    more at any level than the places less the enrolled; at emergency nowhere more than that.
    """
    left = np.maximum(rooms.places - enrolled[:, :, None], 0)
    tracks = -(-rooms.stage_rooms // np.maximum(taught_grades, 1))
    usual = np.minimum(rooms.entry_rooms, np.maximum(tracks, 1))
    new, (design, cap, emergency) = rooms.entry_rooms, np.moveaxis(class_size, 2, 0)
    most = np.stack([usual * design, np.maximum(usual * cap, new * design), new * emergency], axis=2)
    by_rooms = np.maximum.accumulate(np.floor(most + _SLACK).astype(np.int64), axis=2)
    in_rooms = np.floor(rooms.stage_rooms[:, :, None] * class_size + _SLACK).astype(np.int64)
    held = np.where(rooms.places < in_rooms, np.minimum(by_rooms, left), by_rooms)
    return np.where(rooms.pooled[:, None, None], left, np.minimum(held, left[:, :, EMERGENCY:]))


def vacancies(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats, grade: int) -> Ints:
    """places[school, level] left in the classes of a grade and in rooms that no class uses, within the stage's places.

    roll[school, grade]; class_size[school, stage, level]. A pooled campus has what its places leave.
    """
    stage = int(grades.stage[grade])
    classes = formed(rooms, roll, grades, class_size)
    spare = np.maximum(rooms.stage_rooms.sum(axis=1) - classes.sum(axis=1), 0)
    held = np.floor((classes[:, grade] + spare)[:, None] * class_size[:, stage] + _SLACK).astype(np.int64)
    in_classes = np.maximum(held - roll[:, grade, None], 0)
    left = np.maximum(rooms.places[:, stage] - grades.by_stage(roll)[:, stage, None], 0)
    return np.where(rooms.pooled[:, None], left, np.minimum(in_classes, left[:, EMERGENCY:]))


def formed(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats) -> Ints:
    """classes[school, grade] after admission: new ones ⌈entrants ÷ design⌉ within their rooms.

    A later grade that nobody was in begins with one class. Rooms then left go one by one to the grade with the largest
    classes while these pass the cap size (消除大班额).
    """
    wanted = np.maximum(_classes_of(roll, class_size[:, grades.stage, DESIGN]), roll > 0)
    most = np.where(rooms.pooled[:, None], wanted, np.maximum(rooms.entry_rooms[:, grades.stage], roll > 0))
    begun = np.where(rooms.pooled[:, None], wanted, roll > 0)
    there = np.where(rooms.classes > 0, np.minimum(rooms.classes, wanted), begun)
    classes = np.where(grades.entry, np.minimum(wanted, most), there)
    left = np.where(rooms.pooled, 0, rooms.stage_rooms.sum(axis=1) - classes.sum(axis=1))
    cap = class_size[:, grades.stage, CAP]
    while True:
        size = roll / np.maximum(classes, 1)
        large = np.where(size > cap, size, 0.0)
        gains = np.flatnonzero((left > 0) & (large.max(axis=1) > 0))
        if not len(gains):
            return classes
        classes[gains, large[gains].argmax(axis=1)] += 1
        left[gains] -= 1

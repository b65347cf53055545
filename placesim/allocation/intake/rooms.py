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
_PLENTY = 1 << 20  # places of a grade without an account of its own


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


def kept_classes(roll: Ints, before: Ints, design: Floats) -> Ints:
    """classes[school, grade] that go on: as before[school, grade], fewer where fewer hold the pupils at design size.

    roll[school, grade], design[school, grade]. A grade with pupils keeps one at least; one whose pupils came without
    classes forms ⌈roll ÷ design⌉.
    """
    enough = np.ceil(np.divide(roll, design, out=np.zeros(roll.shape), where=design > 0) - _SLACK)
    classes = np.where(before > 0, np.minimum(before, enough), enough).astype(np.int64)
    return np.maximum(classes, roll > 0)


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
    emergency size. Never more than the places of the stage at that level less the enrolled.
    """
    left = np.maximum(rooms.places - enrolled[:, :, None], 0)
    tracks = -(-rooms.stage_rooms // np.maximum(taught_grades, 1))
    usual = np.minimum(rooms.entry_rooms, np.maximum(tracks, 1))
    size, new = class_size, rooms.entry_rooms
    by_rooms = np.stack(
        [
            usual * size[:, :, DESIGN],
            np.maximum(usual * size[:, :, CAP], new * size[:, :, DESIGN]),
            new * size[:, :, EMERGENCY],
        ],
        axis=2,
    )
    by_rooms = np.maximum.accumulate(np.floor(by_rooms + _SLACK).astype(np.int64), axis=2)
    return np.where(rooms.pooled[:, None, None], left, np.minimum(by_rooms, left))


def vacancies(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats, serves: NDArray[np.bool_]) -> Ints:
    """places[school, grade, level] left in the classes of each grade, within what the stage has left.

    roll[school, grade]; class_size[school, stage, level]. Where the classes of a stage have more room than the stage
    has places, these are shared in proportion; where a campus is pooled, equally among the grades it teaches.
    """
    in_classes = np.floor(rooms.classes[:, :, None] * class_size[:, grades.stage] + _SLACK).astype(np.int64)
    free = np.maximum(in_classes - roll[:, :, None], 0)
    free = np.where(rooms.pooled[:, None, None], serves[:, :, None] * _PLENTY, free)
    left = np.maximum(rooms.places - grades.by_stage(roll)[:, :, None], 0)
    out = np.zeros_like(free)
    for level in range(free.shape[2]):
        for k in range(grades.stages):
            of_stage = grades.stage == k
            share = apportion(left[:, k, level], free[:, of_stage, level])
            over = free[:, of_stage, level].sum(axis=1) > left[:, k, level]
            out[:, of_stage, level] = np.where(over[:, None], share, free[:, of_stage, level])
    return np.minimum.accumulate(out[:, :, ::-1], axis=2)[:, :, ::-1]


def formed(rooms: Rooms, roll: Ints, grades: Grades, class_size: Floats) -> Ints:
    """classes[school, grade] after admission: new ones ⌈entrants ÷ design⌉ within their rooms.

    Rooms then left go one by one to the grade with the largest classes while these pass the cap size (消除大班额).
    """
    design = class_size[:, grades.stage, DESIGN]
    wanted = kept_classes(roll, np.zeros_like(roll), design)
    most = np.where(rooms.pooled[:, None], wanted, np.maximum(rooms.entry_rooms[:, grades.stage], roll > 0))
    classes = np.where(grades.entry, np.minimum(wanted, most), kept_classes(roll, rooms.classes, design))
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

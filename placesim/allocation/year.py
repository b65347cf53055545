"""One year: the stages of pooled campuses share their rooms, and every stage is solved by its rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.classes import classes_wanted
from placesim.allocation.deal import Dealt
from placesim.allocation.split import apportion, rooms_needed, split_places, split_rooms
from placesim.allocation.stage_year import StageYear
from placesim.records import Floats, Ints
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import APPROVED, CAPACITY_BOUND, DESIGN, EMERGENCY

_SMALL = 1e-9
_ANY = 1 << 40


@dataclass(frozen=True)
class Pool:
    """The campuses of a year before any split: rooms[school], class_size[school, stage, level], binding[school, stage],
    places[school, stage, level] if the whole pool served the stage, bought[school, stage] of which beside the rooms,
    taught[school, stage]."""

    rooms: Ints
    class_size: Floats
    places: Ints
    bought: Ints
    binding: Ints
    taught: NDArray[np.bool_]

    @property
    def shared(self) -> NDArray[np.bool_]:
        """shared[school]: known rooms that more than one stage uses."""
        return (self.rooms > 0) & (self.taught.sum(axis=1) > 1)

    def split(self, stage_rooms: Ints) -> Ints:
        """places[school, stage, level] with these rooms; campuses of one stage keep all, bought places their stage."""
        bought = self.bought[:, :, None]
        parts = split_places(self.places - bought, self.class_size, self.binding, self.rooms, stage_rooms)
        return np.where(self.shared[:, None, None], parts + bought, self.places)

    def rooms_needed(self, use: Use, stage_rooms: Ints) -> Ints:
        """rooms[school, stage] that a stage cannot give away: its pupils at design level, its classes of each grade."""
        places = self.split(stage_rooms)[:, :, DESIGN] - self.bought
        load = np.maximum(use.load - self.bought, 0)
        held = rooms_needed(load, places, stage_rooms, self.class_size[:, :, DESIGN], self.binding == APPROVED)
        return np.maximum(held, np.minimum(use.classes, stage_rooms))

    def most_classes(self, enrolled: Ints, grades: Ints) -> Ints:
        """classes[school, stage] that can fill at most where approval, floor area or land hold fewer than the rooms.

        enrolled[school, stage] are seated whatever the places; grades[stage] may each have an odd class. No such
        limit: as many as can be counted.
        """
        size = np.maximum(self.class_size[:, :, DESIGN], _SMALL)
        held = np.floor(self.rooms[:, None] * self.class_size[:, :, EMERGENCY] + _SMALL)
        limit = np.maximum(self.places[:, :, EMERGENCY], enrolled)
        most = np.ceil(limit / size - _SMALL) + grades - 1
        return np.where(self.places[:, :, EMERGENCY] - self.bought < held, most, _ANY).astype(np.int64)


@dataclass(frozen=True)
class Use:
    """What the pupils ask of a campus: load[school, stage] in pupils, classes[school, stage] at design size."""

    load: Ints
    classes: Ints


@dataclass(frozen=True)
class Solved:
    """Who goes where by stage, and the rooms[school, stage] and places[school, stage, level] they go into."""

    dealt: tuple[Dealt, ...]
    rooms: Ints
    places: Ints


def solve_year(
    stages: Sequence[StageYear], rules: Sequence[str], pool: Pool, parameters: AllocationParameters
) -> Solved:
    """Split, solve, hand spare rooms to full stages, solve those once more, and hand spare rooms to large classes."""
    rooms, need = _first_split(stages, rules, pool, parameters)
    dealt = _solve(stages, rules, pool.split(rooms), parameters)
    moved = _hand_over(_use(stages, dealt, pool), rooms, pool, need)
    changed = np.flatnonzero((moved > rooms).any(axis=0)).tolist()
    if changed:
        campuses = (moved != rooms).any(axis=1)
        places = pool.split(moved)
        for k in changed:
            dealt[k] = stages[k].deal(stages[k].solve(rules[k], places[:, k], parameters))
        rooms = _give_back(_use(stages, dealt, pool), moved, pool, campuses)
    rooms = _relieve(_use(stages, dealt, pool), rooms, pool)
    return Solved(tuple(dealt), rooms, pool.split(rooms))


def _solve(
    stages: Sequence[StageYear], rules: Sequence[str], places: Ints, parameters: AllocationParameters
) -> list[Dealt]:
    pairs = zip(stages, rules, strict=True)
    return [s.deal(s.solve(rule, places[:, k], parameters)) for k, (s, rule) in enumerate(pairs)]


def _use(stages: Sequence[StageYear], dealt: Sequence[Dealt], pool: Pool) -> Use:
    """With the pupils from outside."""
    rolls = [s.roll(d) for s, d in zip(stages, dealt, strict=True)]
    wanted = [classes_wanted(roll, pool.class_size[:, k, DESIGN]).sum(axis=1) for k, roll in enumerate(rolls)]
    return Use(np.stack([roll.sum(axis=1) for roll in rolls], axis=1), np.stack(wanted, axis=1))


def _first_split(
    stages: Sequence[StageYear], rules: Sequence[str], pool: Pool, parameters: AllocationParameters
) -> tuple[Ints, Ints]:
    """(rooms[school, stage], need[school, stage] in classes) by where pupils would go if places did not matter.

    A stage that takes no more than its places needs no more classes than those fill.
    """
    free = ["nearest" if r in CAPACITY_BOUND else r for r in rules]
    use = _use(stages, _solve(stages, free, pool.places, parameters), pool)
    enrolled = np.stack([s.enrolled() for s in stages], axis=1)
    most = pool.most_classes(enrolled, np.array([s.cells.shape[1] // s.groups for s in stages]))
    bound = np.array([r in CAPACITY_BOUND for r in rules])
    need = np.where(pool.taught, np.where(bound, np.minimum(use.classes, most), use.classes), 0)
    alone = np.where(pool.taught, pool.rooms[:, None], 0)
    return np.where(pool.shared[:, None], split_rooms(pool.rooms, need, pool.taught), alone), need


def _hand_over(use: Use, rooms: Ints, pool: Pool, need: Ints) -> Ints:
    """rooms[school, stage] after whole spare rooms went to stages of the campus that are full at design level."""
    kept = pool.rooms_needed(use, rooms)
    full = pool.taught & (use.load >= pool.split(rooms)[:, :, DESIGN]) & (use.load > 0)
    wish = np.where(full & (kept == rooms), np.maximum(need - rooms, 1), 0)
    gives = pool.shared & wish.any(axis=1) & (rooms > kept).any(axis=1)
    extra = apportion((rooms - kept).sum(axis=1), wish)
    return np.where(gives[:, None], kept + extra, rooms)


def _give_back(use: Use, rooms: Ints, pool: Pool, campuses: NDArray[np.bool_]) -> Ints:
    """rooms[school, stage] with what the full stages did not need after all shared out again, pro rata."""
    kept = pool.rooms_needed(use, rooms)
    weight = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, pool.taught)
    return np.where(campuses[:, None], kept + apportion((rooms - kept).sum(axis=1), weight), rooms)


def _relieve(use: Use, rooms: Ints, pool: Pool) -> Ints:
    """rooms[school, stage] after spare rooms went to stages of the campus that have fewer rooms than classes."""
    kept = pool.rooms_needed(use, rooms)
    lack = np.maximum(use.classes - rooms, 0)
    spare = (rooms - kept).sum(axis=1)
    given = np.minimum(spare, lack.sum(axis=1))
    moved = kept + apportion(given, lack) + apportion(spare - given, rooms - kept)
    return np.where(pool.shared[:, None], moved, rooms)

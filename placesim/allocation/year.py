"""One year: the stages of pooled campuses share their rooms, and every stage is solved by its rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.problem import Shipments
from placesim.allocation.split import apportion, rooms_needed, split_places, split_rooms
from placesim.allocation.stage_year import StageYear
from placesim.records import Floats, Ints
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import CAPACITY_BOUND, DESIGN


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


@dataclass(frozen=True)
class Solved:
    """What each stage sends, and the rooms[school, stage] and places[school, stage, level] it was sent into."""

    sent: tuple[Shipments, ...]
    rooms: Ints
    places: Ints


def solve_year(
    stages: Sequence[StageYear], rules: Sequence[str], pool: Pool, parameters: AllocationParameters
) -> Solved:
    """Split, solve, hand spare rooms to full stages, and solve those once more."""
    rooms, need = _first_split(stages, rules, pool, parameters)
    places = pool.split(rooms)
    sent = [s.solve(r, places[:, k], parameters) for k, (s, r) in enumerate(zip(stages, rules, strict=True))]
    moved = _hand_over(_load(stages, sent), places, rooms, pool, need)
    changed = np.flatnonzero((moved > rooms).any(axis=0)).tolist()
    if changed:
        campuses = (moved != rooms).any(axis=1)
        places = pool.split(moved)
        for k in changed:
            sent[k] = stages[k].solve(rules[k], places[:, k], parameters)
        rooms = _give_back(_load(stages, sent), places, moved, pool, campuses)
        places = pool.split(rooms)
    return Solved(tuple(sent), rooms, places)


def _load(stages: Sequence[StageYear], sent: Sequence[Shipments]) -> Ints:
    """pupils[school, stage] with those from outside."""
    return np.stack([s.enrolled() + out.load(s.schools) for s, out in zip(stages, sent, strict=True)], axis=1)


def _first_split(
    stages: Sequence[StageYear], rules: Sequence[str], pool: Pool, parameters: AllocationParameters
) -> tuple[Ints, Ints]:
    """(rooms[school, stage], need[school, stage] in classes) by where pupils would go if places did not matter."""
    free = ["nearest" if r in CAPACITY_BOUND else r for r in rules]
    sent = [s.solve(r, pool.places[:, k], parameters) for k, (s, r) in enumerate(zip(stages, free, strict=True))]
    size = np.maximum(pool.class_size[:, :, DESIGN], 1e-9)
    need = np.where(pool.taught, np.ceil(_load(stages, sent) / size - 1e-9), 0).astype(np.int64)
    alone = np.where(pool.taught, pool.rooms[:, None], 0)
    return np.where(pool.shared[:, None], split_rooms(pool.rooms, need, pool.taught), alone), need


def _hand_over(load: Ints, places: Ints, rooms: Ints, pool: Pool, need: Ints) -> Ints:
    """rooms[school, stage] after whole spare rooms went to stages of the campus that are full at design level."""
    at_design = places[:, :, DESIGN]
    kept = rooms_needed(load, at_design, rooms)
    full = pool.taught & (load >= at_design) & (load > 0)
    wish = np.where(full, np.maximum(need - rooms, 1), 0)
    gives = pool.shared & full.any(axis=1) & (rooms > kept).any(axis=1)
    extra = apportion((rooms - kept).sum(axis=1), wish)
    return np.where(gives[:, None], kept + extra, rooms)


def _give_back(load: Ints, places: Ints, rooms: Ints, pool: Pool, campuses: NDArray[np.bool_]) -> Ints:
    """rooms[school, stage] with what the full stages did not need after all shared out again, pro rata."""
    kept = rooms_needed(load, places[:, :, DESIGN], rooms)
    weight = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, pool.taught)
    return np.where(campuses[:, None], kept + apportion((rooms - kept).sum(axis=1), weight), rooms)

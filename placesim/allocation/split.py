"""Pooled rooms of a campus, split over its stages in whole rooms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats, Ints
from placesim.vocabulary import APPROVED

_SLACK = 1e-9


def apportion(total: Ints, weight: Floats | Ints) -> Ints:
    """whole[campus, stage] that sum to total[campus] in proportion to weight[campus, stage], by largest remainders.

    Equal remainders: the earlier stage. Nothing is given where all weights of a campus are 0 (Hamilton's method).
    """
    all_weights = weight.sum(axis=1, keepdims=True)
    quota = np.divide(total[:, None] * weight, all_weights, out=np.zeros(weight.shape), where=all_weights > 0)
    base = np.floor(quota + _SLACK)
    missing = np.where(all_weights[:, 0] > 0, total - base.sum(axis=1), 0)
    rank = np.argsort(np.argsort(-(quota - base), axis=1, kind="stable"), axis=1, kind="stable")
    return (base + (rank < missing[:, None])).astype(np.int64)


def split_rooms(rooms: Ints, need: Ints, taught: NDArray[np.bool_]) -> Ints:
    """stage_rooms[campus, stage]: rooms[campus] by need[campus, stage] in classes.

    Enough rooms: every need is met and the spare rooms go pro rata to it (equally among the stages taught where nobody
    needs a room). Too few: by largest remainders of the need; where that would leave a stage in need without a room and
    there is one for each, everyone gets one first.
    """
    wanted = need.sum(axis=1)
    spare = apportion(rooms - wanted, np.where(wanted[:, None] > 0, need, taught))
    plain, first = apportion(rooms, need), np.minimum(need, 1)
    barred = ((plain < first).any(axis=1) & (rooms >= first.sum(axis=1)))[:, None]
    short = np.where(barred, first + apportion(rooms - first.sum(axis=1), need - first), plain)
    return np.where((wanted <= rooms)[:, None], need + spare, short)


def split_places(whole_pool: Ints, class_size: Floats, binding: Ints, rooms: Ints, stage_rooms: Ints) -> Ints:
    """places[campus, stage, level] of a stage with stage_rooms[campus, stage] of the rooms[campus].

    whole_pool[campus, stage, level] places if all rooms served the stage. Rooms × class size, floored; where floor area
    or land hold the pool below that, they are shared by rooms; an approval is the stage's own and is not shared.
    """
    rooms_give = np.floor(rooms[:, None, None] * class_size + _SLACK).astype(np.int64)
    part = np.divide(stage_rooms, rooms[:, None], out=np.zeros(stage_rooms.shape), where=rooms[:, None] > 0)
    by_rooms = np.floor(stage_rooms[:, :, None] * class_size + _SLACK).astype(np.int64)
    by_area = np.floor(whole_pool * part[:, :, None] + _SLACK).astype(np.int64)
    own = np.minimum(whole_pool, by_rooms)
    approved = (binding == APPROVED)[:, :, None]
    places = np.where(approved | (whole_pool == rooms_give), own, np.minimum(by_area, by_rooms))
    return np.maximum.accumulate(places, axis=2)


def rooms_needed(load: Ints, places: Ints, stage_rooms: Ints, class_size: Floats, approved: NDArray[np.bool_]) -> Ints:
    """rooms[campus, stage] that hold load[campus, stage] at design level; all its rooms for a stage that is over it.

    places[campus, stage] at design level with stage_rooms[campus, stage]; class_size[campus, stage] at that level.
    Where an approval holds the places (approved[campus, stage]), more rooms than pupils within it fill are not needed.
    """
    fits = (load <= places) & (places > 0)
    needed = -(-load * stage_rooms // np.maximum(places, 1))
    held = np.where(fits, np.minimum(needed, stage_rooms), np.where(load > 0, stage_rooms, 0))
    within = np.minimum(load, places)
    by_size = np.ceil(np.divide(within, class_size, out=held.astype(float), where=class_size > 0) - _SLACK)
    return np.where(approved, np.minimum(held, by_size), held).astype(np.int64)

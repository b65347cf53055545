"""From rooms to places: class sizes by the norms, and places = the least of rooms, floor area, land and approval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats, Ints, Stages
from placesim.standards.norms import StageNorms
from placesim.vocabulary import CLOSED, DESIGN, GIVEN, LEVELS

_SLACK = 1e-9  # places are counted down to whole places; a product of norms that is whole but for float noise stays


def class_sizes(norms: Mapping[str, StageNorms], stages: Stages, partial: NDArray[np.bool_]) -> Floats:
    """class_size[school, stage, level] in pupils per room.

    partial[school, stage]: the campus teaches only some grades of the stage; its design size is then
    `class_size_incomplete` where the norms have one. Cap and emergency are never below design. No norms: 0.
    """
    whole = np.array([_sizes(norms.get(s), False) for s in stages.ids])
    some = np.array([_sizes(norms.get(s), True) for s in stages.ids])
    return np.where(partial[:, :, None], some, whole)


def _sizes(norms: StageNorms | None, partial: bool) -> Floats:
    if norms is None:
        return np.zeros(len(LEVELS))
    incomplete = norms.class_size_incomplete if partial else None
    design = norms.class_size_design if incomplete is None else incomplete
    return np.maximum.accumulate(np.array([design, norms.class_size_cap, norms.class_size_emergency], dtype=float))


def area_limits(norms: Mapping[str, StageNorms], stages: Stages, floor: Floats, site: Floats) -> Floats:
    """limit[school, stage, 0 floor area | 1 land] in places; inf where the area or the norm is not known."""
    per_place = np.array(
        [
            [
                np.nan if n is None else (n.floor_area_per_place or np.nan),
                np.nan if n is None else (n.site_area_per_place or np.nan),
            ]
            for n in (norms.get(s) for s in stages.ids)
        ]
    )
    limit = np.stack([floor, site], axis=1)[:, None, :] / per_place[None, :, :]
    return np.where(np.isnan(limit), np.inf, limit)


def room_places(rooms: Ints, class_size: Floats, limits: Floats) -> tuple[Ints, Ints]:
    """(places[school, stage, year, level], binding[school, stage, year]) of rooms[school, year].

    places = ⌊min(rooms × class size, floor area ÷ norm, site area ÷ norm, approved places)⌋, at every level: the last
    three hold whatever the class size, so emergency ≥ cap ≥ design. limits[school, stage, term] with the terms floor
    area, land, approved (inf: no limit). The binding term is that of the design level; equal terms: rooms first.
    """
    by_rooms = rooms[:, None, :, None] * class_size[:, :, None, :]
    terms = np.broadcast_to(limits[:, :, None, :], (*by_rooms.shape[:3], limits.shape[2]))
    places = np.floor(np.minimum(by_rooms, terms.min(axis=-1)[..., None]) + _SLACK).astype(np.int64)
    at_design = np.concatenate([by_rooms[..., DESIGN, None], terms], axis=-1)
    return places, at_design.argmin(axis=-1) + 1


def given_places(given: Floats, class_size: Floats) -> Ints:
    """places[school, stage, year, level] where only the design capacity is known: ⌊given × class size ÷ design size⌋.

    given[school, stage, year], class_size[school, stage, level].
    """
    size = class_size[:, :, None, :]
    known = np.broadcast_to(np.nan_to_num(given)[..., None], (*given.shape, len(LEVELS)))
    design = np.broadcast_to(size[..., DESIGN, None], known.shape)
    places = np.divide(known * size, design, out=known.copy(), where=design > 0)
    return np.floor(places + _SLACK).astype(np.int64)


def stage_taught(serves: NDArray[np.bool_], stages: Stages) -> NDArray[np.bool_]:
    """taught[school, stage, year]: some grade of the stage is taught. serves[school, grade, year]."""
    return np.stack([serves[:, stages.grade_slice(s)].any(axis=1) for s in stages.ids], axis=1)


def mask_closed(places: Ints, binding: Ints, taught: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """No places, and binding `closed`, where the stage is not taught."""
    return places * taught[..., None], np.where(taught, binding, CLOSED)


def join(known: NDArray[np.bool_], from_rooms: tuple[Ints, Ints], given: Ints) -> tuple[Ints, Ints]:
    """(places, binding): from rooms where known[school], else as given[school, stage, year, level]."""
    places, binding = from_rooms
    pick = known[:, None, None]
    return np.where(pick[..., None], places, given), np.where(pick, binding, GIVEN)

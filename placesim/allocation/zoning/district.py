"""What a search for zones is asked: units, schools, neighbours and weights, checked once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, is_number, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints

NONE = -1  # a unit without a present school


@dataclass(frozen=True)
class ZoneWeights:
    """What a plan costs, each at least 0; see `terms` for what they multiply."""

    imbalance: float = 1.0
    over_places: float = 0.0
    minutes: float = 0.0
    compactness: float = 0.0
    moved: float = 0.0
    split_feeders: float = 0.0


@dataclass(frozen=True)
class District:
    """Units and schools, checked: pupils[unit], places[school] > 0, home[school] distinct units.

    pairs[pair, 2]: units that touch, each pair once, the lower first, sorted. minutes[unit, school], inf: out of reach,
    or None. present[unit]: school or −1, or None. feeders[unit]: feeder zone or −1, or None. floor: the least
    utilisation of a zone.
    """

    pupils: Floats
    places: Floats
    home: Ints
    pairs: Ints
    minutes: Floats | None
    present: Ints | None
    feeders: Ints | None
    weights: ZoneWeights
    floor: float

    @property
    def everyone(self) -> float:
        return float(self.pupils.sum())


def checked_district(
    pupils: ArrayLike, places: ArrayLike, home: ArrayLike, neighbours: ArrayLike, *,
    minutes: ArrayLike | None, present: ArrayLike | None, weights: ZoneWeights, floor: float,
    feeders: ArrayLike | None = None,
) -> District:  # fmt: skip
    """Arguments of `zone` as a District, pairs told twice counted once.

    Raises InputError naming the argument, the first offending index and the rule.
    """
    people = as_numbers("pupils", pupils, axes=1)
    refuse("pupils", people, ~(people >= 0) | np.isinf(people), "must be finite and not negative")
    rooms = as_numbers("places", places, axes=1)
    refuse("places", rooms, ~(rooms > 0) | np.isinf(rooms), "must be finite and above 0")
    if not len(rooms):
        raise InputError("places", "must name at least one school")
    homes = _homes(home, len(people), len(rooms))
    return District(
        pupils=people,
        places=rooms,
        home=homes,
        pairs=_pairs(neighbours, len(people)),
        minutes=_minutes(minutes, (len(people), len(rooms))),
        present=_positions_of_units("present", present, len(people), len(rooms)),
        feeders=_positions_of_units("feeders", feeders, len(people), len(people)),
        weights=_weights(weights),
        floor=_floor(floor),
    )


def _homes(home: ArrayLike, units: int, schools: int) -> Ints:
    homes = _positions("home", home, range(units))
    if len(homes) != schools:
        raise InputError("home", f"must have one unit for each of the {schools} schools", value=len(homes))
    first = np.zeros(schools, dtype=bool)
    first[np.unique(homes, return_index=True)[1]] = True
    refuse("home", homes.astype(np.float64), ~first, "must be the unit of one school only")
    return homes


def _pairs(neighbours: ArrayLike, units: int) -> Ints:
    given = np.asarray(neighbours)
    if not given.size:
        return np.zeros((0, 2), dtype=np.int64)
    if given.ndim != 2 or given.shape[1] != 2:
        raise InputError("neighbours", "must have the axes [pair, 2]", value=f"shape {given.shape}")
    pairs = np.sort(_positions("neighbours", neighbours, range(units), axes=2), axis=1)
    selves = pairs[:, 0] == pairs[:, 1]
    for at in np.flatnonzero(selves)[:1]:
        raise InputError("neighbours", "must pair two different units", int(at), int(pairs[at, 0]))
    return np.unique(pairs, axis=0)


def _positions(argument: str, given: ArrayLike, allowed: range, axes: int = 1) -> Ints:
    values = as_numbers(argument, given, axes=axes, truths=False)
    off = ~((values >= allowed.start) & (values < allowed.stop)) | (values != np.floor(values))
    refuse(argument, values, off, f"must be a position {allowed.start} … {allowed.stop - 1}")
    return values.astype(np.int64)


def _minutes(given: ArrayLike | None, shape: tuple[int, int]) -> Floats | None:
    if given is None:
        return None
    values = as_numbers("minutes", given, axes=2)
    if values.shape != shape:
        raise InputError("minutes", f"must have the axes [unit, school], {shape}", value=f"shape {values.shape}")
    refuse("minutes", values, ~(values >= 0), "must be a number of 0 or more (inf: out of reach)")
    return values


def _positions_of_units(argument: str, given: ArrayLike | None, units: int, stop: int) -> Ints | None:
    if given is None:
        return None
    values = _positions(argument, given, range(NONE, stop))
    if len(values) != units:
        raise InputError(argument, f"must have a position, or −1, for each of the {units} units", value=len(values))
    return values


def _weights(weights: ZoneWeights) -> ZoneWeights:
    if not isinstance(weights, ZoneWeights):
        raise InputError("weights", "must be ZoneWeights", value=type(weights).__name__)
    for field in fields(weights):
        value = getattr(weights, field.name)
        if not is_number(value) or not 0 <= value < np.inf:
            raise InputError(f"weights.{field.name}", "must be a finite number of 0 or more", value=value)
    return weights


def _floor(given: float) -> float:
    if not is_number(given) or not 0 <= given < np.inf:
        raise InputError("min_utilisation", "must be a finite number of 0 or more", value=given)
    return float(given)


def unreachable(district: District) -> NDArray[np.bool_]:
    """out[unit, school]: the school is out of reach of the unit."""
    shape = (len(district.pupils), len(district.places))
    return np.zeros(shape, dtype=bool) if district.minutes is None else np.isinf(district.minutes)

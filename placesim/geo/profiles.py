"""How people on foot and in vehicles use each road: whether at all, how fast, in which direction, and how gladly."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Floats
from placesim.scenario.parameters import TravelParameters

WALK: Final = "walk"
RIDE: Final = "ride"
METRES_PER_MINUTE: Final = 1000 / 60  # of one km/h
FAST: Final = 50.0  # km/h from which a road without footway is unsafe for pupils on foot
DEFAULT_RIDE: Final = {"bus": 30.0, "car": 40.0}  # km/h on roads without a known class, and without roads

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RoadClass:
    """What a class of `road_classes.toml` means; bus and car in km/h."""

    names: tuple[str, ...]
    walk: bool
    drive: bool
    bus: float = 0.0
    car: float = 0.0
    main: bool = False


@dataclass(frozen=True)
class Profile:
    """One mode on each road: open[road] whether it may be entered at all, usable[road] whether it is used, speed[road]
    in metres a minute, weight[road] by which its minutes count when ways are compared, one_way[road]; leg_speed of the
    straight way to and from the roads, wait in minutes."""

    mode: str
    open: Flags
    usable: Flags
    speed: Floats
    weight: Floats
    one_way: Flags
    leg_speed: float
    wait: float = 0.0


@cache
def road_classes() -> Mapping[str, RoadClass]:
    """name of a road class, in small letters → what it means."""
    text = resources.files("placesim.geo").joinpath("road_classes.toml").read_text(encoding="utf-8")
    classes = [RoadClass(**{**c, "names": tuple(c["names"])}) for c in tomllib.loads(text).values()]
    return {name.casefold(): c for c in classes for name in c.names}


def profiles(roads: pd.DataFrame, travel: TravelParameters) -> tuple[Profile, ...]:
    """On foot, then riding where people ride."""
    return (walking(roads, travel), *([riding(roads, travel)] if rides(travel) else []))


def rides(travel: TravelParameters) -> bool:
    return travel.ride_speed is not None or travel.ride_profile is not None


def walking(roads: pd.DataFrame, travel: TravelParameters) -> Profile:
    """On foot: both ways on one-way roads, not on expressways; unsafe roads as the scenario says."""
    unsafe = unsafe_roads(roads)
    speed = travel.walk_speed * METRES_PER_MINUTE
    may = said(roads, "walk", _by_class(roads, "walk", True))
    return Profile(
        mode=WALK,
        open=may,
        usable=may & ~(unsafe & (travel.unsafe == "ban")),
        speed=np.full(len(roads), speed),
        weight=np.where(unsafe & (travel.unsafe == "avoid"), travel.unsafe_factor, 1.0),
        one_way=np.zeros(len(roads), dtype=bool),
        leg_speed=speed,
    )


def riding(roads: pd.DataFrame, travel: TravelParameters) -> Profile:
    """By bus or car: a road's speed is that of its class, or the one speed, and never above the road's own."""
    speed = np.minimum(_class_speeds(roads, travel), roads["speed"].fillna(np.inf).to_numpy(float))
    may = said(roads, "drive", _by_class(roads, "drive", True))
    return Profile(
        mode=RIDE,
        open=may,
        usable=may,
        speed=speed * METRES_PER_MINUTE,
        weight=np.ones(len(roads)),
        one_way=said(roads, "one_way", np.zeros(len(roads), dtype=bool)),
        leg_speed=travel.walk_speed * METRES_PER_MINUTE,
        wait=travel.ride_wait,
    )


def plain_ride_speed(travel: TravelParameters) -> float:
    """Metres a minute of riding where no road class is known."""
    speed = travel.ride_speed or DEFAULT_RIDE[travel.ride_profile or "bus"]
    return speed * METRES_PER_MINUTE


def _class_speeds(roads: pd.DataFrame, travel: TravelParameters) -> Floats:
    """km/h of each road by its class: the scenario's own, the vehicle's, else the one speed."""
    usual = plain_ride_speed(travel) / METRES_PER_MINUTE
    of_vehicle = _by_class(roads, travel.ride_profile, usual) if travel.ride_profile else np.full(len(roads), usual)
    own = {name.casefold(): speed for name, speed in travel.ride_speeds.items()}
    said = class_names(roads).map(own).to_numpy(float)
    return np.where(np.isnan(said), np.where(of_vehicle > 0, of_vehicle, usual), said)


def unsafe_roads(roads: pd.DataFrame) -> Flags:
    """Unsafe for pupils on foot: as the table says, else a road of 50 km/h or more that is known to lack a footway."""
    speed = roads["speed"].fillna(pd.Series(_by_class(roads, "car", 0.0), roads.index)).to_numpy(float)
    bare = ~said(roads, "footway", np.ones(len(roads), dtype=bool))
    return said(roads, "unsafe", bare & (speed >= FAST))


def main_roads(roads: pd.DataFrame) -> Flags:
    """Roads of a class whose crossing is the crossing of a main road."""
    return _by_class(roads, "main", False).astype(bool)


def class_names(roads: pd.DataFrame) -> pd.Series:
    """The class of each road in small letters, blank where it has none."""
    return roads["class"].fillna("").astype(str).str.strip().str.casefold()


def _by_class(roads: pd.DataFrame, field: str, otherwise: bool | float) -> NDArray[Any]:
    """A fact of each road's class; `otherwise` where the class is blank or unknown."""
    names, codes = np.unique(class_names(roads).to_numpy(dtype=str), return_inverse=True)
    known = road_classes()
    facts = np.array([getattr(known[n], field) if n in known else otherwise for n in names], dtype=type(otherwise))
    return facts[codes] if len(names) else np.zeros(0, dtype=type(otherwise))


def said(roads: pd.DataFrame, column: str, otherwise: NDArray[Any]) -> Flags:
    """A true/false column, and `otherwise` where it is blank."""
    said = roads[column]
    return np.where(said.notna(), said.fillna(False).to_numpy(dtype=object).astype(bool), otherwise.astype(bool))

"""What the tags of a way say: whether it is a road, who may use it, which way, and how fast.

Meanings as documented in the OpenStreetMap wiki under "Key:highway", "Key:access" and "Key:oneway". Tags come as
columns of text with None where a way has none.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Floats

Truths = NDArray[np.bool_]

NO_ROAD = (
    "construction", "proposed", "planned", "abandoned", "disused", "razed", "demolished", "dismantled", "removed", "no",
    "platform", "corridor", "elevator", "raceway", "bus_guideway", "services", "rest_area",
    "emergency_bay", "escape",
)  # fmt: skip
MOTORWAYS = ("motorway", "motorway_link")
_GRADED = ("motorway", "trunk", "primary", "secondary", "tertiary")
DRIVEN = (
    *_GRADED, *(f"{c}_link" for c in _GRADED), "unclassified", "residential", "living_street", "service", "road",
)  # fmt: skip
CLOSED = ("no", "private")
CLOSED_ON_FOOT = ("no", "private", "use_sidepath")
OPEN_ON_FOOT = ("yes", "designated", "permissive")  # these stand above a closed `access`
ONE_WAY = ("yes", "true", "1", "-1", "reverse")
REVERSED = ("-1", "reverse")
NOT_THERE = ("no", "none")  # a bridge, tunnel or sidewalk that a tag denies
_FOR_FEET = ("footway", "pedestrian", "steps", "path", "living_street")
_SIDES = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")

_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?", re.ASCII)
_MILE = 1.609344  # kilometres
WALKING_PACE, FASTEST = 7.0, 130.0  # km/h: for `walk`; what the table of roads holds at most


def is_road(tags: pd.DataFrame) -> Truths:
    """Ways that belong to the network: a highway that exists, is one for travel, and is no area."""
    return _truth(tags["highway"].notna() & ~tags["highway"].isin(NO_ROAD) & (tags["area"] != "yes"))


def walked(tags: pd.DataFrame) -> Truths:
    """Ways that may be walked, in both directions: `foot` decides, else `access`, else the kind of highway."""
    open_to_all = ~tags["access"].isin(CLOSED) | tags["foot"].isin(OPEN_ON_FOOT)
    return _truth(~tags["highway"].isin(MOTORWAYS) & ~tags["foot"].isin(CLOSED_ON_FOOT) & open_to_all)


def driven(tags: pd.DataFrame) -> Truths:
    """Ways that may be driven: carriageways that are not closed to all."""
    return _truth(tags["highway"].isin(DRIVEN) & ~tags["access"].isin(CLOSED))


def one_way(tags: pd.DataFrame) -> Truths:
    """Ways driven in one direction only; one that changes with the hour (`reversible`, `alternating`) is none."""
    return _truth(tags["oneway"].isin(ONE_WAY) | (tags["junction"] == "roundabout"))


def reversed_way(tags: pd.DataFrame) -> Truths:
    """Ways driven against the direction they are drawn in."""
    return _truth(tags["oneway"].isin(REVERSED))


def present(tag: pd.Series) -> Truths:
    """Where a tag such as `bridge` says that something is there."""
    return _truth(tag.notna() & ~tag.isin(NOT_THERE))


def footway(tags: pd.DataFrame) -> pd.Series:
    """True where people on foot have a way of their own, False where a tag denies it, NA where no tag tells."""
    sides = tags[list(_SIDES)]
    yes = sides.notna() & ~sides.isin(NOT_THERE)
    own = tags["highway"].isin(_FOR_FEET) | (tags["foot"] == "designated")
    told = pd.Series(pd.NA, index=tags.index, dtype="boolean")
    told[sides.isin(NOT_THERE).any(axis=1)] = False
    told[yes.any(axis=1) | own] = True
    return told


def speeds(maxspeed: pd.Series) -> Floats:
    """km/h, NaN where the text gives no figure (`none`, `signals`, `CN:urban`).

    "30 mph" in km/h; `walk` = 7; of several limits ("50;30") the lowest; never above 130, the most a road may have.
    """
    codes, texts = pd.factorize(maxspeed)
    known = np.array([_speed(str(text)) for text in texts] + [np.nan])
    return known[codes]


def _speed(text: str) -> float:
    found = [_one_speed(part.strip().casefold()) for part in re.split("[;|,]", text)]
    return min((s for s in found if s > 0), default=np.nan)


def _one_speed(text: str) -> float:
    if text == "walk":
        return WALKING_PACE
    figure = _SPEED.fullmatch(text)
    if figure is None:
        return np.nan
    return min(round(float(figure[1]) * (_MILE if figure[2] == "mph" else 1.0), 1), FASTEST)


def _truth(values: pd.Series) -> Truths:
    return values.to_numpy(bool)

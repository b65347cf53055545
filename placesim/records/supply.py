"""Campuses, their rooms and places, and the changes that were made to them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records.base import Floats, Frozen, Ints, require
from placesim.records.county import Stages
from placesim.vocabulary import LEVELS


@dataclass(frozen=True)
class AppliedChange:
    """A change as it was carried out: for the plan list, the costs and the explanations."""

    name: str
    kind: str
    school: str
    year: int
    until: int | None
    rooms: int
    places: int
    cost: float | None
    reason: str


@dataclass(frozen=True)
class Places(Frozen):
    """Campuses ever open, their rooms and places after all changes, and the dated catchments.

    schools: one row per campus (school_id, name, name_en, institution_id, school_group, area_type, sector, x, y,
    site_area, floor_area, …), geometry in the metric CRS, in the order of `ids`.
    rooms[school, year] pooled classrooms (0 where only places are known) · temporary_rooms[school, year] of which ·
    serves[school, grade, year] grades taught · places[school, stage, year, level] if the whole pool served that
    stage (shared rooms stay unsplit) · bought[school, stage, year] of which bought, at every level ·
    binding[school, stage, year] position in vocabulary.BINDINGS ·
    catchments: area_id, school_id, stage, share, valid_from, valid_to after rezoning · receiving: school_id (closing),
    receiver, year, order · groups: school_id, school_group, from year.
    """

    schools: gpd.GeoDataFrame
    ids: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    rooms: Ints
    temporary_rooms: Ints
    serves: NDArray[np.bool_]
    places: Ints
    bought: Ints
    binding: Ints
    class_size: Floats  # class_size[school, stage, level] pupils per room, as the norms give it
    catchments: pd.DataFrame
    receiving: pd.DataFrame
    school_groups: pd.DataFrame
    changes: tuple[AppliedChange, ...]

    def check(self) -> None:
        require(tuple(self.schools["school_id"]) == self.ids, "Places: schools out of order")
        require((self.rooms >= 0).all() and (self.places >= 0).all(), "Places: below zero")
        require(self.places.shape[-1] == len(LEVELS), "Places: three levels")
        require((np.diff(self.places, axis=-1) >= 0).all(), "Places: design ≤ cap ≤ emergency")
        require((self.bought >= 0).all(), "Places: bought below zero")
        require((self.bought[..., None] <= self.places).all(), "Places: bought places are part of the places")
        taught = np.stack([self.serves[:, self.stages.grade_slice(s)].any(axis=1) for s in self.stages.ids], axis=1)
        require((self.places[~taught] == 0).all(), "Places: a closed stage has no places")

"""The county put together: the map (the same for every seed), its past, and its schools' books."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from .campuses import Campuses, area_of, build_campuses
from .catchments import draw_catchments
from .facts import Flags, Ints, facts, metres
from .history import simulate
from .roads import build_roads
from .schooling import Schooling, attend
from .settle import Settlements, settle
from .terrain import Land, survey
from .world import History

DESIRABLE_SCHOOL = "P01"  # families want an address in its catchment


@dataclass(frozen=True)
class Map:
    """What does not depend on the seed. development_area, site_area: area positions; zones[stage][area, campus]."""

    land: Land
    homes: Settlements
    roads: pd.DataFrame
    barriers: pd.DataFrame
    campuses: Campuses
    zones: dict[str, Flags]
    development_area: Ints

    @property
    def areas(self) -> pd.DataFrame:
        return self.homes.table


@dataclass(frozen=True)
class County:
    """The map and what happened on it under one seed."""

    map: Map
    history: History
    schooling: Schooling
    seed: int


@cache
def draw_map() -> Map:
    """Land, settlements, roads and schools."""
    land = survey()
    homes = settle(land)
    roads, barriers, network, centre = build_roads(land, homes)
    campuses = build_campuses(homes, network, centre)
    zones = draw_catchments(homes.table, campuses)
    developments = area_of(np.array([metres(d["at"]) for d in facts()["development"]]), homes)
    return Map(land, homes, roads, barriers, campuses, zones, developments)


def live(seed: int) -> County:
    """The county under one seed."""
    ground = draw_map()
    school = int((ground.campuses.table["school_id"] == DESIRABLE_SCHOOL).to_numpy().argmax())
    desirable = np.flatnonzero(ground.zones["primary"][:, school])
    history = simulate(ground.areas, ground.development_area, desirable, seed)
    schooling = attend(history, ground.campuses, ground.areas, ground.zones, seed)
    return County(ground, history, schooling, seed)

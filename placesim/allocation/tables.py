"""The tables that allocation reads, as arrays by position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Floats, Inputs, Ints, Places, Travel
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import OUTSIDE


@dataclass(frozen=True)
class Ways:
    """Pairs within the limit of a stage: area[row], school[row], minutes[row], sorted by area, minutes and school."""

    area: Ints
    school: Ints
    minutes: Floats


@dataclass(frozen=True)
class DatedZones:
    """Catchment rows: area[row], school[row], stage[row], share[row], and the years in which they hold."""

    area: Ints
    school: Ints
    stage: Ints
    share: Floats
    valid_from: Floats
    valid_to: Floats

    def of(self, stage: int, year: int) -> NDArray[np.bool_]:
        """Rows of a stage that hold in a year."""
        return (self.stage == stage) & (self.valid_from <= year) & (self.valid_to >= year)


def ways_by_stage(travel: Travel, options: AllocationOptions) -> tuple[Ways, ...]:
    """The ways of each stage within its limit_minutes."""
    order = np.lexsort((travel.school, travel.minutes, travel.area))
    limits = (options.allocation.limit_minutes.get(s, np.inf) for s in options.stages.ids)
    chosen = (order[travel.minutes[order] <= limit] for limit in limits)
    return tuple(Ways(travel.area[rows], travel.school[rows], travel.minutes[rows]) for rows in chosen)


def dated_zones(places: Places, areas: tuple[str, ...]) -> DatedZones:
    """The catchments after rezoning; rows of unknown areas, schools or stages are left out."""
    rows = places.catchments
    columns = (("area_id", areas), ("school_id", places.ids), ("stage", places.stages.ids))
    area, school, stage = (pd.Index(ids).get_indexer(pd.Index(rows[c])) for c, ids in columns)
    known = (area >= 0) & (school >= 0) & (stage >= 0)
    numbers = (pd.to_numeric(rows[c]).to_numpy(float) for c in ("share", "valid_from", "valid_to"))
    share, first, last = (n[known] for n in numbers)
    first, last = np.where(np.isnan(first), -np.inf, first), np.where(np.isnan(last), np.inf, last)
    return DatedZones(area[known], school[known], stage[known], share, first, last)


def inflow_weights(inputs: Inputs, places: Places) -> Floats:
    """weight[stage, school]: pupils from outside, by the latest flows of the stage not after the base year."""
    rows = inputs.frame("flows")
    rows = rows[pd.to_numeric(rows["year"]) <= places.years[0]]
    rows = rows[
        (rows["area_id"] == OUTSIDE) & rows["school_id"].isin(places.ids) & rows["stage"].isin(places.stages.ids)
    ]
    rows = rows[rows["year"] == rows.groupby("stage")["year"].transform("max")]
    weight = np.zeros((len(places.stages.ids), len(places.ids)))
    stage = pd.Index(places.stages.ids).get_indexer(pd.Index(rows["stage"]))
    school = pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"]))
    np.add.at(weight, (stage, school), rows["pupils"].to_numpy(float))
    return weight

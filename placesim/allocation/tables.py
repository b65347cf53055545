"""The tables that allocation reads, as arrays by position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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

    def between(self, area: Ints, school: Ints) -> Floats:
        """minutes[row] from area[row] to school[row]; infinite where there is no way within the limit."""
        keys, minutes, base = self._by_pair
        asked = area * base + school
        at = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
        if not len(keys):
            return np.full(len(area), np.inf)
        return np.where((keys[at] == asked) & (school < base), minutes[at], np.inf)

    @cached_property
    def _by_pair(self) -> tuple[Ints, Floats, int]:
        base = int(self.school.max(initial=-1)) + 1
        pair = self.area * base + self.school
        order = np.argsort(pair, kind="stable")
        return pair[order], self.minutes[order], base


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


@dataclass(frozen=True)
class HomeFlows:
    """pupils[row] of area[row] at school[row] of the county, all grades of a stage, by home address."""

    area: Ints
    school: Ints
    pupils: Floats


@dataclass(frozen=True)
class Feeders:
    """share[row] of the pupils who finish a stage at source[row] go on to target[row]; rows sorted by source."""

    source: Ints
    target: Ints
    share: Floats


@dataclass(frozen=True)
class DatedFeeders:
    """Feeders of every stage and year: stage[row] is the one that is finished, share NaN where divided equally."""

    source: Ints
    target: Ints
    stage: Ints
    share: Floats
    valid_from: Floats
    valid_to: Floats

    def of(self, stage: int, places: Places, t: int) -> Feeders:
        """Feeders into a stage in the year at position t, to schools that teach its first grade."""
        year, entry = places.years[t], places.stages.grade_slice(places.stages.ids[stage]).start
        holds = (self.stage == stage - 1) & (self.valid_from <= year) & (self.valid_to >= year)
        rows = np.flatnonzero(holds & places.serves[self.target, entry, t])
        rows = rows[np.argsort(self.source[rows], kind="stable")]
        source, share = self.source[rows], self.share[rows]
        blank = np.isnan(share)
        given = np.bincount(source, weights=np.where(blank, 0.0, share), minlength=1)[source] if len(rows) else share
        blanks = np.bincount(source, weights=blank, minlength=1)[source] if len(rows) else share
        equal = np.clip(1 - given, 0, None) / np.maximum(blanks, 1)
        return Feeders(source, self.target[rows], np.where(blank, equal, share / np.maximum(given, 1)))


def dated_feeders(inputs: Inputs, places: Places) -> DatedFeeders:
    """The table of feeders; rows of unknown schools or stages are left out."""
    rows = inputs.frame("feeders")
    columns = (("school_id", places.ids), ("to_school_id", places.ids), ("stage", places.stages.ids))
    source, target, stage = (pd.Index(ids).get_indexer(pd.Index(rows[c])) for c, ids in columns)
    known = (source >= 0) & (target >= 0) & (stage >= 0)
    first, last = _span(rows)
    share = pd.to_numeric(rows["share"]).to_numpy(float)
    return DatedFeeders(source[known], target[known], stage[known], share[known], first[known], last[known])


def _span(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """(valid_from, valid_to), blanks without end."""
    first, last = (pd.to_numeric(rows[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    return np.where(np.isnan(first), -np.inf, first), np.where(np.isnan(last), np.inf, last)


def home_flows(inputs: Inputs, places: Places) -> tuple[HomeFlows, ...]:
    """The latest flows inside the county of each stage, not after the base year."""
    flows = inputs.frame("flows")
    rows = _latest(flows[(flows["area_id"] != OUTSIDE) & flows["school_id"].isin(places.ids)], places)
    area = pd.Index(inputs.area_ids).get_indexer(pd.Index(rows["area_id"]))
    school = pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"]))
    pupils = rows["pupils"].to_numpy(float)
    of_stage = [(rows["stage"] == s).to_numpy() & (area >= 0) & (pupils > 0) for s in places.stages.ids]
    return tuple(HomeFlows(area[chosen], school[chosen], pupils[chosen]) for chosen in of_stage)


def counted(inputs: Inputs, places: Places, year: int, column: str = "pupils") -> Floats:
    """value[school, grade] of a year in the table of rolls; NaN where the county counted none."""
    rows = inputs.frame("enrolment")
    rows = rows[pd.to_numeric(rows["year"]) == year]
    school = pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"]))
    grade = pd.Index(places.stages.grades).get_indexer(pd.Index(rows["grade"]))
    known = (school >= 0) & (grade >= 0)
    value = np.full((len(places.ids), len(places.stages.grades)), np.nan)
    value[school[known], grade[known]] = pd.to_numeric(rows[column]).to_numpy(float)[known]
    return value


def _latest(flows: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Of each stage the flows of its latest year not after the base year."""
    rows = flows[(pd.to_numeric(flows["year"]) <= places.years[0]) & flows["stage"].isin(places.stages.ids)]
    return rows[rows["year"] == rows.groupby("stage")["year"].transform("max")]


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
    first, last = _span(rows)
    share = pd.to_numeric(rows["share"]).to_numpy(float)
    return DatedZones(area[known], school[known], stage[known], share[known], first[known], last[known])


def inflow_weights(inputs: Inputs, places: Places) -> Floats:
    """weight[stage, school]: pupils from outside, by the latest flows of the stage not after the base year."""
    flows = inputs.frame("flows")
    rows = _latest(flows[(flows["area_id"] == OUTSIDE) & flows["school_id"].isin(places.ids)], places)
    weight = np.zeros((len(places.stages.ids), len(places.ids)))
    stage = pd.Index(places.stages.ids).get_indexer(pd.Index(rows["stage"]))
    school = pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"]))
    np.add.at(weight, (stage, school), rows["pupils"].to_numpy(float))
    return weight

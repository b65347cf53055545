"""Entitlements of a county: what the rule of a stage is told of its nodes' tiers, sectors and wishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.admission import Admission, Wishes
from placesim.allocation.groups import Groups, alike, groups_of
from placesim.allocation.problem import pairs
from placesim.allocation.stage_year import StageYear
from placesim.records import Demand, Floats, Inputs, Ints, Places
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import Tier
from placesim.vocabulary import TIERED


@dataclass(frozen=True)
class Preferences:
    """Choices of areas: area[row], stage[row], rank[row], school[row], share[row]; sorted by area, rank and school."""

    area: Ints
    stage: Ints
    rank: Ints
    school: Ints
    share: Floats


@dataclass(frozen=True)
class Entitlements:
    """What a county knows of its applicants: groups, preferences, places, rules and tiers of the scenario.

    dwellings[area], NaN where not known, and turnover[area], the share of them that change hands in a year; the last
    area is outside.
    """

    groups: Groups
    preferences: Preferences
    places: Places
    options: AllocationOptions
    dwellings: Floats
    turnover: Floats

    @property
    def by_dwelling(self) -> NDArray[np.bool_]:
        """by_dwelling[group]: a dwelling entitles them to a place, which it gives once in so many years."""
        locks = np.array([tier.place_lock for tier in self.options.allocation.tiers] or [False])
        return locks[self.groups.tier] & ~self.groups.private

    def rule(self, stage: int) -> str:
        return self.options.rule(self.places.stages.ids[stage])

    def kind(self, stage: int) -> Ints:
        """kind[group]: groups of the same kind are alike to the rule of the stage; else it sees sectors alone."""
        if self.rule(stage) in TIERED:
            return np.arange(self.groups.count)
        return self.groups.private.astype(np.int64)

    def admission(self, stage: int, t: int, laid: StageYear) -> Admission | None:
        """What the rule of a stage is told of its nodes in the year at position t; None where all are alike to it."""
        tiered, groups = self.rule(stage) in TIERED, self.groups
        if not tiered and not groups.sectors[stage]:
            return None
        group = np.unique(self.kind(stage), return_index=True)[1]
        n, tiers = laid.residents, self.options.allocation.tiers or (Tier(id="all"),)
        private = self.private_schools(stage, t)
        return Admission(
            tier=groups.tier[group], private=groups.private[group], order=tuple(tier.order for tier in tiers),
            pool=np.array([tier.pool for tier in tiers]), private_school=private & groups.sectors[stage],
            points=groups.points[stage, laid.area[:n], group[laid.kind[:n]]], locked=np.zeros(n, dtype=np.int64),
            wishes=self._wishes(stage, laid), by_lot=np.flatnonzero(private), seed=self._seed(stage, t),
        )  # fmt: skip

    def private_schools(self, stage: int, t: int) -> NDArray[np.bool_]:
        """private[school]; one with places bought for the public in the year takes everyone."""
        return self.places.schools["sector"].eq("private").to_numpy(bool) & (self.places.bought[:, stage, t] == 0)

    def _seed(self, stage: int, t: int) -> int:
        words = (self.options.allocation.seed, stage, self.places.years[t])
        return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])

    def _wishes(self, stage: int, laid: StageYear) -> Wishes:
        """The choices of every node's area among the schools that teach its band; of a school named twice in a rank
        the shares add up."""
        told = self.preferences
        rows = np.flatnonzero(told.stage == stage)
        node, row = pairs(laid.area[: laid.residents], told.area[rows])
        row = rows[row]
        taught = laid.bands[told.school[row], laid.band[node]]
        node, row = node[taught], row[taught]
        return Wishes(node, told.rank[row], told.school[row], told.share[row])


def entitlements_of(demand: Demand, places: Places, inputs: Inputs, options: AllocationOptions) -> Entitlements:
    """The entitlements of a county; where the demand has groups of its own, no rule tells these apart."""
    stages = places.stages
    own = alike(demand.groups, len(demand.areas), len(stages.ids))
    groups = groups_of(inputs, stages, options.allocation) if len(demand.groups) == 1 else own
    dwellings, turnover = _dwellings(inputs, options.allocation.dwelling_turnover)
    return Entitlements(groups, _preferences(inputs, places), places, options, dwellings, turnover)


def _dwellings(inputs: Inputs, turnover: float) -> tuple[Floats, Floats]:
    """(dwellings[area], turnover[area]) with outside as the last area."""
    table = inputs.frame("dwellings")
    area = pd.Index(inputs.area_ids).get_indexer(pd.Index(table["area_id"], dtype=object))
    found = np.full((2, len(inputs.area_ids) + 1), np.nan)
    for row, column in zip(found, ("dwellings", "turnover"), strict=True):
        row[area[area >= 0]] = pd.to_numeric(table[column]).to_numpy(float)[area >= 0]
    return found[0], np.where(np.isnan(found[1]), turnover, found[1])


def _preferences(inputs: Inputs, places: Places) -> Preferences:
    """The table of preferences; rows of unknown areas, stages or schools are left out, blank shares are divided.

    Blank shares of a rank divide equally what the given ones of it leave; a rank over 1 in sum is scaled to 1.
    """
    table = inputs.frame("preferences")
    axes = (("area_id", inputs.area_ids), ("stage", places.stages.ids), ("school_id", places.ids))
    area, stage, school = (pd.Index(ids).get_indexer(pd.Index(table[c], dtype=object)) for c, ids in axes)
    rank, share = (pd.to_numeric(table[c]).to_numpy(float) for c in ("rank", "share"))
    rows = pd.DataFrame({"area": area, "stage": stage, "rank": rank, "school": school, "share": share})
    rows = rows[(rows[["area", "stage", "school"]] >= 0).all(axis=1)].sort_values(["area", "rank", "school", "stage"])
    of_rank = [rows["area"], rows["stage"], rows["rank"]]
    given = rows["share"].fillna(0.0).groupby(of_rank).transform("sum")
    blanks = rows["share"].isna().groupby(of_rank).transform("sum")
    equal = (1 - given).clip(lower=0.0) / blanks.clip(lower=1)
    shares = rows["share"].fillna(equal) / given.clip(lower=1.0)
    area, stage, school, rank = (rows[c].to_numpy(np.int64) for c in ("area", "stage", "school", "rank"))
    return Preferences(area, stage, rank, school, shares.to_numpy(float))

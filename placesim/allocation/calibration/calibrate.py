"""The base year as it is: who goes where by the rolls, and from it where newcomers of later years want to go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.calibration.fit import Fitted, Rolls, fit_rolls
from placesim.allocation.calibration.pattern import Pattern, joined, observed_pattern, pattern
from placesim.allocation.calibration.town_schooling import TownSchooling
from placesim.allocation.problem import Zones
from placesim.allocation.tables import DatedZones, HomeFlows, Ways
from placesim.records import Floats, Ints, Places
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import DESIGN

_FARTHEST = np.log(1000.0)  # a roll that cannot be met would make a school attract without bound
_FEW = 20.0  # pupils whose roll says as much of a school's attraction as its kind does


@dataclass(frozen=True)
class Ground:
    """What patterns are made of: ways and home flows of each stage, dated zones, places, and what the scenario says."""

    ways: tuple[Ways, ...]
    zones: DatedZones
    flows: tuple[HomeFlows, ...]
    places: Places
    parameters: AllocationParameters

    def model(self, stage: int, t: int) -> Pattern:
        """The pattern of nearness, size and catchments in the year at position t."""
        told, id_ = self.parameters, self.places.stages.ids[stage]
        size = self.places.places[:, stage, t, DESIGN]
        friction = told.frictions.get(id_, told.friction_minutes)
        return pattern(self.ways[stage], self.zones_of(stage, t), size, friction, told.out_of_zone)

    def zones_of(self, stage: int, t: int) -> Zones:
        """Zones by area (node = area), sorted."""
        rows = np.flatnonzero(self.zones.of(stage, self.places.years[t]))
        rows = rows[np.argsort(self.zones.area[rows], kind="stable")]
        return Zones(self.zones.area[rows], self.zones.school[rows], self.zones.share[rows])

    def base(self, stage: int) -> Pattern:
        """The pattern of the base year, with what is known of homes."""
        model, flows = self.model(stage, 0), self.flows[stage]
        if not len(flows.area):
            return model
        told = np.bincount(flows.area, weights=flows.pupils, minlength=int(model.area.max(initial=0)) + 1).astype(float)
        return observed_pattern(model, joined(flows.area, flows.school, flows.pupils), told)


@dataclass(frozen=True)
class Calibration:
    """fitted[stage] of the base year, None where a stage has no rolls; attraction[stage, school] in later years."""

    ground: Ground
    fitted: tuple[Fitted | None, ...]
    attraction: Floats
    town: TownSchooling

    def wants(self, stage: int, t: int) -> Pattern:
        """Where the newcomers of each area want to go in the year at position t: the year's pattern × what the base
        year's homes told beside its model × attraction × town schooling."""
        model = self.ground.model(stage, t)
        weight = model.share * self._told_by_homes(stage, model)
        weight = (
            weight * self.town.attraction(self.attraction[stage], stage, t)[self.town.origin[model.area], model.school]
        )
        return joined(model.area, model.school, weight)

    def _told_by_homes(self, stage: int, model: Pattern) -> Floats:
        """observed ÷ modelled share of the base year; 1 for pairs that it did not have."""
        if not len(self.ground.flows[stage].area):
            return np.ones(len(model.share))
        schools = len(self.ground.places.ids)
        first, seen = (_series(p, schools) for p in (self.ground.model(stage, 0), self.ground.base(stage)))
        ratio = (seen / first).reindex(model.area * schools + model.school)
        return ratio.fillna(1.0).to_numpy()


def _series(found: Pattern, schools: int) -> pd.Series:
    return pd.Series(found.share, index=found.area * schools + found.school)


def calibrate(ground: Ground, rolls: tuple[Rolls, ...], inflow: Floats, town: TownSchooling) -> Calibration:
    """Fit every stage that has a roll; inflow[stage, school] weights of pupils from outside, else their places."""
    fitted = tuple(_fit(ground, k, told, inflow[k]) for k, told in enumerate(rolls))
    return Calibration(ground, fitted, _settled(fitted, rolls, town.destination), town)


def _fit(ground: Ground, stage: int, rolls: Rolls, inflow: Floats) -> Fitted | None:
    if not np.nansum(rolls.roll):
        return None
    base, outside = ground.base(stage), len(rolls.pupils) - 1
    weight = inflow if inflow.any() else ground.places.places[:, stage, 0, DESIGN].astype(float)
    schools = np.flatnonzero(weight)
    seed = joined(
        np.concatenate([base.area, np.full(len(schools), outside)]),
        np.concatenate([base.school, schools]),
        np.concatenate([base.share, weight[schools]]),
    )
    return fit_rolls(rolls, seed)


def _settled(fitted: tuple[Fitted | None, ...], rolls: tuple[Rolls, ...], kind: Ints) -> Floats:
    """attraction[stage, school] for later years.

    Attractions lie between 1/1000 and 1000. Few pupils say little of a school: its log is shrunk to that of the mean of
    its kind[school] (urban, town, rural) by pupils ÷ (pupils + _FEW). Schools without a roll have that mean, which is 1
    where no school of the kind has one; a school that was open and empty attracts nobody.
    """
    out = np.ones((len(fitted), len(kind)))
    for k, (found, told) in enumerate(zip(fitted, rolls, strict=True)):
        if found is None:
            continue
        pupils = np.nan_to_num(told.roll.sum(axis=1))
        for one in np.unique(kind):
            known = (kind == one) & (found.attraction > 0) & (pupils > 0)
            log = np.clip(np.log(np.where(known, found.attraction, 1.0)), -_FARTHEST, _FARTHEST)
            mean = np.average(log[known], weights=pupils[known]) if known.any() else 0.0
            own = pupils / (pupils + _FEW)
            settled = np.exp(np.where(known, own * log + (1 - own) * mean, mean))
            out[k] = np.where(kind == one, np.where(found.attraction == 0, 0.0, settled), out[k])
    return out


def known_rolls(roll: Floats, teaches: NDArray[np.bool_]) -> Floats:
    """roll[school, grade] of a stage with every blank of a school that sends a return, or does not teach, as 0."""
    silent = np.isnan(roll).all(axis=1, keepdims=True) & teaches.any(axis=1, keepdims=True)
    return np.where(~silent, np.nan_to_num(roll), np.nan)

"""What a plan of zones costs, term by term: plain arithmetic, of any plan, connected or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.allocation.zoning.district import NONE, District, ZoneWeights
from placesim.allocation.zoning.split import split_of
from placesim.records import Floats, Ints


@dataclass(frozen=True)
class ZoneTerms:
    """The terms of the objective, before their weights.

    imbalance = Σ |1 − p/c| · over_places = Σ max(0, p − c) ÷ P · minutes: mean over pupils · compactness = neighbour
    pairs in two zones ÷ all pairs · moved: share of pupils whose school is not the present one · split_feeders: share
    of pupils who do not go to the school that most of their feeder zone go to.
    """

    imbalance: float
    over_places: float
    minutes: float
    compactness: float
    moved: float
    split_feeders: float

    def weighted(self, weights: ZoneWeights) -> float:
        """Their weighted sum; what has no weight costs nothing, even where it is infinite."""
        parts = (
            (weights.imbalance, self.imbalance),
            (weights.over_places, self.over_places),
            (weights.minutes, self.minutes),
            (weights.compactness, self.compactness),
            (weights.moved, self.moved),
            (weights.split_feeders, self.split_feeders),
        )
        return float(sum(weight * term for weight, term in parts if weight))


def zone_terms(district: District, school: Ints) -> ZoneTerms:
    """Terms of the plan school[unit]. With no pupils at all, or no pairs, a share of them is 0."""
    load = loads(district, school)
    everyone = district.everyone or 1.0
    cut = (school[district.pairs[:, 0]] != school[district.pairs[:, 1]]).sum()
    split = split_of(district, school)
    return ZoneTerms(
        imbalance=float(np.abs(1 - load / district.places).sum()),
        over_places=float(np.maximum(0, load - district.places).sum() / everyone),
        minutes=float(pupil_minutes(district)[np.arange(len(school)), school].sum() / everyone),
        compactness=float(cut / max(1, len(district.pairs))),
        moved=float(district.pupils[movers(district, school)].sum() / everyone),
        split_feeders=float((split.fed.sum(axis=1) - split.most).sum() / everyone),
    )


def loads(district: District, school: Ints) -> Floats:
    """pupils[school] of a plan."""
    return np.bincount(school, weights=district.pupils, minlength=len(district.places)).astype(np.float64)


def movers(district: District, school: Ints) -> np.ndarray:
    """moves[unit]: it has a present school, and another one in the plan."""
    if district.present is None:
        return np.zeros(len(school), dtype=bool)
    return (district.present != NONE) & (district.present != school)


def pupil_minutes(district: District) -> Floats:
    """minutes × pupils [unit, school]; nobody's way takes no time, however long it is."""
    shape = (len(district.pupils), len(district.places))
    if district.minutes is None:
        return np.zeros(shape)
    out = np.zeros(shape)
    people = district.pupils[:, None]
    return np.multiply(district.minutes, people, out=out, where=np.broadcast_to(people > 0, shape))


def unit_costs(district: District) -> Floats:
    """cost[unit, school] of what is added up unit by unit, weights included: minutes and moved; inf: out of reach."""
    weights, everyone = district.weights, district.everyone or 1.0
    shape = (len(district.pupils), len(district.places))
    cost = pupil_minutes(district) * (weights.minutes / everyone) if weights.minutes else np.zeros(shape)
    if weights.moved and district.present is not None:
        known = np.flatnonzero(district.present != NONE)
        leaving = district.pupils * (weights.moved / everyone)
        cost[known] += leaving[known, None]
        cost[known, district.present[known]] -= leaving[known]
    return cost


def shortfall(district: District, school: Ints) -> float:
    """Σ over schools of the utilisation that is missing to the floor."""
    return float(np.maximum(0, district.floor - loads(district, school) / district.places).sum())

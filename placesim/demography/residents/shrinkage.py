"""Small-area rates pulled towards the larger areas around them, as far as their own spread allows (empirical Bayes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats, Frozen, Ints

FAR: Final = 2.5  # standard deviations beyond which an area counts less for the level of its type
ROUNDS: Final = 4


@dataclass(frozen=True, eq=False)
class Evidence(Frozen):
    """What was counted, by area (or one row for a whole county) and column (an age or age group).

    moves[area, column] net movers · exposure[area, column] person-years · noise[area, column] variance of the movers.
    """

    moves: Floats
    exposure: Floats
    noise: Floats

    @property
    def rate(self) -> Floats:
        """Net movers per person-year; 0 where nothing was counted."""
        seen = self.exposure > 0
        return np.divide(self.moves, self.exposure, out=np.zeros(self.moves.shape), where=seen)

    @property
    def variance(self) -> Floats:
        """Sampling variance of the rate; infinite where nothing was counted."""
        seen = (self.exposure > 0) & (self.noise > 0)
        return np.divide(self.noise, self.exposure**2, out=np.full(self.moves.shape, np.inf), where=seen)


@dataclass(frozen=True, eq=False)
class Levels(Frozen):
    """kind[area] and region[area]: positions of the type and the planning area of each area."""

    kind: Ints
    region: Ints


@dataclass(frozen=True, eq=False)
class Shrunk(Frozen):
    """rate[area, column] · by_kind[kind, column] the level of each type · kind_weight[kind, column] how far its counts
    speak against the county's · own_weight[area] how far those of an area speak against its surroundings · sd: between
    types, planning areas, areas, and the columns of an area."""

    rate: Floats
    by_kind: Floats
    kind_weight: Floats
    own_weight: Floats
    sd: tuple[float, float, float, float]


def shrink(evidence: Evidence, levels: Levels, county: Floats) -> Shrunk:
    """Rates of every area and column: cell → area → planning area → type → county[column].

    Each estimate is parent + B × (own − parent), B = τ² ÷ (τ² + sampling variance), τ² the variance between the
    children of a parent by the method of moments (DerSimonian & Laird 1986; Fay & Herriot 1979). An area's departure
    from its type is one for all its columns, and each column departs from that by itself, so that jumps at single ages
    stay those of the type unless an area's own counts are many.
    """
    kinds = int(levels.kind.max(initial=0)) + 1
    rate, variance = evidence.rate, evidence.variance
    seen = np.isfinite(variance)
    kind_sd, by_kind, kind_weight = _types(evidence, levels.kind, kinds, county)
    departure = np.where(seen, rate - by_kind[levels.kind], 0.0)
    own, own_variance = _mean(departure, variance)
    area_sd = between_sd(own, own_variance, levels.region)
    regions = int(levels.region.max(initial=0)) + 1
    spread = own_variance + area_sd**2
    of_region, region_variance = _mean_by(own, spread, levels.region, regions)
    region_sd = between_sd(of_region, region_variance, np.zeros(regions, dtype=np.int64))
    of_region = of_region * _share(region_sd, region_variance)
    own_weight = _share(area_sd, own_variance)
    area = of_region[levels.region] + own_weight * np.where(
        np.isfinite(own_variance), own - of_region[levels.region], 0.0
    )
    left = np.where(seen, departure - area[:, None], 0.0)
    cell_sd = between_sd(left.ravel(), variance.ravel(), np.repeat(np.arange(len(rate)), rate.shape[1]))
    final = by_kind[levels.kind] + area[:, None] + _share(cell_sd, variance) * left
    return Shrunk(final, by_kind, kind_weight, own_weight, (kind_sd, region_sd, area_sd, cell_sd))


def between_sd(value: Floats, variance: Floats, parent: Ints) -> float:
    """τ: the standard deviation between the children of a parent beyond what sampling explains, pooled over parents."""
    use = np.isfinite(variance) & (variance > 0)
    value, weight, parent = value[use], 1.0 / variance[use], parent[use]
    if len(value) == 0:
        return 0.0
    total = np.bincount(parent, weight)
    mean = np.divide(np.bincount(parent, weight * value), total, out=np.zeros_like(total), where=total > 0)
    scatter = (weight * (value - mean[parent]) ** 2).sum()
    free = len(value) - np.count_nonzero(total)
    squares = np.bincount(parent, weight**2)
    scale = (total - np.divide(squares, total, out=np.zeros_like(total), where=total > 0)).sum()
    return float(np.sqrt(max(0.0, (scatter - free) / scale))) if free > 0 and scale > 0 else 0.0


def _types(evidence: Evidence, kind: Ints, kinds: int, county: Floats) -> tuple[float, Floats, Floats]:
    """(sd between types, level[kind, column], weight[kind, column])."""
    columns = evidence.moves.shape[1]
    weight = _believed(evidence, kind, kinds)
    moves, exposure, noise = (
        _sum_by(part, kind, kinds)
        for part in (weight * evidence.moves, weight * evidence.exposure, weight**2 * evidence.noise)
    )
    of_kind = Evidence(moves, exposure, noise)
    gap, variance = of_kind.rate - county, of_kind.variance
    column = np.tile(np.arange(columns), kinds)
    sd = between_sd(gap.ravel(), variance.ravel(), column)
    share = _share(sd, variance)
    return sd, county + share * np.where(np.isfinite(variance), gap, 0.0), share


def _believed(evidence: Evidence, kind: Ints, kinds: int) -> Floats:
    """weight[area, column]: 1, less for areas farther from the level of their type than chance and spread explain."""
    rate, variance = evidence.rate, evidence.variance
    seen = np.isfinite(variance)
    weight = np.ones(rate.shape)
    for _ in range(ROUNDS):
        total = _sum_by(weight * evidence.exposure, kind, kinds)
        level = np.divide(
            _sum_by(weight * evidence.moves, kind, kinds), total, out=np.zeros_like(total), where=total > 0
        )
        gap = np.where(seen, rate - level[kind], 0.0)
        spread = np.sqrt(np.where(seen, variance, 1.0) + _usual_square(gap, variance, seen))
        weight = np.minimum(1.0, FAR * spread / np.maximum(np.abs(gap), 1e-12))
    return weight


def _usual_square(gap: Floats, variance: Floats, seen: NDArray[np.bool_]) -> float:
    """The middling squared departure beyond sampling (a median, so that single areas do not decide it)."""
    if not seen.any():
        return 0.0
    return max(0.0, float(np.median((gap[seen] / 0.6745) ** 2 - variance[seen])))


def _sum_by(values: Floats, group: Ints, groups: int) -> Floats:
    sums = np.zeros((groups, values.shape[1]))
    np.add.at(sums, group, values)
    return sums


def _mean(value: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """(mean[area], its variance) over columns, by inverse variance; variance infinite where nothing was counted."""
    weight = 1.0 / variance
    total = weight.sum(axis=1)
    mean = np.divide((weight * value).sum(axis=1), total, out=np.zeros(len(value)), where=total > 0)
    return mean, np.divide(1.0, total, out=np.full(len(value), np.inf), where=total > 0)


def _mean_by(value: Floats, variance: Floats, group: Ints, groups: int) -> tuple[Floats, Floats]:
    """(mean[group], its variance) over areas, by inverse variance."""
    weight = 1.0 / variance
    total = np.bincount(group, weight, minlength=groups)
    mean = np.divide(np.bincount(group, weight * value, minlength=groups), total, out=np.zeros(groups), where=total > 0)
    return mean, np.divide(1.0, total, out=np.full(groups, np.inf), where=total > 0)


def _share(sd: float, variance: Floats) -> Floats:
    """B: how far an estimate of this variance speaks where its kind spreads by `sd`; 0 where nothing was counted."""
    seen = np.isfinite(variance)
    total = sd**2 + np.where(seen, variance, 1.0)
    return np.where(seen, sd**2 / np.maximum(total, 1e-300), 0.0)

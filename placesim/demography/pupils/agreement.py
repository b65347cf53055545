"""Several views of the same children: how far each is off, told by how they differ from each other.

A view's value of an item (an area's level, or one of its cells) is the truth + the view's own shift + an error of
variance V[view] + known noise. With three views or more the differences tell every V (the three-cornered hat: Gray &
Allan 1974), here by the fixed point of restricted maximum likelihood with the truth unknown in every item; with two
they tell only the sum, which is shared out by what is believed before (an inverse gamma prior).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.records import Floats, Frozen

ROUNDS: Final = 500  # at most, until no variance changes by more than
SETTLED: Final = 1e-3  # of itself
BELIEF: Final = 1.0  # items that the variance believed beforehand weighs as much as
LEAST: Final = 0.02**2  # variance: no view is better than 2 % in every item


@dataclass(frozen=True, eq=False)
class Agreement(Frozen):
    """variance[view] · weight[view, item], which sum to 1 over the views that tell the item · shift[view]."""

    variance: Floats
    weight: Floats
    shift: Floats

    def mean(self, values: Floats) -> Floats:
        """mean[item] of values[view, item], NaN where no view tells it."""
        told = np.isfinite(values).any(axis=0)
        return np.where(told, (self.weight * np.nan_to_num(values - self.shift[:, None])).sum(axis=0), np.nan)


def agree(values: Floats, noise: Floats, believed: Floats, *, shifted: bool = True) -> Agreement:
    """Weights for values[view, item] (NaN where a view says nothing) with known noise[view, item], from the variances
    believed[view] beforehand. shifted: a view may be off by the same everywhere."""
    told = np.isfinite(values)
    together = told & (told.sum(axis=0) > 1)
    known, variance, shift = np.nan_to_num(values), believed.astype(np.float64), np.zeros(len(values))
    for _ in range(ROUNDS):
        precision, share = _weights(told, variance, noise)
        error = np.where(told, known - shift[:, None] - (share * (known - shift[:, None])).sum(axis=0), 0.0)
        if shifted:
            shift = shift + _mean_by_view(error, np.where(together, precision, 0.0))
        squares = np.where(together, precision**2 * error**2, 0.0).sum(axis=1)
        expected = np.where(together, precision * (1 - share), 0.0).sum(axis=1)
        before = variance
        variance = variance * (squares + BELIEF * believed / variance**2) / (expected + BELIEF / variance)
        variance = np.maximum(variance, LEAST)
        if (np.abs(variance - before) <= SETTLED * before).all():
            break
    return Agreement(variance, _weights(told, variance, noise)[1], shift)


def _weights(told: Floats, variance: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """(precision, its share)[view, item]."""
    precision = told / (variance[:, None] + noise)
    total = precision.sum(axis=0)
    return precision, np.divide(precision, total, out=np.zeros_like(precision), where=total > 0)


def _mean_by_view(values: Floats, weight: Floats) -> Floats:
    total = weight.sum(axis=1)
    return np.divide((weight * values).sum(axis=1), total, out=np.zeros_like(total), where=total > 0)

"""From age groups to single ages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from placesim.arguments import as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats

LARGEST_TOTAL: Final = 1e300  # leaves the slopes of the interpolation room within float64
OLDEST_EDGE: Final = 10_000


def graduate(groups: ArrayLike, edges: Sequence[int]) -> Floats:
    """Spread groups[..., group] over single[..., age], ages edges[0] … edges[-1] − 1.

    `edges`: groups + 1 increasing whole ages, the last exclusive. Group totals are preserved, no age falls below zero,
    neighbouring groups join smoothly: the cumulated counts are interpolated by a monotone piecewise cubic and
    differenced. Raises InputError for negative, missing or overflowing counts and for edges that do not
    increase or fit.
    Source: Fritsch & Carlson (1980), Monotone piecewise cubic interpolation, SIAM J. Numer. Anal. 17.
    """
    counts, knots = _checked_counts(groups), _checked_edges(edges)
    if counts.shape[-1] != len(knots) - 1:
        raise InputError(
            "edges", f"must be {counts.shape[-1] + 1} ages for {counts.shape[-1]} groups", value=len(knots)
        )
    if (np.diff(knots) == 1).all():
        return counts.copy()
    cumulated = np.concatenate([np.zeros((*counts.shape[:-1], 1)), np.cumsum(counts, axis=-1)], axis=-1)
    with np.errstate(over="ignore"):  # one over a vanishing slope: its weight in the mean is nil, as it should be
        curve = PchipInterpolator(knots, cumulated, axis=-1)
    single = np.maximum(np.diff(curve(np.arange(knots[0], knots[-1] + 1)), axis=-1), 0.0)
    return _repaired(single, counts, knots)


def _repaired(single: Floats, counts: Floats, knots: NDArray[np.int64]) -> Floats:
    """`single` with rounding mended: every group sums to its count; one lost beside a huge one is spread evenly."""
    widths = np.diff(knots)
    sums = np.add.reduceat(single, knots[:-1] - knots[0], axis=-1)
    factor = np.divide(counts, sums, out=np.zeros_like(counts), where=sums > 0)
    even = np.where(sums > 0, 0.0, counts / widths)
    return single * np.repeat(factor, widths, axis=-1) + np.repeat(even, widths, axis=-1)


def _checked_counts(groups: ArrayLike) -> Floats:
    counts = as_numbers("groups", groups, truths=False)
    if counts.ndim == 0 or counts.shape[-1] == 0:
        raise InputError("groups", "must have at least one group on the last axis", value=counts.shape)
    refuse("groups", counts, ~np.isfinite(counts), "must be a finite number")
    refuse("groups", counts, counts < 0, "must not be negative")
    with np.errstate(over="ignore"):
        beyond = np.cumsum(counts, axis=-1) > LARGEST_TOTAL
    refuse("groups", counts, beyond, f"must not take the total above {LARGEST_TOTAL:g}")
    return counts


def _checked_edges(edges: Sequence[int]) -> NDArray[np.int64]:
    ages = as_numbers("edges", edges, axes=1, truths=False)
    if len(ages) < 2:
        raise InputError("edges", "must be a list of two or more ages", value=edges)
    refuse("edges", ages, ~np.isfinite(ages) | (ages != np.floor(ages)), "must be a whole age")
    refuse("edges", ages, np.abs(ages) > OLDEST_EDGE, f"must not be beyond {OLDEST_EDGE}")
    refuse("edges", ages, np.append(False, np.diff(ages) <= 0), "must be greater than the age before")
    return ages.astype(np.int64)

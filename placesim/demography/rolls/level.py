"""The two filters of the rolls: a level that wanders, and a level with a damped trend. Many series at once."""

from __future__ import annotations

from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats

Flags = NDArray[np.bool_]

DAMPING: Final = 0.8  # what is left of a trend a year later
LEVEL_DRIFT: Final = 0.02**2  # yearly variance of the level of log births or entrants, apart from their trend
TREND_DRIFT: Final = 0.015**2  # yearly variance of the trend itself
START_TREND: Final = 0.02**2  # variance of the first trend around none
SCATTERS: Final = 0.5  # scatters about a line that the variance given weighs as much as


def is_known(values: Floats) -> Flags:
    """Which values are finite."""
    return cast(Flags, np.isfinite(values))


def some(flags: Flags, axis: int | tuple[int, ...]) -> Flags:
    """Where any of the flags along `axis` holds."""
    return cast(Flags, flags.any(axis=axis))


def local_level(seen: Floats, variance: Floats, *, drift: Floats | float, start: Floats, spread: Floats) -> Floats:
    """level[year, …] expected before each year of seen[year, …], and, as one year more, after the last.

    A scalar local-level model in every cell: y = m + ε with variance[year, …], m' = m + η with variance drift. Predict
    P += drift, then gain K = P / (P + variance), m += K (y − m), P *= 1 − K, from m = start with P = spread; a NaN
    year only adds drift (Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989, §3.2).
    """
    known = is_known(seen)
    filled, noise = np.where(known, seen, 0.0), np.where(known, variance, np.inf)
    doubt = np.broadcast_to(spread, seen.shape[1:]).astype(np.float64)
    levels = np.empty((len(seen) + 1, *seen.shape[1:]))
    levels[0] = start
    for t in range(len(seen)):
        doubt = doubt + drift
        gain = doubt / (doubt + noise[t])
        levels[t + 1] = levels[t] + gain * (filled[t] - levels[t])
        doubt = doubt * (1.0 - gain)
    return levels


def damped_trend(seen: Floats, variance: Floats, *, steps: int, lasting: Floats | float = 1.0) -> Floats:
    """path[step, series] after the last year of seen[year, series]: last level plus damped trend; NaN if never seen.

    State (m, b): m' = m + λ b + η, b' = λ b + ζ, filtered as two-by-two matrices written out; lasting[series] λ of 1
    follows a steady trend without lag. The forecast h years ahead is m + b (φ + … + φʰ). The first level is the first
    value seen, the first trend is none.
    """
    level, trend, doubt = first_seen(seen), np.zeros(seen.shape[1]), _start(seen.shape[1])
    for t in range(len(seen)):
        level, trend = level + lasting * trend, lasting * trend
        mm, mb, bb = doubt
        mm, mb, bb = mm + 2 * lasting * mb + lasting**2 * bb, lasting * mb + lasting**2 * bb, lasting**2 * bb
        mm, bb = mm + LEVEL_DRIFT, bb + TREND_DRIFT
        noise = np.where(np.isfinite(seen[t]), variance[t], np.inf)
        to_level, to_trend = mm / (mm + noise), mb / (mm + noise)
        miss = np.where(np.isfinite(seen[t]), seen[t] - level, 0.0)
        level, trend = level + to_level * miss, trend + to_trend * miss
        doubt = (mm * (1 - to_level), mb * (1 - to_level), bb - to_trend * mb)
    reach = np.cumsum(DAMPING ** np.arange(1, steps + 1))
    return level + reach[:, None] * trend


def scatter(seen: Floats, variance: Floats) -> Floats:
    """share[series], at most 1, of the variance[year, series] by which seen[year, series] scatters about a line.

    d = y[t] − 2 y[t−1] + y[t−2] has variance v[t] + 4 v[t−1] + v[t−2]; the share is twice the mean of d² ÷ that,
    with SCATTERS more of 1, for half may be chance: a place that falls steadily is no noise, however small.
    """
    if len(seen) < 3:
        return np.ones(seen.shape[1])
    bend = seen[2:] - 2 * seen[1:-1] + seen[:-2]
    said = variance[2:] + 4 * variance[1:-1] + variance[:-2]
    known = is_known(bend)
    told = np.where(known, bend**2 / np.where(known, said, 1.0), 0.0)
    return np.minimum(2 * (told.sum(axis=0) + SCATTERS) / (known.sum(axis=0) + SCATTERS), 1.0)


def _start(series: int) -> tuple[Floats, Floats, Floats]:
    """Variances and covariance of the first level (nothing known) and the first trend."""
    return np.ones(series), np.zeros(series), np.full(series, START_TREND)


def first_seen(seen: Floats) -> Floats:
    """The first finite value of seen[year, …] in each cell, NaN where there is none."""
    first = is_known(seen).argmax(axis=0)
    return np.take_along_axis(seen, first[None], axis=0)[0]

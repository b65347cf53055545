"""How areas gain and lose children between a count and the entry to school, from successive counts of a register.

For an area and a year, O = children at the end, E = those of the same cohorts at its start × the county's change by
age. log(O ÷ E) = movement of its area type by age + of its planning area + of its own. The latter two follow g[t] with
covariance τ² φ^|t − s| and noise κ ÷ E; τ and φ differ from place to place (most hardly move, a few grow fast): they
come from a distribution over a grid that all places of a type tell together (nonparametric empirical Bayes: Laird 1978,
Efron 2014). The forecast of a place is the mean over that distribution given its own past.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from placesim.demography.pupils.places import Places, sums
from placesim.records import Floats, Frozen, Ints

SPREADS: Final = (0.002, 0.01, 0.02, 0.03, 0.045, 0.07, 0.1, 0.15)  # τ: standard deviation of a year's log growth
LASTING: Final = (0.4, 0.7, 0.9)  # φ: correlation of the growth of a year with that of the next
NOISES: Final = (0.02, 0.05, 0.1, 0.2, 0.4)  # κ: movers per child and year, in and out, and errors of the register
EVEN: Final = 0.2  # places that each point of the grid is believed to hold beforehand
ROUNDS: Final = 30  # of the distribution over the grid
MEMORY: Final = 8  # years of the past that are looked at
FADING: Final = 0.8  # weight of a year's changes by age against the year after it
USUAL_NOISE: Final = 0.2  # κ of the changes by age of an area type
HALF: Final = 0.5  # child: keeps the logarithm of nobody finite


def excess_growth(counts: Floats, lag: Ints, places: Places, lags: int, homes: Floats) -> tuple[Floats, Floats, Floats]:
    """(children counted beyond those expected, children of new homes, children expected)[area, step]: what new homes
    have to do with growth, for arguments as of `measure_growth`."""
    start, end = _by_lag(counts, lag, lags, np.zeros_like(homes))
    _, without = _by_lag(counts, lag, lags, homes)
    _, expected = _by_kind(start, end, places)
    return end.sum(axis=2) - expected, (end - without).sum(axis=2), expected


@dataclass(frozen=True, eq=False)
class Growth(Frozen):
    """log[area, lag]: growth of an area's children against the county's from `lag` years before entry until entry, with
    its variance[area, lag]."""

    log: Floats
    variance: Floats


def measure_growth(counts: Floats, lag: Ints, places: Places, lags: int, *, homes: Floats | None = None) -> Growth:
    """Growth from counts[area, year, cohort] (NaN where not counted, years in a row without gaps) of one basis, with
    lag[year, cohort]; lags: number of lags asked for, from 0. Without two years in a row nothing grows.

    homes[area, step, cohort]: children whom new homes brought in the step, who are no growth that goes on.
    """
    homes = np.zeros_like(counts[:, 1:]) if homes is None else homes
    counts, lag, homes = counts[:, -(MEMORY + 1) :], lag[-(MEMORY + 1) :], homes[:, -MEMORY:]
    start, end = _by_lag(counts, lag, lags, homes)
    years = np.flatnonzero(start.sum(axis=(0, 2)) > 0)
    if not len(years):
        still = np.zeros((len(counts), lags))
        return Growth(still, still.copy())
    start, end = start[:, years], end[:, years]
    by_age, expected = _by_kind(start, end, places)
    log = np.log((end.sum(axis=2) + HALF) / (expected + HALF))
    region, past, _ = _forecast(*_summed(log, expected, places.region), lags - 1)
    log, expected = log - past[places.region], expected * np.exp(past[places.region])
    growth, variance = by_age + _from_now(region)[places.region], np.zeros((len(counts), lags))
    for kind in np.unique(places.kind):
        own = places.kind == kind
        forecast, _, spread = _forecast(log[own], expected[own], lags - 1)
        growth[own] += _from_now(forecast)
        variance[own] = _from_now(spread)
    return Growth(growth, variance)


def _from_now(later: Floats) -> Floats:
    """[place, lag] with nothing at lag 0."""
    return np.concatenate([np.zeros((len(later), 1)), later], axis=1)


# ---------------------------------------------------------------------------------------------------------- changes
def _by_lag(counts: Floats, lag: Ints, lags: int, homes: Floats) -> tuple[Floats, Floats]:
    """(children[area, step, lag] at the start of a step, those of the same cohorts at its end without new homes); zero
    where one of the two is not counted."""
    start, end = np.zeros((2, len(counts), max(len(lag) - 1, 0), lags))
    for step in range(len(lag) - 1):
        cohorts = np.flatnonzero((lag[step] >= 1) & (lag[step] < lags))
        before, after = counts[:, step, cohorts], counts[:, step + 1, cohorts]
        both = np.isfinite(before) & np.isfinite(after)
        start[:, step, lag[step, cohorts]] = np.where(both, before, 0.0)
        end[:, step, lag[step, cohorts]] = np.where(both, np.maximum(after - homes[:, step, cohorts], 0.0), 0.0)
    return start, end


def _by_kind(start: Floats, end: Floats, places: Places) -> tuple[Floats, Floats]:
    """(log growth[area, lag] until entry of the area's type against the county, children[area, step] expected at the
    end of the step if the area moves as its type does that year)."""
    fading = FADING ** np.arange(start.shape[1])[::-1]
    seen, expected = (np.einsum("asl,s->al", part, fading) for part in (end, start))
    county = np.log((seen.sum(axis=0) + HALF) / (expected.sum(axis=0) + HALF))
    kinds = int(places.kind.max(initial=0)) + 1
    of_kind = sums(seen, places.kind, kinds), sums(expected * np.exp(county), places.kind, kinds)
    step = shrunk(np.log((of_kind[0] + HALF) / (of_kind[1] + HALF)), of_kind[1])
    moved = (start * np.exp(county + step[places.kind])[:, None, :]).sum(axis=2)
    year = sums(end.sum(axis=2), places.kind, kinds), sums(moved, places.kind, kinds)
    met = np.divide(year[0], year[1], out=np.ones_like(year[0]), where=(year[0] > 0) & (year[1] > 0))
    return np.cumsum(step, axis=1)[places.kind], moved * met[places.kind]


def shrunk(log: Floats, children: Floats) -> Floats:
    """Log ratios drawn to 0: log × V ÷ (V + v), with v = USUAL_NOISE ÷ children and V the variance between cells that
    is left of theirs (weighted by children) after v."""
    noise = USUAL_NOISE / np.maximum(children, HALF)
    total = children.sum()
    between = max(float((children * (log**2 - noise)).sum()) / total, 0.0) if total > 0 else 0.0
    return log * between / (between + noise)


def _summed(log: Floats, expected: Floats, region: Ints) -> tuple[Floats, Floats]:
    """(log growth, expected children)[region, step] of the areas of each region together."""
    regions = int(region.max(initial=0)) + 1
    seen, children = sums(expected * np.exp(log), region, regions), sums(expected, region, regions)
    return np.log((seen + HALF) / (children + HALF)), children


# --------------------------------------------------------------------------------------------------------- forecast
def _forecast(log: Floats, children: Floats, ahead: int) -> tuple[Floats, Floats, Floats]:
    """(growth[place, 1 … ahead] summed over the years to come, growth[place, step] of the past without its noise,
    variance[place, 1 … ahead]) of places with log[place, step] of `children`."""
    fits = [_on_grid(log, children, noise, ahead) for noise in NOISES]
    best = max(fits, key=lambda fit: fit.likelihood)
    mean = np.einsum("up,puh->uh", best.belief, best.ahead)
    spread = np.einsum("up,puh->uh", best.belief, best.variance + best.ahead**2) - mean**2
    return mean, np.einsum("up,pus->us", best.belief, best.past), spread


@dataclass(frozen=True, eq=False)
class _Fit(Frozen):
    """likelihood (log, of all places) · belief[place, point of the grid] · ahead, variance[point, place, year ahead] ·
    past[point, place, step]."""

    likelihood: float
    belief: Floats
    ahead: Floats
    variance: Floats
    past: Floats


def _on_grid(log: Floats, children: Floats, noise: float, years: int) -> _Fit:
    """The places under every point (τ, φ) of the grid, with one κ."""
    steps = log.shape[1]
    gap = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    to_come = np.subtract.outer(steps + np.arange(years), np.arange(steps))
    later = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    own = (noise / (children + HALF))[:, :, None] * np.eye(steps)
    likelihood, ahead, variance, past = [], [], [], []
    for spread, lasting in product(SPREADS, LASTING):
        covariance = spread**2 * lasting**gap + own
        cross = np.cumsum(spread**2 * lasting**to_come, axis=0)  # of the sum of the years ahead with each step
        solved = np.linalg.solve(
            covariance, np.concatenate([log[:, :, None], np.broadcast_to(cross.T, (len(log), *cross.T.shape))], axis=2)
        )
        weight = solved[:, :, 0]
        likelihood.append(-(np.linalg.slogdet(covariance)[1] + (weight * log).sum(axis=1)) / 2)
        ahead.append(weight @ cross.T)
        unseen = np.array([(spread**2 * lasting ** later[: h + 1, : h + 1]).sum() for h in range(years)])
        variance.append(unseen - np.einsum("hs,ush->uh", cross, solved[:, :, 1:]))
        past.append(weight @ (spread**2 * lasting**gap))
    total, belief = _mixed(np.array(likelihood).T)
    return _Fit(total, belief, np.array(ahead), np.array(variance), np.array(past))


def _mixed(likelihood: Floats) -> tuple[float, Floats]:
    """(log likelihood of all places, belief[place, point]) under the best distribution over the points (EM)."""
    largest = likelihood.max(axis=1, keepdims=True)
    own = np.exp(likelihood - largest)
    points = own.shape[1]
    share = np.full(points, 1 / points)
    for _ in range(ROUNDS):
        belief = own * share
        belief /= belief.sum(axis=1, keepdims=True)
        share = (belief.sum(axis=0) + EVEN) / (len(own) + EVEN * points)
    total = float((np.log(own @ share) + largest[:, 0]).sum())
    belief = own * share
    return total, belief / belief.sum(axis=1, keepdims=True)

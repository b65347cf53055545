"""Entry ratios of the county: entrants per child counted `lag` years before entry, by basis.

Per basis one least-squares fit of log ρ[lag], with ρ[lag] = entrants ÷ children counted lag years before entry, on
· entrants of past cohorts ÷ their counts, at every lag at which they were counted: log ρ[lag], and
· how the count of a cohort changes within a year, children[lag − 1] ÷ children[lag]: log ρ[lag] − log ρ[lag − 1],
so that cohorts yet to enter tell how the register grows with age. Neighbouring lags are believed to be alike; where no
cohort has entered yet, all children counted are believed to enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from placesim.records import Floats, Frozen, Ints
from placesim.vocabulary import CHILD_BASES

USUAL_SPREAD: Final = 0.03  # of a log ratio from cohort to cohort before the data speak; it weighs as much as
USUAL_COHORTS: Final = 2.0  # this many past cohorts
FADING: Final = 0.8  # weight of what a year tells against the year after it
YEARLY: Final = 0.5  # the yearly change of a count varies by this share of what the ratio to the entrants does
SMOOTH: Final = 0.05  # belief: standard deviation of the log ratio from lag to lag
BELIEF: Final = 0.20  # standard deviation of the log ratio at entry around 0 if no cohort has entered
ASTRAY: Final = 0.1  # standard deviation of the share of a count that is astray, as a part of that share
GIVEN: Final = 0.10  # standard deviation of a log ratio that the scenario tells


@dataclass(frozen=True, eq=False)
class CountyCounts(Frozen):
    """children[basis, year, cohort] of the whole county, NaN where the basis has no count of that year;
    entrants[cohort] who live in the county, NaN where not yet entered or unknown."""

    years: Ints
    cohorts: Ints
    children: Floats
    entrants: Floats
    entry_age: int

    @property
    def lag(self) -> Ints:
        """lag[year, cohort]: years from the count to the entry, negative after it."""
        return self.cohorts + self.entry_age - self.years[:, None]


@dataclass(frozen=True, eq=False)
class EntryRatios(Frozen):
    """log_ratio[basis, lag] and its variance[basis, lag] for a coming cohort; weight[basis, lag]: share of the ratio
    that counts of this very lag tell, the rest comes from the lags beside it; cohorts[basis] that have entered and were
    counted; assumed[basis]: there are counts, but neither a past cohort nor the scenario tells the ratio."""

    log_ratio: Floats
    variance: Floats
    weight: Floats
    cohorts: Ints
    assumed: tuple[bool, ...]


def entry_ratios(county: CountyCounts, given: Mapping[str, float]) -> EntryRatios:
    """The ratios of each basis: as given (at every lag), else as fitted."""
    lags = max(int(county.lag.max(initial=0)), 0) + 1
    log_ratio, variance, weight = np.zeros((3, len(CHILD_BASES), lags))
    cohorts = np.zeros(len(CHILD_BASES), dtype=np.int64)
    for b, basis in enumerate(CHILD_BASES):
        direct = _entered(county, b)
        cohorts[b] = len(np.unique(direct.cohort))
        if basis in given:
            log_ratio[b], variance[b] = np.log(given[basis]), GIVEN**2
        else:
            log_ratio[b], variance[b], weight[b] = _fit(direct, _grown(county, b), lags)
            variance[b] += (_drift(direct) * np.arange(lags)) ** 2 + (ASTRAY * _astray(log_ratio[b])) ** 2
    told = np.isin(CHILD_BASES, list(given)) | (cohorts > 0)
    assumed = np.isfinite(county.children).any(axis=(1, 2)) & ~told
    return EntryRatios(log_ratio, variance, weight, cohorts, tuple(bool(a) for a in assumed))


@dataclass(frozen=True, eq=False)
class _Seen(Frozen):
    """Observations of one basis: log value; lag; years ago; variance in units of the ratio's; cohort."""

    log: Floats
    lag: Ints
    ago: Floats
    variance: Floats
    cohort: Ints


def _entered(county: CountyCounts, basis: int) -> _Seen:
    """Entrants ÷ children of past cohorts. Counts after entry stand in at lag 0, the less certain the later."""
    children, lag = county.children[basis], county.lag
    known = (children > 0) & (county.entrants > 0)
    before = np.any(known & (lag >= 0), axis=0)
    year, cohort = np.nonzero(known & ((lag >= 0) | ~before))
    lag = lag[year, cohort]
    log = np.log(county.entrants[cohort] / children[year, cohort])
    entry = county.cohorts[cohort] + county.entry_age
    ago = (county.years.max(initial=0) - entry).clip(0).astype(np.float64)
    return _Seen(log, lag.clip(0), ago, 1.0 + (-lag).clip(0), cohort)


def _grown(county: CountyCounts, basis: int) -> _Seen:
    """Children lag − 1 years before entry ÷ children of the same cohort a year earlier."""
    children, lag = county.children[basis], county.lag
    pair = (np.diff(county.years) == 1)[:, None] & (children[:-1] > 0) & (children[1:] > 0) & (lag[:-1] >= 1)
    year, cohort = np.nonzero(pair)
    log = np.log(children[year + 1, cohort] / children[year, cohort])
    ago = (county.years.max(initial=0) - county.years[year + 1]).astype(np.float64)
    return _Seen(log, lag[year, cohort], ago, np.full(len(log), YEARLY**2), cohort)


def _fit(direct: _Seen, grown: _Seen, lags: int) -> tuple[Floats, Floats, Floats]:
    """(log ratio, variance, weight)[lag]: weighted least squares; the spread of past cohorts around it is estimated and
    shrunk to USUAL_SPREAD."""
    rows = np.concatenate([np.eye(lags)[direct.lag], np.eye(lags)[grown.lag] - np.eye(lags)[grown.lag - 1]])
    log = np.concatenate([direct.log, grown.log])
    relative = np.concatenate([direct.variance, grown.variance])
    belief = _belief(lags, anchored=not len(direct.log))
    precision = FADING ** np.concatenate([direct.ago, grown.ago]) / relative
    spread = USUAL_SPREAD**2
    for _ in range(10):  # of the ratio and its spread in turn; settles after three or four
        seen = rows.T @ (rows * (precision / spread)[:, None])
        covariance = np.linalg.inv(seen + belief)
        ratio = covariance @ (rows.T @ (precision / spread * log))
        entered = slice(0, len(direct.log))
        error = (precision * (log - rows @ ratio) ** 2)[entered].sum()
        seen_cohorts = precision[entered].sum()
        spread = (USUAL_COHORTS * USUAL_SPREAD**2 + error) / (USUAL_COHORTS + seen_cohorts)
    return ratio, np.diag(covariance) + spread, np.clip(np.diag(covariance @ seen), 0.0, 1.0)


def _astray(log_ratio: Floats) -> Floats:
    """share[lag] of the count that is not of the entrants: those who never enter, or enter uncounted, at the end, and
    those who come on the list, or leave it, on the way. The two may cancel in the ratio, but not in its certainty."""
    return np.asarray(abs(log_ratio[0]) + np.abs(log_ratio - log_ratio[0]))


def _drift(direct: _Seen) -> float:
    """Mean yearly change of the log ratio from cohort to cohort at the same lag, later years counting more. The fit
    does not follow it: it makes the ratio the less certain the further off the entry."""
    order = np.lexsort((direct.cohort, direct.lag))
    cohort, lag = direct.cohort[order], direct.lag[order]
    pair = (np.diff(lag) == 0) & (np.diff(cohort) == 1)
    weight = FADING ** direct.ago[order][1:][pair]
    total = float(weight.sum())
    return float((weight * np.diff(direct.log[order])[pair]).sum()) / total if total > 0 else 0.0


def _belief(lags: int, *, anchored: bool) -> Floats:
    """precision[lag, lag] of what is held before any observation; anchored: also that the children counted enter."""
    step = np.diff(np.eye(lags), axis=0)
    belief = step.T @ step / SMOOTH**2
    belief[0, 0] += anchored / BELIEF**2
    return belief


def entry_ratio_table(ratios: EntryRatios, lags: Ints, children: Floats) -> pd.DataFrame:
    """basis, lag, ratio, sd, children, weight, cohorts: the county's ratios at the lags that stand behind the estimate.

    lags[basis, cohort] (−1: not counted) and children[basis, cohort] of the last counts; sd of the log of the ratio
    for one coming cohort; weight: share of the ratio that counts of this very lag tell; cohorts that have entered.
    """
    rows = []
    for b, basis in enumerate(CHILD_BASES):
        for lag in np.unique(lags[b][lags[b] >= 0]):
            ratio, sd = np.exp(ratios.log_ratio[b, lag]), np.sqrt(ratios.variance[b, lag])
            behind = children[b][lags[b] == lag].sum()
            rows.append((basis, int(lag), ratio, sd, behind, ratios.weight[b, lag], int(ratios.cohorts[b])))
    return pd.DataFrame(rows, columns=["basis", "lag", "ratio", "sd", "children", "weight", "cohorts"])

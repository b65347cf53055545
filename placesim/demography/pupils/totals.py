"""Totals of children over several cohorts or a whole planning area, spread over the cells that nobody counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats, Frozen, Ints

ROUNDS: Final = 200  # of raking; totals that contradict each other never meet, the areas' own are met last
CLOSE: Final = 1e-10  # share of the largest total within which all are met
FAINT: Final = 1e-6  # of a child: keeps a cell in reach of its totals where its structure has nobody


@dataclass(frozen=True, eq=False)
class Totals(Frozen):
    """children[row] of one basis and year: of an area, or of a region (planning area) where area is −1, and the cohorts
    at positions first … last together."""

    area: Ints
    region: Ints
    first: Ints
    last: Ints
    children: Floats


def spread_totals(counts: Floats, totals: Totals, region: Ints, *, sizes: Floats, pattern: Floats) -> Floats:
    """counts[area, cohort] with the cells that a total covers and no count tells.

    They start from the cohort structure of their planning area (region[area]), that of the county where it tells
    nothing, else pattern[cohort]; and are raked (iterative proportional fitting: Deming & Stephan 1940) to what the
    totals leave after the counts. A region's total reaches the areas that have neither a count nor a total of their
    own cohort, by sizes[area].
    """
    order = np.argsort(totals.area >= 0, kind="stable")
    cells = [_cells(totals, row, counts, region) for row in order]
    rest = [max(totals.children[row] - np.nansum(counts[_covered(totals, row, counts, region)]), 0.0) for row in order]
    wanted = np.zeros(counts.shape, dtype=np.bool_)
    for chosen in cells:
        wanted |= chosen
    seed = np.where(wanted, _structure(counts, region, pattern) * sizes[:, None] + FAINT, 0.0)
    raked = _raked(seed, [np.flatnonzero(c) for c in cells], rest)
    return np.where(wanted, raked, counts)


def _covered(totals: Totals, row: int, counts: Floats, region: Ints) -> NDArray[np.bool_]:
    """[area, cohort]: what a total speaks of."""
    inside = np.zeros(counts.shape[1], dtype=np.bool_)
    inside[totals.first[row] : totals.last[row] + 1] = True
    own = totals.area[row]
    areas = (np.arange(len(counts)) == own) if own >= 0 else (region == totals.region[row])
    return np.asarray(areas[:, None] & inside[None, :])


def _cells(totals: Totals, row: int, counts: Floats, region: Ints) -> NDArray[np.bool_]:
    """[area, cohort]: what a total speaks of and no count tells."""
    return np.asarray(_covered(totals, row, counts, region) & np.isnan(counts))


def _structure(counts: Floats, region: Ints, pattern: Floats) -> Floats:
    """share[area, cohort]: mean counts of the areas of its planning area; the county's means where that counts nobody;
    `pattern` where the county does not either."""
    by_region = _means(counts, region)[region]
    county = _means(counts, np.zeros_like(region))[0]
    usual = pattern * (_mean_ratio(county, pattern))
    county = np.where(np.isfinite(county), county, usual)
    scale = np.array([_mean_ratio(own, county) for own in by_region])
    return np.where(np.isfinite(by_region), by_region, county * scale[:, None])


def _means(counts: Floats, group: Ints) -> Floats:
    """mean[group, cohort] of the cells told, NaN where none is."""
    total, cells = np.zeros((2, int(group.max(initial=0)) + 1, counts.shape[1]))
    np.add.at(total, group, np.nan_to_num(counts))
    np.add.at(cells, group, np.isfinite(counts).astype(np.float64))
    return np.divide(total, cells, out=np.full(total.shape, np.nan), where=cells > 0)


def _mean_ratio(values: Floats, measure: Floats) -> float:
    """Σ values ÷ Σ measure where both are known; 1 where that says nothing."""
    known = np.isfinite(values) & np.isfinite(measure)
    total = float(measure[known].sum())
    return float(values[known].sum()) / total if total > 0 and values[known].sum() > 0 else 1.0


def _raked(seed: Floats, cells: list[Ints], rest: list[float]) -> Floats:
    """`seed` scaled to every total in turn until all are met or the rounds are over."""
    values, largest = seed.copy().ravel(), max(rest, default=0.0)
    for _ in range(ROUNDS):
        gap = 0.0
        for chosen, total in zip(cells, rest, strict=True):
            now = values[chosen].sum()
            gap = max(gap, abs(now - total) if len(chosen) else 0.0)
            if now > 0:
                values[chosen] *= total / now
        if gap <= CLOSE * largest:
            break
    return values.reshape(seed.shape)

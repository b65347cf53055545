"""What areas have in common: their area type, their planning area, and the cohort structure of their children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.regions import regions_of
from placesim.records import Floats, Frozen, Inputs, Ints

BORROWED: Final = 20.0  # children per cohort by which the structure of a group is drawn to that of the wider one
USUAL_FADING: Final = 0.025  # of a deviation from the structure around is lost in a year, before the data speak;
USUAL_CELLS: Final = 300.0  # that weighs as much as so many cells (area × cohort)


@dataclass(frozen=True, eq=False)
class Places(Frozen):
    """kind[area] position of its area type · region[area] of its planning area · both[area] of the pair."""

    kind: Ints
    region: Ints
    both: Ints


def places_of(inputs: Inputs) -> Places:
    """The groups of the areas; those without an area type or a planning area form one of their own."""
    areas = inputs.areas
    given = areas["area_type"].fillna("").to_numpy(dtype=str) if "area_type" in areas else np.full(len(areas), "")
    kind = np.unique(given, return_inverse=True)[1].astype(np.int64)
    region = regions_of(inputs).region
    both = np.unique(np.stack([region, kind]), axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return Places(kind, region, both)


def sums(values: Floats, group: Ints, groups: int) -> Floats:
    """values[area, …] → sums[group, …]."""
    total = np.zeros((groups, *values.shape[1:]))
    np.add.at(total, group, values)
    return total


def structure(children: Floats, places: Places) -> Floats:
    """share[area, cohort] of the cohorts in an area's children as expected from the areas around it: those of its type
    and planning area, drawn to those of its type, drawn to the county. children[area, cohort], NaN where unknown."""
    county = _structure_of(children, np.zeros(len(children), dtype=np.int64), shares(np.ones_like(children)))
    return _structure_of(children, places.both, _structure_of(children, places.kind, county))


def _structure_of(children: Floats, group: Ints, prior: Floats) -> Floats:
    """share[area, cohort] of the area's group, as if BORROWED children per cohort in the prior's shares were there too.
    A cohort that the group does not know keeps the prior's share."""
    groups, told = int(group.max(initial=0)) + 1, np.isfinite(children)
    total, cells = sums(np.nan_to_num(children), group, groups), sums(told.astype(np.float64), group, groups)
    areas = np.bincount(group[told.any(axis=1)], minlength=groups)
    whole = np.divide(total * areas[:, None], cells, out=np.zeros_like(total), where=cells > 0)
    usual = shares(sums(prior, group, groups))  # of a group of areas with one prior, or their mean
    covered = np.where(cells > 0, usual, 0.0).sum(axis=1)
    scale = np.divide(whole.sum(axis=1), covered, out=np.zeros(groups), where=covered > 0)
    whole = np.where(cells > 0, whole, usual * scale[:, None])
    return shares(whole + BORROWED * usual.shape[1] * usual)[group]


def shares(values: Floats) -> Floats:
    """values[area, cohort] as shares of their sum over cohorts; even where that is nothing."""
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.full(values.shape, 1 / max(values.shape[1], 1)), where=total > 0)


def kept_deviation(counts: Floats, lag: Ints, places: Places, lags: int) -> Floats:
    """kept[lag]: how much of an area's deviation from the cohort structure around it is still there after `lag` years,
    from counts[area, year, cohort] of one basis with lag[year, cohort].

    exp(−(a + b lag)) fitted to the slopes of the deviations on those of the same cohorts h years earlier, over all
    pairs of counts; neither a nor b is below 0, b is drawn to USUAL_FADING. Without pairs everything is kept.
    """
    seen = [_slope(counts, lag, places, gap) for gap in range(1, len(lag))]
    told = [(gap, -np.log(min(slope, 1.0)), cells) for gap, slope, cells in seen if slope > 0]
    if not told:
        return np.ones(lags)
    gap, loss, cells = np.array(told).reshape(-1, 3).T
    design = np.stack([np.ones(len(gap)), gap], axis=1)
    known = design.T @ (design * cells[:, None]) + USUAL_CELLS * np.eye(2)
    at_once, yearly = np.linalg.solve(known, design.T @ (cells * loss) + [0.0, USUAL_CELLS * USUAL_FADING])
    return np.exp(-(max(at_once, 0.0) + max(yearly, 0.0) * np.arange(lags)))


def _slope(counts: Floats, lag: Ints, places: Places, gap: int) -> tuple[int, float, float]:
    """(gap, slope, cells) over all pairs of counts `gap` years apart; slope 0 where it says nothing."""
    covariance = variance = cells = 0.0
    for year in range(len(lag) - gap):
        use = np.isfinite(counts[:, year]) & np.isfinite(counts[:, year + gap]) & (lag[year + gap] >= 0)
        before, after = (_deviation(np.where(use, counts[:, y], np.nan), places) for y in (year, year + gap))
        covariance, variance = covariance + (before * after).sum(), variance + (before**2).sum()
        cells += use.sum()
    return gap, float(covariance / variance) if variance > 0 else 0.0, float(cells)


def _deviation(children: Floats, places: Places) -> Floats:
    """(children − expected) ÷ √expected [area, cohort], expected by the area's size and the structure around it."""
    told = np.isfinite(children)
    share = shares(np.where(told, structure(children, places), 0.0))
    expected = np.where(told, share * np.nansum(children, axis=1, keepdims=True), 0.0)
    gap = np.nan_to_num(children) - expected
    return np.divide(gap, np.sqrt(expected), out=np.zeros_like(gap), where=expected > 0)

"""Views of the coming cohorts combined: one estimate of the entrants by home area, whoever counted the children.

An area's level (its children over all cohorts) and its cohort structure are combined apart. Levels: log level of each
view, weighted by the inverse of its variance (`agreement`), so that a register which holds children who live elsewhere,
or misses some, counts little wherever others contradict it. Structure: what the views that know a cell say of its share
of the area, drawn to the structure around by what is known to fade until entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.pupils.agreement import agree
from placesim.demography.pupils.places import Places, structure, sums
from placesim.records import Floats, Frozen, Ints

HALF: Final = 0.5  # child: keeps the logarithm of nobody finite
CHANCE: Final = 0.1  # variance of a cell of the best view in units of its mean, before the data speak
MOVERS: Final = 0.1  # per child and year until entry: variance of a cell by moves in and out


@dataclass(frozen=True, eq=False)
class Seen(Frozen):
    """children[view, area, cohort] as each view expects them at entry, NaN where it says nothing; variance[view, area,
    cohort] of the log by growth still to come; believed[view] variance of its log level; kept[view, cohort]: what stays
    of a deviation from the structure around; ahead[cohort] years until entry."""

    children: Floats
    variance: Floats
    believed: Floats
    kept: Floats
    ahead: Floats


@dataclass(frozen=True, eq=False)
class Combined(Frozen):
    """children[area, cohort] up to one factor per cohort · weight[view, area] in the level · variance[area, cohort] of
    the log · bias[view]: variance of the view's log level."""

    children: Floats
    weight: Floats
    variance: Floats
    bias: Floats


def combine(seen: Seen, places: Places) -> Combined:
    """One estimate from all views. Areas that no view tells have nobody."""
    around = structure(_pooled(seen.children), places)
    told = np.isfinite(seen.children)
    covered = np.where(told, around, 0.0).sum(axis=2)
    counted = np.nansum(seen.children, axis=2)
    known = told.any(axis=2) & (covered > 0)
    level = np.divide(counted, covered, out=np.full(covered.shape, np.nan), where=known)
    log = np.log(level + HALF)
    of_cell = _cells(seen.children, level, around)
    chance = agree(of_cell, np.zeros_like(of_cell), CHANCE * seen.believed / seen.believed.min(), shifted=False)
    noise = chance.variance[:, None] / (np.nan_to_num(counted) + HALF)
    levels = _levels(log, noise, seen.believed, places.both)
    size = np.nan_to_num(np.exp(levels.log) - HALF).clip(0.0)
    share = around + _deviation(seen, level, around, chance.variance)
    children = size[:, None] * np.maximum(share, 0.0)
    return Combined(children, levels.weight, _variance(seen, children, levels), levels.bias)


@dataclass(frozen=True, eq=False)
class _Levels(Frozen):
    """log[area] level · weight[view, area] · variance[area] of the log · bias[view]: variance of the view's log."""

    log: Floats
    weight: Floats
    variance: Floats
    bias: Floats


def _levels(log: Floats, noise: Floats, believed: Floats, group: Ints) -> _Levels:
    """Levels of log[view, area] with noise[view, area]: views are first brought to agree on groups of areas (a register
    is off in all villages alike), then on the areas of a group. The weight of a view is the mean of its two."""
    groups, told = int(group.max(initial=0)) + 1, np.isfinite(log)
    first = agree(log, noise, believed)
    error = np.where(told, log - first.mean(log), 0.0)
    areas = sums(told.T.astype(np.float64), group, groups).T
    gap = np.divide(sums(error.T, group, groups).T, areas, out=np.full(areas.shape, np.nan), where=areas > 0)
    of_gap = sums(np.where(told, noise, 0.0).T, group, groups).T / np.maximum(areas, 1) ** 2
    between = agree(gap, of_gap, believed)
    aligned = log - gap[:, group] + between.mean(gap)[group]
    within = agree(aligned, noise, believed, shifted=False)
    weight = (within.weight + between.weight[:, group] * told) / 2
    weight = np.divide(weight, weight.sum(axis=0), out=np.zeros_like(weight), where=told.any(axis=0))
    variance = (within.weight**2 * (within.variance[:, None] + noise)).sum(axis=0)
    variance += (between.weight**2 * (between.variance[:, None] + of_gap)).sum(axis=0)[group]
    return _Levels(within.mean(aligned), weight, variance, within.variance + between.variance)


def _pooled(children: Floats) -> Floats:
    """Mean [area, cohort] over the views that tell the cell, each in shares of what it counts in that cohort."""
    total = np.nansum(children, axis=1, keepdims=True)
    told = np.isfinite(children) & (total > 0)
    share = np.where(told, np.nan_to_num(children) / np.where(total > 0, total, 1.0), 0.0)
    views = told.sum(axis=0)
    mean = np.divide(share.sum(axis=0), views, out=np.full(views.shape, np.nan), where=views > 0)
    size = np.max(total, axis=0)  # cohorts keep their size against each other
    return mean * np.where(size > 0, size, 1.0)


def _shares_of(children: Floats, level: Floats) -> Floats:
    """children[view, area, cohort] ÷ level[view, area], NaN where that is nobody."""
    level = np.broadcast_to(level[:, :, None], children.shape)
    return np.divide(children, level, out=np.full(children.shape, np.nan), where=level > 0)


def _cells(children: Floats, level: Floats, around: Floats) -> Floats:
    """[view, area × cohort]: deviation of a view's cell from the structure around, in units that make the chance of a
    cell the same everywhere."""
    views = np.isfinite(level).sum(axis=0)
    usual = np.nansum(level, axis=0) / np.maximum(views, 1)
    scale = np.sqrt(np.divide(usual[:, None], around, out=np.zeros_like(around), where=around > 0))
    cells = (_shares_of(children, level) - around) * scale
    return np.asarray(cells.reshape(len(children), around.size))


def _deviation(seen: Seen, level: Floats, around: Floats, chance: Floats) -> Floats:
    """What is expected at entry of the deviation[area, cohort] of the shares from the structure around."""
    share = _shares_of(seen.children, level)
    weight = np.isfinite(share) / chance[:, None, None]
    total = weight.sum(axis=0)
    lasting = (weight * seen.kept[:, None, :] * np.nan_to_num(share - around)).sum(axis=0)
    return np.divide(lasting, total, out=np.zeros_like(around), where=total > 0)


def _variance(seen: Seen, children: Floats, levels: _Levels) -> Floats:
    """variance[area, cohort] of the log: of the level, of growth to come, and of the moves of few children."""
    growth = (levels.weight[:, :, None] * seen.variance).sum(axis=0)
    moves = (CHANCE + MOVERS * seen.ahead) / np.maximum(children, 1.0)
    return levels.variance[:, None] + growth + moves

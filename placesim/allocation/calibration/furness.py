"""Iterative proportional fitting of ways to the totals of both ends, and its whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.scaling import solve_whole
from placesim.kernel import kernel
from placesim.records import Floats, Ints

_ROUNDS = 2000
_LOOK, _GAIN = 50, 0.99  # rounds after which the worst total must be nearer by a hundredth, or the fit has ended too
_CLOSE = 1e-7  # of a total: the fit has ended
_LEAST = 1e-100  # factors of columns that cannot be met go no further, up or down
_WHOLE = 1e-6  # what is this near to a whole number is meant to be it
_FRACTIONS = 1 << 20  # whole costs of the rounding per unit of fraction

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Cells of a sparse matrix: row[cell], column[cell] positions, each pair once."""

    row: Ints
    column: Ints

    def by_row(self, values: Floats | Ints, rows: int) -> Floats:
        return np.bincount(self.row, weights=values, minlength=rows).astype(np.float64)

    def by_column(self, values: Floats | Ints, columns: int) -> Floats:
        return np.bincount(self.column, weights=values, minlength=columns).astype(np.float64)


@dataclass(frozen=True)
class Balanced:
    """value[cell] = seed × row factor × factor[column]; rows meet their totals, columns as nearly as the seed lets."""

    value: Floats
    factor: Floats


def balance(cells: Cells, seed: Floats, rows: Floats, columns: Floats) -> Balanced:
    """Fit seed[cell] ≥ 0 to the totals rows[row] and columns[column]; NaN: the column is free, its factor 1.

    Of all matrices with these totals the one with the least information against the seed, Σ value·log(value ÷ seed)
    (Deming & Stephan 1940; Furness 1965). Where the totals of the columns cannot be met, because their sum is another
    or no cell leads there, rows are met and columns come as near as the rounds bring them. A row whose seed is all
    zero stays zero, one whose columns are all to be 0 becomes it.
    """
    free = np.isnan(columns)
    target = np.where(free, 0.0, columns)
    value = seed * _ratio(rows, cells.by_row(seed, len(rows)))[cells.row]
    factor = np.ones(len(columns))
    _fit(cells.row, cells.column, value, factor, rows.astype(np.float64), target, free)
    return Balanced(value, factor)


@kernel
def _fit(row: Ints, column: Ints, value: Floats, factor: Floats, rows: Floats, target: Floats, free: Bools) -> None:
    """Change value and factor in place, round by round."""
    before = np.inf
    step, total = np.ones(len(target)), np.zeros(len(rows))
    for turn in range(_ROUNDS):
        step[:] = 0.0
        for c in range(len(value)):
            step[column[c]] += value[c]
        missed = 0.0
        for j in range(len(target)):
            if free[j] or step[j] <= 0.0:
                step[j] = 1.0
                continue
            step[j] = target[j] / step[j]
            missed = max(missed, abs(step[j] - 1.0))
        look = turn % _LOOK == _LOOK - 1
        if missed < _CLOSE or (look and missed > _GAIN * before):
            return
        before = missed if look else before
        for j in range(len(target)):
            factor[j] = min(max(factor[j] * step[j], _LEAST), 1.0 / _LEAST) if step[j] > 0.0 else 0.0
        # From value, not from seed × factor: where totals contradict each other factors leave the range of numbers.
        total[:] = 0.0
        for c in range(len(value)):
            value[c] *= step[column[c]]
            total[row[c]] += value[c]
        for i in range(len(rows)):
            total[i] = rows[i] / total[i] if total[i] > 0.0 else 1.0
        for c in range(len(value)):
            value[c] *= total[row[c]]


def _ratio(wanted: Floats, given: Floats) -> Floats:
    """wanted ÷ given, 1 where nothing is given or wanted is beyond all numbers."""
    return np.divide(wanted, given, out=np.ones_like(wanted), where=given > 0)


def whole_cells(cells: Cells, value: Floats, rows: Ints, columns: Floats) -> Ints:
    """whole[cell]: each cell of value[cell] rounded down or up, so that rows sum to rows[row] and columns to columns.

    rows[row] is the sum of the row's values, or 0 for a row without cells. columns[column] are the totals that were
    fitted; one that is not whole, or free (NaN), is rounded down or up. Such a rounding exists where the fit met its
    totals, being a flow with whole bounds; of them all it is the one that rounds up where fractions are largest
    (controlled rounding: Cox & Ernst 1982). Totals that were not met are met as nearly as rounding can.
    """
    near = np.rint(value)
    value = np.where(np.abs(value - near) < _WHOLE, near, value)
    floor = np.floor(value).astype(np.int64)
    split = np.flatnonzero(value > floor)
    missing = rows - np.bincount(cells.row, weights=floor, minlength=len(rows)).astype(np.int64)
    missing = np.where(np.bincount(cells.row[split], minlength=len(rows)) > 0, missing, 0)
    total = np.where(np.isnan(columns), cells.by_column(value, len(columns)), columns)
    room = np.maximum(total - cells.by_column(floor, len(columns)), 0.0)
    sure = np.floor(room + _WHOLE).astype(np.int64)
    return floor + _rounded_up(cells, value - floor, split, (missing, sure, room - sure > _WHOLE))


def _rounded_up(cells: Cells, fraction: Floats, split: Ints, bounds: tuple[Ints, Ints, NDArray[np.bool_]]) -> Ints:
    """0 or 1 by cell: `missing` in each row; `sure` in each column, one more in those that may have it."""
    missing, sure, more = bounds
    rows, columns, up = len(missing), len(sure), np.zeros(len(fraction), dtype=np.int64)
    if not missing.any():
        return up
    sink, ends = rows + columns, np.tile(rows + np.arange(columns), 3)
    tails = np.concatenate([cells.row[split], ends])
    heads = np.concatenate([rows + cells.column[split], np.full(len(ends), sink)])
    every = np.bincount(cells.column[split], minlength=columns)
    room = np.concatenate([np.ones(len(split), dtype=np.int64), sure, more.astype(np.int64), every])
    unmet = 2 * _FRACTIONS * (min(rows, columns) + 1)  # dearer than any rounding saves: what is sure is filled first
    beyond = unmet * 2 * (columns + 1)  # and dearer yet what only the noise of sums, or a total not met, may need
    prices = np.repeat([0, unmet, beyond], columns)
    units = np.concatenate([np.rint((1 - fraction[split]) * _FRACTIONS).astype(np.int64), prices])
    up[split] = solve_whole(tails, heads, room, units, missing)[: len(split)]
    return up

"""The pupils of a year as rows: who lives where and attends which school, and how a year moves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.whole import whole_by_group
from placesim.records import Ints, Stages

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Stock:
    """pupils[row] > 0 of area[row], school[row], grade[row], group[row]; rows sorted by these, each key once."""

    area: Ints
    school: Ints
    grade: Ints
    group: Ints
    pupils: Ints

    def take(self, chosen: NDArray[np.bool_] | Ints) -> Stock:
        """The chosen rows."""
        area, school, grade, group, pupils = (c[chosen] for c in self.columns)
        return Stock(area, school, grade, group, pupils)

    @property
    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        return self.area, self.school, self.grade, self.group, self.pupils

    def by_area(self, shape: tuple[int, ...]) -> Ints:
        """pupils[area, grade, group] of an axis shape."""
        return _sum((self.area, self.grade, self.group), self.pupils, shape)

    def by_school(self, shape: tuple[int, int]) -> Ints:
        """pupils[school, grade]."""
        return _sum((self.school, self.grade), self.pupils, shape)


def _sum(at: tuple[Ints, ...], pupils: Ints, shape: tuple[int, ...]) -> Ints:
    flat = np.ravel_multi_index(at, shape) if len(pupils) else np.zeros(0, dtype=np.int64)
    return np.bincount(flat, weights=pupils, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)


def stock(area: Ints, school: Ints, grade: Ints, group: Ints, pupils: Ints) -> Stock:
    """Rows sorted, equal keys added up, empty ones left out."""
    columns = (area, school, grade, group)
    key = np.zeros(len(area), dtype=np.int64)
    for values in columns:
        key = key * (int(values.max(initial=0)) + 1) + values
    order = np.argsort(key, kind="stable")  # merges parts that are sorted already
    keys, key = [c[order] for c in columns], key[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    start = np.flatnonzero(first)
    total = np.add.reduceat(pupils[order], start) if len(start) else pupils[:0]
    some = total > 0
    area, school, grade, group = (k[start][some] for k in keys)
    return Stock(area, school, grade, group, total[some].astype(np.int64))


def together(*parts: Stock) -> Stock:
    """All rows of the parts."""
    return stock(*(np.concatenate(c) for c in zip(*(p.columns for p in parts), strict=True)))


def no_stock() -> Stock:
    empty = np.zeros(0, dtype=np.int64)
    return Stock(empty, empty, empty, empty, empty)


def advance(before: Stock, stages: Stages) -> tuple[Stock, Stock]:
    """(those who go up a grade within their stage, in the new grade; those who finish their stage, in their last)."""
    stage = stages.stage_of_grade
    last = np.append(stage[1:] != stage[:-1], True)
    done = last[before.grade]
    on = before.take(~done)
    return Stock(on.area, on.school, on.grade + 1, on.group, on.pupils), before.take(done)


def part(rows: Stock, share: float, turn: int) -> Ints:
    """pupils[row] of a share of the rows, whole over all of them: rounding goes on from row to row."""
    expected = (rows.pupils * share).astype(np.float64)
    nobody = np.zeros(len(rows.pupils), dtype=np.int64)
    return np.minimum(whole_by_group(expected, nobody, np.array([(turn * _GOLDEN) % 1.0])), rows.pupils)


def without(rows: Stock, pupils: Ints) -> Stock:
    """The rows less pupils[row]."""
    return with_pupils(rows, rows.pupils - pupils)


def with_pupils(rows: Stock, pupils: Ints) -> Stock:
    """The rows with pupils[row] in place of theirs; empty ones left out."""
    return Stock(rows.area, rows.school, rows.grade, rows.group, pupils).take(pupils > 0)


def withdraw(rows: Stock, surplus: Ints) -> Stock:
    """The rows after surplus[area, grade] pupils left, in proportion to the schools and groups of their cell.

    No more leave a cell than there are.
    """
    cell = rows.area * surplus.shape[1] + rows.grade
    order = np.argsort(cell, kind="stable")
    cells, at = np.unique(cell[order], return_inverse=True)
    pupils = rows.pupils[order]
    there = np.bincount(at, weights=pupils, minlength=len(cells))
    leaving = np.minimum(surplus.ravel()[cells], there)
    expected = (pupils * (leaving / np.maximum(there, 1))[at]).astype(np.float64)
    gone = np.zeros(len(pupils), dtype=np.int64)
    gone[order] = whole_by_group(expected, at, (cells * _GOLDEN) % 1.0)
    return without(rows, np.minimum(gone, rows.pupils))

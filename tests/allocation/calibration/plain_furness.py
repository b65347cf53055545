"""Iterative proportional fitting as one would do it on paper: a whole table, rows and columns in turn."""

from __future__ import annotations

import math

Table = list[list[float]]


def by_hand(seed: Table, rows: list[float], columns: list[float | None], rounds: int = 3000) -> Table:
    """The table after so many rounds of rows to totals, columns to totals, and rows once more; None: a free column."""
    table = [list(row) for row in seed]
    _rows(table, rows)
    for _ in range(rounds):
        for j, total in enumerate(columns):
            given = sum(row[j] for row in table)
            if total is not None and given > 0:
                for row in table:
                    row[j] *= total / given
        _rows(table, rows)
    return table


def _rows(table: Table, rows: list[float]) -> None:
    for i, total in enumerate(rows):
        given = sum(table[i])
        if given > 0:
            table[i] = [value * total / given for value in table[i]]


def information(value: Table, seed: Table) -> float:
    """Σ value·log(value ÷ seed), 0 where the value is 0."""
    pairs = ((v, s) for row, start in zip(value, seed, strict=True) for v, s in zip(row, start, strict=True))
    return sum(v * math.log(v / s) for v, s in pairs if v > 0)

"""From text cells to a typed table, every refused cell as a finding.

Column types: id, text, choice, stage, grade and ISO dates are `object` (None where blank); booleans `object` (True,
False, None); numbers, shares and money `float64` (NaN where blank); integers, years and cohorts `int64` where the
dictionary requires them, else `float64`. Columns the file lacks are there, all missing. While a table still has errors,
a required whole number with a refused cell is `float64`: such a table is checked further, never computed with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.dictionary import Column, TableSpec
from placesim.errors import Finding
from placesim.inputs.cells import NUMERIC, WHOLE, Problem, parse
from placesim.inputs.findings import SHOWN_PER_COLUMN, how_many_more
from placesim.inputs.reshape import Shaped
from placesim.records import Ints
from placesim.scenario.parameters import ColumnSource


@dataclass(frozen=True)
class Typed:
    """All columns of the dictionary in its order, the findings, and which rows have a refused cell."""

    frame: pd.DataFrame
    findings: list[Finding]
    refused: NDArray[np.bool_]


def type_table(shaped: Shaped, spec: TableSpec) -> Typed:
    """The cells of a table typed column by column."""
    series: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    refused = np.zeros(len(shaped.record), dtype=bool)
    for column in spec.columns:
        if column.id in shaped.cells:
            series[column.id], rows = _type_column(shaped, column, findings)
            refused[rows] = True
        else:
            series[column.id] = _missing(column, len(shaped.record))
    return Typed(pd.DataFrame(series), findings, refused)


def _type_column(shaped: Shaped, column: Column, findings: list[Finding]) -> tuple[pd.Series, Ints]:
    """The typed column and its refused rows. Each different text is parsed once: rows are many, texts are few."""
    source = shaped.sources.get(column.id, ColumnSource())
    codes, unique = pd.factorize(shaped.cells[column.id])
    parsed = [parse(text, column, source) for text in unique]
    problems = {i: p for i, p in enumerate(parsed) if isinstance(p, Problem)}
    if column.required:
        problems |= {i: Problem("E216", {}) for i, p in enumerate(parsed) if p is None}
    rows = np.flatnonzero(np.isin(codes, list(problems)))
    findings += _told(shaped, column.id, rows, [problems[code] for code in codes[rows]])
    return _as_series([None if isinstance(p, Problem) else p for p in parsed], codes, column), rows


def _told(shaped: Shaped, column: str, rows: Ints, problems: Sequence[Problem]) -> Iterator[Finding]:
    """The first findings of each kind and how many more there are: a wrong column has as many as the table has rows."""
    count: Counter[str] = Counter()
    for row, problem in zip(rows, problems, strict=True):
        count[problem.code] += 1
        if count[problem.code] <= SHOWN_PER_COLUMN:
            yield shaped.at(problem.code, int(row), column, problem.facts)
    for code, found in count.items():
        if found > SHOWN_PER_COLUMN:
            place = shaped.at(code, int(rows[0]), column, {})
            yield how_many_more(place, code, found)


def _as_series(values: Sequence[Any], codes: Ints, column: Column) -> pd.Series:
    if column.type not in NUMERIC:
        unique = np.empty(len(values), dtype=object)
        unique[:] = values
        return pd.Series(unique[codes], dtype=object)
    numbers = np.array([np.nan if v is None else v for v in values], dtype=np.float64)[codes]
    if column.type in WHOLE and column.required and not np.isnan(numbers).any():
        return pd.Series(numbers.astype(np.int64))
    return pd.Series(numbers)


def _missing(column: Column, rows: int) -> pd.Series:
    if column.type in NUMERIC:
        return pd.Series(np.full(rows, np.nan))
    return pd.Series(np.full(rows, None, dtype=object), dtype=object)


def key_order(frame: pd.DataFrame, key: Sequence[str]) -> Ints:
    """Positions that sort the rows by their key, blanks first, ids as text; equal keys keep the order of the file."""
    codes = [pd.factorize(frame[column], sort=True)[0] for column in key]
    return np.lexsort(codes[::-1]).astype(np.int64)

"""Findings about typed tables: where a row came from, and how many of a kind are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from placesim.errors import Finding
from placesim.inputs.raw import cell_text, shown
from placesim.records import Ints, Table

SHOWN_PER_COLUMN = 20


def at_table(table: Table, code: str, column: str | None = None, facts: Mapping[str, Any] | None = None) -> Finding:
    """A finding about a table as a whole, or about one of its columns."""
    header = table.source.headers.get(column, column) if column else None
    said = {"table": table.name, **(facts or {})}
    return Finding(code, table.source.file, table.source.sheet, column=header, facts=said)


def at_row(table: Table, code: str, row: int, column: str, facts: Mapping[str, Any] | None = None) -> Finding:
    """A finding about the cell of a canonical column in row position `row`."""
    number = int(table.file_row[row])
    letter = table.source.letters.get(column)
    value = table.rows[column].iloc[row] if column in table.rows and column != "geometry" else None
    return replace(
        at_table(table, code, column, facts),
        row=number,
        cell=f"{letter}{number}" if letter else None,
        value=None if value is None or pd.isna(value) else shown(cell_text(_python(value))),
    )


def _python(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def positions(values: pd.Series, ids: Sequence[str]) -> Ints:
    """Where each value first stands in `ids` (which may still hold an id twice); −1 where it is blank or unknown."""
    known = pd.Series(list(ids), dtype=object)
    first = known[known.notna() & ~known.duplicated()]
    found = pd.Index(first).get_indexer(pd.Index(values, dtype=object))
    return np.where(found >= 0, np.append(first.index.to_numpy(), -1)[found], -1).astype(np.int64)


def capped(findings: Iterable[Finding]) -> list[Finding]:
    """At most twenty findings of one code in one column of a table, then one note that counts the rest."""
    kept: list[Finding] = []
    seen: Counter[tuple[str | None, ...]] = Counter()
    last: dict[tuple[str | None, ...], Finding] = {}
    for finding in findings:
        place: tuple[str | None, ...] = (finding.code, finding.file, finding.sheet, finding.column)
        seen[place] += 1
        last[place] = finding
        if seen[place] <= SHOWN_PER_COLUMN:
            kept.append(finding)
    for place, count in seen.items():
        if count > SHOWN_PER_COLUMN:
            kept.append(how_many_more(last[place], str(place[0]), count))
    return kept


def how_many_more(last: Finding, code: str, count: int) -> Finding:
    """The note that stands for the findings of a kind beyond those that are told."""
    facts = {"count": count - SHOWN_PER_COLUMN, "code": code}
    return replace(last, code="N240", row=None, cell=None, value=None, facts=facts)


def spans(values: Ints) -> str:
    """Increasing whole numbers in words: 3–5, 9."""
    runs = np.split(values, np.flatnonzero(np.diff(values) != 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


def first_few(ids: Iterable[object], most: int = 5) -> str:
    """The first ids of a list in words, with an ellipsis where there are more."""
    ids = list(ids)
    return ", ".join(map(str, ids[:most])) + (" …" if len(ids) > most else "")

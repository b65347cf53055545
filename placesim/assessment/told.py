"""What a room of the assessment says: its tables, and what it could not compute and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

NOT_COMPUTABLE = ("what", "input_table", "input_column")


@dataclass(frozen=True)
class Missing:
    """`what` (label key `what.<what>`) cannot be computed without `table`, or without this column of it."""

    what: str
    table: str
    column: str | None = None


@dataclass(frozen=True)
class Told:
    """tables by the name they are saved under; missing: what could not be computed."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()


def all_told(parts: Iterable[Told]) -> dict[str, pd.DataFrame]:
    """The tables of all parts, and `not_computable`."""
    parts = tuple(parts)
    missing = [(m.what, m.table, m.column) for part in parts for m in part.missing]
    tables = {name: table for part in parts for name, table in part.tables.items()}
    return tables | {"not_computable": pd.DataFrame(missing, columns=list(NOT_COMPUTABLE), dtype=object)}

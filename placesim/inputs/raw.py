"""A table as its file shows it: every cell as text, with the row and letter that the user's own program shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.records import Ints

Texts = NDArray[np.object_]  # str in every cell; blank cells are empty or white space

UNCACHED = "\x00formula"  # stands in a cell whose formula has no saved result; no file can hold this text
TITLE_ROWS = 10  # rows below the first with text in which the header is looked for
DIGITS_KEPT = 1e15  # whole numbers from here on have lost digits in a spreadsheet's floating point


@dataclass(frozen=True)
class RawTable:
    """Text cells by column position. `rows`: line, sheet row or feature number of each record."""

    file: str
    sheet: str | None
    headers: tuple[str, ...]
    columns: tuple[Texts, ...]
    rows: Ints
    header_row: int | None = None  # none in GIS layers
    letters: tuple[str, ...] = ()  # workbooks only
    below: tuple[tuple[int, tuple[str, ...]], ...] = ()  # the first rows below the header in full, with their numbers
    geometry: gpd.GeoSeries | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()
    sha256: str | None = None  # of what was read, where there is no file to hash

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, code: str, record: int, position: int, facts: dict[str, Any]) -> Finding:
        """A finding about one cell."""
        row = int(self.rows[record])
        return Finding(
            code,
            file=self.file,
            sheet=self.sheet,
            row=row,
            column=self.headers[position],
            cell=f"{self.letters[position]}{row}" if self.letters else None,
            value=shown(self.columns[position][record]),
            facts=facts,
        )

    def at_header(self, code: str, position: int, facts: dict[str, Any]) -> Finding:
        """A finding about the header of a column."""
        header, row = self.headers[position], self.header_row
        cell = f"{self.letters[position]}{row}" if self.letters else None
        return Finding(code, self.file, self.sheet, row, header, cell, value=shown(header), facts=facts)


def shown(text: str) -> str:
    """A cell as a message quotes it: on one line, not endless."""
    text = "=…" if text == UNCACHED else " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def cell_text(value: Any) -> str:
    """The text of a typed cell: 13402001.0 of a spreadsheet is 13402001, a date is ISO, missing is empty."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < DIGITS_KEPT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return str(value)


def text_columns(records: Sequence[Sequence[str]], width: int) -> tuple[Texts, ...]:
    """Columns of records that have `width` cells each."""
    return tuple(as_texts([record[i] for record in records]) for i in range(width))


def as_texts(values: Sequence[str]) -> Texts:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column

"""The words of headers: how they are compared with the names of columns, and how they are shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz import fuzz

from placesim.dictionary import Column
from placesim.inputs.raw import shown


def plain(header: str) -> str:
    """A header without the differences people do not see: width, case, white space, underscores."""
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", header)).casefold()


def find(headers: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    """Positions of the headers that match best: exactly, else but for case and spaces."""
    for name in wanted:
        exact = [i for i, h in enumerate(headers) if h == name]
        if exact:
            return exact
    names = {plain(name) for name in wanted}
    return [i for i, h in enumerate(headers) if h and plain(h) in names]


def likeness(header: str, column: Column) -> float:
    """How like a header is to a column's names, 0 to 100; what a label says in brackets is an explanation."""
    names = (column.id, column.en, column.zh, *(re.split("[(（]", n)[0] for n in (column.en, column.zh)))
    return max(fuzz.ratio(plain(header), plain(name)) for name in names)


def listed(headers: Sequence[str]) -> str:
    return ", ".join(shown(h) for h in headers[:12]) + (", …" if len(headers) > 12 else "")

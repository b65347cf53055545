"""Headers that are not used but look like a column that was not found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from placesim.dictionary import Column
from placesim.errors import Finding
from placesim.inputs.headers import find, likeness
from placesim.inputs.request import Request
from placesim.inputs.reshape import Shaped

RESEMBLES = 84  # rapidfuzz ratio from which an unused header looks like a misspelt column
RESEMBLES_KEY = 70  # the same for a column of the key
TELLS_APART = 50  # the same where rows of one key differ by this header
MANY = 0.1  # share of rows without a key of their own that a lost column explains better than a few double entries


def lookalikes(shaped: Shaped, request: Request) -> Iterator[Finding]:
    """Unused headers that may be misspelt names of optional columns: these would go missing without a word.

    An error where the rows of a table cannot be told apart without such a column of its key.
    """
    spec = request.spec
    absent = [c for c in spec.columns if c.id not in shaped.cells and not c.required]
    free = _unused(shaped, request)
    key = [k for k in spec.key if k in shaped.cells]
    twice = 0 if spec.geometry == "line" or not free else _duplicates(shaped, key, None)
    lost = twice > MANY * len(shaped.record)
    for position in free if absent else []:
        header = shaped.raw.headers[position]
        best = max(absent, key=lambda c: likeness(header, c))
        like, label = likeness(header, best), {"en": best.en, "zh": best.zh}
        if best.id in spec.key and lost and like >= TELLS_APART and 2 * _duplicates(shaped, key, position) <= twice:
            facts = {"table": spec.id, "column": best.id, "label": label, "count": twice}
            yield shaped.raw.at_header("E252", position, facts)
        elif like >= _enough(best, request):
            yield shaped.raw.at_header("W200", position, {"column": best.id, "label": label})


def _enough(column: Column, request: Request) -> int:
    return RESEMBLES_KEY if column.id in request.spec.key else RESEMBLES


def _unused(shaped: Shaped, request: Request) -> list[int]:
    """Positions of headers that neither a column nor a condition has taken."""
    used = {int(p) for positions in shaped.position.values() for p in np.unique(positions)}
    used |= {p for header in request.source.where for p in find(shaped.raw.headers, (header,))}
    return [i for i, header in enumerate(shaped.raw.headers) if header and i not in used]


def _duplicates(shaped: Shaped, key: list[str], position: int | None) -> int:
    """How many rows repeat the key of an earlier one, with the cells of a further column in it where one is given."""
    cells = {k: shaped.cells[k] for k in key}
    if position is not None:
        cells["\0"] = shaped.raw.columns[position][shaped.record]
    return int(pd.DataFrame(cells).duplicated().sum()) if cells else 0

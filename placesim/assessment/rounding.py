"""How exactly measures are written: no figure claims more than the model knows, and rules judge what is written."""

from __future__ import annotations

import pandas as pd

from placesim.vocabulary import METRICS

DIGITS = {
    "minutes": 2, "m": 1, "share": 4, "pupils per class": 2, "persons": 1, "m2 per place": 2,
    "teachers per 100 pupils": 3, "rooms per 100 pupils": 3, "m2 per pupil": 3, "yuan per pupil": 1, "cv": 4,
    "rooms per 12 classes": 3, "m2": 1,
}  # fmt: skip


def as_written(measures: pd.DataFrame) -> pd.DataFrame:
    """The measures with the digits of their units (minutes, class sizes, m² a place 2, metres, persons 1, shares 4,
    amounts per pupil, per 100 pupils and per 12 classes 3, money per pupil 1, coefficients of variation 4, areas 1)."""
    units = {c: METRICS.get(str(c), "") for c in measures.columns}
    return measures.round({c: DIGITS[unit] for c, unit in units.items() if unit in DIGITS})

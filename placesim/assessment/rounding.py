"""How exactly measures are written: no figure claims more than the model knows, and rules judge what is written."""

from __future__ import annotations

import pandas as pd

from placesim.vocabulary import METRICS

DIGITS = {"minutes": 2, "m": 1, "share": 4, "pupils per class": 2, "persons": 1, "m2 per place": 2}


def as_written(measures: pd.DataFrame) -> pd.DataFrame:
    """The measures with the digits of their units (minutes, class sizes, m² 2, metres, persons 1, shares 4)."""
    units = {c: METRICS.get(str(c), "") for c in measures.columns}
    return measures.round({c: DIGITS[unit] for c, unit in units.items() if unit in DIGITS})

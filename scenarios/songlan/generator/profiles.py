"""Household profiles: residents by age per occupied dwelling when people move in."""

from __future__ import annotations

import pandas as pd

GROUPS = [(0, 2), (3, 5), (6, 11), (12, 14), (15, 17), (18, 24), (25, 34), (35, 44), (45, 59), (60, 100)]
PERSONS = {  # per dwelling, made up so that small flats hold few children and family flats many
    "commodity_large": (0.13, 0.16, 0.34, 0.14, 0.10, 0.12, 0.62, 0.68, 0.36, 0.30),
    "commodity_small": (0.08, 0.08, 0.14, 0.06, 0.04, 0.16, 0.62, 0.36, 0.30, 0.22),
    "resettlement": (0.10, 0.11, 0.23, 0.11, 0.11, 0.22, 0.50, 0.42, 0.66, 0.62),
    "public_rental": (0.07, 0.08, 0.18, 0.08, 0.06, 0.22, 0.46, 0.36, 0.36, 0.28),
    "talent": (0.09, 0.07, 0.06, 0.02, 0.01, 0.20, 0.98, 0.22, 0.06, 0.04),
    "old_estate": (0.05, 0.06, 0.15, 0.09, 0.09, 0.14, 0.28, 0.32, 0.56, 0.80),
}


def profiles_table() -> pd.DataFrame:
    """dwelling_type, age_from, age_to, persons."""
    rows = [(kind, *ages, p) for kind, persons in PERSONS.items() for ages, p in zip(GROUPS, persons, strict=True)]
    return pd.DataFrame(rows, columns=["dwelling_type", "age_from", "age_to", "persons"])

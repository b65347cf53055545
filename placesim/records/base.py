"""What every record is made of: frozen dataclasses with read-only arrays that assert their law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def no_rows(columns: Iterable[str]) -> pd.DataFrame:
    """A table that has its columns and nothing else."""
    return pd.DataFrame(columns=list(columns))


class LawError(AssertionError):
    """A record breaks its own law: an error of the program, never of the user's data."""


def require(law: bool | np.bool_, text: str) -> None:
    """Raise LawError unless the law holds (kept under `python -O`, unlike assert)."""
    if not law:
        raise LawError(text)


class Frozen:
    """Base of the records: every array attribute is made read-only."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            for array in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
        self.check()

    def check(self) -> None:
        """Assert the record's law."""


def freeze(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only view of a mapping."""
    return MappingProxyType(dict(mapping))

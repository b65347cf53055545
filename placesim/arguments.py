"""What array-level functions ask of their arguments: numbers, axes, and the first cell that breaks a rule named."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.errors import InputError

LARGEST = 2**53  # above it, whole numbers are no longer exact as float64


def as_numbers(argument: str, given: ArrayLike, *, axes: int | None = None) -> NDArray[np.float64]:
    """`given` as float64, not copied where it is that already. Raises InputError: not numbers, or other axes."""
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(argument, "must be an array of numbers") from error
    if axes is not None and values.ndim != axes:
        rule = ("must be one number", "must have one axis")[axes] if axes < 2 else f"must have {axes} axes"
        raise InputError(argument, rule, value=f"shape {values.shape}")
    return values


def refuse(argument: str, values: NDArray[np.float64], wrong: NDArray[np.bool_], rule: str) -> None:
    """Raise InputError with the first index at which `wrong` holds."""
    if wrong.any():
        first = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
        raise InputError(argument, rule, first[0] if len(first) == 1 else first or None, values[first])

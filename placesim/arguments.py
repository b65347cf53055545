"""What array-level functions ask of their arguments: numbers, axes, tables, and the first cell that breaks a rule
named."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from placesim.errors import InputError

LARGEST = 2**53  # above it, whole numbers are no longer exact as float64
NO_NUMBERS: Final = "cmMV"  # kinds of arrays that numpy would turn into float64 though they are no counts or rates
TRUTHS: Final = (bool, np.bool_)
NO_NUMBER: Final = (
    complex,
    np.complexfloating,
    datetime.date,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,  # to numpy a whole number
)
PARTS: Final = (list, tuple, np.ndarray)  # what may hold such cells


def as_numbers(argument: str, given: ArrayLike, *, axes: int | None = None, truths: bool = True) -> NDArray[np.float64]:
    """`given` as float64, not copied where it is that already, NaN where a cell is None or NA.

    Raises InputError: masked cells, complex numbers, dates, truth values unless `truths` says that they may stand for
    1 and 0, anything else that is no number, or other axes.
    """
    try:
        odd = odd_cell(given, truths=truths)
        values = np.zeros(0) if odd else _as_floats(given)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(argument, "must be an array of numbers") from error
    if odd:
        index, rule = odd
        raise InputError(argument, rule, index[0] if len(index) == 1 else index or None)
    if axes is not None and values.ndim != axes:
        rule = ("must be one number", "must have one axis")[axes] if axes < 2 else f"must have {axes} axes"
        raise InputError(argument, rule, value=f"shape {values.shape}")
    return values


def as_counts(argument: str, given: ArrayLike) -> NDArray[np.int64]:
    """`given`, with one axis, as whole numbers of pupils or places.

    Raises InputError: NaN, infinite, negative, fractional or above 2⁵³.
    """
    values = as_numbers(argument, given, axes=1)
    refuse(argument, values, ~(values >= 0) | np.isinf(values), "must be finite and not negative")
    refuse(argument, values, values > LARGEST, "must not be above 2⁵³")
    refuse(argument, values, values != np.floor(values), "must be a whole number (round with `whole` first)")
    return values.astype(np.int64)


def _as_floats(given: ArrayLike) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):  # a longer float beyond float64 becomes infinite: for the caller to judge
        return np.asarray(given, dtype=np.float64)


def odd_cell(given: object, *, truths: bool = False) -> tuple[tuple[int, ...], str] | None:
    """Index of the first cell that numpy would take for a number though it is none, and the rule it breaks."""
    if isinstance(given, (list, tuple)):
        return _odd_part(given, truths)
    if isinstance(given, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(given)
        if mask.dtype == np.bool_ and mask.any():
            return _first(mask), "must be a number, not a masked cell"
    array = np.asarray(given)
    kind = array.dtype.kind
    if kind in NO_NUMBERS or (kind == "b" and not truths):
        return ((0,) * array.ndim, f"must be a number, not {array.dtype}") if array.size else None
    if kind != "O":
        return None
    return _odd_part(array.tolist(), truths) if array.ndim else _odd_value(array.item(), truths)


def _odd_part(cells: Iterable[object], truths: bool) -> tuple[tuple[int, ...], str] | None:
    for i, cell in enumerate(cells):
        odd = odd_cell(cell, truths=truths) if isinstance(cell, PARTS) else _odd_value(cell, truths)
        if odd is not None:
            return (i, *odd[0]), odd[1]
    return None


def _odd_value(cell: object, truths: bool) -> tuple[tuple[int, ...], str] | None:
    odd = (isinstance(cell, NO_NUMBER) and cell is not pd.NaT) or (not truths and isinstance(cell, TRUTHS))
    return ((), f"must be a number, not {type(cell).__name__}") if odd else None


def is_number(given: object) -> bool:
    """Whether it is one real number: no truth value, span of time, text or array."""
    return isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, (bool, np.timedelta64))


def as_table(argument: str, given: object, columns: Iterable[str]) -> pd.DataFrame:
    """`given`. Raises InputError: not a DataFrame, a column named twice, or one of `columns` missing."""
    if not isinstance(given, pd.DataFrame):
        raise InputError(argument, "must be a DataFrame", value=type(given).__name__)
    for name in given.columns[given.columns.duplicated()][:1]:
        raise InputError(argument, f"must have the column {name} once")
    for name in columns:
        if name not in given:
            raise InputError(argument, f"must have the column {name}", value=", ".join(map(str, given.columns)))
    return given


def refuse(argument: str, values: NDArray[np.float64], wrong: NDArray[np.bool_], rule: str) -> None:
    """Raise InputError with the first index at which `wrong` holds."""
    if wrong.any():
        first = _first(wrong)
        raise InputError(argument, rule, first[0] if len(first) == 1 else first or None, values[first])


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    """Index of the first cell that is true."""
    return tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))

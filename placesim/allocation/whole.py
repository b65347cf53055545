"""Whole children: controlled rounding along an axis, by rounding the running sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from placesim.arguments import LARGEST, as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints

_BITS = 40  # fractions are held as whole multiples of 2⁻⁴⁰, so that running sums carry no float noise
_ONE = 1 << _BITS
_SNAP = round(1e-9 * _ONE)  # a running sum that misses a rounding boundary by 1e-9 or less stands on it
_GOLDEN = (5**0.5 - 1) / 2
_SILVER = 2**0.5 - 1


def whole(pupils: ArrayLike, *, phase: ArrayLike = 0.5) -> Ints:
    """int[..., area]: whole pupils whose every running total over the areas is the given one, rounded.

    pupils[..., area] ≥ 0, fractional; phase in [0, 1), a number or an array for the leading axes: a running sum is
    rounded up where its fraction is 1 − phase or more (0.5: to the nearest). With S the running sums of the fractions,
    result = ⌊pupils⌋ + difference of ⌊S + phase⌋. Hence every cell and every running total is less than 1 off, whole
    numbers and zeros stay, and a total that is whole is kept (cumulative rounding; cf. Cox, JASA 82, 1987).

    Raises InputError for pupils that are NaN, infinite, negative, above 2⁵³ or have no axis, and for a phase outside
    [0, 1).
    """
    values = as_numbers("pupils", pupils)
    if values.ndim == 0:
        raise InputError("pupils", "must have at least one axis, [..., area]")
    refuse("pupils", values, ~(values >= 0) | np.isinf(values), "must be finite and not negative")
    refuse("pupils", values, values > LARGEST, "must not be above 2⁵³")
    floor, fraction = _parts(values)
    start = (_phase(phase, values.shape[:-1]) + _SNAP)[..., None]
    sums = np.concatenate([start, np.cumsum(fraction, axis=-1) + start], axis=-1) >> _BITS
    return floor + np.diff(sums, axis=-1)


def whole_by_group(pupils: Floats, group: Ints, phase: Floats) -> Ints:
    """int[row]: as `whole`, with running sums that start anew in each group.

    group[row] is sorted; phase[group]. A group whose pupils sum to a whole number keeps it.
    """
    floor, fraction = _parts(pupils)
    sums = np.cumsum(fraction)
    first = np.searchsorted(group, group)
    start = (phase * _ONE).astype(np.int64)[group] + _SNAP - (sums[first] - fraction[first])
    return floor + ((sums + start) >> _BITS) - ((sums - fraction + start) >> _BITS)


def _parts(pupils: Floats) -> tuple[Ints, Ints]:
    """(whole part, fraction in units of 2⁻⁴⁰)"""
    floor = np.floor(pupils)
    return floor.astype(np.int64), np.rint((pupils - floor) * _ONE).astype(np.int64)


def cohort_phase(cohorts: ArrayLike, groups: int) -> Floats:
    """phase[..., group] in [0, 1) of birth cohorts: the same in every year of a cohort's life, and spread evenly.

    Fractions of multiples of the golden ratio (van der Corput, Weyl): neighbouring cohorts, which are the grades of a
    school in one year, do not all round the same way.
    """
    base = np.asarray(cohorts, dtype=np.float64)[..., None] * _GOLDEN
    return (base + np.arange(groups) * _SILVER) % 1.0


def _phase(phase: ArrayLike, shape: tuple[int, ...]) -> Ints:
    values = as_numbers("phase", phase)
    refuse("phase", values, ~((values >= 0) & (values < 1)), "must lie in [0, 1)")
    try:
        return np.broadcast_to((values * _ONE).astype(np.int64), shape)
    except ValueError as error:
        raise InputError("phase", f"must fit the leading axes {shape}", value=f"shape {values.shape}") from error

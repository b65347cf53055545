"""Balance between schools."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.errors import InputError


def weighted_cv(amount: ArrayLike, pupils: ArrayLike) -> float:
    """Pupil-weighted coefficient of variation of an amount per pupil between schools.

    amount[school] what each school has (not per pupil) · pupils[school]. A school without pupils and without amount
    counts for nothing.

        X̄ = Σx ÷ ΣP    S = √ Σ (P_i ÷ ΣP) (x_i ÷ P_i − X̄)²    CV = S ÷ X̄

    Source: the worked example to 教督〔2012〕3号 (差异系数); it is not the plain deviation over the mean of schools.
    Raises InputError: shapes differ or are not [school], values not finite or negative, an amount without pupils,
    no pupils or no amount at all.
    """
    x, p = _checked("amount", amount), _checked("pupils", pupils)
    if x.shape != p.shape:
        raise InputError("pupils", f"must have as many schools as amount ({len(x)})", value=len(p))
    if p.sum() == 0:
        raise InputError("pupils", "must hold a school with pupils")
    if x.sum() == 0:
        raise InputError("amount", "must not be zero in every school")
    bare = np.flatnonzero((p == 0) & (x > 0))
    if bare.size:
        raise InputError("pupils", "must be above 0 where there is an amount", int(bare[0]), 0)
    x, p = x[p > 0], p[p > 0]
    mean = x.sum() / p.sum()
    spread = np.sqrt((p / p.sum() * (x / p - mean) ** 2).sum())
    return float(spread / mean)


def _checked(argument: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(argument, "must be numbers") from None
    if array.ndim != 1:
        raise InputError(argument, "must have one axis, [school]", value=f"shape {array.shape}")
    wrong = np.flatnonzero(~np.isfinite(array) | (array < 0))
    if wrong.size:
        raise InputError(argument, "must be finite and not negative", int(wrong[0]), array[wrong[0]])
    return array

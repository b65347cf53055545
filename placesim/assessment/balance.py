"""Balance between schools."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, refuse
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
    refuse("pupils", p, (p == 0) & (x > 0), "must be above 0 where there is an amount")
    x, p = x[p > 0], p[p > 0]
    mean = x.sum() / p.sum()
    spread = np.sqrt((p / p.sum() * (x / p - mean) ** 2).sum())
    return float(spread / mean)


def _checked(argument: str, given: ArrayLike) -> NDArray[np.float64]:
    values = as_numbers(argument, given, axes=1)
    refuse(argument, values, ~np.isfinite(values) | (values < 0), "must be finite and not negative")
    return values

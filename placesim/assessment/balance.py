"""Balance between schools: how far apart they are, and the least that must be added to bring them nearer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, is_number, refuse
from placesim.errors import InputError

Floats = NDArray[np.float64]


def weighted_cv(amount: ArrayLike, pupils: ArrayLike) -> float:
    """Pupil-weighted coefficient of variation of an amount per pupil between schools.

    amount[school] what each school has (not per pupil) · pupils[school]. A school without pupils and without amount
    counts for nothing.

        X̄ = Σx ÷ ΣP    S = √ Σ (P_i ÷ ΣP) (x_i ÷ P_i − X̄)²    CV = S ÷ X̄

    Source: the worked example to 教督〔2012〕3号 (差异系数); it is not the plain deviation over the mean of schools.
    Raises InputError: shapes differ or are not [school], values not finite or negative, an amount without pupils,
    no pupils or no amount at all.
    """
    x, p = _schools(amount, pupils)
    mean = x.sum() / p.sum()
    spread = np.sqrt((p / p.sum() * (x / p - mean) ** 2).sum())
    return float(spread / mean)


def plain_cv(amount: ArrayLike, pupils: ArrayLike) -> float:
    """Sample deviation over the mean of the amounts per pupil, every school alike (the STDEV ÷ AVERAGE of a sheet).

    Shown beside `weighted_cv` because some inspection systems compute it; a single school has 0. Raises as there.
    """
    x, p = _schools(amount, pupils)
    per_pupil = x / p
    return float(per_pupil.std(ddof=1) / per_pupil.mean()) if len(p) > 1 else 0.0


def least_addition(amount: ArrayLike, pupils: ArrayLike, limit: float) -> Floats:
    """added[school] of least sum after which `weighted_cv` is at most `limit`.

    Every school below one common level is raised to it; nobody above it is touched. This is optimal: with y = x ÷ P and
    weights w = P ÷ ΣP, CV ≤ L says ‖y‖_w ≤ √(1 + L²) Σwy, a convex cone, and the sum is linear, so a point that meets
    the Karush-Kuhn-Tucker conditions is a least one; they ask the same y of every raised school and no less of the
    others. CV falls as the level rises, and between two schools' own levels the level is the root of a quadratic. The
    same holds above any least amount per school: raise to it first, then ask for the rest.
    Amounts are not whole: teachers and rooms are rounded up by whoever adds them.
    Raises InputError: as `weighted_cv`, or a limit that is not finite and above 0.
    """
    if not is_number(limit) or not np.isfinite(limit) or limit <= 0:
        raise InputError("limit", "must be finite and above 0", value=limit)
    x, p = _pairs(amount, pupils)
    _some(x)
    there = p > 0
    added = np.zeros_like(x)
    added[there] = np.maximum(_level(x[there], p[there], limit) * p[there] - x[there], 0.0)
    return added


def _level(x: Floats, p: Floats, limit: float) -> float:
    """The lowest common level per pupil to which schools are raised; 0 where the CV is within the limit already."""
    order = np.argsort(x / p, kind="stable")
    x, p = x[order], p[order]
    y, bound = x / p, 1 + limit**2
    weight, mass, square = (np.append(0.0, np.cumsum(v)) for v in (p, x, x * y))
    total = p.sum()

    def over(k: int, level: float) -> float:
        """ΣP Σ P y² − (1 + L²) (Σ P y)² with the k lowest at the level; at most 0 where the CV is within the limit."""
        raised = weight[k] * level + mass[-1] - mass[k]
        return float(total * (weight[k] * level**2 + square[-1] - square[k]) - bound * raised**2)

    if over(0, 0.0) <= 0:
        return 0.0
    k = next(i for i in range(1, len(y)) if over(i, y[i]) <= 0)  # with all at the highest level the CV is 0
    return _root(total, bound, weight[k], mass[-1] - mass[k], square[-1] - square[k])


def _root(total: float, bound: float, weight: float, mass: float, square: float) -> float:
    """The lower root t of total (weight t² + square) = bound (weight t + mass)²."""
    a = weight * (total - bound * weight)
    half = bound * weight * mass
    c = total * square - bound * mass**2
    if a == 0:
        return float(c / (2 * half))
    root = np.sqrt(max(half**2 - a * c, 0.0))
    return float(c / (half + root))


# ---------------------------------------------------------------------------------------------- arguments
def _schools(amount: ArrayLike, pupils: ArrayLike) -> tuple[Floats, Floats]:
    """amount and pupils of the schools with pupils."""
    x, p = _pairs(amount, pupils)
    _some(x)
    return x[p > 0], p[p > 0]


def _pairs(amount: ArrayLike, pupils: ArrayLike) -> tuple[Floats, Floats]:
    x, p = _checked("amount", amount), _checked("pupils", pupils)
    if x.shape != p.shape:
        raise InputError("pupils", f"must have as many schools as amount ({len(x)})", value=len(p))
    if p.sum() == 0:
        raise InputError("pupils", "must hold a school with pupils")
    refuse("pupils", p, (p == 0) & (x > 0), "must be above 0 where there is an amount")
    return x, p


def _some(x: Floats) -> None:
    if x.sum() == 0:
        raise InputError("amount", "must not be zero in every school")


def _checked(argument: str, given: ArrayLike) -> Floats:
    values = as_numbers(argument, given, axes=1)
    refuse(argument, values, ~np.isfinite(values) | (values < 0), "must be finite and not negative")
    return values

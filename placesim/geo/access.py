"""Access of areas to schools from a matrix of minutes: opportunities within reach, gravity, floating catchments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from placesim.arguments import as_numbers, is_number, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints

_CELLS = 4_000_000  # weights held at once: 32 MB
_COUNT = "must be a finite number of 0 or more"
_WAY = "must be a number of 0 or more (infinite = out of reach)"

# minutes[…] → weight[…], each 0 or more; a number β stands for exp(−β · minutes)
Decay = Callable[[Floats], ArrayLike] | float


def floating_catchment(
    supply: ArrayLike, demand: ArrayLike, minutes: ArrayLike, *, limit: float, decay: Decay | None = None
) -> Floats:
    """access[area] by two-step floating catchments: supply per unit of demand that can reach it.

    supply[school], demand[area] counts; minutes[area, school], infinite = out of reach. With w[i, j] = 1 within `limit`
    (at the limit counts), or decay(minutes) there, and 0 beyond: R_j = S_j / Σ_i w_ij P_i, A_i = Σ_j w_ij R_j (Luo &
    Wang 2003, Environment and Planning B 30; with decay Luo & Qi 2009, Health & Place 15). A school whose Σ_i w_ij P_i
    is 0 adds nothing, so Σ_i P_i A_i is the supply of the schools that people reach.

    Raises InputError: other axes or lengths, NaN, infinite or negative counts, negative minutes, limit or weights.
    """
    ways = _ways(minutes)
    schools = _counts("supply", supply, ways.shape[1], "schools (columns)")
    people = _counts("demand", demand, ways.shape[0], "areas (rows)")
    weigh = _weigher(decay, limit)
    reaching = np.zeros(len(schools))
    for rows, weights in _blocks(ways, weigh):
        reaching += people[rows] @ weights
    with np.errstate(over="ignore"):
        ratio = np.divide(schools, reaching, out=np.zeros(len(schools)), where=reaching > 0)
    refuse("supply", schools, ~np.isfinite(ratio), "must not be so large that a share of it is beyond float64")
    return _weighted(ways, weigh, ratio)


def cumulative_opportunities(opportunities: ArrayLike, minutes: ArrayLike, *, limit: float) -> Floats:
    """access[area] = Σ opportunities[school] within `limit` minutes[area, school]; at the limit counts.

    The contour measure of Geurs & van Wee (2004), Journal of Transport Geography 12. Raises InputError as
    `floating_catchment` does.
    """
    ways = _ways(minutes)
    given = _counts("opportunities", opportunities, ways.shape[1], "schools (columns)")
    return _weighted(ways, _weigher(None, limit), given)


def gravity(opportunities: ArrayLike, minutes: ArrayLike, *, decay: Decay, limit: float = np.inf) -> Floats:
    """access[area] = Σ_j opportunities[j] · decay(minutes[area, j]) over the schools within `limit` minutes.

    Hansen (1959), Journal of the American Institute of Planners 25. Raises InputError as `floating_catchment` does.
    """
    ways = _ways(minutes)
    given = _counts("opportunities", opportunities, ways.shape[1], "schools (columns)")
    if decay is None:
        raise InputError("decay", "must be a function of minutes or a number: without one, count the opportunities")
    return _weighted(ways, _weigher(decay, limit), given)


def nearest(minutes: ArrayLike) -> tuple[Floats, Ints]:
    """(minutes[area], school[area]) of the school soonest reached from each area: infinite and −1 where there is none.

    Of schools equally near the first. Metres serve as well as minutes. Raises InputError: NaN or negative minutes.
    """
    ways = _ways(minutes)
    if not ways.shape[1]:
        return np.full(len(ways), np.inf), np.full(len(ways), -1, dtype=np.int64)
    school = ways.argmin(axis=1).astype(np.int64)
    least = ways[np.arange(len(ways)), school]
    return least, np.where(np.isfinite(least), school, -1)


def share_within(people: ArrayLike, nearest: ArrayLike, limits: ArrayLike) -> Floats:
    """share[limit] of the people whose nearest school lies within each limit; at the limit counts.

    people[area] counts; nearest[area] minutes or metres, infinite where no school is reached; limits[limit] in the same
    unit. NaN where nobody lives. Raises InputError: other lengths, NaN, negative numbers.
    """
    ways, most = as_numbers("nearest", nearest, axes=1), as_numbers("limits", limits, axes=1)
    refuse("nearest", ways, ~(ways >= 0), _WAY)
    refuse("limits", most, ~(most >= 0), "must be a number of 0 or more")
    living = _counts("people", people, len(ways), "areas as nearest")
    within = (ways[None, :] <= most[:, None]) & np.isfinite(ways)
    total = living.sum()
    return within @ living / total if total > 0 else np.full(len(most), np.nan)


def _ways(minutes: ArrayLike) -> Floats:
    ways = as_numbers("minutes", minutes, axes=2)
    refuse("minutes", ways, ~(ways >= 0), _WAY)
    return ways


def _counts(argument: str, given: ArrayLike, count: int, of: str) -> Floats:
    values = as_numbers(argument, given, axes=1)
    if len(values) != count:
        raise InputError(argument, f"must have one number for each of the {count} {of}", value=len(values))
    refuse(argument, values, ~((values >= 0) & np.isfinite(values)), _COUNT)
    return values


def _weigher(decay: Decay | None, limit: float) -> Callable[[Floats], Floats]:
    """minutes[…] → weight[…], zero beyond the limit and where there is no way."""
    most = as_numbers("limit", limit, axes=0)
    refuse("limit", most, ~(most >= 0), "must be a number of 0 or more")
    if decay is not None and not callable(decay) and not (is_number(decay) and 0 <= decay < np.inf):
        raise InputError("decay", "must be a function of minutes or a finite number of 0 or more", value=decay)

    def weigh(ways: Floats) -> Floats:
        inside = (ways <= most) & np.isfinite(ways)
        if decay is None:
            return inside.astype(np.float64)
        weights = np.zeros(ways.shape)
        weights[inside] = _decayed(decay, ways[inside])
        return weights

    return weigh


def _decayed(decay: Decay, ways: Floats) -> Floats:
    if not callable(decay):
        return np.exp(-decay * ways)
    weights = as_numbers("decay", decay(ways.copy()), axes=1)
    if len(weights) != len(ways):
        raise InputError("decay", f"must give one weight for each of {len(ways)} minutes", value=len(weights))
    wrong = ~((weights >= 0) & np.isfinite(weights))
    if wrong.any():
        first = int(wrong.argmax())
        rule = f"must give {ways[first]:g} minutes a finite weight of 0 or more"
        raise InputError("decay", rule, value=weights[first])
    return weights


def _blocks(ways: Floats, weigh: Callable[[Floats], Floats]) -> Iterator[tuple[slice, Floats]]:
    """Yields (rows, weight[row, school]) for some areas at a time, so that memory stays bounded."""
    step = max(1, _CELLS // max(1, ways.shape[1]))
    for begin in range(0, len(ways), step):
        rows = slice(begin, begin + step)
        yield rows, weigh(ways[rows])


def _weighted(ways: Floats, weigh: Callable[[Floats], Floats], worth: Floats) -> Floats:
    """Σ_j weight[area, j] · worth[j]."""
    out = np.zeros(len(ways))
    for rows, weights in _blocks(ways, weigh):
        out[rows] = weights @ worth
    return out

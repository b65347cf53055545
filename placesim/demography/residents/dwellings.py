"""Developments → occupied dwellings by year: status, delay, ramp, observations, restart, demolition and return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, refuse
from placesim.demography.frames import numbers, positions
from placesim.errors import InputError
from placesim.records import Floats, Frozen
from placesim.scenario.parameters import Housing

PRESUMED: Final = "planned"  # the status of a development that states none and is not yet complete
STALLED: Final = "stalled"
LEAST_SHARE: Final = 1e-6  # of dwellings: a ramp below it has no shape to take
STATUS_PROBABILITY: Final = Housing().status_probability  # for statuses that a scenario leaves out


def occupied_dwellings(
    developments: pd.DataFrame, years: tuple[int, ...], housing: Housing, *, now: int | None = None
) -> Floats:
    """occupied[development, year]: the expected number of dwellings in which somebody lives.

    occupied = dwellings × (certain + p (expected − certain)), p the probability of the status in the year `now` (blank
    = the first of `years`), certain what has been observed. Expected, t years after completion, is the ramp's t-th
    share; an `occupied_share` with `observed_year` is reached in that year, and the ramp goes on from where it has that
    level, never below it; without a year it holds from completion on. A stalled scheme is not completed before its
    `restart_year`. Negative dwellings are a demolition: emptied at once, and `returning_share` of their households live
    there again from `return_year` on.
    """
    probability = status_probability(developments, years[0] if now is None else now, housing)
    return _occupied(developments, years, housing, built=probability, delay=told_delay(developments, housing))


def drawn_dwellings(
    developments: pd.DataFrame, years: tuple[int, ...], housing: Housing, *, built: ArrayLike, delay: ArrayLike
) -> Floats:
    """occupied[draw, development, year] of sampled futures, as `occupied_dwellings`.

    built[draw, development] 1 or 0 stands for the probability of the status; delay[draw, development] whole years come
    on top of the scenario's delays. With built ~ Bernoulli(`status_probability`) and no delay the mean over the draws
    tends to `occupied_dwellings`. Raises InputError for other shapes, for `built` beyond 0–1 and for delays that are
    negative or not whole.
    """
    chosen, late = as_numbers("built", built, axes=2), as_numbers("delay", delay, axes=2)
    for name, array in (("built", chosen), ("delay", late)):
        if array.shape != (len(chosen), len(developments)):
            rule = f"must be [draw, development ({len(developments)})], draws as in built"
            raise InputError(name, rule, value=f"shape {array.shape}")
    refuse("built", chosen, ~((chosen >= 0) & (chosen <= 1)), "must lie within 0–1")
    whole = (late >= 0) & np.isfinite(late) & (late == np.floor(late))
    refuse("delay", late, ~whole, "must be whole years, 0 or more")
    return _occupied(developments, years, housing, built=chosen, delay=told_delay(developments, housing) + late)


def status_probability(developments: pd.DataFrame, now: int, housing: Housing) -> Floats:
    """probability[development] that it is completed (in time, or after the scenario's delay), as known in year `now`.

    A blank status means complete where the year of completion is not after `now`, else planned. A stalled scheme with a
    `restart_year` has the probability of a restart.
    """
    by_status = {**STATUS_PROBABILITY, **housing.status_probability}
    completed = numbers(developments, "year") + told_delay(developments, housing)
    stated = positions(developments, "status", tuple(by_status))
    presumed = np.where(completed <= now, 1.0, by_status[PRESUMED])
    probability = np.where(stated >= 0, np.array(list(by_status.values()))[stated], presumed)
    return np.where(_restarting(developments), housing.restart_probability, probability)


def told_delay(developments: pd.DataFrame, housing: Housing) -> Floats:
    """years[development] by which the scenario has it later than the table."""
    years = np.array([*housing.delay_years.values(), 0], dtype=np.float64)
    return years[positions(developments, "development_id", tuple(housing.delay_years))]


def returning_share(developments: pd.DataFrame) -> Floats:
    """share[development] of the households of demolished dwellings who return: (1 − tenant_share) × return_share.

    Tenants do not return. 0 without a `return_year`, and for completions.
    """
    share = np.nan_to_num(numbers(developments, "return_share")) * (1.0 - _tenant_share(developments))
    told = np.isfinite(numbers(developments, "return_year")) & (numbers(developments, "dwellings") < 0)
    return np.where(told, share, 0.0)


def _tenant_share(developments: pd.DataFrame) -> Floats:
    return np.nan_to_num(numbers(developments, "tenant_share"))


def _restarting(developments: pd.DataFrame) -> NDArray[np.bool_]:
    stalled = positions(developments, "status", (STALLED,)) >= 0
    return stalled & np.isfinite(numbers(developments, "restart_year"))


# ------------------------------------------------------------------------------------------- the share in each year
@dataclass(frozen=True, eq=False)
class Timing(Frozen):
    """Of each development: opened (the table's year of completion), completed[…, development] (with delay and restart),
    gone back to [return_year + delay], the observed share and the year it was observed in (NaN: none)."""

    opened: Floats
    completed: Floats
    returned: Floats
    observed: Floats
    observed_in: Floats


def _occupied(
    developments: pd.DataFrame, years: tuple[int, ...], housing: Housing, *, built: Floats, delay: Floats
) -> Floats:
    """occupied[…, development, year] for built[…, development] and delay[…, development]."""
    timing = _timing(developments, delay)
    when = np.array(years, dtype=np.float64)
    ramp = np.array(housing.occupied or (1.0,))
    certain = _observed_path(timing, when, ramp)
    expected = np.where(timing.completed[..., None] <= when, _ramp_share(timing, when, ramp), 0.0)
    expected = np.where(np.isfinite(timing.observed_in)[:, None], _continued(timing, when, ramp, certain), expected)
    dwellings = numbers(developments, "dwellings")
    emptied = _emptied(timing, when, ramp, returning_share(developments))
    expected = np.where((dwellings < 0)[:, None], emptied, expected)
    certain = np.where((dwellings < 0)[:, None], 0.0, certain)
    return dwellings[:, None] * (certain + built[..., None] * (expected - certain))


def _timing(developments: pd.DataFrame, delay: Floats) -> Timing:
    opened, observed = numbers(developments, "year"), numbers(developments, "occupied_share")
    restart = np.where(_restarting(developments), numbers(developments, "restart_year"), opened)
    return Timing(
        opened=opened,
        completed=np.maximum(opened, restart) + delay,
        returned=numbers(developments, "return_year") + delay,
        observed=observed,
        observed_in=np.where(np.isfinite(observed), numbers(developments, "observed_year"), np.nan),
    )


def _ramp_share(timing: Timing, when: Floats, ramp: Floats) -> Floats:
    """share[…, development, year] from completion on: the ramp, or an observed share that holds for ever."""
    observed = timing.observed[:, None]
    return np.where(np.isfinite(observed), observed, _curve(when - timing.completed[..., None], ramp))


def _observed_path(timing: Timing, when: Floats, ramp: Floats) -> Floats:
    """share[development, year] that an observation proves: its level from its year on, before it the ramp's shape."""
    year, opened = timing.observed_in[:, None], timing.opened[:, None]
    ramped, reached = _curve(when - opened, ramp), _curve(year - opened, ramp)
    shape = np.divide(ramped, reached, out=np.ones_like(ramped), where=reached > LEAST_SHARE)
    before = np.where(when >= opened, np.minimum(timing.observed[:, None] * shape, 1.0), 0.0)
    path = np.where(when >= year, timing.observed[:, None], before)
    return np.where(np.isfinite(year), path, 0.0)


def _continued(timing: Timing, when: Floats, ramp: Floats, certain: Floats) -> Floats:
    """share[…, development, year] after an observation: the ramp goes on from the level observed, once work is done.

    Parts handed over before completion (or before a scheme stalled) stay at their level until the rest is completed.
    """
    resumes = np.fmax(timing.observed_in, timing.completed - 1.0)[..., None]
    later = np.maximum(when - resumes, 0.0)
    level = _curve(_position(timing.observed, ramp)[:, None] + later, ramp)
    return np.maximum(certain, np.where(later > 0, level, 0.0))


def _emptied(timing: Timing, when: Floats, ramp: Floats, returning: Floats) -> Floats:
    """share[…, development, year] of demolished dwellings that were lived in and have nobody now."""
    lived_in = np.where(np.isfinite(timing.observed), timing.observed, ramp[-1])
    back = np.where(np.maximum(timing.returned, timing.completed)[..., None] <= when, returning[:, None], 0.0)
    return np.where(timing.completed[..., None] <= when, lived_in[:, None] * (1.0 - back), 0.0)


def _curve(since: Floats, ramp: Floats) -> Floats:
    """The ramp between whole years: 0 a year before completion, then its shares, then its last one."""
    known = np.where(np.isfinite(since), since, -1.0)
    shares: Floats = np.interp(known, np.arange(-1, len(ramp)), np.append(0.0, ramp))
    return shares


def _position(level: Floats, ramp: Floats) -> Floats:
    """Years after completion at which the ramp first has the level (its last year where it never has)."""
    highest = np.maximum.accumulate(np.append(0.0, ramp))
    step = np.searchsorted(highest, level, side="left")
    above = np.minimum(step, len(ramp))
    below = np.maximum(above - 1, 0)
    rise = highest[above] - highest[below]
    part = np.divide(level - highest[below], rise, out=np.ones_like(level), where=rise > 0)
    return np.where(step == 0, -1.0, below - 1.0 + np.minimum(part, 1.0))

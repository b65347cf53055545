"""Household profiles fitted to observed yields: how many people of which ages must have moved in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from placesim.arguments import as_numbers, as_table, is_number, refuse
from placesim.demography.frames import positions
from placesim.demography.residents.population import AGES, OLDEST
from placesim.demography.residents.yields import (
    YieldModel,
    checked_model,
    checked_profile,
    checked_types,
    yields_by_age,
)
from placesim.errors import InputError
from placesim.inputs.nearest import nearest
from placesim.records import Floats, Frozen, Ints

MODEL_ERROR: Final = 0.05  # of a yield: what constant rates miss even of a yield that is known exactly (assumed)
LEAST_YIELD: Final = 0.02  # pupils per dwelling: smaller yields have the errors of this one
MIX_ROUNDING: Final = 1e-6  # a row of `age_mix` may miss 1 by this much


@dataclass(frozen=True)
class Prior:
    """What is held likely before the yields are seen: the profile times a factor for each age group.

    edges: groups + 1 increasing ages from 0 to 101. Scales, smaller ones holding the profile tighter: spread, of a
    factor around 1; step, of the difference between the factors of neighbouring groups; size, of the household's size
    around the profile's, as a share of it. Together the three make factors vary as they do between the bundled dwelling
    types: by 0.44, neighbours' by 0.31, sizes by 0.21 (standard deviations).
    """

    edges: tuple[int, ...] = (0, 3, 6, 9, 12, 15, 18, 25, 30, 35, 40, 45, 60, AGES)
    spread: float = 2.0
    step: float = 0.3
    size: float = 0.2


PRIOR: Final = Prior()


@dataclass(frozen=True, eq=False)
class Calibration(Frozen):
    """A fitted profile: persons[age 0–100+] of an occupied dwelling at entry, beside the `profile` it started from.

    factors[group] by which the age groups of `edges` were multiplied · informed[group] how far the yields decide a
    factor: 0 it is the starting profile's, 1 the yields' alone · yields: stage, years_since (NaN for a mix), observed,
    before, fitted, residual (observed − fitted, pupils per dwelling), error (the standard deviation it was weighed by).
    """

    persons: Floats
    profile: Floats
    edges: Ints
    factors: Floats
    informed: Floats
    yields: pd.DataFrame

    @property
    def moved(self) -> float:
        """Σ |persons − profile| ÷ Σ profile: how far the fit went from where it started."""
        return float(np.abs(self.persons - self.profile).sum() / max(self.profile.sum(), np.finfo(float).tiny))

    def rows(self, dwelling_type: str) -> pd.DataFrame:
        """The fitted profile as rows of the table `household_profiles`."""
        first, last = self.edges[:-1], np.minimum(self.edges[1:] - 1, OLDEST)
        persons = np.add.reduceat(self.persons, first)
        facts = {"dwelling_type": dwelling_type, "age_from": first, "age_to": last, "persons": persons}
        return pd.DataFrame(facts)


def calibrate_profile(
    observed: pd.DataFrame,
    profile: ArrayLike,
    model: YieldModel,
    *,
    age_mix: ArrayLike | None = None,
    prior: Prior = PRIOR,
) -> Calibration:
    """Fit profile[age] of one dwelling type to observed pupils per completed dwelling.

    observed: columns stage, years_since, pupils_per_dwelling and optionally dwellings, the number a yield was counted
    over. age_mix[row, years since completion] takes the place of years_since for yields of dwellings of several ages:
    the share of each age (see `stock_mix`).

    Minimises Σ ((observed − yield) ÷ error)² + Σ ((f − 1) ÷ spread)² + Σ ((f′ − f) ÷ step)² + ((n − 1) ÷ size)² over
    the factors f ≥ 0 of the age groups, f′ the next group's, n the household's size as a share of the profile's: a
    Gaussian likelihood and a Gaussian Markov prior, solved as non-negative least squares. error² = y ÷ dwellings
    (counts are Poisson; only where dwellings are told) + (MODEL_ERROR × y)², with y the observed yield or LEAST_YIELD.
    Groups that the profile leaves empty stay empty. Sources: Lawson & Hanson (1974), Solving Least Squares Problems,
    ch. 23; Rue & Held (2005), Gaussian Markov Random Fields, ch. 3.
    Raises InputError for unknown stages, yields that are negative or missing, no rows, dwellings not above 0,
    years_since missing without age_mix.
    """
    persons, edges = _start("profile", profile), _checked_prior(prior)
    seen = _observations(observed, model, age_mix)
    by_group = np.add.reduceat(_per_person(seen, model) * persons, edges[:-1], axis=1)
    expected = _prior_equations(prior, np.add.reduceat(persons, edges[:-1]))
    told = by_group / seen.error[:, None]
    factors, _ = nnls(np.concatenate([told, expected]), np.concatenate([seen.value / seen.error, expected.sum(axis=1)]))
    return Calibration(
        persons=persons * np.repeat(factors, np.diff(edges)),
        profile=persons.copy(),
        edges=edges,
        factors=factors,
        informed=_informed(told, expected),
        yields=_comparison(seen, model, by_group, factors),
    )


def calibrate_profiles(
    observed: pd.DataFrame, profiles: Mapping[str, ArrayLike], model: YieldModel, *, prior: Prior = PRIOR
) -> dict[str, Calibration]:
    """`calibrate_profile` for every dwelling type of a table of yields (columns as there, and dwelling_type).

    Raises InputError for a type without a profile, naming the nearest one; rows are counted over the whole table.
    """
    checked_types(profiles)
    _checked_prior(prior)
    _observations(observed, checked_model(model), None)
    as_table("observed", observed, ("dwelling_type",))
    kind = _named(observed, "dwelling_type", tuple(profiles))
    for row in np.flatnonzero(kind < 0):
        name = str(observed["dwelling_type"].iloc[row])
        rule = f"must have a profile; nearest: {nearest(name, map(str, profiles))}"
        raise InputError("observed.dwelling_type", rule, int(row), name)
    rows = {name: np.flatnonzero(kind == t) for t, name in enumerate(profiles)}
    starts = {name: _start(f"profiles[{name!r}]", profiles[name]) for name, own in rows.items() if len(own)}
    return {
        name: calibrate_profile(observed.iloc[rows[name]].reset_index(drop=True), start, model, prior=prior)
        for name, start in starts.items()
    }


def stock_mix(completions: ArrayLike) -> Floats:
    """age_mix[year, years since completion] of the whole stock built since the first of completions[year] ≥ 0."""
    built = as_numbers("completions", completions, axes=1, truths=False)
    refuse("completions", built, ~np.isfinite(built) | (built < 0), "must be a number, 0 or more")
    if not len(built) or built[0] <= 0:
        raise InputError("completions", "must start with a year above 0", 0 if len(built) else None)
    since = np.arange(len(built))[:, None] - np.arange(len(built))[None, :]
    stock = np.where(since >= 0, built[np.maximum(since, 0)], 0.0)
    mix: Floats = stock / stock.sum(axis=1, keepdims=True)
    return mix


# ------------------------------------------------------------------------------------------------- what was observed
@dataclass(frozen=True, eq=False)
class Observations(Frozen):
    """value[row], error[row], stage[row] (position), since[row] (NaN for a mix), mix[row, years since completion]."""

    value: Floats
    error: Floats
    stage: Ints
    since: Floats
    mix: Floats


def _observations(observed: pd.DataFrame, model: YieldModel, age_mix: ArrayLike | None) -> Observations:
    as_table("observed", observed, ("stage", "pupils_per_dwelling"))
    if not len(observed):
        raise InputError("observed", "must have at least one row")
    stage = _named(observed, "stage", checked_model(model).stages.ids)
    for row in np.flatnonzero(stage < 0):
        rule = f"must be one of {', '.join(model.stages.ids)}"
        raise InputError("observed.stage", rule, int(row), observed["stage"].iloc[row])
    value = _column(observed, "pupils_per_dwelling")
    refuse("observed.pupils_per_dwelling", value, ~np.isfinite(value) | (value < 0), "must be a number, 0 or more")
    since = _column(observed, "years_since") if age_mix is None else np.full(len(value), np.nan)
    mix = _single_age(since) if age_mix is None else _checked_mix(age_mix, len(value))
    return Observations(value.copy(), _error(observed, value), stage, since, mix)


def _named(observed: pd.DataFrame, column: str, ids: tuple[str, ...]) -> Ints:
    """Position in `ids` of each value of the column, −1 where it is none of them."""
    try:
        return positions(observed, column, ids)
    except TypeError as error:  # a cell that cannot be looked up, such as a list
        raise InputError(f"observed.{column}", "must hold names") from error


def _column(observed: pd.DataFrame, name: str) -> Floats:
    """The column as float64, NaN where it is not given."""
    given = observed[name] if name in observed else np.full(len(observed), np.nan)
    return as_numbers(f"observed.{name}", given, axes=1, truths=False)


def _error(observed: pd.DataFrame, value: Floats) -> Floats:
    """Standard deviation of each yield around the model's."""
    least = np.maximum(value, LEAST_YIELD)
    counted = _column(observed, "dwellings")
    if "dwellings" in observed:
        wrong = ~(counted > 0) & observed["dwellings"].notna().to_numpy()
        refuse("observed.dwellings", counted, wrong, "must be above 0")
        refuse("observed.dwellings", counted, np.isinf(counted), "must be a finite number")
    sampling = np.where(np.isfinite(counted), least / np.where(counted > 0, counted, 1.0), 0.0)
    error: Floats = np.sqrt(sampling + (MODEL_ERROR * least) ** 2)
    return error


def _single_age(since: Floats) -> Floats:
    wrong = ~((since >= 0) & (since <= OLDEST) & (since == np.floor(since)))
    refuse("observed.years_since", since, wrong, f"must be a whole number from 0 to {OLDEST}")
    mix = np.zeros((len(since), int(since.max()) + 1))
    mix[np.arange(len(since)), since.astype(np.int64)] = 1.0
    return mix


def _checked_mix(age_mix: ArrayLike, rows: int) -> Floats:
    mix = as_numbers("age_mix", age_mix, axes=2, truths=False)
    if len(mix) != rows or not 1 <= mix.shape[1] <= AGES:
        raise InputError("age_mix", f"must be [row ({rows}), years since (1 to {AGES})]", value=f"shape {mix.shape}")
    refuse("age_mix", mix, ~np.isfinite(mix) | (mix < 0), "must be a number, 0 or more")
    total = mix.sum(axis=1)
    refuse("age_mix", total, np.abs(total - 1.0) > MIX_ROUNDING, "must sum to 1 over the years since completion")
    return mix.copy()


# ------------------------------------------------------------------------------------------------------- the equations
def _per_person(seen: Observations, model: YieldModel) -> Floats:
    """pupils[row, age at entry] per completed dwelling of the row with one person of that age."""
    by_age = yields_by_age(model, years=seen.mix.shape[1] - 1)
    return np.einsum("rt,art->ra", seen.mix, by_age[:, seen.stage])


def _prior_equations(prior: Prior, persons: Floats) -> Floats:
    """equations[equation, group] for persons[group], whose right-hand sides are those of factors all 1."""
    groups = np.eye(len(persons))
    size = persons[None, :] / persons.sum() / prior.size
    return np.concatenate([groups / prior.spread, np.diff(groups, axis=0) / prior.step, size])


def _informed(told: Floats, expected: Floats) -> Floats:
    """1 − variance of each factor with the yields ÷ variance without them."""
    before = np.diag(np.linalg.inv(expected.T @ expected))
    after = np.diag(np.linalg.inv(expected.T @ expected + told.T @ told))
    return np.clip(1.0 - after / before, 0.0, 1.0)


def _comparison(seen: Observations, model: YieldModel, by_group: Floats, factors: Floats) -> pd.DataFrame:
    fitted = by_group @ factors
    return pd.DataFrame(
        {
            "stage": np.array(model.stages.ids, dtype=object)[seen.stage],
            "years_since": seen.since,
            "observed": seen.value,
            "before": by_group.sum(axis=1),
            "fitted": fitted,
            "residual": seen.value - fitted,
            "error": seen.error,
        }
    )


def _start(argument: str, profile: ArrayLike) -> Floats:
    persons = checked_profile(argument, profile)
    if not persons.any():
        raise InputError(argument, "must have residents of at least one age")
    return persons


def _checked_prior(prior: Prior) -> Ints:
    """The edges; raises InputError where they are no age groups from 0 to 101, or a spread is not above 0."""
    if not isinstance(prior, Prior):
        raise InputError("prior", "must be a Prior", value=type(prior).__name__)
    edges = as_numbers("prior.edges", prior.edges, axes=1, truths=False)
    wrong = ~np.isfinite(edges) | (edges != np.floor(edges)) | np.append(False, np.diff(edges) <= 0)
    refuse("prior.edges", edges, wrong, "must be whole ages that increase")
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != AGES:
        raise InputError("prior.edges", f"must lead from 0 to {AGES}", value=prior.edges)
    for name, value in (("spread", prior.spread), ("step", prior.step), ("size", prior.size)):
        if not (is_number(value) and np.isfinite(value) and value > 0):
            raise InputError(f"prior.{name}", "must be a number above 0", value=value)
    return edges.astype(np.int64)

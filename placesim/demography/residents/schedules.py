"""Bundled schedules and the arithmetic of rates: mortality → survival, total fertility → fertility by age."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from placesim.demography.residents.axes import AGES
from placesim.demography.residents.graduate import graduate
from placesim.records import Floats


@cache
def _bundled() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("schedules.toml").read_text(encoding="utf-8"))


def bundled_mortality() -> Floats:
    """m[age 0–100+]: central death rates per person-year, both sexes (`schedules.toml`)."""
    table = _bundled()["mortality"]
    beyond = table["extension"]
    age = np.arange(AGES)
    young = np.array(table["rate"])[np.searchsorted(table["age_from"], age, side="right") - 1]
    old = young[-1] * np.exp(beyond["growth_per_year"] * (age + 0.5 - beyond["from_age"]))
    return np.where(age < beyond["age_from"], young, old)


def fertility_shape() -> Floats:
    """shape[age 0–100+]: share of the total fertility rate at each age of the mother; sums to 1."""
    table = _bundled()["fertility"]
    edges = table["age_edges"]
    percent = np.array(table["percent"])
    shape = np.zeros(AGES)
    shape[edges[0] : edges[-1]] = graduate(percent / percent.sum(), edges)
    return shape


def survival_from_mortality(mortality: Floats) -> Floats:
    """survival[…, sex, age] as `cohort.Rates` has it, from central death rates m[…, sex, age] per person-year.

    Life table with a(x) = ½ and a(0) = 0.053 + 2.8 m (female), 0.045 + 2.684 m (male), open last age L = l ÷ m:
    row 0 = L(0) ÷ l(0), row x = L(x) ÷ L(x−1), last row = L(ω+) ÷ (L(ω−1) + L(ω+)).
    Source: Preston, Heuveline & Guillot (2001), Demography, ch. 3 (a(0) of Coale & Demeny).
    """
    lived = np.full(mortality.shape, 0.5)
    lived[..., 0] = np.minimum(0.35, np.array([0.053, 0.045]) + np.array([2.8, 2.684]) * mortality[..., 0])
    dying = np.minimum(1.0, mortality / (1 + (1 - lived) * mortality))
    alive = np.ones(mortality.shape)
    alive[..., 1:] = np.cumprod(1 - dying[..., :-1], axis=-1)
    years = alive * (1 - (1 - lived) * dying)
    years[..., -1] = alive[..., -1] / np.maximum(mortality[..., -1], 1e-3)
    survival = np.ones(mortality.shape)
    survival[..., 0] = years[..., 0]
    np.divide(years[..., 1:], years[..., :-1], out=survival[..., 1:], where=years[..., :-1] > 0)
    pooled = years[..., -2] + years[..., -1]
    np.divide(years[..., -1], pooled, out=survival[..., -1], where=pooled > 0)
    return np.minimum(survival, 1.0)

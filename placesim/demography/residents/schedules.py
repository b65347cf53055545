"""Bundled schedules: mortality, fertility by age of the mother, sex ratio at birth (facts in `schedules.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from placesim.demography.residents.axes import AGES
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.mortality import life_table, survival_ratios
from placesim.records import Floats

LATEST: Final = 2024.0  # the last year whose bundled shape is an estimate, no projection


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


def fertility_shape(year: float = LATEST) -> Floats:
    """shape[age 0–100+] in a year: share of the total fertility rate at each age of the mother; sums to 1.

    Between the years of the bundled shapes they are interpolated by year, before and after them constant.
    """
    shapes = _bundled()["fertility"]
    groups = np.array([shape["percent"] for shape in shapes["shape"]])
    years = [shape["year"] for shape in shapes["shape"]]
    percent = np.array([np.interp(year, years, column) for column in groups.T])
    edges = shapes["age_edges"]
    shape = np.zeros(AGES)
    shape[edges[0] : edges[-1]] = graduate(percent / percent.sum(), edges)
    return shape


def males_per_female_birth(year: float) -> float:
    """The bundled sex ratio at birth of a year, interpolated by year, before and after its years constant."""
    path = _bundled()["sex_ratio_at_birth"]
    return float(np.interp(year, path["year"], path["males_per_100_females"])) / 100


def survival_from_mortality(mortality: Floats) -> Floats:
    """survival[…, sex, age] as `cohort.Rates` has it, from central death rates m[…, sex, age 0–100+]."""
    return survival_ratios(life_table(mortality, range(AGES)))

"""Known children: counts by birth cohort on several bases → expected entrants by area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.vocabulary import CHILD_BASES

# Variance of a log entry ratio: no less than 2 % either way over past cohorts; 10 % where one cohort or the scenario
# tells it; 20 % where nothing does and every child counted is taken to enter.
LEAST_VARIANCE: Final = 0.02**2
SINGLE_VARIANCE: Final = 0.10**2
ASSUMED_VARIANCE: Final = 0.20**2


@dataclass(frozen=True, eq=False)
class Counted(Frozen):
    """counts[basis, area, cohort]: children at their latest count, NaN where the basis has no row and nothing stands in
    for it."""

    cohorts: Ints
    counts: Floats


@dataclass(frozen=True, eq=False)
class EntryRatios(Frozen):
    """Entrants per child counted and the variance of its logarithm, both [basis]; assumed: no past cohort tells it."""

    ratio: Floats
    variance: Floats
    assumed: tuple[bool, ...]


def count_children(inputs: Inputs, reference_date: str) -> Counted:
    """The latest count of each area, cohort and basis; counts taken before a cohort was complete are not used."""
    table = complete_counts(inputs, reference_date)
    latest = table.sort_values("as_of", kind="stable").drop_duplicates(["area", "cohort", "basis"], keep="last")
    cohorts, c = np.unique(latest["cohort"].to_numpy(dtype=np.int64), return_inverse=True)
    counts = np.full((len(CHILD_BASES), len(inputs.area_ids), len(cohorts)), np.nan)
    counts[latest["basis"], latest["area"], c] = latest["children"]
    return Counted(cohorts, counts)


def complete_counts(inputs: Inputs, reference_date: str) -> pd.DataFrame:
    """area, cohort, basis (positions), as_of, children: the rows counted on or after their cohort's reference date."""
    children = inputs.frame("children")
    table = pd.DataFrame(
        {
            "area": positions(children, "area_id", inputs.area_ids),
            "cohort": numbers(children, "cohort"),
            "basis": positions(children, "basis", CHILD_BASES),
            "as_of": pd.to_datetime(children["as_of"]).dt.strftime("%Y-%m-%d"),
            "children": numbers(children, "children"),
        }
    ).dropna()
    complete = table["as_of"] >= table["cohort"].astype(np.int64).astype(str) + f"-{reference_date}"
    return table[complete & (table["area"] >= 0) & (table["basis"] >= 0)]


def missing_counts(counted: Counted) -> NDArray[np.bool_]:
    """missing[area, cohort]: no basis counts the area in this cohort, though one does in another cohort."""
    told: NDArray[np.bool_] = np.isfinite(counted.counts)
    return np.asarray(~told.any(axis=0) & np.any(told, axis=(0, 2))[:, None])


def completed(counted: Counted, residents: Floats) -> Counted:
    """`counted` with estimates where an area lacks a count that others have.

    An area counted in other cohorts: its usual count × the level of this cohort where it is counted (Σ counts ÷ Σ usual
    counts of the same areas), basis by basis. An area never counted: residents[area, cohort] × children per resident of
    the areas counted; none where its residents are unknown (NaN).
    """
    counts = counted.counts
    told: NDArray[np.bool_] = np.isfinite(counts)
    usual = _usual(counts)
    fill = missing_counts(counted) & told.any(axis=2, keepdims=True) & told.any(axis=1, keepdims=True)
    counts = np.where(fill, usual * _level(counts, usual), counts)
    never = ~np.any(told, axis=(0, 2))[:, None] & np.isfinite(residents)
    by_people = residents * _level(counts, np.broadcast_to(np.nan_to_num(residents), counts.shape))
    return Counted(counted.cohorts, np.where(never & told.any(axis=1, keepdims=True), by_people, counts))


def _usual(counts: Floats) -> Floats:
    """usual[basis, area, cohort] of an area in every cohort: its mean over the cohorts that count all areas of the
    basis, over all its cohorts where there is none."""
    told: NDArray[np.bool_] = np.isfinite(counts)
    every = told | ~told.any(axis=2, keepdims=True)
    whole = np.all(every, axis=1, keepdims=True) & np.any(told, axis=1, keepdims=True)
    use = told & (whole | ~np.any(whole, axis=2, keepdims=True))
    cohorts = use.sum(axis=2, keepdims=True)
    total = np.where(use, np.nan_to_num(counts), 0.0).sum(axis=2, keepdims=True)
    return np.broadcast_to(total / np.maximum(cohorts, 1), counts.shape)


def _level(counts: Floats, measure: Floats) -> Floats:
    """level[basis, 1, cohort] = Σ counts ÷ Σ measure over the areas counted; 0 where the measure is nothing."""
    there = np.isfinite(counts)
    total = np.where(there, measure, 0.0).sum(axis=1, keepdims=True)
    return np.divide(np.nansum(counts, axis=1, keepdims=True), total, out=np.zeros_like(total), where=total > 0)


def entry_ratios(counted: Counted, entrants: Floats, given: Mapping[str, float]) -> EntryRatios:
    """Ratios by basis: as given, else from entrants[cohort] (NaN where not yet entered), else 1.

    ratio = exp of the mean log(entrants ÷ children) over past cohorts weighted by entrants; variance of the same.
    """
    children = np.nansum(counted.counts, axis=1)
    known = np.isfinite(entrants) & (entrants > 0) & (children > 0)
    weight = np.where(known, np.nan_to_num(entrants), 0.0)
    log_ratio = np.log(np.divide(weight, children, out=np.ones_like(children), where=known))
    cohorts, total = known.sum(axis=1), weight.sum(axis=1)
    mean = np.divide((weight * log_ratio).sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)
    spread = np.where(known, (log_ratio - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(cohorts - 1, 1)
    told = np.array([given.get(basis, np.nan) for basis in CHILD_BASES])
    nowhere = (cohorts == 0) & np.isnan(told)
    assumed = nowhere & (children > 0).any(axis=1)
    variance = np.where(cohorts > 1, np.maximum(spread, LEAST_VARIANCE), SINGLE_VARIANCE)
    variance = np.where(nowhere, ASSUMED_VARIANCE, variance)
    return EntryRatios(np.where(np.isnan(told), np.exp(mean), told), variance, tuple(bool(a) for a in assumed))


def expected_entrants(counted: Counted, ratios: EntryRatios) -> Floats:
    """entrants[area, cohort]: the bases combined by inverse variance, each over the areas where it has a count."""
    return parts_by_basis(counted, ratios).sum(axis=0)


def parts_by_basis(counted: Counted, ratios: EntryRatios) -> Floats:
    """entrants[basis, area, cohort]: the part of each basis in the estimate combined by inverse variance.

    An area that no basis counts has none (`completed` estimates it before); every cohort is counted somewhere.
    """
    present = np.isfinite(counted.counts)
    weight = present / ratios.variance[:, None, None]
    estimate = ratios.ratio[:, None, None] * np.nan_to_num(counted.counts)
    total = weight.sum(axis=0)
    return np.divide(weight * estimate, total, out=np.zeros(weight.shape), where=total > 0)

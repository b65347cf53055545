"""The registers of children: their counts, and what they mean for the county as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.pupils.children import (
    Counted,
    Latest,
    completed,
    count_children,
    latest_counts,
    usual_counts,
    without_gaps,
)
from placesim.demography.pupils.entry import CountyCounts, EntryRatios, entry_ratios
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.scenario.options import DemandOptions


@dataclass(frozen=True, eq=False)
class Registers(Frozen):
    """The children table with the county's entry ratios. counts[basis, area, year, cohort] of every year from the first
    to the last that has counts; entry_age: on the reference date of the first school year."""

    latest: Latest
    counts: Floats
    years: Ints
    ratios: EntryRatios
    entry_age: int

    @property
    def cohorts(self) -> Ints:
        return self.latest.cohorts

    @property
    def lag(self) -> Ints:
        """lag[basis, cohort] of the last counts: years until entry, 0 after it, −1 without a count."""
        lag = (self.cohorts + self.entry_age - self.latest.year).clip(0)
        return np.where(self.latest.year >= 0, lag, -1)

    @property
    def to_entry(self) -> Ints:
        """lag[year, cohort] of `counts`, negative after entry."""
        return self.cohorts + self.entry_age - self.years[:, None]

    @property
    def whole(self) -> Floats:
        """children[basis, area, cohort] of the last counts, areas left out estimated by their other cohorts."""
        return completed(self.latest.children)


def read_registers(inputs: Inputs, options: DemandOptions, *, entry_age: int, entrants: dict[int, float]) -> Registers:
    """The counts of every basis and their entry ratios, from `entrants` who live in the county by cohort."""
    counted: Counted = count_children(inputs, options.reference_date)
    latest = latest_counts(counted)
    counts, years = without_gaps(counted.counts, counted.years)
    past = np.array([entrants.get(int(c), np.nan) for c in counted.cohorts])
    county = CountyCounts(years, counted.cohorts, _of_county(counts, latest), past, entry_age)
    ratios = entry_ratios(county, options.demand.entry_ratio)
    return Registers(latest, counts, years, ratios, entry_age)


def _of_county(counts: Floats, latest: Latest) -> Floats:
    """children[basis, year, cohort] of the county: the areas counted ÷ their usual share of the areas ever counted."""
    usual = usual_counts(latest.children)[:, :, None, :]
    whole = usual.sum(axis=1)
    covered = np.where(np.isfinite(counts), usual, 0.0).sum(axis=1)
    total = np.nansum(counts, axis=1)
    return np.divide(total * whole, covered, out=np.full(total.shape, np.nan), where=covered > 0)


def entrants_by_basis(registers: Registers) -> Floats:
    """entrants[basis, cohort] of the county by each basis: children × ratio; NaN where it has no count."""
    lag = registers.lag
    ratio = np.exp(np.take_along_axis(registers.ratios.log_ratio, np.maximum(lag, 0), axis=1))
    return np.where(lag >= 0, ratio * np.nansum(registers.whole, axis=1), np.nan)


def county_entrants(registers: Registers) -> tuple[Floats, Floats]:
    """(entrants[cohort] of the county, variance of their log): the bases weighted by the inverse of the variance of
    their ratio. All share what is still to come: several are no surer than they are on average."""
    entrants = entrants_by_basis(registers)
    variance = np.take_along_axis(registers.ratios.variance, np.maximum(registers.lag, 0), axis=1)
    weight = np.divide(np.isfinite(entrants), variance, out=np.zeros_like(variance), where=variance > 0)
    weight = weight / weight.sum(axis=0)
    return (weight * np.nan_to_num(entrants)).sum(axis=0), (weight * variance).sum(axis=0)

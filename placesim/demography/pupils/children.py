"""Known children as counted: by basis, area, year of the count and birth cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import numbers, positions
from placesim.demography.pupils.totals import Totals, spread_totals
from placesim.demography.regions import regions_of
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.vocabulary import CHILD_BASES

HALF_YEAR = 0.5


@dataclass(frozen=True, eq=False)
class Counted(Frozen):
    """counts[basis, area, year, cohort]: children at the last count nearest to the reference date of the year, NaN
    where the basis has none; spread: the same axes, true where the cell is a part of a total."""

    years: Ints
    cohorts: Ints
    counts: Floats
    spread: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Latest(Frozen):
    """children[basis, area, cohort] at the area's last count, NaN without one; year[basis, cohort] of the basis's last
    count of the cohort, −1 without one; spread[basis, area, cohort]."""

    cohorts: Ints
    children: Floats
    year: Ints
    spread: NDArray[np.bool_]

    @property
    def wholly_spread(self) -> NDArray[np.bool_]:
        """[area, cohort]: known only as a part of a total, on every basis that knows it."""
        counted = np.isfinite(self.children) & ~self.spread
        return np.asarray(self.spread.any(axis=0) & ~counted.any(axis=0))


def count_children(inputs: Inputs, reference_date: str) -> Counted:
    """The children table; counts taken before a cohort was complete are not used, totals are spread."""
    table = complete_counts(inputs, reference_date)
    years = np.unique(table["year"].to_numpy(dtype=np.int64))
    cohorts = _cohorts(table)
    counts = np.full((len(CHILD_BASES), len(inputs.area_ids), len(years), len(cohorts)), np.nan)
    spread = np.zeros(counts.shape, dtype=np.bool_)
    alone = ((table["last"] == table["cohort"]) & (table["area"] >= 0)).to_numpy()
    single = table[alone].drop_duplicates(["area", "cohort", "basis", "year"], keep="last")
    y, c = np.searchsorted(years, single["year"]), np.searchsorted(cohorts, single["cohort"])
    counts[single["basis"], single["area"], y, c] = single["children"]
    if not alone.all():
        _spread(counts, spread, table[~alone], (years, cohorts), regions_of(inputs).region)
    return Counted(years, cohorts, counts, spread)


def complete_counts(inputs: Inputs, reference_date: str) -> pd.DataFrame:
    """The rows of `told_counts` counted on or after the reference date of their youngest cohort."""
    table = told_counts(inputs, reference_date)
    return table[table["as_of"] >= table["last"].astype(str) + f"-{reference_date}"]


def told_counts(inputs: Inputs, reference_date: str) -> pd.DataFrame:
    """area and region (one of them −1), cohort … last, basis (positions), as_of, year, children: the rows that name a
    place, cohorts and a basis, earlier counts first."""
    children = inputs.frame("children")
    first, last = numbers(children, "cohort"), numbers(children, "cohort_to")
    area = positions(children, "area_id", inputs.area_ids)
    region = positions(children, "planning_area", regions_of(inputs).names)
    as_of = pd.to_datetime(children["as_of"])
    table = pd.DataFrame(
        {
            "area": area,
            "region": np.where(_blank(children, "area_id"), region, -1),
            "cohort": first,
            "last": np.where(np.isfinite(last), last, first),
            "basis": positions(children, "basis", CHILD_BASES),
            "as_of": as_of.dt.strftime("%Y-%m-%d"),
            "year": _nearest_year(as_of, reference_date),
            "children": numbers(children, "children"),
        }
    ).dropna()
    table = table.astype({"cohort": np.int64, "last": np.int64, "year": np.int64})
    told = ((table["area"] >= 0) | (table["region"] >= 0)) & (table["basis"] >= 0) & (table["last"] >= table["cohort"])
    return table[told].sort_values("as_of", kind="stable")


def _blank(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    return frame[column].isna().to_numpy() if column in frame else np.ones(len(frame), dtype=np.bool_)


def _nearest_year(as_of: pd.Series, reference_date: str) -> Floats:
    """The year whose reference date lies nearest; half a year before it counts as that year."""
    month, day = (int(part) for part in reference_date.split("-"))
    since = (as_of.dt.month - month) / 12 + (as_of.dt.day - day) / 372
    return np.floor((as_of.dt.year + since + HALF_YEAR).to_numpy(dtype=np.float64))


def _cohorts(table: pd.DataFrame) -> Ints:
    """Every cohort that a row names or covers."""
    spans = table[["cohort", "last"]].drop_duplicates().to_numpy(dtype=np.int64)
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(a, b + 1) for a, b in spans)]))


def _spread(
    counts: Floats, spread: NDArray[np.bool_], rows: pd.DataFrame, axes: tuple[Ints, Ints], region: Ints
) -> None:
    """Spread the totals of every basis and year over the cells that are not told."""
    years, cohorts = axes
    sizes, pattern = _usual_sizes(counts), _usual_pattern(counts)
    basis, year = rows["basis"].to_numpy(), np.searchsorted(years, rows["year"])
    for b, y in sorted(set(zip(basis.tolist(), year.tolist(), strict=True))):
        given = rows[(basis == b) & (year == y)]
        given = given.drop_duplicates(["area", "region", "cohort", "last"], keep="last")
        totals = Totals(
            area=given["area"].to_numpy(),
            region=given["region"].to_numpy(),
            first=np.searchsorted(cohorts, given["cohort"]),
            last=np.searchsorted(cohorts, given["last"]),
            children=given["children"].to_numpy(),
        )
        filled = spread_totals(counts[b, :, y], totals, region, sizes=sizes, pattern=pattern)
        spread[b, :, y] = np.isnan(counts[b, :, y]) & np.isfinite(filled)
        counts[b, :, y] = filled


def _usual_sizes(counts: Floats) -> Floats:
    """size[area]: its share of the children of the bases that count it cohort by cohort, on average over them; the mean
    of the other areas where none does."""
    told = np.isfinite(counts)
    total = np.where(told, counts, 0.0).sum(axis=(2, 3))
    cells = told.sum(axis=(2, 3))
    mean = np.divide(total, cells, out=np.full(total.shape, np.nan), where=cells > 0)
    level = np.nansum(mean, axis=1, keepdims=True)
    share = np.divide(mean, level, out=np.full(mean.shape, np.nan), where=level > 0)
    known = np.isfinite(share)
    size = np.where(known, share, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    some = known.any(axis=0)
    return np.where(some, size, size[some].mean() if some.any() else 1.0)


def _usual_pattern(counts: Floats) -> Floats:
    """pattern[cohort]: mean count of a cell over every basis, area and year that tells it; the mean of the others where
    none does, 1 where nothing does."""
    told = np.isfinite(counts)
    cells = told.sum(axis=(0, 1, 2))
    mean = np.where(told, counts, 0.0).sum(axis=(0, 1, 2)) / np.maximum(cells, 1)
    some = cells > 0
    return np.where(some, mean, mean[some].mean() if some.any() else 1.0)


# ---------------------------------------------------------------------------------------------------- latest counts
def latest_counts(counted: Counted) -> Latest:
    """The last count of each cell; an area left out of the basis's last count keeps the one before."""
    counts = counted.counts
    bases, areas, _, cohorts = counts.shape
    children = np.full((bases, areas, cohorts), np.nan)
    spread = np.zeros(children.shape, dtype=np.bool_)
    year = np.full((bases, cohorts), -1, dtype=np.int64)
    for y, when in enumerate(counted.years):
        told = np.isfinite(counts[:, :, y])
        children = np.where(told, counts[:, :, y], children)
        spread = np.where(told, counted.spread[:, :, y], spread)
        year = np.where(told.any(axis=1), when, year)
    return Latest(counted.cohorts, children, year, spread)


def without_gaps(counts: Floats, years: Ints) -> tuple[Floats, Ints]:
    """(counts[…, year, cohort], years) with the years between two counts of a cell filled in a straight line."""
    if not len(years):
        return counts, years
    every = np.arange(years[0], years[-1] + 1)
    given = np.full((*counts.shape[:-2], len(every), counts.shape[-1]), np.nan)
    given[..., years - years[0], :] = counts
    before, since = _last_told(given)
    after, until = (np.flip(found, axis=-2) for found in _last_told(np.flip(given, axis=-2)))
    return np.where(np.isnan(given), before + (after - before) * since / np.maximum(since + until, 1), given), every


def _last_told(counts: Floats) -> tuple[Floats, Floats]:
    """(count, years since)[…, year, cohort] of the last count up to each year, NaN without one."""
    last, since = np.full((2, *counts.shape), np.nan)
    for year in range(counts.shape[-2]):
        now = counts[..., year, :]
        told = np.isfinite(now)
        earlier, ago = (last[..., year - 1, :], since[..., year - 1, :]) if year else (now, now)
        last[..., year, :] = np.where(told, now, earlier)
        since[..., year, :] = np.where(told, 0.0, ago + 1)
    return last, since


def missing_counts(latest: Latest) -> NDArray[np.bool_]:
    """missing[area, cohort]: no basis counts the area in this cohort, though one does in another cohort."""
    told: NDArray[np.bool_] = np.isfinite(latest.children)
    return np.asarray(~told.any(axis=0) & np.any(told, axis=(0, 2))[:, None])


def completed(children: Floats) -> Floats:
    """children[basis, area, cohort] with estimates where an area lacks a count that the basis has of others: its usual
    count × the level of this cohort where it is counted (Σ counts ÷ Σ usual counts of the same areas)."""
    told: NDArray[np.bool_] = np.isfinite(children)
    usual = usual_counts(children)
    fill = ~told & told.any(axis=2, keepdims=True) & told.any(axis=1, keepdims=True)
    return np.where(fill, usual * _level(children, usual), children)


def usual_counts(counts: Floats) -> Floats:
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

"""What families of entrants have already: elder siblings at a school, and dwellings that have given their place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placesim.allocation.admission import Admission, Siblings
from placesim.allocation.county import County
from placesim.allocation.intake.stock import Stock
from placesim.allocation.problem import pairs
from placesim.allocation.stage_year import StageYear
from placesim.allocation.whole import whole, whole_by_group
from placesim.records import Floats, Ints


@dataclass(frozen=True)
class Families:
    """seated: pupils who are at school already; entries[stage, area, years ago − 1]: pupils of earlier Septembers whose
    dwelling gave the place."""

    seated: Stock
    entries: Floats

    def told(self, county: County, stage: int, laid: StageYear) -> Admission | None:
        """The entitlements of the entrants of a stage with their siblings and locks."""
        if laid.admission is None:
            return None
        return replace(
            laid.admission,
            siblings=_siblings(county, stage, laid, self.seated),
            locked=self._locked(county, stage, laid),
        )

    def locked_of(self, county: County, stage: int, applicants: Floats | Ints) -> Floats:
        """locked[area] of applicants[area] who are entitled by a dwelling; siblings are exempt."""
        told, entitlements = county.options.allocation, county.entitlements
        name = county.places.stages.ids[stage]
        years = told.place_lock_years.get(name, 1)
        strangers: Floats = np.asarray(applicants, dtype=np.float64) * (1 - told.sibling_share.get(name, 0.0))
        return locked_applicants(
            strangers, self.entries[stage, :, : years - 1], entitlements.dwellings, entitlements.turnover
        )

    def _locked(self, county: County, stage: int, laid: StageYear) -> Ints:
        n, pupils = laid.residents, laid.cells[: laid.residents].sum(axis=1)
        entitled = np.where(county.entitlements.by_dwelling[laid.kind[:n]], pupils, 0)
        applicants = np.bincount(laid.area[:n], weights=entitled, minlength=len(county.pupils))
        share = self.locked_of(county, stage, applicants) / np.maximum(applicants, 1)
        return np.minimum(whole(entitled * share[laid.area[:n]]), entitled)


def locked_applicants(applicants: Floats, entries: Floats, dwellings: Floats, turnover: Floats) -> Floats:
    """locked[area]: applicants[area] whose dwelling gave its place to another family within the lock (六年一学位).

    entries[area, years ago − 1], the years of the lock before this one; dwellings[area], NaN where not known: no lock;
    turnover[area] share that change hands in a year. Of the E dwellings used j years ago E·(1 − τ)^j are still the
    family's own, whose children were the entries; the rest have changed hands. With S the sum of these, D the dwellings
    and K those kept, applicants live in any of the D − K others: locked = applicants × min(1, S ÷ (D − K)).
    """
    ago = np.arange(1, entries.shape[1] + 1)
    kept = entries * (1 - turnover[:, None]) ** ago
    sold, others = (entries - kept).sum(axis=1), dwellings - kept.sum(axis=1)
    share = np.divide(sold, others, out=(sold > 0).astype(float), where=others > 0)
    return np.where(np.isnan(dwellings), 0.0, applicants * np.minimum(share, 1.0))


def first_entries(county: County, base: Stock) -> Floats:
    """entries[stage, area, years ago] by the base year's pupils: those of the n-th grade entered n − 1 years ago."""
    years = county.options.allocation.place_lock_years.values()
    entries = np.zeros((len(county.rules), len(county.pupils), max(years, default=1) - 1))
    by_area = dwelling_pupils(county, base)
    for k in range(len(county.rules)):
        of_stage = by_area[:, county.grades(k)]
        ago = min(of_stage.shape[1], entries.shape[2])
        entries[k, :, :ago] = of_stage[:, :ago]
    return entries


def dwelling_pupils(county: County, rows: Stock) -> Ints:
    """pupils[area, grade] of the rows who are entitled by a dwelling and attend in the county."""
    told = county.entitlements
    mine = rows.take((rows.area < county.outside_area) & (rows.school < county.outside_school))
    return mine.by_area(county.pupils[:, 0].shape)[:, :, told.by_dwelling].sum(axis=2)


def _siblings(county: County, stage: int, laid: StageYear, seated: Stock) -> Siblings:
    """Entrants with an elder sibling, spread over the schools where pupils of their area are, of the sector they apply
    to; no more of an area than it has pupils there."""
    share = county.options.allocation.sibling_share.get(county.places.stages.ids[stage], 0.0)
    n, told, grades = laid.residents, laid.admission, county.grades(stage)
    if not share or told is None:
        return Siblings()
    area, school, there = _at_school(county, seated, grades)
    node, row = pairs(laid.area[:n], area)
    may = laid.bands[school[row], laid.band[node]]
    if told.sectors_matter:
        may &= told.private_school[school[row]] == told.private[laid.kind[node]]
    node, row = node[may], row[may]
    pupils = laid.cells[:n].sum(axis=1)
    of_area = np.bincount(laid.area[:n], weights=pupils * share, minlength=len(county.pupils))
    most = np.bincount(area, weights=there, minlength=len(county.pupils))
    some = np.minimum(1.0, most / np.maximum(of_area, 1e-9))[laid.area[node]]
    total = np.bincount(node, weights=there[row], minlength=n)[node]
    expected = pupils[node] * share * some * there[row] / total
    return Siblings(node, school[row], whole_by_group(expected, node, told.lots(laid.area[:n], laid.kind[:n])))


def _at_school(county: County, seated: Stock, grades: slice) -> tuple[Ints, Ints, Ints]:
    """(area, school, pupils) of those who are in later grades of a stage, in the county, sorted by area and school."""
    rows = seated.take(
        (seated.area < county.outside_area) & (seated.school < county.outside_school)
        & (seated.grade > grades.start) & (seated.grade < grades.stop)
    )  # fmt: skip
    schools = county.outside_school
    pair, at = np.unique(rows.area * schools + rows.school, return_inverse=True)
    pupils = np.bincount(at, weights=rows.pupils, minlength=len(pair)).astype(np.int64)
    return pair // schools, pair % schools, pupils

"""Build-out test: are schools and reserved sites enough once every planned dwelling is lived in, and at the peak?"""

from __future__ import annotations

from typing import Final

import pandas as pd

from placesim.assessment.needs.land import M2, SITE_AREA, SiteAreas, reserved
from placesim.assessment.needs.norms import PER_RESIDENTS
from placesim.records import Inputs
from placesim.standards.pack import Pack

BUILD_OUT: Final = (
    "planning_area", "stage", "planned_residents", "norm_need", "peak_pupils", "peak_year", "peak_p90", "places_design",
    "short_by_norm", "short_by_peak", "short_by_p90", "hectares", "hectares_reserved", "sites_suffice", "keep_sites",
    "rule_id",
)  # fmt: skip


def build_out(population: pd.DataFrame, fans: pd.DataFrame, inputs: Inputs, areas: SiteAreas) -> pd.DataFrame:
    """One row per planning area with dwellings to come, and stage.

    planned_residents: those of the base year and of every dwelling to come; norm_need: they × the pack's norm per 1000
    (rule_id; blank without one); peak_pupils: the most pupils who live there in any year of the run, peak_p90 the most
    of the ninetieth percentile of the sampled futures; places_design in the last year. short_by_…: need less places, 0
    where they suffice. hectares: land for the largest of the three; sites_suffice: all sites reserved there hold what
    all stages need (blank where nothing is short, or land or sites are not known). keep_sites: some reserved site must
    not be released, as one of the three is short.
    """
    last = population["year"].max()
    single = ~population["stage"].str.contains("+", regex=False)
    growing = population[(population["to_come"] > 0) & single]
    named = growing[["planning_area", "stage"]].drop_duplicates()
    rows = named.merge(population[population["year"] == last], on=["planning_area", "stage"])
    peaks = population.loc[population.groupby(["planning_area", "stage"])["pupils"].idxmax()]
    peaks = peaks[["planning_area", "stage", "pupils", "year"]].set_axis(
        ["planning_area", "stage", "peak_pupils", "peak_year"], axis=1
    )
    p90 = fans.groupby(["planning_area", "stage"])["p90"].max().rename("peak_p90").reset_index()
    rows = rows.drop(columns="year").merge(peaks, on=["planning_area", "stage"])
    rows = rows.merge(p90, on=["planning_area", "stage"], how="left")
    norms = _norms(areas.pack)
    rows["rule_id"] = rows["stage"].map({stage: i for stage, (i, _) in norms.items()}).astype(object)
    rows["planned_residents"] = rows["planned"].round(0)
    per_1000 = rows["stage"].map({stage: value for stage, (_, value) in norms.items()}).astype(float)
    rows["norm_need"] = (rows["planned"] * per_1000 / 1000).round(1)
    needs = {"short_by_norm": "norm_need", "short_by_peak": "peak_pupils", "short_by_p90": "peak_p90"}
    for short, need in needs.items():
        rows[short] = (rows[need].astype(float) - rows["places_design"]).clip(lower=0.0).round(1)
    rows["hectares_reserved"] = rows["planning_area"].map(reserved(inputs)).astype(float)
    worst = rows[list(needs)].fillna(0.0).max(axis=1)
    rows["hectares"] = (worst * areas.of(rows["stage"], worst)[SITE_AREA].astype(float) / M2).round(2)
    rows["sites_suffice"] = _suffice(rows, worst)
    rows["keep_sites"] = (rows["hectares_reserved"].fillna(0.0) > 0) & (worst > 0)
    return rows[list(BUILD_OUT)].reset_index(drop=True)


def _suffice(rows: pd.DataFrame, worst: pd.Series) -> pd.Series:
    together = rows.groupby("planning_area")["hectares"].transform(lambda h: h.sum(skipna=False))
    known = (worst > 0) & together.notna() & rows["hectares_reserved"].notna()
    return (together <= rows["hectares_reserved"]).astype(object).where(known, None)


def _norms(pack: Pack) -> dict[str, tuple[str, float]]:
    """The pack's rule on places per 1000 residents of each stage, and its figure."""
    rules = [(i, r) for i, r in pack.rules.items() if r.metric == PER_RESIDENTS]
    return {stage: (i, float(r.value)) for i, r in rules if r.value is not None for stage in r.stage}

"""Land: hectares that the missing places need, by planning area, against the sites reserved there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.assessment.told import Missing, Told
from placesim.records import Inputs
from placesim.scenario.options import AssessmentOptions
from placesim.standards.evaluate import looked_up
from placesim.standards.pack import Pack

HELD: Final = ("reserved", "acquired")  # sites that may be counted on; "possible" ones may not
SITE_AREA: Final = "site_area_per_place"
LAND_NEED: Final = (
    "planning_area", "stage", "first_year", "peak_year", "missing_places", "residual_places", "site_area_per_place",
    "hectares", "hectares_residual", "hectares_reserved", "hectares_short", "years_left", "rule_id", "document",
    "document_en", "clause", "confidence",
)  # fmt: skip
OWN_SCHOOLS: Final = "own-schools"  # key of the document that stands for the county's own practice
M2: Final = 10_000.0  # in a hectare
_CITED: Final = ["rule_id", "document", "document_en", "clause", "confidence"]


@dataclass(frozen=True)
class SiteAreas:
    """How much land a place takes: by the pack's rule for a school of so many classes, else the stage's norm, else the
    middle one of the county's own campuses (measures by campus)."""

    campuses: pd.DataFrame
    pack: Pack
    options: AssessmentOptions

    def of(self, stages: pd.Series, places: pd.Series) -> pd.DataFrame:
        """site_area_per_place for so many places of each stage, and what says so: rule_id, document, …"""
        own = _own_schools(self.campuses)
        rows = [self._of_one(stage, count, own) for stage, count in zip(stages, places.astype(float), strict=True)]
        return pd.DataFrame(rows, columns=[SITE_AREA, *_CITED], index=stages.index)

    def _of_one(self, stage: str, places: float, own: dict[str, float]) -> tuple[object, ...]:
        norms = self.options.norms[stage]
        classes = np.array([np.ceil(places / norms.class_size_design)])
        told = _of_rule(stage, classes, self.pack) or _of_norm(stage, self.pack, norms.site_area_per_place)
        return told or (own.get(stage, np.nan), None, *_document(OWN_SCHOOLS, self.pack), None, "D")


def land_need(waves: pd.DataFrame, inputs: Inputs, areas: SiteAreas) -> Told:
    """The table `land_need`: one row per planning area and stage that lacks design places in some year.

    missing_places at the peak of its worst wave, residual_places in the last year of the run, hectares = places × site
    area per place ÷ 10,000; hectares_reserved: all sites reserved or acquired there, for whatever stage;
    hectares_short: what they lack for all stages of the planning area together; years_left until the first year of
    need.
    """
    short = waves[waves["unit"] == "planning_area"]
    worst = short.sort_values("peak", ascending=False, kind="stable").drop_duplicates(["id", "stage"])
    first = short.groupby(["id", "stage"], sort=False)["start_year"].min().rename("first_year")
    table = worst.merge(first, on=["id", "stage"]).sort_values(["id", "stage"], kind="stable", ignore_index=True)
    table = table.rename(columns={"id": "planning_area", "peak": "missing_places"})
    table = table.assign(residual_places=table["residual_shortage"]).join(
        areas.of(table["stage"], table["missing_places"])
    )
    site = table[SITE_AREA].astype(float)
    table["hectares"] = (table["missing_places"] * site / M2).round(2)
    table["hectares_residual"] = (table["residual_places"] * site / M2).round(2)
    table["hectares_reserved"] = table["planning_area"].map(reserved(inputs)).astype(float)
    if inputs.has("sites"):
        table["hectares_reserved"] = table["hectares_reserved"].fillna(0.0)
    together = table.groupby("planning_area")["hectares"].transform(lambda h: h.sum(skipna=False))
    table["hectares_short"] = (together - table["hectares_reserved"]).clip(lower=0.0).round(2)
    table["years_left"] = table["first_year"] - areas.campuses["year"].min()
    return Told({"land_need": table[list(LAND_NEED)]}, tuple(_missing(table, inputs)))


def _missing(table: pd.DataFrame, inputs: Inputs) -> list[Missing]:
    lacking = [] if inputs.has("sites") else [Missing("land", "sites")]
    return lacking if len(table) else []


def _own_schools(campuses: pd.DataFrame) -> dict[str, float]:
    """The middle site area per place of the county's own campuses, by stage; joined stages count for each."""
    now = campuses[campuses["year"] == campuses["year"].min()]
    single = now.assign(stage=now["stage"].str.split("+", regex=False)).explode("stage")
    return single.groupby("stage")[SITE_AREA].median().dropna().round(1).to_dict()


def _of_rule(stage: str, classes: NDArray[np.float64], pack: Pack) -> tuple[object, ...] | None:
    for i, rule in pack.rules.items():
        if rule.metric == SITE_AREA and (not rule.stage or stage in rule.stage):
            value = rule.value if rule.value is not None else float(looked_up(rule.table, classes)[0])
            return (value, i, *_document(rule.document, pack), rule.clause, rule.confidence)
    return None


def _of_norm(stage: str, pack: Pack, norm: float | None) -> tuple[object, ...] | None:
    if norm is None:
        return None
    cited = pack.norm(stage, SITE_AREA)
    if cited is None or cited.value != norm:
        return (norm, None, None, None, None, "user")
    return (norm, None, *_document(cited.document, pack), cited.clause, cited.confidence)


def _document(key: str, pack: Pack) -> tuple[str | None, str | None]:
    source = pack.documents.get(key)
    return (source.cite("zh"), source.cite("en")) if source else (None, None)


def reserved(inputs: Inputs) -> dict[str, float]:
    """Hectares of sites reserved or acquired, by planning area."""
    sites = inputs.frame("sites")
    if not len(sites) or "site_area" not in sites:
        return {}
    held = gpd.GeoDataFrame(sites, geometry="geometry", crs=inputs.areas.crs)
    held = held[sites["status"].isin(HELD)] if "status" in sites else held
    lying = gpd.sjoin_nearest(held[held.geometry.notna()], inputs.areas[["planning_area", "geometry"]])
    lying = lying[~lying.index.duplicated()]
    return (lying.groupby("planning_area")["site_area"].sum().astype(float) / M2).round(2).to_dict()

"""Measures of a campus as a whole: its classes, and its land and floor for each place."""

from __future__ import annotations

import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.told import Missing
from placesim.standards.pack import Pack

_KINDS = ("site", "floor")


def whole_campus_measures(campuses: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """classes_total, site_area_per_place, floor_area_per_place for each row of `campuses` (whole_school_measures).

    Stages of a campus share its land and floor, so its classes and design places are those of all its stages in the
    year; NaN where the county does not give the area, or the campus has no places.
    """
    totals = campuses.groupby(["school_id", "year"], sort=False)[["classes", "places_design"]].transform("sum")
    facts = schools.set_index("school_id").reindex(campuses["school_id"])
    places = totals["places_design"].to_numpy(dtype=float)
    measures = {"classes_total": totals["classes"].to_numpy(dtype=float)}
    for kind in _KINDS:
        area = facts[f"{kind}_area"] if f"{kind}_area" in facts else pd.Series(float("nan"), index=facts.index)
        measures[f"{kind}_area_per_place"] = ratio(area.to_numpy(dtype=float, na_value=float("nan")), places)
    return pd.DataFrame(measures, index=campuses.index)


def beds_short(campuses: pd.DataFrame, intake: pd.DataFrame | None, schools: pd.DataFrame) -> pd.Series:
    """Boarders of a campus beyond its beds, for each row of `campuses`; NaN where beds or boarders are not known.

    intake: boarders by school, stage and year (`Allocation.tables`), of all stages of the campus together.
    """
    unknown = pd.Series(float("nan"), index=campuses.index)
    if intake is None or "beds" not in schools:
        return unknown
    asleep = intake.groupby(["school_id", "year"])["boarders"].sum()
    boarders = asleep.reindex(pd.MultiIndex.from_frame(campuses[["school_id", "year"]])).to_numpy(dtype=float)
    beds = pd.to_numeric(campuses["school_id"].map(schools.set_index("school_id")["beds"])).astype(float)
    return (pd.Series(boarders, index=campuses.index) - beds).clip(lower=0.0)


def missing_areas(campuses: pd.DataFrame, pack: Pack) -> tuple[Missing, ...]:
    """The areas that the pack has rules for and no campus of the county tells."""
    judged = {rule.metric for rule in pack.rules.values()}
    return tuple(
        Missing(f"{kind}_area_per_place", "schools", f"{kind}_area")
        for kind in _KINDS
        if f"{kind}_area_per_place" in judged and campuses[f"{kind}_area_per_place"].isna().all()
    )

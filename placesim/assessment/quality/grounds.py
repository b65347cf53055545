"""Physical education: lessons, posts and grounds by school, and shared facilities where grounds are short."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.quality.case import SECTION, Case
from placesim.assessment.quality.words import PHYSICAL, SHARED
from placesim.standards.evaluate import limits_of

SPORTS = "sports_area_per_pupil"


def physical_education(case: Case) -> pd.DataFrame:
    """The table `physical_education`: one row per section and year with classes.

    pe_lessons_due = classes × the lessons per class and week that the pack asks (a lesson every day) · pe_posts =
    pe_lessons_due ÷ lessons per teacher and week · pe_posts_missing = max(0, posts − PE teachers) · ground_classes =
    pe_lessons_due ÷ timetabled hours of the grounds: classes that are on the grounds at once · ground_slots_missing =
    max(0, ground_classes − slots). What the county does not give is NaN. Without such a rule there are no rows.
    """
    sections, given = case.sections(), case.resources()
    asked = limits_of(case.pack.rules, "pe_lessons", "stage_section", sections)["limit"]
    lessons = sections["classes"].astype(float) * asked
    number = {
        c: given[c].astype(float) for c in ("pe_lessons", "pe_load", "pe_teachers", "ground_slots", "ground_hours")
    }
    posts = pd.Series(ratio(lessons.to_numpy(), number["pe_load"].fillna(0).to_numpy()), sections.index)
    at_once = pd.Series(ratio(lessons.to_numpy(), number["ground_hours"].fillna(0).to_numpy()), sections.index)
    table = sections[[*SECTION, "classes"]].assign(
        pe_lessons=number["pe_lessons"],
        pe_lessons_due=lessons,
        pe_posts=posts.round(2),
        pe_teachers=number["pe_teachers"],
        pe_posts_missing=(posts - number["pe_teachers"]).clip(lower=0).round(2),
        ground_classes=at_once.round(2),
        ground_slots=number["ground_slots"],
        ground_slots_missing=(at_once - number["ground_slots"]).clip(lower=0).round(2),
    )
    return table[(table["classes"] > 0) & asked.notna()][list(PHYSICAL)].reset_index(drop=True)


def shared_grounds(case: Case, amounts: pd.DataFrame) -> pd.DataFrame:
    """The table `shared_grounds`: facilities within whose reach a school lies whose own grounds are short (R5).

    amounts: of stage sections. area_missing (m²) = (threshold − m² per pupil) × pupils; distance: straight line (m);
    area_covered = min(area_missing, area_shared), NaN for what is no sports ground: shown beside, never counted as the
    school's own. schools_in_reach: how many short sections the same facility would serve in that year. Only schools and
    facilities whose place is known.
    """
    facilities = case.inputs.frame("facilities")
    if facilities.empty:
        return pd.DataFrame(columns=list(SHARED))
    pairs = _short(case, amounts).merge(
        facilities.drop(columns="geometry").assign(row=range(len(facilities))), how="cross"
    )
    places = case.results.places.schools.set_index("school_id").geometry
    at, there = places.reindex(pairs["school_id"]), facilities.geometry.iloc[pairs["row"]]
    pairs["distance"] = at.reset_index(drop=True).distance(there.reset_index(drop=True), align=False).round(1)
    open_then = pairs["from_year"].astype(float).fillna(-np.inf) <= pairs["year"]
    reached = pairs[(pairs["distance"] <= pairs["reach"].astype(float)) & open_then]
    sports = reached["kind"] == "sports"
    table = reached.assign(
        facility=reached["name"],
        facility_kind=reached["kind"],
        area_shared=reached["area"].astype(float),
        area_covered=reached["area_missing"].clip(upper=reached["area"].astype(float)).where(sports),
        schools_in_reach=reached.groupby(["facility_id", "year"])["school_id"].transform("size"),
    )
    return table.sort_values([*SECTION, "distance"], kind="stable")[list(SHARED)].reset_index(drop=True)


def _short(case: Case, amounts: pd.DataFrame) -> pd.DataFrame:
    """school_id, stage, year, area_missing of the sections whose grounds are known and below the threshold."""
    limit = limits_of(case.pack.rules, SPORTS, "stage_section", amounts)["limit"]
    missing = (limit * amounts["pupils"] - amounts["sports_area"]).round(1)
    rows = amounts[["id", "stage", "year"]].set_axis(SECTION, axis=1).assign(area_missing=missing)
    return rows[(missing > 0) & amounts["excluded"].isna()].reset_index(drop=True)

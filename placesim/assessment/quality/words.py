"""The words of the quality balance: its indicators, what a county must give for each measure, its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Indicator:
    """One resource indicator: metric = amount ÷ pupils × per; `amount` is a column of the table `resources`."""

    metric: str
    amount: str
    per: int
    cv: str


# R1–R7 of 教督〔2017〕6号, in its order.
INDICATORS: Final = (
    Indicator("above_degree_per_100", "above_degree_teachers", 100, "cv_above_degree"),
    Indicator("backbone_per_100", "backbone_teachers", 100, "cv_backbone"),
    Indicator("pe_art_per_100", "pe_art_teachers", 100, "cv_pe_art"),
    Indicator("teaching_area_per_pupil", "teaching_rooms_area", 1, "cv_teaching_area"),
    Indicator("sports_area_per_pupil", "sports_area", 1, "cv_sports_area"),
    Indicator("equipment_per_pupil", "equipment_value", 1, "cv_equipment"),
    Indicator("multimedia_per_100", "multimedia_rooms", 100, "cv_multimedia"),
)
# The eight amounts of the basic balance (教督〔2012〕3号), whose coefficients of variation are averaged.
BASIC: Final = (
    "teaching_rooms_area", "sports_area", "equipment_value", "computers", "books", "teachers",
    "above_degree_teachers", "mid_title_teachers",
)  # fmt: skip
AMOUNTS: Final = tuple(dict.fromkeys((*(i.amount for i in INDICATORS), *BASIC)))

PASSES, FAILS, UNKNOWN, EXCLUDED = STANDINGS = ("passes", "fails", "unknown", "excluded")
SMALL, SPECIAL, VOCATIONAL = EXCLUSIONS = ("small", "special", "vocational")
UNITS: Final = ("stage_section", "campus", "institution")
MARKS: Final = (2027, 2035)  # the years by which the 2023 Opinions (§1) set their aims

# County-wide shares: the counts of the table `indicators` that they are made of, above and below the line.
SHARES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "special_funds_per_pupil": (("special_funds",), ("special_pupils",)),
    "training_hours": (("hours_of_training",), ("teachers_trained",)),
    "rotation_share": (("rotated_teachers",), ("eligible_teachers",)),
    "rotation_backbone_share": (("rotated_backbone",), ("rotated_teachers",)),
    "quota_share": (("quota_places",), ("quality_senior_places",)),
    "migrant_public_share": (("migrants_in_public", "migrants_in_purchased"), ("migrant_children",)),
    "disabled_enrolment": (("disabled_enrolled",), ("disabled_children",)),
    "training_fund_share": (("training_funds",), ("public_funds",)),
    "satisfaction": (("satisfied",), ("asked",)),
}
TRANSFERS: Final = ("transfers_in", "transfers_out", "deaths")  # of a cohort, for its retention

QUALITY: Final = (
    "unit", "id", "stage", "year", "pupils", "excluded", *(i.metric for i in INDICATORS), "indicators_met",
    "indicators_known", "indicator_share_min", "standing",
)  # fmt: skip
BALANCE: Final = (
    "unit", "stage", "year", "marked", "metric", "school_count", "not_known", "average", "cv", "cv_plain", "limit",
    "rule_id", "standing", "to_balance", "to_threshold", "to_both", "raised",
)  # fmt: skip
TESTS: Final = (
    "rule_id", "unit", "stage", "year", "metric", "tested", "failing", "not_known", "value", "operator", "limit",
    "standing", "because",
)  # fmt: skip
LEDGER: Final = (
    "school_id", "stage", "rule_id", "metric", "value", "operator", "limit", "gap", "standing", "due_year", "due_value",
    "due_gap", "due_standing", "item", "amount_missing", "amount_to_add", "cost",
)  # fmt: skip
WEAK: Final = (
    "school_id", "stage", "first_year", "last_year", "years", "indicators_met", "gap_score", "lowest", "target_year",
    "due_standing", "cost", "unpriced",
)  # fmt: skip
QUALITY_PLACES: Final = (
    "stage", "year", "marked", "school_count", "passing", "weak", "weak_change", "not_known", "not_evaluated",
    "places_design", "quality_places", "quality_places_share", "pupils", "quality_pupils", "quality_pupils_share",
)  # fmt: skip
PHYSICAL: Final = (
    "school_id", "stage", "year", "classes", "pe_lessons", "pe_lessons_due", "pe_posts", "pe_teachers",
    "pe_posts_missing", "ground_classes", "ground_slots", "ground_slots_missing",
)  # fmt: skip
SHARED: Final = (
    "school_id", "stage", "year", "area_missing", "facility_id", "facility", "facility_kind", "distance", "area_shared",
    "area_covered", "schools_in_reach",
)  # fmt: skip
COUNTY_GAP: Final = (
    "metric", "stage", "year", "own_value", "other_counties", "rank", "others_mean", "others_best", "gap_to_mean",
    "gap_to_best",
)  # fmt: skip

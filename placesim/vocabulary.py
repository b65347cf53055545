"""The closed lists of the house: one word per thing, its unit, and nothing else."""

from __future__ import annotations

from typing import Final

OUTSIDE: Final = "outside"  # pseudo-area and pseudo-school for flows over the county border
CENTRAL: Final = 0  # the draw that is the central run: the only one with flows, flags and maps
ALL_PUPILS: Final = "all"  # the one group of a scenario without admission groups

SEXES: Final = ("female", "male")
AREA_TYPES: Final = ("urban", "town", "rural")
BASES: Final = ("resident", "registered")
CHILD_BASES: Final = ("registration", "permit", "vaccination", "kindergarten", "pre_registration")
SECTORS: Final = ("public", "private")
LEVELS: Final = ("design", "cap", "emergency")
DESIGN, CAP, EMERGENCY = range(3)

# Which term of min(rooms × class size, floor area, land, approved) decides a school's places.
BINDINGS: Final = ("closed", "rooms", "floor_area", "land", "approved", "given")
CLOSED, ROOMS, FLOOR_AREA, LAND, APPROVED, GIVEN = range(6)

# Where a pupil of the demand comes from; the parts sum to the pupils.
PARTS: Final = ("rolls", "children", "residents", "housing", "outside")

# How the pupils of a year follow from those of the year before; entrants by source. They sum to the pupils of the year.
WATERFALL: Final = ("last_year", "leavers", "promoted", "entrants", "net_movers", "housing", "outside")

RULES: Final = ("nearest", "catchment", "transport", "tiers", "choice")
CAPACITY_BOUND: Final = ("transport", "tiers", "choice")  # rules that never admit beyond the emergency level
TIERED: Final = ("tiers", "choice")  # rules that tell tiers apart

# Why a pupil has no place: no way to any school; ways, but only to schools of the other sector; every school in reach
# full; places in reach that the rule did not give (beyond its candidates or price, or not listed and not redirected);
# gone from school when theirs closed.
REASONS: Final = ("no_school_in_reach", "not_eligible", "all_full", "not_considered", "dropped_out")
NO_SCHOOL_IN_REACH, NOT_ELIGIBLE, ALL_FULL, NOT_CONSIDERED, DROPPED_OUT = range(5)

OPERATORS: Final = ("<", "<=", ">", ">=", "==")
HARDNESS: Final = ("statutory", "should", "planning", "local")
CONFIDENCE: Final = ("V", "D", "M", "user")  # read · derived · remembered (reported as unverified) · the user's own
POPULATION_BASES: Final = ("resident", "planned", "served")  # whom a norm per 1000 residents counts
UNITS_OF_COUNT: Final = ("campus", "institution", "stage_section", "area", "planning_area", "county", "development")

TYPOLOGY: Final = ("crowded", "underused", "balanced")
CLASS_BASES: Final = ("bins", "average", "formed")  # how classes are known: size bins, counts, or formed by allocation
SEVERITIES: Final = ("breach", "warning", "flag")

# Closed list of what is measured, with units. Columns of the measures tables and metrics of the rules.
METRICS: Final = {
    "pupils": "pupils",
    "roll": "pupils",
    "roll_actual": "pupils",
    "residual": "pupils",
    "rooms": "classrooms",
    "places_design": "places",
    "places_cap": "places",
    "places_emergency": "places",
    "utilisation": "share",
    "unfilled": "places",
    "unfilled_share": "share",
    "excess": "pupils",
    "unplaced": "pupils",
    "shortfall": "pupils",
    "need": "pupils",  # pupils − placed_outside + inflow: what a county's places are compared with
    "pressure": "share",  # need ÷ design places
    "pressure_emergency": "share",
    "over_design": "pupils",
    "placed": "pupils",
    "placed_outside": "pupils",
    "inflow": "pupils",
    "classes": "classes",
    "class_size": "pupils per class",
    "class_size_max": "pupils per class",
    "large_classes": "classes",
    "super_large_classes": "classes",
    "large_class_share": "share",
    "minutes_mean": "minutes",
    "minutes_max": "minutes",
    "metres_mean": "m",
    "pupils_over_minutes": "pupils",
    "share_over_minutes": "share",
    "residents": "persons",
    "places_per_1000": "places per 1000 residents",
    "places_per_dwelling": "places per dwelling",
    "places_per_1000_age": "places per 1000 of the age",
    "rooms_per_1000_age": "classrooms per 1000 of the age",
    "site_area_per_place": "m2 per place",
    "floor_area_per_place": "m2 per place",
    "dwellings": "dwellings",
    "housing_area": "m2",
    "classes_obliged": "classes",  # what a development must deliver of a stage
    "classes_total": "classes",  # of the whole school
    "metres_straight": "m",  # as the crow flies, to the nearest school
    "walk_minutes": "minutes",  # on foot, to the nearest school
    "beds_short": "pupils",  # boarders beyond the beds of a campus
    "falling": "share",  # by how much the roll fell in five years
    # quality balance between schools
    **dict.fromkeys(("above_degree_per_100", "backbone_per_100", "pe_art_per_100"), "teachers per 100 pupils"),
    **dict.fromkeys(("teaching_area_per_pupil", "sports_area_per_pupil"), "m2 per pupil"),
    **dict.fromkeys(("equipment_per_pupil", "special_funds_per_pupil"), "yuan per pupil"),
    "multimedia_per_100": "rooms per 100 pupils",
    "indicators_met": "indicators",
    "indicator_share_min": "share",  # the lowest of the seven indicators ÷ its threshold
    **dict.fromkeys(
        (
            "cv_above_degree",
            "cv_backbone",
            "cv_pe_art",
            "cv_teaching_area",
            "cv_sports_area",
            "cv_equipment",
            "cv_multimedia",
            "cv_basic",
        ),
        "cv",
    ),
    **dict.fromkeys(("music_rooms_per_12", "art_rooms_per_12"), "rooms per 12 classes"),
    **dict.fromkeys(("music_room_area", "art_room_area"), "m2"),
    "pe_lessons": "lessons per class and week",
    "training_hours": "hours",
    **dict.fromkeys(
        (
            "nearby_share",
            "public_share",
            "private_share",
            "retention_3",
            "retention_9",
            "disabled_enrolment",
            "rotation_share",
            "rotation_backbone_share",
            "certified_share",
            "quota_share",
            "migrant_public_share",
            "training_fund_share",
            "satisfaction",
        ),
        "share",
    ),
}

# Units of the figures of every saved table: what is measured, sampled futures, and errors of past forecasts.
FIGURES: Final = {
    **METRICS,
    **dict.fromkeys(("central", "mean", "p10", "p25", "p50", "p75", "p90", "low", "medium", "high"), "pupils"),
    **dict.fromkeys(("roll_p10", "roll_p50", "roll_p90", "expected_excess", "disaggregated"), "pupils"),
    **dict.fromkeys(("chance", "chance_over_design", "chance_over_cap", "chance_over_emergency"), "share"),
    **dict.fromkeys(
        ("start", "births", "deaths", "net_migration", "displacement", "control", "end", "births_control"), "persons"
    ),
    **dict.fromkeys(("weight", "own_weight"), "share"),
    **dict.fromkeys(
        ("pupils_per_dwelling", "pupils_per_occupied_dwelling", "admitted_per_dwelling"), "pupils per dwelling"
    ),
    "ratio": "entrants per child",
    "rate": "per person and year",
    "sd": "log",
    **dict.fromkeys(("mape", "bias", "coverage", "share_of_pupils", "share_of_residents"), "share"),
    **dict.fromkeys(("roll_by_rule", "continuing", "wanted", "admitted", "moved_in", "boarders"), "pupils"),
    **dict.fromkeys(("intake_design", "intake_cap", "intake_emergency"), "places"),
    **dict.fromkeys(("pupils_in_towns", "homes_in_towns", "village_pupils_in_towns"), "share"),
    "walkers": "pupils",
    **dict.fromkeys(("cv", "cv_plain"), "cv"),
    **dict.fromkeys(("gap_score", "quality_places_share", "quality_pupils_share"), "share"),
    "quality_pupils": "pupils",
    "quality_places": "places",
    **dict.fromkeys(("area_missing", "area_shared", "area_covered"), "m2"),
    "distance": "m",
    **dict.fromkeys(("metres", "metres_of_pupils", "metres_of_residents"), "m"),
    **dict.fromkeys(("minutes_of_pupils", "minutes_of_residents"), "minutes"),
}

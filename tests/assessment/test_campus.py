"""Land, floor and classes of a campus as a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
from toy_county import County, assessed, row_of

from placesim.assessment.campus import beds_short, whole_campus_measures

CAMPUSES = pd.DataFrame(
    {
        "school_id": ["S1", "S1", "S2", "S3"],
        "stage": ["kindergarten", "primary+junior", "primary", "primary"],
        "year": [2025] * 4,
        "classes": [6.0, 24.0, 12.0, 3.0],
        "places_design": [180, 1080, 540, 0],
    },
    index=[3, 4, 5, 6],
)


def test_stages_of_a_campus_share_its_land() -> None:
    """12 600 m² for 180 + 1080 places are 10 m² a place, whichever stage asks."""
    schools = pd.DataFrame({"school_id": ["S1", "S2", "S3"], "site_area": [12_600.0, np.nan, 900.0]})
    told = whole_campus_measures(CAMPUSES, schools)
    assert told["classes_total"].tolist() == [30, 30, 12, 3]
    assert told["site_area_per_place"].tolist()[:2] == [10, 10]
    assert told["site_area_per_place"].isna().tolist() == [False, False, True, True]
    assert told["floor_area_per_place"].isna().all()
    assert told.index.tolist() == [3, 4, 5, 6]


def test_a_county_without_areas_has_no_figures() -> None:
    campus = assessed(County(flows=[(2025, "A", "S1", "G1", 30)])).measures["campus"]
    assert campus["site_area_per_place"].isna().all()
    assert row_of(campus, school_id="S1")["classes_total"] == 1


def test_areas_that_rules_ask_for_and_nobody_tells_are_not_computable() -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 30)])
    told = assessed(county, "cn-city-sites").tables["not_computable"]
    assert told[told["what"] == "site_area_per_place"].values.tolist() == [
        ["site_area_per_place", "schools", "site_area"]
    ]
    national = assessed(county).tables["not_computable"]  # has no rule on them
    assert "site_area_per_place" not in set(national["what"])


def test_boarders_without_a_bed() -> None:
    campuses = pd.DataFrame({"school_id": ["a", "b", "c"], "year": 2025})
    intake = pd.DataFrame(
        {"school_id": ["a", "a", "b"], "stage": ["primary", "junior", "primary"], "year": 2025, "boarders": [30, 15, 9]}
    )
    schools = pd.DataFrame({"school_id": ["a", "b", "c"], "beds": [40, 10, 20]})
    short = beds_short(campuses, intake, schools)
    assert short[:2].tolist() == [5.0, 0.0]
    assert short.isna().tolist() == [False, False, True]  # nobody knows who sleeps at c
    assert beds_short(campuses, None, schools).isna().all()

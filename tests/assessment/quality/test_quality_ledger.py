"""The ledger, the weak schools and their path, quality places, grounds, and the county among others, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from quality_county import AMOUNTS, case_of, has, reported, tables_of
from toy_county import County, row_of, rows_of

from placesim.assessment.quality.ledger import unit_costs
from placesim.assessment.quality.words import PHYSICAL

# S1 shrinks from 400 to 320 pupils of primary, S2 grows from 200 to 250; both have the same per pupil in 2025.
YEARS = (2025, 2026, 2027)
COUNTY = County(
    flows=[
        *((y, "A", "S1", "G1", n) for y, n in zip(YEARS, (400, 360, 320), strict=True)),
        *((y, "B", "S2", "G1", n) for y, n in zip(YEARS, (200, 225, 250), strict=True)),
    ],
    years=YEARS,
    classes={(s, "G1", y): n for s, n in (("S1", 10), ("S2", 5)) for y in YEARS},
    places={("S1", "primary"): (450, 450, 500), ("S2", "primary"): (225, 225, 250)},
    area_types=("rural", "town"),
)
HALF = {name: amount / 2 for name, amount in AMOUNTS.items()}
RESOURCES = [
    has("S1", "primary", **AMOUNTS, music_rooms=0, target_year=2026),
    has("S2", "primary", **HALF, pe_lessons=3, pe_load=15, pe_teachers=1, ground_slots=1, ground_hours=20),
]
COSTS = [
    {"item": "sports_area", "unit": "m2", "cost": 100.0, "currency": "CNY", "price_year": 2025},
    {"item": "sports_area", "area_type": "town", "unit": "m2", "cost": 300.0, "currency": "CNY", "price_year": 2025},
    {"item": "music_rooms", "unit": "room", "cost": 90_000.0, "currency": "CNY", "price_year": 2025},
]
FACILITIES = [
    {"facility_id": "F1", "name": "Stadium", "kind": "sports", "x": 1500, "y": 800, "area": 300, "reach": 400},
    {"facility_id": "F2", "kind": "culture", "x": 1500, "y": 500, "area": 900, "reach": 100, "from_year": 2026},
    {"facility_id": "F3", "kind": "sports", "x": 1500, "y": 1500, "area": 9000, "reach": 999},
]


@pytest.fixture(scope="module")
def tables():
    return tables_of(COUNTY, {"resources": RESOURCES, "costs": COSTS, "facilities": FACILITIES})


def entry(tables, school: str, i: str) -> pd.Series:
    return row_of(tables["ledger"], school_id=school, rule_id=i)


def test_a_ledger_row_by_hand(tables) -> None:
    """S2: 1200 m² for 200 pupils are 6.0, 1.5 short; in 2027, the next year of policy, 4.8 for 250: 2.7 short, which
    is 7.5 × 250 − 1200 = 675 m², at 300 yuan in a town 202 500."""
    row = entry(tables, "S2", "cn-quality-r5-primary")
    assert row[["value", "limit", "gap", "standing"]].tolist() == [6.0, 7.5, 1.5, "fails"]
    assert row[["due_year", "due_value", "due_gap", "due_standing"]].tolist() == [2027, 4.8, 2.7, "fails"]
    assert row[["item", "amount_missing", "cost"]].tolist() == ["sports_area", 675.0, 202_500.0]
    assert row["amount_to_add"] == 675.0  # at 7.5 and 7.5 the schools are alike


def test_the_schools_own_target_year_and_falling_rolls(tables) -> None:
    """S1 named 2026: 2400 m² for 360 pupils are 6.667; 0.9 × 3.6 = 3.24 PE and art teachers, of whom it has 3."""
    sports = entry(tables, "S1", "cn-quality-r5-primary")
    assert sports[["due_year", "due_value", "due_gap"]].tolist() == [2026, 6.667, 0.833]
    assert (sports["amount_missing"], sports["cost"]) == (300.0, 30_000.0)  # 7.5 × 360 − 2400, no town
    teachers = entry(tables, "S1", "cn-quality-r3-primary")
    assert (teachers["item"], teachers["amount_missing"]) == ("pe_art_teachers", 1.0)  # 0.24, and people are whole
    assert np.isnan(teachers["cost"])  # no unit cost


def test_rooms_money_and_limits_from_above(tables) -> None:
    rooms = entry(tables, "S1", "cn-quality-g3-music-rooms")
    assert rooms[["item", "amount_missing", "cost"]].tolist() == ["music_rooms", 1.0, 90_000.0]  # 10 ÷ 12, whole
    money = entry(tables, "S2", "cn-quality-r6-primary")
    assert money[["due_value", "amount_missing", "cost"]].tolist() == [1800.0, 50_000.0, 50_000.0]  # 200 × 250
    classes = entry(tables, "S2", "cn-class-primary")
    assert classes[["value", "limit", "gap", "standing"]].tolist() == [40.0, 45.0, 0.0, "passes"]
    assert classes["item"] is None
    unknown = entry(tables, "S2", "cn-quality-g3-music-rooms")
    assert (unknown["standing"], unknown["due_standing"]) == ("unknown", "unknown")
    assert unknown[["value", "gap", "amount_missing", "cost"]].isna().all()


def test_every_school_stands_against_every_standard_once(tables) -> None:
    ledger = tables["ledger"]
    assert not ledger.duplicated(["school_id", "stage", "rule_id"]).any()
    assert ledger.groupby("school_id")["rule_id"].nunique().tolist() == [13, 13]  # R1–R7, G3 ×4, class size, PE


def test_the_most_particular_unit_cost_holds() -> None:
    prices = unit_costs(pd.DataFrame(COSTS).reindex(columns=["item", "stage", "area_type", "cost"]))
    assert prices == {
        ("sports_area", None, None): 100,
        ("sports_area", None, "town"): 300,
        ("music_rooms", None, None): 90_000,
    }


def test_weak_schools_by_hand(tables) -> None:
    """Both fail in 2025 (R3 at 0.833, R5 at 0.8): (1/6 + 1/5) ÷ 7 = 0.0524. In 2026 S1 has 0.833 teachers (0.926) and
    6.667 m² (0.889): five of seven. In 2027 it has 0.9375 teachers and 7.5 m²: it passes."""
    weak = tables["weak_schools"].set_index("school_id")
    s1, s2 = weak.loc["S1"], weak.loc["S2"]
    assert s1[["first_year", "last_year", "years", "indicators_met"]].tolist() == [2025, 2026, 2, 5]
    assert (s1["gap_score"], s1["lowest"]) == (0.0524, "sports_area_per_pupil")
    assert (s1["target_year"], s1["due_standing"]) == (2026, "fails")
    assert (s1["cost"], s1["unpriced"]) == (120_000.0, 1)  # grounds and music room; the teacher has no price
    assert (s2["last_year"], s2["years"], s2["target_year"]) == (2027, 3, 2027)


def test_quality_places_and_the_path_of_weak_schools(tables) -> None:
    path = rows_of(tables["quality_places"], stage="primary").set_index("year")
    assert path["weak"].tolist() == [2, 2, 1]
    assert path["weak_change"].fillna(0).tolist() == [0, 0, -1]
    assert path["quality_places"].tolist() == [0, 0, 450]
    assert path.loc[2027, ["places_design", "quality_places_share"]].tolist() == [675, 0.6667]
    assert path.loc[2027, ["pupils", "quality_pupils", "quality_pupils_share"]].tolist() == [570, 320, 0.5614]
    assert path["marked"].tolist() == [False, False, True]
    assert (path["school_count"] == 2).all()
    assert (path["passing"] + path["weak"] + path["not_known"] + path["not_evaluated"] == 2).all()


def test_physical_education_by_hand(tables) -> None:
    """S2: 5 classes × 5 lessons are 25; at 15 a teacher 1.67 posts, 0.67 above the one there is; in 20 hours 1.25
    classes are on the grounds at once, which hold 1."""
    row = row_of(tables["physical_education"], school_id="S2", year=2025)
    assert row[list(PHYSICAL[3:])].tolist() == [5, 3, 25, 1.67, 1, 0.67, 1.25, 1, 0.25]
    unknown = row_of(tables["physical_education"], school_id="S1", year=2025)
    assert (unknown["pe_lessons_due"], unknown["classes"]) == (50, 10)
    assert unknown[["pe_posts", "pe_posts_missing", "ground_classes", "ground_slots_missing"]].isna().all()


def test_shared_grounds_are_shown_and_never_counted(tables) -> None:
    """S2 stands at (1500, 500), 300 m from F1: 300 m² of the 300 it lacks in 2025 (7.5 × 200 − 1200)."""
    shared = tables["shared_grounds"]
    first = row_of(shared, school_id="S2", year=2025)
    assert first[["facility_id", "facility", "distance", "area_missing"]].tolist() == ["F1", "Stadium", 300.0, 300.0]
    assert first[["area_shared", "area_covered", "schools_in_reach"]].tolist() == [300.0, 300.0, 1]
    later = row_of(shared, school_id="S2", year=2027, facility_id="F1")
    assert (later["area_missing"], later["area_covered"]) == (675.0, 300.0)
    hall = row_of(shared, school_id="S2", year=2026, facility_id="F2")  # opens in 2026, and is no sports ground
    assert np.isnan(hall["area_covered"])
    assert set(shared["facility_id"]) == {"F1", "F2"}  # F3 lies 1000 m away, beyond its reach
    without = tables_of(COUNTY, {"resources": RESOURCES})
    assert tables["quality"].equals(without["quality"])
    assert without["shared_grounds"].empty


def test_the_county_among_others_by_hand() -> None:
    """Own CV of R5 in 2025: 0 (both 6.0); the others 0.4 and 0.6, lower is better. Means of R5: 6.0, 5 and 9."""
    others = [
        {"county": c, "own": False, "year": 2024, "indicator": i, "stage": "primary", "value": v}
        for c, i, v in (
            ("x", "cv_sports_area", 0.4), ("y", "cv_sports_area", 0.6), ("x", "sports_area_per_pupil", 5.0),
            ("y", "sports_area_per_pupil", 9.0), ("x", "inhabitants", 3e5),
        )
    ]  # fmt: skip
    later = {"county": "y", "own": False, "year": 2026, "indicator": "satisfaction", "stage": None, "value": 0.9}
    rows = [reported("satisfaction", 0.8), *others, later]
    gap = tables_of(COUNTY, {"resources": RESOURCES, "indicators": rows})["county_gap"]
    figures = ["own_value", "other_counties", "rank", "others_mean", "others_best", "gap_to_mean", "gap_to_best"]
    assert row_of(gap, metric="cv_sports_area", year=2025)[figures].tolist() == [0, 2, 1, 0.5, 0.4, -0.5, -0.4]
    assert row_of(gap, metric="sports_area_per_pupil", year=2025)[figures].tolist() == [6, 2, 2, 7, 9, -1, -3]
    satisfied = rows_of(gap, metric="satisfaction")
    assert satisfied["year"].tolist() == [2026, 2027]  # the other county is known from 2026 on
    assert satisfied["gap_to_best"].tolist() == [-0.1, -0.1]
    assert "inhabitants" not in set(gap["metric"])


def test_without_other_counties_there_is_no_gap() -> None:
    case = {"resources": RESOURCES, "indicators": [reported("satisfaction", 0.8, own=None)]}
    assert tables_of(COUNTY, case)["county_gap"].empty
    assert case_of(COUNTY, case).together == "primary+junior"

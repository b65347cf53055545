"""What the schools of compulsory education have, what lies near them, and what the county and its neighbours report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .classes import form_classes
from .county import County
from .facts import BASE_YEAR, CLASS_SIZE, GRADE_STAGE, stream

COMPULSORY = ("primary", "junior")
PURPOSE = 5001  # the stream of these tables
POSTS = {"primary": 1.95, "junior": 2.75}  # teachers per class
DEGREE = {"urban": 0.86, "town": 0.76, "rural": 0.58}  # share of the teachers above the required degree
BACKBONE = {"urban": 0.24, "town": 0.15, "rural": 0.05}
PE_ART = {"urban": 0.17, "town": 0.15, "rural": 0.09}
MID_TITLE = {"urban": 0.58, "town": 0.52, "rural": 0.44}
ROOMS_AREA = {"primary": 4.9, "junior": 6.2}  # m² of teaching rooms per design place
SPORTS_AREA = {"urban": 6.1, "town": 9.0, "rural": 11.5}  # m² of grounds per design place
EQUIPMENT = {"primary": 2150, "junior": 2700}  # yuan per design place
PE_LESSONS = {"urban": 4, "town": 4, "rural": 3}
OTHERS = ("青溪县", "梅岭县", "石门市", "云台县")  # made up, like the county itself
# id, name, campus nearby, kind, m², reach in m, open from, metres east and north of the campus
FACILITIES = (
    ("F01", "县体育中心", "P01", "sports", 18000, 1200, None, (420.0, -260.0)),
    ("F02", "东湖全民健身广场", "P04", "sports", 6500, 900, 2026, (-350.0, 180.0)),
    ("F03", "县文化馆", "P02", "culture", 3200, 1000, None, (150.0, 300.0)),
)


def resources_table(county: County) -> pd.DataFrame:
    """One row per campus and stage of compulsory education that is open, for the base year."""
    t = county.map.campuses.table
    rolls = county.schooling.rolls[BASE_YEAR]
    classes = form_classes(county.map.campuses, rolls)
    rng = stream(county.seed, PURPOSE)
    rows = []
    for at, campus in t.iterrows():
        for stage in campus["stages"]:
            grades = [g for g, of in enumerate(GRADE_STAGE) if of == stage]
            if stage in COMPULSORY and rolls[at, grades].sum() > 0:
                size = int(rolls[at, grades].sum()), int(classes[at, grades].sum())
                rows.append(_row(campus, stage, size, rng))
    return pd.DataFrame(rows)


def _row(campus: pd.Series, stage: str, size: tuple[int, int], rng: np.random.Generator) -> dict[str, Any]:
    """The amounts of one campus and stage of (pupils, classes); people are whole, areas tens of square metres."""
    pupils, classes = size
    kind, point = campus["area_type"], campus["kind"] == "point"
    places = campus["rooms"] * CLASS_SIZE[stage] / len(campus["stages"])
    teachers = max(1, round(classes * POSTS[stage] * rng.uniform(0.92, 1.1)))

    def some(share: float) -> int:
        return int(np.floor(teachers * share * rng.uniform(0.8, 1.2) + rng.uniform()))

    sports = SPORTS_AREA[kind] * places * rng.uniform(0.8, 1.2)
    special = 0 if point else max(1, round(classes / 12 * rng.uniform(0.7, 1.3)))
    return {
        "school_id": campus["school_id"], "stage": stage, "year": BASE_YEAR,
        "above_degree_teachers": min(teachers, some(DEGREE[kind])), "backbone_teachers": some(BACKBONE[kind]),
        "pe_art_teachers": some(PE_ART[kind]),
        "teaching_rooms_area": round(ROOMS_AREA[stage] * places * rng.uniform(0.85, 1.15), -1),
        "sports_area": round(sports, -1),
        "equipment_value": round(EQUIPMENT[stage] * places * rng.uniform(0.55, 1.3), -3),
        "multimedia_rooms": max(0, round(classes * rng.uniform(0.75, 1.25))),
        "teachers": teachers, "mid_title_teachers": some(MID_TITLE[kind]),
        "computers": round(pupils * rng.uniform(0.08, 0.16)), "books": round(pupils * rng.uniform(16, 34)),
        "music_rooms": special, "music_room_area": round(rng.uniform(78, 118)) if special else None,
        "art_rooms": special, "art_room_area": round(rng.uniform(76, 110)) if special else None,
        "pe_teachers": some(PE_ART[kind] / 2), "pe_lessons": PE_LESSONS[kind], "pe_load": 14,
        "ground_slots": max(1, int(sports // 1800)), "ground_hours": 30,
        "target_year": 2027 if kind == "urban" else 2030,
    }  # fmt: skip


def facilities_table(county: County) -> pd.DataFrame:
    """Shared grounds and halls of the county town, near its campuses."""
    t = county.map.campuses.table.set_index("school_id")
    rows = [
        (i, name, kind, t.loc[near, "x"] + dx, t.loc[near, "y"] + dy, area, reach, since)
        for i, name, near, kind, area, reach, since, (dx, dy) in FACILITIES
    ]
    columns = ["facility_id", "name", "kind", "x", "y", "area", "reach", "from_year"]
    return pd.DataFrame(rows, columns=columns).astype({"from_year": "Int64"})


def indicators_table(county: County) -> pd.DataFrame:
    """What the county reports beside, and the coefficients of variation that its neighbours have published."""
    rng = stream(county.seed, PURPOSE + 1)
    counts = {
        "eligible_teachers": 960, "rotated_teachers": 104, "rotated_backbone": 19, "migrant_children": 842,
        "migrants_in_public": 716, "migrants_in_purchased": 24, "disabled_children": 118, "disabled_enrolled": 114,
        "training_funds": 612_000, "public_funds": 14_900_000, "special_funds": 396_000, "special_pupils": 66,
        "hours_of_training": 431_000, "teachers_trained": 1180, "quota_places": 640, "quality_senior_places": 1120,
        "satisfied": 873, "asked": 1000,
    }  # fmt: skip
    own: list[tuple[Any, ...]] = [("松岚县", True, BASE_YEAR, i, None, v) for i, v in counts.items()]
    own += [
        ("松岚县", True, BASE_YEAR, i, "junior", v)
        for i, v in (("transfers_in", 31), ("transfers_out", 58), ("deaths", 1))
    ]
    others = [
        (name, False, BASE_YEAR, indicator, stage, round(float(rng.uniform(0.28, 0.72)), 3))
        for name in OTHERS
        for stage in COMPULSORY
        for indicator in ("cv_above_degree", "cv_teaching_area", "cv_sports_area", "cv_equipment")
    ]
    return pd.DataFrame(own + others, columns=["county", "own", "year", "indicator", "stage", "value"])

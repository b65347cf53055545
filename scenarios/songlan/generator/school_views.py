"""What the county writes down of its schools: campuses, rolls, catchments, flows over the border, sites, costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from .catchments import catchment_rows
from .classes import class_bins, form_classes
from .county import County
from .facts import BASE_YEAR, FIRST_ROLL, GRADE_STAGE, GRADES, STAGES, Ints, facts, metres, stream
from .schooling import OUTSIDE

GRADE_NAMES = ("小班", "中班", "大班", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级",
               "七年级", "八年级", "九年级", "高一", "高二", "高三")  # fmt: skip
BOOKED_AT_CENTRAL = {
    "T07": 2022,
    "T08": 2022,
    "T13": BASE_YEAR,
}  # until that year pupils stand in the central school's books
CENTRAL_OF = {"T07": "N03", "T08": "N03", "T13": "N04"}
BOARD = {"junior": 0.75, "senior": 0.85}  # share of the pupils from other places who board
HEADERS = [
    "学校代码",
    "学校名称",
    "学年",
    "年级",
    "在校生数",
    "班级数",
    "寄宿生",
    "45人及以下",
    "46—55人",
    "56—65人",
    "66人及以上",
]

# Unit costs in yuan at 2025 prices: places in the band of announced county projects, the rest made up for this county.
COSTS = [
    ("place_new", "kindergarten", None, "place", 52000), ("place_new", "primary", None, "place", 58000),
    ("place_new", "junior", None, "place", 68000), ("place_new", "senior", None, "place", 75000),
    ("place_extension", "kindergarten", None, "place", 44000), ("place_extension", "primary", None, "place", 49000),
    ("place_extension", "junior", None, "place", 62000), ("place_extension", "senior", None, "place", 70000),
    ("room_temporary", None, None, "classroom", 160000), ("room_conversion", None, None, "classroom", 240000),
    ("room_lease", None, None, "classroom and year", 36000), ("bed_new", None, None, "bed", 26000),
    ("land", None, "urban", "m2", 900), ("land", None, "town", "m2", 330), ("land", None, "rural", "m2", 150),
    ("bus_route", None, None, "route and year", 125000), ("post", None, None, "post and year", 118000),
    ("pupil", "primary", None, "pupil and year", 720), ("pupil", "junior", None, "pupil and year", 940),
    ("pupil", "senior", None, "pupil and year", 1000), ("pupil", "kindergarten", None, "pupil and year", 600),
    ("teaching_rooms_area", None, None, "m2", 3400), ("sports_area", None, None, "m2", 420),
    ("multimedia_rooms", None, None, "room", 68000), ("music_rooms", None, None, "room", 190000),
    ("art_rooms", None, None, "room", 150000),
]  # fmt: skip


def schools_table(county: County) -> pd.DataFrame:
    """One row per campus and stage, with its point."""
    t = county.map.campuses.table
    rows = t.loc[t.index.repeat(t["stages"].map(len))].reset_index(drop=True)
    position = rows.groupby("school_id").cumcount()
    stage = np.array([s[i] for s, i in zip(rows["stages"], position, strict=True)], dtype=object)
    approved = [a[i] if isinstance(a, list) else None for a, i in zip(rows["approved"], position, strict=True)]
    partial = (rows["kind"] == "point").to_numpy()
    return pd.DataFrame(
        {
            "school_id": rows["school_id"], "stage": stage, "name": rows["name"], "name_en": rows["name_en"],
            "institution_id": rows["institution_id"], "area_type": rows["area_type"], "sector": rows["sector"],
            "first_grade": pd.Series(np.array(GRADES, dtype=object)[rows["first"]]).where(partial, None),
            "last_grade": pd.Series(np.array(GRADES, dtype=object)[rows["last"]]).where(partial, None),
            "rooms": rows["rooms"], "temporary_rooms": rows["temporary_rooms"],
            "approved_places": pd.array(approved, dtype="Int64"),
            "floor_area": rows["floor"], "site_area": rows["site"],
            "beds": rows["beds"], "condition": rows["condition"], "protected": rows["protected"].replace("", None),
            "valid_from": pd.array([y if y > 2000 else None for y in rows["opened"]], dtype="Int64"),
            "valid_to": pd.array([y if y < BASE_YEAR else None for y in rows["closed"]], dtype="Int64"),
            "geometry": shapely.points(rows["x"], rows["y"]),
        }
    )  # fmt: skip


def institutions_table(county: County) -> pd.DataFrame:
    """Legal schools; a central school runs the village schools and points of its township."""
    t = county.map.campuses.table
    own = t[t["institution_id"] == "I" + t["school_id"]]
    return own[["institution_id", "name", "name_en", "sector"]].sort_values("institution_id", ignore_index=True)


def planning_areas_table() -> pd.DataFrame:
    """The three parts of the county town and the townships."""
    kinds = {"101": "urban", "102": "urban", "103": "rural"}
    rows = [(p["id"], p["name"], p["name_en"], kinds[p["id"]]) for p in facts()["piece"]]
    suffix = {"镇": "Town", "乡": "Township"}
    rows += [(t["id"], t["name"], f"{t['name_en']} {suffix[t['name'][-1]]}", "rural") for t in facts()["township"]]
    return pd.DataFrame(rows, columns=["planning_area", "name", "name_en", "area_type"])


def sites_table() -> pd.DataFrame:
    """Reserved and possible sites with their points."""
    rows = facts()["site"]
    kinds = ["urban" if "镇" not in r["name"] else "town" for r in rows]
    table = pd.DataFrame(rows).rename(columns={"id": "site_id", "area": "site_area", "from": "available_from"})
    point = shapely.points(np.array([metres(r["at"]) for r in rows]))
    columns = ["site_id", "name", "name_en", "area_type", "site_area", "status", "available_from", "geometry"]
    return table.assign(area_type=kinds, geometry=point)[columns]


def enrolment_table(county: County) -> pd.DataFrame:
    """The annual return 2019–2025 under Chinese headers; some teaching points stand in their central school's books."""
    parts = [_return(county, year) for year in range(FIRST_ROLL, BASE_YEAR + 1)]
    return pd.concat(parts, ignore_index=True).sort_values(["学校代码", "学年", "_grade"], ignore_index=True)[HEADERS]


def _return(county: County, year: int) -> pd.DataFrame:
    t = county.map.campuses.table
    rolls = county.schooling.rolls[year]
    classes = form_classes(county.map.campuses, rolls)
    bins = class_bins(rolls, classes, county.seed, year)
    boarders = _boarders(county, year)
    rolls, classes, boarders = rolls.copy(), classes.copy(), boarders.copy()
    for point, until in BOOKED_AT_CENTRAL.items():
        if year <= until:
            own, central = (int(t.index[t["school_id"] == s][0]) for s in (point, CENTRAL_OF[point]))
            for book in (rolls, classes, bins, boarders):
                book[central] += book[own]
                book[own] = 0
    row, grade = np.nonzero(rolls)
    values = [
        t["school_id"].to_numpy()[row],
        t["name"].to_numpy()[row],
        np.full(len(row), year),
        np.array(GRADE_NAMES)[grade],
    ]
    values += [rolls[row, grade], classes[row, grade], boarders[row, grade], *bins[row, grade].T]
    return pd.DataFrame(dict(zip(HEADERS, values, strict=True))).assign(_grade=grade)


def _boarders(county: County, year: int) -> Ints:
    """boarders[campus, grade]: pupils from areas of another kind or far away, as far as there are beds."""
    campuses, school = county.map.campuses, county.schooling.school[year]
    grade = year - county.history.children.cohort[: len(school)] - 3
    home = county.history.home[year]
    at = np.flatnonzero((school >= 0) & (grade >= GRADES.index("G4")))
    far = campuses.minutes[home[at], school[at]] > 20
    share = np.array([BOARD.get(s, 0.3) for s in GRADE_STAGE])[grade[at]]
    boards = at[far & (stream(county.seed, 2000 + year).random(len(at)) < share)]
    count = np.zeros((len(campuses.table), len(GRADES)), dtype=np.int64)
    np.add.at(count, (school[boards], grade[boards]), 1)
    total = np.maximum(count.sum(axis=1), 1)
    fit = np.minimum(1.0, campuses.table["beds"].to_numpy() / total)
    return np.floor(count * fit[:, None]).astype(np.int64)


def catchments_table(county: County) -> pd.DataFrame:
    return catchment_rows(county.map.areas, county.map.campuses, county.map.zones)


def border_flows_table(county: County) -> pd.DataFrame:
    """Pupils over the county border in the base year: residents who attend outside, and those who come in."""
    school = county.schooling.school[BASE_YEAR]
    home = county.history.home[BASE_YEAR]
    grade = BASE_YEAR - county.history.children.cohort[: len(school)] - 3
    gone = np.flatnonzero((school == OUTSIDE) & (home >= 0))
    stages = np.array(list(STAGES), dtype=object)
    stage = np.array([list(STAGES).index(s) for s in GRADE_STAGE])
    leaving = pd.DataFrame(
        {"area_id": county.map.areas["area_id"].to_numpy()[home[gone]], "stage": stages[stage[grade[gone]]]}
    )
    leaving = leaving.groupby(["area_id", "stage"], as_index=False).size().assign(school_id="outside")
    row, entered = np.nonzero(county.schooling.visitors[BASE_YEAR])
    ids = county.map.campuses.table["school_id"].to_numpy()[row]
    coming = pd.DataFrame(
        {"school_id": ids, "stage": stages[stage[entered]], "size": county.schooling.visitors[BASE_YEAR][row, entered]}
    )
    coming = coming.groupby(["school_id", "stage"], as_index=False)["size"].sum().assign(area_id="outside")
    table = pd.concat([leaving, coming], ignore_index=True).rename(columns={"size": "pupils"}).assign(year=BASE_YEAR)
    return table[["area_id", "school_id", "year", "stage", "pupils"]]


def costs_table() -> pd.DataFrame:
    table = pd.DataFrame(COSTS, columns=["item", "stage", "area_type", "unit", "cost"])
    return table.assign(currency="CNY", price_year=BASE_YEAR)


# Schools promised with housing: development, stage, classes, state, due year, year of delivery.
OBLIGATIONS = [
    ("D02", "kindergarten", 9, "opened", 2020, 2021), ("D04", "kindergarten", 9, "accepted", 2025, None),
    ("D04", "primary", 24, "started", 2025, None), ("D04", "junior", 18, "agreed", 2029, None),
    ("D06", "kindergarten", 9, "land", 2026, None), ("D09", "kindergarten", 6, "agreed", 2023, None),
]  # fmt: skip


def obligations_table() -> pd.DataFrame:
    columns = ["development_id", "stage", "classes", "state", "due_year", "delivered_year"]
    years = {"due_year": "Int64", "delivered_year": "Int64"}
    return pd.DataFrame(OBLIGATIONS, columns=columns).astype(years)

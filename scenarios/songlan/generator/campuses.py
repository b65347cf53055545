"""The schools as built: campuses of the county town, of the seats and of the villages, and the ways to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from .facts import CLASS_SIZE, GRADES, MAP_SEED, STAGES, Floats, Ints, facts, metres, stream
from .roads import Network
from .settle import GRAIN, Settlements, both_ways

WALK, RIDE, WAIT = 60.0, 20_000 / 60, 5.0  # m per minute on foot and riding, minutes of waiting
OFFSET = {"primary": (190, 90), "nine_year": (170, 120), "junior": (-280, 170), "kindergarten": (60, -190)}
FLOOR = {"kindergarten": 10.5, "primary": 7.2, "junior": 9.0, "senior": 16.0}  # m² per place as built
SITE = {"kindergarten": 16.0, "primary": 24.0, "junior": 27.0, "senior": 30.0}  # m² per place outside the town
CLOSED_POINTS = {"205": 2020, "209": 2022}  # township → last school year of a teaching point that has gone
BEDS = {"nine_year": 180, "junior": 240}


@dataclass(frozen=True)
class Campuses:
    """One row per campus in the order of its id, and minutes[area, campus] by road.

    table: school_id, name, name_en, kind, institution_id, area (position), x, y, area_type, sector, stages, first, last
    (grade positions), rooms, temporary_rooms, floor, site, beds, approved, opened, closed, quality.
    """

    table: pd.DataFrame
    minutes: Floats
    metres: Floats

    def teaches(self, grade: int, year: int) -> np.ndarray:
        """Which campuses teach a grade (position) in a year."""
        t = self.table
        stage = t["stages"].map(lambda stages: _stage_at(grade) in stages).to_numpy(bool)
        within = (t["first"] <= grade) & (t["last"] >= grade) & (t["opened"] <= year) & (t["closed"] >= year)
        return stage & within.to_numpy(bool)


def _stage_at(grade: int) -> str:
    return next(s for s, (age, n) in STAGES.items() if age <= grade + 3 < age + n)


def build_campuses(homes: Settlements, network: Network, centre: Ints) -> Campuses:
    """Place every campus, size it, and measure the ways from the areas' centres."""
    rows = [_town_campus(fact) for fact in facts()["campus"]]
    rows += _township_campuses(homes, network.xy[centre])
    table = pd.DataFrame(rows).sort_values("school_id", ignore_index=True)
    spots = shapely.points(table["x"], table["y"])
    table["area"] = _containing(spots, homes)
    table["area_type"] = homes.table["area_type"].to_numpy()[table["area"]]
    table = _sized(table)
    return Campuses(table, *_ways(network, centre, table[["x", "y"]].to_numpy()))


def _containing(spots: np.ndarray, homes: Settlements) -> Ints:
    """Area position of each point."""
    point, area = shapely.STRtree(homes.table["geometry"].to_numpy()).query(spots, predicate="within")
    where = np.full(len(spots), -1)
    where[point] = area
    if (where < 0).any():
        raise RuntimeError(f"points outside the county: {np.flatnonzero(where < 0)}")
    return where


def area_of(points: Floats, homes: Settlements) -> Ints:
    """Area position of points[n, 2]."""
    return _containing(shapely.points(points), homes)


def _row(school_id: str, name: str, name_en: str, kind: str, at: Floats, **given: Any) -> dict[str, Any]:
    base = {"sector": "public", "temporary_rooms": 0, "beds": 0, "approved": None, "site": None, "quality": 0.0}
    x, y = np.round(np.asarray(at) / GRAIN) * GRAIN
    dates = {"opened": 1990, "closed": 2200, "protected": ""}
    return (
        base | dates | {"school_id": school_id, "name": name, "name_en": name_en, "kind": kind, "x": x, "y": y} | given
    )


def _town_campus(fact: dict[str, Any]) -> dict[str, Any]:
    known = ("rooms", "temporary_rooms", "site", "beds", "approved", "sector", "quality", "opened")
    given = {key: fact[key] for key in known if key in fact}
    stages = tuple(fact["stages"])
    kind = "nine_year" if len(stages) == 2 else stages[0]
    return _row(
        fact["id"], fact["name"], fact["name_en"], kind, metres(fact["at"]),
        stages=stages, institution_id=f"I{fact['id']}", **given,
    )  # fmt: skip


def _township_campuses(homes: Settlements, centres: Floats) -> list[dict[str, Any]]:
    numbers = dict.fromkeys("PNJKT", 0) | {"P": 5, "N": 1, "J": 2, "K": 9}
    rows: list[dict[str, Any]] = []
    for township in facts()["township"]:
        rows += _seat_campuses(township, numbers)
        central = rows[-1]["institution_id"]
        rows += _village_campuses(township, homes, centres, numbers, central)
    return rows


def _next(numbers: dict[str, int], letter: str) -> str:
    numbers[letter] += 1
    return f"{letter}{numbers[letter]:02d}"


def _seat_campuses(township: dict[str, Any], numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Kindergarten, junior high where there is one, and last the central school."""
    seat, zh, en, kind = metres(township["seat"]), township["name"], township["name_en"], township["kind"]
    stem = zh if kind == "nine_year" else zh[:-1] + "镇"
    rows = []

    def add(letter: str, what: str, what_en: str, place: str, **given: Any) -> None:
        school = _next(numbers, letter)
        at = seat + np.array(OFFSET[place])
        rows.append(_row(school, f"{stem}{what}", f"{en} {what_en}", place, at, institution_id=f"I{school}", **given))

    add("K", "中心幼儿园", "Central Kindergarten", "kindergarten", stages=("kindergarten",), rooms=6)
    if kind == "junior":
        junior = {"stages": ("junior",), "rooms": township["rooms"][1], "beds": BEDS["junior"]}
        add("J", "初级中学", "Junior High School", "junior", **junior)
    if kind == "nine_year":
        both = {"stages": ("primary", "junior"), "rooms": township["rooms"][0], "beds": BEDS["nine_year"]}
        add("N", "九年一贯制学校", "Nine-Year School", "nine_year", **both)
    else:
        add("P", "中心小学", "Central Primary School", "primary", stages=("primary",), rooms=township["rooms"][0])
    return rows


def _village_campuses(
    township: dict[str, Any], homes: Settlements, centres: Floats, numbers: dict[str, int], central: str
) -> list[dict[str, Any]]:
    """Village primaries and teaching points in the large villages far from every other school of the township."""
    table = homes.table
    own = np.flatnonzero((table["planning_area"] == township["id"]) & (table["area_type"] == "rural"))
    taken = [metres(township["seat"])]
    closed = CLOSED_POINTS.get(township["id"])
    plan = ["village"] * township["village_schools"] + ["point"] * township["points"] + ["closed"] * bool(closed)
    rows = []
    for what in plan:
        apart = cKDTree(taken).query(centres[own])[0]
        village = own[(np.minimum(apart, 6000) * table["weight"].to_numpy()[own]).argmax()]
        taken.append(centres[village])
        stem, stem_en = table["name"][village].removesuffix("村"), table["name_en"][village].removesuffix(" Village")
        at = centres[village] + [40, 30]
        if what == "village":
            given = {"stages": ("primary",), "rooms": 6, "institution_id": central}
            rows.append(_row(_next(numbers, "P"), f"{stem}小学", f"{stem_en} Primary School", "village", at, **given))
            continue
        school = _next(numbers, "T")
        last = GRADES.index("G3" if int(school[1:]) % 2 else "G4")
        given = {"stages": ("primary",), "rooms": last - 2, "last": last, "institution_id": central}
        given |= {"closed": closed} if what == "closed" else {}
        rows.append(_row(school, f"{stem}教学点", f"{stem_en} Teaching Point", "point", at, **given))
    return rows


def _sized(table: pd.DataFrame) -> pd.DataFrame:
    """Grades taught, floor and site areas, condition, protection."""
    rng = stream(MAP_SEED, 2)
    first = [min(STAGES[s][0] - 3 for s in stages) for stages in table["stages"]]
    last = [max(sum(STAGES[s]) - 4 for s in stages) for stages in table["stages"]]
    places = [rooms * CLASS_SIZE[stages[0]] for rooms, stages in zip(table["rooms"], table["stages"], strict=True)]
    floor = np.array([FLOOR[stages[-1]] for stages in table["stages"]]) * places * rng.uniform(1.0, 1.25, len(table))
    site = np.array([SITE[stages[-1]] for stages in table["stages"]]) * places * rng.uniform(1.0, 1.5, len(table))
    age = np.where(table["opened"] > 2010, 0.9, rng.uniform(0.35, 0.85, len(table)))
    table = table.assign(first=first, last=table["last"].fillna(pd.Series(last)).astype(int))
    table["floor"] = np.round(floor, -1)
    table["site"] = table["site"].astype(float).fillna(pd.Series(np.round(site, -1)))
    remote = (table["kind"] == "point") & table["school_id"].isin(["T02", "T05"])
    return table.assign(condition=np.round(age, 2), protected=np.where(remote, "边远地区必要教学点", ""))


def _ways(network: Network, centre: Ints, spots: Floats) -> tuple[Floats, Floats]:
    """minutes[area, campus] and metres[area, campus] on the roads, from the areas' centres."""
    roads = network.road != ""
    used = network.nodes()
    node = used[cKDTree(network.xy[used]).query(spots)[1]]
    access = np.hypot(*(network.xy[node] - spots).T)
    graph = both_ways(network.pair[roads], network.length[roads], len(network.xy))
    distance = dijkstra(graph, indices=node)[:, centre].T + access
    return np.minimum(distance / WALK, WAIT + distance / RIDE), distance

"""How near the nearest school is: a county by hand, and plain loops over homes and schools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from allocations import allocation
from handmade import STAGES, county, road, squares
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from placesim.geo import measure_travel
from placesim.geo.nearness import COVERAGE, NEAREST, People, nearness, people_of
from placesim.records import Allocation, HomeWays, Inputs, Places, Projection
from placesim.scenario.options import SupplyOptions, TravelOptions
from placesim.scenario.parameters import AccessParameters, TravelParameters
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward

YEARS = (2025, 2026)
NORMS = {s: StageNorms(45, 50, 56) for s in STAGES.ids}
ACCESS = AccessParameters(metres=(300.0, 1000.0), minutes=(5.0, 20.0))
TYPES = np.array(["urban", "rural"], dtype=object)
# three homes on a street: 0 and 600 m (a, urban; 3 : 1), 1500 m (b, rural)
HOMES = [("a", 3.0, 0.0), ("a", 1.0, 600.0), ("b", 1.0, 1500.0)]
SCHOOLS = [
    {"school_id": "S", "stage": "primary", "x": 200, "y": 0, "rooms": 6},
    {"school_id": "T", "stage": "primary", "x": 1500, "y": 300, "rooms": 6, "valid_to": 2025},
    {"school_id": "J", "stage": "junior", "x": 600, "y": 0, "rooms": 6},
]


def toy() -> Inputs:
    points = [
        {"point_id": f"p{k}", "area_id": a, "weight": w, "geometry": Point(x, 0)} for k, (a, w, x) in enumerate(HOMES)
    ]
    roads = [{**road((0, 0), (2000, 0)), "road_id": "street"}]
    return county({"areas": squares(["a", "b"]), "points": points, "schools": SCHOOLS, "roads": roads})


def measured(inputs: Inputs, **parameters: Any) -> tuple[Places, HomeWays]:
    places = roll_forward(inputs, SupplyOptions(YEARS, STAGES, NORMS, {}))
    ways = measure_travel(inputs, places, TravelOptions(TravelParameters(**parameters))).ways
    assert ways is not None
    return places, ways


def enrolled() -> Allocation:
    flows = [
        (2025, "a", "S", "G1", 25), (2025, "a", "T", "G3", 15), (2025, "b", "T", "G2", 12), (2025, "a", "J", "G4", 8),
        (2026, "a", "S", "G1", 40), (2026, "b", "S", "G1", 10), (2026, "a", "J", "G5", 8),
    ]  # fmt: skip
    return allocation(("a", "b"), ("S", "T", "J"), flows, years=YEARS, unplaced={(2025, "b", "G1"): 8})


def projection(years: Sequence[int] = YEARS, pupils: Sequence[float] = (400.0, 100.0)) -> Projection:
    residents = np.zeros((2, len(years), 2, 3))
    residents[:, :, 0, 1] = np.array(pupils)[:, None] / 4
    residents[:, :, 1, 2] = np.array(pupils)[:, None] * 3 / 4
    none = np.zeros(0)
    return Projection(("a", "b"), tuple(years), "given", residents, none, none, none, none, none)


def tables(people: People) -> tuple[pd.DataFrame, pd.DataFrame]:
    return nearness(*measured(toy()), TYPES, people, ACCESS)


def shares(found: pd.DataFrame, stage: str, area_type: str | None, year: int, of: str = "pupils") -> list[float]:
    """radius 300 m, 1000 m, 5 minutes, 20 minutes."""
    same_type = found["area_type"].isna() if area_type is None else found["area_type"] == area_type
    rows = found[(found["stage"] == stage) & same_type & (found["year"] == year)]
    assert rows[["measure", "limit"]].to_numpy().tolist() == [
        ["radius", 300], ["radius", 1000], ["minutes", 5], ["minutes", 20],
    ]  # fmt: skip
    return rows[f"share_of_{of}"].tolist()


# ------------------------------------------------------------------------------------------------ by hand
def test_who_is_counted() -> None:
    """Whole pupils who need a place, placed or not; residents of all ages and both sexes."""
    people = people_of(enrolled(), projection())
    assert people.pupils[:, 0].tolist() == [[40, 40], [20, 10]]
    assert people.pupils[:, 1].tolist() == [[8, 8], [0, 0]]
    assert people.residents.tolist() == [[400, 400], [100, 100]]


def test_shares_by_hand_and_a_school_that_closes() -> None:
    """Primary: 30 pupils 200 m from S, 10 at 400 m, b at 300 m from T, later at 1300 m (21⅔ minutes) from S."""
    found, _ = tables(people_of(enrolled(), projection()))
    assert tuple(found.columns) == COVERAGE
    assert shares(found, "primary", None, 2025) == [round(50 / 60, 5), 1, round(50 / 60, 5), 1]
    assert shares(found, "primary", None, 2026) == [0.6, 0.8, 0.6, 0.8]
    assert shares(found, "primary", "urban", 2025) == shares(found, "primary", "urban", 2026) == [0.75, 1, 0.75, 1]
    assert shares(found, "primary", "rural", 2025) == [1, 1, 1, 1]
    assert shares(found, "primary", "rural", 2026) == [0, 0, 0, 0]
    assert shares(found, "primary", None, 2025, "residents") == [0.8, 1, 0.8, 1]
    assert shares(found, "primary", None, 2026, "residents") == [0.6, 0.8, 0.6, 0.8]


def test_shares_of_another_stage_and_of_nobody() -> None:
    """Junior: J is 600, 0 and 900 m away; no pupil lives in b."""
    found, _ = tables(people_of(enrolled(), projection()))
    assert shares(found, "junior", None, 2025) == [0.25, 1, 0.25, 1]
    assert shares(found, "junior", None, 2025, "residents") == [0.2, 1, 0.2, 1]
    assert np.isnan(shares(found, "junior", "rural", 2025)).all()
    assert shares(found, "junior", "rural", 2025, "residents") == [0, 1, 0, 1]


def test_means_by_hand() -> None:
    _, found = tables(people_of(enrolled(), projection()))
    assert tuple(found.columns) == NEAREST
    rows = found.fillna({"area_type": ""}).set_index(["stage", "year", "area_type"])
    pupils = (30 * 200 + 10 * 400 + 20 * 300) / 60
    people = (300 * 200 + 100 * 400 + 100 * 300) / 500
    expected = [pupils, pupils / 60, people, people / 60]
    assert rows.loc[("primary", 2025, "")].tolist() == [round(v, 2) for v in expected]
    assert rows.loc[("primary", 2026, "rural")].tolist() == [1300, 21.67, 1300, 21.67]
    assert rows.loc[("junior", 2025, "urban")].tolist() == [450, 7.5, 450, 7.5]
    assert rows.loc[("junior", 2025, "rural")].fillna(-1).tolist() == [-1, -1, 900, 15]


def test_people_out_of_reach_are_in_no_mean_and_in_no_share() -> None:
    """Within 20 minutes b reaches no primary school once T is closed; the straight line to S is told all the same."""
    places, ways = measured(toy(), limit_minutes=20.0)
    found, means = nearness(places, ways, TYPES, people_of(enrolled(), projection()), ACCESS)
    assert shares(found, "primary", None, 2026) == [0.6, 0.8, 0.6, 0.8]
    rows = means.fillna({"area_type": ""}).set_index(["stage", "year", "area_type"])["metres_of_pupils"]
    assert rows["primary", 2026, ""] == 250
    assert np.isnan(rows["primary", 2026, "rural"])


@pytest.mark.parametrize("known", [None, (2026, 2027)])
def test_years_without_residents_are_blank(known: tuple[int, ...] | None) -> None:
    people = people_of(enrolled(), None if known is None else projection(known))
    found, means = tables(people)
    assert found["share_of_residents"][found["year"] == 2025].isna().all()
    assert means["metres_of_residents"][means["year"] == 2025].isna().all()
    assert found["share_of_residents"][found["year"] == 2026].isna().all() == (known is None)
    assert shares(found, "primary", None, 2025) == [round(50 / 60, 5), 1, round(50 / 60, 5), 1]


def test_no_limits_no_rows_of_coverage() -> None:
    nothing_asked = AccessParameters(metres=(), minutes=())
    found, means = nearness(*measured(toy()), TYPES, people_of(enrolled(), None), nothing_asked)
    assert (len(found), tuple(found.columns)) == (0, COVERAGE)
    assert len(means) == 2 * 2 * 3


def test_areas_without_a_type_count_for_the_county_only() -> None:
    types = np.array([None, "rural"], dtype=object)
    found, _ = nearness(*measured(toy()), types, people_of(enrolled(), projection()), ACCESS)
    assert set(found["area_type"].dropna()) == {"rural"}
    assert shares(found, "primary", None, 2026) == [0.6, 0.8, 0.6, 0.8]


def test_a_school_without_a_point_is_no_school_nearby() -> None:
    places, ways = measured(toy())
    schools = places.schools.copy()
    schools.loc[schools["school_id"] == "T", "geometry"] = None
    there = list(places.ids).index("T")
    kept = ways.school != there
    fewer = replace(
        ways, home=ways.home[kept], school=ways.school[kept], minutes=ways.minutes[kept], metres=ways.metres[kept],
        ride=ways.ride[kept],
    )  # fmt: skip
    found, _ = nearness(replace(places, schools=schools), fewer, TYPES, people_of(enrolled(), projection()), ACCESS)
    assert shares(found, "primary", "rural", 2025) == [0, 0, 0, 0]


# ------------------------------------------------------------------------------------------------ plain loops
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_equal_to_plain_loops(seed: int) -> None:
    """Schools that teach what and when they like, ways and people at random, some of them nobody or nowhere."""
    rng = np.random.default_rng(seed)
    places, ways = measured(toy())
    serves = rng.random((3, 5, 2)) < 0.3
    places = replace(places, serves=serves, places=np.zeros_like(places.places))
    kept = rng.random(len(ways.home)) < 0.7
    some = replace(
        ways, home=ways.home[kept], school=ways.school[kept], minutes=rng.integers(0, 30, kept.sum()) / 1.0,
        metres=rng.uniform(0, 2000, kept.sum()), ride=ways.ride[kept],
    )  # fmt: skip
    people = People(rng.integers(0, 3, (2, 2, 2)).astype(float), rng.integers(0, 50, (2, 2)).astype(float))
    found, means = nearness(places, some, TYPES, people, ACCESS)
    xy = np.stack([places.schools.geometry.x, places.schools.geometry.y], axis=1)
    rows, mean_rows = [], []
    for k, stage in enumerate(STAGES.ids):
        grades = range(3) if stage == "primary" else range(3, 5)
        for t, year in enumerate(YEARS):
            teaching = [s for s in range(3) if any(serves[s, g, t] for g in grades)]
            homes = []
            for home, (area, _, x) in enumerate(HOMES):
                at = "ab".index(area)
                listed = [
                    (some.minutes[r], some.metres[r])
                    for r in range(len(some.home))
                    if some.home[r] == home and some.school[r] in teaching
                ]
                way = min(listed, default=(np.inf, np.inf))
                straight = min((float(np.hypot(*(xy[s] - (x, 0)))) for s in teaching), default=np.inf)
                share = ways.home_share[home]
                homes.append(
                    (TYPES[at], straight, *way, people.pupils[at, k, t] * share, people.residents[at, t] * share)
                )
            for name in (None, "urban", "rural"):
                chosen = [h for h in homes if name in (None, h[0])]
                for column, limits in ((1, ACCESS.metres), (2, ACCESS.minutes)):
                    for limit in limits:
                        both = [plain_share(chosen, column, limit, of) for of in (4, 5)]
                        rows.append([stage, name, year, ("radius", "minutes")[column - 1], limit, *both])
                mean_rows.append([stage, name, year, *(plain_mean(chosen, c, of) for of in (4, 5) for c in (3, 2))])
    same(found, pd.DataFrame(rows, columns=list(COVERAGE)), 0.6e-5)
    same(means, pd.DataFrame(mean_rows, columns=list(NEAREST)), 0.6e-2)


def plain_share(homes: list[tuple[Any, ...]], way: int, limit: float, people: int) -> float:
    total = sum(h[people] for h in homes)
    return sum(h[people] for h in homes if h[way] <= limit) / total if total else np.nan


def plain_mean(homes: list[tuple[Any, ...]], way: int, people: int) -> float:
    reached = [h for h in homes if np.isfinite(h[2])]
    total = sum(h[people] for h in reached)
    return sum(h[people] * h[way] for h in reached) / total if total else np.nan


def same(found: pd.DataFrame, expected: pd.DataFrame, rounding: float) -> None:
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=rounding)

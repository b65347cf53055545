"""Where people of an area live, and what that makes of the way from an area to a school."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, road, squares
from hypothesis import given, settings
from hypothesis import strategies as st
from road_tables import streets
from shapely import LineString, Point

from placesim.geo import measure_travel
from placesim.geo.homes import homes_of
from placesim.records import HomeWays, Inputs, Travel
from placesim.scenario.options import SupplyOptions, TravelOptions
from placesim.scenario.parameters import TravelParameters
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward

NORMS = {s: StageNorms(45, 50, 56) for s in STAGES.ids}
STREET = [{**road((0, 0), (3000, 0)), "road_id": "street"}]


def point(area: str, weight: float, x: float, y: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"point_id": f"{area}{x:g}", "area_id": area, "weight": weight, "geometry": Point(x, y), **more}


def school(name: str, x: float, y: float = 0.0, stage: str = "primary") -> dict[str, Any]:
    return {"school_id": name, "stage": stage, "x": x, "y": y, "rooms": 6}


def toy(points: list[dict[str, Any]], *schools: dict[str, Any], **tables: list[dict[str, Any]]) -> Inputs:
    return county({"areas": squares(["a", "b"]), "schools": schools, "points": points, "roads": STREET, **tables})


def travel(inputs: Inputs, **parameters: Any) -> Travel:
    places = roll_forward(inputs, SupplyOptions((2025,), STAGES, NORMS, {}))
    return measure_travel(inputs, places, TravelOptions(TravelParameters(**parameters)), workers=1)


def metres(found: Travel) -> dict[tuple[str, str], float]:
    rows = zip(found.area, found.school, found.metres, strict=True)
    return {(found.areas[a], found.schools[s]): round(float(m), 6) for a, s, m in rows}


def minutes(found: Travel) -> dict[tuple[str, str], float]:
    rows = zip(found.area, found.school, found.minutes, strict=True)
    return {(found.areas[a], found.schools[s]): round(float(m), 6) for a, s, m in rows}


def by_home(found: Travel) -> dict[tuple[int, str], float]:
    ways = found.ways
    assert ways is not None
    rows = zip(ways.home, ways.school, ways.metres, strict=True)
    return {(int(h), found.schools[s]): round(float(m), 6) for h, s, m in rows}


# ------------------------------------------------------------------------------------------------ homes
def test_homes_are_the_points_that_carry_weight_and_centroids_of_other_areas() -> None:
    points = [
        point("b", 3, 1400), point("a", 0, 100), point("b", 1, 1800), point("b", 0, 1900), point("gone", 5, 10),
        {**point("b", 9, 1), "geometry": None},
    ]  # fmt: skip
    homes = homes_of(toy(points))
    assert homes.area.tolist() == [0, 1, 1]
    assert homes.share.tolist() == [1, 0.75, 0.25]
    assert homes.xy.tolist() == [[500, 500], [1400, 0], [1800, 0]]
    assert homes.row.tolist() == [-1, 0, 2]


def test_an_area_whose_points_all_weigh_nothing_has_its_centroid() -> None:
    homes = homes_of(toy([point("a", 0, 100), point("a", 0, 200)]))
    assert homes.xy.tolist() == [[500, 500], [1500, 500]]
    assert homes_of(county({"areas": squares(["a"])})).xy.tolist() == [[500, 500]]


# ------------------------------------------------------------------------------------------------ areas
def test_the_way_of_an_area_is_the_mean_over_its_people() -> None:
    points = [point("a", 30, 200), point("a", 10, 600), point("b", 1, 1500)]
    found = travel(toy(points, school("S", 1000)))
    assert by_home(found) == {(0, "S"): 800, (1, "S"): 400, (2, "S"): 500}
    assert metres(found) == {("a", "S"): (3 * 800 + 400) / 4, ("b", "S"): 500}
    assert minutes(found)["a", "S"] == round(700 / 60, 6)


def test_an_area_is_listed_where_at_least_half_of_its_people_reach_the_school() -> None:
    for near, expected in ((2.0, 100), (3.0, 100), (1.9, None)):
        points = [point("a", near, 900), point("a", 2, 100), point("b", 1, 1000)]
        found = travel(toy(points, school("S", 1000)), limit_minutes=5.0)
        assert metres(found).get(("a", "S")) == expected  # the mean of those who reach it, in no more than 5 minutes
        assert by_home(found) == {(0, "S"): 100, (2, "S"): 0}


def test_half_of_the_people_is_half_whatever_the_weights() -> None:
    """Twenty-eight points of the same weight: the shares of fourteen sum to less than a half in floating point."""
    points = [point("a", 1, 900) if k < 14 else point("a", 1, k) for k in range(28)]
    assert metres(travel(toy(points, school("S", 1000)), limit_minutes=2.0))["a", "S"] == 100


def test_points_without_roads_are_measured_by_straight_line() -> None:
    tables: dict[str, Any] = {
        "areas": squares(["a"]), "schools": [school("S", 1000)], "points": [point("a", 1, 600), point("a", 3, 200)],
    }  # fmt: skip
    found = travel(county(tables), detour=1.5)
    assert (found.method, metres(found)) == ("straight_line", {("a", "S"): 1.5 * (400 + 3 * 800) / 4})
    assert found.joins.empty


# ------------------------------------------------------------------------------------------------ modes
def test_the_bus_beats_walking_where_the_way_is_long_enough() -> None:
    """60 m a minute on foot; riding 400 m a minute, the road's own speed being below that of buses on its class."""
    roads = [{**road((0, 0), (3000, 0)), "road_id": "r", "class": "primary", "speed": 24.0}]
    points = [point("a", 1, 400), point("a", 1, 500), point("b", 1, 1900)]
    inputs = toy(points, school("S", 1000), roads=roads)
    found = travel(inputs, ride_profile="bus", ride_wait=8.5)
    ways = found.ways
    assert ways is not None  # 400 m a minute: 600 m on foot 10 min, riding 8.5 + 1.5: both as long, so on foot
    assert ways.ride.tolist() == [False, False, True]
    assert ways.minutes.tolist() == pytest.approx([10, 500 / 60, 8.5 + 900 / 400])
    sooner = travel(inputs, ride_profile="bus", ride_wait=5.0).ways
    assert sooner is not None
    assert sooner.ride.tolist() == [True, True, True]
    on_foot = travel(inputs).ways
    assert on_foot is not None
    assert not on_foot.ride.any()


def test_joins_tell_of_every_point_in_every_mode() -> None:
    roads = [*STREET, {**road((0, 40), (3000, 40)), "road_id": "path", "drive": False},
             {**road((0, 0), (0, 40)), "road_id": "link", "drive": False}]  # fmt: skip
    inputs = toy([point("a", 1, 200, 30), point("a", 0, 9)], school("S", 1000, 100), roads=roads)
    joins = travel(inputs, ride_speed=20.0).joins
    assert list(joins.columns) == ["unit", "id", "mode", "metres"]
    assert joins.to_numpy().tolist() == [
        ["school", "S", "walk", 60], ["point", "a200", "walk", 10], ["area", "b", "walk", 460],
        ["school", "S", "ride", 100], ["point", "a200", "ride", 30], ["area", "b", "ride", 500],
    ]  # fmt: skip


def test_joins_are_blank_where_a_barrier_shuts_a_home_in() -> None:
    fence = [{"barrier_id": "f", "geometry": LineString([(190, 20), (210, 20), (210, 40), (190, 40), (190, 20)])}]
    inputs = toy([point("a", 1, 200, 30), point("b", 1, 1500)], school("S", 1000), barriers=fence)
    found = travel(inputs)
    assert found.joins["metres"].isna().tolist() == [False, True, False]
    assert metres(found) == {("b", "S"): 500}


def test_next_door_but_for_a_wall() -> None:
    """Home and school 50 m apart, each 100 m from the street: straight across, unless a wall stands between them."""
    at_home, at_school = point("a", 1, 500, 100), school("S", 550, 100)
    assert metres(travel(toy([at_home], at_school), detour=1.2))["a", "S"] == 60
    wall = [{"barrier_id": "w", "geometry": LineString([(525, 50), (525, 150)])}]
    assert metres(travel(toy([at_home], at_school, barriers=wall), detour=1.2))["a", "S"] == 100 + 50 + 100
    expressway = {**road((525, 50), (525, 150)), "road_id": "e", "class": "motorway"}
    closed = toy([at_home], at_school, roads=[*STREET, expressway])
    assert metres(travel(closed, detour=1.2))["a", "S"] == 250
    above = toy([at_home], at_school, roads=[*STREET, {**expressway, "crosses": True}])
    assert metres(travel(above, detour=1.2))["a", "S"] == 60


# ------------------------------------------------------------------------------------------------ matrix
def test_a_matrix_holds_for_every_home_and_other_schools_are_measured_from_the_points() -> None:
    points = [point("a", 3, 200), point("a", 1, 600)]
    rows = [{"area_id": "a", "school_id": "S", "minutes": 7.0, "metres": 700.0}]
    found = travel(toy(points, school("S", 900), school("T", 1000), travel=rows))
    assert found.method == "matrix"
    assert by_home(found) == {
        (0, "S"): 700, (0, "T"): 800, (1, "S"): 700, (1, "T"): 400, (2, "T"): 500 + 500,
    }  # fmt: skip
    assert metres(found) == {("a", "S"): 700, ("a", "T"): 700, ("b", "T"): 1000}


# ------------------------------------------------------------------------------------------------ nearest
def town(seed: int) -> Inputs:
    """Random streets, eight homes in two areas, seven schools: some primary, some junior, some both."""
    rng = np.random.default_rng(seed + 3)
    xy = rng.uniform(0, 300, (15, 2))
    points = [point("ab"[k % 2], float(rng.integers(1, 5)), x, y) for k, (x, y) in enumerate(xy[:8])]
    schools = [
        school(f"s{k}", x, y, stage)
        for k, (x, y) in enumerate(xy[8:])
        for stage in [("primary",), ("junior",), ("primary", "junior")][k % 3]
    ]
    return toy(points, *schools, roads=streets(seed))


@pytest.mark.parametrize("mode", [{}, {"ride_speed": 30.0, "ride_wait": 1.0}, {"unsafe": "avoid"}])
@given(seed=st.integers(0, 10**6), most=st.integers(1, 5))
@settings(max_examples=15)
def test_only_the_nearest_schools_of_each_stage_are_kept(mode: dict[str, Any], seed: int, most: int) -> None:
    inputs = town(seed)
    every, kept = travel(inputs, **mode).ways, travel(inputs, nearest=most, **mode).ways
    assert every is not None
    assert kept is not None
    taught = {"primary": (0, 2, 3, 5, 6), "junior": (1, 2, 4, 5)}
    expected = set()
    for home in range(8):
        rows = [r for r in range(len(every.home)) if every.home[r] == home]
        for schools in taught.values():
            near = sorted((every.minutes[r], int(every.school[r])) for r in rows if every.school[r] in schools)
            expected |= {(home, name) for _, name in near[:most]}
    assert set(zip(kept.home.tolist(), kept.school.tolist(), strict=True)) == expected
    full = {(h, s): m for h, s, m in zip(every.home, every.school, every.minutes, strict=True)}
    assert [full[h, s] for h, s in zip(kept.home, kept.school, strict=True)] == kept.minutes.tolist()


@given(seed=st.integers(0, 10**6), limit=st.floats(0.5, 8))
@settings(max_examples=25)
def test_areas_say_what_their_homes_say(seed: int, limit: float) -> None:
    inputs = town(seed)
    found = travel(inputs, limit_minutes=limit)
    ways = found.ways
    assert isinstance(ways, HomeWays)
    ways.check()
    assert (ways.minutes <= limit).all()
    expected = {}
    for area in range(2):
        for place in range(7):
            rows = [
                r for r in range(len(ways.home)) if ways.home_area[ways.home[r]] == area and ways.school[r] == place
            ]
            share = sum(ways.home_share[ways.home[r]] for r in rows)
            if share >= 0.5 - 1e-9:
                mean = sum(ways.home_share[ways.home[r]] * ways.minutes[r] for r in rows) / share
                expected["ab"[area], f"s{place}"] = mean
    assert minutes(found) == pytest.approx(expected, abs=1e-6)


def test_a_home_more_changes_no_other_way() -> None:
    inputs = [
        toy(points, school("S", 1000)) for points in ([point("a", 1, 200)], [point("a", 1, 200), point("a", 1, 1)])
    ]
    one, two = (by_home(travel(each)) for each in inputs)
    assert one[0, "S"] == two[0, "S"] == 800

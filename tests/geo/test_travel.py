"""Minutes and metres from area to school, by hand: straight line, roads, matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, road, squares
from shapely import Polygon

from placesim.geo import check_travel, measure_travel
from placesim.messages import LANGUAGES, describe, label
from placesim.records import Inputs, Travel
from placesim.scenario.options import SupplyOptions, TravelOptions
from placesim.scenario.parameters import TravelParameters
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward

NORMS = {s: StageNorms(45, 50, 56) for s in STAGES.ids}
SCHOOLS = [
    {"school_id": "A", "stage": "primary", "x": 500, "y": 500, "rooms": 6},
    {"school_id": "B", "stage": "primary", "x": 2500, "y": 500, "rooms": 9},
    {"school_id": "B", "stage": "junior", "x": 2500, "y": 500, "rooms": 9},
]
# one road along the southern edge, with a lane up to the middle of each outer square
ROADS = [
    {**road((0, 0), (500, 0)), "road_id": "r1"},
    {**road((500, 0), (2500, 0)), "road_id": "r2"},
    {**road((500, 0), (500, 450)), "road_id": "r3"},
    {**road((2500, 0), (2500, 500)), "road_id": "r4"},
]


def toy(**tables: list[dict[str, Any]]) -> Inputs:
    return county({"areas": squares(["a", "b", "c"]), "schools": SCHOOLS, **tables})


def travel(inputs: Inputs, **parameters: Any) -> Travel:
    places = roll_forward(inputs, SupplyOptions((2025,), STAGES, NORMS, {}))
    return measure_travel(inputs, places, TravelOptions(TravelParameters(**parameters)))


def metres(found: Travel) -> dict[tuple[str, str], float]:
    pairs = zip(found.area, found.school, found.metres, strict=True)
    return {(found.areas[a], found.schools[s]): round(float(m), 6) for a, s, m in pairs}


def minutes(found: Travel) -> dict[tuple[str, str], float]:
    pairs = zip(found.area, found.school, found.minutes, strict=True)
    return {(found.areas[a], found.schools[s]): round(float(m), 6) for a, s, m in pairs}


def test_straight_line_times_detour_and_said_so() -> None:
    found = travel(toy(), detour=1.5)
    assert found.method == "straight_line"
    assert found.notes == ("travel.straight_line",)
    assert metres(found) == {
        ("a", "A"): 0, ("a", "B"): 3000, ("b", "A"): 1500, ("b", "B"): 1500, ("c", "A"): 3000, ("c", "B"): 0,
    }  # fmt: skip


def test_minutes_on_foot() -> None:
    assert minutes(travel(toy(), detour=1.2, walk_speed=3.6))["a", "B"] == 40  # 2400 m at 60 m a minute


def test_riding_where_it_is_faster() -> None:
    found = minutes(travel(toy(), detour=1.2, ride_speed=24.0, ride_wait=5.0))
    assert found["a", "B"] == 11  # 5 + 2400 m at 400 m a minute
    assert found["b", "B"] == 8  # 5 + 3, not 20 on foot
    assert found["a", "A"] == 0  # nobody waits for a bus next door


def test_pairs_beyond_the_limit_are_dropped_and_those_at_it_stay() -> None:
    assert set(metres(travel(toy(), detour=1.2, limit_minutes=20.0))) == {
        ("a", "A"),
        ("b", "A"),
        ("b", "B"),
        ("c", "B"),
    }
    assert set(metres(travel(toy(), detour=1.2, limit_minutes=19.9))) == {("a", "A"), ("c", "B")}


def test_roads_with_the_ways_to_and_from_them() -> None:
    found = travel(toy(roads=ROADS), limit_minutes=600.0)
    assert (found.method, found.notes) == ("roads", ())
    assert metres(found) == {
        ("a", "A"): 0,  # next door: nobody walks 50 m to the lane and back
        ("a", "B"): 50 + 450 + 2000 + 500,
        ("b", "A"): 500 + 1000 + 450 + 50,
        ("b", "B"): 500 + 1000 + 500,
        ("c", "A"): 500 + 2000 + 450 + 50,
        ("c", "B"): 0,
    }


def test_a_direct_way_replaces_only_longer_legs() -> None:
    near = [{**SCHOOLS[0], "x": 1400, "y": 600}, *SCHOOLS[1:]]
    found = metres(travel(toy(roads=ROADS, schools=near), detour=1.3))
    assert found["b", "A"] == round(1.3 * np.hypot(100, 100), 6)  # legs would be 500 + 600 m
    assert found["a", "A"] == 50 + 450 + 900 + 600  # legs 650 m, direct 1177 m: by road


def test_roads_of_another_part_do_not_count() -> None:
    island = {**road((400, 510), (600, 510)), "road_id": "r9"}
    assert metres(travel(toy(roads=[*ROADS, island])))["a", "B"] == 3000


def test_the_road_limit_is_that_of_the_whole_way() -> None:
    assert metres(travel(toy(roads=ROADS), limit_minutes=50.0))["a", "B"] == 3000  # 3000 m at 60 m a minute
    assert ("a", "B") not in metres(travel(toy(roads=ROADS), limit_minutes=49.9))
    bus = {"ride_speed": 36.0, "ride_wait": 5.25, "walk_speed": 6.0}
    by_bus = travel(toy(roads=ROADS), limit_minutes=10.67, **bus)
    assert minutes(by_bus)["a", "B"] == 10.666667  # 50 m walked at 100 m a minute, 5.25, 2950 m at 600 m a minute
    assert metres(by_bus)["a", "B"] == 3000
    assert ("a", "B") not in metres(travel(toy(roads=ROADS), limit_minutes=10.66, **bus))


def test_travel_starts_at_the_centroid_even_outside_the_area() -> None:
    bow = Polygon([(0, 0), (1000, 0), (1000, 100), (100, 100), (100, 900), (1000, 900), (1000, 1000), (0, 1000)])
    areas = [{"area_id": "a", "geometry": bow}]
    expected = 1.3 * np.hypot(bow.centroid.x - 500, 0)
    assert not bow.contains(bow.centroid)
    assert metres(travel(toy(areas=areas)))["a", "A"] == round(float(expected), 6)


def test_a_matrix_is_taken_as_given() -> None:
    rows = [
        {"area_id": "c", "school_id": "B", "minutes": 7.0, "metres": 700.0},
        {"area_id": "a", "school_id": "B", "minutes": 30.0},
        {"area_id": "a", "school_id": "A", "minutes": 91.0, "metres": 1.0},
        {"area_id": "a", "school_id": "gone", "minutes": 1.0, "metres": 1.0},
    ]
    found = travel(toy(travel=rows, roads=ROADS), detour=1.5)
    assert (found.method, found.notes) == ("matrix", ("travel.metres_by_line",))
    assert minutes(found) == {("a", "B"): 30, ("c", "B"): 7}
    assert metres(found) == {("a", "B"): 3000, ("c", "B"): 700}


def test_a_school_that_no_row_names_is_measured_without_the_matrix() -> None:
    rows = [{"area_id": "a", "school_id": "A", "minutes": 7.0, "metres": 700.0}]
    found = travel(toy(travel=rows), detour=1.5)
    assert found.notes == ("travel.not_in_matrix",)
    assert metres(found) == {("a", "A"): 700, ("a", "B"): 3000, ("b", "B"): 1500, ("c", "B"): 0}


def test_the_order_of_files_changes_nothing() -> None:
    first = travel(toy(roads=ROADS))
    second = travel(toy(roads=ROADS[::-1]))
    assert np.array_equal(first.area, second.area)
    assert np.allclose(first.metres, second.metres, rtol=0, atol=1e-9)


def test_many_schools_come_in_chunks() -> None:
    schools = [{"school_id": f"s{i:03}", "stage": "primary", "x": 20.0 * i, "y": 500, "rooms": 1} for i in range(150)]
    found = travel(toy(schools=schools), detour=1.0)
    assert len(found.area) == 450
    assert found.metres[found.area == 0].tolist() == [abs(20.0 * i - 500) for i in range(150)]


# ------------------------------------------------------------------------------------------------- findings
def codes(inputs: Inputs, **parameters: Any) -> list[tuple[str, str | None, int | None]]:
    return [(f.code, f.value, f.row) for f in check_travel(inputs, TravelOptions(TravelParameters(**parameters)))]


def test_good_roads_give_no_finding() -> None:
    assert codes(toy(roads=ROADS)) == [("N343", None, None)]  # how far it is to the roads


def test_no_roads_is_a_note() -> None:
    assert [c for c, _, _ in codes(toy())] == ["N341"]


def test_areas_and_schools_far_from_any_road() -> None:
    assert codes(toy(roads=ROADS), snap_metres=49.0) == [
        ("E341", "a", 2),
        ("E341", "b", 3),
        ("E342", "A", 2),
        ("N343", None, None),
    ]


def test_roads_without_length_and_roads_apart() -> None:
    extra = [{**road((1, 1), (1, 1)), "road_id": "dot"}, {**road((9, 9), (9, 99)), "road_id": "island"}]
    assert [c[:2] for c in codes(toy(roads=[*ROADS, *extra]))] == [
        ("W340", "dot"),
        ("N340", None),
        ("N343", None),
    ]


def test_roads_without_any_line() -> None:
    assert [c for c, _, _ in codes(toy(roads=[{**road((1, 1), (1, 1)), "road_id": "dot"}]))] == ["W340", "E340"]


def test_areas_and_schools_out_of_reach() -> None:
    far = [*SCHOOLS, {"school_id": "F", "stage": "junior", "x": 9000, "y": 500, "rooms": 1}]
    findings = check_travel(toy(schools=far), TravelOptions(TravelParameters(limit_minutes=30.0)))
    assert [(f.code, f.value, f.row, f.facts.get("stages")) for f in findings] == [
        ("N341", None, None, None),
        ("W341", "a", 2, "junior"),
        ("W342", "F", 5, None),
    ]


def test_gaps_in_a_matrix() -> None:
    rows = [{"area_id": "a", "school_id": "B", "minutes": 7.0}, {"area_id": "c", "school_id": "B", "minutes": 7.0}]
    assert codes(toy(travel=rows)) == [("W343", "b", 3), ("W344", "A", 2)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_and_note_has_its_sentences(language: str) -> None:
    cases = [
        check_travel(toy(roads=ROADS), TravelOptions(TravelParameters(snap_metres=49.0))),
        check_travel(toy(), TravelOptions(TravelParameters(limit_minutes=1.0))),
        check_travel(toy(roads=[{**road((1, 1), (1, 1)), "road_id": "d"}]), TravelOptions(TravelParameters())),
    ]
    for finding in (f for case in cases for f in case):
        text, fix = describe(finding, language)
        assert text
        assert fix
    for key in ("travel.straight_line", "travel.metres_by_line", "travel.not_in_matrix"):
        assert label(key, language)

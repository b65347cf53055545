"""Rooms, places and catchments after changes, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shapely import Point
from toy_supply import SCHOOLS, YEARS, options, toy

from placesim.errors import DataError
from placesim.records import Places
from placesim.supply import roll_forward
from placesim.vocabulary import CAP, CLOSED, DESIGN, EMERGENCY, GIVEN, ROOMS

A, B, C, D = range(4)
PRIMARY, JUNIOR = range(2)


def rolled(**changes: dict[str, Any]) -> Places:
    return roll_forward(toy(), options(**changes))


def rooms(places: Places, school: str) -> list[int]:
    return places.rooms[places.ids.index(school)].tolist()


def zone(places: Places, area: str, stage: str, year: int) -> list[str]:
    rows = places.catchments
    valid = (rows["valid_from"].fillna(0) <= year) & (rows["valid_to"].fillna(9999) >= year)
    return sorted(rows[(rows["area_id"] == area) & (rows["stage"] == stage) & valid]["school_id"])


def test_the_tables_alone() -> None:
    places = rolled()
    assert places.ids == ("A", "B", "C", "D")
    assert rooms(places, "A") == [6] * 5
    assert places.temporary_rooms[B].tolist() == [1] * 5
    assert places.places[A, PRIMARY, 0].tolist() == [270, 300, 336]
    assert places.places[B, :, 0].tolist() == [[405, 450, 504], [450, 450, 495]]  # the pool is not split
    assert places.places[C, PRIMARY, 0].tolist() == [90, 150, 168]  # incomplete: design 30
    assert places.places[D, JUNIOR, 0].tolist() == [400, 400, 440]  # given: 400 × 55 ÷ 50
    assert places.binding[:, :, 0].tolist() == [[ROOMS, CLOSED], [ROOMS, ROOMS], [ROOMS, CLOSED], [CLOSED, GIVEN]]
    assert places.serves[C, :, 0].tolist() == [True, True, False, False, False]
    assert places.changes == ()


def test_campus_facts_stand_once_and_lacking_area_types_come_from_the_area() -> None:
    schools = rolled().schools
    assert schools["name"].tolist()[:2] == ["A school", "B school"]
    assert schools["area_type"].tolist() == ["urban", "town", "rural", "rural"]
    assert (schools["x"].tolist(), schools.crs.to_epsg()) == ([500, 1500, 2500, 3500], 32650)
    assert "stage" not in schools
    assert "rooms" not in schools


def test_the_inputs_stay_as_they_were() -> None:
    inputs = toy()
    before = inputs.frame("schools").copy(), inputs.frame("catchments").copy()
    roll_forward(inputs, options(c={"kind": "close", "year": 2025, "school": "C", "receivers": ["B"]}))
    assert inputs.frame("schools").equals(before[0])
    assert inputs.frame("catchments").equals(before[1])


def test_dated_rows_open_and_close_a_stage() -> None:
    schools = [*SCHOOLS[:3], {**SCHOOLS[3], "valid_from": 2025, "valid_to": 2026}, {**SCHOOLS[4], "valid_to": 2020}]
    places = roll_forward(toy(schools=schools), options())
    assert places.ids == ("A", "B", "C")  # D closed before the run
    assert rooms(places, "C") == [0, 3, 3, 0, 0]
    assert places.binding[C, PRIMARY].tolist() == [CLOSED, ROOMS, ROOMS, CLOSED, CLOSED]


def test_floor_area_and_approved_places_bind() -> None:
    approved = [{**SCHOOLS[0], "approved_places": 200}, *SCHOOLS[1:]]
    places = roll_forward(toy(schools=approved), options())
    assert places.places[A, PRIMARY, 0].tolist() == [200, 200, 200]


def test_rooms_and_places_together_mean_rooms() -> None:
    places = roll_forward(toy(schools=[{**SCHOOLS[0], "places": 999}, *SCHOOLS[1:]]), options())
    assert places.places[A, PRIMARY, 0, DESIGN] == 270


def test_no_rooms_and_given_places_mean_given() -> None:
    places = roll_forward(toy(schools=[{**SCHOOLS[0], "places": 180, "rooms": 0}, *SCHOOLS[1:]]), options())
    assert places.places[A, PRIMARY, 0].tolist() == [180, 200, 224]
    assert rooms(places, "A") == [0] * 5


def test_committed_projects_add_rooms_from_their_year() -> None:
    projects = [
        {"project_id": "p1", "school_id": "A", "year": 2026, "rooms": 4, "status": "approved"},
        {"project_id": "p2", "school_id": "A", "year": 2026, "rooms": 9, "status": "planned"},
        {"project_id": "p3", "school_id": "A", "year": 2024, "rooms": 9, "status": "complete"},  # in the table already
        {"project_id": "p4", "school_id": "A", "year": 2028, "rooms": -2, "status": None},
        {"project_id": "p5", "school_id": "A", "year": 2040, "rooms": 9, "status": "approved"},
    ]
    assert rooms(roll_forward(toy(projects=projects), options()), "A") == [6, 6, 10, 10, 8]


def test_expand_reduce_and_temporary_rooms() -> None:
    places = rolled(
        e={"kind": "expand", "year": 2025, "school": "A", "rooms": 2},
        b={"kind": "bulge", "year": 2026, "until": 2027, "school": "A", "rooms": 3},
        r={"kind": "reduce", "year": 2028, "school": "A", "rooms": 5},
        s={"kind": "lease", "year": 2028, "until": 2040, "school": "B", "rooms": 1},
    )
    assert rooms(places, "A") == [6, 8, 11, 11, 3]
    assert places.temporary_rooms[A].tolist() == [0, 0, 3, 3, 0]
    assert places.temporary_rooms[B].tolist() == [1, 1, 1, 1, 2]
    assert [(c.name, c.rooms, c.places) for c in places.changes] == [
        ("e", 2, 90),
        ("b", 3, 135),
        ("r", -5, -225),
        ("s", 1, 48),  # a nine-year campus: (45 + 50) ÷ 2, rounded
    ]


def test_reducing_leaves_no_more_temporary_rooms_than_rooms() -> None:
    places = rolled(r={"kind": "reduce", "year": 2026, "school": "B", "rooms": 9})
    assert rooms(places, "B") == [9, 9, 0, 0, 0]
    assert places.temporary_rooms[B].tolist() == [1, 1, 0, 0, 0]


def test_transfer_and_borrow() -> None:
    places = rolled(
        t={"kind": "transfer_rooms", "year": 2025, "from_school": "B", "to_school": "A", "rooms": 2, "cost": 5.0},
        w={"kind": "borrow", "year": 2026, "until": 2026, "host": "B", "school": "A", "rooms": 3},
    )
    assert rooms(places, "A") == [6, 8, 11, 8, 8]
    assert rooms(places, "B") == [9, 7, 4, 7, 7]
    assert places.temporary_rooms[A].tolist() == [0, 0, 3, 0, 0]
    assert [(c.school, c.rooms, c.places, c.cost, c.until) for c in places.changes] == [
        ("A", 2, 90, 5.0, None),
        ("A", 3, 135, None, 2026),
    ]


def test_open_on_a_site() -> None:
    places = rolled(
        n={
            "kind": "open",
            "year": 2026,
            "school": "AA",
            "name": "New",
            "stages": ["primary"],
            "rooms": 12,
            "site": "L1",
        }
    )
    assert places.ids == ("A", "AA", "B", "C", "D")
    new = places.schools.iloc[1]
    assert (new["name"], new["area_type"], new["sector"], new["site_area"]) == ("New", "town", "public", 9000)
    assert new.geometry == Point(3600, 600)
    assert rooms(places, "AA") == [0, 0, 12, 12, 12]
    assert places.places[1, PRIMARY, :, CAP].tolist() == [0, 0, 600, 600, 600]
    assert places.serves[1, :, 2].tolist() == [True, True, True, False, False]
    assert [(c.rooms, c.places) for c in places.changes] == [(12, 540)]


@pytest.mark.parametrize(
    ("x", "expected"),
    [(700.0, "urban"), (2600.0, "rural")],  # the area's own type; without one the nearest campus'
)
def test_open_at_a_point_takes_its_area_type_from_around(x: float, expected: str) -> None:
    change = {
        "kind": "open",
        "year": 2025,
        "school": "N",
        "name": "N",
        "stages": ["junior"],
        "rooms": 1,
        "x": x,
        "y": 1.0,
    }
    assert rolled(n=change).schools.set_index("school_id")["area_type"]["N"] == expected


def test_close_passes_catchments_on_and_empties_the_campus() -> None:
    places = rolled(c={"kind": "close", "year": 2025, "school": "C", "receivers": ["B", "A"]})
    assert rooms(places, "C") == [3, 0, 0, 0, 0]
    assert places.places[C, :, 1:].sum() == 0
    assert [zone(places, "a3", "primary", y) for y in YEARS] == [["C"], ["A", "B"], ["A", "B"], ["B"], ["B"]]
    assert places.receiving.values.tolist() == [["C", "B", 2025, 0], ["C", "A", 2025, 1]]
    assert [(c.rooms, c.places) for c in places.changes] == [(-3, -90)]


def test_shares_are_divided_among_receivers_of_the_stage() -> None:
    places = rolled(
        n={"kind": "open", "year": 2026, "school": "N", "name": "N", "stages": ["junior"], "rooms": 9, "site": "L1"},
        c={"kind": "close", "year": 2027, "school": "B", "receivers": ["A", "D", "N"]},
    )
    rows = places.catchments[(places.catchments["stage"] == "junior") & (places.catchments["valid_from"] == 2027)]
    assert dict(zip(rows["school_id"], rows["share"], strict=True)) == {"D": 0.3, "N": 0.3}
    assert zone(places, "a2", "primary", 2027) == ["A"]


def test_close_without_receivers_ends_catchments() -> None:
    places = rolled(c={"kind": "close", "year": 2025, "school": "A"})
    assert zone(places, "a1", "primary", 2024) == ["A"]
    assert zone(places, "a1", "primary", 2025) == []


def test_merge_closes_into_the_one_that_stays() -> None:
    places = rolled(m={"kind": "merge", "year": 2026, "schools": ["A", "C"], "into": "B"})
    assert rooms(places, "A") == [6, 6, 0, 0, 0]
    assert rooms(places, "B") == [9] * 5
    assert zone(places, "a1", "primary", 2026) == ["B"]
    assert places.changes[0].school == "B"
    assert places.changes[0].rooms == -9


def test_suspend_and_reopen_give_the_catchments_back() -> None:
    places = rolled(
        s={"kind": "suspend", "year": 2025, "school": "A", "receivers": ["B"]},
        r={"kind": "reopen", "year": 2027, "school": "A"},
        e={"kind": "expand", "year": 2028, "school": "A", "rooms": 1},
    )
    assert rooms(places, "A") == [6, 0, 0, 6, 7]
    assert [zone(places, "a1", "primary", y) for y in YEARS] == [["A"], ["B"], ["B"], ["A"], ["A"]]
    assert [c.rooms for c in places.changes] == [-6, 6, 1]


def test_convert_changes_the_stage() -> None:
    places = rolled(
        c={"kind": "convert", "year": 2026, "school": "C", "from_stage": "primary", "to_stage": "junior"},
        d={"kind": "convert", "year": 2026, "school": "D", "from_stage": "junior", "to_stage": "primary"},
    )
    assert places.places[C, :, 2:, DESIGN].tolist() == [[0, 0, 0], [150, 150, 150]]
    assert places.places[D, PRIMARY, 2].tolist() == [
        400,
        444,
        497,
    ]  # capacity in pupils goes over: × 50 ÷ 45, × 56 ÷ 45
    assert zone(places, "a3", "primary", 2026) == []


def test_a_conversion_leaves_the_places_of_the_years_before_as_they_were() -> None:
    both = [
        {"school_id": "E", "stage": "junior", "x": 0, "y": 0, "places": 100},
        {"school_id": "E", "stage": "primary", "x": 0, "y": 0, "places": 405, "valid_to": 2025},
    ]
    change = {"kind": "convert", "year": 2027, "school": "E", "from_stage": "junior", "to_stage": "primary"}
    places = roll_forward(toy(schools=[*SCHOOLS, *both]), options(c=change))
    assert places.places[-1, PRIMARY, :, DESIGN].tolist() == [405, 405, 0, 100, 100]
    assert places.places[-1, JUNIOR, :, DESIGN].tolist() == [100, 100, 100, 0, 0]


def test_reopening_does_not_undo_a_rezoning_made_meanwhile() -> None:
    places = rolled(
        s={"kind": "suspend", "year": 2025, "school": "A", "receivers": ["B"]},
        z={"kind": "rezone", "year": 2026, "stage": "primary", "areas": ["a1"], "schools": ["C"]},
        r={"kind": "reopen", "year": 2027, "school": "A"},
    )
    assert [zone(places, "a1", "primary", y) for y in YEARS] == [["A"], ["B"], ["C"], ["C"], ["C"]]


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
def test_an_area_held_for_a_suspended_school_returns_to_it_alone(first: str, second: str) -> None:
    places = rolled(
        s={"kind": "suspend", "year": 2025, "school": "A", "receivers": ["B"]},
        t={"kind": "suspend", "year": 2026, "school": "B", "receivers": ["C", "D"]},
        u={"kind": "reopen", "year": 2027, "school": first},
        v={"kind": "reopen", "year": 2028, "school": second},
    )
    meanwhile = ["A"] if first == "A" else ["C"]
    assert [zone(places, "a1", "primary", y) for y in YEARS] == [["A"], ["B"], ["C"], meanwhile, ["A"]]


def test_rezone_replaces_what_was_there() -> None:
    places = rolled(
        z={"kind": "rezone", "year": 2026, "stage": "primary", "areas": ["a1", "a3"], "schools": ["A", "B"]}
    )
    assert [zone(places, "a3", "primary", y) for y in YEARS] == [["C"], ["C"], ["A", "B"], ["A", "B"], ["A", "B"]]
    assert zone(places, "a1", "primary", 2028) == ["A", "B"]
    assert zone(places, "a1", "junior", 2028) == ["B", "D"]
    assert (places.changes[0].school, places.changes[0].places) == ("A, B", 0)


def test_bought_places_are_told_apart_and_end_with_the_stage() -> None:
    private = [{**row, "sector": "private"} for row in SCHOOLS]
    places = roll_forward(
        toy(schools=private),
        options(
            c={"kind": "close", "year": 2027, "school": "A", "receivers": ["B"]},
            p={"kind": "buy_places", "year": 2025, "until": 2028, "school": "A", "stage": "primary", "places": 40},
        ),
    )
    assert places.bought[A, PRIMARY].tolist() == [0, 40, 40, 0, 0]
    assert places.places[A, PRIMARY, :, DESIGN].tolist() == [270, 310, 310, 0, 0]
    assert places.bought.sum() == 80


def test_buying_places_adds_them_at_every_level_for_a_while() -> None:
    places = rolled(
        p={"kind": "buy_places", "year": 2025, "until": 2026, "school": "D", "stage": "junior", "places": 60}
    )
    assert places.places[D, JUNIOR, :, DESIGN].tolist() == [400, 460, 460, 400, 400]
    assert places.places[D, JUNIOR, 1, EMERGENCY] == 500


def test_groups_are_dated() -> None:
    schools = [{**SCHOOLS[0], "school_group": "east"}, *SCHOOLS[1:]]
    joined = {"kind": "join_school_group", "year": 2026, "school": "B", "group": "east"}
    places = roll_forward(toy(schools=schools), options(j=joined))
    assert places.school_groups.values.tolist() == [["A", "east", 2024], ["B", "east", 2026]]


def test_within_a_year_openings_come_first() -> None:
    places = rolled(
        a_close={"kind": "close", "year": 2026, "school": "A", "receivers": ["N"]},
        b_open={
            "kind": "open",
            "year": 2026,
            "school": "N",
            "name": "N",
            "stages": ["primary"],
            "rooms": 9,
            "site": "L1",
        },
    )
    assert zone(places, "a1", "primary", 2026) == ["N"]


def test_a_change_after_the_horizon_is_left_out() -> None:
    places = rolled(e={"kind": "expand", "year": 2029, "school": "A", "rooms": 2})
    assert rooms(places, "A") == [6] * 5
    assert places.changes == ()


def test_a_wrong_change_stops_the_roll() -> None:
    with pytest.raises(DataError, match="E400"):
        rolled(e={"kind": "expand", "year": 2025, "school": "ZZ", "rooms": 2})


def test_rows_of_the_schools_table_in_any_order_give_the_same_places() -> None:
    mixed = [SCHOOLS[i] for i in (4, 2, 0, 3, 1)]
    first, second = rolled(), roll_forward(toy(schools=mixed), options())
    assert first.ids == second.ids
    assert np.array_equal(first.places, second.places)


def test_equipping_a_school_is_carried_out_and_adds_no_places() -> None:
    change = {"kind": "equip", "year": 2025, "school": "A", "stage": "primary", "amounts": {"books": 500}, "cost": 9.0}
    places, plain = rolled(e=change), rolled()
    assert (places.places == plain.places).all()
    [applied] = places.changes
    assert (applied.name, applied.kind, applied.school, applied.rooms, applied.cost) == ("e", "equip", "A", 0, 9.0)

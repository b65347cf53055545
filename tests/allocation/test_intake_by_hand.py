"""The yearly clock on counties small enough to work out by hand. Classes are of 10, at most 12, in need 15."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from toy_run import Toy, flows

from placesim.records import Allocation
from placesim.scenario.changes import Close, Open
from placesim.vocabulary import OUTSIDE

YEARS = (2025, 2026, 2027, 2028)
# C teaches both stages in 8 pooled rooms; T is its teaching point, which ends at G2; P closes in 2027.
COUNTY = Toy(
    schools=[
        {"school_id": "C", "stage": "primary", "rooms": 8, "institution_id": "I1", "area_type": "town"},
        {"school_id": "C", "stage": "junior", "rooms": 8, "institution_id": "I1", "area_type": "town"},
        {"school_id": "P", "stage": "primary", "rooms": 3, "area_type": "rural"},
        {"school_id": "T", "stage": "primary", "rooms": 2, "last_grade": "G2", "institution_id": "I1"},
    ],
    minutes={("a", "C"): 5.0, ("b", "T"): 5.0, ("b", "C"): 25.0, ("c", "P"): 5.0, ("c", "C"): 15.0},
    pupils={
        ("a", "G1"): (10, 10, 20, 10), ("a", "G2"): (10, 10, 10, 20), ("a", "G3"): 10, ("a", "G4"): 10, ("a", "G5"): 10,
        ("b", "G1"): 6, ("b", "G2"): 6, ("b", "G3"): 6, ("b", "G4"): 5, ("b", "G5"): 5,
        ("c", "G1"): 8, ("c", "G2"): 8, ("c", "G3"): 8, ("c", "G4"): 5, ("c", "G5"): 5,
    },
    areas=("a", "b", "c"),
    years=YEARS,
    changes={"close_p": Close(kind="close", school="P", year=2027, receivers=("C",))},
)  # fmt: skip


def rolls(found: Allocation, school: str) -> list[list[int]]:
    """[year][grade]"""
    return found.roll[found.schools.index(school)].T.tolist()


def classes(found: Allocation, school: str) -> list[list[int]]:
    return found.classes[found.schools.index(school)].T.tolist()


def test_three_schools_four_years_with_pooled_rooms_a_closure_and_a_chain() -> None:
    found = COUNTY.allocate()
    assert rolls(found, "C") == [
        # 2025 everyone to the nearest school; b's G3 too, as T ends at G2. 1 + 1 + 2 + 2 + 2 classes fill 8 rooms.
        [10, 10, 16, 20, 20],
        # 2026 G3 = its own 10 + 6 from T: 16 in the one class they were would be over 12, so two classes. G5 2 classes.
        # 8 − (1 + 2 + 2) = 3 rooms: 1 for 10 of G1, 2 for 20 of G4.
        [10, 10, 16, 20, 20],
        # 2027 P's 8 + 8 come: G2 10 + 8, G3 10 + 8 + 6, two classes each, G5 two: 2 rooms left for 28 of G1 (3 classes)
        # and 20 of G4 (2): one each, at most 15 in it.
        [15, 18, 24, 15, 20],
        # 2028 G2 15 in one class, G3 18 + 6 in two, G5 15 in one: 4 rooms left, two for 18 of G1, two for 20 of G4. The
        # classes of G2 and G5 are full: who found no place in 2027 finds none now.
        [18, 15, 24, 20, 15],
    ]
    assert classes(found, "C") == [[1, 1, 2, 2, 2], [1, 1, 2, 2, 2], [1, 2, 2, 1, 2], [2, 1, 2, 2, 1]]
    assert rolls(found, "P") == [[8, 8, 8, 0, 0], [8, 8, 8, 0, 0], [0] * 5, [0] * 5]
    assert rolls(found, "T") == [[6, 6, 0, 0, 0]] * 4
    assert found.unplaced.sum(axis=(0, 3)).tolist() == [[0] * 5, [0] * 5, [13, 0, 0, 5, 0], [0, 13, 0, 0, 5]]


def test_what_is_told_of_september() -> None:
    table = COUNTY.allocate().tables["intake"].set_index(["school_id", "stage", "year"])
    row = table.loc[("C", "primary", 2027)]
    assert row[["continuing", "wanted", "admitted", "moved_in"]].tolist() == [42, 28, 15, 0]
    assert row[["intake_design", "intake_cap", "intake_emergency"]].tolist() == [10, 12, 15]  # one room
    assert row["places_design"] == 50  # the five rooms of the stage: structural places beside those of this September
    assert (row["largest_grade"], row["leaves"]) == ("G3", 2028)
    assert tuple(table.loc[("C", "primary", 2028), ["largest_grade", "leaves"]]) == ("G3", 2029)


def test_a_school_nearly_full_without_a_room_for_grade_1_refuses_grade_1() -> None:
    """X has 3 rooms: next year G2 has 20 in two classes, G3 has 9 in one. 29 of 30 places, and no room for G1."""
    roll = {"G1": 20, "G2": 9, "G3": 10}
    toy = Toy(
        schools=[
            {"school_id": "X", "stage": "primary", "rooms": 3},
            {"school_id": "Y", "stage": "primary", "rooms": 9},
        ],
        minutes={("a", "X"): 2.0, ("a", "Y"): 30.0},
        pupils={("a", "G1"): (20, 7), ("a", "G2"): (9, 20), ("a", "G3"): (10, 9)},
        areas=("a",),
        years=(2025, 2026),
        tables={
            "enrolment": [
                {"school_id": s, "year": 2025, "grade": g, "pupils": n if s == "X" else 0, "classes": -(-n // 10)}
                for g, n in roll.items()
                for s in ("X", "Y")
            ]
        },
    )
    found = toy.allocate()
    assert rolls(found, "X") == [[20, 9, 10, 0, 0], [0, 20, 9, 0, 0]]
    assert rolls(found, "Y") == [[0] * 5, [7, 0, 0, 0, 0]]


def test_who_found_no_place_applies_again() -> None:
    """One room in 2025 and 2026 (cap 15 in need), a second one in 2027."""
    toy = Toy(
        schools=[{"school_id": "X", "stage": "junior", "rooms": 2}],
        minutes={("a", "X"): 2.0},
        pupils={("a", "G4"): (10, 20, 10), ("a", "G5"): (10, 10, 20)},
        areas=("a",),
        years=(2025, 2026, 2027),
    )
    found = toy.allocate()
    # 2026: G5 has 10 in one class; one room for 20 of G4, who are 15 in it. 2027: these have 15 in one class, which is
    # full; one room for 10 of G4. Five are left each year.
    assert rolls(found, "X") == [[0, 0, 0, 10, 10], [0, 0, 0, 15, 10], [0, 0, 0, 10, 15]]
    more = replace(toy, schools=[{"school_id": "X", "stage": "junior", "rooms": 3}])
    # 2026: two rooms for 20 of G4.
    assert rolls(more.allocate(), "X")[1] == [0, 0, 0, 20, 10]
    later = replace(
        toy,
        schools=[*toy.schools, {"school_id": "Z", "stage": "junior", "rooms": 2, "valid_from": 2027}],
        minutes={**toy.minutes, ("a", "Z"): 9.0},
    )
    # Z opens in 2027 with G4 alone; its G5 fills up in 2028, so the five wait another year.
    assert later.allocate().unplaced.sum(axis=(0, 3)).tolist()[2] == [0, 0, 0, 0, 5]


def test_a_school_that_opens_fills_up_grade_by_grade() -> None:
    toy = Toy(
        schools=[{"school_id": "X", "stage": "primary", "rooms": 9}],
        minutes={("a", "X"): 20.0, ("a", "N"): 2.0},
        pupils={("a", "G1"): 20, ("a", "G2"): 20, ("a", "G3"): 20},
        areas=("a",),
        years=YEARS,
        changes={"open_n": Open(kind="open", school="N", name="N", year=2026, stages=("primary",), rooms=6, x=0, y=0)},
    )
    found = toy.allocate()
    assert rolls(found, "N") == [[0] * 5, [20, 0, 0, 0, 0], [20, 20, 0, 0, 0], [20, 20, 20, 0, 0]]
    assert rolls(found, "X")[3] == [0] * 5


def test_what_becomes_of_the_pupils_of_a_closed_school() -> None:
    """P's 16 of 2026: a quarter drops out, half leave for the town school, the rest go to the receiver."""
    toy = Toy(
        schools=[
            {"school_id": "P", "stage": "primary", "rooms": 3, "area_type": "rural"},
            {"school_id": "R", "stage": "primary", "rooms": 6, "area_type": "rural"},
            {"school_id": "W", "stage": "primary", "rooms": 6, "area_type": "town"},
        ],
        minutes={("c", "P"): 5.0, ("c", "R"): 10.0, ("c", "W"): 40.0},
        pupils={("c", "G1"): 8, ("c", "G2"): 8, ("c", "G3"): 8},
        areas=("c",),
        years=(2025, 2026, 2027),
        changes={"close_p": Close(kind="close", school="P", year=2026, receivers=("R",))},
        parameters={"closure": {"dropping_out": 0.25, "to_town": 0.5}},
    )
    found = toy.allocate()
    assert rolls(found, "P")[1] == [0] * 5
    assert [sum(rolls(found, s)[1][1:3]) for s in ("W", "R")] == [8, 4]
    assert found.unplaced.sum(axis=(0, 3))[1].tolist()[1:3] == [2, 2]  # dropped out
    assert found.unplaced.sum(axis=(0, 3))[2].tolist()[1:3] == [0, 2]  # until they are past the stage
    assert rolls(found, "R")[1][0] == 8  # the new G1 simply go to the nearest


def test_feeders_lead_to_the_school_that_theirs_feeds() -> None:
    toy = Toy(
        schools=[
            {"school_id": "P", "stage": "primary", "rooms": 6},
            {"school_id": "Q", "stage": "primary", "rooms": 6},
            {"school_id": "J", "stage": "junior", "rooms": 6},
            {"school_id": "K", "stage": "junior", "rooms": 6},
        ],
        minutes={
            ("a", "P"): 5.0, ("b", "Q"): 5.0, ("a", "J"): 5.0, ("a", "K"): 9.0, ("b", "J"): 5.0, ("b", "K"): 9.0,
        },
        pupils={(a, g): 10 for a in ("a", "b") for g in ("G1", "G2", "G3", "G4", "G5")},
        years=(2025, 2026),
        tables={"feeders": [{"school_id": "Q", "stage": "primary", "to_school_id": "K"}]},
        parameters={"rule": "nearest"},
    )  # fmt: skip
    found = toy.allocate()
    rows = found.rows()
    new = rows[(rows["year"] == 2026) & (rows["grade"] == "G4")].groupby(["area_id", "school_id"])["pupils"].sum()
    assert new[("b", "K")] == 10  # Q feeds K, though J is nearer
    assert ("b", "J") not in new


def test_beds_bound_those_who_live_too_far_for_a_day() -> None:
    toy = Toy(
        schools=[
            {"school_id": "J", "stage": "junior", "rooms": 6, "beds": 8},
            {"school_id": "K", "stage": "junior", "rooms": 6},
        ],
        minutes={("a", "J"): 5.0, ("b", "J"): 60.0, ("b", "K"): 70.0},
        pupils={("a", "G4"): 5, ("b", "G4"): 6, ("b", "G5"): (0, 6)},
        years=(2025, 2026),
        parameters={"day_minutes": {"junior": 30.0}},
    )  # fmt: skip
    found = toy.allocate()
    # 2025: all 6 of b board. 2026: they go on in G5, two beds are left for the new 6; K has none.
    assert rolls(found, "J") == [[0, 0, 0, 11, 0], [0, 0, 0, 7, 6]]
    assert found.unplaced.sum(axis=(0, 3))[1].tolist() == [0, 0, 0, 4, 0]
    table = found.tables["intake"].set_index("school_id")
    assert table.loc["J", "boarders"] == 8


def test_pupils_who_leave_the_area_leave_school_and_nobody_else() -> None:
    toy = Toy(
        schools=[{"school_id": "X", "stage": "junior", "rooms": 4}],
        minutes={("a", "X"): 2.0, ("b", "X"): 3.0},
        pupils={("a", "G4"): 10, ("a", "G5"): (0, 7), ("b", "G4"): 5, ("b", "G5"): (0, 8)},
        years=(2025, 2026),
    )
    found = toy.allocate()
    assert flows(found)[("a", "X")] == 10 + 10 + 7
    assert flows(found)[("b", "X")] == 5 + 5 + 8  # three moved in
    assert found.tables["intake"]["moved_in"].tolist() == [3]
    assert found.continuing[0, 4, 1] == 12


def test_inflow_is_seated_before_anyone_of_the_county() -> None:
    toy = Toy(
        schools=[{"school_id": "X", "stage": "junior", "rooms": 2}],
        minutes={("a", "X"): 2.0},
        pupils={("a", "G4"): 10, (OUTSIDE, "G4"): (0, 9), ("a", "G5"): 10},
        areas=("a",),
        years=(2025, 2026),
    )
    found = toy.allocate()
    assert rolls(found, "X")[1] == [0, 0, 0, 15, 10]  # one room: 9 from outside and 6 of a
    assert found.unplaced.sum(axis=(1, 2, 3)).tolist() == [4, 0]
    assert np.all(found.inflow[0, :, 1] == [0, 0, 0, 9, 0])

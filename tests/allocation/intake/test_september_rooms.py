"""The account of rooms in September worked by hand: two stages of three and two grades, classes of 10, 12, 15."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.intake.rooms import (
    Grades,
    Rooms,
    account,
    entry_places,
    formed,
    kept_classes,
    relieved,
    vacancies,
)
from placesim.allocation.year import Pool

GRADES = Grades(np.array([0, 0, 0, 1, 1]), np.array([True, False, False, True, False]))
SIZE = np.array([[[10.0, 12.0, 15.0]] * 2])
DESIGN = np.full((1, 5), 10.0)
CAP = np.full((1, 5), 12.0)
BOTH = np.ones((1, 5), dtype=bool)
LOW = np.array([[True, True, True, False, False]])


def row(*values: int) -> Any:
    return np.array([values])


def pool(rooms: int, taught: Any = BOTH, bought: tuple[int, int] = (0, 0)) -> Pool:
    stages = GRADES.by_stage(taught) > 0
    whole = np.floor(rooms * SIZE).astype(int) * stages[:, :, None] + np.array([bought])[:, :, None]
    return Pool(np.array([rooms]), SIZE, whole, np.array([bought]), np.zeros((1, 2), dtype=int), stages)


def told(rooms: int, classes: Any, need: Any, taught: Any = BOTH, bought: tuple[int, int] = (0, 0)) -> Rooms:
    return account(pool(rooms, taught, bought), GRADES, taught, classes, need)


def test_classes_that_go_on() -> None:
    # 25 in 2 classes stay so; 9 of 2 classes need one; 30 without a class before form 3; one pupil keeps a class
    found = kept_classes(row(25, 9, 30, 1, 0), row(2, 2, 0, 1, 4), DESIGN)
    assert found.tolist() == [[2, 1, 3, 1, 0]]
    # 95 % full and no class to close: 19 in 2 classes
    assert kept_classes(row(19, 0, 0, 0, 0), row(2, 0, 0, 0, 0), DESIGN).tolist() == [[2, 0, 0, 0, 0]]
    assert kept_classes(row(7, 0, 0, 0, 0), row(0, 0, 0, 0, 0), np.zeros((1, 5))).tolist() == [[1, 0, 0, 0, 0]]


def test_rooms_left_go_to_entry_grades_of_all_stages() -> None:
    # 9 rooms, 2 + 2 primary and 2 junior classes go on; 3 are free for a need of 2 + 2
    found = told(9, row(0, 2, 2, 0, 2), row(2, 2))
    assert found.entry_rooms.tolist() == [[2, 1]]
    assert found.stage_rooms.tolist() == [[6, 3]]
    assert found.places[0].tolist() == [[60, 72, 90], [30, 36, 45]]
    # need 1 + 2 of 4: the fourth by need to junior
    assert told(9, row(0, 2, 2, 0, 1), row(1, 2)).entry_rooms.tolist() == [[1, 3]]


def test_no_room_left_and_more_classes_than_rooms() -> None:
    assert told(6, row(0, 2, 2, 0, 2), row(2, 2)).entry_rooms.tolist() == [[0, 0]]
    over = told(5, row(0, 2, 2, 0, 3), row(1, 1))  # 7 classes in 5 rooms, which the stages share by 5 : 4
    assert over.entry_rooms.tolist() == [[0, 0]]
    assert over.stage_rooms.tolist() == [[3, 2]]


def test_a_stage_without_its_first_grade_takes_no_entrants() -> None:
    upper = np.array([[False, True, True, False, False]])
    found = told(5, row(0, 1, 1, 0, 0), row(0, 0), upper)
    assert found.entry_rooms.tolist() == [[0, 0]]
    assert found.stage_rooms.tolist() == [[5, 0]]


def test_places_for_entrants_by_tracks() -> None:
    # 9 rooms of primary for three grades: 3 tracks; 4 rooms free, so 3 usual ones: 30; 4 × 10 > 3 × 12; 4 × 15
    rooms = told(9, row(0, 3, 2, 0, 0), row(3, 0), LOW)
    found = entry_places(rooms, row(0, 30, 20, 0, 0), GRADES, SIZE, LOW)
    assert found[0, 0].tolist() == [30, 40, 60]
    # classes of 15 go on: 75 of 135 emergency places are taken, 60 left
    assert entry_places(rooms, row(0, 45, 30, 0, 0), GRADES, SIZE, LOW)[0, 0].tolist() == [30, 40, 60]
    full = told(5, row(0, 3, 2, 0, 0), row(1, 0), LOW)  # a seat is free in two classes, but no room
    assert entry_places(full, row(0, 29, 19, 0, 0), GRADES, SIZE, LOW)[0, 0].tolist() == [0, 0, 0]


def test_a_new_school_lets_in_its_tracks_first() -> None:
    rooms = told(6, row(0, 0, 0, 0, 0), row(6, 0), LOW)
    assert entry_places(rooms, row(0, 0, 0, 0, 0), GRADES, SIZE, LOW)[0, 0].tolist() == [20, 60, 90]


def test_bought_places_and_shared_rooms_are_filled_grade_by_grade() -> None:
    rooms = told(3, row(0, 1, 1, 0, 0), row(1, 0), LOW, bought=(30, 0))
    # one room: 10, 12, 15; of 30 bought places 10 for one grade, all 30 at cap and beyond
    assert entry_places(rooms, row(0, 10, 10, 0, 0), GRADES, SIZE, LOW)[0, 0].tolist() == [20, 42, 45]
    # 10 pupils who do not fit into the two classes at design size sit in bought places
    assert rooms.bought_left(row(0, 20, 10, 0, 0), GRADES, SIZE)[0, 0].tolist() == [20, 24, 30]
    together = told(2, row(0, 1, 1, 0, 0), row(1, 0), LOW)  # 复式班
    assert together.pooled.tolist() == [True]
    assert entry_places(together, row(0, 6, 5, 0, 0), GRADES, SIZE, LOW)[0, 0].tolist() == [7, 9, 19]


def test_vacancies_of_a_grade() -> None:
    # 2 classes of 9 and 9, and one room of the stage without a class: 2; 2 + 10 > 6; 3 × 15 − 18
    rooms = told(5, row(1, 2, 1, 0, 0), row(0, 0), LOW)
    assert vacancies(rooms, row(10, 18, 10, 0, 0), GRADES, SIZE, 1)[0].tolist() == [2, 12, 27]
    # no class yet: none at design, 10 in the room
    rooms = told(3, row(1, 1, 0, 0, 0), row(0, 0), LOW)
    assert vacancies(rooms, row(10, 10, 0, 0, 0), GRADES, SIZE, 2)[0].tolist() == [0, 10, 15]
    # every room in use and every class at 15
    rooms = told(3, row(1, 1, 1, 0, 0), row(0, 0), LOW)
    assert vacancies(rooms, row(15, 15, 15, 0, 0), GRADES, SIZE, 1)[0].tolist() == [0, 0, 0]


def test_classes_formed() -> None:
    rooms = told(6, row(0, 1, 1, 0, 0), row(3, 0), LOW)
    assert formed(rooms, row(25, 10, 10, 0, 0), GRADES, SIZE).tolist() == [[3, 1, 1, 0, 0]]
    # 41 entrants in the four rooms; 13 in the class that goes on have to stay together
    assert formed(rooms, row(41, 13, 10, 0, 0), GRADES, SIZE).tolist() == [[4, 1, 1, 0, 0]]
    # a room is left and splits the class over 12, not the one of 12
    assert formed(rooms, row(25, 13, 12, 0, 0), GRADES, SIZE).tolist() == [[3, 2, 1, 0, 0]]
    # 30 came to a grade without a class: it opens one and gets the rooms left, not more
    rooms = told(3, row(0, 0, 0, 0, 0), row(1, 0), LOW)
    assert formed(rooms, row(10, 30, 0, 0, 0), GRADES, SIZE).tolist() == [[1, 2, 0, 0, 0]]


def test_rooms_relieve_the_largest_class_first() -> None:
    found = relieved(row(1, 1, 1, 1, 1), row(2, 0), row(20, 26, 12, 40, 0), CAP, GRADES)
    assert found.tolist() == [[2, 2, 1, 1, 1]]  # 26 and then 20; no room of junior for its 40


@given(
    st.lists(st.tuples(*[st.integers(0, 60)] * 5), min_size=1, max_size=6),
    st.lists(st.integers(0, 6), min_size=12, max_size=12),
)
def test_relief_equals_giving_rooms_out_one_by_one(rolls: list[tuple[int, ...]], rooms: list[int]) -> None:
    roll, left = np.array(rolls), np.array(rooms).reshape(6, 2)[: len(rolls)]
    start = (roll > 0).astype(int)
    found = relieved(start, left, roll, np.full(roll.shape, 12.0), GRADES)
    for s in range(len(roll)):
        for k, grades in ((0, [0, 1, 2]), (1, [3, 4])):
            classes, spare = [int(start[s, g]) for g in grades], int(left[s, k])
            while spare:
                size = [n / max(c, 1) for n, c in zip(roll[s, grades].tolist(), classes, strict=True)]
                if max(size) <= 12:
                    break
                classes[size.index(max(size))] += 1
                spare -= 1
            assert found[s, grades].tolist() == classes

"""Parts of the yearly clock: rooms by hand, movements of the stock against slow twins. Classes of 10, 12, 15."""

from __future__ import annotations

import numpy as np
from handmade import STAGES
from hypothesis import given, settings
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
from placesim.allocation.intake.stock import Stock, advance, part, stock, together, withdraw
from placesim.allocation.year import Pool

GRADES = Grades(np.array([0, 0, 0, 1, 1]), np.array([True, False, False, True, False]))
SIZE = np.broadcast_to([10.0, 12.0, 15.0], (1, 2, 3))
BY_GRADE = np.full((1, 5), 10.0)
BOTH = np.ones((1, 5), dtype=bool)
Row = tuple[int, int, int, int, int]


def one(*values: int) -> np.ndarray:
    return np.array([values])


def pool(rooms: int) -> Pool:
    places = np.floor(rooms * SIZE).astype(int)
    return Pool(one(rooms)[0], SIZE, places, one(0, 0), one(0, 0), np.ones((1, 2), dtype=bool))


def kept(roll: int, classes_before: int) -> int:
    return int(kept_classes(one(0, roll, 0, 0, 0), one(0, classes_before, 0, 0, 0), BY_GRADE)[0, 1])


def test_classes_that_go_on() -> None:
    assert kept(18, 2) == 2
    assert kept(15, 1) == 1  # over the cap, but nobody came
    assert kept(10, 2) == 1  # one class holds at design size who is left
    assert kept(11, 2) == 2
    assert kept(13, 0) == 2  # classes not known before
    assert kept(0, 2) == 0


def test_rooms_go_to_the_largest_classes_while_these_pass_the_cap() -> None:
    cap = np.full((1, 5), 12.0)
    found = relieved(one(0, 1, 1, 0, 2), one(3, 1), one(0, 26, 14, 0, 40), cap, GRADES)
    assert found.tolist() == [[0, 3, 2, 0, 3]]  # 26 → 13 → 9, then 14 → 7; junior 40 in 2 classes gets its one room
    assert relieved(one(0, 1, 1, 0, 2), one(3, 1), one(0, 12, 12, 0, 24), cap, GRADES).tolist() == [[0, 1, 1, 0, 2]]


def test_rooms_left_are_split_by_need_over_the_campus() -> None:
    rooms = account(pool(8), GRADES, BOTH, one(0, 2, 1, 0, 2), one(2, 1))
    assert rooms.entry_rooms.tolist() == [[2, 1]]
    assert rooms.stage_rooms.tolist() == [[5, 3]]
    assert not rooms.pooled.any()


def test_no_room_is_left_where_classes_that_go_on_fill_them() -> None:
    rooms = account(pool(5), GRADES, BOTH, one(0, 2, 1, 0, 2), one(2, 1))
    assert rooms.entry_rooms.tolist() == [[0, 0]]
    assert rooms.stage_rooms.sum() == 5
    assert entry_places(rooms, one(0, 15, 15, 0, 20), GRADES, SIZE, BOTH).max() == 0


def test_fewer_rooms_than_grades_are_counted_as_places() -> None:
    rooms = account(pool(4), GRADES, BOTH, one(0, 1, 1, 0, 1), one(1, 1))
    assert rooms.pooled.tolist() == [True]
    assert rooms.entry_rooms.tolist() == [[0, 0]]
    # What the places of the stages leave: a grade's part of them at design, all that is left in need.
    found = entry_places(rooms, one(0, 8, 0, 0, 4), GRADES, SIZE, BOTH)
    left = rooms.places - one(8, 4)[:, :, None]
    assert (found[..., 0] == np.minimum(-(-rooms.places[..., 0] // one(3, 2)), left[..., 0])).all()
    assert (found[..., 1] >= left[..., 0]).all()
    assert (found[..., 2] == left[..., 2]).all()


def campus(classes: tuple[int, ...], stage_rooms: tuple[int, int], entry_rooms: tuple[int, int]) -> Rooms:
    places = np.floor(one(*stage_rooms)[:, :, None] * SIZE).astype(int)
    return Rooms(one(*classes), one(*stage_rooms), one(*entry_rooms), places, one(0, 0), np.array([False]))


def test_entrants_get_the_usual_tracks_then_every_free_room() -> None:
    """6 rooms of 3 grades are 2 tracks; 3 rooms are free: 2 × 10, then 3 × 10 rather than 2 × 12, then 3 × 15."""
    rooms = campus((0, 2, 1, 0, 1), (6, 2), (3, 1))
    assert entry_places(rooms, one(0, 15, 15, 0, 10), GRADES, SIZE, BOTH).tolist() == [[[20, 30, 45], [10, 12, 15]]]


def test_a_stage_whose_places_are_nearly_used_takes_no_more_than_they_leave() -> None:
    rooms = campus((0, 2, 1, 0, 1), (6, 2), (3, 1))
    assert entry_places(rooms, one(0, 40, 40, 0, 10), GRADES, SIZE, BOTH)[0, 0].tolist() == [10, 10, 10]  # 6 × 15 − 80


def test_vacancies_of_a_grade_are_in_its_classes_and_in_rooms_without_one() -> None:
    rooms = campus((1, 2, 1, 1, 1), (4, 2), (1, 1))
    roll = one(10, 18, 10, 10, 10)
    assert vacancies(rooms, roll, GRADES, SIZE, 1)[0].tolist() == [2, 6, 12]
    assert vacancies(rooms, roll, GRADES, SIZE, 2)[0].tolist() == [0, 2, 5]
    rooms, roll = campus((0, 2, 1, 1, 1), (4, 2), (1, 1)), one(0, 18, 10, 10, 10)  # a room of G1 stays empty
    assert vacancies(rooms, roll, GRADES, SIZE, 2)[0].tolist() == [0, 10, 20]


def test_spare_rooms_split_the_largest_classes_over_the_cap() -> None:
    rooms = campus((0, 1, 1, 0, 1), (5, 1), (1, 0))
    assert formed(rooms, one(14, 15, 12, 0, 10), GRADES, SIZE).tolist() == [[2, 2, 1, 0, 1]]
    assert formed(rooms, one(10, 12, 12, 0, 10), GRADES, SIZE).tolist() == [[1, 1, 1, 0, 1]]


def test_a_later_grade_that_nobody_was_in_forms_no_more_classes_than_there_are_rooms() -> None:
    """One of three rooms is spare: 14 who move in are one class, not ⌈14 ÷ 10⌉ = 2. With a fourth room they are two."""
    roll = one(10, 14, 10, 0, 0)
    assert formed(campus((0, 0, 1, 0, 0), (3, 0), (1, 0)), roll, GRADES, SIZE).tolist() == [[1, 1, 1, 0, 0]]
    assert formed(campus((0, 0, 1, 0, 0), (4, 0), (1, 0)), roll, GRADES, SIZE).tolist() == [[1, 2, 1, 0, 0]]


# ------------------------------------------------------------------------------------------------------ the stock
rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 4), st.integers(0, 1), st.integers(0, 9)),
    max_size=12,
)
quick = settings(max_examples=150, deadline=None)


def made(given_rows: list[Row]) -> Stock:
    return stock(*np.array(given_rows, dtype=np.int64).reshape(-1, 5).T)


def told(found: Stock) -> list[Row]:
    return [tuple(int(v) for v in row) for row in zip(*found.columns, strict=True)]


def plain(given_rows: list[Row]) -> list[Row]:
    total: dict[tuple[int, ...], int] = {}
    for *key, pupils in given_rows:
        total[tuple(key)] = total.get(tuple(key), 0) + pupils
    return sorted((*k, n) for k, n in total.items() if n)


@given(rows, rows)
@quick
def test_together_adds_up_equal_rows(left: list[Row], right: list[Row]) -> None:
    assert told(together(made(left), made(right))) == plain([*left, *right])


@given(rows)
@quick
def test_advance_moves_everyone_but_the_last_grade_up(given_rows: list[Row]) -> None:
    on, finished = advance(made(given_rows), STAGES)
    assert told(finished) == plain([r for r in given_rows if r[2] in (2, 4)])
    assert told(on) == plain([(a, s, g + 1, o, n) for a, s, g, o, n in given_rows if g not in (2, 4)])


@given(rows, st.lists(st.integers(0, 12), min_size=15, max_size=15))
@quick
def test_withdraw_takes_from_each_row_its_part(given_rows: list[Row], surplus: list[int]) -> None:
    before, cell = made(given_rows), np.array(surplus).reshape(3, 5)
    after = {r[:4]: r[4] for r in told(withdraw(before, cell))}
    for area in range(3):
        for grade in range(5):
            mine = [r for r in told(before) if (r[0], r[2]) == (area, grade)]
            there = sum(r[4] for r in mine)
            leaving = min(there, int(cell[area, grade]))
            gone = [r[4] - after.get(r[:4], 0) for r in mine]
            assert sum(gone) == leaving
            assert all(abs(n - r[4] * leaving / there) < 1 for n, r in zip(gone, mine, strict=True))


@given(rows, st.floats(0, 1), st.integers(0, 5))
@quick
def test_part_is_the_share_of_all_rows_together(given_rows: list[Row], share: float, turn: int) -> None:
    before = made(given_rows)
    pupils = part(before, share, turn)
    assert ((pupils >= 0) & (pupils <= before.pupils)).all()
    assert (np.abs(pupils - before.pupils * share) < 1 + 1e-6).all()
    assert abs(pupils.sum() - before.pupils.sum() * share) < 1 + 1e-6

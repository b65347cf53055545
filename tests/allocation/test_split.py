"""Pooled rooms over stages, by hand and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.split import apportion, rooms_needed, split_places, split_rooms
from placesim.allocation.year import Pool
from placesim.vocabulary import APPROVED, FLOOR_AREA, ROOMS

SIZE = np.array([[[45.0, 50.0, 56.0], [50.0, 50.0, 55.0]]])


def one(values: list[int]) -> np.ndarray:
    return np.array([values])


@pytest.mark.parametrize(
    ("total", "weight", "expected"),
    [
        (7, [1, 1], [4, 3]),  # equal remainders: the earlier stage
        (10, [6, 3, 1], [6, 3, 1]),
        (10, [5, 3, 1], [6, 3, 1]),  # quotas 5.56, 3.33, 1.11
        (3, [0, 2], [0, 3]),
        (5, [0, 0], [0, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_apportion_by_hand(total: int, weight: list[int], expected: list[int]) -> None:
    assert apportion(np.array([total]), one(weight)).tolist() == [expected]


@given(st.integers(0, 300), st.lists(st.integers(0, 50), min_size=1, max_size=4).filter(sum))
def test_apportion_gives_all_and_stays_within_one_of_the_quota(total: int, weight: list[int]) -> None:
    given_out = apportion(np.array([total]), one(weight))[0]
    assert given_out.sum() == total
    assert (np.abs(given_out - total * np.array(weight) / sum(weight)) < 1).all()


@pytest.mark.parametrize(
    ("rooms", "need", "expected"),
    [
        (9, [6, 3], [6, 3]),
        (12, [6, 3], [8, 4]),  # 3 spare: 2 and 1
        (12, [0, 0], [6, 6]),
        (12, [5, 0], [12, 0]),
        (4, [6, 3], [3, 1]),  # quotas 2.67 and 1.33
        (10, [19, 1], [9, 1]),  # quotas 9.5 and 0.5, but nobody in need goes without
        (1, [3, 2], [1, 0]),
    ],
)
def test_rooms_follow_the_need(rooms: int, need: list[int], expected: list[int]) -> None:
    assert split_rooms(np.array([rooms]), one(need), np.array([[True, True]])).tolist() == [expected]


def test_a_stage_that_is_not_taught_gets_no_spare_room() -> None:
    assert split_rooms(np.array([4]), one([0, 0]), np.array([[False, True]])).tolist() == [[0, 4]]


@given(st.integers(0, 100), st.lists(st.integers(0, 60), min_size=2, max_size=4))
def test_all_rooms_are_given_and_needs_are_met_where_they_can_be(rooms: int, need: list[int]) -> None:
    found = split_rooms(np.array([rooms]), one(need), np.ones((1, len(need)), dtype=bool))[0]
    assert found.sum() == rooms
    assert (found >= 0).all()
    if sum(need) <= rooms:
        assert (found >= need).all()
    else:
        assert (found <= need).all()


def pool(rooms: int) -> np.ndarray:
    return np.floor(rooms * SIZE).astype(int)


def test_places_by_rooms() -> None:
    found = split_places(pool(9), SIZE, one([ROOMS, ROOMS]), np.array([9]), one([6, 3]))
    assert found.tolist() == [[[270, 300, 336], [150, 150, 165]]]


def test_floor_area_is_shared_by_rooms_and_an_approval_is_not() -> None:
    whole_pool = np.array([[[300, 300, 300], [320, 320, 320]]])  # nine rooms would give 405 and 450
    by_area = split_places(whole_pool, SIZE, one([FLOOR_AREA, APPROVED]), np.array([9]), one([6, 3]))
    assert by_area.tolist() == [[[200, 200, 200], [150, 150, 165]]]
    approved = split_places(whole_pool, SIZE, one([APPROVED, APPROVED]), np.array([9]), one([8, 1]))
    assert approved.tolist() == [[[300, 300, 300], [50, 50, 55]]]


def test_bought_places_stay_with_their_stage_also_where_floor_area_binds() -> None:
    size = np.broadcast_to(np.array([45.0, 50.0, 56.0]), (1, 2, 3))
    bought = one([100, 0])
    taught = np.array([[True, True]])
    by_area = np.full((1, 2, 3), 200) + bought[:, :, None]  # ten rooms would give 450
    area = Pool(np.array([10]), size, by_area, bought, one([FLOOR_AREA, FLOOR_AREA]), taught)
    assert area.split(one([4, 6])).tolist() == [[[180] * 3, [120] * 3]]
    by_rooms = np.floor(10 * size).astype(int) + bought[:, :, None]
    rooms = Pool(np.array([10]), size, by_rooms, bought, one([ROOMS, ROOMS]), taught)
    assert rooms.split(one([4, 6])).tolist() == [[[280, 300, 324], [270, 300, 336]]]


@given(
    rooms=st.lists(st.integers(0, 30), min_size=2, max_size=2),
    limit=st.lists(st.integers(0, 2000), min_size=2, max_size=2),
    binding=st.sampled_from([ROOMS, FLOOR_AREA, APPROVED]),
)
def test_levels_never_fall_and_all_rooms_give_the_whole_pool(rooms: list[int], limit: list[int], binding: int) -> None:
    total = np.array([sum(rooms)])
    whole_pool = np.minimum(pool(sum(rooms)), np.array([limit])[:, :, None])
    found = split_places(whole_pool, SIZE, one([binding, binding]), total, one(rooms))
    assert (np.diff(found, axis=2) >= 0).all()
    assert (found <= whole_pool).all()
    full = split_places(whole_pool, SIZE, one([binding, binding]), total, one([sum(rooms), sum(rooms)]))
    assert np.array_equal(full, whole_pool)


def test_rooms_needed_by_hand() -> None:
    load, places, rooms = one([90, 91, 300, 0]), one([270, 270, 270, 100]), one([6, 6, 6, 2])
    size, free = np.full((1, 4), 45.0), np.zeros((1, 4), dtype=bool)
    assert rooms_needed(load, places, rooms, size, free).tolist() == [[2, 3, 6, 0]]
    assert rooms_needed(one([5]), one([0]), one([3]), size[:, :1], free[:, :1]).tolist() == [[3]]
    # 120 approved: three rooms of 45 fill it, also where more are enrolled
    approved = rooms_needed(one([90, 120, 150, 0]), one([120] * 4), one([9] * 4), size, ~free)
    assert approved.tolist() == [[2, 3, 3, 0]]


@given(
    rooms=st.integers(1, 30), load=st.integers(0, 2000), limit=st.integers(0, 2000),
    binding=st.sampled_from([ROOMS, FLOOR_AREA, APPROVED]), other=st.integers(0, 20),
)  # fmt: skip
def test_the_rooms_needed_hold_the_load(rooms: int, load: int, limit: int, binding: int, other: int) -> None:
    total = np.array([rooms + other])
    whole_pool = np.minimum(pool(rooms + other), limit)
    places = split_places(whole_pool, SIZE, one([binding, binding]), total, one([rooms, other]))
    kept = int(
        rooms_needed(one([load]), places[:, :1, 0], one([rooms]), SIZE[:, :1, 0], one([binding]) == APPROVED)[0, 0]
    )
    fewer = split_places(whole_pool, SIZE, one([binding, binding]), total, one([kept, rooms + other - kept]))
    assert kept <= rooms
    if load <= places[0, 0, 0]:
        assert load <= fewer[0, 0, 0]
    elif binding == APPROVED:
        assert fewer[0, 0, 0] == places[0, 0, 0]
    else:
        assert kept == rooms

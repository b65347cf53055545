"""Classes within the rooms: by hand and against every possible distribution."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.classes import form_classes

SIZE = np.array([[45.0, 50.0, 56.0]])


def formed(roll: list[int], rooms: int) -> list[int]:
    return form_classes(np.array([roll]), SIZE, np.array([rooms]))[0].tolist()


@pytest.mark.parametrize(
    ("roll", "rooms", "classes"),
    [
        ([45, 46, 0], 9, [1, 2, 0]),
        ([45, 46, 90], 5, [1, 2, 2]),
        ([45, 46, 90], 4, [1, 1, 2]),  # 46 in one class, not 90
        ([100, 100, 100], 7, [3, 2, 2]),  # equal grades: the earlier one
        ([100, 60, 30], 3, [1, 1, 1]),
        ([20, 20, 20], 1, [1, 1, 1]),  # taught together; the rooms say so
        ([20, 0, 0], 0, [1, 0, 0]),
        ([200, 10, 0], -1, [5, 1, 0]),  # rooms not known
    ],
)
def test_by_hand(roll: list[int], rooms: int, classes: list[int]) -> None:
    assert formed(roll, rooms) == classes


def test_units_do_not_touch_each_other() -> None:
    roll = np.array([[45, 46, 90], [200, 0, 0], [45, 46, 90]])
    found = form_classes(roll, np.repeat(SIZE, 3, axis=0), np.array([4, 3, 9]))
    assert found.tolist() == [[1, 1, 2], [3, 0, 0], [1, 2, 2]]


def test_no_class_size_means_one_class() -> None:
    assert form_classes(np.array([[30, 0]]), np.zeros((1, 3)), np.array([-1])).tolist() == [[1, 0]]


@given(st.lists(st.integers(0, 150), min_size=1, max_size=3), st.integers(-1, 8))
def test_the_largest_class_is_as_small_as_can_be(roll: list[int], rooms: int) -> None:
    found = formed(roll, rooms)
    wanted = [-(-p // 45) for p in roll]
    taught = sum(p > 0 for p in roll)
    assert all((c == 0) == (p == 0) for c, p in zip(found, roll, strict=True))
    if rooms < 0 or sum(wanted) <= rooms:
        assert found == wanted
        return
    assert sum(found) == max(rooms, taught)
    assert all(c <= w for c, w in zip(found, wanted, strict=True))
    options = list(product(*(range(min(1, p), w + 1) for p, w in zip(roll, wanted, strict=True))))
    largest = min(
        max(p / c for p, c in zip(roll, option, strict=True) if p)
        for option in options
        if sum(option) <= max(rooms, taught)
    )
    assert max(p / c for p, c in zip(roll, found, strict=True) if p) == largest

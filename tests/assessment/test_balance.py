"""The pupil-weighted coefficient of variation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.assessment import weighted_cv
from placesim.errors import InputError

PUPILS = [45, 37, 89, 76, 55]
BOOKS = [279, 137, 935, 160, 402]


def test_the_published_example() -> None:
    mean = 1913 / 302
    spread = math.sqrt(sum(p / 302 * (b / p - mean) ** 2 for b, p in zip(BOOKS, PUPILS, strict=True)))
    assert round(mean, 3) == 6.334
    assert round(spread, 3) == 3.264
    assert weighted_cv(BOOKS, PUPILS) == pytest.approx(spread / mean, rel=1e-12)
    assert round(weighted_cv(BOOKS, PUPILS), 3) == 0.515


def test_it_is_not_the_plain_deviation_over_the_mean() -> None:
    per_pupil = np.array(BOOKS) / np.array(PUPILS)
    assert round(per_pupil.std(ddof=1) / per_pupil.mean(), 3) == 0.546
    assert round(per_pupil.std() / per_pupil.mean(), 3) == 0.489


def test_equal_schools_and_a_single_school_have_none() -> None:
    assert weighted_cv([10, 20, 40], [1, 2, 4]) == 0
    assert weighted_cv([7], [3]) == 0


def test_a_school_without_pupils_and_amount_counts_for_nothing() -> None:
    assert weighted_cv([*BOOKS, 0], [*PUPILS, 0]) == weighted_cv(BOOKS, PUPILS)


@pytest.mark.parametrize(
    ("amount", "pupils", "argument", "text"),
    [
        ([1, 2], [1, 2, 3], "pupils", "as many schools"),
        ([[1, 2]], [[1, 2]], "amount", "one axis"),
        ([1, np.nan], [1, 2], "amount", "amount[1]"),
        ([1, 2], [np.inf, 2], "pupils", "pupils[0]"),
        ([1, -2], [1, 2], "amount", "amount[1]"),
        ([1, 2], [1, -2], "pupils", "pupils[1]"),
        ([1, 2], [1, 0], "pupils", "pupils[1]"),
        ([0, 0], [0, 0], "pupils", "a school with pupils"),
        ([], [], "pupils", "a school with pupils"),
        ([0, 0], [1, 2], "amount", "not be zero"),
        (["a"], [1], "amount", "numbers"),
    ],
)
def test_bad_input_is_named(amount: list[float], pupils: list[float], argument: str, text: str) -> None:
    with pytest.raises(InputError, match=r".") as error:
        weighted_cv(amount, pupils)
    assert error.value.argument == argument
    assert text in str(error.value)


schools = st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 3000)), min_size=1, max_size=20).filter(
    lambda rows: any(x for x, _ in rows)
)


@given(schools, st.integers(2, 50))
def test_laws(rows: list[tuple[int, int]], factor: int) -> None:
    x, p = np.array(rows, dtype=float).T
    cv = weighted_cv(x, p)
    assert cv >= 0
    assert weighted_cv(x * factor, p) == pytest.approx(cv, rel=1e-9, abs=1e-12)  # the unit of the amount is free
    assert weighted_cv(x[::-1], p[::-1]) == pytest.approx(cv, rel=1e-9, abs=1e-12)
    twice = weighted_cv(np.repeat(x / 2, 2), np.repeat(p / 2, 2))  # a school split in two alike halves changes nothing
    assert twice == pytest.approx(cv, rel=1e-9, abs=1e-12)

"""The pupil-weighted coefficient of variation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from placesim.assessment import least_addition, plain_cv, weighted_cv
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
    assert round(plain_cv(BOOKS, PUPILS), 3) == 0.546  # offered beside, as inspection sheets compute it
    assert plain_cv([7], [3]) == 0


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
    assert plain_cv(x * factor, p) == pytest.approx(plain_cv(x, p), rel=1e-9, abs=1e-12)
    assert plain_cv(x[::-1], p[::-1]) == pytest.approx(plain_cv(x, p), rel=1e-9, abs=1e-12)


# ---------------------------------------------------------------------------------------------- the least addition
def test_two_schools_by_hand() -> None:
    """2 and 10 per pupil of 100 pupils each: (10 − t) ÷ (10 + t) = 1 ÷ 2 at t = 10 ÷ 3."""
    added = least_addition([200, 1000], [100, 100], 0.5)
    assert added == pytest.approx([1000 / 3 - 200, 0])
    assert weighted_cv([200 + added[0], 1000], [100, 100]) == pytest.approx(0.5)


def test_the_published_example_needs_books_for_one_school_only() -> None:
    added = least_addition(BOOKS, PUPILS, 0.5)
    assert added.round(2).tolist() == [0, 0, 0, 16.35, 0]
    assert weighted_cv(BOOKS + added, PUPILS) == pytest.approx(0.5)
    assert least_addition(BOOKS, PUPILS, 0.52).tolist() == [0] * 5  # within the limit already


def test_schools_without_pupils_get_nothing() -> None:
    assert least_addition([200, 0, 1000], [100, 0, 100], 0.5)[1] == 0


@pytest.mark.parametrize("limit", [0, -1, np.nan, np.inf, "a", None, True])
def test_a_limit_is_finite_and_above_zero(limit: float) -> None:
    with pytest.raises(InputError, match=r"limit: must be finite and above 0"):
        least_addition(BOOKS, PUPILS, limit)


@pytest.mark.parametrize(("amount", "pupils"), [([0, 0], [1, 2]), ([1], [0]), ([1, 2], [1]), ([-1, 2], [1, 1])])
def test_bad_amounts_are_refused_as_by_the_coefficient(amount: list[float], pupils: list[float]) -> None:
    with pytest.raises(InputError, match=r"amount|pupils"):
        least_addition(amount, pupils, 0.5)


@given(schools, st.sampled_from([0.05, 0.3, 0.45, 0.5, 0.9]))
def test_the_addition_reaches_the_limit_and_raises_the_lowest_to_one_level(
    rows: list[tuple[int, int]], limit: float
) -> None:
    x, p = np.array(rows, dtype=float).T
    added = least_addition(x, p, limit)
    assert (added >= 0).all()
    assert weighted_cv(x + added, p) <= limit + 1e-7
    if weighted_cv(x, p) <= limit:
        assert not added.any()
        return
    level = (x + added) / p
    raised = added > 1e-9 * x.max()
    assert weighted_cv(x + added, p) == pytest.approx(limit, abs=1e-6)  # no more than is needed
    assert level[raised] == pytest.approx(level.min(), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(20, 300)), min_size=2, max_size=5))
def test_no_other_addition_is_smaller(rows: list[tuple[int, int]]) -> None:
    """The slow twin: a general solver on the cone itself finds nothing cheaper."""
    x, p = np.array(rows, dtype=float).T
    added = least_addition(x, p, 0.3)
    start = (x / p).max() * p - x  # all alike: a coefficient of 0
    within = {"type": "ineq", "fun": lambda a: (1 + 0.3**2) * (x + a).sum() ** 2 - p.sum() * ((x + a) ** 2 / p).sum()}
    found = minimize(np.sum, start, bounds=[(0, None)] * len(x), constraints=[within], method="SLSQP")
    assert added.sum() <= found.x.sum() + 1e-3 * max(1.0, found.x.sum())

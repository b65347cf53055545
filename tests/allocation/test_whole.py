"""Whole children: the guarantees of controlled rounding, by hand and as properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from placesim.allocation import whole
from placesim.allocation.whole import cohort_phase
from placesim.errors import InputError

CELLS = st.one_of(
    st.integers(0, 50).map(float),
    st.floats(0, 200),
    st.integers(0, 60).map(lambda n: n / 6),
    st.sampled_from([0.5, 1e-13, 1 - 1e-13, 3 + 1e-12, 7 - 1e-12]),
)
TABLES = arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=9), elements=CELLS)
PHASES = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 0.5, 1 - 1e-12]))


@pytest.mark.parametrize(
    ("pupils", "phase", "expected"),
    [
        ([0.4, 0.4, 0.4], 0.5, [0, 1, 0]),  # running sums 0.4, 0.8, 1.2 → 0, 1, 1
        ([0.5, 0.5, 0.5, 0.5], 0.5, [1, 0, 1, 0]),
        ([0.5, 0.5, 0.5, 0.5], 0.0, [0, 1, 0, 1]),
        ([0.5, 0.5, 0.5, 0.5], 0.75, [1, 0, 1, 0]),
        ([2.0, 0.0, 3.0], 0.9, [2, 0, 3]),
        ([1.2, 2.3, 4.5], 0.5, [1, 3, 4]),
        ([1 / 3] * 6, 0.0, [0, 0, 1, 0, 0, 1]),  # three thirds are one, float noise or not
        ([0.1] * 10, 0.0, [0] * 9 + [1]),
        ([], 0.5, []),
    ],
)
def test_by_hand(pupils: list[float], phase: float, expected: list[int]) -> None:
    assert whole(np.array(pupils), phase=phase).tolist() == expected


def test_rows_are_rounded_apart_with_their_own_phase() -> None:
    found = whole([[0.5, 0.5], [0.5, 0.5]], phase=[0.0, 0.5])
    assert found.tolist() == [[0, 1], [1, 0]]
    assert found.dtype == np.int64


@given(pupils=TABLES, phase=PHASES)
def test_the_guarantees(pupils: np.ndarray, phase: float) -> None:
    found = whole(pupils, phase=phase)
    assert found.shape == pupils.shape
    assert (found >= 0).all()
    assert (np.abs(found - pupils) < 1).all()
    running = np.abs(np.cumsum(found, axis=-1) - np.cumsum(pupils, axis=-1))
    assert (running < 1 + 1e-9).all()
    untouched = pupils == np.floor(pupils)
    assert (found[untouched] == pupils[untouched]).all()


@given(pupils=TABLES, phase=PHASES, noise=st.integers(0, 2**32 - 1))
def test_float_noise_changes_nothing_near_a_whole_total(pupils: np.ndarray, phase: float, noise: int) -> None:
    halves = np.floor(pupils * 2) / 2
    shaken = np.maximum(halves + np.random.default_rng(noise).uniform(-1e-13, 1e-13, halves.shape), 0)
    quarter = round(phase * 4) % 4 / 4  # halves meet the boundary of phases 0 and ½ exactly, those of ¼ and ¾ never
    assert np.array_equal(whole(shaken, phase=quarter), whole(halves, phase=quarter))


@given(cells=st.lists(CELLS, min_size=1, max_size=20), phase=PHASES)
def test_a_whole_total_is_kept(cells: list[float], phase: float) -> None:
    cells = [*cells, float(np.ceil(sum(cells)) - sum(cells))]
    total = sum(cells)
    if abs(total - round(total)) < 1e-10:
        assert whole(cells, phase=phase).sum() == round(total)


def test_large_counts_keep_their_totals() -> None:
    pupils = np.full(20000, 1234.1)
    assert whole(pupils).sum() == 24682000


def test_the_argument_stays_as_it_was() -> None:
    pupils = np.array([0.4, 0.6])
    whole(pupils)
    assert pupils.tolist() == [0.4, 0.6]


@pytest.mark.parametrize(
    ("pupils", "phase", "argument", "index"),
    [
        ([1.0, np.nan], 0.5, "pupils", 1),
        ([[1.0, 2.0], [-0.1, 1.0]], 0.5, "pupils", (1, 0)),
        ([np.inf], 0.5, "pupils", 0),
        (3.0, 0.5, "pupils", None),
        (["many"], 0.5, "pupils", None),
        ([1.0], 1.0, "phase", None),
        ([1.0], -0.1, "phase", None),
        ([1.0], np.nan, "phase", None),
        ([[1.0], [1.0]], [0.5, 0.5, 0.5], "phase", None),
        ([[1.0], [1.0]], [0.5, 1.5], "phase", 1),
    ],
)
def test_wrong_arguments_are_named(pupils: Any, phase: Any, argument: str, index: tuple[int, ...] | None) -> None:
    with pytest.raises(InputError) as error:
        whole(pupils, phase=phase)
    assert (error.value.argument, error.value.index) == (argument, index)


def test_a_cohort_keeps_its_phase_and_grades_of_a_year_are_spread() -> None:
    phases = cohort_phase(np.arange(2010, 2030), groups=2)
    assert phases.shape == (20, 2)
    assert ((phases >= 0) & (phases < 1)).all()
    assert np.array_equal(phases[5], cohort_phase(2015, groups=2))
    for first in range(14):  # any six neighbouring cohorts: no gap wider than 0.4, no two closer than 0.05
        gaps = np.diff(np.sort(phases[first : first + 6, 0]), append=1 + phases[first : first + 6, 0].min())
        assert 0.05 < gaps.min() <= gaps.max() < 0.4


def test_totals_over_grades_are_not_biased_by_the_phases() -> None:
    small = np.full((6, 30), 0.02)  # 0.6 pupils in each of six grades: 3.6 in all
    assert whole(small, phase=cohort_phase(np.arange(2010, 2016), 1)[:, 0]).sum() in (3, 4)


def test_numbers_that_float_cannot_count_are_refused() -> None:
    assert whole([2.0**53, 0.5]).tolist() == [2**53, 1]
    with pytest.raises(InputError) as error:
        whole([0.5, 1e19])
    assert (error.value.argument, error.value.index) == ("pupils", 1)

"""The filters against slow twins that filter one series at a time, in words of one syllable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placesim.demography.rolls import level as filters
from placesim.demography.rolls.level import damped_trend, first_seen, local_level

VALUES = st.one_of(st.floats(-3, 3), st.just(np.nan))
SHAPE = (7, 3, 2)


def slow_level(seen: list[float], variance: list[float], drift: float, start: float, spread: float) -> list[float]:
    """One series: the level expected before each year, and after the last."""
    level, doubt, levels = start, spread, [start]
    for value, noise in zip(seen, variance, strict=True):
        doubt = doubt + drift
        if not np.isnan(value):
            gain = doubt / (doubt + noise)
            level = level + gain * (value - level)
            doubt = doubt - gain * doubt
        levels.append(level)
    return levels


def slow_trend(seen: np.ndarray, variance: np.ndarray, steps: int) -> np.ndarray:
    """One series: state (level, trend) by matrices, forecast by stepping on."""
    move = np.array([[1.0, 1.0], [0.0, 1.0]])
    state = np.array([seen[~np.isnan(seen)][0], 0.0])
    doubt = np.diag([1.0, filters.START_TREND])
    for value, noise in zip(seen, variance, strict=True):
        state, doubt = move @ state, move @ doubt @ move.T + np.diag([filters.LEVEL_DRIFT, filters.TREND_DRIFT])
        if not np.isnan(value):
            gain = doubt[:, 0] / (doubt[0, 0] + noise)
            state = state + gain * (value - state[0])
            doubt = doubt - np.outer(gain, doubt[0])
    path, damped = [], np.array([[1.0, filters.DAMPING], [0.0, filters.DAMPING]])
    for _ in range(steps):
        state = damped @ state
        path.append(state[0])
    return np.array(path)


@given(
    seen=arrays(np.float64, SHAPE, elements=VALUES),
    variance=arrays(np.float64, SHAPE, elements=st.floats(1e-4, 2)),
    drift=arrays(np.float64, SHAPE[1:], elements=st.floats(0, 0.5)),
    start=arrays(np.float64, SHAPE[1:], elements=st.floats(-2, 2)),
    spread=arrays(np.float64, SHAPE[2:], elements=st.floats(1e-4, 2)),
)
def test_level_is_the_slow_twin(seen, variance, drift, start, spread):
    got = local_level(seen, variance, drift=drift, start=start, spread=spread)
    assert got.shape == (8, 3, 2)
    for i in range(3):
        for j in range(2):
            want = slow_level(
                seen[:, i, j].tolist(), variance[:, i, j].tolist(), drift[i, j], start[i, j], float(spread[j])
            )
            np.testing.assert_allclose(got[:, i, j], want, rtol=1e-12, atol=1e-12)


@given(
    seen=arrays(np.float64, (8, 3), elements=VALUES),
    variance=arrays(np.float64, (8, 3), elements=st.floats(1e-4, 1)),
)
def test_trend_is_the_slow_twin(seen, variance):
    got = damped_trend(seen, variance, steps=4)
    for series in range(3):
        if np.isnan(seen[:, series]).all():
            assert np.isnan(got[:, series]).all()
        else:
            want = slow_trend(seen[:, series], variance[:, series], 4)
            np.testing.assert_allclose(got[:, series], want, rtol=1e-9, atol=1e-10)


def test_a_level_seen_without_noise_is_the_last_value():
    seen = np.array([[1.0], [5.0], [2.0]])
    got = local_level(seen, np.full((3, 1), 1e-14), drift=1.0, start=np.zeros(1), spread=np.ones(1))
    assert got[-1, 0] == pytest.approx(2.0)


def test_a_level_that_does_not_wander_is_the_mean():
    seen = np.array([[1.0], [np.nan], [5.0], [3.0]])
    got = local_level(seen, np.ones((4, 1)), drift=0.0, start=np.zeros(1), spread=np.full(1, 1e9))
    assert got[-1, 0] == pytest.approx(3.0)


def test_a_straight_line_goes_on_but_ever_flatter():
    line = 0.05 * np.arange(30.0)[:, None]
    path = damped_trend(line, np.full((30, 1), 1e-8), steps=30)[:, 0]
    gain = np.diff(np.concatenate([line[-1], path]))
    assert (gain > 0).all()
    assert (np.diff(gain) < 0).all()
    assert gain[0] < 0.05


def test_noise_is_not_taken_for_a_trend():
    """The same two last years tell a slope where counts are large, hardly any where they are small."""
    seen = np.repeat(np.array([[0.0], [0.0], [0.0], [0.0], [0.1]]), 2, axis=1)
    rise = damped_trend(seen, np.array([[1e-5, 0.05]] * 5), steps=5)
    assert rise[4, 0] - 0.1 > 0.02
    assert 0 < rise[4, 1] < 0.1


def test_first_seen():
    seen = np.array([[np.nan, 1.0, np.nan], [2.0, 3.0, np.nan]])
    np.testing.assert_array_equal(first_seen(seen), [2.0, 1.0, np.nan])

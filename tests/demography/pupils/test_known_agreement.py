"""How far each view is off, told by how they differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.agreement import LEAST, agree


def views(sd: list[float], items: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(3, 1, items)
    return truth, truth + rng.normal(0, 1, (len(sd), items)) * np.array(sd)[:, None]


def test_three_views_tell_how_far_each_is_off():
    sd = [0.05, 0.1, 0.4]
    _, values = views(sd, 50_000)  # the two good ones are told apart only against the noise of the third
    got = agree(values, np.zeros_like(values), np.full(3, 0.1**2))
    np.testing.assert_allclose(np.sqrt(got.variance), sd, rtol=0.15)


def test_two_views_share_what_parts_them_as_believed():
    _, values = views([0.2, 0.2], 2000)
    got = agree(values, np.zeros_like(values), np.array([0.05, 0.20]) ** 2)
    assert got.weight[0].mean() > 0.9


def test_the_mean_is_better_than_every_view():
    truth, values = views([0.1, 0.12, 0.5], 500, seed=4)
    got = agree(values, np.zeros_like(values), np.full(3, 0.1))
    errors = [
        np.abs(estimate - estimate.mean() - truth + truth.mean()).mean() for estimate in (*values, got.mean(values))
    ]
    assert errors[-1] < min(errors[:-1])


def test_a_shift_of_a_whole_view_is_no_error():
    truth, values = views([0.05, 0.05, 0.05], 500, seed=5)
    values[1] += 0.7
    values[1, 100:] = np.nan  # it tells only a part
    got = agree(values, np.zeros_like(values), np.full(3, 0.1))
    mean = got.mean(values)
    assert abs((mean - truth)[:100].mean() - (mean - truth)[100:].mean()) < 0.03


def test_views_that_agree_are_not_believed_without_limit():
    values = np.ones((3, 50))
    assert (agree(values, np.zeros_like(values), np.full(3, 0.1)).variance >= LEAST).all()


@given(st.integers(1, 4), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_weights_sum_to_one_where_somebody_tells(number, items, seed):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((number, items)) < 0.6, rng.normal(size=(number, items)), np.nan)
    got = agree(values, rng.uniform(0, 0.1, values.shape), rng.uniform(0.01, 1, number))
    told = np.isfinite(values).any(axis=0)
    np.testing.assert_allclose(got.weight.sum(axis=0), told)
    np.testing.assert_array_equal(np.isfinite(got.mean(values)), told)
    assert (got.weight >= 0).all()
    assert got.weight[np.isnan(values)].sum() == pytest.approx(0)

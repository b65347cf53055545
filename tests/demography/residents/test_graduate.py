"""graduate: totals, bounds, known shapes, bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.graduate import graduate
from placesim.errors import InputError

group_lists = st.lists(
    st.tuples(st.integers(1, 16), st.one_of(st.just(0.0), st.floats(1e-3, 1e6))), min_size=1, max_size=20
)


@settings(max_examples=200, deadline=None)
@given(group_lists, st.integers(0, 20))
def test_totals_are_preserved_and_nothing_is_negative(groups, first):
    widths, counts = np.array([w for w, _ in groups]), np.array([c for _, c in groups])
    edges = first + np.concatenate([[0], np.cumsum(widths)])
    single = graduate(counts, edges)
    assert single.shape == (edges[-1] - edges[0],)
    assert (single >= 0).all()
    np.testing.assert_allclose(np.add.reduceat(single, edges[:-1] - first), counts, rtol=1e-12)


@given(st.one_of(st.just(0.0), st.floats(1e-6, 1e6)), st.integers(1, 10))
def test_a_uniform_population_stays_uniform(level, number):
    edges = np.arange(0, 5 * number + 1, 5)
    np.testing.assert_allclose(graduate(np.full(number, 5 * level), edges), np.full(5 * number, level), rtol=1e-9)


def test_single_ages_come_back_as_they_are():
    counts = np.array([[3.0, 0.0, 7.5], [1.0, 2.0, 4.0]])
    np.testing.assert_array_equal(graduate(counts, [4, 5, 6, 7]), counts)


def test_one_group_is_spread_evenly():
    np.testing.assert_allclose(graduate([10.0], [0, 5]), [2.0] * 5)


def test_a_group_lost_in_rounding_beside_a_huge_one_keeps_its_total():
    single = graduate([1e20, 1.0, 5.0], [0, 5, 10, 15])
    np.testing.assert_allclose(single[5:].reshape(2, 5).sum(axis=1), [1.0, 5.0], rtol=1e-12)


def test_leading_axes_are_graduated_alone():
    rng = np.random.default_rng(1)
    groups, edges = rng.uniform(0, 50, (3, 2, 4)), [0, 1, 5, 10, 15]
    whole = graduate(groups, edges)
    assert whole.shape == (3, 2, 15)
    np.testing.assert_array_equal(whole[2, 1], graduate(groups[2, 1], edges))


def test_a_falling_profile_falls_within_groups_too():
    single = graduate([100.0, 80.0, 55.0, 30.0], [0, 5, 10, 15, 20])
    assert (np.diff(single[:18]) < 0).all()


def test_true_single_ages_are_closer_than_by_equal_shares():
    ages = np.arange(100)
    truth = 1000 * np.exp(-(((ages - 35) / 22.0) ** 2))  # one broad wave, known at every age
    edges = np.arange(0, 101, 5)
    groups = np.add.reduceat(truth, edges[:-1])
    error = np.abs(graduate(groups, edges) - truth).sum()
    flat = np.abs(np.repeat(groups / 5, 5) - truth).sum()
    assert error < 0.2 * flat


def test_census_groups_of_zhejiang_counties(real_data: Path):
    table = pd.read_csv(real_data / "china_census_zhejiang" / "zhejiang_population.csv.gz", dtype={"code": str})
    order = ["0", "1-4", *[f"{a}-{a + 4}" for a in range(5, 85, 5)], "85+"]
    counts = table.pivot_table(index=["year", "code", "sex"], columns="age_group", values="population")[order].dropna()
    edges = [0, 1, *range(5, 90, 5), 101]
    single = graduate(counts.to_numpy(), edges)
    np.testing.assert_allclose(np.add.reduceat(single, edges[:-1], axis=-1), counts, rtol=1e-12)
    assert (single >= 0).all()


@pytest.mark.parametrize(
    ("groups", "edges", "argument", "index"),
    [
        ([1.0, -1.0], [0, 5, 10], "groups", 1),
        ([[1.0], [np.nan]], [0, 5], "groups", (1, 0)),
        ([1.0, 2.0], [0, 5], "edges", None),
        ([1.0, 2.0], [0, 5, 5], "edges", 2),
        ([1.0, 2.0], [0, 4.5, 5], "edges", 1),
        ([], [0], "groups", None),
        ([1.0], [0], "edges", None),
        (["a"], [0, 5], "groups", None),
        ([[1.0], [1.0, 2.0]], [0, 5], "groups", None),
        ([1.0], ["a", "b"], "edges", None),
        ([1.0], None, "edges", None),
    ],
)
def test_bad_input_is_named(groups, edges, argument, index):
    with pytest.raises(InputError) as caught:
        graduate(groups, edges)
    assert (caught.value.argument, caught.value.index) == (argument, index)


@pytest.mark.parametrize(
    ("groups", "edges", "argument", "index"),
    [
        (np.array([1, 2j]), [0, 5, 10], "groups", 0),
        ([True, False], [0, 5, 10], "groups", 0),
        (np.zeros(2, "M8[s]"), [0, 5, 10], "groups", 0),
        (np.ma.masked_array([1, 2], mask=[0, 1]), [0, 5, 10], "groups", 1),
        ([1, 2], np.ma.masked_array([0, 5, 10], mask=[0, 0, 1]), "edges", 2),
        ([1, 2], [False, 5, 10], "edges", 0),
        ([1e308] * 3, [0, 5, 10, 15], "groups", 0),
        ([9e299] * 3, [0, 5, 10, 15], "groups", 1),
        ([1, 2], [0, 5, 10**30], "edges", 2),
        ([1, 2], [0, 5, 10**12], "edges", 2),
        ([1, 2], [0, 5, 10**400], "edges", None),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_no_count_or_age_is_named(groups, edges, argument, index):
    with pytest.raises(InputError) as caught:
        graduate(groups, edges)
    assert (caught.value.argument, caught.value.index) == (argument, index)


@pytest.mark.filterwarnings("error")
def test_the_greatest_counts_are_still_spread():
    single = graduate([3e299, 3e299, 1.0, 3e299], [0, 5, 10, 15, 101])
    np.testing.assert_allclose(np.add.reduceat(single, [0, 5, 10, 15]), [3e299, 3e299, 1.0, 3e299], rtol=1e-12)

"""Known children: latest complete counts, entry ratios, bases combined."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.children import (
    ASSUMED_VARIANCE,
    LEAST_VARIANCE,
    SINGLE_VARIANCE,
    Counted,
    EntryRatios,
    completed,
    count_children,
    entry_ratios,
    expected_entrants,
)
from placesim.vocabulary import CHILD_BASES

REGISTRATION, PERMIT = CHILD_BASES.index("registration"), CHILD_BASES.index("permit")


def child(area: str, cohort: int, children: float, basis: str = "registration", as_of: str = "2025-08-31") -> dict:
    return {"area_id": area, "cohort": cohort, "basis": basis, "as_of": as_of, "children": children}


def counted(*rows: dict) -> Counted:
    return count_children(county({"areas": squares(["A", "B"]), "children": rows}), "08-31")


def ratios(ratio: dict[int, float], variance: dict[int, float]) -> EntryRatios:
    r, v = np.ones(len(CHILD_BASES)), np.ones(len(CHILD_BASES))
    for basis, value in ratio.items():
        r[basis], v[basis] = value, variance[basis]
    return EntryRatios(r, v, (False,) * len(CHILD_BASES))


def test_the_latest_count_of_each_cell_is_taken():
    got = counted(
        child("A", 2020, 10, as_of="2024-08-31"), child("A", 2020, 12), child("B", 2020, 7, as_of="2023-01-01")
    )
    assert got.cohorts.tolist() == [2020]
    assert got.counts[REGISTRATION, :, 0].tolist() == [12, 7]
    assert np.isnan(got.counts[PERMIT]).all()


def test_a_count_before_the_cohort_is_complete_is_not_used():
    got = counted(child("A", 2025, 5, as_of="2025-08-30"), child("A", 2024, 6), child("A", 2025, 4, as_of="2025-08-31"))
    assert got.cohorts.tolist() == [2024, 2025]
    assert got.counts[REGISTRATION, 0].tolist() == [6, 4]


def test_no_children_at_all():
    got = count_children(county({"areas": squares(["A"])}), "08-31")
    assert got.counts.shape == (len(CHILD_BASES), 1, 0)
    assert expected_entrants(got, entry_ratios(got, np.zeros(0), {})).shape == (1, 0)


# ------------------------------------------------------------------------------------------------ missing counts
UNKNOWN = np.full((2, 2), np.nan)


def test_an_area_counted_in_other_cohorts_is_estimated_at_the_level_of_the_rest():
    table = counted(child("A", 2019, 30), child("B", 2019, 60), child("A", 2020, 90))
    got = completed(table, UNKNOWN).counts[REGISTRATION]
    np.testing.assert_allclose(got, [[30, 90], [60, 180]])  # A's 90 are three times its 30 of the cohort known whole


def test_without_a_cohort_known_whole_each_area_goes_by_the_mean_of_its_own():
    table = counted(child("A", 2019, 30), child("B", 2020, 60))
    np.testing.assert_allclose(completed(table, UNKNOWN).counts[REGISTRATION], [[30, 30], [60, 60]])


def test_an_area_told_by_another_basis_is_not_estimated():
    table = counted(
        child("A", 2019, 30), child("B", 2019, 60), child("A", 2020, 30), child("B", 2020, 5, basis="permit")
    )
    assert np.isnan(completed(table, UNKNOWN).counts[REGISTRATION, 1, 1])


def test_an_area_never_counted_goes_by_its_residents():
    table = counted(child("A", 2019, 30), child("A", 2020, 40))
    got = completed(table, np.array([[60.0, 50.0], [20.0, np.nan]])).counts[REGISTRATION]
    np.testing.assert_allclose(got, [[30, 40], [10, np.nan]])
    assert np.isnan(completed(table, UNKNOWN).counts[REGISTRATION, 1]).all()


@given(st.lists(st.integers(0, 500), min_size=4, max_size=4))
def test_where_every_area_is_counted_nothing_is_estimated(n):
    rows = [child(a, c, n.pop()) for a in "AB" for c in (2019, 2020)]
    table = counted(*rows)
    np.testing.assert_array_equal(completed(table, np.ones((2, 2))).counts, table.counts)


# ---------------------------------------------------------------------------------------------------- entry ratios
def test_one_past_cohort_tells_the_ratio_with_a_wide_variance():
    table = counted(child("A", 2019, 60), child("B", 2019, 65), child("A", 2020, 50))
    got = entry_ratios(table, np.array([100.0, np.nan]), {})
    assert got.ratio[REGISTRATION] == pytest.approx(0.8)
    assert got.variance[REGISTRATION] == SINGLE_VARIANCE
    assert not any(got.assumed)


def test_several_past_cohorts_tell_ratio_and_variance():
    table = counted(child("A", 2018, 100), child("A", 2019, 100))
    got = entry_ratios(table, np.array([90.0, 110.0]), {})
    mean = (90 * np.log(0.9) + 110 * np.log(1.1)) / 200
    assert got.ratio[REGISTRATION] == pytest.approx(np.exp(mean))
    assert got.variance[REGISTRATION] == pytest.approx((np.log(0.9) - mean) ** 2 + (np.log(1.1) - mean) ** 2)


def test_cohorts_that_agree_leave_a_least_variance():
    table = counted(child("A", 2018, 100), child("A", 2019, 50))
    assert entry_ratios(table, np.array([90.0, 45.0]), {}).variance[REGISTRATION] == LEAST_VARIANCE


def test_without_past_cohorts_every_child_is_taken_to_enter():
    got = entry_ratios(counted(child("A", 2022, 100)), np.array([np.nan]), {})
    assert (got.ratio[REGISTRATION], got.variance[REGISTRATION]) == (1.0, ASSUMED_VARIANCE)
    assert got.assumed[REGISTRATION]
    assert sum(got.assumed) == 1


def test_a_ratio_of_the_scenario_speaks_first():
    table = counted(child("A", 2019, 100), child("A", 2022, 100, basis="permit"))
    got = entry_ratios(table, np.array([80.0, np.nan]), {"registration": 0.7, "permit": 1.5})
    assert (got.ratio[REGISTRATION], got.ratio[PERMIT]) == (0.7, 1.5)
    assert not any(got.assumed)


# ------------------------------------------------------------------------------------------------ bases combined
def test_bases_are_combined_by_inverse_variance_never_summed():
    table = counted(child("A", 2020, 100), child("A", 2020, 40, basis="permit"))
    told = ratios({REGISTRATION: 0.9, PERMIT: 2.0}, {REGISTRATION: 0.01, PERMIT: 0.03})
    np.testing.assert_allclose(expected_entrants(table, told)[:, 0], [0.75 * 90 + 0.25 * 80, 0])


def test_an_area_is_told_by_the_bases_that_count_it():
    table = counted(child("A", 2020, 100), child("A", 2020, 40, basis="permit"), child("B", 2020, 10, basis="permit"))
    told = ratios({REGISTRATION: 1.0, PERMIT: 2.0}, {REGISTRATION: 0.01, PERMIT: 0.01})
    np.testing.assert_allclose(expected_entrants(table, told)[:, 0], [90, 20])


@given(st.lists(st.integers(0, 500), min_size=2, max_size=2), st.floats(0.2, 3), st.floats(0.001, 1))
def test_bases_that_agree_combine_to_the_same_entrants(children, ratio, variance):
    rows = [child(a, 2020, n) for a, n in zip("AB", children, strict=True)]
    rows += [child(a, 2020, 2 * n, basis="permit") for a, n in zip("AB", children, strict=True)]
    told = ratios({REGISTRATION: ratio, PERMIT: ratio / 2}, {REGISTRATION: 0.01, PERMIT: variance})
    np.testing.assert_allclose(expected_entrants(counted(*rows), told)[:, 0], ratio * np.array(children), atol=1e-9)

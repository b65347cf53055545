"""Known children as counted: years, latest counts, what is missing, totals that are spread."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.children import (
    Latest,
    completed,
    count_children,
    latest_counts,
    missing_counts,
    without_gaps,
)
from placesim.demography.pupils.totals import Totals, spread_totals
from placesim.vocabulary import CHILD_BASES

REGISTRATION, PERMIT = CHILD_BASES.index("registration"), CHILD_BASES.index("permit")


def child(area: str | None, cohort: int, children: float, **told: object) -> dict:
    row = {"area_id": area, "cohort": cohort, "basis": "registration", "as_of": "2025-08-31", "children": children}
    return row | told


def latest(*rows: dict, regions: tuple[str, str] = ("P", "P")) -> Latest:
    areas = [{**a, "planning_area": p} for a, p in zip(squares(["A", "B"]), regions, strict=True)]
    return latest_counts(count_children(county({"areas": areas, "children": rows}), "08-31"))


def test_the_latest_count_of_each_cell_is_taken():
    got = latest(
        child("A", 2020, 10, as_of="2024-08-31"), child("A", 2020, 12), child("B", 2020, 7, as_of="2023-09-01")
    )
    assert got.cohorts.tolist() == [2020]
    assert got.children[REGISTRATION, :, 0].tolist() == [12, 7]
    assert np.isnan(got.children[PERMIT]).all()
    assert (got.year[REGISTRATION, 0], got.year[PERMIT, 0]) == (2025, -1)


@pytest.mark.parametrize(
    ("as_of", "year"), [("2025-08-31", 2025), ("2025-03-20", 2025), ("2025-02-10", 2024), ("2025-12-31", 2025)]
)
def test_a_count_belongs_to_the_nearest_reference_date(as_of, year):
    assert latest(child("A", 2019, 3, as_of=as_of)).year[REGISTRATION].tolist() == [year]


def test_a_count_before_the_cohort_is_complete_is_not_used():
    got = latest(child("A", 2025, 5, as_of="2025-08-30"), child("A", 2024, 6), child("A", 2025, 4))
    assert got.cohorts.tolist() == [2024, 2025]
    assert got.children[REGISTRATION, 0].tolist() == [6, 4]


def test_no_children_at_all():
    got = latest_counts(count_children(county({"areas": squares(["A"])}), "08-31"))
    assert got.children.shape == (len(CHILD_BASES), 1, 0)


def test_years_between_two_counts_are_filled_in_a_straight_line():
    counts = np.array([[10.0, np.nan], [16.0, 5.0]])
    filled, years = without_gaps(counts, np.array([2020, 2023]))
    assert years.tolist() == [2020, 2021, 2022, 2023]
    np.testing.assert_allclose(filled[:, 0], [10, 12, 14, 16])
    np.testing.assert_allclose(filled[:, 1], [np.nan, np.nan, np.nan, 5])


# ------------------------------------------------------------------------------------------------ missing counts
def test_an_area_counted_in_other_cohorts_is_estimated_at_the_level_of_the_rest():
    table = latest(child("A", 2019, 30), child("B", 2019, 60), child("A", 2020, 90))
    got = completed(table.children)[REGISTRATION]
    np.testing.assert_allclose(got, [[30, 90], [60, 180]])  # A's 90 are three times its 30 of the cohort known whole
    assert missing_counts(table).tolist() == [[False, False], [False, True]]


def test_without_a_cohort_known_whole_each_area_goes_by_the_mean_of_its_own():
    table = latest(child("A", 2019, 30), child("B", 2020, 60))
    np.testing.assert_allclose(completed(table.children)[REGISTRATION], [[30, 30], [60, 60]])


@given(st.lists(st.integers(0, 500), min_size=4, max_size=4))
def test_where_every_area_is_counted_nothing_is_estimated(n):
    table = latest(*[child(a, c, n.pop()) for a in "AB" for c in (2019, 2020)])
    np.testing.assert_array_equal(completed(table.children), table.children)
    assert not missing_counts(table).any()


# ---------------------------------------------------------------------------------------------------------- totals
def test_an_area_with_only_a_total_takes_the_structure_of_its_planning_area():
    got = latest(child("A", 2019, 30), child("A", 2020, 20), child("A", 2021, 10), child("B", 2019, 12, cohort_to=2021))
    np.testing.assert_allclose(got.children[REGISTRATION, 1], [6, 4, 2], rtol=1e-5)
    assert got.spread[REGISTRATION].tolist() == [[False] * 3, [True] * 3]
    assert got.wholly_spread[1].all()


def test_a_cohort_that_is_told_is_taken_out_of_the_total():
    got = latest(child("A", 2019, 30), child("A", 2020, 20), child("B", 2019, 12, cohort_to=2020), child("B", 2020, 5))
    np.testing.assert_allclose(got.children[REGISTRATION, 1], [7, 5])
    assert got.spread[REGISTRATION, 1].tolist() == [True, False]


def test_a_total_of_the_planning_area_meets_the_totals_of_its_areas():
    rows = [child("A", 2019, 30, cohort_to=2020), child("B", 2019, 10, cohort_to=2020)]
    rows += [child(None, 2019, 28, planning_area="P"), child(None, 2020, 12, planning_area="P")]
    np.testing.assert_allclose(latest(*rows).children[REGISTRATION], [[21, 9], [7, 3]], rtol=1e-5)


def test_a_planning_area_alone_is_spread_by_the_size_of_its_areas_on_other_bases():
    rows = [child(None, 2020, 40, planning_area="P"), child("A", 2020, 6, basis="permit")]
    rows += [child("B", 2020, 2, basis="permit")]
    got = latest(*rows)
    np.testing.assert_allclose(got.children[REGISTRATION, :, 0], [30, 10], rtol=1e-5)
    assert not got.wholly_spread.any()  # permits count both areas


def test_another_planning_area_does_not_lend_its_structure_where_the_own_is_known():
    rows = [child("A", 2019, 10), child("A", 2020, 90), child("B", 2019, 8, cohort_to=2020)]
    apart = latest(*rows, regions=("P", "Q")).children[REGISTRATION, 1]
    np.testing.assert_allclose(apart, [0.8, 7.2], rtol=1e-4)  # the county's, for want of its own


@given(
    st.integers(2, 5),
    st.integers(2, 5),
    st.integers(0, 2**32 - 1),
)
def test_raking_meets_the_totals_of_areas_and_of_cohorts(areas, cohorts, seed):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 50, (areas, cohorts))
    counts = np.full(truth.shape, np.nan)
    own, each = np.arange(areas), np.arange(cohorts)
    totals = Totals(
        area=np.concatenate([own, np.full(cohorts, -1)]),
        region=np.concatenate([np.full(areas, -1), np.zeros(cohorts, dtype=np.int64)]),
        first=np.concatenate([np.zeros(areas, dtype=np.int64), each]),
        last=np.concatenate([np.full(areas, cohorts - 1), each]),
        children=np.concatenate([truth.sum(axis=1), truth.sum(axis=0)]),
    )
    got = spread_totals(counts, totals, np.zeros(areas, dtype=np.int64), sizes=np.ones(areas), pattern=np.ones(cohorts))
    np.testing.assert_allclose(got.sum(axis=1), truth.sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(got.sum(axis=0), truth.sum(axis=0), rtol=1e-6)
    independent = np.outer(truth.sum(axis=1), truth.sum(axis=0)) / truth.sum()  # nothing else is known
    np.testing.assert_allclose(got, independent, rtol=1e-6)

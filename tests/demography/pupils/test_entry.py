"""Entry ratios of the county by basis and years until entry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.entry import BELIEF, GIVEN, CountyCounts, entry_ratio_table, entry_ratios
from placesim.vocabulary import CHILD_BASES

YEARS, COHORTS, ENTRY_AGE = np.arange(2019, 2026), np.arange(2013, 2026), 6
REGISTRATION, PERMIT = CHILD_BASES.index("registration"), CHILD_BASES.index("permit")


def counts(share: dict[int, list[float]], entrants: np.ndarray, *, years: np.ndarray = YEARS) -> CountyCounts:
    """basis → children counted per later entrant, by years until entry."""
    lag = COHORTS + ENTRY_AGE - years[:, None]
    children = np.full((len(CHILD_BASES), len(years), len(COHORTS)), np.nan)
    for basis, by_lag in share.items():
        known = (lag >= 0) & (lag < len(by_lag))
        children[basis] = np.where(known, np.array(by_lag)[np.clip(lag, 0, len(by_lag) - 1)] * entrants, np.nan)
    entered = years[-1] >= COHORTS + ENTRY_AGE
    return CountyCounts(years, COHORTS, children, np.where(entered, entrants, np.nan), ENTRY_AGE)


SIZES = np.linspace(1000, 400, len(COHORTS))


def test_a_register_that_grows_with_age_has_a_ratio_for_every_age():
    by_lag = [0.8, 0.6, 0.5, 0.45, 0.4, 0.38, 0.37]
    got = entry_ratios(counts({PERMIT: by_lag}, SIZES), {})
    np.testing.assert_allclose(np.exp(got.log_ratio[PERMIT, :7]), 1 / np.array(by_lag), rtol=0.01)
    assert got.cohorts[PERMIT] == 7
    assert not any(got.assumed)


def test_a_constant_ratio_is_found_exactly():
    got = entry_ratios(counts({REGISTRATION: [1.25] * 7}, SIZES), {})
    np.testing.assert_allclose(np.exp(got.log_ratio[REGISTRATION]), 0.8)


def test_later_cohorts_tell_the_growth_of_ages_that_no_past_cohort_was_counted_at():
    """The register begins in 2023: entrants are known of children counted at 4, 5 and 6 only."""
    by_lag = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
    got = entry_ratios(counts({REGISTRATION: by_lag}, SIZES, years=np.arange(2023, 2026)), {})
    np.testing.assert_allclose(np.exp(got.log_ratio[REGISTRATION, :7]), 1 / np.array(by_lag), rtol=0.03)
    sd = np.sqrt(got.variance[REGISTRATION])
    assert (np.diff(sd) > 0).all()  # the further from entry, the less certain


def test_a_register_whose_ratio_drifts_is_less_certain_than_one_that_holds():
    holding = counts({REGISTRATION: [1.0] * 7}, SIZES)
    children = holding.children * np.exp(0.05 * np.arange(len(YEARS)))[:, None]
    drifting = CountyCounts(YEARS, COHORTS, children, holding.entrants, ENTRY_AGE)
    assert (entry_ratios(drifting, {}).variance > 2 * entry_ratios(holding, {}).variance)[REGISTRATION].all()


def test_without_past_cohorts_every_child_is_taken_to_enter():
    got = entry_ratios(counts({REGISTRATION: [1.0] * 7}, np.where(COHORTS > 2019, SIZES, np.nan)), {})
    np.testing.assert_allclose(got.log_ratio[REGISTRATION], 0, atol=1e-9)
    assert (got.variance[REGISTRATION] > BELIEF**2).all()
    assert got.assumed[REGISTRATION]
    assert sum(got.assumed) == 1


def test_a_ratio_of_the_scenario_speaks_first():
    got = entry_ratios(counts({REGISTRATION: [1.25] * 7}, SIZES), {"registration": 0.7, "permit": 1.5})
    np.testing.assert_allclose(np.exp(got.log_ratio[REGISTRATION]), 0.7)
    np.testing.assert_allclose(np.exp(got.log_ratio[PERMIT]), 1.5)
    np.testing.assert_allclose(got.variance[REGISTRATION], GIVEN**2)
    assert not any(got.assumed)


def test_counts_after_entry_stand_in_where_there_are_none_before():
    lag = COHORTS + ENTRY_AGE - np.array([[2025]])
    children = np.full((len(CHILD_BASES), 1, len(COHORTS)), np.nan)
    children[REGISTRATION] = 1.25 * SIZES
    entrants = np.where(lag[0] <= 0, SIZES, np.nan)
    got = entry_ratios(CountyCounts(np.array([2025]), COHORTS, children, entrants, ENTRY_AGE), {})
    np.testing.assert_allclose(np.exp(got.log_ratio[REGISTRATION]), 0.8)


@given(st.lists(st.floats(0.3, 3), min_size=7, max_size=7), st.floats(0.2, 5))
def test_the_ratio_follows_the_entrants(by_lag, factor):
    one = counts({REGISTRATION: by_lag}, SIZES)
    other = CountyCounts(YEARS, COHORTS, one.children, factor * one.entrants, ENTRY_AGE)
    gap = entry_ratios(other, {}).log_ratio[REGISTRATION] - entry_ratios(one, {}).log_ratio[REGISTRATION]
    np.testing.assert_allclose(gap, np.log(factor), atol=1e-6)


def test_the_table_names_the_lags_behind_the_estimate():
    got = entry_ratios(counts({REGISTRATION: [1.25] * 7}, SIZES), {})
    lags = np.full((len(CHILD_BASES), len(COHORTS)), -1)
    lags[REGISTRATION] = np.clip(COHORTS + ENTRY_AGE - 2025, 0, None)
    children = np.where(lags >= 0, 100.0, 0.0)
    table = entry_ratio_table(got, lags, children)
    assert table["lag"].tolist() == list(range(7))
    assert table["ratio"].tolist() == pytest.approx([0.8] * 7)
    assert table["children"].tolist() == [700.0] + [100.0] * 6

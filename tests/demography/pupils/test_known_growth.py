"""Growth of areas from successive counts, and the cohort structure around them."""

from __future__ import annotations

import numpy as np
import pytest

from placesim.demography.pupils.growth import _on_grid, measure_growth
from placesim.demography.pupils.places import Places, kept_deviation, structure

YEARS, COHORTS, ENTRY_AGE, LAGS = np.arange(2019, 2026), np.arange(2013, 2026), 6, 7
LAG = COHORTS + ENTRY_AGE - YEARS[:, None]


def places(areas: int, kinds: int = 1, regions: int = 1) -> Places:
    kind, region = np.arange(areas) % kinds, np.arange(areas) % regions
    return Places(kind, region, kind * regions + region)


def growing(rates: np.ndarray, size: float = 200.0) -> np.ndarray:
    """counts[area, year, cohort]: children 0–6, each area growing by its rate a year."""
    age = YEARS[:, None] - COHORTS
    path = size * np.exp(rates[:, None, None] * age)
    return np.where((age >= 0) & (age <= ENTRY_AGE), path, np.nan)


def test_one_count_tells_of_no_growth():
    got = measure_growth(growing(np.array([0.1, 0.0]))[:, -1:], LAG[-1:], places(2), LAGS)
    assert not got.log.any()


def test_an_area_that_grows_is_told_from_those_that_do_not():
    rates = np.zeros(40)
    rates[3] = 0.08
    got = measure_growth(growing(rates), LAG, places(40), LAGS).log
    others = np.delete(got, 3, axis=0)
    assert (got[:, 0] == 0).all()
    assert (np.diff(got[3]) > 0).all()
    assert 0.5 * 6 * 0.08 < got[3, 6] < 6 * 0.08  # drawn towards the others, and it need not last
    assert np.abs(others).max() < 0.03


def test_chance_is_no_growth():
    """Poisson counts of children who come and go at random, 5 % a year either way."""
    rng, counts = np.random.default_rng(5), growing(np.zeros(100), size=30.0)
    for cohort in range(len(COHORTS)):
        told = np.flatnonzero(np.isfinite(counts[0, :, cohort]))
        now = rng.poisson(30.0, len(counts)).astype(float)
        for year in told:
            counts[:, year, cohort] = now
            now = rng.binomial(now.astype(int), 0.95) + rng.poisson(1.5, len(counts)).astype(float)
    got = measure_growth(counts, LAG, places(100), LAGS)
    assert np.abs(got.log[:, 6]).mean() < 0.02


def test_what_all_areas_of_a_type_do_is_learnt_for_each_age():
    rates = np.where(np.arange(20) % 2, 0.06, -0.06)
    got = measure_growth(growing(rates), LAG, places(20, kinds=2), LAGS).log
    gap = got[1::2].mean(axis=0) - got[::2].mean(axis=0)
    np.testing.assert_allclose(gap, 0.12 * np.arange(LAGS), rtol=0.1)


def test_the_order_of_the_areas_changes_nothing():
    rng = np.random.default_rng(1)
    counts, order = growing(rng.normal(0, 0.03, 12)), rng.permutation(12)
    one, kind = measure_growth(counts, LAG, places(12, kinds=2, regions=3), LAGS), places(12, kinds=2, regions=3)
    other = measure_growth(counts[order], LAG, Places(kind.kind[order], kind.region[order], kind.both[order]), LAGS)
    np.testing.assert_allclose(other.log, one.log[order], atol=1e-12)


def test_the_forecast_at_a_point_of_the_grid_is_the_conditional_mean():
    """Twin: the joint normal of past and future written out, conditioned in plain steps."""
    rng = np.random.default_rng(2)
    log, children, noise = rng.normal(0, 0.05, (3, 5)), rng.uniform(20, 300, (3, 5)), 0.1
    fit = _on_grid(log, children, noise, 4)
    spread, lasting = 0.045, 0.7
    point = 4 * 3 + 1
    joint = spread**2 * lasting ** np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    for place in range(3):
        seen = joint[:5, :5] + np.diag(noise / (children[place] + 0.5))
        slope = joint[5:, :5] @ np.linalg.inv(seen)
        left = joint[5:, 5:] - slope @ joint[:5, 5:]
        np.testing.assert_allclose(fit.ahead[point, place], np.cumsum(slope @ log[place]))
        np.testing.assert_allclose(fit.variance[point, place], [left[: h + 1, : h + 1].sum() for h in range(4)])
        np.testing.assert_allclose(fit.past[point, place], joint[:5, :5] @ np.linalg.inv(seen) @ log[place])


# -------------------------------------------------------------------------------------------------------- structure
def test_the_structure_around_is_that_of_the_neighbours_drawn_to_the_county():
    children = np.array([[1000.0, 3000.0], [1000.0, 3000.0], [3000.0, 1000.0], [np.nan, np.nan]])
    where = Places(np.zeros(4, dtype=np.int64), np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    share = structure(children, where)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    np.testing.assert_allclose(share[0, 0], 0.25, atol=0.005)
    np.testing.assert_allclose(share[3, 0], 0.75, atol=0.005)


@pytest.mark.parametrize(("stays", "least", "most"), [(1.0, 0.93, 1.0), (0.8, 0.25, 0.55)])
def test_deviations_that_fade_are_found_to_fade(stays, least, most):
    """Each year a share of every cohort is dealt out anew over the areas."""
    rng, counts = np.random.default_rng(3), growing(np.zeros(60))
    for cohort in range(len(COHORTS)):
        now = rng.uniform(50, 350, 60)
        for year in np.flatnonzero(np.isfinite(counts[0, :, cohort])):
            counts[:, year, cohort] = now
            now = stays * now + (1 - stays) * 200
    kept = kept_deviation(counts, LAG, places(60), LAGS)
    assert (np.diff(kept) <= 0).all()
    assert least < kept[4] < most

"""Children of new homes: taken out of the growth of areas, and measured against what household profiles say."""

from __future__ import annotations

import numpy as np
from handmade import STAGES, county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.pupils.new_homes import children_of_new_homes, homes_factor
from placesim.scenario.options import DemandOptions
from placesim.scenario.parameters import DemandParameters, Housing

YEARS, COHORTS = np.arange(2021, 2026), np.arange(2019, 2026)
OPTIONS = DemandOptions((2025, 2026), STAGES, DemandParameters(), housing=Housing(occupied=(1.0,)))


def inputs(share: float):
    homes = {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2023,
             "dwellings": 100, "status": "complete", "displaced_share": share}  # fmt: skip
    profile = {"dwelling_type": "flat", "age_from": 0, "age_to": 6, "persons": 0.7}
    return county({"areas": squares(["A", "B"]), "developments": [homes], "household_profiles": [profile]})


def counts() -> np.ndarray:
    """20 children of every cohort born by then in A, 40 in B, no movement."""
    born = YEARS[:, None] >= COHORTS
    return np.where(born, np.array([20.0, 40.0])[:, None, None], np.nan)


def test_homes_bring_children_in_the_year_they_fill_and_take_them_from_the_rest_of_the_county():
    net = children_of_new_homes(counts(), YEARS, COHORTS, inputs(0.25), OPTIONS)
    arriving = net[0, 1]  # from 2022 to 2023: 100 homes × 0.1 persons of each age from 0 to 6
    np.testing.assert_allclose(arriving[COHORTS <= 2022], 10.0)
    np.testing.assert_allclose(net[1, 1][COHORTS <= 2022], -2.5)
    assert not net[:, [0, 2, 3]].any()


def test_without_developments_nothing_is_taken_out():
    plain = county({"areas": squares(["A", "B"])})
    assert not children_of_new_homes(counts(), YEARS, COHORTS, plain, OPTIONS).any()


@given(st.floats(0.2, 2.5), st.integers(0, 2**32 - 1))
def test_the_factor_is_found_where_homes_are_many(factor, seed):
    rng = np.random.default_rng(seed)
    homes, expected = rng.uniform(20, 200, 60), rng.uniform(50, 200, 60)
    excess = factor * homes + rng.normal(0, np.sqrt(0.3 * expected))
    assert abs(homes_factor(excess, homes, expected) - factor) < 0.1


def test_without_homes_seen_the_profiles_are_believed():
    assert homes_factor(np.array([30.0]), np.array([1.0]), np.array([10.0])) == 1.0
    assert homes_factor(np.zeros(0), np.zeros(0), np.zeros(0)) == 1.0


def test_a_single_small_block_moves_the_belief_little():
    found = homes_factor(np.array([0.0]), np.array([5.0]), np.array([50.0]))
    assert 0.9 < found < 1.0

"""From developments to residents: dwellings by hand, ages, and who comes from inside the county."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placesim.demography.residents.housing import housing_moves, occupied_dwellings, settle
from placesim.records import Inputs
from placesim.scenario.parameters import Housing

YEARS = (2025, 2026, 2027, 2028)
RAMP = Housing(occupied=(0.5, 0.8, 0.9))


def development(name: str = "D", dwellings: int = 100, year: int = 2026, **more: object) -> dict:
    facts = {"development_id": name, "phase": "1", "dwelling_type": "flat", "area_id": "A", "status": "complete"}
    return {**facts, "dwellings": dwellings, "year": year, **more}


def profile(first: int, last: int | None, persons: float, kind: str = "flat", since: float | None = None) -> dict:
    return {"dwelling_type": kind, "years_since": since, "age_from": first, "age_to": last, "persons": persons}


def inputs(*developments: dict, profiles: tuple[dict, ...] = (profile(0, 4, 0.5), profile(30, 34, 2.0))) -> Inputs:
    return county({"areas": squares(["A", "B", "C"]), "developments": developments, "household_profiles": profiles})


def occupied(*developments: dict, housing: Housing = RAMP) -> np.ndarray:
    return occupied_dwellings(inputs(*developments).frame("developments"), YEARS, housing)


# ------------------------------------------------------------------------------------------------------ dwellings
def test_the_ramp_counts_years_after_completion():
    np.testing.assert_allclose(occupied(development()), [[0, 50, 80, 90]])
    np.testing.assert_allclose(occupied(development(year=2020)), [[90, 90, 90, 90]])


@pytest.mark.parametrize(
    ("status", "year", "probability"),
    [("planned", 2026, 0.4), ("permitted", 2026, 0.7), ("stalled", 2026, 0.0), (None, 2026, 0.4), (None, 2024, 1.0)],
)
def test_the_status_has_a_probability(status, year, probability):
    got = occupied(development(status=status, year=year))
    assert got[0, -1] == pytest.approx(90 * probability)


def test_a_scenario_that_names_one_status_keeps_the_others():
    told = Housing(status_probability={"planned": 0.1}, occupied=(1.0,))
    both = occupied(development("D", status="planned"), development("E", status="permitted"), housing=told)
    np.testing.assert_allclose(both[:, -1], [10, 70])


def test_a_delay_moves_one_development():
    told = Housing(delay_years={"D": 1}, occupied=(0.5, 0.8, 0.9))
    got = occupied(development("D"), development("E"), housing=told)
    np.testing.assert_allclose(got, [[0, 0, 50, 80], [0, 50, 80, 90]])


def test_observed_occupancy_overrules_the_ramp():
    np.testing.assert_allclose(occupied(development(occupied_share=0.25)), [[0, 25, 25, 25]])


def test_demolition_empties_the_dwellings_at_once():
    np.testing.assert_allclose(occupied(development(dwellings=-100)), [[0, -90, -90, -90]])


# ------------------------------------------------------------------------------------------------------ residents
def test_households_enter_as_dwellings_fill_both_sexes_alike():
    moves = housing_moves(inputs(development(displaced_share=0.4)), YEARS, RAMP)
    np.testing.assert_allclose(moves.entering.sum(axis=(2, 3)), [[125, 75, 25], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(moves.entering[0, 0, 0, :5], 50 * 0.1 / 2)
    np.testing.assert_array_equal(moves.entering[:, :, 0], moves.entering[:, :, 1])
    np.testing.assert_allclose(moves.inside, 0.4 * moves.entering)
    assert moves.entering[..., 5:30].sum() == 0


def test_households_enter_with_the_profile_at_entry_and_leave_with_the_oldest():
    profiles = (profile(0, 0, 1.0, since=0), profile(10, 10, 3.0, since=20))
    table = inputs(development("D"), development("E", dwellings=-100, area_id="B"), profiles=profiles)
    moves = housing_moves(table, YEARS, RAMP)
    assert moves.entering[0, 0].sum(axis=0)[[0, 10]].tolist() == [50, 0]
    np.testing.assert_allclose(moves.entering[1, 0].sum(axis=0)[[0, 10]], [0, -270])


def test_no_developments_no_moves():
    moves = housing_moves(county({"areas": squares(["A"])}), YEARS, RAMP)
    assert moves.entering.shape == (1, 3, 2, 101)
    assert not moves.entering.any()


# ----------------------------------------------------------------------------------------------- inside the county
def one_age(*values: float) -> np.ndarray:
    return np.array(values, dtype=float).reshape(-1, 1, 1)


def test_the_displaced_come_from_the_other_areas_by_their_residents():
    housing, displacement = settle(one_age(50, 30, 10), one_age(20, 0, 0), one_age(8, 0, 0))
    assert housing.ravel().tolist() == [20, 0, 0]
    np.testing.assert_allclose(displacement.ravel(), [0, 6, 2])


def test_two_developments_draw_on_each_other():
    _, displacement = settle(one_age(60, 40, 20), one_age(10, 10, 0), one_age(6, 8, 0))
    # 6 into the first from 40 : 20, 8 into the second from 60 : 20
    np.testing.assert_allclose(displacement.ravel(), [6, 4, 2 + 2])


def test_no_more_people_leave_than_live_there():
    housing, displacement = settle(one_age(5, 10), one_age(-20, 40), one_age(-10, 40))
    assert housing.ravel().tolist() == [-5, 0]  # all of B's 40 would come from A, whose last five leave their dwellings
    np.testing.assert_allclose(displacement.ravel(), [0, -2.5])
    assert (np.array([5, 10]) + housing.ravel() - displacement.ravel() >= 0).all()


def test_those_rehoused_after_a_demolition_arrive_in_the_other_areas():
    _, displacement = settle(one_age(50, 30, 10), one_age(-20, 0, 0), one_age(-8, 0, 0))
    np.testing.assert_allclose(displacement.ravel(), [0, -6, -2])


def test_nobody_is_displaced_where_the_county_has_no_other_area():
    housing, displacement = settle(one_age(5), one_age(20), one_age(15))
    assert (housing.item(), displacement.item()) == (5, 0)  # the 15 were counted in the area before


def test_who_cannot_be_taken_does_not_enter():
    housing, displacement = settle(one_age(50, 30, 10), one_age(100, 0, 0), one_age(80, 0, 0))
    assert housing.ravel().tolist() == [60, 0, 0]
    assert displacement.ravel().tolist() == [0, 30, 10]


people = arrays(float, (4, 2, 3), elements=st.floats(0, 1e4))
moves = arrays(float, (4, 2, 3), elements=st.floats(-1e3, 1e3))
shares = arrays(float, (4, 2, 3), elements=st.floats(0, 1))


@given(people, moves, shares)
def test_nothing_falls_below_zero(residents, entering, share):
    housing, displacement = settle(residents, entering, share * entering)
    assert (residents + housing - displacement >= 0).all()


whole_people = arrays(float, (4, 2, 3), elements=st.integers(0, 10_000).map(float))


@given(whole_people, moves, shares)
def test_inside_the_county_people_only_change_places(residents, entering, share):
    """What comes from outside: entering less its inside part, as far as demolition leaves anybody to go."""
    housing, displacement = settle(residents, entering, share * entering)
    outside = (1 - share) * np.maximum(entering, -residents)
    net = (housing - displacement).sum(axis=0)
    np.testing.assert_allclose(net, outside.sum(axis=0), rtol=1e-9, atol=1e-6)


@given(arrays(float, (4, 2, 3), elements=st.floats(1e3, 1e4)), shares)
def test_where_enough_people_live_exactly_those_displaced_leave(residents, inside):
    housing, displacement = settle(residents, inside * 2, inside)
    np.testing.assert_allclose(displacement.sum(axis=0), inside.sum(axis=0), atol=1e-9)
    np.testing.assert_array_equal(housing, inside * 2)

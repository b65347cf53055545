"""Occupied dwellings by hand: observations, stalled schemes, returns, and what sampled futures keep of the mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from handmade import county
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from placesim.demography.residents.housing import drawn_dwellings, occupied_dwellings, status_probability
from placesim.errors import InputError
from placesim.scenario.parameters import Housing

YEARS = tuple(range(2024, 2032))
RAMP = Housing(occupied=(0.4, 0.6, 0.8, 0.9))


def table(*rows: dict) -> pd.DataFrame:
    facts = {"phase": "1", "dwelling_type": "flat", "area_id": "A", "status": "complete", "year": 2024}
    named = [{"development_id": f"D{i}", **facts, "dwellings": 100, **row} for i, row in enumerate(rows)]
    return county({"developments": named}).frame("developments")


def occupied(*rows: dict, housing: Housing = RAMP) -> np.ndarray:
    return occupied_dwellings(table(*rows), YEARS, housing)


# ---------------------------------------------------------------------------------------------- observed occupancy
def test_after_an_observation_the_ramp_goes_on_from_the_level_observed():
    got = occupied({"occupied_share": 0.5, "observed_year": 2026})
    # 0.5 lies halfway between the ramp's first and second year: 0.7 a year later, then 0.85, then its last
    np.testing.assert_allclose(got, [[25, 37.5, 50, 70, 85, 90, 90, 90]])


def test_an_observation_above_the_ramp_stays():
    got = occupied({"occupied_share": 0.96, "observed_year": 2025})
    np.testing.assert_allclose(got, [[64, 96, 96, 96, 96, 96, 96, 96]])


def test_empty_homes_start_like_new_ones():
    got = occupied({"occupied_share": 0.0, "observed_year": 2026})
    np.testing.assert_allclose(got, [[0, 0, 0, 40, 60, 80, 90, 90]])


def test_homes_lived_in_before_completion_wait_for_the_rest():
    got = occupied({"occupied_share": 0.2, "observed_year": 2025, "year": 2028, "status": "under_construction"})
    # a fifth lives there for certain; the rest has a probability of 0.9, and starts at the 0.2's place on the ramp
    np.testing.assert_allclose(got[0, :5], [0, 20, 20, 20, 20 + 0.9 * (50 - 20)])


def test_what_was_observed_is_neither_delayed_nor_doubtful():
    late = Housing(occupied=RAMP.occupied, delay_years={"D0": 3})
    plain = {"occupied_share": 0.8, "observed_year": 2025, "status": "planned"}
    np.testing.assert_allclose(occupied(plain, housing=late)[0, 1], 80)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=5).map(sorted),
    st.floats(0, 1),
    st.integers(2020, 2030),
    st.integers(2018, 2032),
)
def test_an_observation_is_met_and_never_fallen_back_from(ramp, share, observed_year, year):
    row = table({"occupied_share": share, "observed_year": observed_year, "year": year})
    years = tuple(range(2015, 2045))
    got = occupied_dwellings(row, years, Housing(occupied=tuple(ramp)))[0]
    assert got[years.index(observed_year)] == pytest.approx(100 * share)
    assert (np.diff(got[years.index(observed_year) :]) >= -1e-9).all()
    assert got.max() <= 100 + 1e-9
    assert got[-1] == pytest.approx(100 * max(share, ramp[-1]))


# -------------------------------------------------------------------------------------------------- stalled schemes
def test_a_stalled_scheme_waits_for_its_restart():
    housing = Housing(occupied=RAMP.occupied, restart_probability=0.25)
    got = occupied({"status": "stalled", "year": 2022, "restart_year": 2027}, {"status": "stalled"}, housing=housing)
    np.testing.assert_allclose(got, [[0, 0, 0, 10, 15, 20, 22.5, 22.5], [0] * 8])


def test_the_part_that_is_lived_in_stays_while_a_scheme_is_stalled():
    row = {"status": "stalled", "year": 2022, "restart_year": 2028, "occupied_share": 0.3, "observed_year": 2024}
    got = occupied(row, housing=Housing(occupied=RAMP.occupied, restart_probability=1.0))
    np.testing.assert_allclose(got, [[30, 30, 30, 30, 55, 75, 87.5, 90]])


def test_a_restart_year_means_nothing_to_a_scheme_that_goes_on():
    np.testing.assert_array_equal(occupied({"restart_year": 2029}), occupied({}))


# ------------------------------------------------------------------------------------------ demolition and return
def test_owners_return_tenants_do_not():
    row = {"dwellings": -100, "year": 2025, "tenant_share": 0.25, "return_share": 0.8, "return_year": 2028}
    np.testing.assert_allclose(occupied(row), [[0, -90, -90, -90, -36, -36, -36, -36]])


def test_a_delay_moves_demolition_and_return_together():
    row = {"dwellings": -100, "year": 2025, "return_share": 1.0, "return_year": 2027}
    late = Housing(occupied=RAMP.occupied, delay_years={"D0": 2})
    np.testing.assert_allclose(occupied(row, housing=late), [[0, 0, 0, -90, -90, 0, 0, 0]])


# ------------------------------------------------------------------------------------------------- sampled futures
shares = st.one_of(st.none(), st.floats(0, 1))
some_years = st.one_of(st.none(), st.integers(2020, 2035))
any_row = st.fixed_dictionaries(
    {
        "status": st.sampled_from([*Housing().status_probability, None]),
        "year": st.integers(2018, 2033),
        "dwellings": st.integers(-200, 500),
        "occupied_share": shares,
        "observed_year": some_years,
        "restart_year": some_years,
        "tenant_share": shares,
        "return_share": shares,
        "return_year": some_years,
    }
)


@given(st.lists(any_row, min_size=1, max_size=4))
def test_the_mean_over_every_way_it_can_turn_out_is_the_central_run(rows):
    """Exact expectation: all built and none built, weighed by the probability (each row depends on its own only)."""
    developments = table(*rows)
    probability = status_probability(developments, YEARS[0], RAMP)
    built = np.stack([np.ones(len(rows)), np.zeros(len(rows))])
    drawn = drawn_dwellings(developments, YEARS, RAMP, built=built, delay=np.zeros_like(built))
    mean = probability[:, None] * drawn[0] + (1 - probability[:, None]) * drawn[1]
    np.testing.assert_allclose(mean, occupied_dwellings(developments, YEARS, RAMP), atol=1e-9)


def ramp_at(since: float, ramp: tuple[float, ...]) -> float:
    """The ramp at any time: straight lines between whole years, from nothing a year before completion."""
    known = [0.0, *ramp]
    if since <= -1:
        return 0.0
    if since >= len(ramp) - 1:
        return ramp[-1]
    year = int(np.floor(since))
    return known[year + 1] + (since - year) * (known[year + 2] - known[year + 1])


def plain(row: dict, year: int, ramp: tuple[float, ...], built: float) -> float:
    """Occupied dwellings of one row in one year, told step by step (ramps that only rise)."""
    completed = row["year"]
    if row["status"] == "stalled" and row["restart_year"] is not None:
        completed = max(completed, row["restart_year"])
    share, seen = row["occupied_share"], row["observed_year"] if row["occupied_share"] is not None else None
    if row["dwellings"] < 0:
        emptied = (share if share is not None else ramp[-1]) if year >= completed else 0.0
        back = row["return_year"] is not None and year >= max(row["return_year"], completed)
        returning = (1 - (row["tenant_share"] or 0.0)) * (row["return_share"] or 0.0) if back else 0.0
        return built * row["dwellings"] * emptied * (1 - returning)
    if seen is None:
        lasting = share if share is not None else ramp_at(year - completed, ramp)
        return built * row["dwellings"] * (lasting if year >= completed else 0.0)
    opened = min(row["year"], seen)
    if year < seen:
        before = share * ramp_at(year - opened, ramp) / ramp_at(seen - opened, ramp) if year >= opened else 0.0
        return row["dwellings"] * min(before, 1.0)
    place = next((t / 1000 for t in range(-1000, 1000 * len(ramp)) if ramp_at(t / 1000, ramp) >= share), len(ramp) - 1)
    later = year - max(seen, completed - 1)
    expected = max(share, ramp_at(place + later, ramp)) if later > 0 else share
    return row["dwellings"] * (share + built * (expected - share))


@settings(max_examples=200)
@given(any_row)
def test_the_arrays_say_what_one_row_told_step_by_step_says(row):
    ramp = (0.3, 0.6, 0.8, 0.9)
    housing = Housing(occupied=ramp)
    built = status_probability(table(row), YEARS[0], housing)[0]
    got = occupied_dwellings(table(row), YEARS, housing)[0]
    expected = [plain(row, year, ramp, built) for year in YEARS]
    np.testing.assert_allclose(got, expected, atol=0.001 * 0.3 * abs(row["dwellings"]) + 1e-9)  # places to 0.001 years


def test_the_mean_of_many_draws_tends_to_the_central_run():
    developments = table({"status": "planned", "year": 2026}, {"status": "under_construction", "dwellings": -40})
    random = np.random.default_rng(7)
    built = random.random((4000, 2)) < status_probability(developments, YEARS[0], RAMP)
    drawn = drawn_dwellings(developments, YEARS, RAMP, built=built, delay=np.zeros((4000, 2)))
    central = occupied_dwellings(developments, YEARS, RAMP)
    error = drawn.std(axis=0) / np.sqrt(4000)
    assert (np.abs(drawn.mean(axis=0) - central) <= 4 * error + 1e-9).all()


@given(st.lists(any_row, min_size=1, max_size=4), st.integers(0, 5))
def test_a_drawn_delay_is_a_delay_of_the_scenario(rows, delay):
    developments = table(*rows)
    built = np.ones((1, len(rows)))
    told = Housing(occupied=RAMP.occupied, delay_years={f"D{i}": delay for i in range(len(rows))})
    drawn = drawn_dwellings(developments, YEARS, RAMP, built=built, delay=np.full_like(built, delay))
    same = drawn_dwellings(developments, YEARS, told, built=built, delay=np.zeros_like(built))
    np.testing.assert_array_equal(drawn, same)


def test_every_draw_is_its_own():
    developments = table({"year": 2026}, {"year": 2025, "status": "planned"})
    built, delay = np.array([[1, 0], [1, 1], [0, 1]]), np.array([[0, 0], [2, 0], [0, 1]])
    drawn = drawn_dwellings(developments, YEARS, RAMP, built=built, delay=delay)
    for d in range(3):
        told = Housing(occupied=RAMP.occupied, delay_years={"D0": int(delay[d, 0]), "D1": int(delay[d, 1])})
        alone = [
            occupied_dwellings(developments.assign(status="complete"), YEARS, told)[i] * built[d, i] for i in (0, 1)
        ]
        np.testing.assert_allclose(drawn[d], alone)


@pytest.mark.parametrize(
    ("built", "delay", "where"),
    [
        ([[1.0, 0.5, 1.0]], [[0, 0, 0]], "built: must be [draw, development (2)]"),
        ([[1, 1]], [[0, 0], [0, 0]], "delay: must be [draw, development (2)]"),
        ([[1, np.nan]], [[0, 0]], "built[0, 1]"),
        ([[1, 1.5]], [[0, 0]], "built[0, 1]"),
        ([[1, 1]], [[0, 0.5]], "delay[0, 1]"),
        ([[1, 1]], [[-1, 0]], "delay[0, 0]"),
        ([[1, 1]], [[np.inf, 0]], "delay[0, 0]"),
    ],
)
def test_wrong_draws_are_refused_by_name(built, delay, where):
    with pytest.raises(InputError) as error:
        drawn_dwellings(table({}, {}), YEARS, RAMP, built=built, delay=delay)
    assert str(error.value).startswith(where)


def test_a_status_that_does_not_exist_has_no_probability():
    with pytest.raises(ValidationError, match="plannd"):
        Housing(status_probability={"plannd": 0.5})

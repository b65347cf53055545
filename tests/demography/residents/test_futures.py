"""Residents by draw: the central run without shocks, against its twin, shocks worked by hand, and with bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from futures_plain import project_futures_plain
from handmade import county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.futures import (
    Central,
    Futures,
    MoreHomes,
    central_run,
    project_blocks,
    project_futures,
)
from placesim.demography.residents.projection import project, projection_rates
from placesim.demography.residents.rates import YearlyRates
from placesim.errors import InputError
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

TIMINGS = ("end", "even")


def quiet(draws: int, steps: int, *, ages: int = 101, developments: int = 0) -> Futures:
    """Futures without shocks."""
    homes = MoreHomes(
        dwellings=np.zeros((draws, developments, steps)),
        persons=np.zeros((developments, ages)),
        area=np.zeros(developments, dtype=np.int64),
        inside_share=np.zeros((developments, steps)),
    )
    return Futures(np.ones((draws, steps)), np.zeros((draws, steps, ages)), np.ones((draws, steps)), homes)


# --------------------------------------------------------------------------------------------- the central run
YEARS = tuple(range(2025, 2034))


def town(*, totals: bool = False, crowded: bool = False):
    """Three areas with moves, a development filled from inside, a demolition, and (if asked) control totals."""
    people = [
        {"area_id": a, "year": 2023, "sex": sex, "age_from": x, "age_to": x, "residents": n * (1 + x % 7) / 4}
        for a, n in {"A": 16, "B": 21, "C": 12}.items()
        for sex in ("female", "male")
        for x in range(90)
    ]
    rates = [
        {"measure": "total_fertility", "value": 1.4},
        {"measure": "out_rate", "age_from": 0, "age_to": 59, "value": 0.03},
        {"measure": "in_count", "age_from": 0, "age_to": 59, "value": 90},
    ]
    size = 2000 if crowded else 100
    homes = {"dwelling_type": "flat", "phase": "1", "status": "complete"}
    tables = {
        "areas": [row | {"planning_area": "T"} for row in squares(["A", "B", "C"])],
        "population": people,
        "rates": rates,
        "household_profiles": [
            {"dwelling_type": "flat", "age_from": a, "age_to": b, "persons": n}
            for a, b, n in ((0, 5, 0.3), (6, 11, 0.4), (12, 59, 2.0))
        ],
        "developments": [
            homes | {"development_id": "N", "area_id": "A", "year": 2027, "dwellings": size, "displaced_share": 0.6},
            homes | {"development_id": "O", "area_id": "B", "year": 2028, "dwellings": -size, "displaced_share": 0.5},
        ],
    }
    if totals:
        tables["totals"] = [
            {"measure": "residents", "year": 2028, "value": 5200.0},
            {"measure": "births", "year": 2030, "value": 80.0},
        ]
    return county(tables)


def central_of(tables, timing: str):
    options = ProjectionOptions(YEARS, "08-31", Demography(migration_timing=timing), Housing())
    projection = project(tables, options)
    assert projection is not None
    return projection, central_run(projection, projection_rates(tables, options), timing)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("totals", [False, True])
@pytest.mark.parametrize("crowded", [False, True])
def test_a_draw_without_shocks_is_the_central_run(timing, totals, crowded):
    projection, central = central_of(town(totals=totals, crowded=crowded), timing)
    got = project_futures(central, quiet(3, len(YEARS) - 1, developments=2), ages=101)
    expected = np.broadcast_to(projection.residents.sum(axis=2), got.shape)
    assert projection.housing.any()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


# ------------------------------------------------------------------------------------------------------ the twin
def random_central(rng: np.random.Generator, *, areas: int, steps: int, ages: int, timing: str) -> Central:
    cells = (steps, areas, 2, ages)
    rates = YearlyRates(
        survival=rng.uniform(0.7, 1.0, cells),
        fertility=rng.uniform(0.0, 0.4, (steps, areas, ages)),
        out_rate=rng.uniform(0.0, 1.0, cells) * (rng.random(cells) < 0.7),
        in_count=rng.uniform(0.0, 3.0, cells),
        males_per_female_birth=rng.uniform(1.0, 1.2, steps),
    )
    own = (areas, steps, 2, ages)
    homes = rng.uniform(-9.0, 9.0, own) * (rng.random((areas, 1, 1, 1)) < 0.5)
    return Central(
        base=rng.uniform(0.0, 20.0, (areas, 2, ages)),
        rates=rates,
        timing=timing,
        fertility_factor=rng.uniform(0.8, 1.2, (areas, steps)),
        settled=rng.uniform(0.0, 20.0, own) * (rng.random(own) < 0.8),
        housing=homes,
        staying=rng.uniform(0.5, 1.1, own),
        residents_factor=rng.uniform(0.8, 1.2, (areas, steps)),
    )


def random_futures(rng: np.random.Generator, *, draws: int, areas: int, steps: int, ages: int) -> Futures:
    developments = int(rng.integers(0, 4))
    homes = MoreHomes(
        dwellings=rng.normal(0.0, 4.0, (draws, developments, steps)),
        persons=rng.uniform(0.0, 0.4, (developments, ages)),
        area=rng.integers(-1, areas, developments),
        inside_share=rng.uniform(0.0, 1.0, (developments, steps)),
    )
    return Futures(
        fertility=rng.uniform(0.5, 2.0, (draws, steps)),
        migration=rng.normal(0.0, 0.3, (draws, steps, ages)),
        newcomers=rng.uniform(0.0, 2.0, (draws, steps)),
        homes=homes,
    )


def random_case(seed: int, timing: str, *, draws: int = 3, areas: int = 3, steps: int = 3, ages: int = 7):
    rng = np.random.default_rng(seed)
    central = random_central(rng, areas=areas, steps=steps, ages=ages, timing=timing)
    return central, random_futures(rng, draws=draws, areas=areas, steps=steps, ages=ages)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(TIMINGS), st.integers(1, 4), st.integers(2, 9))
def test_kernel_equals_its_twin(seed, timing, areas, ages):
    central, futures = random_case(seed, timing, areas=areas, ages=ages)
    got = project_futures(central, futures, ages=ages)
    plain = project_futures_plain(central, futures, ages=ages)
    np.testing.assert_allclose(got, plain, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("timing", TIMINGS)
def test_many_draws_fill_several_tiles(timing):
    central, futures = random_case(4, timing, draws=300)
    got = project_futures(central, futures, ages=4)
    assert got.shape == (300, 3, 4, 4)
    np.testing.assert_allclose(got, project_futures_plain(central, futures, ages=4), rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("timing", TIMINGS)
def test_neither_threads_nor_blocks_change_a_bit(timing):
    central, futures = random_case(9, timing, areas=11, draws=40)
    whole = project_futures(central, futures, ages=7)
    for workers, block in ((1, 1), (1, 4), (2, 3), (3, 100)):
        blocks = list(project_blocks(central, futures, ages=7, workers=workers, block=block))
        assert [areas.start for areas, _ in blocks] == list(range(0, 11, block))
        np.testing.assert_array_equal(np.concatenate([part for _, part in blocks], axis=1), whole)


def test_no_steps_and_no_draws():
    central = still(steps=0)
    assert project_futures(central, quiet(2, 0, ages=5), ages=5).tolist() == [[[[20.0] * 5]] * 2] * 2
    assert project_futures(still(), quiet(0, 1, ages=5), ages=5).shape == (0, 2, 2, 5)


def test_a_draw_does_not_depend_on_the_others():
    central, futures = random_case(2, "end", draws=20)
    homes = replace(futures.homes, dwellings=futures.homes.dwellings[7:8])
    alone = Futures(futures.fertility[7:8], futures.migration[7:8], futures.newcomers[7:8], homes)
    whole = project_futures(central, futures, ages=7)
    np.testing.assert_allclose(project_futures(central, alone, ages=7)[0], whole[7], rtol=1e-12)


# ------------------------------------------------------------------------------------------------------- by hand
def still(*, areas: int = 2, steps: int = 1, ages: int = 5, timing: str = "end") -> Central:
    """Ten people of each sex in every cell, who neither die nor move."""
    cells, own = (steps, areas, 2, ages), (areas, steps, 2, ages)
    rates = YearlyRates(
        survival=np.ones(cells),
        fertility=np.full((steps, areas, ages), 0.1),
        out_rate=np.zeros(cells),
        in_count=np.full(cells, 2.0),
        males_per_female_birth=np.ones(steps),
    )
    full = np.full(own, 10.0)
    one = np.ones((areas, steps))
    return Central(np.full((areas, 2, ages), 10.0), rates, timing, one, full, np.zeros(own), np.ones(own), one)


def test_births_migration_and_newcomers_by_hand():
    futures = quiet(2, 1, ages=5)
    shocked = Futures(
        fertility=np.array([[1.0], [1.5]]),
        migration=np.stack([np.zeros((1, 5)), np.array([[0.0, 0.1, -0.2, -3.0, 0.0]])]),
        newcomers=np.array([[1.0], [0.5]]),
        homes=futures.homes,
    )
    got = project_futures(still(), shocked, ages=5)[:, 0, 1]
    # three ages of 10 women × 0.1 = 3 births; both sexes: 2 × (10 + 2), the last two ages pooled
    np.testing.assert_allclose(got[0], [3 + 4, 24, 24, 24, 44])
    np.testing.assert_allclose(got[1], [4.5 + 2, 22 + 2, 16 + 2, 0 + 2, 40 + 2])


def test_more_homes_take_people_from_all_other_areas():
    homes = MoreHomes(np.full((1, 1, 1), 4.0), np.ones((1, 5)), np.array([0]), np.full((1, 1), 0.5))
    futures = replace(quiet(1, 1, ages=5), homes=homes)
    got = project_futures(still(areas=3), futures, ages=5)[0, :, 1, 1]
    # 4 persons of each age move in, half of them from the 40 of that age whom the central run has elsewhere: 5 % of 24
    np.testing.assert_allclose(got, [24 + 4, 24 * 0.95, 24 * 0.95])


def test_nobody_comes_from_elsewhere_where_nobody_lives_there():
    homes = MoreHomes(np.full((1, 1, 1), 4.0), np.ones((1, 5)), np.array([0]), np.full((1, 1), 0.25))
    got = project_futures(still(areas=1), replace(quiet(1, 1, ages=5), homes=homes), ages=5)
    np.testing.assert_allclose(got[0, 0, 1, 1], 24 + 3)


def test_no_cell_falls_below_zero():
    homes = MoreHomes(np.full((1, 1, 1), -99.0), np.ones((1, 5)), np.array([0]), np.zeros((1, 1)))
    got = project_futures(still(), replace(quiet(1, 1, ages=5), homes=homes), ages=5)
    np.testing.assert_array_equal(got[0, 0, 1], np.zeros(5))
    np.testing.assert_allclose(got[0, 1, 1, 1], 24)


# ----------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("argument", "futures"),
    [
        ("fertility", replace(quiet(2, 1, ages=5), fertility=np.full((2, 1), -0.1))),
        ("fertility", quiet(2, 2, ages=5)),
        ("newcomers", replace(quiet(2, 1, ages=5), newcomers=np.full((2, 1), np.nan))),
        ("migration", quiet(2, 1, ages=6)),
        ("persons", replace(quiet(2, 1, ages=5), homes=quiet(2, 1, ages=6, developments=1).homes)),
        ("dwellings", replace(quiet(2, 1, ages=5), homes=quiet(3, 1, ages=5).homes)),
        (
            "area",
            replace(
                quiet(2, 1, ages=5),
                homes=replace(quiet(2, 1, ages=5, developments=1).homes, area=np.array([2])),
            ),
        ),
    ],
)
def test_a_wrong_argument_is_named(argument, futures):
    with pytest.raises(InputError) as caught:
        project_futures(still(), futures, ages=5)
    assert caught.value.argument == argument


@pytest.mark.parametrize("ages", [0, 6])
def test_ages_beyond_those_projected_are_refused(ages):
    with pytest.raises(InputError, match="ages"):
        project_futures(still(), quiet(1, 1, ages=5), ages=ages)


def test_rates_of_other_steps_are_refused():
    projection, central = central_of(town(), "end")
    short = YearlyRates(*(getattr(central.rates, f)[1:] for f in YearlyRates.__dataclass_fields__))
    with pytest.raises(InputError, match="rates"):
        central_run(projection, short, "end")

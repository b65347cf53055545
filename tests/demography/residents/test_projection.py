"""project: steps worked by hand, the account, the supplied projection, and what is told before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.projection import project
from placesim.errors import InputError
from placesim.records import Inputs, Projection
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

YEARS = (2025, 2026, 2027)
IMMORTAL = {"measure": "survival", "value": 1.0, "age_from": 0, "age_to": 130}
CHILDLESS = {"measure": "total_fertility", "value": 0.0}


def options(years: tuple[int, ...] = YEARS, housing: Housing | None = None, **demography: object) -> ProjectionOptions:
    return ProjectionOptions(years, "08-31", Demography(**demography), housing or Housing())


def flat(area: str, residents: float, year: int = 2025) -> list[dict]:
    """Every single age of both sexes with the same residents."""
    facts = {"area_id": area, "year": year, "residents": residents}
    return [{**facts, "sex": sex, "age_from": age, "age_to": age} for sex in ("female", "male") for age in range(101)]


def inputs(*population: list[dict], **tables: list[dict]) -> Inputs:
    rows = [row for part in population for row in part]
    areas = sorted({row["area_id"] for row in rows})
    return county({"areas": squares(areas), "population": rows, **tables})


def projected(table: Inputs, told: ProjectionOptions | None = None) -> Projection:
    projection = project(table, told or options())
    assert projection is not None
    return projection


# --------------------------------------------------------------------------------------------------- by cohorts
def test_without_deaths_births_and_moves_people_only_age():
    got = projected(inputs(flat("A", 10), rates=[IMMORTAL, CHILDLESS]))
    assert got.residents.shape == (1, 3, 2, 101)
    np.testing.assert_allclose(got.residents[0, 2, 0, [0, 1, 2, 99, 100]], [0, 0, 10, 10, 30])
    assert not got.deaths.any()
    assert not got.births.any()


def test_births_by_hand():
    rows = [IMMORTAL, {"measure": "fertility", "value": 0.05, "age_from": 20, "age_to": 29}]
    rows.append({"measure": "sex_ratio_at_birth", "value": 150.0})
    got = projected(inputs(flat("A", 10), rates=rows))
    np.testing.assert_allclose(got.births[0, 0], [2, 3])  # 10 ages × 10 women × 0.05, of which 1 ÷ 2.5 are girls
    np.testing.assert_allclose(got.residents[0, 1, :, 0], [2, 3])


def test_leavers_are_rates_and_newcomers_counts():
    rows = [
        IMMORTAL,
        CHILDLESS,
        {"measure": "out_rate", "value": 0.1, "area_id": "A"},
        {"measure": "in_count", "value": 6.0, "area_id": "B", "age_from": 6, "age_to": 6},
    ]
    got = projected(inputs(flat("A", 100), flat("B", 100), rates=rows), options(migration_factor=2.0))
    np.testing.assert_allclose(got.residents[0, 1:, 0, 20], [90, 81])
    np.testing.assert_allclose(got.residents[1, 1, :, 6], [106, 106])
    np.testing.assert_allclose(got.net_migration[1, 0, :, 6], [6, 6])


def test_spread_evenly_half_of_the_newcomers_are_a_year_older_at_the_end():
    rows = [IMMORTAL, CHILDLESS, {"measure": "in_count", "value": 8.0, "age_from": 6, "age_to": 6}]
    got = projected(inputs(flat("A", 100), rates=rows), options(migration_timing="even"))
    np.testing.assert_allclose(got.residents[0, 1, 0, 5:9], [100, 102, 102, 100])
    np.testing.assert_allclose(got.net_migration[0, 0, 0, 5:9], [0, 2, 2, 0])


def test_new_homes_bring_people_and_empty_others():
    tables = {
        "rates": [IMMORTAL, CHILDLESS],
        "developments": [
            {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2026}
            | {"dwellings": 100, "status": "complete", "displaced_share": 0.25}
        ],
        "household_profiles": [{"dwelling_type": "flat", "age_from": 6, "age_to": 6, "persons": 0.4}],
    }
    got = projected(inputs(flat("A", 100), flat("B", 100), **tables), options(housing=Housing(occupied=(0.5, 1.0))))
    np.testing.assert_allclose(got.housing[0, :, 0, 6], [10, 10])
    np.testing.assert_allclose(got.displacement[1, :, 0, 6], [2.5, 2.5])
    np.testing.assert_allclose(got.residents[:, 2, 0, 6], [110, 97.5])
    np.testing.assert_allclose(got.residents[:, 2, 0, 7], [110, 97.5])  # who came in the first year has aged


def test_an_older_population_is_projected_to_the_base_year_first():
    rates = [IMMORTAL, CHILDLESS]
    old, new = flat("A", 10, 2023), flat("A", 99, 2026)
    got = projected(inputs(old, new, rates=rates))
    assert got.years == YEARS
    np.testing.assert_allclose(got.residents[0, 0, 0, :4], [0, 0, 10, 10])
    assert got.births.shape == (1, 2, 2)


def test_a_horizon_of_nothing():
    got = projected(inputs(flat("A", 10)), options(years=(2025,)))
    assert got.residents.shape == (1, 1, 2, 101)
    assert got.births.shape == (1, 0, 2)
    assert got.deaths.shape == (1, 0, 2, 101)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["end", "even"]))
def test_the_account_closes_whatever_moves(seed, timing):
    """The record itself refuses an open account and residents below zero."""
    rng = np.random.default_rng(seed)
    population = [{**r, "residents": float(rng.integers(0, 30))} for r in flat("A", 0) + flat("B", 0) + flat("C", 0)]
    rates = [
        {"measure": "total_fertility", "value": float(rng.uniform(0, 3))},
        {"measure": "out_rate", "value": float(rng.uniform(0, 1)), "age_from": 0, "age_to": 50},
        {"measure": "in_count", "value": float(rng.uniform(0, 900)), "area_id": "B"},
    ]
    developments = [
        {"development_id": str(i), "phase": "1", "dwelling_type": "flat", "area_id": "ABC"[i % 3], "year": 2024 + i}
        | {
            "dwellings": int(rng.integers(-2000, 2000)),
            "status": "complete",
            "displaced_share": float(rng.uniform(0, 1)),
        }
        for i in range(5)
    ]
    profiles = [{"dwelling_type": "flat", "age_from": 0, "age_to": 130, "persons": 3.0}]
    table = inputs(population, rates=rates, developments=developments, household_profiles=profiles)
    got = projected(table, options(migration_timing=timing))
    assert (got.residents >= 0).all()


def test_the_tables_are_not_modified():
    table = inputs(flat("A", 10), rates=[IMMORTAL, CHILDLESS])
    before = {name: t.rows.copy() for name, t in table.tables.items()}
    projected(table)
    for name, rows in before.items():
        assert rows.equals(table.tables[name].rows)


# ------------------------------------------------------------------------------------------------------- supplied
def test_a_supplied_projection_is_interpolated_and_held():
    rows = [{**row, "residents": r} for row, r in zip(flat("A", 0, 2026)[:2], (10, 20), strict=True)]
    rows += [{**row, "residents": r} for row, r in zip(flat("A", 0, 2028)[:2], (30, 20), strict=True)]
    got = projected(inputs(rows), options(years=(2025, 2026, 2027, 2028, 2029), method="given"))
    np.testing.assert_allclose(got.residents[0, :, 0, 0], [10, 10, 20, 30, 30])
    np.testing.assert_allclose(got.residents[0, :, 0, 1], 20)
    assert got.method == "given"
    assert got.deaths.size == got.births.size == got.housing.size == 0


def test_a_supplied_projection_needs_only_some_ages():
    rows = [{"area_id": "A", "year": 2025, "sex": "both", "age_from": 5, "age_to": 9, "residents": 50}]
    got = projected(inputs(rows), options(method="given"))
    np.testing.assert_allclose(got.residents[0, 2].sum(axis=0)[4:11], [0, 10, 10, 10, 10, 10, 0])


# ----------------------------------------------------------------------------------------------------------- none
def test_none_without_a_population_or_with_method_none():
    assert project(county({"areas": squares(["A"])}), options()) is None
    assert project(inputs(flat("A", 10)), options(method="none")) is None


def test_a_population_after_the_base_year_cannot_start():
    with pytest.raises(InputError, match="not after 2025"):
        project(inputs(flat("A", 10, 2026)), options())


def test_areas_keep_their_order():
    got = projected(inputs(flat("B", 20), flat("A", 10), rates=[IMMORTAL, CHILDLESS]))
    assert got.areas == ("A", "B")
    np.testing.assert_allclose(got.residents[:, 0, 0, 50], [10, 20])


def test_fertility_factor_scales_births_only():
    rates = [{"measure": "total_fertility", "value": 1.0}]
    table = inputs(flat("A", 10), rates=rates)
    once, twice = projected(table), projected(table, options(fertility_factor=2.0))
    np.testing.assert_allclose(twice.births[:, 0], 2 * once.births[:, 0])
    np.testing.assert_allclose(twice.deaths[:, 0, :, 1:], once.deaths[:, 0, :, 1:])


@pytest.mark.parametrize("as_of", ["2025-08-31", None])
def test_the_reference_date_needs_no_move(as_of):
    table = inputs(flat("A", 10), rates=[IMMORTAL, CHILDLESS])
    population = table.tables["population"]
    dated = replace(population, source=replace(population.source, as_of=as_of))
    moved = replace(table, tables={**table.tables, "population": dated})
    np.testing.assert_array_equal(projected(moved).residents, projected(table).residents)

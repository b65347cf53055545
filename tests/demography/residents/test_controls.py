"""Control totals: met exactly, their scaling a part of the account, and what they cannot do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.account import account
from placesim.demography.residents.controls import read_totals
from placesim.demography.residents.projection import project
from placesim.records import Inputs, Projection
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

YEARS = (2025, 2026, 2027)
AREAS = {"A": ("P", "urban"), "B": ("P", "rural"), "C": ("Q", "rural")}
RATES = [{"measure": "total_fertility", "value": 1.5}, {"measure": "out_rate", "value": 0.02}]


def total(value: float, *, year: int = 2026, measure: str = "residents", where: str | None = None) -> dict[str, Any]:
    return {"planning_area": where, "year": year, "measure": measure, "value": value}


def people(counts: tuple[float, float, float]) -> list[dict[str, Any]]:
    rows = []
    for area, residents in zip(AREAS, counts, strict=True):
        row = {"area_id": area, "year": 2025, "age_from": 0, "age_to": 130, "residents": residents}
        rows += [{**row, "sex": sex} for sex in ("female", "male")]
    return rows


def inputs(totals: list[dict], counts: tuple[float, float, float] = (900, 300, 600), **tables: list[dict]) -> Inputs:
    areas = [
        {**s, "planning_area": AREAS[s["area_id"]][0], "area_type": AREAS[s["area_id"]][1]} for s in squares([*AREAS])
    ]
    return county({"areas": areas, "population": people(counts), "rates": RATES, "totals": totals, **tables})


def projected(table: Inputs, **demography: Any) -> Projection:
    projection = project(table, ProjectionOptions(YEARS, "08-31", Demography(**demography), Housing()))
    assert projection is not None
    return projection


def living(projection: Projection, year: int) -> np.ndarray:
    return projection.year(year).sum(axis=(1, 2))


def test_without_totals_nothing_is_scaled():
    got = projected(inputs([]))
    assert not got.control.any()
    assert not got.births_control.any()


def test_a_county_total_scales_every_area_alike():
    free, held = projected(inputs([])), projected(inputs([total(5000)]))
    factor = living(held, 2026) / living(free, 2026)
    np.testing.assert_allclose(factor, factor[0])
    np.testing.assert_allclose(living(held, 2026).sum(), 5000, rtol=1e-12)
    np.testing.assert_allclose(held.control[:, 0].sum(), 5000 - living(free, 2026).sum(), rtol=1e-9)
    assert not held.control[:, 1].any()  # no total for 2027


def test_a_planning_area_keeps_its_own_total_and_the_rest_meets_the_county():
    got = projected(inputs([total(4000), total(1000, where="P")]))
    after = living(got, 2026)
    np.testing.assert_allclose([after[:2].sum(), after[2]], [1000, 3000], rtol=1e-12)
    free = living(projected(inputs([])), 2026)
    np.testing.assert_allclose(after[0] / after[1], free[0] / free[1])


@pytest.mark.parametrize("timing", ["end", "even"])
def test_births_are_met_and_newborns_die_and_move_like_others(timing):
    free = projected(inputs([]), migration_timing=timing)
    held = projected(inputs([total(60, measure="births")]), migration_timing=timing)
    np.testing.assert_allclose(held.births[:, 0].sum(), 60, rtol=1e-12)
    scale = 60 / free.births[:, 0].sum()
    for part in ("deaths", "net_migration"):
        np.testing.assert_allclose(getattr(held, part)[:, 0, :, 0], scale * getattr(free, part)[:, 0, :, 0])
    np.testing.assert_allclose(held.births_control[:, 0], held.births[:, 0] - free.births[:, 0])
    assert not held.control.any()


def born(area: str | None, value: float, basis: str = "mother_residence") -> list[dict[str, Any]]:
    """Births of the twelve months up to 31 August 2026, month by month."""
    months = [(2025, m) for m in range(9, 13)] + [(2026, m) for m in range(1, 9)]
    return [{"area_id": area, "year": y, "month": m, "basis": basis, "births": value / 12} for y, m in months]


def test_births_that_are_known_are_taken():
    got = projected(inputs([], births=[*born("A", 30), *born(None, 48)]))
    np.testing.assert_allclose(got.births[:, 0].sum(axis=1)[0], 30)
    np.testing.assert_allclose(got.births[:, 0].sum(), 48)
    free = projected(inputs([]))
    np.testing.assert_allclose(got.births_control[:, 0], got.births[:, 0] - free.births[:, 0])
    np.testing.assert_allclose(got.births_control[:, 1], 0)  # the next year's births are not known
    np.testing.assert_array_equal(projected(inputs([], births=born(None, 48, "hospital"))).births, free.births)


def test_a_control_total_of_births_has_the_last_word():
    got = projected(inputs([total(90, measure="births")], births=[*born("A", 30), *born("B", 10), *born("C", 5)]))
    np.testing.assert_allclose(got.births[:, 0].sum(axis=1), [60, 20, 10])


def test_nobody_cannot_be_scaled_and_a_total_of_nothing_empties():
    got = projected(inputs([total(500, where="Q"), total(0, where="P")], counts=(900, 300, 0)))
    np.testing.assert_array_equal(living(got, 2026), 0)


def test_pupils_and_other_years_are_no_totals_of_the_projection():
    table = inputs([total(9, measure="pupils"), total(9, year=2025), total(9, year=2040)])
    assert not projected(table).control.any()
    assert np.isnan(read_totals(table, YEARS, "residents").county).all()


def test_totals_between_the_population_and_the_base_year_are_met_too():
    rows = [{**r, "year": 2024} for r in people((900, 300, 600))]
    table = inputs([total(2000, year=2025)], population=rows)
    np.testing.assert_allclose(living(projected(table), 2025).sum(), 2000)


# -------------------------------------------------------------------------------------------------------- the account
def closes(table: Any) -> None:
    end = table["start"] + table["births"] - table["deaths"] + table["net_migration"]
    end = end + table["housing"] - table["displacement"] + table["control"]
    np.testing.assert_allclose(end, table["end"], atol=1e-6)


def test_the_account_by_hand():
    table = inputs([total(1000, where="P"), total(70, measure="births", year=2027)])
    got = projected(table)
    told = account(got, table)
    closes(told)
    assert list(told[told["level"] == "planning_area"]["unit"].unique()) == ["P", "Q"]
    row = told[(told["level"] == "planning_area") & (told["unit"] == "P") & (told["year"] == 2026)].iloc[0]
    np.testing.assert_allclose([row["start"], row["end"]], [2400, 1000])
    np.testing.assert_allclose(row["control"], got.control[:2, 0].sum())
    whole = told[told["level"] == "county"]
    np.testing.assert_allclose(whole["births"].iloc[1], 70)
    for level in ("planning_area", "area_type"):
        by_year = told[told["level"] == level].groupby("year")[["start", "deaths", "control", "end"]].sum()
        np.testing.assert_allclose(by_year, whole.set_index("year")[["start", "deaths", "control", "end"]])


def test_a_supplied_projection_has_no_account():
    assert account(projected(inputs([]), method="given"), inputs([])).empty


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["end", "even"]))
def test_the_account_closes_and_totals_are_met_whatever_moves(seed, timing):
    rng = np.random.default_rng(seed)
    by_place = [(w, m, y) for w in ("P", "Q") for m in ("residents", "births") for y in (2026, 2027)]
    told = [
        total(float(rng.uniform(0, 3000)), year=y, measure=m, where=w) for w, m, y in by_place if rng.random() < 0.5
    ]
    rates = [
        *RATES,
        {"measure": "in_count", "value": float(rng.uniform(0, 300)), "area_id": "B"},
        {"measure": "out_rate", "value": float(rng.uniform(0, 1)), "area_id": "C", "age_from": 0, "age_to": 60},
    ]
    table = inputs(told, counts=tuple(rng.integers(1, 900, 3).astype(float)), rates=rates)
    got = projected(table, migration_timing=timing)  # the record refuses an open account and people below zero
    closes(account(got, table))
    for row in told:
        members = [i for i, (place, _) in enumerate(AREAS.values()) if place == row["planning_area"]]
        step = row["year"] - 2026
        parts = {"residents": living(got, row["year"])[members].sum(), "births": got.births[members, step].sum()}
        np.testing.assert_allclose(parts[row["measure"]], row["value"], rtol=1e-9)


def test_the_order_of_areas_changes_nothing():
    table = inputs([total(4000), total(1000, where="P")])
    turned = inputs([total(1000, where="P"), total(4000)])
    np.testing.assert_array_equal(projected(table).residents, projected(turned).residents)

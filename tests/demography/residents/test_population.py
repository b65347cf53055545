"""The population table on single ages, at the reference date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from handmade import county, squares

from placesim.demography.residents.population import read_population
from placesim.errors import InputError
from placesim.records import Inputs


def people(area: str, sex: str, first: int, last: int | None, residents: float, year: int = 2025) -> dict:
    return {"area_id": area, "year": year, "sex": sex, "age_from": first, "age_to": last, "residents": residents}


def inputs(*rows: dict, as_of: str | None = None, areas: str = "AB") -> Inputs:
    made = county({"areas": squares(list(areas)), "population": rows})
    table = made.tables["population"]
    dated = replace(table, source=replace(table.source, as_of=as_of))
    return replace(made, tables={**made.tables, "population": dated})


def test_single_ages_groups_and_the_open_age():
    census = read_population(
        inputs(
            people("A", "female", 0, None, 7),
            people("A", "female", 1, 4, 20),
            people("A", "female", 5, 9, 30),
            people("A", "female", 98, 130, 6),
            people("A", "male", 100, 104, 2),
            people("A", "male", 105, 130, 1),
        ),
        "08-31",
    )
    female, male = census.residents[0, 0]
    assert census.years == (2025,)
    assert female[0] == 7
    np.testing.assert_allclose([female[1:5].sum(), female[5:10].sum(), female[98:].sum()], [20, 30, 6])
    assert female[10:98].sum() == 0
    assert male[100] == 3
    assert census.given[0, 0, 0].sum() == 13
    assert not census.given[1].any()


def test_both_sexes_together_are_halved():
    census = read_population(inputs(people("B", "both", 6, 6, 9)), "08-31")
    np.testing.assert_array_equal(census.residents[1, 0, :, 6], [4.5, 4.5])
    assert census.given[1, 0, :, 6].all()


def test_years_stand_on_their_own_axis():
    rows = [people("A", "male", 3, 3, 10, 2020), people("A", "male", 3, 3, 30, 2024)]
    census = read_population(inputs(*rows), "08-31")
    assert census.years == (2020, 2024)
    np.testing.assert_array_equal(census.residents[0, :, 1, 3], [10, 30])


def test_areas_may_use_different_groups():
    rows = [people("A", "male", 0, 4, 50), people("B", "male", 0, 1, 20), people("B", "male", 2, 4, 30)]
    census = read_population(inputs(*rows), "08-31")
    np.testing.assert_allclose(census.residents[0, 0, 1, :5], 10)
    np.testing.assert_allclose(census.residents[1, 0, 1, :5], 10)


AGES = [people("A", "female", a, a, r) for a, r in ((0, 100.0), (1, 200.0), (2, 400.0))]


def test_a_count_after_the_reference_date_is_moved_back():
    """Half a year on, half of those aged 1 were still 0; age 2 has no given neighbour and keeps its count."""
    census = read_population(inputs(*AGES, as_of="2026-03-01"), "08-31")
    part = 182 / 365.25
    expected = [100 + part * 100, 200 + part * 200, 400]
    np.testing.assert_allclose(census.residents[0, 0, 0, :3], expected)


def test_a_count_before_the_reference_date_is_moved_on():
    census = read_population(inputs(*AGES, as_of="2025-03-01"), "08-31")
    part = 183 / 365.25
    np.testing.assert_allclose(census.residents[0, 0, 0, :3], [100, 200 - part * 100, 400 - part * 200])


def test_the_reference_date_itself_changes_nothing():
    census = read_population(inputs(*AGES, as_of="2025-08-31"), "08-31")
    np.testing.assert_array_equal(census.residents[0, 0, 0, :3], [100, 200, 400])


def test_a_date_of_another_year_is_refused():
    with pytest.raises(InputError, match="within a year"):
        read_population(inputs(*AGES, as_of="2027-03-01"), "08-31")


def test_no_areas_and_no_rows():
    assert read_population(inputs(areas=""), "08-31").residents.shape[:2] == (0, 0)

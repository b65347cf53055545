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


# ------------------------------------------------------------------------------------------- children by their births
def with_births(made: Inputs, births: dict[int, float], *, area: str | None = "A", basis="mother_residence") -> Inputs:
    """`births` of the twelve months up to 31 August of each year, all born in May."""
    rows = [
        {"area_id": area, "year": y, "month": m, "basis": basis, "births": n if m == 5 else 0.0}
        for y, n in births.items()
        for m in range(1, 13)
    ]
    table = county({"areas": squares(["A", "B"]), "births": rows}).tables["births"]
    return replace(made, tables={**made.tables, "births": table})


BORN = {2020: 400.0, 2021: 300.0, 2022: 200.0, 2023: 100.0, 2024: 50.0, 2025: 40.0}  # from 2021 on whole cohorts
GROUPS = [people("A", "female", 0, 4, 345), people("A", "male", 0, 4, 690), people("A", "female", 5, 9, 500)]


def test_a_group_of_children_is_spread_as_they_were_born():
    census = read_population(with_births(inputs(*GROUPS), BORN), "08-31")
    girls, boys = census.residents[0, 0, :, :5]
    np.testing.assert_allclose([girls.sum(), boys.sum()], [345, 690])
    np.testing.assert_allclose(girls / 345, np.array([40, 50, 100, 200, 300]) / 690, rtol=5e-3)  # nearly all survive
    assert girls[0] / 345 > 40 / 690  # and the youngest have had the least time to die


def test_older_groups_and_other_areas_stay_as_they_were_graduated():
    rows = [*GROUPS, people("B", "female", 0, 4, 100)]
    plain = read_population(inputs(*rows), "08-31").residents
    got = read_population(with_births(inputs(*rows), BORN), "08-31").residents
    np.testing.assert_array_equal(got[0, 0, :, 5:], plain[0, 0, :, 5:])
    np.testing.assert_array_equal(got[1], plain[1])


def test_the_births_of_the_county_speak_where_an_area_has_none():
    by_area = read_population(with_births(inputs(*GROUPS), BORN), "08-31").residents
    by_county = read_population(with_births(inputs(*GROUPS), BORN, area=None), "08-31").residents
    np.testing.assert_allclose(by_county, by_area)


def test_births_that_miss_a_cohort_or_are_of_another_basis_change_nothing():
    plain = read_population(inputs(*GROUPS), "08-31").residents
    for births, basis in (({y: n for y, n in BORN.items() if y > 2021}, "mother_residence"), (BORN, "hospital")):
        got = read_population(with_births(inputs(*GROUPS), births, basis=basis), "08-31").residents
        np.testing.assert_array_equal(got, plain)


def test_cohorts_follow_the_date_of_the_count():
    """Counted on 30 April, the children born in May are a year younger than on 31 August."""
    rows = [people("A", "female", 0, 3, 650)]
    counted = read_population(with_births(inputs(*rows, as_of="2025-04-30"), BORN), "04-30").residents[0, 0, 0]
    np.testing.assert_allclose(counted[:4], [50, 100, 200, 300], rtol=5e-3)


def test_ages_given_singly_are_never_changed():
    rows = [people("A", "female", x, x, 10 + x) for x in range(5)]
    got = read_population(with_births(inputs(*rows), BORN), "08-31").residents
    np.testing.assert_array_equal(got[0, 0, 0, :5], [10, 11, 12, 13, 14])

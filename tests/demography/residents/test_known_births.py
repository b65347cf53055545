"""Births known by mother's residence: by cohort, area and county, and what they do to modelled births."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.residents.known_births import KnownBirths, known_births
from placesim.demography.residents.projection import project
from placesim.records import Inputs
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing


def births(year: int, count: float, *, area: str | None = None, month: int | None = None, basis="mother_residence"):
    return {"area_id": area, "year": year, "month": month, "basis": basis, "births": count}


def inputs(*rows: dict) -> Inputs:
    return county({"areas": squares(["A", "B", "C"]), "births": list(rows)})


def test_calendar_years_of_areas_and_county_become_cohorts():
    table = inputs(births(2023, 30, area="B"), births(2024, 60, area="B"), births(2023, 300), births(2024, 330))
    got = known_births(table, (2023, 2024, 2025), "08-31")
    np.testing.assert_allclose(got.area[1], [np.nan, 10 + 40, np.nan])
    assert np.isnan(got.area[[0, 2]]).all()
    np.testing.assert_allclose(got.county, [np.nan, 100 + 220, np.nan])


def test_months_make_a_cohort_of_exactly_its_twelve():
    table = inputs(*[births(2024 if m > 8 else 2025, m, area="A", month=m) for m in range(1, 13)])
    np.testing.assert_allclose(known_births(table, (2025,), "08-31").area[0], [78])


@pytest.mark.parametrize("basis", ["registration", "hospital"])
def test_births_of_another_basis_are_never_known(basis):
    table = inputs(births(2023, 30, area="B", basis=basis), births(2024, 60, area="B", basis=basis))
    got = known_births(table, (2024,), "08-31")
    assert np.isnan(got.area).all()
    assert np.isnan(got.county).all()


def test_no_table_and_unknown_areas_are_nothing_known():
    assert np.isnan(known_births(county({"areas": squares(["A"])}), (2024,), "08-31").county).all()
    table = inputs(births(2023, 30, area="X"), births(2024, 60, area="X"))
    assert np.isnan(known_births(table, (2024,), "08-31").area).all()


def test_areas_meet_their_own_births_and_the_others_the_rest_of_the_county():
    known = KnownBirths(np.array([[20.0], [np.nan], [np.nan]]), np.array([80.0]))
    modelled = np.array([10.0, 10.0, 30.0])
    np.testing.assert_allclose(known.factors(0, modelled) * modelled, [20, 15, 45])


def test_without_known_births_nothing_is_scaled():
    known = KnownBirths(np.full((2, 1), np.nan), np.array([np.nan]))
    np.testing.assert_array_equal(known.factors(0, np.array([5.0, 0.0])), [1, 1])


def test_where_the_model_has_no_births_there_is_nothing_to_scale():
    known = KnownBirths(np.array([[20.0], [np.nan]]), np.array([np.nan]))
    np.testing.assert_array_equal(known.factors(0, np.zeros(2)), [1, 1])


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 50), st.floats(0.1, 50)), min_size=1, max_size=6),
    st.floats(0, 500),
)
def test_known_totals_are_met(areas, county_births):
    own = np.array([births if known else np.nan for known, births, _ in areas])
    modelled = np.array([m for *_, m in areas])
    scaled = KnownBirths(own[:, None], np.array([county_births])).factors(0, modelled) * modelled
    known = np.isfinite(own)
    np.testing.assert_allclose(scaled[known], own[known], atol=1e-9)
    if not known.all():
        np.testing.assert_allclose(scaled.sum(), max(county_births, own[known].sum()), atol=1e-9)


# -------------------------------------------------------------------------------------------------- in a projection
def people(area: str, residents: float) -> dict:
    return {"area_id": area, "year": 2022, "sex": "both", "age_from": 0, "age_to": 100, "residents": residents}


def test_a_projection_has_the_known_births_and_models_the_others():
    """Area A is known for two cohorts, the county for the first of them; after them fertility speaks."""
    known = [births(2022, 12, area="A"), births(2023, 18, area="A"), births(2024, 24, area="A")]
    known += [births(2022, 90), births(2023, 90)]
    rates = [{"measure": "total_fertility", "value": 1.2}]
    tables = {
        "areas": squares(["A", "B"]),
        "population": [people("A", 3000.0), people("B", 6000.0)],
        "rates": rates,
    }
    told = ProjectionOptions((2022, 2023, 2024, 2025), "08-31", Demography(), Housing())
    plain = project(county(tables), told)
    got = project(county(tables | {"births": known}), told)
    assert plain is not None
    assert got is not None
    born = got.births.sum(axis=2)
    np.testing.assert_allclose(born[0, :2], [4 + 12, 6 + 16])
    np.testing.assert_allclose(born[1, 0], 90 - 16)
    modelled = plain.births.sum(axis=2)
    np.testing.assert_allclose(born[1, 1:], modelled[1, 1:], rtol=1e-9)
    np.testing.assert_allclose(born[0, 2], modelled[0, 2], rtol=1e-9)
    np.testing.assert_allclose(got.births_control.sum(axis=2)[:, 2], 0, atol=1e-12)
    np.testing.assert_allclose(born[:, 0], (modelled + got.births_control.sum(axis=2))[:, 0])


def test_a_scenario_of_fertility_leaves_known_births_alone():
    known = [births(2022, 90), births(2023, 90)]
    tables = {
        "areas": squares(["A"]),
        "population": [people("A", 3000.0)],
        "rates": [{"measure": "total_fertility", "value": 1.2}],
        "births": known,
    }
    told = [
        ProjectionOptions((2022, 2023, 2024), "08-31", Demography(fertility_factor=f), Housing()) for f in (1.0, 2.0)
    ]
    one, two = (projection.births.sum(axis=2)[0] for t in told if (projection := project(county(tables), t)))
    np.testing.assert_allclose([one[0], two[0]], 90)
    assert two[1] == pytest.approx(2 * one[1])

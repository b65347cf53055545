"""Demolition and return: nobody is lost, nobody counted twice."""

from __future__ import annotations

import itertools

import numpy as np
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.residents.household_profiles import dwelling_types
from placesim.demography.residents.housing import housing_moves, settle
from placesim.scenario.parameters import Housing

YEARS = tuple(range(2025, 2034))
FULL = Housing(occupied=(1.0,))
AREAS = ("A", "B", "C")
PEOPLE = np.full((3, 2, 101), 1000.0)  # residents of each area, sex and age: more than any demolition takes

share = st.floats(0, 1)


def demolition(owners_staying: float, tenants: float, tenants_staying: float, back: float, year: int) -> dict:
    facts = {"development_id": "D", "phase": "1", "dwelling_type": "old_estate", "area_id": "A", "status": "complete"}
    moved = {"tenant_share": tenants, "tenants_staying_share": tenants_staying, "displaced_share": owners_staying}
    return {**facts, **moved, "dwellings": -400, "year": 2027, "return_share": back, "return_year": year}


def course(row: dict) -> list[np.ndarray]:
    """Residents of every year when nothing happens but housing."""
    moves = housing_moves(county({"areas": squares(AREAS), "developments": [row]}), YEARS, FULL)
    people = [PEOPLE]
    for step in range(len(YEARS) - 1):
        housing, displacement = settle(people[-1], moves.entering[:, step], moves.inside[:, step])
        people.append(people[-1] + housing - displacement)
    return people


@given(share, share, share, share, st.integers(2028, 2032))
def test_everyone_who_leaves_is_elsewhere_or_gone_and_no_more_return(owners, tenants, staying, back, year):
    people = course(demolition(owners, tenants, staying, back, year))
    before, after = people[YEARS.index(2026)], people[YEARS.index(2027)]
    out = before[0] - after[0]  # [sex, age], as all below
    elsewhere = (after - before)[1:].sum(axis=0)
    gone = (before - after).sum(axis=0)
    np.testing.assert_allclose(out, np.broadcast_to(400 * dwelling_types()["old_estate"].persons / 2, out.shape))
    np.testing.assert_allclose(elsewhere + gone, out, atol=1e-9)
    np.testing.assert_allclose(elsewhere, ((1 - tenants) * owners + tenants * staying) * out, atol=1e-9)

    away, home = people[YEARS.index(year) - 1], people[YEARS.index(year)]
    returned = home[0] - away[0]
    from_elsewhere = (away - home)[1:].sum(axis=0)
    from_beyond = (home - away).sum(axis=0)
    np.testing.assert_allclose(returned, (1 - tenants) * back * out, atol=1e-9)
    np.testing.assert_allclose(from_elsewhere + from_beyond, returned, atol=1e-9)
    assert (returned <= out + 1e-9).all()
    assert (from_elsewhere <= elsewhere + 1e-9).all()
    assert (from_beyond <= gone + 1e-9).all()


@given(share, share, share, share, st.integers(2028, 2032))
def test_nothing_happens_in_other_years(owners, tenants, staying, back, year):
    people = course(demolition(owners, tenants, staying, back, year))
    for step, (before, after) in enumerate(itertools.pairwise(people)):
        if YEARS[step + 1] not in (2027, year):
            np.testing.assert_array_equal(before, after)


def test_all_owners_from_nearby_come_home_and_the_county_is_as_before():
    people = course(demolition(1.0, 0.0, 0.0, 1.0, 2030))
    np.testing.assert_allclose(people[-1], PEOPLE, atol=1e-9)
    assert people[YEARS.index(2028)][0].sum() < PEOPLE[0].sum() - 900

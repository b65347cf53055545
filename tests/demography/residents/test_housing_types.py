"""Bundled dwelling types: what they hold, that a county overrules them, and who comes from inside the county."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares

from placesim.demography.residents.household_profiles import (
    displaced_share,
    dwelling_types,
    inside_share,
    persons_by_age,
    read_profiles,
)
from placesim.demography.residents.housing import housing_moves
from placesim.records import Inputs
from placesim.scenario.parameters import Housing

NAMES = (
    "commodity_small", "commodity_medium", "commodity_large", "resettlement", "public_rental", "talent", "apartment",
    "old_estate", "urban_village",
)  # fmt: skip
FAMILIES = ("commodity_medium", "commodity_large", "resettlement")
NATIONAL_SIZE = 2.62  # persons per household, census 2020
# Per dwelling: the steady state at the births of 2024 (per 1000 residents × household size), and the highest norm
BANDS = {(3, 6): (20, 0.165), (6, 12): (41, 0.33), (12, 15): (20, 0.165)}


def development(kind: str, dwellings: int = 100, **more: object) -> dict:
    facts = {"development_id": f"{kind}{dwellings}", "phase": "1", "area_id": "A", "status": "complete", "year": 2026}
    return {**facts, "dwelling_type": kind, "dwellings": dwellings, **more}


def inputs(*developments: dict, profiles: tuple[dict, ...] = ()) -> Inputs:
    tables = {"areas": squares(["A", "B"]), "developments": developments}
    return county({**tables, "household_profiles": profiles} if profiles else tables)


# ------------------------------------------------------------------------------------------------------- the preset
def test_the_preset_has_the_types_of_the_design_each_with_its_facts():
    assert tuple(dwelling_types()) == NAMES
    for kind in dwelling_types().values():
        assert set(kind.label) == {"en", "zh"}
        assert kind.source
        assert kind.confidence in ("V", "D", "M")
        assert 0 <= kind.admission <= 1
        assert 0 <= kind.displaced_share <= 1
        assert (kind.persons >= 0).all()


def test_households_are_of_the_size_the_census_found_on_the_whole():
    sizes = {name: kind.persons.sum() for name, kind in dwelling_types().items()}
    assert all(1.2 < size < 3.5 for size in sizes.values())
    assert min(sizes[name] for name in FAMILIES) > NATIONAL_SIZE > sizes["commodity_small"] > sizes["apartment"]


@pytest.mark.parametrize("name", NAMES)
def test_children_at_entry_lie_below_what_planning_norms_allow(name: str):
    persons = dwelling_types()[name].persons
    for (first, end), (_, norm) in BANDS.items():
        assert persons[first:end].sum() < norm


@pytest.mark.parametrize("name", FAMILIES)
def test_homes_of_families_have_more_children_than_the_country(name: str):
    persons = dwelling_types()[name].persons
    for (first, end), (per_thousand, _) in BANDS.items():
        assert persons[first:end].sum() > per_thousand / 1000 * NATIONAL_SIZE


def test_flats_on_commercial_land_give_no_right_of_admission():
    assert [name for name, kind in dwelling_types().items() if kind.admission == 0] == ["apartment"]


# -------------------------------------------------------------------------------------------- the county's own types
def test_the_county_overrules_a_bundled_type_and_adds_its_own():
    own = (
        {"dwelling_type": t, "age_from": 30, "age_to": 30, "persons": p} for t, p in (("talent", 4.0), ("loft", 1.0))
    )
    profiles = read_profiles(inputs(profiles=tuple(own)))
    assert profiles.types == ("talent", "loft", *(n for n in NAMES if n != "talent"))
    assert profiles.own == 2
    assert profiles.at_entry[:2, 30].tolist() == [4, 1]
    np.testing.assert_array_equal(profiles.at_entry[2], dwelling_types()["commodity_small"].persons)


def test_without_a_table_new_homes_have_the_bundled_residents_and_unknown_types_none():
    table = inputs(development("resettlement"), development("castle"))
    persons = persons_by_age(table, demolished=np.zeros(2, dtype=bool))
    order = list(table.frame("developments")["dwelling_type"])
    np.testing.assert_array_equal(persons[order.index("resettlement")], dwelling_types()["resettlement"].persons)
    assert not persons[order.index("castle")].any()


# -------------------------------------------------------------------------------------------- from inside the county
def test_a_blank_displaced_share_is_that_of_the_type():
    rows = [development("talent"), development("talent", 50, displaced_share=0.1), development("castle")]
    assert displaced_share(inputs(*rows).frame("developments")).tolist() == [0.3, 0.1, 0.0]


def test_owners_and_tenants_go_to_different_places():
    rows = [
        development("flat", -100, displaced_share=0.8, tenant_share=0.25, tenants_staying_share=0.4),
        development("flat", -50, displaced_share=0.8, tenant_share=0.25),
        development("flat", 70, displaced_share=0.6),
    ]
    share = inside_share(inputs(*rows).frame("developments"), np.array([[-1.0, 1.0]] * 3))
    np.testing.assert_allclose(share, [[0.75 * 0.8 + 0.25 * 0.4, 0.8], [0.8, 0.8], [0.6, 0.6]])


def test_the_status_is_known_in_the_base_year_not_in_the_year_of_the_census():
    table = inputs(development("resettlement", status=None, year=2024))
    sure, doubtful = (housing_moves(table, (2020, 2024, 2025), Housing(), now=now).entering for now in (2025, None))
    np.testing.assert_allclose(doubtful, 0.4 * sure)

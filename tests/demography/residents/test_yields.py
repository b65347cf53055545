"""Yields: by hand, as the projection itself gives them, rising and falling, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import STAGES, county, squares
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from placesim.demography.residents.county_yields import county_home_rates, county_yields
from placesim.demography.residents.household_profiles import dwelling_types
from placesim.demography.residents.population import AGES
from placesim.demography.residents.projection import project
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality
from placesim.demography.residents.yields import HomeRates, YieldModel, pupil_yields, yields_by_age
from placesim.errors import InputError
from placesim.records import Inputs, Stage, Stages
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

NOTHING = HomeRates(np.ones((2, AGES)), np.zeros(AGES), np.zeros((2, AGES)), 1.0)
CHINA = Stages(
    tuple(
        Stage(name, tuple(f"{name}{i}" for i in range(years)), {}, first)
        for name, first, years in (("kindergarten", 3, 3), ("primary", 6, 6), ("junior", 12, 3), ("senior", 15, 3))
    )
)
LIKELY = HomeRates(
    survival=survival_from_mortality(np.tile(bundled_mortality(), (2, 1))),
    fertility=1.1 * fertility_shape(),
    out_rate=np.zeros((2, AGES)),
    males_per_female_birth=1.1,
)


def of_age(*ages: int) -> np.ndarray:
    persons = np.zeros(AGES)
    persons[list(ages)] = 1.0
    return persons


def told(table: pd.DataFrame, stage: str, column: str = "pupils_per_dwelling") -> list[float]:
    return table.loc[table["stage"] == stage, column].tolist()


# ---------------------------------------------------------------------------------------------------------- by hand
def test_a_child_passes_through_the_stages():
    table = pupil_yields({"flat": of_age(5)}, YieldModel(NOTHING, STAGES), years=7)  # primary 6–8, junior 9–10
    assert told(table, "primary") == [0, 1, 1, 1, 0, 0, 0, 0]
    assert told(table, "junior") == [0, 0, 0, 0, 1, 1, 0, 0]
    assert list(table.columns[:3]) == ["dwelling_type", "stage", "years_since"]


def test_dwellings_fill_by_the_ramp_and_each_household_has_its_own_clock():
    model = YieldModel(NOTHING, STAGES, occupied=(0.0, 0.5, 0.8))
    table = pupil_yields({"flat": of_age(8)}, model, years=4)
    np.testing.assert_allclose(told(table, "primary"), [0, 0.5, 0.3, 0, 0])
    np.testing.assert_allclose(told(table, "junior"), [0, 0, 0.5, 0.8, 0.3])
    each = told(table, "junior", "pupils_per_occupied_dwelling")
    assert np.isnan(each[0])
    np.testing.assert_allclose(each[1:], [0, 0.5 / 0.8, 1, 0.3 / 0.8])


def test_participation_is_a_share_of_the_pupils():
    model = YieldModel(NOTHING, STAGES, participation={"junior": 0.25})
    table = pupil_yields({"flat": of_age(7, 9)}, model, years=0)
    assert (told(table, "primary"), told(table, "junior")) == ([1.0], [0.25])


def test_who_leaves_is_gone_and_turnover_brings_the_household_back_to_its_beginning():
    leaving = replace(NOTHING, out_rate=np.full((2, AGES), 0.1))
    table = pupil_yields({"flat": of_age(6)}, YieldModel(leaving, STAGES), years=2)
    np.testing.assert_allclose(told(table, "primary"), [1, 0.9, 0.81])
    changing = replace(NOTHING, turnover=0.25)
    table = pupil_yields({"flat": of_age(8)}, YieldModel(changing, STAGES), years=2)
    np.testing.assert_allclose(told(table, "primary"), [1, 0.25, 0.25])
    np.testing.assert_allclose(told(table, "junior"), [0, 0.75, 0.75**2 + 0.25 * 0.75])


def test_children_are_born_to_the_women_of_the_home():
    fertility = np.zeros(AGES)
    fertility[30:40] = 0.2
    table = pupil_yields({"flat": of_age(30)}, YieldModel(replace(NOTHING, fertility=fertility), STAGES), years=8)
    born = 0.5 * 0.2  # half of the persons are women
    np.testing.assert_allclose(told(table, "primary"), [0, 0, 0, 0, 0, 0, 0, born, 2 * born])


# --------------------------------------------------------------------------------------- the projection's own step
def a_county() -> Inputs:
    rates = [  # fertility by age: the bundled shape drifts with time
        {"measure": "fertility", "value": 0.02, "age_from": 18, "age_to": 24},
        {"measure": "fertility", "value": 0.09, "age_from": 25, "age_to": 34},
        {"measure": "fertility", "value": 0.01, "age_from": 35, "age_to": 44},
        {"measure": "sex_ratio_at_birth", "value": 108.0},
        {"measure": "out_rate", "value": 0.08, "age_from": 18, "age_to": 24},
        {"measure": "out_rate", "value": 0.01, "age_from": 0, "age_to": 17},
        {"measure": "out_rate", "value": 0.02, "age_from": 25, "age_to": 130},
    ]
    people = {"year": 2025, "sex": "both", "residents": 0.0, "age_from": 0, "age_to": 130}
    homes = {"development_id": "D", "phase": "1", "dwelling_type": "commodity_small", "status": "complete"}
    population = [{**people, "area_id": "A"}, {**people, "area_id": "B", "residents": 5000.0}]
    developments = [{**homes, "area_id": "A", "year": 2026, "dwellings": 500, "displaced_share": 0.0}]
    return county(
        {"areas": squares(["A", "B"]), "population": population, "rates": rates, "developments": developments}
    )


def options(years: int, occupied: tuple[float, ...]) -> ProjectionOptions:
    return ProjectionOptions(tuple(range(2025, 2026 + years)), "08-31", Demography(), Housing(occupied=occupied))


def test_yields_are_what_the_projection_gives_an_area_of_new_homes():
    inputs, asked = a_county(), options(21, (0.35, 0.65, 0.8))
    projection = project(inputs, asked)
    assert projection is not None
    residents = projection.residents[0, 1:].sum(axis=1)  # [years since completion, age]
    table = county_yields(inputs, asked, CHINA, years=20)
    table = table[table["dwelling_type"] == "commodity_small"]
    for stage, first, end in (("kindergarten", 3, 6), ("primary", 6, 12), ("junior", 12, 15), ("senior", 15, 18)):
        np.testing.assert_allclose(np.array(told(table, stage)) * 500, residents[:, first:end].sum(axis=1), rtol=1e-9)


def test_a_county_tells_every_type_and_whom_the_home_entitles():
    table = county_yields(a_county(), options(1, (0.5,)), CHINA, years=3)
    assert set(table["dwelling_type"]) == set(dwelling_types())
    entitled = table["admitted_per_dwelling"] / table["pupils_per_dwelling"]
    for name, kind in dwelling_types().items():
        assert entitled[table["dwelling_type"] == name].to_numpy() == pytest.approx(kind.admission)


def test_the_rates_of_a_county_are_means_by_residents():
    inputs = a_county()
    population = inputs.frame("population").assign(residents=[1000.0, 3000.0])
    rates = [{"measure": "total_fertility", "value": v, "area_id": a} for a, v in (("A", 1.0), ("B", 2.0))]
    changed = county({"areas": squares(["A", "B"]), "population": population.to_dict("records"), "rates": rates})
    assert county_home_rates(changed, options(1, (1.0,))).fertility.sum() == pytest.approx(1.75)


# --------------------------------------------------------------------------------------------------- rise and fall
profiles = arrays(float, AGES, elements=st.floats(0, 2))


@settings(max_examples=20)
@given(profiles, profiles, st.floats(0, 3))
def test_yields_are_linear_in_the_profile(first, second, factor):
    model = YieldModel(LIKELY, CHINA, occupied=(0.4, 0.9))
    by_age = yields_by_age(model, years=12)
    table = pupil_yields({"a": first, "mixed": first + factor * second}, model, years=12)
    got = table["pupils_per_dwelling"].to_numpy().reshape(2, 4, 13)
    np.testing.assert_allclose(got[0], np.einsum("a,ast->st", first, by_age), atol=1e-9)
    np.testing.assert_allclose(got[1] - got[0], factor * np.einsum("a,ast->st", second, by_age), atol=1e-9)
    assert (got >= 0).all()


def course(name: str) -> dict[str, np.ndarray]:
    model = YieldModel(LIKELY, CHINA, Housing().occupied)
    table = pupil_yields({name: dwelling_types()[name].persons}, model)
    return {stage: np.array(told(table, stage)) for stage in CHINA.ids}


@pytest.mark.parametrize("name", ["commodity_small", "commodity_medium", "talent", "apartment"])
def test_yields_of_young_homes_rise_and_fall_stage_after_stage(name: str):
    yields = course(name)
    peaks = [int(yields[stage].argmax()) for stage in CHINA.ids]
    assert peaks == sorted(peaks)
    for stage, peak in zip(CHINA.ids, peaks, strict=True):
        assert 0 < peak < 25, stage
        assert yields[stage][0] < 0.5 * yields[stage][peak]
        assert yields[stage][30] < 0.8 * yields[stage][peak]


def test_an_old_estate_has_passed_its_peak():
    each = pupil_yields({"old": dwelling_types()["old_estate"].persons}, YieldModel(LIKELY, CHINA))
    primary = told(each, "primary")
    assert primary[0] > primary[10] > primary[20]


@pytest.mark.parametrize("name", list(dwelling_types()))
def test_pupils_are_fewer_than_residents_and_stay_plausible(name: str):
    yields = course(name)
    total = sum(yields.values())
    assert (total < dwelling_types()[name].persons.sum()).all()
    assert total.max() < 0.33 + 0.165 + 0.165 + 0.2  # the highest norms per dwelling, all stages at once


# ------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("profile", "where"),
    [
        (np.full(AGES, np.nan), "profiles['flat'][0]"),
        (-of_age(7), "profiles['flat'][7]"),
        (np.ones(18), "profiles['flat']: must have 101 ages"),
        ("many", "profiles['flat']: must be an array of numbers"),
    ],
)
def test_wrong_profiles_are_refused_by_name(profile, where):
    with pytest.raises(InputError) as error:
        pupil_yields({"flat": profile}, YieldModel(NOTHING, STAGES))
    assert str(error.value).startswith(where)


def test_no_profiles_and_wrong_years_are_refused():
    with pytest.raises(InputError, match="profiles"):
        pupil_yields({}, YieldModel(NOTHING, STAGES))
    for years in (-1, 102, 2.5):
        with pytest.raises(InputError, match="years"):
            pupil_yields({"flat": of_age(3)}, YieldModel(NOTHING, STAGES), years=years)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"survival": np.full((2, AGES), 1.1)}, "survival[0, 0]"),
        ({"survival": np.ones((1, AGES))}, "survival: must have the axes"),
        ({"fertility": np.full(AGES, np.nan)}, "fertility[0]"),
        ({"out_rate": np.full((2, AGES), -0.1)}, "out_rate[0, 0]"),
        ({"males_per_female_birth": 0.0}, "males_per_female_birth"),
        ({"turnover": 1.5}, "turnover"),
    ],
)
def test_wrong_rates_are_refused_by_name(change, where):
    with pytest.raises(InputError) as error:
        replace(NOTHING, **change)
    assert str(error.value).startswith(where)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"occupied": ()}, "occupied"),
        ({"occupied": (0.5, 1.2)}, "occupied[1]"),
        ({"participation": {"nursery": 1.0}}, "participation"),
        ({"participation": {"primary": -1.0}}, "participation"),
        ({"participation": {"primary": float("nan")}}, "participation"),
    ],
)
def test_wrong_models_are_refused_by_name(change, where):
    with pytest.raises(InputError) as error:
        replace(YieldModel(NOTHING, STAGES), **change)
    assert str(error.value).startswith(where)


@pytest.mark.parametrize(
    "profiles",
    [None, [of_age(3)], of_age(3), pd.DataFrame({"flat": of_age(3)}), "flat"],
)
def test_profiles_are_told_by_type(profiles):
    with pytest.raises(InputError, match="profiles: must map dwelling types"):
        pupil_yields(profiles, YieldModel(NOTHING, STAGES))


@pytest.mark.parametrize(
    ("profile", "index"),
    [
        (of_age(3) + 0j, 0),
        (of_age(3) > 0, 0),
        (np.ma.masked_array(of_age(3), mask=of_age(7)), 7),
        (of_age(3) * 1e308, 3),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_profile_of_no_persons_is_refused(profile, index):
    with pytest.raises(InputError) as caught:
        pupil_yields({"flat": profile}, YieldModel(NOTHING, STAGES))
    assert (caught.value.argument, caught.value.index) == ("profiles['flat']", index)


@pytest.mark.parametrize("years", [True, None, 2.0, "3", np.timedelta64(3)])
def test_years_are_a_whole_number(years):
    with pytest.raises(InputError, match="years: must be a whole number"):
        pupil_yields({"flat": of_age(3)}, YieldModel(NOTHING, STAGES), years=years)


@pytest.mark.parametrize("call", [lambda m: pupil_yields({"flat": of_age(3)}, m), yields_by_age])
def test_a_model_is_asked_for(call):
    with pytest.raises(InputError, match="model: must be a YieldModel"):
        call(None)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"rates": None}, "rates"),
        ({"stages": None}, "stages"),
        ({"participation": None}, "participation"),
        ({"participation": [0.5]}, "participation"),
        ({"participation": {"primary": np.inf}}, "participation['primary']"),
        ({"participation": {"primary": 1e308}}, "participation['primary']"),
        ({"participation": {"primary": "all"}}, "participation['primary']"),
        ({"participation": {"primary": True}}, "participation['primary']"),
        ({"occupied": 0.5}, "occupied"),
        ({"occupied": (True,)}, "occupied"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_parts_of_a_model_of_other_kinds_are_named(change, argument):
    with pytest.raises(InputError) as caught:
        replace(YieldModel(NOTHING, STAGES), **change)
    assert caught.value.argument == argument


def test_a_county_names_a_wrong_participation():
    with pytest.raises(InputError, match="participation: must be Mapping"):
        county_yields(a_county(), options(1, (0.5,)), CHINA, participation=0.5, years=1)


def test_the_ramp_that_is_given_stays_the_callers():
    ramp = np.array([0.5, 1.0])
    assert YieldModel(NOTHING, STAGES, occupied=ramp).occupied == (0.5, 1.0)
    ramp[0] = 0.6


def test_what_is_given_is_not_changed():
    persons = of_age(4)
    survival = np.ones((2, AGES))
    rates = HomeRates(survival, np.zeros(AGES), np.zeros((2, AGES)), 1.0)
    pupil_yields({"flat": persons}, YieldModel(rates, STAGES))
    survival[0, 0] = 0.5  # the rates keep a copy of their own
    assert rates.survival[0, 0] == 1
    assert persons.sum() == 1

"""estimate_demand: counties worked by hand, the laws of the record, and counties made at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.pupils.demand import estimate_demand
from placesim.demography.pupils.views import Views, blend
from placesim.demography.residents.projection import project
from placesim.messages import LANGUAGES, label
from placesim.records import Demand, Inputs, Projection, Stage, Stages
from placesim.scenario.options import DemandOptions, ProjectionOptions
from placesim.scenario.parameters import DemandParameters, Demography, Housing

YEARS = tuple(range(2025, 2030))
GRADES = STAGES.grades
A, B, OUT = range(3)

ROLLS = {2024: [100, 100, 100, 50, 5], 2025: [100, 90, 80, 70, 60]}  # progression 0.9, 0.8, 0.7, 1.2
CHILDREN = {2019: (60, 65), 2020: (50, 25), 2021: (10, 10)}  # 100 of the 125 of cohort 2019 entered: 0.8


def enrolment(by_year: dict[int, list[float]], grades: tuple[str, ...] = GRADES) -> list[dict]:
    return [
        {"school_id": "S", "year": year, "grade": grade, "pupils": int(pupils)}
        for year, row in by_year.items()
        for grade, pupils in zip(grades, row, strict=True)
    ]


def known(cohorts: dict[int, tuple[float, float]]) -> list[dict]:
    facts = {"basis": "registration", "as_of": "2025-08-31"}
    return [
        {"area_id": area, "cohort": cohort, "children": n, **facts}
        for cohort, counts in cohorts.items()
        for area, n in zip("AB", counts, strict=True)
    ]


def flow(area: str, school: str, pupils: int, stage: str = "primary") -> dict:
    return {"area_id": area, "school_id": school, "year": 2025, "stage": stage, "pupils": pupils}


def inputs(**tables: list[dict]) -> Inputs:
    return county({"areas": squares(["A", "B"]), **tables})


def options(years: tuple[int, ...] = YEARS, stages: Stages = STAGES, **told: Any) -> DemandOptions:
    return DemandOptions(years, stages, DemandParameters(**told))


def residents(by_age: dict[int, tuple[float, float]], years: tuple[int, ...] = YEARS) -> Projection:
    """A supplied projection with the same residents in every year."""
    people = np.zeros((2, len(years), 2, 101))
    for age, counts in by_age.items():
        people[:, :, 0, age] = np.array(counts)[:, None]
    empty = [np.zeros((2, 0, 2, 101)) for _ in range(4)]
    return Projection(("A", "B"), years, "given", people, np.zeros((2, 0, 2)), *empty)


def cells(demand: Demand, grade: str, part: str | None = None) -> np.ndarray:
    """[area, year] of a grade."""
    array = demand.pupils if part is None else demand.parts[part]
    return array[:, :, demand.stages.grades.index(grade), 0]


# ------------------------------------------------------------------------------------------ rolls and children alone
@pytest.fixture
def without_population() -> Demand:
    return estimate_demand(None, inputs(enrolment=enrolment(ROLLS), children=known(CHILDREN)), options())


def test_the_base_year_is_brought_home_by_known_children_else_evenly(without_population):
    np.testing.assert_allclose(without_population.pupils[A, 0, :, 0], [48, 45, 40, 35, 30])
    np.testing.assert_allclose(without_population.pupils[B, 0, :, 0], [52, 45, 40, 35, 30])
    assert set(without_population.notes) >= {"demand.homes_estimated", "demand.homes_equal"}


def test_rolls_advance_by_progression(without_population):
    np.testing.assert_allclose(cells(without_population, "G2")[:2, 1], [48 * 0.9, 52 * 0.9])
    np.testing.assert_allclose(cells(without_population, "G3")[:2, 2], [48 * 0.9 * 0.8, 52 * 0.9 * 0.8])
    np.testing.assert_allclose(cells(without_population, "G5")[:2, 1:3], [[42, 33.6]] * 2)


def test_known_children_enter_and_move_on(without_population):
    np.testing.assert_allclose(cells(without_population, "G1", "children")[:2, :3], [[0, 40, 8], [0, 20, 8]])
    np.testing.assert_allclose(cells(without_population, "G3")[:2, 3], [40 * 0.9 * 0.8, 20 * 0.9 * 0.8])
    assert cells(without_population, "G2", "rolls")[:, 2].sum() == 0


def test_beyond_the_known_children_the_level_of_the_last_cohort_continues(without_population):
    np.testing.assert_allclose(cells(without_population, "G1")[:2, 2:], 8)
    np.testing.assert_allclose(cells(without_population, "G2")[:2, 3:], 8 * 0.9)
    assert "demand.level_continued" in without_population.notes


def test_rolls_alone_continue_their_entrants():
    got = estimate_demand(None, inputs(enrolment=enrolment(ROLLS)), options())
    np.testing.assert_allclose(cells(got, "G1")[:2], 50)
    np.testing.assert_allclose(cells(got, "G2")[:2, 1:], 45)
    np.testing.assert_allclose(cells(got, "G1", "rolls").sum(axis=0), 100)


def test_children_alone_speak_for_their_cohorts_only():
    got = estimate_demand(None, inputs(children=known(CHILDREN)), options())
    np.testing.assert_allclose(cells(got, "G1")[A, :4], [60, 50, 10, 10])
    np.testing.assert_allclose(cells(got, "G2")[A], [0, 60, 50, 10, 10])
    assert {"demand.entry_ratio_assumed", "demand.grade_without_source"} <= set(got.notes)


def test_a_cohort_counted_in_one_area_is_not_the_countys():
    rows = [r for r in known({2019: (30, 30), 2020: (30, 30), 2021: (30, 0)}) if r["children"]]
    got = estimate_demand(None, inputs(children=rows), options())
    np.testing.assert_allclose(cells(got, "G1")[:2, :3], [[30, 30, 30], [30, 30, 30]])


def test_nothing_known_is_nobody():
    got = estimate_demand(None, inputs(), options())
    assert got.pupils.shape == (3, 5, 5, 1)
    assert not got.pupils.any()


# -------------------------------------------------------------------------------------------------- with residents
PEOPLE = {6: (80, 20), 7: (60, 40), 8: (50, 50), 9: (70, 30), 10: (60, 40)}  # participation 0.9 and 0.65


@pytest.fixture
def blended() -> Demand:
    table = inputs(enrolment=enrolment(ROLLS), children=known(CHILDREN))
    return estimate_demand(residents(PEOPLE), table, options(blend_years=4))


def test_pupils_are_brought_home_by_children_and_residents(blended):
    np.testing.assert_allclose(blended.pupils[A, 0, :, 0], [100 * (0.48 + 0.8) / 2, 54, 40, 49, 36])
    assert "demand.homes_equal" not in blended.notes


def test_rolls_fade_into_residents_over_the_blend_years(blended):
    np.testing.assert_allclose(cells(blended, "G2", "rolls")[A, :2], [54, 0.75 * 64 * 0.9])
    np.testing.assert_allclose(cells(blended, "G2", "residents")[A, :2], [0, 0.25 * 0.9 * 60])
    np.testing.assert_allclose(cells(blended, "G5", "rolls")[A, 2], 0.5 * 40 * 0.7 * 1.2)
    np.testing.assert_allclose(cells(blended, "G5")[:2, 4], [0.65 * 60, 0.65 * 40])  # cohort 2019, all faded


def test_known_children_govern_until_they_enter_then_fade(blended):
    entering = cells(blended, "G1", "children")
    np.testing.assert_allclose(entering[:2, :3].sum(axis=0), [0, 0.8 * 75, 0.8 * 20])
    # of the 60 the register puts 40 in A; the residents of the age, 60 % there against 66.7 %, draw it down a little
    assert 36 < entering[A, 1] < 40
    assert cells(blended, "G1", "residents")[:, :3].sum() == 0
    np.testing.assert_allclose(cells(blended, "G2", "children")[A, 2], 0.75 * entering[A, 1] * 0.9)
    np.testing.assert_allclose(cells(blended, "G2", "residents")[A, 2], 0.25 * 0.9 * 60)
    np.testing.assert_allclose(cells(blended, "G3", "children")[A, 3], 0.5 * entering[A, 1] * 0.9 * 0.8)


def test_later_cohorts_go_by_residents(blended):
    """72 and 18 by the residents; the two youngest known cohorts bring 60 and 16 where these say 90 and 90."""
    part = (76 / 180) ** np.array([0.75, 0.5])  # one and two years later of four
    np.testing.assert_allclose(cells(blended, "G1", "residents")[:2, 3:], [72 * part, 18 * part])
    assert "demand.level_continued" not in blended.notes


def test_residents_alone_go_by_the_participation_told():
    got = estimate_demand(residents(PEOPLE), inputs(), options(participation={"primary": 0.5}))
    np.testing.assert_allclose(cells(got, "G1")[:2], [[40] * 5, [10] * 5])
    np.testing.assert_allclose(cells(got, "G4")[:2], [[70] * 5, [30] * 5])
    np.testing.assert_array_equal(got.pupils, got.parts["residents"])
    assert got.notes == ("demand.participation_assumed",)


def test_an_age_the_projection_lacks_is_unknown_not_empty():
    table = inputs(enrolment=enrolment(ROLLS))
    got = estimate_demand(residents({6: (80, 20), 7: (60, 40)}), table, options(blend_years=1))
    np.testing.assert_allclose(cells(got, "G3", "rolls").sum(axis=0)[:2], [80, 72])
    np.testing.assert_allclose(cells(got, "G5").sum(axis=0), [60, 84, 67.2, 60.48, 60.48])


def test_between_stages_participation_stands_in_for_missing_history():
    got = estimate_demand(residents(PEOPLE), inputs(enrolment=enrolment({2025: ROLLS[2025]})), options(blend_years=4))
    np.testing.assert_allclose(cells(got, "G4", "rolls")[:2, 1].sum(), 0.75 * 80 * 0.65 / 0.9)
    np.testing.assert_allclose(cells(got, "G2", "rolls")[:2, 1].sum(), 0.75 * 100)
    assert "demand.progression_assumed" in got.notes


def test_older_rolls_are_moved_on_to_the_base_year():
    years = (2026, 2027)
    table = inputs(enrolment=enrolment(ROLLS))
    got = estimate_demand(residents(PEOPLE, years), table, options(years))
    np.testing.assert_allclose(cells(got, "G2").sum(axis=0)[0], 90)
    np.testing.assert_allclose(cells(got, "G1", "residents")[:2, 0], [0.9 * 80, 0.9 * 20])
    assert "demand.rolls_advanced" in got.notes
    alone = estimate_demand(None, table, options(years))
    np.testing.assert_allclose(cells(alone, "G1").sum(axis=0), 100)


# ---------------------------------------------------------------------------------------------------- kindergarten
NURSERY = Stages((Stage("kindergarten", ("K1", "K2", "K3"), {"en": "K"}, 3), *STAGES.all))
COHORTS = {2023: (50, 50), 2022: (60, 40), 2021: (50, 50), 2020: (70, 30), 2019: (60, 65)}


def test_kindergartens_take_their_share_of_the_entrants_to_come():
    """K rolls 72 of an expected 0.8 × 100 a cohort: 0.9 kindergarten pupils per later entrant."""
    rolls = {y: [*k, *r] for (y, r), k in zip(ROLLS.items(), ([80, 80, 80], [72, 72, 72]), strict=True)}
    table = inputs(enrolment=enrolment(rolls, NURSERY.grades), children=known(COHORTS))
    got = estimate_demand(None, table, options(stages=NURSERY))
    np.testing.assert_allclose(cells(got, "K1")[:2, 1], [0.9 * 40, 0.9 * 40])  # cohort 2023, no roll yet
    np.testing.assert_allclose(cells(got, "G1")[:2, 4], [40, 40])
    np.testing.assert_allclose(cells(got, "K1")[:2, 0], [72 * 0.6, 72 * 0.4])
    assert cells(got, "G1", "rolls").sum(axis=0)[1] == 0  # who enters next, the known children tell, …
    np.testing.assert_allclose(cells(got, "G1", "children").sum(axis=0)[1], 80)
    without = estimate_demand(None, inputs(enrolment=enrolment(rolls, NURSERY.grades)), options(stages=NURSERY))
    np.testing.assert_allclose(cells(without, "G1").sum(axis=0)[1], 72 * 100 / 80)  # … else the progression K3 → G1


def test_without_kindergarten_rolls_the_children_fill_them():
    table = inputs(enrolment=enrolment(ROLLS), children=known(COHORTS))
    got = estimate_demand(None, table, options(stages=NURSERY))
    np.testing.assert_allclose(cells(got, "K1")[:2, 0], [48, 32])
    np.testing.assert_allclose(cells(got, "K3", "children")[:2, 0], [56, 24])


# ------------------------------------------------------------------------------------------------------- the border
FLOWS = [flow("A", "S", 150), flow("A", "outside", 30), flow("B", "S", 100), flow("outside", "S", 20)]


def test_flows_bring_pupils_home_and_tell_the_border():
    got = estimate_demand(None, inputs(enrolment=enrolment({2025: ROLLS[2025]}), flows=FLOWS), options())
    primary, roll = got.stage_pupils("primary")[:, 0], 270
    np.testing.assert_allclose(primary[:2].sum(), roll - 20 + 30)
    np.testing.assert_allclose(primary[A] / primary[:2].sum(), 180 / 280)
    np.testing.assert_allclose(primary[OUT], 20)
    np.testing.assert_allclose(got.leaving_share[:, 0], [30 / primary[A], 0, 0])
    assert not got.leaving_share[:, 1].any()


def test_the_outside_keeps_its_share():
    got = estimate_demand(None, inputs(enrolment=enrolment(ROLLS), flows=FLOWS), options())
    inside = cells(got, "G2")[:2].sum(axis=0)
    share = cells(got, "G2", "outside")[OUT] / inside
    np.testing.assert_allclose(share, share[0])
    assert share[0] > 0
    np.testing.assert_array_equal(got.parts["outside"][:2], 0)


def test_a_grade_all_from_outside_keeps_its_pupils():
    table = inputs(enrolment=enrolment({2025: [10, 10, 10, 60, 60]}), flows=[flow("outside", "S", 120, "junior")])
    got = estimate_demand(None, table, options())
    np.testing.assert_allclose(got.pupils[OUT, 0, :, 0], [0, 0, 0, 60, 60])
    np.testing.assert_allclose(cells(got, "G4")[:2, 0], 0)


def test_no_more_come_from_outside_than_are_on_roll():
    table = inputs(enrolment=enrolment({2025: [10, 10, 10, 60, 60]}), flows=[flow("outside", "S", 300, "junior")])
    got = estimate_demand(None, table, options())
    np.testing.assert_allclose(got.pupils[:, 0, :, 0].sum(axis=0), [10, 10, 10, 60, 60])
    assert "demand.inflow_exceeds" in got.notes


@pytest.mark.parametrize(("leaving", "home", "exceeds"), [(75, (150, 225), False), (225, (225, 300), True)])
def test_leavers_are_of_their_own_area(leaving, home, exceeds):
    """Residents as 2 : 3; 300 primary pupils on roll. Too many leavers: the 300 who stay all live in B."""
    people = residents(dict.fromkeys((6, 7, 8), (80, 120)))
    table = inputs(enrolment=enrolment({2025: [100, 100, 100, 0, 0]}), flows=[flow("A", "outside", leaving)])
    got = estimate_demand(people, table, options())
    primary = got.stage_pupils("primary")[:2, 0].ravel()
    np.testing.assert_allclose(primary, home)
    np.testing.assert_allclose(got.leaving_share[A, 0] * primary[A], leaving)
    assert ("demand.leavers_exceed" in got.notes) == exceeds


def test_each_stage_has_its_latest_rolls_and_flows():
    rolls = enrolment({2024: ROLLS[2024]}) + enrolment({2025: [100, 90, 80]}, GRADES[:3])
    border = [{**flow("outside", "S", 30), "year": 2024}, flow("outside", "S", 20, "junior")]
    earlier = [{**b, "year": 2024} for b in border]
    got = estimate_demand(None, inputs(enrolment=rolls, flows=border), options())
    county_total = got.pupils[:, 0, :, 0].sum(axis=0)
    np.testing.assert_allclose(county_total[:3], [100, 90, 80])
    assert got.pupils[OUT, 0, :3, 0].sum() == pytest.approx(30)
    assert got.pupils[OUT, 0, 3:, 0].sum() == 0  # the junior rolls are of 2024, these flows are later
    dated = estimate_demand(None, inputs(enrolment=rolls, flows=earlier), options())
    assert dated.pupils[OUT, 0, 3:, 0].sum() > 0
    assert "demand.rolls_advanced" in got.notes


# ---------------------------------------------------------------------------------------------------------- housing
def test_new_homes_reach_cohorts_in_school_as_their_own_part():
    """200 residents of every age in each area, half of them pupils; 30 aged 7 move into A, 6 of them from B."""
    population = [
        {"area_id": a, "year": 2025, "sex": s, "age_from": x, "age_to": x, "residents": 100}
        for a in "AB"
        for s in ("female", "male")
        for x in range(101)
    ]
    development = {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2026}
    development |= {"dwellings": 100, "status": "complete", "displaced_share": 0.2}
    rates = [
        {"measure": "survival", "value": 1.0, "age_from": 0, "age_to": 130},
        {"measure": "total_fertility", "value": 0.0},
    ]
    table = inputs(
        population=population,
        developments=[development],
        household_profiles=[{"dwelling_type": "flat", "age_from": 7, "age_to": 7, "persons": 0.3}],
        rates=rates,
        enrolment=enrolment({2024: [200] * 5, 2025: [200] * 5}),
    )
    told = ProjectionOptions(YEARS, "08-31", Demography(), Housing(occupied=(1.0,)))
    got = estimate_demand(project(table, told), table, options(blend_years=4))
    np.testing.assert_allclose(cells(got, "G2", "rolls")[:2, 1], [75, 75])
    np.testing.assert_allclose(cells(got, "G2", "residents")[:2, 1], [0.25 * 115, 0.25 * 97])
    np.testing.assert_allclose(cells(got, "G2", "housing")[:2, 1], [0.75 * 15, -0.75 * 3])
    np.testing.assert_allclose(cells(got, "G3")[:2, 2], [115, 97])  # a year older, all views agree
    np.testing.assert_allclose(cells(got, "G3", "housing")[:2, 2], [0.5 * 15, -0.5 * 3])


def test_housing_never_takes_a_cell_below_zero():
    cell = np.full((1, 1, 1), 10.0)
    views = Views(rolls=cell, children=cell, residents=cell, housing=-5 * cell)
    one = Stages((Stage("primary", ("G1",), {}, 6),))
    parts = blend(views, np.zeros((1, 1)), options((2025,), one))
    assert parts.housing.item() == -10
    assert (parts.rolls + parts.children + parts.residents + parts.housing).item() == 0


# ------------------------------------------------------------------------------------------------------------- laws
@st.composite
def random_county(draw) -> tuple[Inputs, Projection | None]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tables: dict[str, list[dict]] = {}
    rolls = {y: list(rng.integers(0, 200, 5)) for y in range(2025 - draw(st.integers(0, 4)), 2026)}
    tables["enrolment"] = enrolment(rolls)
    if draw(st.booleans()):
        tables["children"] = known({c: tuple(rng.integers(0, 90, 2)) for c in range(2017, 2024)})
    if draw(st.booleans()):
        pairs = [(a, s, stage) for a in "AB" for s in ("S", "outside") for stage in STAGES.ids]
        tables["flows"] = [flow(a, s, int(rng.integers(0, 50)), stage) for a, s, stage in pairs]
    people = residents({a: tuple(rng.uniform(0, 300, 2)) for a in range(12)}) if draw(st.booleans()) else None
    return inputs(**tables), people


@settings(max_examples=60, deadline=None)
@given(random_county(), st.integers(1, 8))
def test_the_base_year_is_the_rolls(made, blend_years):
    """The record itself asserts that parts sum to pupils and that nobody is below zero."""
    table, people = made
    got = estimate_demand(people, table, options(blend_years=blend_years))
    rolls = table.frame("enrolment")
    roll = rolls[rolls["year"] == 2025].groupby("grade")["pupils"].sum().reindex(GRADES).to_numpy()
    flows = table.frame("flows")
    out = flows[flows["school_id"] == "outside"].groupby("stage")["pupils"].sum().reindex(STAGES.ids).fillna(0)
    county_total = got.pupils[:2, 0, :, 0].sum(axis=0)
    per_stage = [county_total[STAGES.grade_slice(s)].sum() - out[s] for s in STAGES.ids]
    np.testing.assert_allclose(per_stage, [roll[STAGES.grade_slice(s)].sum() for s in STAGES.ids], atol=1e-8)
    assert np.isfinite(got.pupils).all()
    assert ((got.leaving_share >= 0) & (got.leaving_share <= 1)).all()


@settings(max_examples=30, deadline=None)
@given(random_county(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(made, random):
    table, people = made
    shuffled = {}
    for name, t in table.tables.items():
        order = list(range(len(t.rows)))
        if name != "areas":
            random.shuffle(order)
        shuffled[name] = replace(t, rows=t.rows.iloc[order].reset_index(drop=True), file_row=t.file_row[order])
    got = estimate_demand(people, replace(table, tables=shuffled), options())
    np.testing.assert_allclose(got.pupils, estimate_demand(people, table, options()).pupils, rtol=1e-12, atol=1e-12)


def test_every_note_has_a_text_in_both_languages(without_population, blended):
    for note in {*without_population.notes, *blended.notes}:
        for language in LANGUAGES:
            assert label(note, language)


# ----------------------------------------------------------------------------------- old rolls, and held residents
def test_participation_holds_cohort_against_cohort_when_rolls_are_old():
    """Every child attends; rolls of 2023 stand against those who are two years older in 2025."""
    people = {age: (50.0 + 5 * age, 20.0) for age in range(14)}
    rolls = {2023: [sum(people[age + 2]) for age in STAGES.ages]}
    got = estimate_demand(residents(people), inputs(enrolment=enrolment(rolls)), options(blend_years=1))
    np.testing.assert_allclose(got.participation, 1.0, rtol=0.01)


def test_residents_that_are_only_held_on_say_nothing_of_later_years():
    table = inputs(enrolment=enrolment(ROLLS), children=known(dict.fromkeys(range(2019, 2024), (40, 20))))
    told = replace(residents(dict.fromkeys(range(14), (300, 300))), last_told=2025)
    got = estimate_demand(told, table, options(blend_years=2))
    assert got.parts["residents"].sum() == 0
    np.testing.assert_allclose(cells(got, "G1").sum(axis=0)[1:3], got.pupils[:-1, 1, 0, 0].sum(), rtol=0.05)

"""Dwellings that give one place in so many years (六年一学位), and siblings: by hand, and their laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_run import Toy, by_grade

from placesim.allocation.intake.families import locked_applicants
from placesim.records import Allocation, Stage, Stages
from placesim.standards.norms import StageNorms

HARD = {"primary": StageNorms(10, 10, 10), "junior": StageNorms(10, 10, 10)}


def locked(applicants: float, entries: list[float], dwellings: float, turnover: float) -> float:
    found = locked_applicants(*(np.array([v]) for v in (applicants, entries, dwellings, turnover)))
    assert found.shape == (1,)
    return float(found[0])


# ------------------------------------------------------------ the pure function
def test_hand_worked_lock() -> None:
    # 100 dwellings, a tenth sold every year; 20 used last year, 10 the year before:
    # sold since 2 + 1.9, kept 18 + 8.1; applicants live in the other 73.9 dwellings
    assert locked(12, [20, 10], 100, 0.1) == pytest.approx(12 * 3.9 / 73.9)


def test_dwellings_that_stay_in_the_family_lock_nobody_else_out() -> None:
    assert locked(12, [20, 10], 100, 0.0) == 0


def test_without_dwellings_known_there_is_no_lock_and_with_none_left_all_are_locked() -> None:
    assert locked(12, [20], np.nan, 0.5) == 0
    assert locked(12, [], 100, 0.5) == 0
    assert locked(12, [0], 0, 0.5) == 0
    assert locked(12, [20], 5, 0.5) == 12
    assert locked(12, [20], 10, 1.0) == 12


@given(
    st.floats(0, 100), st.lists(st.floats(0, 50), max_size=6), st.floats(1, 1000), st.floats(0, 1), st.floats(0, 0.5)
)
def test_locked_are_among_the_applicants_and_more_the_more_is_sold(
    applicants: float, entries: list[float], dwellings: float, turnover: float, more: float
) -> None:
    found = locked(applicants, entries, dwellings, turnover)
    assert 0 <= found <= applicants
    longer = locked(applicants, [*entries, 5.0], dwellings, turnover)
    assert longer >= found - 1e-9
    if sum(entries) <= dwellings:
        assert locked(applicants, entries, dwellings, min(1.0, turnover + more)) >= found - 1e-9


# ------------------------------------------------------------ through the clock
def town(**more: Any) -> Toy:
    """P is the school of the zone, Q the next; both have a class of ten a grade. Ten entrants a year, all owners."""
    school = {"stage": "primary", "rooms": 3}
    return Toy(
        [{"school_id": "P", **school}, {"school_id": "Q", **school}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0, ("b", "Q"): 1.0},
        {("a", "G1"): (10, 10, 10), ("a", "G2"): (0, 10, 10), ("a", "G3"): (0, 0, 10)},
        years=(2025, 2026, 2027),
        norms=HARD,
        **more,
    )


def rule(**more: Any) -> dict[str, Any]:
    tiers = [{"id": "owner", "place_lock": True}, {"id": "permit"}]
    return {"rule": "tiers", "tiers": tiers, "default_tier": "owner", "calibrate": False, **more}


def entrants(found: Allocation, year: int) -> dict[tuple[str, str, str], int]:
    rows = found.rows()
    rows = rows[(rows["year"] == year) & (rows["grade"] == "G1")]
    total = rows.groupby(["area_id", "school_id", "group"])["pupils"].sum()
    return {(str(a), str(s), str(g)): int(n) for (a, s, g), n in total.items()}


def one_zone(sold: int, **more: Any) -> Toy:
    """P, one class of ten, is the school of both areas, Q takes the rest. Only one grade, so that P is empty every
    September. a: ten owners a year in so many dwellings, all of which are sold every year; b: permits, from 2026 on."""
    rows = {
        "dwellings": [{"area_id": "a", "dwellings": sold, "turnover": 1.0}],
        "applicants": [{"area_id": "b", "stage": "primary", "tier": "permit", "share": 1.0}],
        "catchments": [{"area_id": a, "school_id": "P", "stage": "primary"} for a in "ab"],
    }
    return Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 1}, {"school_id": "Q", "stage": "primary", "rooms": 3}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0, ("b", "P"): 3.0, ("b", "Q"): 9.0},
        {("a", "G1"): 10, ("b", "G1"): (0, 10, 10)},
        years=(2025, 2026, 2027), tables=rows, norms=HARD,
        stages=Stages((Stage("primary", ("G1",), {"en": "Primary"}, 6),)), **more,
    )  # fmt: skip


def test_locked_applicants_come_after_all_others() -> None:
    # the 10 of 20 dwellings that were used last year belong to others now, who are half of the applicants
    toy = one_zone(20, parameters=rule(place_lock_years={"primary": 2}))
    plain = replace(toy, parameters=rule())
    assert entrants(plain.allocate(), 2026) == {("a", "P", "owner"): 10, ("b", "Q", "permit"): 10}
    assert entrants(toy.allocate(), 2026) == {
        ("a", "P", "owner"): 5,
        ("b", "P", "permit"): 5,
        ("b", "Q", "permit"): 5,
        ("a", "Q", "owner"): 5,
    }
    choice = replace(toy, parameters=rule(rule="choice", place_lock_years={"primary": 2}))
    assert entrants(choice.allocate(), 2026) == entrants(toy.allocate(), 2026)


def test_a_lock_counts_the_entries_of_its_years_and_no_more() -> None:
    toy = one_zone(50, parameters=rule(place_lock_years={"primary": 3}))
    # 10 × 10/50; then 10 × (8 + 10)/50 = 3.6, those turned away in 2026 having used no dwelling
    found = toy.allocate()
    assert [entrants(found, year).get(("a", "Q", "owner"), 0) for year in toy.years] == [0, 2, 4]
    # with a lock of two years only the 8 of 2026 count: 1.6
    found = replace(toy, parameters=rule(place_lock_years={"primary": 2})).allocate()
    assert [entrants(found, year).get(("a", "Q", "owner"), 0) for year in toy.years] == [0, 2, 2]


def test_the_grades_of_the_base_year_tell_of_entries_before_it() -> None:
    two = Stages((Stage("primary", ("G1", "G2"), {"en": "Primary"}, 6),))
    toy = replace(one_zone(50, parameters=rule(place_lock_years={"primary": 3})), stages=two)
    toy = replace(toy, schools=[{**toy.schools[0], "last_grade": "G1"}, toy.schools[1]])
    young = entrants(toy.allocate(), 2026)
    old = entrants(replace(toy, pupils={**toy.pupils, ("a", "G2"): (10, 0, 0)}).allocate(), 2026)
    assert young["a", "Q", "owner"] == 2  # 10 × 10/50
    assert old["a", "Q", "owner"] == 4  # 10 × (10 + 10)/50


def test_siblings_follow_the_pupils_of_their_area() -> None:
    # in the base year b's children are at Q, their zone; then b is zoned to P, but half have a sibling at Q
    zones = [{"area_id": "b", "school_id": "Q", "stage": "primary", "valid_to": 2025},
             {"area_id": "b", "school_id": "P", "stage": "primary", "valid_from": 2026}]  # fmt: skip
    toy = town(tables={"catchments": zones}, parameters=rule(sibling_share={"primary": 0.5}))
    pupils = {("b", "G1"): (8, 8, 8), ("b", "G2"): (0, 8, 8), ("b", "G3"): (0, 0, 8)}
    toy = replace(toy, pupils=pupils, minutes={("b", "P"): 9.0, ("b", "Q"): 5.0})
    assert entrants(toy.allocate(), 2026) == {("b", "Q", "owner"): 4, ("b", "P", "owner"): 4}
    alone = replace(toy, parameters=rule())
    assert entrants(alone.allocate(), 2026) == {("b", "P", "owner"): 8}


def test_no_more_siblings_than_pupils_of_the_area_who_are_there() -> None:
    zones = [{"area_id": "b", "school_id": "P", "stage": "primary"}]
    rolls = [{"school_id": "Q", "year": 2025, "grade": "G1", "pupils": 2}]
    toy = town(tables={"catchments": zones, "enrolment": rolls}, parameters={**rule(sibling_share={"primary": 1.0}),
               "calibrate": True})  # fmt: skip
    toy = replace(
        toy, pupils={("b", "G1"): (2, 8, 0), ("b", "G2"): (0, 2, 0)}, minutes={("b", "P"): 9.0, ("b", "Q"): 5.0}
    )
    assert by_grade(toy.allocate())["b", "Q", "G2"] == 2
    assert entrants(toy.allocate(), 2026) == {("b", "Q", "owner"): 2, ("b", "P", "owner"): 6}


def test_unknown_dwellings_and_other_tiers_have_no_lock() -> None:
    toy = town(tables={"dwellings": [{"area_id": "b", "dwellings": 1, "turnover": 1.0}]},
               parameters=rule(place_lock_years={"primary": 3}))  # fmt: skip
    plain = replace(toy, parameters=rule())
    assert entrants(toy.allocate(), 2027) == entrants(plain.allocate(), 2027)

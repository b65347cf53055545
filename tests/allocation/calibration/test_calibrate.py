"""The calibration in a small county: the base year is that of the rolls, and later years go on from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import squares
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_run import Toy, by_grade, flows

from placesim.records import Allocation
from placesim.vocabulary import OUTSIDE

Rolls = Mapping[tuple[str, str], int]
SCHOOLS = ({"school_id": "P", "stage": "primary", "rooms": 9}, {"school_id": "Q", "stage": "primary", "rooms": 9})
WAYS = {("a", "P"): 1.0, ("a", "Q"): 6.0, ("b", "P"): 6.0, ("b", "Q"): 1.0}
PUPILS = {("a", "G1"): 30, ("b", "G1"): 30, ("a", "G2"): 20, ("b", "G2"): 20}
ROLLS = {("P", "G1"): 45, ("Q", "G1"): 15, ("P", "G2"): 25, ("Q", "G2"): 15}


def enrolment(rolls: Rolls, year: int = 2025) -> list[dict[str, Any]]:
    return [{"school_id": s, "year": year, "grade": g, "pupils": n} for (s, g), n in rolls.items()]


def toy(rolls: Rolls = ROLLS, tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, **more: Any) -> Toy:
    given_ = {"schools": SCHOOLS, "minutes": WAYS, "pupils": PUPILS, **more}
    return Toy(**given_, tables={"enrolment": enrolment(rolls), **(tables or {})})


def came(found: Allocation, year: int = 2025) -> dict[tuple[str, str], int]:
    """pupils by school and grade of a year."""
    rows = found.rows()
    rows = rows[(rows["year"] == year) & (rows["school_id"] != OUTSIDE)]
    return {(str(s), str(g)): int(n) for (s, g), n in rows.groupby(["school_id", "grade"])["pupils"].sum().items()}


def of_school(found: Allocation, school: str) -> pd.Series:
    table = found.tables["calibration"]
    return table[table["school_id"] == school].iloc[0]


@pytest.mark.parametrize("rule", ["nearest", "transport", "catchment"])
@pytest.mark.parametrize("clock", ["intake", "afresh"])
def test_the_base_year_is_that_of_the_rolls_whatever_the_rule(rule: str, clock: str) -> None:
    found = toy(parameters={"rule": rule, "clock": clock}).allocate()
    assert came(found) == ROLLS
    assert found.unplaced.sum() == 0
    told = of_school(found, "P")
    assert (told["roll_actual"], told["roll_by_rule"], told["roll"], told["residual"]) == (70, 50, 70, 0)


@pytest.mark.parametrize("clock", ["intake", "afresh"])
def test_without_calibration_the_rule_decides(clock: str) -> None:
    found = toy(parameters={"calibrate": False, "clock": clock}).allocate()
    assert flows(found) == {("a", "P"): 50, ("b", "Q"): 50}
    assert found.tables["calibration"].empty


def test_rolls_of_another_year_do_not_calibrate() -> None:
    found = toy(tables={"enrolment": enrolment(ROLLS, 2024)}).allocate()
    assert flows(found) == {("a", "P"): 50, ("b", "Q"): 50}


def test_rolls_over_the_places_are_kept() -> None:
    small = ({**SCHOOLS[0], "rooms": 1}, SCHOOLS[1])
    assert came(toy(schools=small).allocate()) == ROLLS


def test_home_flows_say_who_it_is() -> None:
    # by the ways P is a's school; the addresses say that it is b's
    rows = [
        {"area_id": a, "school_id": s, "year": 2025, "stage": "primary", "pupils": n}
        for a, s, n in (("a", "Q", 5000), ("b", "P", 5000))
    ]
    even = {("P", "G1"): 30, ("Q", "G1"): 30, ("P", "G2"): 20, ("Q", "G2"): 20}
    by_ways, by_homes = (flows(toy(even, tables=t).allocate()) for t in ({}, {"flows": rows}))
    assert by_ways[("a", "P")] > 30
    assert by_homes[("a", "Q")] >= 49
    assert by_homes[("b", "P")] >= 49


def test_pupils_from_outside_and_beyond_the_border() -> None:
    # 20 of a's 50 attend beyond the border, 8 come from outside to Q, as the flows of last year say
    rows = [{"area_id": OUTSIDE, "school_id": "Q", "year": 2024, "stage": "primary", "pupils": 30}]
    rolls = {("P", "G1"): 18, ("Q", "G1"): 34, ("P", "G2"): 12, ("Q", "G2"): 24}
    found = toy(
        rolls,
        {"flows": rows},
        pupils={**PUPILS, (OUTSIDE, "G1"): 4, (OUTSIDE, "G2"): 4},
        leaving={("a", "primary"): 0.4},
    ).allocate()
    assert came(found) == rolls
    sent = flows(found)
    assert sent[(OUTSIDE, "Q")] == 8
    assert sent[("a", OUTSIDE)] == 20
    assert ("b", OUTSIDE) not in sent


def test_the_border_takes_what_no_roll_holds() -> None:
    # 12 of G1 expected beyond the border, 11 are in no roll
    rolls = {("P", "G1"): 19, ("Q", "G1"): 30, ("P", "G2"): 12, ("Q", "G2"): 20}
    found = toy(rolls, leaving={("a", "primary"): 0.4}).allocate()
    assert came(found) == rolls
    assert by_grade(found)[("a", OUTSIDE, "G1")] == 11


def test_newcomers_go_where_the_rolls_said_pupils_go() -> None:
    # seven of ten attend P, where the rule alone would halve them; 2,000 pupils say nearly all there is to say
    many = {cell: 20 * n for cell, n in PUPILS.items()}
    told = toy(
        {cell: 20 * n for cell, n in ROLLS.items()},
        pupils=many,
        years=(2025, 2026),
        parameters={"clock": "afresh", "rule": "nearest"},
    )
    later = came(told.allocate(), 2026)
    assert later["P", "G1"] + later["P", "G2"] == pytest.approx(1400, rel=0.01)


def test_a_new_school_attracts_as_the_mean_of_its_kind() -> None:
    # R opens in 2026, rural like Q; P is urban. One area, even ways: shares by places × attraction
    schools = [
        {"school_id": "P", "stage": "primary", "rooms": 10, "area_type": "urban"},
        {"school_id": "Q", "stage": "primary", "rooms": 10, "area_type": "rural"},
        {"school_id": "R", "stage": "primary", "rooms": 10, "area_type": "rural", "valid_from": 2026},
    ]
    found = toy(
        {("P", "G1"): 75, ("Q", "G1"): 25},
        schools=schools,
        minutes={("a", s): 3.0 for s in "PQR"},
        pupils={("a", "G1"): 100},
        years=(2025, 2026),
        parameters={"clock": "afresh", "rule": "nearest"},
    ).allocate()
    assert of_school(found, "P")["attraction"] / of_school(found, "Q")["attraction"] == pytest.approx(3)
    assert came(found, 2026) == {("P", "G1"): 60, ("Q", "G1"): 20, ("R", "G1"): 20}


def test_rezoning_moves_where_newcomers_want_to_go() -> None:
    zones = [
        {"area_id": "a", "school_id": "P", "stage": "primary", "valid_to": 2025},
        {"area_id": "a", "school_id": "Q", "stage": "primary", "valid_from": 2026},
        {"area_id": "b", "school_id": "Q", "stage": "primary"},
    ]
    at = {"years": (2025, 2026), "parameters": {"rule": "catchment", "clock": "afresh", "out_of_zone": 0.1}}
    rolls = {("P", "G1"): 30, ("Q", "G1"): 30, ("P", "G2"): 20, ("Q", "G2"): 20}
    kept = toy(rolls, {"catchments": [z for z in zones if z["area_id"] == "b"]}, **at).allocate()
    moved = toy(rolls, {"catchments": zones}, **at).allocate()
    assert came(moved) == rolls
    assert came(moved, 2026)[("P", "G1")] < 10 < came(kept, 2026)[("P", "G1")]


def test_reverse_sends_village_children_home() -> None:
    # the town school T is as near as the village school V to nobody, yet most of b's children go there
    schools = [
        {"school_id": "T", "stage": "primary", "rooms": 20, "area_type": "urban"},
        {"school_id": "V", "stage": "primary", "rooms": 20, "area_type": "rural"},
    ]
    areas = [{**row, "area_type": kind} for row, kind in zip(squares(["a", "b"]), ("urban", "rural"), strict=True)]
    base = toy(
        {("T", "G1"): 90, ("V", "G1"): 10},
        {"areas": areas},
        schools=schools,
        minutes={("a", "T"): 1.0, ("a", "V"): 60.0, ("b", "T"): 20.0, ("b", "V"): 1.0},
        pupils={("a", "G1"): 50, ("b", "G1"): 50},
        years=(2025, 2026, 2027),
        parameters={"clock": "afresh", "rule": "nearest"},
    )
    told = {"hold": {}, "trend": {"town_schooling_change": 0.5}, "reverse": {"town_schooling_years": 2}}
    found = {
        mode: replace(base, parameters={**base.parameters, "town_schooling": mode, **more}).allocate()
        for mode, more in told.items()
    }
    in_town = {
        mode: of.tables["town_schooling"]
        .set_index(["stage", "year"])["village_pupils_in_towns"]
        .loc["primary"]
        .tolist()
        for mode, of in found.items()
    }
    assert [shares[0] for shares in in_town.values()] == [0.8, 0.8, 0.8]
    assert in_town["hold"] == [0.8, 0.8, 0.8]
    # trend: odds 4 × e^0.5 and 4 × e; reverse in two years: 19 minutes at friction 5 leave 1.1 of 50, in whole pupils
    assert in_town["trend"][1:] == pytest.approx([0.868, 0.916], abs=0.02)
    assert in_town["reverse"][2] <= 0.04 < in_town["reverse"][1] < 0.8


def test_areas_and_schools_that_no_way_joins() -> None:
    found = toy(pupils={**PUPILS, ("c", "G1"): 5}, areas=("a", "b", "c")).allocate()
    assert found.unplaced.sum() == 5
    assert sum(came(found).values()) == 100


def test_no_places_anywhere_still_has_the_base_year_unplaced_not_lost() -> None:
    closed = [{**row, "rooms": 0} for row in SCHOOLS]
    found = toy(schools=closed).allocate()
    assert found.unplaced.sum() + sum(came(found).values()) == 100


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["intake", "afresh"]))
def test_any_rolls_of_the_pupils_there_are_become_the_base_year(seed: int, clock: str) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 9, (3, 2, 3))  # area, school, grade
    areas, schools, grades = "abc", "PQ", ("G1", "G2", "G3")
    rolls = {(s, g): int(truth[:, j, k].sum()) for j, s in enumerate(schools) for k, g in enumerate(grades)}
    pupils = {(a, g): int(truth[i, :, k].sum()) for i, a in enumerate(areas) for k, g in enumerate(grades)}
    minutes = {(a, s): float(random.integers(1, 40)) for a in areas for s in schools}
    found = toy(
        rolls, pupils=pupils, minutes=minutes, areas=tuple(areas), years=(2025, 2026), parameters={"clock": clock}
    ).allocate()
    assert came(found) == {cell: n for cell, n in rolls.items() if n}
    assert found.unplaced[:, 0].sum() == 0

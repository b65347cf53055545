"""Laws of the yearly clock on small random counties whose schools open, close, reopen, convert and end at a grade."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import STAGES
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from toy_run import NORMS, Toy

from placesim.errors import DataError
from placesim.records import Allocation
from placesim.scenario.changes import BuyPlaces, Change, Close, Convert, Expand, Reopen, Suspend
from placesim.vocabulary import EMERGENCY

YEARS = (2025, 2026, 2027, 2028)
AREAS = ("a", "b", "c")
NAMES = ("P", "Q", "R", "S")
FIND = (Phase.explicit, Phase.reuse, Phase.generate)  # a county takes long to shrink


@st.composite
def counties(draw: st.DrawFn) -> Toy:
    schools: list[dict[str, Any]] = []
    kinds = {}
    for name in NAMES:
        kind = kinds[name] = draw(st.sampled_from(["primary", "primary", "junior", "both", "low", "given"]))
        row = {
            "school_id": name, "rooms": draw(st.integers(0, 9)), "institution_id": draw(st.sampled_from(["I", None])),
            "area_type": draw(st.sampled_from(["town", "rural"])), "beds": draw(st.sampled_from([None, 20])),
        }  # fmt: skip
        if draw(st.integers(0, 4)) == 0:
            row["valid_from"] = 2027
        if kind == "given":
            row = {**row, "rooms": None, "places": 7 * row["rooms"]}
        if kind == "low":
            row["last_grade"] = draw(st.sampled_from(["G1", "G2"]))
        taught = ("primary", "junior") if kind == "both" else ("junior",) if kind == "junior" else ("primary",)
        schools += [{**row, "stage": stage} for stage in taught]
    minutes = {(a, s): float(draw(st.integers(1, 40))) for a in AREAS for s in NAMES if draw(st.integers(0, 3))}
    count = st.one_of(st.just(0.0), st.integers(0, 40).map(float), st.floats(0, 30))
    pupils = {(a, g): [draw(count) for _ in YEARS] for a in (*AREAS, "outside") for g in STAGES.grades
              if a != "outside" or draw(st.integers(0, 3)) == 0}  # fmt: skip
    rolls = [{"school_id": s["school_id"], "year": 2025, "grade": g, "pupils": draw(st.integers(0, 25))}
             for s in schools for g in STAGES.grades[STAGES.grade_slice(s["stage"])]]  # fmt: skip
    shares = draw(st.sampled_from([{}, {"dropping_out": 0.3, "to_town": 0.3, "boarding": 0.2}]))
    toy = Toy(
        schools, minutes, pupils, areas=AREAS, years=YEARS, changes=draw(changes(schools, kinds)),
        leaving={(a, s): draw(st.sampled_from([0.0, 0.3])) for a in AREAS for s in STAGES.ids},
        tables={"enrolment": rolls} if draw(st.booleans()) else {},
        parameters={"closure": shares, "calibrate": draw(st.booleans())},
    )  # fmt: skip
    try:
        _ = toy.places
    except DataError:  # a change that the county refuses
        return replace(toy, changes={})
    return toy


@st.composite
def changes(draw: st.DrawFn, schools: list[dict[str, Any]], kinds: dict[str, str]) -> dict[str, Change]:
    there = [s for s in NAMES if not any(r["school_id"] == s and r.get("valid_from") for r in schools)]
    if not there:
        return {}
    first, year = draw(st.sampled_from(there)), draw(st.sampled_from(YEARS[1:]))
    stages = {r["stage"] for r in schools if r["school_id"] == first}
    others = [r["school_id"] for r in schools if r["school_id"] in there and r["school_id"] != first
              and r["stage"] in stages]  # fmt: skip
    receivers = tuple(dict.fromkeys(others))[: draw(st.integers(0, 2))]
    kind = draw(st.sampled_from(["none", "close", "suspend", "convert", "buy", "expand"]))
    if kind == "close":
        return {"c": Close(kind="close", school=first, year=year, receivers=receivers)}
    if kind == "suspend":
        out = {"c": Suspend(kind="suspend", school=first, year=2026, receivers=receivers),
               "d": Reopen(kind="reopen", school=first, year=draw(st.sampled_from([2027, 2028])))}  # fmt: skip
        return dict(out)
    if kind == "convert" and kinds[first] == "primary":
        return {"c": Convert(kind="convert", school=first, year=year, from_stage="primary", to_stage="junior")}
    if kind == "buy":
        return {"c": BuyPlaces(kind="buy_places", school=first, year=year, until=2028, stage=min(stages), places=10)}
    if kind == "expand" and kinds[first] != "given":
        return {"c": Expand(kind="expand", school=first, year=year, rooms=3)}
    return {}


def sitting(found: Allocation, t: int) -> dict[tuple[int, int], dict[int, int]]:
    """pupils of the county by (area, grade), by school."""
    out: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for at in np.flatnonzero(found.year == t).tolist():
        out[found.area[at], found.grade[at]][int(found.school[at])] += int(found.pupils[at])
    return out


@settings(max_examples=25, phases=FIND)
@given(counties())
def test_children_are_conserved_and_taught(toy: Toy) -> None:
    found, places = toy.allocate(), toy.places
    placed = np.zeros((len(AREAS) + 1, len(YEARS), len(STAGES.grades)), dtype=int)
    for a, t, g, n in zip(found.area, found.year, found.grade, found.pupils, strict=True):
        placed[a, t, g] += n
    asked = found.demand.sum(axis=3)
    assert (placed + found.unplaced.sum(axis=3) == asked).all()
    assert (np.abs(asked - toy.demand.pupils.sum(axis=3)) <= 1).all()
    inside = found.school < len(places.ids)
    assert places.serves[found.school[inside], found.grade[inside], found.year[inside]].all()


@settings(max_examples=25, phases=FIND)
@given(counties())
def test_nobody_moves_without_reason(toy: Toy) -> None:
    """Where a school still teaches the grade, as many of an area stay as before, less those who left the area."""
    found, places, stage = toy.allocate(), toy.places, STAGES.stage_of_grade
    for t in range(1, len(YEARS)):
        before, now = sitting(found, t - 1), sitting(found, t)
        for (a, g), schools in before.items():
            if g + 1 >= len(stage) or stage[g + 1] != stage[g]:
                continue
            asked = int(found.demand[a, t, g + 1].sum())
            left = max(sum(schools.values()) - asked, 0)
            for s, n in schools.items():
                if s < len(places.ids) and not places.serves[s, g + 1, t]:
                    continue
                gone = n - now[a, g + 1][s]
                assert gone <= left  # arrivals may hide leavers, never the other way round
                left -= max(gone, 0)


@settings(max_examples=25, phases=FIND)
@given(counties())
def test_entry_classes_fit_into_the_rooms_that_go_on_leaving(toy: Toy) -> None:
    found, places = toy.allocate(), toy.places
    entry = np.array([True, False, False, True, False])
    for t in range(1, len(YEARS)):
        for s in range(len(places.ids)):
            rooms, grades = int(places.rooms[s, t]), int(places.serves[s, :, t].sum())
            if rooms == 0 or grades > rooms:
                continue
            classes = found.classes[s, :, t]
            # classes of entrants who were admitted; from outside they come whatever the rooms
            admitted = found.roll[s, :, t] - found.continuing[s, :, t]
            outside = found.inflow[s, :, t][entry].sum() > 0
            if admitted[entry].sum() > 0 and not outside:
                assert classes.sum() <= rooms, (s, t, classes, rooms)


@settings(max_examples=25, phases=FIND)
@given(counties())
def test_nobody_is_admitted_beyond_emergency_size(toy: Toy) -> None:
    found, places = toy.allocate(), toy.places
    for t in range(len(YEARS)):
        for s in range(len(places.ids)):
            for k in range(2):
                of = STAGES.stage_of_grade == k
                roll, there = found.roll[s, of, t].sum(), found.continuing[s, of, t].sum()
                most = found.stage_places[s, k, t, EMERGENCY]
                assert roll <= max(most, there)
            rooms = int(places.rooms[s, t])
            if t and rooms >= places.serves[s, :, t].sum() and rooms and not toy.changes:
                for g in np.flatnonzero(found.classes[s, :, t]).tolist():
                    roll, there = found.roll[s, g, t], found.continuing[s, g, t]
                    assert roll <= max(15 * found.classes[s, g, t], there)


@settings(max_examples=15, phases=FIND)
@given(counties(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(toy: Toy, rng: Any) -> None:
    placed = [{"x": 100.0 * i, "y": 0.0, **row} for i, row in enumerate(toy.schools)]
    mixed, rolls = list(placed), list(toy.tables.get("enrolment", ()))
    rng.shuffle(mixed)
    rng.shuffle(rolls)
    tables = {"enrolment": rolls} if rolls else {}
    one, two = replace(toy, schools=placed).allocate(), replace(toy, schools=mixed, tables=tables).allocate()
    assert one.rows().equals(two.rows())
    for name, table in one.tables.items():
        assert table.equals(two.tables[name]), name


@settings(max_examples=25, phases=FIND)
@given(counties())
def test_september_adds_up(toy: Toy) -> None:
    """roll = continuing + admitted + moved in; admitted within the places for entrants and those from outside."""
    found, places = toy.allocate(), toy.places
    for row in found.tables["intake"].itertuples():
        s, t = places.ids.index(row.school_id), YEARS.index(row.year)
        grades = STAGES.grade_slice(row.stage)
        roll = found.roll[s, grades, t]
        assert row.continuing + row.admitted + row.moved_in == roll.sum()
        assert min(row.continuing, row.admitted, row.moved_in, row.wanted) >= 0
        inflow = found.inflow[s, grades, t][0]
        assert row.admitted <= max(row.intake_emergency, inflow)
        assert row.intake_design <= row.intake_cap <= row.intake_emergency


def test_unplaced_get_in_when_there_is_room() -> None:
    """One room of one grade-1 class: 15 of 20 get in; in 2026 the others are in G2 and find the two rooms of that
    year's expansion; without it they wait as long as the stage lasts."""
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 3}], {("a", "P"): 5.0},
        {("a", "G1"): [50, 0, 0], ("a", "G2"): [0, 50, 0], ("a", "G3"): [0, 0, 50]}, areas=("a",), years=YEARS[:3],
        changes={"e": Expand(kind="expand", school="P", year=2027, rooms=1)},
    )  # fmt: skip
    assert toy.allocate().unplaced.sum(axis=(0, 2, 3)).tolist() == [5, 5, 0]
    assert replace(toy, changes={}).allocate().unplaced.sum(axis=(0, 2, 3)).tolist() == [5, 5, 5]


@pytest.mark.parametrize("rule", ["nearest", "transport", "catchment"])
def test_no_places_anywhere_and_no_school_in_reach(rule: str) -> None:
    pupils = {(a, g): 9.0 for a in ("a", "b") for g in STAGES.grades}
    none = Toy([{"school_id": "P", "stage": "primary", "rooms": 0}], {("a", "P"): 5.0}, pupils, years=YEARS,
               parameters={"rule": rule})  # fmt: skip
    found = none.allocate()
    assert (found.unplaced[1].sum(axis=(1, 2)) == 45).all()  # b has no way at all
    if rule == "transport":
        assert (found.unplaced[0].sum(axis=(1, 2)) == 45).all()
    without_norms = replace(none, norms={}, schools=[{"school_id": "P", "stage": "primary", "rooms": 5}])
    assert (without_norms.allocate().unplaced[1].sum(axis=(1, 2)) == 45).all()


def test_a_school_that_closes_and_reopens_fills_up_anew() -> None:
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 6}, {"school_id": "Q", "stage": "primary", "rooms": 6}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0}, {("a", g): 10.0 for g in ("G1", "G2", "G3")}, areas=("a",),
        years=(2025, 2026, 2027, 2028, 2029),
        changes={"s": Suspend(kind="suspend", school="P", year=2026, receivers=("Q",)),
                 "r": Reopen(kind="reopen", school="P", year=2027)},
    )  # fmt: skip
    found = toy.allocate()
    assert found.roll[0].T[:, :3].tolist() == [[10, 10, 10], [0, 0, 0], [10, 0, 0], [10, 10, 0], [10, 10, 10]]
    assert found.unplaced.sum() == 0


def test_a_school_converted_to_junior_lets_its_pupils_go() -> None:
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 3}, {"school_id": "Q", "stage": "primary", "rooms": 9}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0}, {("a", g): 10.0 for g in STAGES.grades}, areas=("a",), years=YEARS,
        changes={"c": Convert(kind="convert", school="P", year=2026, from_stage="primary", to_stage="junior")},
    )  # fmt: skip
    found = toy.allocate()
    # 2026: G2 and G3 of P go to free rooms of Q; P takes grade 4 alone, then fills up; nobody taught grade 5
    assert found.roll[0].T.tolist() == [[10, 10, 10, 0, 0], [0, 0, 0, 10, 0], [0, 0, 0, 10, 10], [0, 0, 0, 10, 10]]
    assert found.roll[1].T.tolist() == [[0] * 5] + [[10, 10, 10, 0, 0]] * 3
    assert found.unplaced[0, :, :, 0].sum(axis=1).tolist() == [20, 10, 0, 0]


def test_grades_taught_together_share_their_rooms() -> None:
    """复式班: three grades in two rooms; 24 pupils at cap and 30 at most, whatever their grades."""
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 2}], {("a", "P"): 5.0},
        {("a", "G1"): [8, 8, 14], ("a", "G2"): [8, 8, 8], ("a", "G3"): [8, 8, 8]}, areas=("a",), years=YEARS[:3],
    )  # fmt: skip
    found = toy.allocate()
    assert found.roll[0, :3].sum(axis=0).tolist() == [24, 24, 30]
    assert found.unplaced.sum() == 0


def test_base_year_equals_its_rolls() -> None:
    rolls = [{"school_id": s, "year": 2025, "grade": g, "pupils": n, "classes": 1} for s, g, n in (
        ("P", "G1", 22), ("P", "G2", 3), ("P", "G3", 11), ("Q", "G1", 8), ("Q", "G2", 17), ("Q", "G3", 9))]  # fmt: skip
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 3}, {"school_id": "Q", "stage": "primary", "rooms": 3}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0, ("b", "P"): 9.0, ("b", "Q"): 4.0},
        {("a", "G1"): 20, ("b", "G1"): 10, ("a", "G2"): 10, ("b", "G2"): 10, ("a", "G3"): 10, ("b", "G3"): 10},
        years=YEARS, tables={"enrolment": rolls}, norms=NORMS,
    )  # fmt: skip
    found = toy.allocate()
    assert found.roll[:, :3, 0].tolist() == [[22, 3, 11], [8, 17, 9]]
    assert found.classes[:, :3, 0].tolist() == [[1, 1, 1], [1, 1, 1]]  # as counted, large as they are


def test_pupils_from_outside_whose_school_closes_are_enrolled_once() -> None:
    """Four of the eight sat in Q and look for a school in 2026: they are no newcomers of that year."""
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 3}, {"school_id": "Q", "stage": "primary", "rooms": 3}],
        {("a", "P"): 5.0, ("a", "Q"): 9.0}, {("a", "G2"): 45.0, ("outside", "G1"): [8, 0], ("outside", "G2"): [0, 8]},
        areas=("a",), years=YEARS[:2], changes={"c": Close(kind="close", school="Q", year=2026)},
    )  # fmt: skip
    found = toy.allocate()
    assert found.inflow[:, :2].sum(axis=0).tolist() == [[8, 0], [0, 8]]
    assert found.demand[1, :, :2].sum(axis=2).tolist() == [[8, 0], [0, 8]]

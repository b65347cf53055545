"""The run's allocation: hand-worked years, laws as properties, and the objective against an independent solver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import STAGES
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_flow import by_linear_programme
from toy_run import NORMS, Toy, by_grade, flows

from placesim.records import Allocation, Demand, LawError, Stage, Stages
from placesim.standards.norms import StageNorms
from placesim.vocabulary import DESIGN, EMERGENCY, PARTS

ONE = Stages((Stage("primary", ("G1", "G2"), {"en": "Primary"}, 6),))
HARD = {"primary": StageNorms(10, 10, 10), "junior": StageNorms(10, 10, 10)}


def primary(school: str, rooms: int, **more: Any) -> dict[str, Any]:
    return {"school_id": school, "stage": "primary", "rooms": rooms, **more}


def nine_year(school: str, rooms: int, **more: Any) -> list[dict[str, Any]]:
    return [{"school_id": school, "stage": s, "rooms": rooms, **more} for s in ("primary", "junior")]


# ------------------------------------------------------------------------------------------------- rules
def test_nearest_ignores_places() -> None:
    toy = Toy(
        [primary("P", 1), primary("Q", 9)],
        {("a", "P"): 5.0, ("a", "Q"): 6.0, ("b", "P"): 8.0, ("b", "Q"): 8.0},
        {("a", "G1"): 40, ("b", "G1"): 3},
        parameters={"rule": "nearest"},
    )
    assert flows(toy.allocate()) == {("a", "P"): 40, ("b", "P"): 3}  # equally near: the first by id


def test_transport_weighs_overload_against_the_way() -> None:
    # one room each: 10 design, 12 cap, 15 emergency; Q is 8 minutes farther, a place over design costs 10
    toy = Toy([primary("P", 1), primary("Q", 1)], {("a", "P"): 5.0, ("a", "Q"): 13.0}, {})
    expected = {10: (10, 0), 13: (10, 3), 22: (12, 10), 24: (12, 12), 26: (14, 12), 29: (15, 14), 33: (15, 15)}
    for pupils, (p, q) in expected.items():
        found = replace(toy, pupils={("a", "G1"): pupils}).allocate()
        sent = flows(found)
        assert (sent.get(("a", "P"), 0), sent.get(("a", "Q"), 0)) == (p, q)
        assert found.unplaced.sum() == pupils - p - q


def test_a_longer_way_than_the_stage_allows_is_not_used() -> None:
    toy = Toy([primary("P", 1)], {("a", "P"): 31.0}, {("a", "G1"): 5}, parameters={"limit_minutes": {"primary": 30.0}})
    assert toy.allocate().unplaced.sum() == 5
    assert flows(replace(toy, parameters={"limit_minutes": {"junior": 30.0}}).allocate()) == {("a", "P"): 5}


def test_only_the_nearest_candidates_with_places_count() -> None:
    toy = Toy(
        [primary("P", 0), primary("Q", 1), primary("R", 5)],
        {("a", "P"): 1.0, ("a", "Q"): 2.0, ("a", "R"): 3.0},
        {("a", "G1"): 20},
        norms=HARD,
    )
    assert flows(replace(toy, parameters={"candidates": 1}).allocate()) == {("a", "Q"): 10}
    assert flows(replace(toy, parameters={"candidates": 2}).allocate()) == {("a", "Q"): 10, ("a", "R"): 10}


def test_a_rule_for_each_stage() -> None:
    toy = Toy(
        [primary("P", 1), {"school_id": "J", "stage": "junior", "rooms": 1}],
        {("a", "P"): 1.0, ("a", "J"): 1.0},
        {("a", "G1"): 99, ("a", "G4"): 99},
        parameters={"rule": "nearest", "rules": {"junior": "transport"}},
    )
    found = toy.allocate()
    assert flows(found) == {("a", "P"): 99, ("a", "J"): 15}
    assert dict(found.rules) == {"primary": "nearest", "junior": "transport"}
    assert found.capacity_bound == ("junior",)


# ------------------------------------------------------------------------------------------------- grade bands
def test_grades_go_only_where_they_are_taught_and_share_the_places() -> None:
    # T teaches G1–G2 next door, P all grades farther away
    toy = Toy(
        [primary("P", 2), primary("T", 1, last_grade="G2")],
        {("a", "P"): 20.0, ("a", "T"): 2.0},
        {("a", "G1"): 4, ("a", "G2"): 4, ("a", "G3"): 4, ("b", "G3"): 1},
        norms=HARD,
    )
    found = toy.allocate()
    assert by_grade(found) == {("a", "T", "G1"): 4, ("a", "T", "G2"): 4, ("a", "P", "G3"): 4}
    assert found.unplaced.sum() == 1  # b reaches nothing
    crowded = by_grade(replace(toy, pupils={("a", g): 9 for g in ("G1", "G2", "G3")}).allocate())
    assert sum(n for (_, s, _), n in crowded.items() if s == "T") == 10  # both grades share the ten places
    assert ("a", "T", "G3") not in crowded


def test_a_school_that_closes_takes_nobody_any_more() -> None:
    toy = Toy(
        [primary("P", 3), primary("Q", 3, valid_to=2025)],
        {("a", "P"): 9.0, ("a", "Q"): 1.0},
        {("a", "G1"): 5},
        years=(2025, 2026),
    )
    rows = toy.allocate().rows()
    assert dict(zip(rows["year"], rows["school_id"], strict=True)) == {2025: "Q", 2026: "P"}


# ------------------------------------------------------------------------------------------------- outside
def test_leavers_are_placed_outside_and_need_no_place() -> None:
    toy = Toy(
        [primary("P", 1)],
        {("a", "P"): 1.0},
        {("a", "G1"): 20},
        leaving={("a", "primary"): 0.5, ("outside", "primary"): 1.0},
    )
    found = toy.allocate()
    assert flows(found) == {("a", "P"): 10, ("a", "outside"): 10}
    assert found.roll.sum() == 10


def test_inflow_follows_the_latest_flows_and_is_seated_first() -> None:
    rows = [
        {"area_id": "outside", "school_id": "P", "year": 2099, "stage": "primary", "pupils": 500},
        {"area_id": "outside", "school_id": "P", "year": 2023, "stage": "primary", "pupils": 500},
        {"area_id": "outside", "school_id": "P", "year": 2024, "stage": "primary", "pupils": 30},
        {"area_id": "outside", "school_id": "Q", "year": 2024, "stage": "primary", "grade": "G1", "pupils": 10},
        {"area_id": "a", "school_id": "Q", "year": 2024, "stage": "primary", "pupils": 99},
    ]
    toy = Toy(
        [primary("P", 1), primary("Q", 1)],
        {("a", "P"): 1.0, ("a", "Q"): 5.0},
        {("outside", "G1"): 8, ("a", "G1"): 11},
        tables={"flows": rows},
        norms=HARD,
    )
    found = toy.allocate()
    assert flows(found) == {("outside", "P"): 6, ("outside", "Q"): 2, ("a", "P"): 4, ("a", "Q"): 7}
    assert found.inflow.sum() == 8


def test_inflow_beyond_the_places_is_enrolled_all_the_same() -> None:
    rows = [{"area_id": "outside", "school_id": "P", "year": 2024, "stage": "primary", "pupils": 1}]
    toy = Toy([primary("P", 1)], {("a", "P"): 1.0}, {("outside", "G1"): 40, ("a", "G1"): 5}, tables={"flows": rows})
    found = toy.allocate()
    assert flows(found) == {("outside", "P"): 40}
    assert found.unplaced.sum() == 5


def test_inflow_without_flows_goes_by_places_and_stays_unplaced_where_nobody_teaches_it() -> None:
    toy = Toy([primary("P", 3), primary("Q", 1)], {}, {("outside", "G1"): 8, ("outside", "G4"): 3})
    found = toy.allocate()
    assert flows(found) == {("outside", "P"): 6, ("outside", "Q"): 2}
    assert found.unplaced.sum() == 3


def test_inflow_to_a_school_that_lacks_the_grade_goes_by_places() -> None:
    rows = [{"area_id": "outside", "school_id": "T", "year": 2024, "stage": "primary", "pupils": 9}]
    toy = Toy(
        [primary("P", 1), primary("T", 1, last_grade="G1")], {}, {("outside", "G1"): 3, ("outside", "G2"): 3},
        tables={"flows": rows},
    )  # fmt: skip
    assert by_grade(toy.allocate()) == {("outside", "T", "G1"): 3, ("outside", "P", "G2"): 3}


# ------------------------------------------------------------------------------------------------- pooled rooms
def test_rooms_of_a_campus_follow_the_need_of_its_stages() -> None:
    pupils = {("a", "G1"): 40, ("a", "G4"): 20}
    found = Toy(nine_year("N", 9), {("a", "N"): 5.0}, pupils).allocate()
    assert found.stage_rooms[0, :, 0].tolist() == [6, 3]  # 4 and 2 classes, 3 spare rooms as 2 and 1
    assert found.stage_places[0, :, 0, DESIGN].tolist() == [60, 30]
    assert found.unplaced.sum() == 0


def test_too_few_rooms_are_split_by_need() -> None:
    found = Toy(nine_year("N", 4), {("a", "N"): 5.0}, {("a", "G1"): 60, ("a", "G4"): 30}, norms=HARD).allocate()
    assert found.stage_rooms[0, :, 0].tolist() == [3, 1]  # need 6 and 3 classes: quotas 2.67 and 1.33
    assert found.unplaced[:, 0, :, 0].sum() == 90 - 40


def test_whole_rooms_go_where_the_nearest_pupils_need_them() -> None:
    schools = [*nine_year("N", 6), primary("P", 1)]
    minutes = {("a", "N"): 5.0, ("b", "N"): 5.0, ("b", "P"): 6.0}
    pupils = {("a", "G1"): 30, ("b", "G1"): 20, ("a", "G4"): 1}
    found = Toy(schools, minutes, pupils, norms=HARD).allocate()
    assert found.stage_rooms[0, :, 0].tolist() == [5, 1]
    assert flows(found) == {("a", "N"): 31, ("b", "N"): 20}


def test_a_spare_room_moves_to_the_stage_that_is_full() -> None:
    # by nearest schools N needs one room for each stage and splits its four evenly; then 20 of b's 30 find P full and
    # come to N, whose primary is full with 20 of the 30, while a junior room stands empty
    schools = [*nine_year("N", 4), primary("P", 1)]
    minutes = {("a", "N"): 1.0, ("b", "P"): 1.0, ("b", "N"): 10.0}
    pupils = {("a", "G1"): 10, ("a", "G4"): 10, ("b", "G1"): 30}
    found = Toy(schools, minutes, pupils, norms=HARD).allocate()
    assert flows(found) == {("a", "N"): 20, ("b", "P"): 10, ("b", "N"): 20}
    assert found.stage_rooms[0, :, 0].tolist() == [3, 1]
    assert found.stage_places[0, :, 0, DESIGN].tolist() == [30, 10]
    assert found.unplaced.sum() == 0


def test_rooms_that_the_full_stage_does_not_need_after_all_are_shared_again() -> None:
    schools = [*nine_year("N", 12), primary("P", 1)]
    minutes = {("a", "N"): 1.0, ("b", "P"): 1.0, ("b", "N"): 10.0}
    pupils = {("a", "G1"): 10, ("a", "G4"): 20, ("b", "G1"): 41}
    found = Toy(schools, minutes, pupils, norms=HARD).allocate()
    assert found.unplaced.sum() == 0  # first 4 and 8 rooms, primary full with 40; then 10 and 2 rooms for 41 and 20
    assert found.stage_rooms[0, :, 0].tolist() == [9, 3]  # 5 and 2 are needed, the other five go 3.57 : 1.43


def test_a_campus_of_one_stage_keeps_its_rooms_and_given_places_stay() -> None:
    schools = [primary("P", 4), {"school_id": "G", "stage": "primary", "places": 25}]
    found = Toy(schools, {("a", "P"): 1.0, ("a", "G"): 2.0}, {("a", "G1"): 30}).allocate()
    assert found.stage_rooms[:, 0, 0].tolist() == [0, 4]  # G, P
    assert found.stage_places[0, 0, 0].tolist() == [25, 30, 37]


# ------------------------------------------------------------------------------------------------- whole pupils
def test_whole_pupils_follow_the_cohort() -> None:
    years = (2025, 2026, 2027)
    ones = {("a", "G1"): [3.4, 0, 0], ("a", "G2"): [0, 3.4, 0], ("a", "G3"): [0, 0, 3.4], ("b", "G1"): [2.2, 0, 0]}
    ones |= {("b", "G2"): [0, 2.2, 0], ("b", "G3"): [0, 0, 2.2]}
    demand = Toy([primary("P", 9)], {("a", "P"): 1.0, ("b", "P"): 1.0}, ones, years=years).allocate().demand
    cohort = [demand[:2, t, t, 0].tolist() for t in range(3)]
    assert cohort[0] == cohort[1] == cohort[2]
    assert sum(cohort[0]) in (5, 6)


def test_rooms_an_approved_stage_cannot_fill_relieve_the_other() -> None:
    # many live near, but junior takes no more than 20: two classes; primary needs four rooms for 13 + 13 + 4 pupils
    rows = nine_year("N", 6)
    toy = Toy(
        [rows[0], {**rows[1], "approved_places": 20}], {("a", "N"): 1.0},
        {("a", "G1"): 13, ("a", "G2"): 13, ("a", "G3"): 4, ("a", "G4"): 100, ("a", "G5"): 100},
    )  # fmt: skip
    found = toy.allocate()
    assert found.stage_places[0, 1, 0].tolist() == [20, 20, 20]
    classes = found.classes[0, :, 0]
    assert found.stage_rooms[0, :, 0].tolist() == [4, 2]
    assert sorted(classes[:3].tolist()) == [1, 1, 2]
    assert classes[3:].sum() == 2


@given(
    rooms=st.integers(2, 12), primary_pupils=st.integers(0, 150), junior_pupils=st.integers(0, 150),
    approved=st.integers(1, 120),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_no_stage_lacks_a_room_for_a_class_while_another_has_one_to_spare(
    rooms: int, primary_pupils: int, junior_pupils: int, approved: int
) -> None:
    rows = nine_year("N", rooms)
    pupils = {("a", "G1"): primary_pupils // 2, ("a", "G2"): primary_pupils, ("a", "G4"): junior_pupils}
    toy = Toy([rows[0], {**rows[1], "approved_places": approved}], {("a", "N"): 1.0}, pupils)
    found = toy.allocate()
    wanted = np.array([sum(-(-n // 10) for n in found.roll[0, g, 0].tolist()) for g in (slice(0, 3), slice(3, 5))])
    split = found.stage_rooms[0, :, 0]
    assert split.sum() == rooms
    short = wanted > split
    if short[0]:  # a room of junior beyond its classes is to spare, as it is approved for so many
        assert split[1] <= wanted[1]


def test_classes_are_formed_within_the_rooms_of_the_stage() -> None:
    pupils = {("a", "G1"): 14, ("a", "G2"): 16, ("a", "G3"): 8}
    found = Toy([primary("P", 4)], {("a", "P"): 1.0}, pupils, parameters={"rule": "nearest"}).allocate()
    assert found.classes[0, :, 0].tolist() == [1, 2, 1, 0, 0]  # wanted 2 + 2 + 1 of 4 rooms
    given_ = [{"school_id": "G", "stage": "primary", "places": 10}]
    found = Toy(given_, {("a", "G"): 1.0}, pupils, parameters={"rule": "nearest"}).allocate()
    assert found.classes[0, :, 0].tolist() == [2, 2, 1, 0, 0]


def test_groups_are_dealt_with_their_grade() -> None:
    toy = Toy(
        [primary("P", 1), primary("Q", 1)], {("a", "P"): 1.0, ("a", "Q"): 2.0}, {("a", "G1"): 8}, groups=("x", "y")
    )
    demand = toy.demand
    pupils = demand.pupils.copy()
    pupils[0, 0, 0, 1] = 8
    parts = {p: pupils if p == "rolls" else np.zeros_like(pupils) for p in PARTS}
    both = Demand(demand.areas, demand.years, demand.stages, demand.groups, pupils, parts, demand.leaving_share)
    object.__setattr__(toy, "norms", HARD)
    found = _allocate(toy, both)
    rows = found.rows().groupby(["group", "school_id"])["pupils"].sum()
    assert rows.to_dict() == {("x", "P"): 5, ("x", "Q"): 3, ("y", "P"): 5, ("y", "Q"): 3}


def _allocate(toy: Toy, demand: Demand) -> Allocation:
    from placesim.allocation import allocate
    from placesim.scenario.options import AllocationOptions
    from placesim.scenario.parameters import AllocationParameters

    options = AllocationOptions(toy.stages, AllocationParameters())
    return allocate(demand, toy.travel, toy.places, toy.inputs, options)


# ------------------------------------------------------------------------------------------------- never infeasible
@pytest.mark.parametrize("rule", ["nearest", "catchment", "transport"])
def test_no_school_in_reach_and_no_places_leave_everyone_unplaced(rule: str) -> None:
    none = Toy([primary("P", 0)], {}, {("a", "G1"): 5, ("b", "G4"): 2}, parameters={"rule": rule}).allocate()
    assert none.unplaced.sum() == 7
    assert len(none.pupils) == 0
    closed = Toy(
        [primary("P", 2, valid_from=2026)],
        {("a", "P"): 1.0},
        {("a", "G1"): 5},
        years=(2025, 2026),
        parameters={"rule": rule},
    ).allocate()
    assert closed.unplaced.sum() == 5


def test_nobody_at_all() -> None:
    found = Toy([primary("P", 2)], {("a", "P"): 1.0}, {}).allocate()
    assert (len(found.pupils), found.classes.sum()) == (0, 0)


@pytest.mark.parametrize("rule", ["nearest", "catchment", "transport"])
@pytest.mark.parametrize("junior", [[0.0, 0.0], [0.0, 3.0]])
def test_a_stage_without_pupils_in_some_or_all_years(rule: str, junior: list[float]) -> None:
    toy = Toy(
        nine_year("N", 4), {("a", "N"): 1.0}, {("a", "G1"): 5, ("a", "G4"): junior},
        years=(2025, 2026), parameters={"rule": rule},
    )  # fmt: skip
    found = toy.allocate()
    assert flows(found) == {("a", "N"): 10 + sum(junior)}
    assert found.unplaced.sum() == 0


@pytest.mark.parametrize("rule", ["nearest", "catchment", "transport"])
def test_a_stage_without_a_school_leaves_its_pupils_unplaced(rule: str) -> None:
    toy = Toy(
        [primary("P", 2)], {("a", "P"): 1.0}, {("a", "G1"): 5, ("a", "G4"): 3, ("outside", "G5"): 2},
        parameters={"rule": rule},
    )  # fmt: skip
    found = toy.allocate()
    assert flows(found) == {("a", "P"): 5}
    assert found.unplaced.sum() == 5
    assert found.stage_places[:, 1].sum() == 0


def test_records_of_different_runs_are_refused() -> None:
    toy = Toy([primary("P", 2)], {("a", "P"): 1.0}, {})
    with pytest.raises(LawError, match="years"):
        _allocate(replace(toy, years=(2025, 2026)), toy.demand)


# ------------------------------------------------------------------------------------------------- laws
@st.composite
def toys(draw: st.DrawFn) -> Toy:
    names = ["P", "Q", "R"][: draw(st.integers(1, 3))]
    schools: list[dict[str, Any]] = []
    for name in names:
        rooms = draw(st.integers(0, 6))
        kind = draw(st.sampled_from(["primary", "junior", "both", "low", "given"]))
        if kind == "both":
            schools += nine_year(name, rooms)
        elif kind == "given":
            schools.append({"school_id": name, "stage": "primary", "places": 7 * rooms})
        elif kind == "low":
            schools.append(primary(name, rooms, last_grade="G2"))
        else:
            schools.append({"school_id": name, "stage": kind, "rooms": rooms})
    areas = ["a", "b", "c"]
    minutes = {(a, s): draw(st.floats(0, 60)) for a in areas for s in names if draw(st.booleans())}
    count = st.one_of(st.just(0.0), st.floats(0, 40))
    pupils = {(a, g): [draw(count), draw(count)] for a in [*areas, "outside"] for g in ("G1", "G3", "G4")}
    leaving = {(a, s): draw(st.sampled_from([0.0, 0.3, 1.0])) for a in areas for s in STAGES.ids}
    stages = {"primary": ["P", "Q"], "junior": ["R"]}
    zones = [{"area_id": a, "school_id": s, "stage": k} for a in areas for k in stages for s in stages[k] if s in names]
    rule = draw(st.sampled_from(["nearest", "catchment", "transport"]))
    return Toy(
        schools, minutes, pupils, areas=areas, years=(2025, 2026), leaving=leaving, tables={"catchments": zones[1:]},
        parameters={"rule": rule, "rules": {"junior": draw(st.sampled_from(["nearest", "transport"]))}},
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(toys())
def test_the_laws_hold(toy: Toy) -> None:
    found, places, demand = (
        toy.allocate(),
        toy.places,
        toy.demand,
    )  # the record asserts conservation and the emergency level
    assert (np.abs(found.demand - demand.pupils) < 1).all()
    assert (np.abs(found.demand.sum(axis=0) - demand.pupils.sum(axis=0)) < 1 + 1e-9).all()
    assert (found.roll[~places.serves] == 0).all()
    shared = places.rooms > 0
    assert (found.stage_rooms.sum(axis=1)[shared] == places.rooms[shared]).all()
    assert (np.diff(found.stage_places, axis=3) >= 0).all()
    assert (found.stage_places <= places.places).all()
    assert ((found.classes > 0) == (found.roll > 0)).all()
    pairs = set(zip(toy.travel.area.tolist(), toy.travel.school.tolist(), strict=True))
    for k, stage in enumerate(STAGES.ids):
        if found.rules[stage] == "catchment":
            continue
        mine = (
            (STAGES.stage_of_grade[found.grade] == k) & (found.area < len(toy.areas)) & (found.school < len(places.ids))
        )
        assert set(zip(found.area[mine].tolist(), found.school[mine].tolist(), strict=True)) <= pairs
    keys = np.stack([found.year, found.area, found.school, found.grade, found.group])
    order = np.lexsort(keys[::-1])
    assert np.array_equal(order, np.arange(keys.shape[1]))
    assert (np.diff(keys, axis=1) != 0).any(axis=0).all()  # each flow once


@settings(max_examples=40, deadline=None)
@given(toys(), st.randoms(use_true_random=False))
def test_the_order_of_rows_in_the_files_changes_nothing(toy: Toy, rng: Any) -> None:
    schools, zones = list(toy.schools), list(toy.tables["catchments"])
    placed = [{"x": 100.0 * i, "y": 0.0, **row} for i, row in enumerate(schools)]
    rng.shuffle(placed)
    rng.shuffle(zones)
    first = replace(toy, schools=[{"x": 100.0 * i, "y": 0.0, **row} for i, row in enumerate(schools)]).allocate()
    second = replace(toy, schools=placed, tables={"catchments": zones}).allocate()
    assert first.rows().equals(second.rows())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=4), st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.lists(st.floats(0, 80), min_size=12, max_size=12),
)  # fmt: skip
def test_with_hard_places_the_run_equals_the_linear_programme(
    pupils: list[int], rooms: list[int], ways: list[float]
) -> None:
    areas, schools = ["a", "b", "c", "d"], ["P", "Q", "R"]
    minutes = {(a, s): ways[3 * i + j] for i, a in enumerate(areas) for j, s in enumerate(schools)}
    toy = Toy(
        [primary(s, r) for s, r in zip(schools, rooms, strict=True)], minutes,
        {(a, "G1"): n for a, n in zip(areas, pupils, strict=True)}, areas=areas, stages=ONE, norms=HARD,
    )  # fmt: skip
    found = toy.allocate()
    total = sum(n * minutes[pair] for pair, n in flows(found).items()) + 600.0 * found.unplaced.sum()
    listed = [(areas.index(a), schools.index(s), m) for (a, s), m in minutes.items()]
    exact = by_linear_programme(np.array(pupils), 10 * np.array(rooms), listed, 600.0)
    assert total == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_the_arguments_stay_as_they_were() -> None:
    toy = Toy([*nine_year("N", 4)], {("a", "N"): 5.0}, {("a", "G1"): 12.5, ("a", "G4"): 30})
    demand, places = toy.demand, toy.places
    before = demand.pupils.copy(), places.places.copy(), places.rooms.copy()
    _allocate(toy, demand)
    assert np.array_equal(before[0], demand.pupils)
    assert np.array_equal(before[1], places.places)
    assert (places.places[..., EMERGENCY] >= places.places[..., DESIGN]).all()
    assert NORMS["primary"].class_size_cap == 12

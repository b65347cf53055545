"""Why pupils have no place: each reason by hand, and that the reasons of every year sum to its unplaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from handmade import STAGES
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_run import Toy

from placesim.records import Allocation
from placesim.standards.norms import StageNorms

HARD = {"primary": StageNorms(10, 10, 10), "junior": StageNorms(10, 10, 10)}


def primary(school: str, rooms: int, **more: Any) -> dict[str, Any]:
    return {"school_id": school, "stage": "primary", "rooms": rooms, **more}


def reasons(found: Allocation) -> dict[tuple[str, str, int, str], int]:
    rows = found.tables["unplaced_reasons"]
    names = ("area_id", "grade", "year", "unplaced_reason")
    assert (rows["pupils"] > 0).all()
    assert not rows.duplicated(list(names)).any()
    return dict(zip(zip(*(rows[n] for n in names), strict=True), rows["pupils"].tolist(), strict=True))


def test_no_school_in_reach_and_all_full() -> None:
    toy = Toy([primary("P", 1)], {("a", "P"): 5.0}, {("a", "G1"): 14, ("b", "G1"): 3}, norms=HARD)
    assert reasons(toy.allocate()) == {
        ("a", "G1", 2025, "all_full"): 4,
        ("b", "G1", 2025, "no_school_in_reach"): 3,
    }


def test_a_way_to_a_school_that_does_not_teach_the_grade_is_none() -> None:
    toy = Toy([primary("P", 1, last_grade="G1")], {("a", "P"): 5.0}, {("a", "G1"): 4, ("a", "G2"): 6}, norms=HARD)
    assert reasons(toy.allocate()) == {("a", "G2", 2025, "no_school_in_reach"): 6}


def test_private_schools_do_not_serve_whoever_did_not_apply() -> None:
    toy = Toy(
        [primary("P", 9, sector="private")],
        {("a", "P"): 5.0},
        {("a", "G1"): 20},
        parameters={"private_share": {"primary": 0.25}},
    )
    assert reasons(toy.allocate()) == {("a", "G1", 2025, "not_eligible"): 15}


def test_places_in_reach_that_the_rule_did_not_give() -> None:
    toy = Toy(
        [primary("P", 1), primary("Q", 5)],
        {("a", "P"): 5.0, ("a", "Q"): 50.0},
        {("a", "G1"): 14},
        norms=HARD,
        parameters={"candidates": 1},
    )
    assert reasons(toy.allocate()) == {("a", "G1", 2025, "not_considered"): 4}
    listed = [{"area_id": "a", "stage": "primary", "rank": 1, "school_id": "P", "share": 1.0}]
    choice = replace(toy, tables={"preferences": listed}, parameters={"rule": "choice", "redirect": False})
    assert reasons(choice.allocate()) == {("a", "G1", 2025, "not_considered"): 4}


def test_whoever_dropped_out_when_a_school_closed_until_the_stage_ends() -> None:
    toy = Toy(
        [primary("P", 3, valid_to=2025), primary("Q", 3)],
        {("a", "P"): 1.0, ("a", "Q"): 9.0, ("b", "Q"): 1.0},  # b's pupil keeps a class of the cohort at Q
        {(area, f"G{g + 1}"): np.eye(3)[g] * n for area, n in (("a", 10), ("b", 1)) for g in range(3)},
        years=(2025, 2026, 2027),
        parameters={"closure": {"dropping_out": 0.2}},
    )
    assert reasons(toy.allocate()) == {("a", "G2", 2026, "dropped_out"): 2, ("a", "G3", 2027, "dropped_out"): 2}


def test_unplaced_pupils_apply_again_in_the_group_they_are_of() -> None:
    # 8 owners and 12 with a permit; 10 places in a class of the year: 10 with a permit stay out, and again next year
    rows = [{"area_id": "a", "stage": "primary", "tier": "owner", "share": 0.4},
            {"area_id": "a", "stage": "primary", "tier": "permit", "share": 0.6}]  # fmt: skip
    toy = Toy(
        [primary("P", 1, last_grade="G1"), primary("T", 1, first_grade="G2")],
        {("a", "P"): 5.0, ("a", "T"): 5.0},
        {("a", "G1"): (20, 20), ("a", "G2"): (0, 20)},
        years=(2025, 2026),
        tables={"applicants": rows},
        norms=HARD,
        parameters={"rule": "tiers", "calibrate": False, "tiers": [{"id": "owner"}, {"id": "permit"}]},
    )
    found = toy.allocate()
    assert found.unplaced[0, :, 0].tolist() == [[0, 10], [0, 10]]
    assert reasons(found)["a", "G1", 2026, "all_full"] == 10


@st.composite
def runs(draw: st.DrawFn) -> Toy:
    years = (2025, 2026, 2027)
    schools = [
        primary(s, draw(st.integers(1, 4)), sector=draw(st.sampled_from(["public", "private"])),
                valid_to=draw(st.sampled_from([None, None, 2025, 2026])),
                last_grade=draw(st.sampled_from([None, "G1", "G2"])))
        for s in "PQR"
    ]  # fmt: skip
    minutes = {(a, s): float(draw(st.integers(1, 40))) for a in "ab" for s in "PQR" if draw(st.booleans())}
    pupils = {(a, g): tuple(draw(st.integers(0, 25)) for _ in years) for a in "ab" for g in ("G1", "G2", "G3")}
    tiers = [{"id": "owner"}, {"id": "permit", "order": "distance"}, {"id": "pool", "pool": True}]
    applicants = [{"area_id": a, "stage": "primary", "tier": t, "share": 0.3} for a in "ab" for t in ("owner", "pool")]
    told: dict[str, Any] = {
        "rule": draw(st.sampled_from(["nearest", "catchment", "transport", "tiers", "choice"])),
        "clock": draw(st.sampled_from(["intake", "afresh"])), "redirect": draw(st.booleans()),
        "candidates": draw(st.integers(1, 3)), "closure": {"dropping_out": draw(st.sampled_from([0.0, 0.5]))},
    }  # fmt: skip
    if draw(st.booleans()):
        told |= {"tiers": tiers, "private_share": draw(st.sampled_from([{}, {"primary": 0.3}]))}
    return Toy(
        schools, minutes, pupils, years=years, stages=STAGES, norms=HARD, parameters=told,
        tables={"applicants": applicants}, leaving={("a", "primary"): draw(st.sampled_from([0.0, 0.2]))},
    )  # fmt: skip


@given(runs())
@settings(deadline=None, max_examples=60)
def test_reasons_sum_to_the_unplaced(toy: Toy) -> None:
    found = toy.allocate()  # the record asserts that no child is lost and no place given twice
    rows = found.tables["unplaced_reasons"]
    for t, year in enumerate(toy.years):
        for a, area in enumerate((*toy.areas, "outside")):
            for g, grade in enumerate(toy.stages.grades):
                mine = (rows["year"] == year) & (rows["area_id"] == area) & (rows["grade"] == grade)
                assert rows.loc[mine, "pupils"].sum() == found.unplaced[a, t, g].sum()

"""Every mistake in a change is found, named and placed; all at once."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import STAGES
from toy_supply import NORMS, SCHOOLS, YEARS, options, toy

from placesim.errors import Finding
from placesim.messages import LANGUAGES, catalogue, describe
from placesim.records import Stages
from placesim.scenario.options import SupplyOptions
from placesim.supply import check_changes, roll_forward
from placesim.supply.changes import EFFECTS
from placesim.supply.checks import CHECKS

OPEN = {
    "kind": "open",
    "year": 2025,
    "school": "N",
    "name": "N",
    "stages": ["primary"],
    "rooms": 3,
    "x": 10.0,
    "y": 10.0,
}
CLOSE_C = {"kind": "close", "year": 2026, "school": "C"}


def found(**changes: dict[str, Any]) -> list[Finding]:
    return check_changes(toy(), options(**changes))


WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("E400", "AX", {"kind": "expand", "year": 2025, "school": "AX", "rooms": 1}),
    ("E400", "X", {**CLOSE_C, "receivers": ["X"]}),
    ("E401", "L9", {**OPEN, "site": "L9"}),
    ("E402", "a9", {"kind": "rezone", "year": 2025, "stage": "primary", "areas": ["a1", "a9"], "schools": ["A"]}),
    ("E403", "primry", {**OPEN, "stages": ["primry"]}),
    ("E403", "x", {"kind": "rezone", "year": 2025, "stage": "x", "areas": ["a1"], "schools": ["A"]}),
    ("E406", "2023", {"kind": "expand", "year": 2023, "school": "A", "rooms": 1}),
    ("W400", "2029", {"kind": "expand", "year": 2029, "school": "A", "rooms": 1}),
    ("E407", "D", {"kind": "expand", "year": 2025, "school": "D", "rooms": 1}),
    ("E407", "D", {"kind": "borrow", "year": 2025, "until": 2026, "school": "A", "host": "D", "rooms": 1}),
    ("E408", "A", {"kind": "reduce", "year": 2025, "school": "A", "rooms": 7}),
    ("E408", "C", {"kind": "transfer_rooms", "year": 2025, "from_school": "C", "to_school": "A", "rooms": 4}),
    ("E409", "B", {"kind": "convert", "year": 2025, "school": "B", "from_stage": "primary", "to_stage": "junior"}),
    ("E410", "A", {"kind": "convert", "year": 2025, "school": "A", "from_stage": "junior", "to_stage": "junior"}),
    ("E410", "A", {"kind": "rezone", "year": 2025, "stage": "junior", "areas": ["a1"], "schools": ["A"]}),
    ("E411", "A", {"kind": "merge", "year": 2025, "schools": ["A"], "into": "A"}),
    ("E411", "A", {"kind": "transfer_rooms", "year": 2025, "from_school": "A", "to_school": "A", "rooms": 1}),
    ("E412", "A", {**OPEN, "school": "A"}),
    ("E412", "outside", {**OPEN, "school": "outside"}),
    ("E414", "D", {**CLOSE_C, "receivers": ["B", "D"]}),
    ("E415", "junior", {"kind": "close", "year": 2025, "school": "B", "receivers": ["A"]}),
    ("E416", "A", {"kind": "reopen", "year": 2025, "school": "A"}),
    ("E418", "bus", {"kind": "bus", "year": 2025, "school": "A", "areas": ["a1"], "minutes": 5.0}),
    ("E418", "board", {"kind": "board", "year": 2025, "school": "A", "beds": 5}),
    ("E418", "cap_intake", {"kind": "cap_intake", "year": 2025, "school": "A", "grade": "G1", "limit": 5}),
    ("E418", "split_grades", {"kind": "split_grades", "year": 2025, "school": "A", "campus": "B", "grades": ["G1"]}),
    ("E419", "A", {"kind": "buy_places", "year": 2025, "until": 2026, "school": "A", "stage": "primary", "places": 5}),
    ("E420", "99999.0, 5.0", {**OPEN, "x": 99999.0, "y": 5.0}),
    ("E400", "X", {"kind": "equip", "year": 2025, "school": "X", "stage": "primary", "amounts": {"books": 5}}),
    ("E410", "A", {"kind": "equip", "year": 2025, "school": "A", "stage": "junior", "amounts": {"books": 5}}),
    ("W402", "L1", {**OPEN, "site": "L1"}),
]


@pytest.mark.parametrize(("code", "value", "change"), WRONG, ids=[f"{c}-{v}-{d['kind']}" for c, v, d in WRONG])
def test_one_wrong_change_gives_one_finding(code: str, value: str, change: dict[str, Any]) -> None:
    assert [(f.code, f.value, f.column, f.file) for f in found(it=change)] == [(code, value, "change.it", None)]


def test_the_nearest_known_id_is_suggested() -> None:
    assert found(it={"kind": "expand", "year": 2025, "school": "AX", "rooms": 1})[0].facts["nearest"] == "A"


def test_every_problem_comes_at_once_with_its_change() -> None:
    findings = found(
        a={"kind": "expand", "year": 2025, "school": "Z", "rooms": 1},
        b={"kind": "merge", "year": 2025, "schools": ["Y", "A"], "into": "B"},
        c={"kind": "rezone", "year": 2026, "stage": "nope", "areas": ["q1", "q2"], "schools": ["W"]},
    )
    assert [(f.code, f.column) for f in findings] == [
        ("E400", "change.a"),
        ("E400", "change.b"),
        ("E402", "change.c"),
        ("E402", "change.c"),
        ("E403", "change.c"),
        ("E400", "change.c"),
    ]


def test_a_closed_school_cannot_be_changed() -> None:
    findings = found(a=CLOSE_C, b={"kind": "expand", "year": 2027, "school": "C", "rooms": 1})
    assert [(f.code, f.column) for f in findings] == [("E404", "change.b")]


def test_a_receiver_must_be_open() -> None:
    findings = found(a={"kind": "close", "year": 2025, "school": "A"}, b={**CLOSE_C, "receivers": ["A", "B"]})
    assert [(f.code, f.value) for f in findings] == [("E413", "A")]


def test_a_school_yet_to_open_by_table_or_change() -> None:
    schools = [{**SCHOOLS[0], "valid_from": 2027}, *SCHOOLS[1:]]
    changes = options(
        a={"kind": "expand", "year": 2025, "school": "A", "rooms": 1},
        b={"kind": "expand", "year": 2025, "school": "N", "rooms": 1},
        c={**OPEN, "year": 2028},
    )
    findings = check_changes(toy(schools=schools), changes)
    assert [(f.code, f.value, f.facts["opens"]) for f in findings] == [("E405", "A", 2027), ("E405", "N", 2028)]


def test_opening_the_same_school_twice() -> None:
    assert [f.code for f in found(a=OPEN, b={**OPEN, "year": 2026})] == ["E412"]


def test_reducing_in_several_steps_counts_together() -> None:
    step = {"kind": "reduce", "school": "A", "rooms": 4}
    findings = found(a={**step, "year": 2025}, b={**step, "year": 2026})
    assert [(f.code, f.column, f.facts["has"]) for f in findings] == [("E408", "change.b", 2)]


def test_a_stage_without_norms() -> None:
    some = options(n={**OPEN, "stages": ["junior"]})
    lacking = SupplyOptions(some.years, some.stages, {"primary": NORMS["primary"]}, some.changes)
    assert [(f.code, f.value) for f in check_changes(toy(), lacking)] == [("E417", "junior"), ("E424", "junior")]


def test_a_new_campus_in_degrees() -> None:
    inputs = toy()
    west, south, east, north = inputs.areas.to_crs("EPSG:4326").total_bounds
    assert found(n={**OPEN, "x": (west + east) / 2, "y": (south + north) / 2}) == []


@pytest.mark.parametrize(("pupils", "codes"), [(400, []), (406, ["W401"])])
def test_receivers_short_of_places_are_a_warning(pupils: int, codes: list[str]) -> None:
    rolls = [
        {"school_id": "C", "year": 2023, "grade": "G1", "pupils": 999},
        {"school_id": "C", "year": 2024, "grade": "G1", "pupils": 27},
        {"school_id": "B", "year": 2024, "grade": "G1", "pupils": pupils},
    ]
    findings = check_changes(toy(enrolment=rolls), options(c={**CLOSE_C, "receivers": ["B"]}))
    assert [f.code for f in findings] == codes  # B has (405 + 450) ÷ 2 = 427 places
    assert all(f.facts["pupils"] == 433 for f in findings)


def test_building_before_closing_silences_the_warning() -> None:
    rolls = [{"school_id": s, "year": 2024, "grade": "G1", "pupils": 300} for s in ("B", "C")]
    built = {"kind": "expand", "year": 2026, "school": "B", "rooms": 4}
    late = {"kind": "expand", "year": 2027, "school": "B", "rooms": 4}
    close = {**CLOSE_C, "receivers": ["B"]}
    assert check_changes(toy(enrolment=rolls), options(a=close, b=built)) == []
    assert [f.code for f in check_changes(toy(enrolment=rolls), options(a=close, b=late))] == ["W401"]


def test_projects_that_cannot_be_booked_name_their_cell() -> None:
    projects = [
        {"project_id": "p1", "school_id": "A", "year": 2025, "rooms": 1, "status": "approved"},
        {"project_id": "p2", "school_id": "A", "year": 2026, "rooms": -9, "status": "approved"},
        {"project_id": "p3", "school_id": "D", "year": 2026, "rooms": 2, "status": "approved"},
    ]
    findings = check_changes(toy(projects=projects), options())
    assert [(f.code, f.file, f.row, f.column) for f in findings] == [
        ("E423", "projects.csv", 3, "rooms"),
        ("W403", "projects.csv", 4, "rooms"),
    ]


def test_right_changes_give_no_finding() -> None:
    assert found(a=OPEN, b={**CLOSE_C, "receivers": ["N"]}) == []


def test_every_kind_is_checked_and_every_kind_that_is_built_has_an_effect() -> None:
    assert set(CHECKS) - set(EFFECTS) == {"split_grades", "cap_intake", "board", "bus"}
    assert set(EFFECTS) <= set(CHECKS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("code", "value", "change"), WRONG[::2])
def test_every_finding_has_its_sentences(language: str, code: str, value: str, change: dict[str, Any]) -> None:
    for finding in found(it=change):
        text, fix = describe(finding, language)
        assert value in text + fix
        assert catalogue(language)["finding"][finding.code]["about"]


def test_rooms_are_kept_for_the_stages_that_are_not_run() -> None:
    primary = SupplyOptions(YEARS, Stages(STAGES.all[:1]), NORMS, {})
    schools = [*SCHOOLS[:2], {**SCHOOLS[2], "valid_to": 2025}, SCHOOLS[3]]
    inputs = toy(schools=schools)
    places = roll_forward(inputs, primary)
    assert places.rooms.tolist() == [[6] * 5, [5, 5, 9, 9, 9], [3] * 5]  # B: 9 rooms, half of them until 2025
    [warning] = check_changes(inputs, primary)
    assert (warning.code, warning.column, warning.value) == ("W404", "calendar.stages", "primary")
    assert warning.facts == {"count": 1, "others": "junior"}
    assert not [f for f in check_changes(inputs, options()) if f.code == "W404"]

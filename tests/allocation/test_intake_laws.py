"""Laws of the yearly clock that hold in every county: checked on what a run tells, with nothing of the clock."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import ceil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_toys import toys
from toy_run import Toy

from placesim.allocation.people import whole_pupils
from placesim.records import Allocation
from placesim.scenario.changes import Close, Convert, Reopen, Suspend
from placesim.vocabulary import EMERGENCY

many = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
YEARS = (2025, 2026, 2027, 2028)


def cells(found: Allocation) -> np.ndarray:
    """pupils[area, school, grade, year]"""
    pupils = np.zeros((len(found.areas), len(found.schools), len(found.stages.grades), len(found.years)), dtype=int)
    np.add.at(pupils, (found.area, found.school, found.grade, found.year), found.pupils)
    return pupils


@given(toys())
@many
def test_no_child_is_lost_or_counted_twice(toy: Toy) -> None:
    found = toy.allocate()
    asked = whole_pupils(toy.demand)[0].sum(axis=3)
    placed = cells(found).sum(axis=1).transpose(0, 2, 1)
    assert (found.pupils > 0).all()
    assert (found.unplaced >= 0).all()
    assert (placed + found.unplaced.sum(axis=3) == asked).all()


@given(toys())
@many
def test_nobody_changes_school_without_reason(toy: Toy) -> None:
    """A cell (area, school, grade) keeps its pupils, less its share of those who left the area, rounded up."""
    found, serves = toy.allocate(), toy.places.serves
    pupils, asked = cells(found), found.demand.sum(axis=3)
    stage = found.stages.stage_of_grade
    for t in range(1, len(found.years)):
        for g in np.flatnonzero(stage[1:] == stage[:-1]).tolist():
            before, after = pupils[:, :, g, t - 1], pupils[:, :, g + 1, t]
            for area, school in np.argwhere(before).tolist():
                if school < len(serves) and not serves[school, g + 1, t]:
                    assert after[area, school] == 0
                    continue
                there = int(before[area].sum())
                left = max(there - int(asked[area, t, g + 1]), 0)
                assert after[area, school] >= before[area, school] - ceil(before[area, school] * left / there)


@given(toys(rules=("transport", "tiers", "choice")))
@many
def test_nobody_is_admitted_past_the_emergency_level(toy: Toy) -> None:
    found = toy.allocate()
    starts = np.flatnonzero(np.diff(found.stages.stage_of_grade, prepend=-1))
    roll, there = (np.add.reduceat(c, starts, axis=1) for c in (found.roll[: len(toy.places.ids)], found.continuing))
    most = found.stage_places[..., EMERGENCY]
    assert (roll[:, :, 1:] <= np.maximum(there, most)[:, :, 1:]).all()


@given(toys(rules=("transport", "tiers", "choice")))
@many
def test_new_classes_go_into_rooms_that_continuing_classes_leave(toy: Toy) -> None:
    found, places = toy.allocate(), toy.places
    entry = np.diff(found.stages.stage_of_grade, prepend=-1) > 0
    pooled = (places.rooms == 0) | (places.serves.sum(axis=1) > places.rooms)
    from_outside = found.inflow.sum(axis=1)
    new, others = found.classes[:, entry].sum(axis=1), found.classes[:, ~entry].sum(axis=1)
    bound = ~pooled & (from_outside[: len(places.ids)] == 0) & (new > 0)
    assert (new + others <= places.rooms)[:, 1:][bound[:, 1:]].all()


@given(toys())
@many
def test_a_base_year_with_rolls_is_as_the_rolls_have_it(toy: Toy) -> None:
    table = toy.allocate().tables["calibration"]
    counted: dict[tuple[str, str], int] = {}
    for row in toy.tables.get("enrolment", ()):
        key = str(row["school_id"]), "primary" if row["grade"] < "G4" else "junior"
        counted[key] = counted.get(key, 0) + row["pupils"]
    for row in table.itertuples():
        assert row.roll + row.residual == row.roll_actual == counted.get((row.school_id, row.stage), row.roll_actual)


@given(toys())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_order_of_table_rows_changes_nothing(toy: Toy) -> None:
    tables = {name: list(rows)[::-1] for name, rows in toy.tables.items()}
    assert (cells(toy.allocate()) == cells(replace(toy, tables=tables).allocate())).all()


@given(toys())
@many
def test_tables_tell_whole_finite_numbers(toy: Toy) -> None:
    found = toy.allocate()
    told = found.tables["intake"].select_dtypes("number").to_numpy(float)
    assert np.isfinite(told).all()
    assert (told >= 0).all()
    assert (found.classes >= 0).all()
    assert ((found.classes > 0) == (found.roll[: len(found.classes)] > 0))[:, :, 1:].all()


PLAIN = Toy(
    schools=[
        {"school_id": "X", "stage": "primary", "rooms": 6, "area_type": "rural"},
        {"school_id": "Y", "stage": "primary", "rooms": 6, "area_type": "town"},
        {"school_id": "J", "stage": "junior", "rooms": 6},
    ],
    minutes={("a", "X"): 2.0, ("a", "Y"): 9.0, ("b", "Y"): 3.0, ("a", "J"): 4.0, ("b", "J"): 4.0},
    pupils={(a, g): 11 for a in ("a", "b") for g in ("G1", "G2", "G3", "G4", "G5")},
    years=YEARS,
)
CHANGES = {
    "suspend and reopen": (
        Suspend(kind="suspend", school="X", year=2026, receivers=("Y",)),
        Reopen(kind="reopen", school="X", year=2028),
    ),
    "close": (Close(kind="close", school="J", year=2026),),
    "close all": tuple(Close(kind="close", school=s, year=2027) for s in ("X", "Y", "J")),
    "convert": (Convert(kind="convert", school="Y", from_stage="primary", to_stage="junior", year=2027),),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("rule", ["transport", "nearest", "catchment", "tiers", "choice"])
def test_schools_that_come_and_go_lose_nobody(name: str, rule: str) -> None:
    changes = {f"c{i}": c for i, c in enumerate(CHANGES[name])}
    found = replace(PLAIN, changes=changes, parameters={"rule": rule}).allocate()
    assert (cells(found).sum(axis=1).transpose(0, 2, 1) + found.unplaced.sum(axis=3) == found.demand.sum(axis=3)).all()
    assert found.demand.sum(axis=(0, 2, 3)).tolist() == [110] * 4


def test_a_school_that_reopens_starts_with_its_first_grade() -> None:
    changes = {f"c{i}": c for i, c in enumerate(CHANGES["suspend and reopen"])}
    found = replace(PLAIN, changes=changes).allocate()
    assert found.roll[found.schools.index("X")].sum(axis=0).tolist()[1:3] == [0, 0]
    assert found.roll[found.schools.index("X"), :, 3].tolist()[1:] == [0, 0, 0, 0]


@pytest.mark.parametrize("rule", ["transport", "nearest", "catchment", "tiers", "choice"])
def test_nobody_is_placed_without_a_school_in_reach(rule: str) -> None:
    found = replace(PLAIN, minutes={("a", "X"): 2.0}, parameters={"rule": rule}).allocate()
    assert (found.unplaced[1, :, :3].sum(axis=(1, 2)) == 33).all()


@pytest.mark.parametrize("rule", ["transport", "tiers", "choice"])
def test_zero_places_everywhere_leave_everyone_unplaced(rule: str) -> None:
    schools = [{**s, "rooms": None, "places": 0} for s in PLAIN.schools]
    found = replace(PLAIN, schools=schools, parameters={"rule": rule}).allocate()
    assert found.unplaced.sum() == found.demand.sum() == 440


def test_fewer_rooms_than_grades_count_places() -> None:
    """复式班: three grades in one room, 10 pupils of a in each at most 15 together."""
    schools = [{"school_id": "X", "stage": "primary", "rooms": 1}]
    pupils = {("a", "G1"): (5, 6, 7, 20), ("a", "G2"): 4, ("a", "G3"): 4}
    found = Toy(schools=schools, minutes={("a", "X"): 1.0}, pupils=pupils, areas=("a",), years=YEARS).allocate()
    rolls = [found.roll[0, :3, t].tolist() for t in range(4)]
    assert all(sum(after) <= 15 for after in rolls)
    assert all(later[1] == min(4, earlier[0]) for earlier, later in pairwise(rolls))

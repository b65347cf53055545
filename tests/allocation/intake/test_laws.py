"""What must hold in every year of the clock, on counties drawn by chance; nothing here asks the clock itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_run import Toy

from placesim.records import Allocation
from placesim.scenario.changes import Close

YEARS = (2025, 2026, 2027, 2028)
SCHOOLS, AREAS = ("K", "L", "M", "N"), ("a", "b", "c", "d")
GRADES = ("G1", "G2", "G3", "G4", "G5")
ENTRY = (0, 3)
STAGE = {"primary": slice(0, 3), "junior": slice(3, 5)}
EMERGENCY = 15


def county(seed: int) -> Toy:
    """K and L teach both stages in pooled rooms, M and N primary only; area d may have no way to any school."""
    draw = np.random.default_rng(seed)
    rooms = {s: int(draw.integers(0, 9)) for s in SCHOOLS}
    schools = [
        {"school_id": s, "stage": stage, "rooms": rooms[s], "area_type": "town" if s == "K" else "rural"}
        for s in SCHOOLS
        for stage in (("primary", "junior") if s in "KL" else ("primary",))
    ]
    ways = [(a, s) for a in AREAS for s in SCHOOLS if draw.random() < (0.3 if a == "d" else 0.8)]
    minutes = {way: float(draw.integers(1, 30)) for way in ways}
    pupils = {(a, g): tuple(draw.integers(0, 25, len(YEARS)).tolist()) for a in AREAS for g in GRADES}
    close = {"m": Close(kind="close", school="M", year=2027, receivers=("K",))} if draw.random() < 0.5 else {}
    return Toy(schools=schools, minutes=minutes, pupils=pupils, areas=AREAS, years=YEARS, changes=close)


def cube(found: Allocation) -> np.ndarray:
    """pupils[area, school, grade, year]"""
    out = np.zeros((len(found.areas), len(found.schools), len(GRADES), len(YEARS)), dtype=int)
    np.add.at(out, (found.area, found.school, found.grade, found.year), found.pupils)
    return out


seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=4, deadline=None)


@some
@given(seeds)
def test_every_child_is_placed_or_unplaced(seed):
    toy = county(seed)
    found = toy.allocate()
    placed = cube(found).sum(axis=1).transpose(0, 2, 1)
    asked = toy.demand.pupils.sum(axis=3).round().astype(int)
    np.testing.assert_array_equal(placed + found.unplaced.sum(axis=3), asked)
    assert (found.unplaced >= 0).all()


@some
@given(seeds)
def test_nobody_leaves_a_school_that_goes_on_unless_pupils_left_the_area(seed):
    toy = county(seed)
    found = toy.allocate()
    there, asked = cube(found), toy.demand.pupils.sum(axis=3).round().astype(int)
    serves = toy.places.serves
    for t in range(1, len(YEARS)):
        for g in (1, 2, 4):
            for a in range(len(AREAS)):
                before = there[a, :, g - 1, t - 1]
                surplus = max(int(before.sum()) - int(asked[a, t, g]), 0)
                goes_on = np.append(serves[:, g, t], False)
                lost = np.maximum(before - there[a, :, g, t], 0)[goes_on].sum()
                assert lost <= surplus


@some
@given(seeds)
def test_nobody_attends_a_grade_that_is_not_taught_or_out_of_reach(seed):
    toy = county(seed)
    there, reach = cube(toy.allocate()), np.zeros((len(AREAS) + 1, len(SCHOOLS)), dtype=bool)
    for a, s in toy.minutes:
        reach[AREAS.index(a), SCHOOLS.index(s)] = True
    came = there[:, : len(SCHOOLS)]
    for t in range(len(YEARS)):
        assert not came[:, :, :, t].sum(axis=0)[~toy.places.serves[:, :, t]].any()
    # A receiver may lie out of reach: the pupils of M go with it to K.
    sent = came.sum(axis=3).sum(axis=2)
    others = np.array([s != "K" for s in SCHOOLS])
    assert not sent[:, others][~reach[:, others]].any()


@some
@given(seeds)
def test_entrants_fit_at_emergency_size_into_the_rooms_that_later_grades_leave(seed):
    """However a campus splits its rooms, later grades with pupils keep a room each at least."""
    toy = county(seed)
    there = cube(toy.allocate())[:, : len(SCHOOLS)].sum(axis=0)
    for t in range(1, len(YEARS)):
        for s in range(len(SCHOOLS)):
            rooms, serves = int(toy.places.rooms[s, t]), toy.places.serves[s, :, t]
            if rooms == 0 or serves.sum() > rooms:
                continue
            new = sum(-(-int(there[s, g, t]) // EMERGENCY) for g in ENTRY)
            later = [g for g in range(len(GRADES)) if g not in ENTRY]
            kept = sum(int(there[s, g, t] > 0) for g in later)
            assert new <= max(rooms - kept, 0), (YEARS[t], SCHOOLS[s])


@some
@given(seeds)
def test_classes_stay_within_the_rooms_that_continuing_grades_left(seed):
    toy = county(seed)
    found = toy.allocate()
    for t in range(1, len(YEARS)):
        for s in range(len(SCHOOLS)):
            rooms, serves = int(toy.places.rooms[s, t]), toy.places.serves[s, :, t]
            if rooms == 0 or serves.sum() > rooms:
                continue
            classes = found.classes[s, :, t]
            entry = sum(int(classes[g]) for g in ENTRY)
            assert entry <= max(rooms - (int(classes.sum()) - entry), 0), (YEARS[t], SCHOOLS[s], classes, rooms)


@some
@given(seeds, st.randoms())
def test_the_order_of_rows_changes_nothing(seed, random):
    toy = county(seed)
    mixed = replace(toy, schools=random.sample(list(toy.schools), len(toy.schools)))
    one, other = toy.allocate(), mixed.allocate()
    np.testing.assert_array_equal(cube(one), cube(other))
    np.testing.assert_array_equal(one.classes, other.classes)


@pytest.mark.parametrize("rooms", [0, 1])
def test_an_area_without_a_school_in_reach_stays_unplaced(rooms):
    toy = Toy(
        schools=[{"school_id": "X", "stage": "primary", "rooms": rooms}],
        minutes={("a", "X"): 5.0},
        pupils={("b", "G1"): 7, ("b", "G2"): 3},
        years=YEARS,
    )
    found = toy.allocate()
    assert found.unplaced.sum() == 10 * len(YEARS)
    assert not len(found.pupils)


def test_zero_places_everywhere_leave_everyone_unplaced():
    rows = [{"school_id": "X", "stage": "primary", "rooms": 0, "capacity": 0}]
    toy = Toy(schools=rows, minutes={("a", "X"): 5.0}, pupils={("a", "G1"): 7, ("a", "G3"): 2}, years=YEARS)
    assert toy.allocate().unplaced.sum() == 9 * len(YEARS)

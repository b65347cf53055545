"""The value of one more place: by hand, and against solving the problem again with that place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import no_access
from hypothesis import given
from hypothesis import strategies as st
from test_transport import Way, instances, objective, solve
from toy_run import Toy

from placesim.allocation import place_values
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.allocation.place_values import VALUE_COLUMNS, step_values, value_table
from placesim.errors import InputError
from placesim.records import Results
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters


def values(pupils: list[int], places: list[int], ways: list[Way], price: float) -> np.ndarray:
    area, school, minutes = zip(*ways, strict=True) if ways else ((), (), ())
    return place_values(pupils, places, area, school, minutes, unplaced_minutes=price)


def test_a_place_is_worth_the_detour_it_spares() -> None:
    # two of area 0 go 9 minutes instead of 5, and school 1 has room
    ways = [(0, 0, 5.0), (0, 1, 9.0), (1, 1, 2.0)]
    assert values([10, 3], [8, 20], ways, 600.0) == pytest.approx([4.0, 0.0])
    # school 1 full too: one more place anywhere takes in one of the unplaced
    assert values([10, 3], [8, 4], ways, 600.0) == pytest.approx([600 - 5.0, 600 - 9.0])


def test_the_last_of_the_detours_counts_not_the_next() -> None:
    # exactly full without a detour: one place fewer would cost 4, one more is worth nothing
    assert values([8], [8, 20], [(0, 0, 5.0), (0, 1, 9.0)], 600.0).tolist() == [0.0, 0.0]


def test_a_school_that_is_shut_or_out_of_reach() -> None:
    assert values([3], [0, 0], [(0, 0, 5.0)], 60.0) == pytest.approx([55.0, 0.0])
    assert values([3], [0], [(0, 0, np.inf)], 60.0).tolist() == [0.0]
    assert values([], [], [], 60.0).tolist() == []
    assert values([3], [2], [(0, 0, 70.0)], 60.0).tolist() == [0.0]


def test_an_infinite_price_is_refused() -> None:
    with pytest.raises(InputError) as error:
        values([3], [2], [(0, 0, 1.0)], np.inf)
    assert error.value.argument == "unplaced_minutes"


def test_a_price_far_beyond_the_ways() -> None:
    # area 1 has nobody without a place; one more place at school 0 takes in the third of area 0
    ways = [(0, 0, 0.25), (1, 1, 0.5), (1, 2, 0.75)]
    assert values([3, 2], [2, 1, 9], ways, 1e15) == pytest.approx([1e15 - 0.25, 0.25, 0.0])


def test_wrong_arguments_are_named_as_by_transport() -> None:
    with pytest.raises(InputError, match=r"pupils\[0\]"):
        values([-1], [2], [(0, 0, 1.0)], 60.0)


@given(instances(), st.sampled_from([1.0, 1e6]))
def test_equal_to_solving_again(case: tuple[list[int], list[int], list[Way], float], dearer: float) -> None:
    pupils, places, ways, price = case
    price *= dearer
    before = objective(solve(pupils, places, ways, price), price)
    after = [
        objective(solve(pupils, [p + (j == s) for j, p in enumerate(places)], ways, price), price)
        for s in range(len(places))
    ]
    assert values(pupils, places, ways, price) == pytest.approx(before - np.array(after), rel=1e-7, abs=1e-6 * dearer)


@given(instances(), st.integers(0, 3), st.sampled_from([0.0, 7.5, 40.0]))
def test_steps_equal_solving_again(
    case: tuple[list[int], list[int], list[Way], float], more: int, extra: float
) -> None:
    pupils, places, ways, price = case
    columns: Any = zip(*ways, strict=True) if ways else ((), (), ())
    arcs = Arcs(*(np.array(c, t) for c, t in zip(columns, (np.int64, np.int64, np.float64), strict=True)))

    def least(rooms: np.ndarray) -> float:
        flow = cheapest_flow(np.array(pupils), arcs, Steps(rooms, np.array([0.0, extra])), price)
        load = np.bincount(arcs.school, weights=flow, minlength=len(rooms))
        over = np.maximum(load - rooms[:, 0], 0).sum()
        return float(flow @ arcs.minutes + extra * over + price * (sum(pupils) - flow.sum()))

    steps = np.array([[p, more] for p in places], dtype=np.int64)
    found = step_values(np.array(pupils), arcs, Steps(steps, np.array([0.0, extra])), price)
    for school, value in enumerate(found):
        wider = steps.copy()
        wider[school, 0] += 1
        assert value == pytest.approx(least(steps) - least(wider), rel=1e-7, abs=1e-6)


def test_the_table_of_a_run() -> None:
    """S1 teaches ten at design and two over it; of twelve pupils one more would spare ten minutes of price."""
    toy = Toy(
        schools=[
            {"school_id": "S1", "stage": "primary", "rooms": 1},
            {"school_id": "S2", "stage": "primary", "rooms": 1},
            {"school_id": "S3", "stage": "junior", "rooms": 1},
        ],
        minutes={("a", "S1"): 5.0, ("a", "S2"): 25.0, ("a", "S3"): 4.0},
        pupils={("a", "G1"): (12, 14), ("a", "G4"): (9, 20)},
        years=(2025, 2026),
    )
    options = AllocationOptions(toy.stages, AllocationParameters())
    access = no_access()
    results = Results(None, toy.demand, toy.travel, toy.places, toy.allocate(), access)
    table = value_table(results, options).set_index(["school_id", "stage", "year"])["minutes"].unstack("year")
    assert table.loc[("S1", "primary")].tolist() == pytest.approx([10.0, 20.0])  # the 13th and 14th go to S2
    assert table.loc[("S2", "primary")].tolist() == pytest.approx([0.0, 0.0])
    assert table.loc[("S3", "junior")].tolist() == pytest.approx([0.0, 600.0 - 4.0])  # five of 20 have no place
    nearest = AllocationOptions(toy.stages, AllocationParameters(rule="nearest"))
    assert tuple(value_table(results, nearest)) == VALUE_COLUMNS


@pytest.mark.evidence
@pytest.mark.parametrize("load", [0.8, 0.97, 1.05])
def test_a_county_equals_solving_again(load: float) -> None:
    rng = np.random.default_rng(11)
    areas, schools, near = 200, 25, 8
    minutes = np.hypot(*(rng.random((areas, 2))[:, None] - rng.random((schools, 2))).transpose(2, 0, 1)) * 60
    nearest = np.argsort(minutes, axis=1)[:, :near]
    ways = [(a, int(s), float(minutes[a, s])) for a in range(areas) for s in nearest[a]]
    pupils = rng.integers(0, 40, areas).tolist()
    places = rng.multinomial(int(sum(pupils) / load), np.full(schools, 1 / schools)).tolist()
    before = objective(solve(pupils, places, ways, 120.0), 120.0)
    found = values(pupils, places, ways, 120.0)
    for school in range(schools):
        wider = [p + (j == school) for j, p in enumerate(places)]
        assert found[school] == pytest.approx(before - objective(solve(pupils, wider, ways, 120.0), 120.0), abs=1e-5)

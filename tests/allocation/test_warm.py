"""The warm transport solver: by hand, against OR-tools over chains of cases, its certificate and its laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_flow import by_shortest_paths

from placesim.allocation.scaling import Arcs, Steps, scaled_flow
from placesim.allocation.warm import Solution, rough, school_graph, solve_first, solve_from, solver
from placesim.allocation.warm.certificate import costs
from placesim.allocation.warm.graph import MOST_PUPILS
from placesim.allocation.warm.prices import lowest_prices
from placesim.errors import InputError

EXTRA = np.array([0.0, 10.0, 45.0])


def arcs_of(ways: list[tuple[int, int, float]]) -> Arcs:
    node, school, minutes = zip(*ways, strict=True) if ways else ((), (), ())
    return Arcs(np.array(node, np.int64), np.array(school, np.int64), np.array(minutes, np.float64))


def minutes_of(flow: np.ndarray, arcs: Arcs, places: np.ndarray, extra: np.ndarray, price: float, pupils: int) -> float:
    """The objective, added up anew from the flow."""
    total = float(flow @ arcs.minutes) + price * (pupils - int(flow.sum()))
    for school, steps in enumerate(places.tolist()):
        load = int(flow[arcs.school == school].sum())
        assert load <= sum(steps)
        for room, more in zip(steps, extra.tolist(), strict=True):
            total += more * min(load, room)
            load -= min(load, room)
    return total


def agrees(graph: Any, found: Solution, arcs: Arcs, pupils: np.ndarray, places: np.ndarray, price: float) -> None:
    """The solution accounts for every pupil and costs what OR-tools' does."""
    flow, unplaced = found.flow(graph), found.unplaced(graph)
    assert (np.bincount(arcs.node, weights=flow, minlength=len(pupils)) + unplaced == pupils).all()
    assert (found.load(graph) == np.bincount(arcs.school, weights=flow, minlength=len(places))).all()
    cold = scaled_flow(pupils, arcs, Steps(places, EXTRA), price)
    ours, theirs = (minutes_of(f, arcs, places, EXTRA, price, int(pupils.sum())) for f in (flow, cold))
    assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-6)


def test_a_school_that_loses_places_sends_pupils_down_the_chain_and_takes_them_back() -> None:
    # three schools in a row; school 0's pupils can go to 1, and 1's to 2
    ways = [(0, 0, 1.0), (0, 1, 4.0), (1, 1, 1.0), (1, 2, 3.0)]
    graph = school_graph(arcs_of(ways), 2, 3, step_minutes=np.zeros(1), unplaced_minutes=60.0)
    pupils = np.array([10, 10])
    wide, narrow = np.array([[10], [10], [10]]), np.array([[6], [10], [10]])
    first = solve_first(graph, pupils, wide)
    assert first.flow(graph).tolist() == [10, 0, 10, 0]
    second = solve_from(graph, first, pupils, narrow)
    assert second.flow(graph).tolist() == [6, 4, 6, 4]  # each of the four pushes one on: 3 + 2 minutes more
    assert second.price[:3] / graph.scale == pytest.approx([5.0, 2.0, 0.0])
    third = solve_from(graph, second, pupils, wide)
    assert third.flow(graph).tolist() == [10, 0, 10, 0]
    assert third.units / graph.scale == pytest.approx(20.0)


def test_steps_are_left_in_the_order_of_their_price() -> None:
    ways = [(0, 0, 1.0), (0, 1, 5.0)]
    graph = school_graph(arcs_of(ways), 1, 2, step_minutes=np.array([0.0, 10.0]), unplaced_minutes=600.0)
    places = np.array([[5, 5], [5, 5]])
    found = solve_first(graph, np.array([25]), places)
    loads = []
    for pupils in (18, 13, 10, 7, 4, 25):
        found = solve_from(graph, found, np.array([pupils]), places)
        loads.append(found.flow(graph).tolist())
    assert loads == [[10, 8], [8, 5], [5, 5], [5, 2], [4, 0], [10, 10]]


def test_nothing_to_place_nowhere_to_go() -> None:
    graph = school_graph(arcs_of([]), 2, 0, step_minutes=np.zeros(1), unplaced_minutes=60.0)
    none = np.zeros((0, 1), np.int64)
    first = solve_first(graph, np.array([3, 0]), none)
    assert solve_from(graph, first, np.array([0, 4]), none).unplaced(graph).tolist() == [0, 4]
    empty = school_graph(arcs_of([]), 0, 0, step_minutes=np.zeros(1), unplaced_minutes=60.0)
    assert solve_first(empty, np.zeros(0, np.int64), none).units == 0


def test_every_school_closes_and_opens_again() -> None:
    ways = [(0, 0, 1.0), (0, 1, 4.0), (1, 1, 1.0), (1, 0, 3.0)]
    graph = school_graph(arcs_of(ways), 2, 2, step_minutes=np.zeros(1), unplaced_minutes=60.0)
    pupils, places = np.array([3, 3]), np.array([[3], [3]])
    first = solve_first(graph, pupils, places)
    shut = solve_from(graph, first, pupils, places * 0)
    assert shut.unplaced(graph).tolist() == [3, 3]
    assert solve_from(graph, shut, pupils, places).flow(graph).tolist() == first.flow(graph).tolist() == [3, 0, 3, 0]


def test_the_order_of_rows_plays_no_part() -> None:
    ways = [(a, s, 10.0) for a in range(4) for s in range(3)] + [(0, 0, 9.0), (0, 0, 12.0)]
    order = np.random.default_rng(1).permutation(len(ways))
    pupils, places = np.array([5, 5, 5, 5]), np.array([[7, 0, 0], [7, 0, 0], [2, 3, 5]])
    flows = []
    for rows in (ways, [ways[i] for i in order]):
        graph = school_graph(arcs_of(rows), 4, 3, step_minutes=EXTRA, unplaced_minutes=60.0)
        first = solve_first(graph, pupils, places)
        flows.append(solve_from(graph, first, pupils + np.arange(4), places[::-1]).flow(graph))
    assert flows[1].tolist() == flows[0][order].tolist()


@pytest.mark.parametrize(
    ("pupils", "places", "argument", "index"),
    [
        ([1, -1], [[1]], "pupils", (1,)),
        ([1], [[1]], "pupils", None),
        ([1, 1], [[-1]], "places", (0, 0)),
        ([1, 1], [[1, 1]], "places", None),
        ([MOST_PUPILS, 1], [[1]], "pupils", None),
        ([2**62, 2**62], [[1]], "pupils", None),
    ],
)
def test_wrong_cases_are_named(pupils: Any, places: Any, argument: str, index: Any) -> None:
    graph = school_graph(arcs_of([(0, 0, 1.0)]), 2, 1, step_minutes=np.zeros(1), unplaced_minutes=9.0)
    with pytest.raises(InputError) as error:
        solve_first(graph, np.array(pupils), np.array(places))
    assert error.value.argument == argument
    assert error.value.index == index


def test_a_start_on_another_graph_is_refused() -> None:
    one, two = (
        school_graph(arcs_of(ways), 2, 1, step_minutes=np.zeros(1), unplaced_minutes=9.0)
        for ways in ([(0, 0, 1.0)], [(0, 0, 1.0), (1, 0, 2.0)])
    )
    start = solve_first(one, np.array([1, 1]), np.array([[1]]))
    with pytest.raises(InputError, match="start"):
        solve_from(two, start, np.array([1, 1]), np.array([[1]]))


# ------------------------------------------------------------------------------------------------------ chains of cases
@st.composite
def chains(draw: st.DrawFn, most: int = 8) -> tuple[list[tuple[int, int, float]], list[tuple[Any, Any]], float]:
    """Ways, cases (pupils[node], places[school, step]) and a price; schools without places, nodes without ways and
    equal minutes are frequent."""
    areas, schools = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minutes = st.one_of(st.integers(0, 6).map(float), st.integers(0, 90_000).map(lambda n: n / 1000))
    ways = draw(st.lists(st.tuples(st.integers(0, areas - 1), st.integers(0, schools - 1), minutes), max_size=20))
    pupils = st.lists(st.integers(0, most), min_size=areas, max_size=areas)
    room = st.one_of(st.just([0, 0, 0]), st.lists(st.integers(0, most), min_size=3, max_size=3))
    case = st.tuples(pupils, st.lists(room, min_size=schools, max_size=schools))
    cases = draw(st.lists(case, min_size=1, max_size=6))
    return ways, cases, draw(st.sampled_from([5.0, 60.0, 600.0]))


@given(chains())
def test_chains_of_cases_equal_cost_scaling(told: Any) -> None:
    ways, cases, price = told
    arcs, found = arcs_of(ways), None
    graph = school_graph(arcs, len(cases[0][0]), len(cases[0][1]), step_minutes=EXTRA, unplaced_minutes=price)
    for pupils, places in ((np.array(p), np.array(room)) for p, room in cases):
        found = solve_from(graph, found, pupils, places) if found else solve_first(graph, pupils, places)
        agrees(graph, found, arcs, pupils, places, price)


@given(chains(most=2))
def test_chains_of_cases_equal_the_plain_twin(told: Any) -> None:
    ways, cases, price = told
    arcs, found = arcs_of(ways), None
    graph = school_graph(arcs, len(cases[0][0]), len(cases[0][1]), step_minutes=EXTRA, unplaced_minutes=price)
    for pupils, places in cases[:2]:
        case = np.array(pupils), np.array(places)
        found = solve_from(graph, found, *case) if found else solve_first(graph, *case)
        steps = [list(zip(room, EXTRA.tolist(), strict=True)) for room in places]
        exact = by_shortest_paths(pupils, steps, ways, price)
        total = minutes_of(found.flow(graph), arcs, case[1], EXTRA, price, sum(pupils))
        assert total == pytest.approx(exact, rel=1e-8, abs=1e-6)


@given(chains(), st.data())
def test_large_cases_are_begun_by_a_rough_solution(told: Any, data: st.DataObject) -> None:
    ways, cases, price = told
    graph = school_graph(arcs_of(ways), len(cases[0][0]), len(cases[0][1]), step_minutes=EXTRA, unplaced_minutes=price)
    for pupils, places in ((np.array(p), np.array(room)) for p, room in cases):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(solver, *data.draw(st.sampled_from([("_LARGE", 0), ("_PATIENCE", 0)])))
            patch.setattr(rough, "_WAYS", data.draw(st.integers(1, 4)))
            found = solve_first(graph, pupils, places)
        assert found.units == solve_first(graph, pupils, places).units
        agrees(graph, found, arcs_of(ways), pupils, places, price)


@given(chains())
def test_the_lowest_prices_certify_too_and_are_the_lowest(told: Any) -> None:
    ways, cases, price = told
    pupils, places = map(np.array, cases[0])
    graph = school_graph(arcs_of(ways), len(pupils), len(places), step_minutes=EXTRA, unplaced_minutes=price)
    found = solve_first(graph, pupils, places)
    low = lowest_prices(graph.links, found.pupils, found.places)
    assert (low <= found.price).all()
    assert costs(graph.links, pupils, found.places, found.pupils, low) == (found.units, found.units)
    for school in np.flatnonzero(low[:-1]):
        lower = low - (np.arange(len(low)) == school)
        primal, dual = costs(graph.links, pupils, found.places, found.pupils, lower)
        assert primal == found.units
        assert dual < primal


# ------------------------------------------------------------------------------------------------------ certificate
@given(chains(), st.data())
def test_the_certificate_notices_every_other_flow_that_costs_more(told: Any, data: st.DataObject) -> None:
    ways, cases, price = told
    pupils, places = map(np.array, cases[0])
    graph = school_graph(arcs_of(ways), len(pupils), len(places), step_minutes=EXTRA, unplaced_minutes=price)
    found = solve_first(graph, pupils, places)
    slots = len(found.pupils)
    leave, enter = data.draw(st.integers(0, slots - 1)), data.draw(st.integers(0, slots - 1))
    moved = found.pupils + (np.arange(slots) == enter) - (np.arange(slots) == leave)
    primal, dual = costs(graph.links, pupils, found.places, moved, found.price)
    links = graph.links
    load = np.bincount(links.school, weights=moved, minlength=len(places) + 1)[:-1]
    possible = (moved >= 0).all() and links.node[leave] == links.node[enter] and (load <= places.sum(axis=1)).all()
    if not possible:
        assert primal != dual
    else:
        assert primal >= dual == found.units
        steps = sum(
            int(np.minimum(np.maximum(load[s] - places[s, :k].sum(), 0), places[s, k]) * links.extra[k])
            for s in range(len(places))
            for k in range(3)
        )
        assert primal == int(moved @ links.units) + steps


@pytest.mark.parametrize("change", ["pupils", "flow", "price", "unplaced price", "negative price", "places"])
def test_the_certificate_refuses_what_is_no_solution(change: str) -> None:
    ways = [(0, 0, 1.0), (0, 1, 4.0), (1, 1, 1.0), (1, 0, 3.0)]
    graph = school_graph(arcs_of(ways), 2, 2, step_minutes=np.zeros(1), unplaced_minutes=60.0)
    pupils, places = np.array([4, 3]), np.array([[3], [3]])
    found = solve_first(graph, pupils, places)
    told = {"pupils": pupils, "places": places, "flow": found.pupils, "price": found.price}
    assert costs(graph.links, **told) == (found.units, found.units)
    unit = {
        "pupils": {"pupils": pupils + np.array([0, 1])},
        "flow": {"flow": found.pupils[::-1].copy()},
        "price": {"price": found.price + np.array([graph.links.units.max(), 0, 0])},
        "unplaced price": {"price": found.price + np.array([0, 0, 1])},
        "negative price": {"price": np.array([-1, 0, 0])},
        "places": {"places": places - 1},
    }[change]
    primal, dual = costs(graph.links, **{**told, **unit})
    assert primal != dual


@given(chains(), st.data())
def test_any_start_will_do(told: Any, data: st.DataObject) -> None:
    """Pupils who sit anywhere, at any prices."""
    ways, cases, price = told
    arcs, (pupils, places) = arcs_of(ways), map(np.array, cases[0])
    graph = school_graph(arcs, len(pupils), len(places), step_minutes=EXTRA, unplaced_minutes=price)
    found = solve_first(graph, pupils, places)
    dearest = int(graph.links.units.max())
    prices = data.draw(st.lists(st.integers(0, dearest), min_size=len(places), max_size=len(places)))
    flow = data.draw(st.lists(st.integers(0, 9), min_size=len(found.pupils), max_size=len(found.pupils)))
    odd = replace(found, pupils=np.array(flow), price=np.array([*prices, 0]))
    again = solve_from(graph, odd, pupils, places)
    assert again.units == found.units
    agrees(graph, again, arcs, pupils, places, price)


# ------------------------------------------------------------------------------------------------------ evidence
@pytest.mark.evidence
@pytest.mark.parametrize("load", [0.8, 0.97, 1.1])
def test_a_county_over_a_hundred_cases_equals_cost_scaling(load: float) -> None:
    rng = np.random.default_rng(5)
    areas, schools, near = 400, 30, 8
    minutes = np.hypot(*(rng.random((areas, 2))[:, None] - rng.random((schools, 2))).transpose(2, 0, 1)) * 60
    nearest = np.argsort(minutes, axis=1)[:, :near]
    arcs = Arcs(np.repeat(np.arange(areas), near), nearest.ravel(), np.take_along_axis(minutes, nearest, 1).ravel())
    pupils = rng.integers(0, 40, areas)
    graph = school_graph(arcs, areas, schools, step_minutes=EXTRA, unplaced_minutes=120.0)
    found = None
    for _ in range(100):
        case = np.rint(pupils * rng.uniform(0.9, 1.1, areas) * rng.uniform(0.9, 1.1)).astype(np.int64)
        design = rng.multinomial(int(pupils.sum() / load / 1.2), np.full(schools, 1 / schools))
        places = np.stack([design, design // 10, design // 10], axis=1) * (rng.random(schools) > 0.05)[:, None]
        found = solve_from(graph, found, case, places) if found else solve_first(graph, case, places)
        agrees(graph, found, arcs, case, places, 120.0)

"""The rule `choice`: lists and matches by hand, an independent checker of who was passed over, and its laws."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_match import blocking_pairs
from toy_problem import NAN, ToyProblem, sent
from toy_run import Toy, flows

from placesim.allocation.choice import choice, priorities
from placesim.allocation.lists import Applications, applications
from placesim.allocation.turns import Turns

CLOSED_LISTS = {"redirect": False}


def run(**said: Any) -> dict[tuple[int, int], int]:
    return sent(choice(ToyProblem(**said).problem))


def lists(asked: Applications) -> list[list[int]]:
    return [asked.school[a:b].tolist() for a, b in zip(asked.start[:-1], asked.start[1:], strict=True)]


# ------------------------------------------------------------ lists
def test_choices_of_an_area_become_whole_pupils_rank_by_rank() -> None:
    wishes = [(0, 1, 0, 0.6), (0, 1, 1, 0.4), (0, 2, 1, 0.5), (0, 2, 2, 0.3)]
    asked = applications(ToyProblem([(0, 0, 10)], [9, 9, 9], wishes=wishes).problem)
    found = lists(asked)
    assert Counter(one[0] for one in found) == {0: 6, 1: 4}
    assert all(len(set(one)) == len(one) for one in found)
    second = Counter(one[1] for one in found if len(one) > 1)
    assert second[2] <= 3
    assert second[1] <= 5
    assert sum(len(one) < 2 for one in found) >= 2  # 0.2 of the pupils list no second school


def test_areas_without_choices_list_their_nearest_candidates_that_have_places() -> None:
    minutes = {(0, 0): 9.0, (0, 1): 1.0, (0, 2): 5.0, (0, 3): 7.0}
    toy = ToyProblem([(0, 0, 2)], [9, 9, 0, 9], minutes, parameters={"candidates": 2})
    assert lists(applications(toy.problem)) == [[1, 3], [1, 3]]


def test_private_schools_are_listed_by_those_who_apply_and_first() -> None:
    nodes, minutes = [(0, 0, 1), (0, 1, 1)], {(0, 0): 1.0, (0, 1): 2.0, (0, 2): 3.0}
    said = {"nodes": nodes, "places": [9] * 3, "tiers": (0, 0), "private": (1,), "private_schools": (1,)}
    assert lists(applications(ToyProblem(minutes=minutes, **said).problem)) == [[0, 2], [1, 0, 2]]
    wishes = [(n, 1, s, 0.5) for n in (0, 1) for s in (0, 1)] + [(n, 2, 2, 1.0) for n in (0, 1)]
    # half of the area's pupils would list the private school first; whose group applies to none, lists the others
    assert lists(applications(ToyProblem(wishes=wishes, **said).problem)) == [[0, 2], [1, 2]]


def test_lots_decide_who_lists_what_and_again_the_same() -> None:
    wishes = [(0, 1, s, 0.25) for s in range(4)] + [(0, 2, s, 0.25) for s in range(4)]
    of_seed = [lists(applications(ToyProblem([(0, 0, 20)], [9] * 4, wishes=wishes, seed=s).problem)) for s in (1, 1, 2)]
    assert of_seed[0] == of_seed[1]
    assert of_seed[0] != of_seed[2]
    assert Counter(one[0] for one in of_seed[2]) == dict.fromkeys(range(4), 5)


# ------------------------------------------------------------ who gets in
def test_a_zone_comes_before_who_lists_a_school_first() -> None:
    # 4 places at school 0: its own zone lists it second, after school 1, which is full with its own
    nodes = [(0, 0, 4), (1, 0, 4), (2, 0, 5)]
    wishes = [(0, 1, 1, 1.0), (0, 2, 0, 1.0), (1, 1, 0, 1.0), (2, 1, 1, 1.0)]
    found = run(nodes=nodes, places=[4, 5], wishes=wishes, zones=[(0, 0, NAN), (2, 1, NAN)], parameters=CLOSED_LISTS)
    assert found == {(0, 0): 4, (2, 1): 5}


def test_priorities_in_the_order_of_the_scenario() -> None:
    nodes = [(0, 0, 3), (1, 1, 3), (2, 1, 3)]  # registered; permit near by; permit with siblings, farther away
    minutes = {(0, 0): 30.0, (1, 0): 1.0, (2, 0): 9.0}
    said = {"nodes": nodes, "minutes": minutes, "places": [3], "tiers": (0, 1), "order": ("lottery",) * 2,
            "siblings": [(2, 0, 3)]}  # fmt: skip
    for first, winner in (("tier", 0), ("sibling", 2), ("distance", 1)):
        assert run(**said, parameters={**CLOSED_LISTS, "priority": (first,)}) == {(winner, 0): 3}
    assert run(**said, zones=[(1, 0, NAN)], parameters=CLOSED_LISTS) == {(1, 0): 3}


def test_no_more_pupils_have_a_sibling_than_told_and_those_listing_the_school_highest() -> None:
    nodes, minutes = [(0, 0, 6), (1, 0, 6)], {(0, 0): 5.0, (1, 0): 5.0}
    found = run(nodes=nodes, minutes=minutes, places=[6], siblings=[(0, 0, 2), (1, 0, 4)], parameters=CLOSED_LISTS)
    assert found == {(0, 0): 2, (1, 0): 4}


def test_within_a_tier_points_and_locked_dwellings_last() -> None:
    nodes, minutes = [(0, 0, 4), (1, 0, 4)], {(0, 0): 5.0, (1, 0): 5.0}
    said = {"nodes": nodes, "minutes": minutes, "places": [5], "order": ("points",), "points": [70.0, 80.0]}
    assert run(**said, parameters=CLOSED_LISTS) == {(0, 0): 1, (1, 0): 4}
    assert run(**said, locked=[0, 3], parameters=CLOSED_LISTS) == {(0, 0): 4, (1, 0): 1}


def test_private_schools_draw_lots_whatever_the_zone() -> None:
    nodes, minutes = [(0, 0, 30), (1, 0, 30)], {(0, 0): 5.0, (1, 0): 5.0}
    schools = [{"school_id": "P", "stage": "primary", "places": 20, "sector": "private"}]
    toy = Toy(schools, {("a", "P"): 5.0, ("b", "P"): 5.0}, {("a", "G1"): 30, ("b", "G1"): 30},
              tables={"catchments": [{"area_id": "a", "school_id": "P", "stage": "primary"}]},
              parameters={"rule": "choice", "fill": "design", "redirect": False, "calibrate": False})  # fmt: skip
    assert 0 < flows(toy.allocate())["b", "P"] < 20
    public = replace(toy, schools=[{**schools[0], "sector": "public"}])
    assert flows(public.allocate()) == {("a", "P"): 20}
    assert run(nodes=nodes, minutes=minutes, zones=[(0, 0, NAN)], places=[20], parameters=CLOSED_LISTS) == {(0, 0): 20}


def test_redirection_to_the_nearest_with_places_tier_by_tier_and_never_before_the_lists() -> None:
    nodes = [(0, 0, 5), (0, 1, 5), (1, 1, 3)]
    minutes = {(0, 0): 1.0, (0, 1): 5.0, (0, 2): 50.0, (1, 1): 1.0}
    wishes = [(0, 1, 0, 1.0), (1, 1, 0, 1.0), (2, 1, 1, 1.0)]
    said = {"nodes": nodes, "minutes": minutes, "places": [3, 4, 9], "tiers": (0, 1), "order": ("lottery",) * 2,
            "wishes": wishes}  # fmt: skip
    assert run(**said) == {(0, 0): 3, (0, 1): 1, (0, 2): 1, (1, 2): 5, (2, 1): 3}
    assert run(**said, parameters=CLOSED_LISTS) == {(0, 0): 3, (2, 1): 3}


# ------------------------------------------------------------ laws
@st.composite
def towns(draw: st.DrawFn) -> ToyProblem:
    areas, kinds, schools = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    nodes = [(a, k, draw(st.integers(0, 6))) for a in range(areas) for k in range(kinds)]
    minutes = {(a, s): float(draw(st.integers(1, 9))) for a in range(areas) for s in range(schools)
               if draw(st.booleans())}  # fmt: skip
    wishes = []
    for n in range(len(nodes)):
        for rank in range(1, draw(st.integers(0, 3)) + 1):
            listed = draw(st.lists(st.integers(0, schools - 1), unique=True, max_size=schools))
            wishes += [(n, rank, s, draw(st.sampled_from([0.0, 0.5, 1.0])) / len(listed)) for s in listed]
    return ToyProblem(
        nodes, [draw(st.integers(0, 9)) for _ in range(schools)], minutes,
        [(a, s, NAN) for a in range(areas) for s in range(schools) if draw(st.integers(0, 2)) == 0],
        tiers=tuple(range(kinds)), private=sorted(draw(st.sets(st.integers(0, kinds - 1)))),
        private_schools=sorted(draw(st.sets(st.integers(0, schools - 1)))),
        order=[draw(st.sampled_from(["points", "lottery", "distance"])) for _ in range(kinds)],
        points=[draw(st.sampled_from([NAN, 1.0, 2.0])) for _ in nodes],
        locked=[draw(st.integers(0, 2)) for _ in nodes], wishes=wishes, seed=draw(st.integers(0, 5)),
        siblings=[(n, s, draw(st.integers(1, 3))) for n in range(len(nodes)) for s in range(schools)
                  if draw(st.integers(0, 3)) == 0],
        parameters={"redirect": draw(st.booleans()), "candidates": draw(st.integers(1, 3)),
                    "priority": draw(st.lists(st.sampled_from(["zone", "sibling", "tier", "distance"]), unique=True))},
    )  # fmt: skip


@given(towns())
@settings(deadline=None)
def test_no_pupil_and_school_would_rather_have_each_other(toy: ToyProblem) -> None:
    problem = replace(toy.problem, parameters=toy.problem.parameters.model_copy(update={"redirect": False}))
    turns, asked = Turns(problem, problem.pupils), applications(problem)
    listed = lists(asked)
    priority = np.full((len(toy.places), len(asked.node)), NAN)
    priority[asked.school, asked.pupil] = priorities(turns, asked)
    found = Counter({(n, s): p for (n, s), p in sent(choice(problem)).items()})
    # pupils of a node are not told apart in the result: give its schools back by the checker's own rounds
    school = _matched(listed, priority, toy.places)
    assert Counter((int(asked.node[i]), s) for i, s in enumerate(school) if s >= 0) == found
    assert list(blocking_pairs(listed, priority, toy.places, school)) == []


def _matched(listed: list[list[int]], priority: np.ndarray, places: Any) -> list[int]:
    """The serial twin: refuse, one by one, the weakest of a school that is over its places, until none is."""
    ask = [0] * len(listed)
    while True:
        at = [p[k] if k < len(p) else -1 for p, k in zip(listed, ask, strict=True)]
        over = [s for s in range(len(places)) if at.count(s) > places[s]]
        if not over:
            return at
        weakest = min((i for i, s in enumerate(at) if s == over[0]), key=lambda i: priority[over[0], i])
        ask[weakest] += 1


@given(towns())
@settings(deadline=None)
def test_places_sectors_and_children_are_kept(toy: ToyProblem) -> None:
    found = sent(choice(toy.problem))
    for s, places in enumerate(toy.places):
        assert sum(p for (_, school), p in found.items() if school == s) <= places
    for n, (area, kind, pupils) in enumerate(toy.nodes):
        placed = {s: p for (node, s), p in found.items() if node == n}
        assert sum(placed.values()) <= pupils
        if toy.private_schools and kind not in toy.private:
            assert not set(placed) & set(toy.private_schools)
        open_ = {s for a, s in toy.minutes if a == area}
        open_ -= set() if kind in toy.private else set(toy.private_schools)
        if toy.parameters["redirect"] and sum(placed.values()) < pupils:
            assert all(sum(p for (_, o), p in found.items() if o == s) == toy.places[s] for s in open_)


@given(towns())
@settings(deadline=None)
def test_redirection_moves_nobody_whom_a_listed_school_took(toy: ToyProblem) -> None:
    without = replace(toy, parameters={**toy.parameters, "redirect": False})
    with_ = replace(toy, parameters={**toy.parameters, "redirect": True})
    before, after = sent(choice(without.problem)), sent(choice(with_.problem))
    assert all(after.get(pair, 0) >= pupils for pair, pupils in before.items())


@given(towns())
@settings(deadline=None)
def test_whole_pupils_list_as_many_schools_as_their_area_says(toy: ToyProblem) -> None:
    plain = replace(toy, private_schools=())
    asked = applications(plain.problem)
    firsts = Counter((int(asked.node[i]), one[0]) for i, one in enumerate(lists(asked)) if one)
    for n, (_, _, pupils) in enumerate(plain.nodes):
        ranked = [w for w in plain.wishes if w[0] == n]
        top = min((w[1] for w in ranked), default=0)
        if {w[1] for w in ranked} == {top}:  # one rank: the first choice of those who list something
            for _, _, school, share in ranked:
                assert abs(firsts[n, school] - share * pupils) < 1


# ------------------------------------------------------------ through the run
def test_preferences_of_the_table() -> None:
    schools = [{"school_id": s, "stage": "primary", "places": 10} for s in "PQR"]
    rows = [("a", 1, "P", 0.5), ("a", 1, "Q", None), ("a", 2, "R", 1.0), ("b", 1, "P", 1.0), ("b", 1, "X", 1.0)]
    preferences = [dict(zip(("area_id", "rank", "school_id", "share"), r, strict=True), stage="primary") for r in rows]
    toy = Toy(schools, {("a", "P"): 1.0, ("b", "R"): 9.0}, {("a", "G1"): 8, ("b", "G1"): 12},
              tables={"preferences": preferences,
                      "catchments": [{"area_id": "b", "school_id": "P", "stage": "primary"}]},
              parameters={"rule": "choice", "fill": "design", "calibrate": False})  # fmt: skip
    # b, the zone of P, fills it; its other two are redirected to R, which 4 of a have listed second
    assert flows(toy.allocate()) == {("a", "Q"): 4, ("a", "R"): 4, ("b", "P"): 10, ("b", "R"): 2}
    closed = replace(toy, parameters={**toy.parameters, "redirect": False}).allocate()
    assert flows(closed) == {("a", "Q"): 4, ("a", "R"): 4, ("b", "P"): 10}
    assert closed.unplaced.sum() == 2
    assert closed.capacity_bound == ("primary", "junior")

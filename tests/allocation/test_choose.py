"""Deferred acceptance: by hand, against slow twins, and its laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_match import best_stable, blocking_pairs, by_rounds

from placesim.allocation import choose
from placesim.errors import InputError

NAN = float("nan")
Case = tuple[list[list[int]], np.ndarray, list[int]]


def test_a_pupil_with_more_right_pushes_out_one_who_asked_first() -> None:
    # one place at each of two schools; both pupils prefer school 0, which prefers pupil 1
    assert choose([[0, 1], [0, 1]], [[1, 2], [2, 1]], [1, 1]).tolist() == [1, 0]


def test_a_chain_of_refusals() -> None:
    # pupil 2 takes school 0 from pupil 0, who takes school 1 from pupil 1, who has nothing else on the list
    priority = [[1, 0, 2], [3, 1, 0]]
    assert choose([[0, 1], [1], [0]], priority, [1, 1]).tolist() == [1, -1, 0]


def test_the_result_is_the_best_for_pupils_not_for_schools() -> None:
    # both matchings are stable: everyone's first choice, or every school's first choice
    assert choose([[0, 1], [1, 0]], [[1, 2], [2, 1]], [1, 1]).tolist() == [0, 1]


def test_equal_priorities_go_to_the_lower_pupil() -> None:
    assert choose([[0], [0], [0]], [[5, 5, 5]], [2]).tolist() == [0, 0, -1]


def test_who_is_not_eligible_is_not_admitted_though_places_are_free() -> None:
    assert choose([[0, 1], [0]], [[NAN, NAN], [0, 0]], [9, 9]).tolist() == [1, -1]


def test_unlisted_schools_are_unacceptable_and_repeated_ones_say_nothing_new() -> None:
    assert choose([[], [1, 1, 0]], np.ones((2, 2)), [5, 0]).tolist() == [-1, 0]


def test_infinite_priorities_are_the_first_and_the_last() -> None:
    assert choose([[0], [0], [0]], [[-np.inf, 0.0, np.inf]], [2]).tolist() == [-1, 0, 0]


def test_nobody_and_no_school() -> None:
    assert choose([], np.zeros((2, 0)), [1, 1]).tolist() == []
    assert choose([[], []], np.zeros((0, 2)), []).tolist() == [-1, -1]
    assert choose([[0], [0]], [[1, 1]], [0]).tolist() == [-1, -1]


def test_lists_may_be_an_array() -> None:
    given_ = np.array([[0, 1], [0, 1]])
    before = given_.copy()
    assert choose(given_, [[1, 2], [2, 1]], [1, 1]).tolist() == [1, 0]
    assert (given_ == before).all()


@pytest.mark.parametrize(
    ("change", "argument", "index"),
    [
        ({"preferences": [[0], [0, 2]]}, "preferences", (1, 1)),
        ({"preferences": [[0], [-1]]}, "preferences", (1, 0)),
        ({"preferences": [[0], [0.5]]}, "preferences", (1, 0)),
        ({"preferences": [[0], [1, NAN]]}, "preferences", (1, 1)),
        ({"preferences": [[], [1, True]]}, "preferences", (1, 1)),
        ({"preferences": [[0], ["P"]]}, "preferences", None),
        ({"preferences": [[0], 1]}, "preferences", 1),
        ({"preferences": [[0], "01"]}, "preferences", 1),
        ({"preferences": 3}, "preferences", None),
        ({"preferences": [[0]]}, "priority", None),
        ({"priority": [1, 2]}, "priority", None),
        ({"priority": [[1, 2]]}, "priority", None),
        ({"priority": [["a", "b"], ["c", "d"]]}, "priority", None),
        ({"places": [1, -1]}, "places", 1),
        ({"places": [NAN, 1]}, "places", 0),
        ({"places": [1, 1.5]}, "places", 1),
        ({"places": [np.inf, 1]}, "places", 0),
        ({"places": [1]}, "preferences", (1, 0)),
        ({"places": []}, "preferences", (0, 0)),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], argument: str, index: Any) -> None:
    right = {"preferences": [[0], [1]], "priority": [[1, 2], [2, 1]], "places": [1, 1]}
    with pytest.raises(InputError) as error:
        choose(**{**right, **change})
    assert (error.value.argument, error.value.index) == (argument, index)


# ----------------------------------------------------------------------------------------------------- laws and twins
@st.composite
def cases(draw: st.DrawFn, pupils: int = 9, schools: int = 4) -> Case:
    n, m = draw(st.integers(0, pupils)), draw(st.integers(1, schools))
    lists = [draw(st.lists(st.integers(0, m - 1), unique=True)) for _ in range(n)]
    level = st.one_of(st.integers(0, 3).map(float), st.just(NAN))  # few levels: many ties
    priority = np.array([[draw(level) for _ in range(n)] for _ in range(m)]).reshape(m, n)
    return lists, priority, draw(st.lists(st.integers(0, 3), min_size=m, max_size=m))


@given(cases())
def test_nobody_is_wronged_and_the_slow_twin_agrees(case: Case) -> None:
    found = choose(*case).tolist()
    assert list(blocking_pairs(*case, found)) == []
    assert found == by_rounds(*case)


@given(cases(pupils=4, schools=3))
def test_every_pupil_has_the_best_school_of_any_stable_matching(case: Case) -> None:
    assert choose(*case).tolist() == best_stable(*case)


@given(cases(), st.integers(0, 3))
def test_one_more_place_harms_no_pupil(case: Case, at: int) -> None:
    lists, priority, places = case
    more = [p + (j == at) for j, p in enumerate(places)]
    before, after = choose(lists, priority, places), choose(lists, priority, more)
    for listed, a, b in zip(lists, before.tolist(), after.tolist(), strict=True):
        assert a < 0 or listed.index(b) <= listed.index(a)


def test_a_city_of_pupils_against_the_slow_twin_and_the_checker() -> None:
    rng = np.random.default_rng(5)
    pupils, schools = 1500, 30
    lists = [rng.permutation(schools)[: rng.integers(0, 8)].tolist() for _ in range(pupils)]
    priority = rng.integers(0, 6, (schools, pupils)).astype(float)
    priority[rng.random(priority.shape) < 0.1] = NAN
    places = rng.integers(0, 90, schools).tolist()
    found = choose(lists, priority, places).tolist()
    assert found == by_rounds(lists, priority, places)
    assert list(blocking_pairs(lists, priority, places, found)) == []

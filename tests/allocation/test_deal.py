"""Pupils dealt to grades: exact margins, even mixing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.deal import deal
from placesim.allocation.problem import Shipments


def table(cells: list[list[int]], sent: list[tuple[int, int, int]], phase: list[float]) -> np.ndarray:
    """dealt[node, cell, school]"""
    node, school, pupils = (np.array(c) for c in zip(*sent, strict=True))
    dealt = deal(np.array(cells), Shipments(node, school, pupils), np.array(phase))
    out = np.zeros((len(cells), len(cells[0]), int(school.max()) + 1), dtype=int)
    assert (dealt.pupils > 0).all()
    np.add.at(out, (dealt.node, dealt.cell, dealt.school), dealt.pupils)
    return out


def test_one_school_takes_every_grade() -> None:
    assert table([[3, 0, 2]], [(0, 1, 5)], [0.3]).tolist() == [[[0, 3], [0, 0], [0, 2]]]


def test_two_schools_take_turns() -> None:
    # six pupils in turn to schools 0 and 1: 0 1 0 | 1 0 1
    assert table([[3, 3]], [(0, 0, 3), (0, 1, 3)], [0.0]).tolist() == [[[2, 1], [1, 2]]]


def test_the_phase_turns_the_round() -> None:
    assert table([[3, 3]], [(0, 0, 3), (0, 1, 3)], [0.2]).tolist() == [[[1, 2], [2, 1]]]


def test_nodes_are_dealt_apart() -> None:
    found = table([[1, 1], [2, 2]], [(0, 0, 2), (1, 0, 2), (1, 1, 2)], [0.0, 0.0])
    assert found.tolist() == [[[1, 0], [1, 0]], [[1, 1], [1, 1]]]


@st.composite
def nodes(draw: st.DrawFn) -> tuple[list[list[int]], list[tuple[int, int, int]], list[float]]:
    cells = draw(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any), min_size=1, max_size=4))
    sent = []
    for node, row in enumerate(cells):
        cuts = sorted(draw(st.lists(st.integers(0, sum(row)), max_size=3)))
        parts = np.diff([0, *cuts, sum(row)])
        sent += [(node, school, int(n)) for school, n in enumerate(parts) if n]
    return cells, sent, draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=len(cells), max_size=len(cells)))


@given(nodes())
def test_margins_are_exact_and_every_cell_is_mixed(case: tuple) -> None:
    cells, sent, phase = case
    found = table(cells, sent, phase)
    assert np.array_equal(found.sum(axis=2), cells)
    number = np.zeros((len(cells), found.shape[2]), dtype=int)
    for node, school, pupils in sent:
        number[node, school] = pupils
    assert np.array_equal(found.sum(axis=1), number)
    share = number[:, None, :] * np.array(cells)[:, :, None] / np.sum(cells, axis=1)[:, None, None]
    assert (np.abs(found - share) <= 3).all()  # four parts at most: never far from proportional


def test_grades_of_a_large_node_are_proportional() -> None:
    found = table([[40, 40, 40]], [(0, 0, 60), (0, 1, 30), (0, 2, 30)], [0.7])
    assert found.tolist() == [[[20, 10, 10]] * 3]

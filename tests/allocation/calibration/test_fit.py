"""A stage fitted to its rolls: what rolls tell is met to the pupil, what they cannot tell is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.calibration import Fitted, Rolls, joined, known_rolls
from placesim.allocation.calibration.fit import fit_rolls
from placesim.allocation.calibration.pattern import Pattern

NAN = float("nan")


def rolls(
    pupils: Sequence[Sequence[int]],
    roll: Sequence[Sequence[float]],
    *,
    leaving: Sequence[float] | None = None,
    teaches: Sequence[Sequence[bool]] | None = None,
) -> Rolls:
    told = np.array(roll, dtype=float)
    taught = np.ones(told.shape, dtype=bool) if teaches is None else np.array(teaches)
    gone = np.zeros(len(pupils)) if leaving is None else np.array(leaving)
    return Rolls(np.array(pupils), told, taught, gone)


def seed(table: Sequence[Sequence[float]]) -> Pattern:
    weight = np.array(table, dtype=float)
    area, school = np.nonzero(weight)
    return joined(area, school, weight[area, school])


def table(found: Fitted, areas: int, schools: int, grades: int) -> np.ndarray:
    """pupils[area, school or border, grade]"""
    out = np.zeros((areas, schools + 1, grades), dtype=np.int64)
    np.add.at(out, (found.area, found.school, found.grade), found.pupils)
    return out


def test_rolls_are_reproduced_by_school_and_grade() -> None:
    told = rolls([[10, 8], [20, 12], [0, 0]], [[18, 7], [12, 13]])
    found = fit_rolls(told, seed([[3, 1], [1, 1], [0, 0]]))
    by = table(found, 3, 2, 2)
    assert by.sum(axis=1).tolist() == told.pupils.tolist()
    assert by.sum(axis=0)[:2].tolist() == told.roll.tolist()
    assert found.residual.tolist() == [[0, 0], [0, 0]]
    assert (found.pupils > 0).all()


def test_attraction_is_what_comes_beside_the_pattern() -> None:
    # one area, even ways: 30 and 10 come where 20 and 20 would; factors 3 to 1, their mean over the pupils 1
    found = fit_rolls(rolls([[40], [0]], [[30], [10]]), seed([[1, 1], [0, 0]]))
    assert found.attraction[0] / found.attraction[1] == pytest.approx(3)
    mean = np.exp((30 * np.log(found.attraction[0]) + 10 * np.log(found.attraction[1])) / 40)
    assert mean == pytest.approx(1)
    as_modelled = fit_rolls(rolls([[40], [0]], [[20], [20]]), seed([[1, 1], [0, 0]]))
    assert as_modelled.attraction == pytest.approx([1, 1])


def test_the_border_closes_each_grade() -> None:
    # a tenth of 100 leaves: 10 expected, 100 − 88 = 12 are in no roll
    told = rolls([[60, 50], [40, 50], [0, 0]], [[50, 60], [38, 31]], leaving=[0.1, 0.1, 0])
    found = fit_rolls(told, seed([[1, 1], [1, 1], [0, 0]]))
    by = table(found, 3, 2, 2)
    assert by[:, :2].sum(axis=0).tolist() == [[50, 60], [38, 31]]
    assert by[:, 2].sum(axis=0).tolist() == [12, 9]
    assert by.sum(axis=1).tolist() == told.pupils.tolist()


def test_pupils_from_outside_come_as_an_area_of_their_own() -> None:
    # 6 come from outside, all to school 1 by the flows
    told = rolls([[20], [6]], [[12], [14]])
    by = table(fit_rolls(told, seed([[1, 1], [0, 1]])), 2, 2, 1)
    assert by[:, :, 0].tolist() == [[12, 8, 0], [0, 6, 0]]


def test_rolls_of_another_size_are_scaled_and_the_rest_told() -> None:
    # 100 pupils, rolls of 50: as if half were missing, so twice the rolls, and the residual says so
    found = fit_rolls(rolls([[100], [0]], [[30], [20]]), seed([[1, 1], [0, 0]]))
    assert table(found, 2, 2, 1)[0, :, 0].tolist() == [60, 40, 0]
    assert found.residual.tolist() == [[-30], [-20]]
    over = fit_rolls(rolls([[25], [0]], [[30], [20]]), seed([[1, 1], [0, 0]]))
    assert table(over, 2, 2, 1)[0, :, 0].tolist() == [15, 10, 0]
    assert over.residual.tolist() == [[15], [10]]


def test_leavers_far_from_what_is_missing_stay_as_expected() -> None:
    # 10 leavers expected, 40 are in no roll: rolls are taken as incomplete
    found = fit_rolls(rolls([[100], [0]], [[30], [30]], leaving=[0.1, 0]), seed([[1, 1], [0, 0]]))
    assert table(found, 2, 2, 1)[0, :, 0].tolist() == [45, 45, 10]


def test_a_school_without_return_takes_what_the_others_leave() -> None:
    told = rolls([[60], [40], [0]], [[50], [NAN]])
    found = fit_rolls(told, seed([[1, 1], [1, 1], [0, 0]]))
    assert table(found, 3, 2, 1).sum(axis=(0, 2)).tolist() == [50, 50, 0]
    assert found.residual[0, 0] == 0
    assert np.isnan(found.residual[1, 0])
    assert found.attraction[0] == pytest.approx(1)
    assert np.isnan(found.attraction[1])


def test_grades_go_where_they_are_taught() -> None:
    told = rolls([[10, 10], [0, 0]], [[6, 0], [4, 10]], teaches=[[True, False], [True, True]])
    by = table(fit_rolls(told, seed([[3, 1], [0, 0]])), 2, 2, 2)
    assert by[0, :2].tolist() == [[6, 0], [4, 10]]


def test_a_grade_that_nobody_leaves_meets_its_rolls() -> None:
    """In the other grade 2 of 81 leave; here one is expected to, but the rolls hold all 62."""
    told = rolls([[62, 81], [0, 0]], [[30, 40], [32, 39]], leaving=[2 / 143, 0])
    assert fit_rolls(told, seed([[1, 1], [0, 0]])).residual.tolist() == [[0, 0], [0, 0]]


def test_a_school_that_nobody_attends_attracts_nobody() -> None:
    found = fit_rolls(rolls([[10], [0]], [[10], [0]]), seed([[1, 1], [0, 0]]))
    assert table(found, 2, 2, 1)[0, :, 0].tolist() == [10, 0, 0]
    assert found.attraction.tolist() == pytest.approx([1, 0])


def test_a_school_that_no_pupil_reaches_keeps_its_roll_as_residual() -> None:
    told = rolls([[10], [10], [0]], [[12], [5], [3]])
    found = fit_rolls(told, seed([[1, 1, 0], [1, 1, 0], [0, 0, 0]]))
    by = table(found, 3, 3, 1)
    assert by.sum(axis=(1, 2)).tolist() == [10, 10, 0]  # nobody is lost
    assert found.residual[2, 0] == 3
    assert found.residual.sum() == 0
    assert np.isfinite(found.attraction).all()


def test_an_area_without_ways_is_in_no_school() -> None:
    found = fit_rolls(rolls([[10], [4], [0]], [[6], [4]]), seed([[1, 1], [0, 0], [0, 0]]))
    by = table(found, 3, 2, 1)
    assert by[1].sum() == 0
    assert by[0].sum() == 10


def test_known_rolls_tell_silence_from_none() -> None:
    roll = np.array([[5, NAN], [NAN, NAN], [NAN, NAN]])
    teaches = np.array([[True, True], [True, True], [False, False]])
    known = known_rolls(roll, teaches)
    assert known[0].tolist() == [5, 0]
    assert np.isnan(known[1]).all()
    assert known[2].tolist() == [0, 0]
    assert np.isnan(roll[0, 1])  # untouched


@st.composite
def counties(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Rolls]:
    """(truth[area, school or border, grade], pattern weights, what pupils and rolls would tell of it)"""
    areas, schools, grades = (draw(st.integers(1, n)) for n in (5, 4, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = random.integers(0, 30, (areas + 1, schools + 1, grades))
    truth[-1, -1] = 0  # who comes from outside does not leave
    crosses = draw(st.booleans())
    truth[:, -1] *= crosses
    weight = random.random((areas + 1, schools)) + 0.1
    everyone = truth.sum(axis=(1, 2))
    leaving = np.divide(truth[:, -1].sum(axis=1), everyone, out=np.zeros(areas + 1), where=everyone > 0)
    told = Rolls(truth.sum(axis=1), truth.sum(axis=0)[:-1].astype(float), np.ones((schools, grades), bool), leaving)
    return truth, weight, told


@given(counties())
def test_who_lives_where_is_kept_and_the_rolls_of_grades_that_add_up(
    case: tuple[np.ndarray, np.ndarray, Rolls],
) -> None:
    truth, weight, told = case
    areas, schools, grades = truth.shape[0], truth.shape[1] - 1, truth.shape[2]
    found = fit_rolls(told, seed(weight.tolist()))
    by = table(found, areas, schools, grades)
    assert by.sum(axis=1).tolist() == told.pupils.tolist()
    assert found.residual == pytest.approx(told.roll - by.sum(axis=0)[:-1])
    leavers = truth[:, -1].sum(axis=0)
    expected = told.leaving @ told.pupils
    everyone = told.pupils.sum(axis=0)
    for g in range(grades):
        if abs(leavers[g] - expected[g]) <= 0.02 * everyone[g] or leavers[g] == expected[g]:
            assert found.residual[:, g].tolist() == [0] * schools
    assert (by[-1, -1] == 0).all()
    known = found.attraction[told.roll.sum(axis=1) > 0]
    assert (known > 0).all()

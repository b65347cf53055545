"""Fitting to the totals of both ends, and whole numbers of it: by hand, beside a plain twin, and by outside checks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_furness import by_hand, information

from placesim.allocation.calibration.furness import Balanced, Cells, balance, whole_cells

NAN = float("nan")


def cells_of(table: np.ndarray) -> Cells:
    """The cells of a table that are not zero."""
    row, column = np.nonzero(table)
    return Cells(row, column)


def fit(table: list[list[float]], rows: list[float], columns: list[float]) -> tuple[np.ndarray, Balanced]:
    seed = np.array(table, dtype=float).reshape(len(rows), len(columns))
    cells = cells_of(seed)
    found = balance(cells, seed[cells.row, cells.column], np.array(rows, float), np.array(columns, float))
    return spread(cells, found.value, seed.shape), found


def spread(cells: Cells, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape, dtype=value.dtype)
    out[cells.row, cells.column] = value
    return out


# ------------------------------------------------------------------------------------------------- fitting
def test_by_hand_the_product_of_the_ends() -> None:
    # a flat seed keeps no memory: value = row × column ÷ all
    found, told = fit([[1, 1], [1, 1]], [60, 40], [30, 70])
    assert found == pytest.approx(np.array([[18, 42], [12, 28]]), abs=1e-5)
    assert told.factor[1] / told.factor[0] == pytest.approx(7 / 3, rel=1e-6)


def test_the_odds_of_the_seed_are_kept() -> None:
    # cross ratio of the seed 4·1 ÷ (1·1) = 4; totals 30/30 and 30/30: x² ÷ (30 − x)² = 4, x = 20
    found, _ = fit([[4, 1], [1, 1]], [30, 30], [30, 30])
    assert found == pytest.approx(np.array([[20, 10], [10, 20]]), abs=1e-4)


def test_a_free_column_takes_what_rows_and_the_others_leave() -> None:
    found, told = fit([[1, 1], [3, 1]], [10, 40], [20, NAN])
    assert told.factor[1] == 1
    assert found.sum(axis=1) == pytest.approx([10, 40])
    assert found[:, 0].sum() == pytest.approx(20, abs=1e-4)
    all_free, told = fit([[1, 1], [3, 1]], [10, 40], [NAN, NAN])
    assert all_free == pytest.approx(np.array([[5, 5], [30, 10]]))
    assert told.factor.tolist() == [1, 1]


def test_a_column_of_zero_is_emptied() -> None:
    found, told = fit([[1, 1], [3, 1]], [10, 40], [0, 50])
    assert found == pytest.approx(np.array([[0, 10], [0, 40]]))
    assert told.factor[0] == 0


def test_a_column_that_no_cell_leads_to_changes_nothing() -> None:
    # 10 and 40 pupils, 20 of whom are asked for by a school that nobody reaches: the rows are met, not it
    found, told = fit([[1, 1, 0], [3, 1, 0]], [10, 40], [10, 20, 20])
    assert found.sum(axis=1) == pytest.approx([10, 40])
    assert found[:, :2].sum(axis=0) == pytest.approx([50 / 3, 100 / 3], rel=1e-4)  # as 10 to 20
    assert found[:, 2].sum() == 0
    assert np.isfinite(told.factor).all()


def test_totals_that_contradict_each_other_meet_the_rows() -> None:
    found, _ = fit([[1, 1], [3, 1]], [10, 40], [10, 10])
    assert found.sum(axis=1) == pytest.approx([10, 40])
    assert np.isfinite(found).all()
    # row 0 has one way, to school 0, which wants only 4 of its 10 pupils
    stuck, _ = fit([[1, 0], [1, 1]], [10, 10], [4, 16])
    assert stuck.sum(axis=1) == pytest.approx([10, 10])
    assert stuck[1] == pytest.approx([0, 10], abs=0.1)


def test_rows_without_seed_or_without_pupils_stay_zero() -> None:
    found, _ = fit([[0, 0], [1, 1], [2, 1]], [7, 0, 12], [4, 8])
    assert found == pytest.approx(np.array([[0, 0], [0, 0], [4, 8]]), abs=1e-5)


def test_a_row_that_leads_only_to_columns_of_zero_is_emptied() -> None:
    found, told = fit([[1, 1]], [6], [0, 0])
    assert found.tolist() == [[0, 0]]
    assert told.factor.tolist() == [0, 0]


def test_nothing_at_all() -> None:
    none = np.zeros(0, dtype=np.int64)
    found = balance(Cells(none, none), np.zeros(0), np.zeros(0), np.zeros(0))
    assert found.value.tolist() == found.factor.tolist() == []
    assert whole_cells(Cells(none, none), found.value, none, np.zeros(0)).tolist() == []
    lonely = balance(Cells(none, none), np.zeros(0), np.array([3.0]), np.array([3.0]))
    assert lonely.factor.tolist() == [1]


def test_inputs_are_not_changed() -> None:
    seed, rows, columns = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0]), np.array([5.0, 4.0])
    for given_ in (seed, rows, columns):
        given_.flags.writeable = False
    cells = Cells(np.array([0, 0, 1]), np.array([0, 1, 1]))
    value = balance(cells, seed, rows, columns).value
    value.flags.writeable = False
    whole_cells(cells, value, np.array([4, 5]), columns)


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """(seed, a table with the same zeros whose totals are asked for)"""
    shape = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    seed = [draw(st.sampled_from([0, 0.2, 0.5, 1, 1, 2, 5])) for _ in range(shape[0] * shape[1])]
    truth = [draw(st.integers(1, 40)) for _ in seed]
    start = np.array(seed, dtype=float).reshape(shape)
    return start, np.where(start > 0, np.array(truth).reshape(shape), 0)


@given(tables())
def test_both_ends_are_met_where_they_can_be(case: tuple[np.ndarray, np.ndarray]) -> None:
    seed, truth = case
    rows, columns = truth.sum(axis=1), truth.sum(axis=0)
    found, told = fit(seed.tolist(), rows.tolist(), columns.tolist())
    assert found.sum(axis=1) == pytest.approx(rows, abs=1e-6)
    assert found.sum(axis=0) == pytest.approx(columns, rel=1e-5, abs=1e-5)
    assert (found[seed == 0] == 0).all()
    # value = seed × row factor × column factor
    bare = np.divide(found, seed * told.factor, out=np.full(seed.shape, NAN), where=seed > 0)
    for row in bare:
        known = row[~np.isnan(row)]
        assert known == pytest.approx(np.repeat(known[:1], len(known)), rel=1e-6)


@given(tables(), st.data())
def test_the_twin_on_paper_finds_the_same(case: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    seed, truth = case
    columns = truth.sum(axis=0).astype(float)
    free = np.array([data.draw(st.booleans()) for _ in columns])
    asked = np.where(free, NAN, columns)
    found, _ = fit(seed.tolist(), truth.sum(axis=1).tolist(), asked.tolist())
    if free.any():  # what the free ones would get need not be what is left
        asked = np.where(found.sum(axis=0) > 0, asked, NAN)
    twin = by_hand(seed.tolist(), truth.sum(axis=1).tolist(), [None if np.isnan(c) else c for c in asked])
    assert found == pytest.approx(np.array(twin), rel=1e-3, abs=1e-3)


@given(tables())
def test_no_other_table_of_the_same_totals_knows_less(case: tuple[np.ndarray, np.ndarray]) -> None:
    seed, truth = case
    found, _ = fit(seed.tolist(), truth.sum(axis=1).tolist(), truth.sum(axis=0).tolist())
    ours, other = (information(t.tolist(), seed.tolist()) for t in (found, truth))
    assert ours <= other + 1e-3 * (1 + abs(other))


# ------------------------------------------------------------------------------------------------- whole numbers
def is_rounding(value: np.ndarray, found: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    """Checked from outside: each cell down or up, rows exact, columns exact where told, else within 1."""
    assert found.dtype == np.int64
    assert (np.abs(found - value) < 1 + 1e-5).all()
    assert ((found >= np.floor(value - 1e-5)) & (found <= np.ceil(value + 1e-5))).all()
    assert found.sum(axis=1).tolist() == rows.tolist()
    total = value.sum(axis=0)
    for j, wanted in enumerate(columns):
        if np.isnan(wanted) or wanted != round(wanted):
            assert abs(found[:, j].sum() - (total[j] if np.isnan(wanted) else wanted)) < 1 + 1e-4
        else:
            assert found[:, j].sum() == wanted


def rounded(value: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    cells = cells_of(value)
    whole = whole_cells(cells, value[cells.row, cells.column], rows, columns)
    return spread(cells, whole, value.shape)


def test_by_hand_halves_keep_both_ends() -> None:
    value = np.array([[0.5, 0.5], [0.5, 0.5]])
    found = rounded(value, np.array([1, 1]), np.array([1.0, 1.0]))
    assert sorted(found.tolist()) == [[0, 1], [1, 0]]


def test_the_largest_fractions_are_rounded_up() -> None:
    value = np.array([[1.9, 2.0, 0.1], [0.1, 0.0, 4.9]])
    assert rounded(value, np.array([4, 5]), np.array([2.0, 2.0, 5.0])).tolist() == [[2, 2, 0], [0, 0, 5]]
    value = np.array([[0.6, 0.3, 0.1]])
    assert rounded(value, np.array([1]), np.array([NAN, NAN, NAN])).tolist() == [[1, 0, 0]]


def test_a_column_that_is_not_whole_goes_either_way() -> None:
    value = np.array([[2.5, 0.5], [0.75, 0.25]])
    rows, columns = np.array([3, 1]), np.array([3.25, 0.75])
    is_rounding(value, rounded(value, rows, columns), rows, columns)


def test_what_is_as_good_as_whole_is_whole() -> None:
    value = np.array([[3 - 1e-9, 1 + 1e-9]])
    assert rounded(value, np.array([4]), np.array([3.0, 1.0])).tolist() == [[3, 1]]


def test_totals_that_were_not_met_do_not_lose_a_pupil() -> None:
    value = np.array([[2.5, 2.5], [1.5, 3.5]])
    found = rounded(value, np.array([5, 5]), np.array([1.0, 9.0]))
    assert found.sum(axis=1).tolist() == [5, 5]
    assert (np.abs(found - value) < 1).all()


def test_columns_of_which_too_many_pupils_are_left_take_them_all_the_same() -> None:
    # twelve pupils, of whom the two columns that they reach ask for three
    value = np.array([[1.5, 1.5, 0.0]] * 4)
    found = rounded(value, np.array([3] * 4), np.array([1.0, 2.0, 9.0]))
    assert found.sum(axis=1).tolist() == [3] * 4
    assert (np.abs(found - value) < 1).all()


def test_a_row_without_ways_has_no_cells_to_round() -> None:
    value = np.array([[0.0, 0.0], [1.5, 0.5]])
    assert rounded(value, np.array([7, 2]), np.array([NAN, NAN])).sum(axis=1).tolist() == [0, 2]


@given(tables(), st.data())
def test_the_fit_in_whole_numbers(case: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    seed, truth = case
    columns = truth.sum(axis=0).astype(float)
    kind = [data.draw(st.sampled_from(["told", "told", "free", "not whole"])) for _ in columns]
    rows = truth.sum(axis=1)
    some_free = "free" in kind
    if not some_free and "not whole" in kind:
        shift = 0.5 * sum(1 for k in kind if k == "not whole")
        kind = [k if shift == int(shift) else "told" for k in kind]
    asked = np.array([NAN if k == "free" else c for c, k in zip(columns, kind, strict=True)])
    value, _ = fit(seed.tolist(), rows.tolist(), asked.tolist())
    met = np.isnan(asked) | (np.abs(value.sum(axis=0) - asked) < 1e-4)
    found = rounded(value, rows, asked)
    assert found.sum(axis=1).tolist() == rows.tolist()
    if met.all():
        is_rounding(value, found, rows, asked)


@given(st.integers(1, 7), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_any_table_with_whole_ends_has_its_rounding(rows: int, columns: int, seed: int) -> None:
    # many cells, most of them fractions, totals whole because the fractions were moved round in circles
    random = np.random.default_rng(seed)
    value = random.integers(1, 9, (rows, columns)).astype(float)
    for _ in range(3 * rows * columns):
        (i, k), (j, m) = random.integers(0, rows, 2), random.integers(0, columns, 2)
        shift = random.random() * 0.5 * min(value[i, j], value[k, m])
        if i != k and j != m:
            value[[i, k], [j, m]] -= shift
            value[[i, k], [m, j]] += shift
    at_row, at_column = np.rint(value.sum(axis=1)).astype(np.int64), np.rint(value.sum(axis=0))
    is_rounding(value, rounded(value, at_row, at_column), at_row, at_column)

"""Whole numbers of a fit whose totals cannot be met."""

import numpy as np

from placesim.allocation.calibration.furness import Cells, whole_cells


def test_rows_keep_their_sums_where_columns_cannot() -> None:
    # three rows of one pupil, half at each of two schools whose rolls are said to be 0: some school takes two
    cells = Cells(np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3))
    found = whole_cells(cells, np.full(6, 0.5), np.ones(3, dtype=np.int64), np.zeros(2))
    assert cells.by_row(found, 3).tolist() == [1, 1, 1]
    assert sorted(cells.by_column(found, 2).tolist()) == [1, 2]


def test_totals_that_can_be_met_are_met_beside_one_that_cannot() -> None:
    # rows 0, 1 and 2 at schools 0 and 1 with totals 0 and 0; rows 3 and 4 at schools 2 and 3 with totals 0 and 2
    cells = Cells(np.repeat(np.arange(5), 2), np.array([0, 1] * 3 + [2, 3] * 2))
    found = whole_cells(cells, np.full(10, 0.5), np.ones(5, dtype=np.int64), np.array([0.0, 0.0, 0.0, 2.0]))
    assert cells.by_row(found, 5).tolist() == [1] * 5
    assert cells.by_column(found, 4).tolist()[2:] == [0, 2]

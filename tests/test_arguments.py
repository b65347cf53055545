"""as_numbers: what numpy would take for numbers though it is none, and where it stands."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest

from placesim.arguments import as_numbers, as_table, is_number
from placesim.errors import InputError

MASKED = np.ma.masked_array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    ("given", "index"),
    [
        (np.array([1.0, 2j]), 0),
        (np.array([[1.0]], dtype=complex), (0, 0)),
        (np.zeros(2, "M8[ns]"), 0),
        (np.zeros(2, "m8[s]"), 0),
        (np.zeros((1, 2), dtype=[("a", float)]), (0, 0)),
        (np.array([1.0, 2j], dtype=object), 1),
        ([1.0, datetime.date(2020, 1, 1)], 1),
        (pd.Series([1, pd.Timestamp("2020")]), 1),
        ([[1.0, 2.0], [3.0, np.timedelta64(1, "D")]], (1, 1)),
        (MASKED, 1),
        (np.ma.masked_array(np.zeros((2, 2)), mask=[[0, 0], [1, 0]]), (1, 0)),
        ([np.ones(2), MASKED], (1, 1)),
        ([1.0, np.ma.masked], 1),
        (np.ma.masked, None),
    ],
)
def test_what_is_no_number_is_named_without_a_warning(given, index):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="must be a number, not") as caught:
            as_numbers("x", given)
    assert (caught.value.argument, caught.value.index) == ("x", index)


@pytest.mark.parametrize(
    ("given", "index"),
    [
        (np.array([True, False]), 0),
        ([1.0, True], 1),
        (np.array([[1, True]], dtype=object), (0, 1)),
        (pd.array([True, False], dtype="boolean"), 0),
        ([np.ones(2), np.array([True, True])], (1, 0)),
        (True, None),
    ],
)
def test_truth_values_stand_for_numbers_only_where_they_may(given, index):
    assert np.isin(as_numbers("x", given), (0, 1)).all()
    with pytest.raises(InputError, match="must be a number, not bool") as caught:
        as_numbers("x", given, truths=False)
    assert caught.value.index == index


@pytest.mark.parametrize("given", [[10**400], {1.0}, float, [[1.0], [1.0, 2.0]], "x"])
def test_what_cannot_be_read_is_no_array_of_numbers(given):
    with pytest.raises(InputError, match="must be an array of numbers"):
        as_numbers("x", given)


@pytest.mark.parametrize(
    "given",
    [[1, 2], np.array([1, 2], dtype=np.int8), np.ma.masked_array([1, 2], mask=False), pd.Series([1, 2], dtype="Int64")],
)
def test_numbers_of_every_kind_are_taken(given):
    np.testing.assert_array_equal(as_numbers("x", given, truths=False), [1.0, 2.0])


def test_cells_that_are_not_given_are_nan():
    assert np.isnan(as_numbers("x", pd.array([None], dtype="Int64"), truths=False)).all()
    assert np.isnan(as_numbers("x", [None], truths=False)).all()


def test_floats_are_not_copied():
    given = np.ones(3)
    assert as_numbers("x", given, truths=False) is given


def test_one_number():
    assert all(is_number(value) for value in (1, 1.5, np.int8(1), np.float32(1)))
    assert not any(is_number(value) for value in (True, np.True_, "1", None, np.array(1), [1], np.timedelta64(1), 1j))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (None, "must be a DataFrame"),
        ({"a": [1]}, "must be a DataFrame"),
        (pd.DataFrame({"b": [1]}), "must have the column a"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "must have the column a once"),
    ],
)
def test_tables_have_their_columns_once(given, rule):
    with pytest.raises(InputError, match=f"t: {rule}"):
        as_table("t", given, ("a",))

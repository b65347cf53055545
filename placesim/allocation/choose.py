"""School choice: deferred acceptance, pupils proposing (Gale & Shapley 1962, many to one)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from placesim.arguments import PARTS, as_counts, as_numbers
from placesim.errors import InputError
from placesim.kernel import kernel
from placesim.records import Floats, Ints


class Lists(NamedTuple):
    """Ranked lists end to end: those of pupil i stand in rows start[i] … start[i + 1] − 1, best first; school[row],
    priority[row] of the pupil at that school, NaN where not eligible."""

    start: Ints
    school: Ints
    priority: Floats


def choose(preferences: Sequence[ArrayLike], priority: ArrayLike, places: ArrayLike) -> Ints:
    """school[pupil], −1 for those unplaced: the stable matching that is best for every pupil.

    preferences[pupil][…]: positions of schools, best first; unlisted schools are unacceptable, of repeated ones the
    first counts. priority[school, pupil]: larger wins, NaN = ineligible, equal ones go to the lower pupil.
    places[school], whole numbers. No pupil and school are left who would both rather have each other; in what order
    pupils propose changes nothing (Gale & Shapley, Am. Math. Monthly 69, 1962; Roth & Sotomayor 1990).

    Raises InputError for preferences that are no positions of schools, a priority that has not the axes
    [school, pupil], and places that are NaN, negative or fractional.
    """
    room = as_counts("places", places)
    start, school = _flat(preferences, len(room))
    table = as_numbers("priority", priority, axes=2)
    if table.shape != (len(room), len(start) - 1):
        expected = f"must have the axes [school, pupil], {(len(room), len(start) - 1)}"
        raise InputError("priority", expected, value=f"shape {table.shape}")
    pupil = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return match(Lists(start, school, table[school, pupil]), room)


def match(lists: Lists, places: Ints) -> Ints:
    """school[pupil] of `choose`, for lists that hold the priorities of the schools they name."""
    wanted = np.bincount(lists.school[~np.isnan(lists.priority)], minlength=len(places))
    heap = np.concatenate([[0], np.cumsum(np.minimum(places, wanted))])
    return _propose(lists, heap)


class _Rows(NamedTuple):
    """Rows of lists as seen by schools: pupil[row], priority[row]."""

    pupil: Ints
    priority: Floats


@kernel
def _beats(rows: _Rows, one: int, other: int) -> bool:
    """Whether a school would rather have the pupil of row `one`."""
    p, q = rows.priority[one], rows.priority[other]
    return p > q or (p == q and rows.pupil[one] < rows.pupil[other])


@kernel
def _rise(held: Ints, rows: _Rows, row: int, at: int) -> None:
    """Put a row into the free seat `at` of a heap with the last of the school at its root, and let it rise."""
    while at > 0 and _beats(rows, held[(at - 1) // 2], row):
        held[at] = held[(at - 1) // 2]
        at = (at - 1) // 2
    held[at] = row


@kernel
def _sink(held: Ints, rows: _Rows, row: int) -> None:
    """Put a row into the seat of the last one, at the root, and let it sink."""
    at, size = 0, len(held)
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and _beats(rows, held[below], held[below + 1]):
            below += 1
        if _beats(rows, held[below], row):
            break
        held[at] = held[below]
        at = below
    held[at] = row


@kernel
def _propose(lists: Lists, heap: Ints) -> Ints:
    """Each pupil asks down the list; a full school keeps the better of the newcomer and its last.

    The rows by which school j holds its pupils stand in held[heap[j] : heap[j + 1]].
    """
    start, school, priority = lists
    pupils = len(start) - 1
    pupil = np.empty(len(school), dtype=np.int64)
    for i in range(pupils):
        pupil[start[i] : start[i + 1]] = i
    rows = _Rows(pupil, priority)
    ask, placed = start[:-1].copy(), np.full(pupils, -1, dtype=np.int64)
    held, count = np.empty(heap[-1], dtype=np.int64), np.zeros(len(heap) - 1, dtype=np.int64)
    for first in range(pupils):
        i = first
        while ask[i] < start[i + 1]:
            row = ask[i]
            ask[i] += 1
            j = school[row]
            seats = held[heap[j] : heap[j + 1]]
            if len(seats) == 0 or np.isnan(priority[row]):
                continue
            if count[j] < len(seats):
                _rise(seats, rows, row, count[j])
                count[j] += 1
                placed[i] = j
                break
            last = seats[0]
            if _beats(rows, row, last):
                _sink(seats, rows, row)
                placed[i] = j
                i = pupil[last]
                placed[i] = -1
    return placed


def _flat(preferences: Any, schools: int) -> tuple[Ints, Ints]:
    """(start[pupil + 1], school[row]) of the lists end to end."""
    if not isinstance(preferences, PARTS) or (isinstance(preferences, np.ndarray) and preferences.ndim == 0):
        raise InputError("preferences", "must hold a list of schools for each pupil", value=repr(preferences)[:80])
    for i, listed in enumerate(preferences):
        if not isinstance(listed, PARTS) or (isinstance(listed, np.ndarray) and listed.ndim != 1):
            raise InputError("preferences", "must be a list of schools", i, repr(listed)[:80])
    start = np.concatenate([[0], np.cumsum([len(listed) for listed in preferences])]).astype(np.int64)
    try:
        values = as_numbers("preferences", list(chain.from_iterable(preferences)), axes=1, truths=False)
    except InputError as error:
        raise InputError("preferences", error.rule, _pupil_and_rank(start, error.index), error.value) from error
    off = ~((values >= 0) & (values < schools)) | (values != np.floor(values))
    if off.any():
        row = int(off.argmax())
        rule = f"must be a position 0 … {schools - 1}" if schools else "must be empty, as places is"
        raise InputError("preferences", rule, _pupil_and_rank(start, row), values[row])
    return start, values.astype(np.int64)


def _pupil_and_rank(start: Ints, row: Any) -> Any:
    """Index into the lists of a row of them end to end; rows that are no one number stay as they are."""
    if not isinstance(row, int):
        return row
    pupil = int(np.searchsorted(start, row, side="right")) - 1
    return pupil, row - int(start[pupil])

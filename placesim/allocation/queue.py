"""Who gets in where more pupils ask for a school than it has places left."""

from __future__ import annotations

import numpy as np

from placesim.allocation.problem import Shipments
from placesim.records import Floats, Ints


def admitted(asking: Shipments, left: Ints, turn: Floats, lot: Floats) -> Ints:
    """pupils[row] of asking.pupils[row] who get in: the lower turn[row] first; left[school] places.

    Rows of the same turn draw lots: each gets its proportional part of what is left, and the odd places go round in
    the order of lot[row] in [0, 1), from a start drawn too (systematic sampling, Madow 1949): no row is more than one
    pupil off its part, and the places are used up.
    """
    order = np.lexsort((lot, turn, asking.school))
    school, pupils, turn, lot = asking.school[order], asking.pupils[order], turn[order], lot[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (school[1:] != school[:-1]) | (turn[1:] != turn[:-1])
    head, block = np.flatnonzero(first), np.cumsum(first) - 1  # a block: rows of one school and turn
    end = np.cumsum(pupils)
    asked = np.bincount(block, weights=pupils, minlength=len(head)).astype(np.int64)
    before = (end - pupils)[head]
    ahead = before - before[np.searchsorted(school[head], school[head])]
    room = np.clip(left[school[head]] - ahead, 0, asked)[block]
    start = (lot[head] * asked).astype(np.int64)[block]
    reached = end - before[block]
    found = np.zeros(len(order), dtype=np.int64)
    size = np.maximum(asked[block], 1)
    found[order] = (reached * room + start) // size - ((reached - pupils) * room + start) // size
    return found

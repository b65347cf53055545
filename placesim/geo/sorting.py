"""Sorting by positions in linear time, for the millions of ways of a large county."""

from __future__ import annotations

import numpy as np

from placesim.kernel import kernel
from placesim.records import Ints


def order_by(first: Ints, then: Ints) -> Ints:
    """Positions that sort by `first`, then by `then` (whole numbers of 0 or more); equal rows keep their order."""
    start = np.arange(len(then))
    return _counted(first, _counted(then, start, int(then.max(initial=-1)) + 1), int(first.max(initial=-1)) + 1)


@kernel
def _counted(keys: Ints, order: Ints, different: int) -> Ints:
    """`order`, sorted by keys[order] without changing the order of equal ones (counting sort)."""
    place = np.zeros(different + 1, np.int64)
    for at in order:
        place[keys[at] + 1] += 1
    for key in range(different):
        place[key + 1] += place[key]
    out = np.empty(len(order), np.int64)
    for at in order:
        out[place[keys[at]]] = at
        place[keys[at]] += 1
    return out

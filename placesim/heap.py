"""A heap of keys, each with what waits under it: for kernels that search."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placesim.kernel import kernel

_ARMS = 4  # children of a node of the heap: fewer levels than a binary one, whose keys lie together


@kernel
def push(keys: NDArray[Any], waiting: NDArray[np.int32], size: int, key: float, item: int) -> int:
    """Put an item with its key into keys[:size], waiting[:size]; the new size."""
    at = size
    while at > 0:
        above = (at - 1) // _ARMS
        if keys[above] <= key:
            break
        keys[at], waiting[at] = keys[above], waiting[above]
        at = above
    keys[at], waiting[at] = key, item
    return size + 1


@kernel
def drop_first(keys: NDArray[Any], waiting: NDArray[np.int32], size: int) -> int:
    """Take out the first item, whose key is the least; the new size."""
    size -= 1
    key, item, at = keys[size], waiting[size], 0
    while True:
        below = _ARMS * at + 1
        if below >= size:
            break
        least = below
        for arm in range(below + 1, min(below + _ARMS, size)):
            if keys[arm] < keys[least]:
                least = arm
        if keys[least] >= key:
            break
        keys[at], waiting[at] = keys[least], waiting[least]
        at = least
    keys[at], waiting[at] = key, item
    return size

"""A rough solution of a large case: few ways, short costs."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.allocation.scaling import solve_whole
from placesim.allocation.warm.graph import Indices, Links, linked
from placesim.allocation.warm.prices import lowest_prices
from placesim.kernel import kernel
from placesim.records import Ints

_WAYS: Final = 14  # of each node: its shortest ones
_MISPLACED: Final = 0.03  # share of the pupils who may rather sit elsewhere
_BITS: Final = 20  # of the largest cost


def rough_start(links: Links, pupils: Ints, places: Ints) -> tuple[Ints, Ints]:
    """(flow[slot], price[school + 1]) near the best ones, for chains of moves to finish.

    The best flow over the few shortest ways of each node, in costs rounded to a few bits, by Goldberg's cost scaling in
    OR-tools; its lowest prices. Where many pupils would rather take one of the other ways at these prices, over all.
    """
    flow, price = _best_of(links, _WAYS, pupils, places)
    if _misplaced(links, flow, price) <= _MISPLACED * pupils.sum():
        return flow, price
    return _best_of(links, len(links.school), pupils, places)


def _best_of(links: Links, ways: int, pupils: Ints, places: Ints) -> tuple[Ints, Ints]:
    """(flow[slot], price[school + 1]) over the shortest ways of each node."""
    kept = _shortest_ways(links, ways)
    first = np.searchsorted(kept, links.first).astype(np.int32)
    shift = max(int(links.units.max(initial=0)).bit_length() - _BITS, 0)
    few = linked(first, links.school[kept], len(links.seats) - 2, links.units[kept] >> shift, links.extra >> shift)
    flow = np.zeros(len(links.school), dtype=np.int64)
    flow[kept] = _by_scaling(few, pupils, places)
    return flow, lowest_prices(few, flow[kept], places) << shift


@kernel
def _misplaced(links: Links, flow: Ints, price: Ints) -> int:
    """How many pupils another slot of their node costs clearly less, beyond the rounding of costs."""
    pupils, slack = 0, 4 * links.units.max() >> _BITS
    for node in range(len(links.first) - 1):
        first, end = links.first[node], links.first[node + 1]
        least = links.units[end - 1]
        for slot in range(first, end):
            least = min(least, links.units[slot] + price[links.school[slot]])
        for slot in range(first, end):
            if links.units[slot] + price[links.school[slot]] > least + slack:
                pupils += flow[slot]
    return pupils


@kernel
def _shortest_ways(links: Links, count: int) -> Indices:
    """Slots of the shortest ways of each node, and to stay unplaced; in their order."""
    kept, size = np.empty(len(links.school), np.int32), 0
    for node in range(len(links.first) - 1):
        first, last = links.first[node], links.first[node + 1] - 1
        limit = np.sort(links.units[first:last])[min(count, last - first) - 1] if last > first else 0
        for slot in range(first, last):
            if links.units[slot] <= limit:
                kept[size] = slot
                size += 1
        kept[size] = last
        size += 1
    return kept[:size].copy()


def _by_scaling(links: Links, pupils: Ints, places: Ints) -> Ints:
    """flow[slot] of least whole cost: nodes, schools and one sink."""
    nodes, schools = len(pupils), len(places)
    school, step = np.nonzero(places)
    tails = np.concatenate([links.node, nodes + school])
    heads = np.concatenate([nodes + links.school, np.full(len(school), nodes + schools)])
    room = np.concatenate([pupils[links.node], places[school, step]])
    units = np.concatenate([links.units, links.extra[step]])
    return solve_whole(tails, heads, room, units, pupils)[: len(links.school)]

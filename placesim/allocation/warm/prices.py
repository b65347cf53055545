"""The lowest prices at which a best flow stays as it is."""

from __future__ import annotations

import numpy as np

from placesim.allocation.warm.board import lay_board, look_up
from placesim.allocation.warm.graph import Links
from placesim.kernel import kernel
from placesim.records import Ints


@kernel
def lowest_prices(links: Links, flow: Ints, places: Ints) -> Ints:
    """price[school + 1]: the lowest at which nobody of a best flow[slot] would rather move and every load is right.

    price[b] = max(what its last pupil costs in steps, price[a] − the cheapest move from a to b over all a): longest
    ways, by correcting labels until none rises (Bellman 1958, Ford 1956). All prices of a flow that is not the best
    would rise for ever: the search then ends with prices that the certificate refuses.
    """
    board = lay_board(links, flow, np.zeros(len(links.seats) - 1, np.int64), places)
    price, schools = board.low, len(board.low)
    queue, waits, turns = np.arange(schools), np.ones(schools, np.bool_), np.zeros(schools, np.int64)
    begin, waiting = 0, schools
    while waiting > 0:
        a = queue[begin]
        begin, waiting, waits[a] = (begin + 1) % schools, waiting - 1, False
        turns[a] += 1
        if turns[a] > schools + 1:
            break
        if board.stale[a]:
            look_up(links, board, a)
        for pair in range(links.rows[a], links.rows[a + 1]):
            b = links.other[pair]
            if price[a] - board.least[pair] > price[b]:
                price[b] = price[a] - board.least[pair]
                if not waits[b]:
                    queue[(begin + waiting) % schools], waits[b] = b, True
                    waiting += 1
    return price

"""Chains of moves: the cheapest way to relieve a school that is too full, or to fill one whose price is too high.

Successive shortest paths with prices (Jewell 1958; Edmonds & Karp 1972), on schools instead of nodes: a link from
school a to school b costs what its cheapest pupil pays for the move, plus the difference of the prices, and is never
negative.
"""

from __future__ import annotations

from placesim.allocation.warm.board import FAR, Board, book, held, look_up, move
from placesim.allocation.warm.graph import Links
from placesim.heap import drop_first, push
from placesim.kernel import kernel


@kernel
def settle(links: Links, board: Board, most: int) -> int:
    """Move pupils and prices until every load is right at its price; how many searches that took. −1: given up, as
    there were too many schools too full after `most` searches."""
    searches = 0
    for school in range(len(board.load) - 1):
        while board.price[school] < board.low[school]:
            if searches == most:
                return -1
            _relieve(links, board, school)
            searches += 1
    for school in range(len(board.load) - 1):
        while board.price[school] > board.high[school]:
            _fill(links, board, school)
            searches += 1
    return searches


@kernel
def _relieve(links: Links, board: Board, school: int) -> None:
    """Raise the school's price to the cheapest chain that leads away from it, and move pupils along that chain."""
    end, reached, cost = _away(links, board, school)
    _reprice(board, reached, cost, 1)
    if end == school:
        return
    amount = board.load[school] - held(links, board, school, board.price[school])
    if end < len(board.load) - 1:
        amount = min(amount, held(links, board, end, board.price[end]) - board.load[end])
    at = end
    while at != school:
        amount = min(amount, board.pupils[board.leaves[board.via[at]]])
        at = _start(links, board.via[at])
    book(links, board, school, end, amount)
    while end != school:
        pair = board.via[end]
        end = _start(links, pair)
        move(links, board, board.leaves[pair], board.enters[pair], amount)


@kernel
def _fill(links: Links, board: Board, school: int) -> None:
    """Lower the school's price to the cheapest chain that leads to it, and move pupils along that chain."""
    end, reached, cost = _towards(links, board, school)
    _reprice(board, reached, cost, -1)
    if end == school:
        return
    amount = held(links, board, school, board.price[school] - 1) - board.load[school]
    if end < len(board.load) - 1:
        amount = min(amount, board.load[end] - held(links, board, end, board.price[end] - 1))
    at = end
    while at != school:
        amount = min(amount, board.pupils[board.leaves[board.via[at]]])
        at = links.other[board.via[at]]
    book(links, board, end, school, amount)
    while end != school:
        pair = board.via[end]
        end = links.other[pair]
        move(links, board, board.leaves[pair], board.enters[pair], amount)


@kernel
def _start(links: Links, pair: int) -> int:
    """The school at which a pair starts."""
    return links.other[links.back[pair]]


@kernel
def _reprice(board: Board, reached: int, cost: int, sign: int) -> None:
    """Prices of the schools nearer than the end of the chain follow, so that its links cost nothing; the search is
    cleared."""
    for k in range(reached):
        school = board.reached[k]
        if board.dist[school] < cost:
            board.price[school] += sign * (cost - board.dist[school])
        board.dist[school] = FAR


@kernel
def _away(links: Links, board: Board, school: int) -> tuple[int, int, int]:
    """(end, schools reached, cost) of the cheapest chain from a school: to one that takes one more pupil, or the school
    itself where its own dearer step costs less."""
    dist, price, least = board.dist, board.price, board.least
    end, cost, last = school, min(board.low[school] - price[school], FAR // 2), len(board.load) - 1
    dist[school], board.reached[0], reached = 0, school, 1
    size = push(board.keys, board.waiting, 0, 0, school)
    while size > 0:
        key, a = board.keys[0], board.waiting[0]
        if key >= cost:
            break
        size = drop_first(board.keys, board.waiting, size)
        if key > dist[a]:
            continue
        if board.stale[a]:
            look_up(links, board, a)
        base = key - price[a]
        for pair in range(links.rows[a], links.rows[a + 1]):
            b = links.other[pair]
            there = base + least[pair] + price[b]
            if there >= cost or there >= dist[b]:
                continue
            if dist[b] == FAR:
                board.reached[reached] = b
                reached += 1
            dist[b], board.via[b] = there, pair
            ending = there + max(0, board.high[b] - price[b]) if b < last else there
            if ending < cost:
                end, cost = b, ending
            if there < cost:
                size = push(board.keys, board.waiting, size, there, b)
    return end, reached, cost


@kernel
def _towards(links: Links, board: Board, school: int) -> tuple[int, int, int]:
    """(end, schools reached, cost) of the cheapest chain to a school: from one that spares a pupil, or the school
    itself where its places are worth less than its price."""
    dist, price, least = board.dist, board.price, board.least
    end, cost, last = school, price[school] - board.high[school], len(board.load) - 1
    dist[school], board.reached[0], reached = 0, school, 1
    size = push(board.keys, board.waiting, 0, 0, school)
    while size > 0:
        key, b = board.keys[0], board.waiting[0]
        if key >= cost:
            break
        size = drop_first(board.keys, board.waiting, size)
        if key > dist[b]:
            continue
        base = key + price[b]
        for row in range(links.rows[b], links.rows[b + 1]):
            a, pair = links.other[row], links.back[row]
            if board.stale[a]:
                look_up(links, board, a)
            there = base + least[pair] - price[a]
            if there >= cost or there >= dist[a]:
                continue
            if dist[a] == FAR:
                board.reached[reached] = a
                reached += 1
            dist[a], board.via[a] = there, pair
            ending = there + max(0, price[a] - board.low[a]) if a < last else there
            if ending < cost:
                end, cost = a, ending
            if there < cost:
                size = push(board.keys, board.waiting, size, there, a)
    return end, reached, cost

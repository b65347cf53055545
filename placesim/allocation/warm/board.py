"""The board on which pupils are moved: who sits where at which prices, and the cheapest move between two schools."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.warm.graph import Indices, Links
from placesim.kernel import kernel
from placesim.records import Ints

FAR: Final = 1 << 60


class Board(NamedTuple):
    """What changes while a case is solved; the last school is to stay unplaced.

    pupils[slot], load[school], price[school], places[school, step].
    low[school] … high[school]: the prices at which the load is right: what the last pupil there costs in steps and what
    one more would (FAR: more than all places).
    members[seat], sitting[school]: the slots of a school that carry pupils; seat[slot] where a slot stands (−1: none).
    least[pair]: the least that moving one pupil from the pair's school to its other costs (FAR: nobody there can), by
    leaving the slot leaves[pair] for enters[pair]; stale[school]: its pairs must be looked up anew.
    spot[school]: scratch. Search: dist[school], via[school] the pair by which it is reached, reached: schools with a
    dist; keys and waiting: its heap.
    """

    pupils: Ints
    load: Ints
    price: Ints
    places: Ints
    low: Ints
    high: Ints
    members: Indices
    sitting: Indices
    seat: Indices
    least: Ints
    leaves: Indices
    enters: Indices
    stale: NDArray[np.bool_]
    spot: Indices
    dist: Ints
    via: Indices
    reached: Indices
    keys: Ints
    waiting: Indices


@kernel
def lay_board(links: Links, pupils: Ints, price: Ints, places: Ints) -> Board:
    """The board of pupils[slot] at price[school]; both are moved in place."""
    schools, pairs, slots = len(links.seats) - 1, len(links.other), len(links.school)
    board = Board(
        pupils, np.zeros(schools, np.int64), price, places, np.zeros(schools, np.int64), np.zeros(schools, np.int64),
        np.empty(slots, np.int32), np.zeros(schools, np.int32), np.full(slots, -1, np.int32),
        np.empty(pairs, np.int64), np.empty(pairs, np.int32), np.empty(pairs, np.int32),
        np.ones(schools, np.bool_), np.empty(schools, np.int32),
        np.full(schools, FAR, np.int64), np.empty(schools, np.int32), np.empty(schools, np.int32),
        np.empty(pairs + 1, np.int64), np.empty(pairs + 1, np.int32),
    )  # fmt: skip
    for slot in range(slots):
        if pupils[slot] > 0:
            _sit(links, board, slot)
            board.load[links.school[slot]] += pupils[slot]
    for school in range(schools - 1):
        judge(links, board, school)
    return board


@kernel
def _sit(links: Links, board: Board, slot: int) -> None:
    school = links.school[slot]
    at = links.seats[school] + board.sitting[school]
    board.members[at], board.seat[slot] = slot, at
    board.sitting[school] += 1


@kernel
def judge(links: Links, board: Board, school: int) -> None:
    """Set low and high of a school after its load."""
    load, filled = board.load[school], 0
    low, high = FAR, FAR
    for step in range(len(links.extra)):
        filled += board.places[school, step]
        if low == FAR and filled >= load:
            low = links.extra[step]
        if filled > load:
            high = links.extra[step]
            break
    board.low[school], board.high[school] = low if load > 0 else 0, high


@kernel
def book(links: Links, board: Board, giver: int, taker: int, amount: int) -> None:
    """Book pupils from one load to another."""
    board.load[giver] -= amount
    board.load[taker] += amount
    last = len(board.load) - 1
    if giver < last:
        judge(links, board, giver)
    if taker < last:
        judge(links, board, taker)


@kernel
def held(links: Links, board: Board, school: int, price: int) -> int:
    """How many places cost at most the price."""
    places = 0
    for step in range(len(links.extra)):
        if links.extra[step] <= price:
            places += board.places[school, step]
    return places


@kernel
def look_up(links: Links, board: Board, school: int) -> None:
    """The cheapest move from a school to each of its others, of all who sit there."""
    begin, end = links.rows[school], links.rows[school + 1]
    for pair in range(begin, end):
        board.least[pair] = FAR
        board.spot[links.other[pair]] = pair
    for seat in range(links.seats[school], links.seats[school] + board.sitting[school]):
        _offer(links, board, board.members[seat])
    board.stale[school] = False


@kernel
def _offer(links: Links, board: Board, slot: int) -> None:
    """Let the pupils of a slot be moved to each of their node's other schools, where that is cheaper."""
    node, units = links.node[slot], links.units[slot]
    for target in range(links.first[node], links.first[node + 1]):
        if target != slot:
            pair, cost = board.spot[links.school[target]], links.units[target] - units
            if cost < board.least[pair]:
                board.least[pair], board.leaves[pair], board.enters[pair] = cost, slot, target


@kernel
def move(links: Links, board: Board, leaves: int, enters: int, amount: int) -> None:
    """Move pupils of a node from one of its slots to another; loads are booked apart."""
    if board.pupils[enters] == 0:
        _enter(links, board, enters)
    board.pupils[enters] += amount
    board.pupils[leaves] -= amount
    if board.pupils[leaves] == 0:
        _leave(links, board, leaves)


@kernel
def _enter(links: Links, board: Board, slot: int) -> None:
    _sit(links, board, slot)
    school = links.school[slot]
    if not board.stale[school]:
        for pair in range(links.rows[school], links.rows[school + 1]):
            board.spot[links.other[pair]] = pair
        _offer(links, board, slot)


@kernel
def _leave(links: Links, board: Board, slot: int) -> None:
    """The last member takes the seat; pairs are stale if one of them stood on the slot."""
    school, at = links.school[slot], board.seat[slot]
    board.sitting[school] -= 1
    last = board.members[links.seats[school] + board.sitting[school]]
    board.members[at], board.seat[last], board.seat[slot] = last, at, -1
    if board.stale[school]:
        return
    for pair in range(links.rows[school], links.rows[school + 1]):
        if board.leaves[pair] == slot and board.least[pair] < FAR:
            board.stale[school] = True
            break

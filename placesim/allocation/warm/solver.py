"""Transport with priced steps, solved from a solution of a similar case, and certified every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.allocation.warm.board import lay_board
from placesim.allocation.warm.certificate import costs
from placesim.allocation.warm.chains import settle
from placesim.allocation.warm.graph import Links, SchoolGraph
from placesim.allocation.warm.rough import rough_start
from placesim.errors import InputError
from placesim.kernel import kernel
from placesim.records import Ints, require

_PATIENCE: Final = 40  # searches for each school
_LARGE: Final = 100_000  # slots from which a first solution comes sooner from a rough one


@dataclass(frozen=True)
class Solution:
    """Who sits where, at which prices: pupils[slot], price[school + 1] in whole costs, places[school, step] of the
    case, total whole cost, searches it took."""

    pupils: Ints
    price: Ints
    places: Ints
    units: int
    searches: int

    def flow(self, graph: SchoolGraph) -> Ints:
        """pupils[row] of the ways the graph was made of."""
        used = graph.slot >= 0
        return np.where(used, self.pupils[np.where(used, graph.slot, 0)], 0)

    def unplaced(self, graph: SchoolGraph) -> Ints:
        """unplaced[node]"""
        return self.pupils[graph.links.first[1:] - 1]

    def load(self, graph: SchoolGraph) -> Ints:
        """load[school]"""
        load = np.bincount(graph.links.school, weights=self.pupils, minlength=graph.schools + 1)
        return load[:-1].astype(np.int64)


def solve_first(graph: SchoolGraph, pupils: Ints, places: Ints) -> Solution:
    """The exact solution for pupils[node] and places[school, step] without one to start from, certified.

    Small graphs by chains of moves from everybody's cheapest way; large ones, and those where that takes too many
    chains, from a rough solution, see `rough`.
    """
    case = _case(graph, pupils, places)
    if len(graph.links.school) < _LARGE:
        flow, price = np.zeros(len(graph.links.school), dtype=np.int64), np.zeros(graph.schools + 1, dtype=np.int64)
        searches = _solve(graph.links, pupils.astype(np.int64), case, flow, price, _PATIENCE * graph.schools)
        if searches >= 0:
            return _certified(graph, pupils, case, (flow, price), searches)
    return _solved(graph, pupils, case, *rough_start(graph.links, pupils, case))


def solve_from(graph: SchoolGraph, start: Solution, pupils: Ints, places: Ints) -> Solution:
    """The exact solution for pupils[node] and places[school, step], certified; the nearer the case of `start`, the
    sooner found.

    pupils, places: whole numbers of 0 or more; no more pupils in all than the graph is made for. Successive shortest
    paths on the school graph, see `chains`; primal and dual cost are then compared as whole numbers. Any start will do:
    pupils who would rather sit elsewhere at its prices sit there first. Equal totals are resolved by what came before:
    the same start and case give the same flow.
    """
    if len(start.pupils) != len(graph.links.school) or len(start.price) != graph.schools + 1:
        raise InputError("start", "must be a solution on this graph")
    return _solved(graph, pupils, _case(graph, pupils, places), start.pupils.copy(), start.price.copy())


def _case(graph: SchoolGraph, pupils: Ints, places: Ints) -> Ints:
    """places[school, step] that can matter. Raises InputError."""
    if pupils.shape != (graph.nodes,):
        raise InputError("pupils", f"must have one axis of {graph.nodes}", value=f"shape {pupils.shape}")
    shape = (graph.schools, len(graph.links.extra))
    if places.shape != shape:
        raise InputError("places", f"must have the axes {shape}", value=f"shape {places.shape}")
    for name, values in (("pupils", pupils), ("places", places)):
        if (values < 0).any():
            at = np.unravel_index(int((values < 0).argmax()), values.shape)
            raise InputError(name, "must not be negative", tuple(map(int, at)), values[at])
    if pupils.max(initial=0) > graph.most_pupils or pupils.sum() > graph.most_pupils:
        raise InputError("pupils", f"must not add up to more than {graph.most_pupils}", value=int(pupils.sum()))
    return np.minimum(places, graph.most_pupils).astype(np.int64)


def _solved(graph: SchoolGraph, pupils: Ints, places: Ints, flow: Ints, price: Ints) -> Solution:
    """The solution reached from a flow and prices, which are moved in place."""
    searches = _solve(graph.links, pupils.astype(np.int64), places, flow, price, -1)
    return _certified(graph, pupils, places, (flow, price), searches)


def _certified(graph: SchoolGraph, pupils: Ints, places: Ints, reached: tuple[Ints, Ints], searches: int) -> Solution:
    """The flow and prices reached as a solution, if they prove each other."""
    flow, price = reached
    primal, dual = costs(graph.links, pupils.astype(np.int64), places, flow, price)
    require(primal == dual, f"transport: primal cost {primal} is not the dual {dual}")
    return Solution(flow, price, places, primal, searches)


@kernel
def _solve(links: Links, pupils: Ints, places: Ints, flow: Ints, price: Ints, most: int) -> int:
    for node in range(len(pupils)):
        _fit(links, node, pupils[node], flow, price)
    return settle(links, lay_board(links, flow, price, places), most)


@kernel
def _fit(links: Links, node: int, pupils: int, flow: Ints, price: Ints) -> None:
    """Give a node its new number of pupils, in slots that cost it least: those that carry them, fullest first."""
    first, end, rest = links.first[node], links.first[node + 1], pupils
    cheapest, least = first, links.units[first] + price[links.school[first]]
    for slot in range(first + 1, end):
        cost = links.units[slot] + price[links.school[slot]]
        if cost < least:
            cheapest, least = slot, cost
    for slot in range(first, end):
        if flow[slot] > 0 and links.units[slot] + price[links.school[slot]] > least:
            flow[slot] = 0
        rest -= flow[slot]
    while rest != 0:
        fullest = cheapest
        for slot in range(first, end):
            if flow[slot] > flow[fullest]:
                fullest = slot
        change = max(rest, -flow[fullest])
        flow[fullest] += change
        rest -= change

"""Pupils still waiting and places still free, as one turn of admission follows the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.admission import Admission, same_for_all
from placesim.allocation.problem import Problem, Shipments, shipments
from placesim.allocation.queue import admitted
from placesim.kernel import kernel
from placesim.records import Floats, Ints
from placesim.vocabulary import LEVELS


def admission_of(problem: Problem) -> Admission:
    """The entitlements of a problem; the same for all where it has none."""
    kinds = int(problem.kind.max(initial=0)) + 1
    return problem.admission or same_for_all(len(problem.pupils), kinds, len(problem.places))


class Turns:
    """The course of one admission: waiting[node] pupils, left[school] places up to the level `fill`.

    Changes as pupils are admitted; what is admitted stays so, which is why a later turn never displaces an earlier one.
    """

    def __init__(self, problem: Problem, waiting: Ints):
        self.problem, self.admission = problem, admission_of(problem)
        self.waiting = waiting.copy()
        self.left = problem.left[:, LEVELS.index(problem.parameters.fill)].copy()
        self.tier = self.admission.tier[problem.kind]
        self._first = np.searchsorted(problem.arcs.node, np.arange(len(problem.pupils) + 1))
        self._sent: list[Shipments] = []

    def admit(self, asking: Shipments, turn: Floats) -> None:
        """Admit those first in turn; a node asks for no more pupils than wait."""
        problem = self.problem
        lot = self.admission.lots(problem.area[asking.node], problem.kind[asking.node], asking.school)
        got = shipments(asking.node, asking.school, admitted(asking, self.left, turn, lot))
        self.left -= got.load(len(self.left))
        np.subtract.at(self.waiting, got.node, got.pupils)
        self._sent.append(got)

    def turn(self, node: Ints, school: Ints) -> Floats:
        """turn[row] at school[row] by the order of the node's tier: lower is first, equals draw lots."""
        by = np.array(self.admission.order, dtype=object)[self.tier[node]]
        turn = np.where(by == "points", -self.admission.points[node], 0.0)
        turn = np.where(np.isnan(turn), np.inf, turn)
        if (by == "distance").any():
            turn = np.where(by == "distance", self.minutes(node, school), turn)
        return turn

    def minutes(self, node: Ints, school: Ints) -> Floats:
        """minutes[row] of the way of the problem from node[row] to school[row], infinite where there is none."""
        return _way_minutes(self._first, self.problem.arcs.school, self.problem.arcs.minutes, node, school)

    def seek(self, nodes: Ints, usable: NDArray[np.bool_], *, by_lot: bool = False) -> None:
        """Send the nodes to their nearest school with places left, those refused to the next, and so on.

        usable[row] of the ways of the problem.
        """
        arcs, at = self.problem.arcs, self._first[:-1].copy()
        nodes = nodes[self.waiting[nodes] > 0]
        while len(nodes):
            row = _next_open(at, self._first, nodes, Offer(arcs.school, usable, self.left))
            nodes, row = nodes[row >= 0], row[row >= 0]
            school = arcs.school[row]
            turn = np.zeros(len(nodes)) if by_lot else self.turn(nodes, school)
            self.admit(Shipments(nodes, school, self.waiting[nodes]), turn)
            nodes = nodes[self.waiting[nodes] > 0]

    def shipments(self) -> Shipments:
        """All who were admitted, each pair once."""
        return together(self._sent, len(self.left))


def together(parts: Iterable[Shipments], schools: int) -> Shipments:
    """The sum of several shipments, sorted by node and school."""
    parts = [*parts, Shipments(*(np.zeros(0, dtype=np.int64),) * 3)]
    pair = np.concatenate([p.node * max(1, schools) + p.school for p in parts])
    pairs, row = np.unique(pair, return_inverse=True)
    pupils = np.bincount(row, weights=np.concatenate([p.pupils for p in parts]), minlength=len(pairs))
    return shipments(pairs // max(1, schools), pairs % max(1, schools), pupils.astype(np.int64))


class Offer(NamedTuple):
    """school[row] and usable[row] of the ways, left[school] places."""

    school: Ints
    usable: NDArray[np.bool_]
    left: Ints


@kernel
def _next_open(at: Ints, first: Ints, nodes: Ints, offer: Offer) -> Ints:
    """row[i]: the first usable way of nodes[i] from at[node] on to a school with places left, −1 where there is none.

    Ways passed over stay so, as places only become fewer: at[node] moves along.
    """
    found = np.full(len(nodes), -1, dtype=np.int64)
    for i in range(len(nodes)):
        node = nodes[i]
        for row in range(at[node], first[node + 1]):
            at[node] = row
            if offer.usable[row] and offer.left[offer.school[row]] > 0:
                found[i] = row
                break
    return found


@kernel
def _way_minutes(first: Ints, school: Ints, minutes: Floats, node: Ints, wanted: Ints) -> Floats:
    """minutes[i] of the way of node[i] to wanted[i]; the ways of a node stand in rows first[node] … first[node + 1]."""
    found = np.full(len(node), np.inf)
    for i in range(len(node)):
        for row in range(first[node[i]], first[node[i] + 1]):
            if school[row] == wanted[i]:
                found[i] = minutes[row]
                break
    return found

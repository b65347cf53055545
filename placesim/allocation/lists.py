"""From the choices of an area to pupils with a list each: whole children, nobody with a school twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.eligible import applies_to, eligible
from placesim.allocation.problem import Problem, first_ways, pairs
from placesim.allocation.turns import admission_of
from placesim.allocation.whole import whole_by_group
from placesim.kernel import kernel
from placesim.records import Floats, Ints
from placesim.vocabulary import LEVELS

_ORDER, _PICK, _ROUND = 1, 2, 3  # what a lot is drawn for


@dataclass(frozen=True)
class Applications:
    """pupil[row] asks school[row], rows by pupil, best first; node[pupil] and number[pupil] within its node."""

    node: Ints
    number: Ints
    pupil: Ints
    school: Ints

    @property
    def start(self) -> Ints:
        """start[pupil]: the first row of its list, and the end of the last one's."""
        return np.searchsorted(self.pupil, np.arange(len(self.node) + 1))


def applications(problem: Problem) -> Applications:
    """The lists of all pupils: by the wishes of their node, else its nearest `candidates`.

    Pupils who do not apply to private schools list none: what these would take of a rank goes to its other schools.
    Those who do begin with a private one where their area lists one first. Each rank is rounded to whole pupils and
    dealt by lot, so that ranks are independent but for schools that a pupil lists already.
    """
    node = np.repeat(np.arange(len(problem.pupils)), problem.pupils)
    first = np.cumsum(problem.pupils) - problem.pupils
    number = np.arange(len(node)) - first[node]
    wish = _wishes(problem)
    by_wish = _dealt(problem, wish, first)
    by_way = _nearest(problem, np.setdiff1d(np.arange(len(problem.pupils)), wish.node), first)
    pupil, place, school = (np.concatenate(c) for c in zip(by_wish, by_way, strict=True))
    order = np.lexsort((place, pupil))
    return Applications(node, number, pupil[order], school[order])


class _Ranked(NamedTuple):
    """Wishes of nodes whose pupils may go to the school, rows by node and rank."""

    node: Ints
    rank: Ints
    school: Ints
    share: Floats


def _wishes(problem: Problem) -> _Ranked:
    """The wishes that count: eligible schools, in the first rank of private applicants private ones alone."""
    admission = admission_of(problem)
    told = admission.wishes
    rows = eligible(problem, told.node, told.school)
    top = np.full(len(problem.pupils), np.iinfo(np.int64).max)
    np.minimum.at(top, told.node[rows], told.rank[rows])
    is_top = told.rank == top[told.node]
    asked = ~admission.private[problem.kind[told.node]] | admission.private_school[told.school]
    with_asked = np.zeros(len(problem.pupils), dtype=bool)
    with_asked[told.node[rows & is_top & asked]] = True
    rows &= ~is_top | asked | ~with_asked[told.node]
    block = _blocks(told.node, told.rank)
    every, kept = (np.bincount(block, weights=told.share * w, minlength=1) for w in (np.ones(len(rows)), rows))
    scale = np.divide(every, kept, out=np.ones(len(kept)), where=kept > 0)
    share = told.share * scale[block] if len(block) else told.share
    return _Ranked(told.node[rows], told.rank[rows], told.school[rows], share[rows])


def _blocks(node: Ints, rank: Ints) -> Ints:
    """block[row], one for each node and rank; rows are sorted by these."""
    new = (np.diff(node, prepend=-1) != 0) | (np.diff(rank, prepend=-1) != 0)
    return np.cumsum(new) - 1


def _dealt(problem: Problem, wish: _Ranked, first: Ints) -> tuple[Ints, Ints, Ints]:
    """(pupil, position on the list, school) of nodes with wishes."""
    told = admission_of(problem)
    block = _blocks(wish.node, wish.rank)
    head = np.flatnonzero(np.diff(block, prepend=-1))
    node, rank = wish.node[head], wish.rank[head]
    place = np.arange(len(head)) - np.searchsorted(node, node)  # of the rank on the list
    ids = (problem.area[node], problem.kind[node], rank)
    counts = whole_by_group(problem.pupils[wish.node] * wish.share, block, told.lots(np.array(_ROUND), *ids))
    cell = np.repeat(np.arange(len(head)), problem.pupils[node])
    size = problem.pupils[node]
    number = np.arange(len(cell)) - np.repeat(np.cumsum(size) - size, size)
    keys = (*(i[cell] for i in ids), number)
    order = np.lexsort((told.lots(np.array(_ORDER), *keys), cell))
    lists = np.full((int(problem.pupils.sum()), int(place.max(initial=-1)) + 1), -1, dtype=np.int64)
    ends = _Ends(np.append(head, len(block)), np.concatenate([[0], np.cumsum(size)]), place)
    pupil = (first[node[cell]] + number)[order]
    _draw(lists, ends, _Choices(wish.school, counts), pupil, told.lots(np.array(_PICK), *keys)[order])
    who, at = np.nonzero(lists >= 0)
    return who, at, lists[who, at]


class _Ends(NamedTuple):
    """Of each block: its rows row[b] … row[b + 1], its pupils pupil[b] … pupil[b + 1], and its place on the lists."""

    row: Ints
    pupil: Ints
    place: Ints


class _Choices(NamedTuple):
    """school[row] and the pupils[row] who choose it."""

    school: Ints
    pupils: Ints


@kernel
def _listed(lists: Ints, pupil: int, place: int, school: int) -> bool:
    """Whether the pupil lists the school above the place."""
    return bool((lists[pupil, :place] == school).any())


@kernel
def _draw(lists: Ints, ends: _Ends, choices: _Choices, pupil: Ints, lot: Floats) -> None:
    """Fill lists[pupil, place] block by block: one pupil after the other draws from what is left of the counts, leaving
    out schools on its list; pupils beyond the counts of a block choose nothing there."""
    for b in range(len(ends.place)):
        rows = range(ends.row[b], ends.row[b + 1])
        left = choices.pupils[ends.row[b] : ends.row[b + 1]].copy()
        nothing = ends.pupil[b + 1] - ends.pupil[b] - left.sum()
        for c in range(ends.pupil[b], ends.pupil[b + 1]):
            i = pupil[c]
            total = nothing
            for row in rows:
                if not _listed(lists, i, ends.place[b], choices.school[row]):
                    total += left[row - ends.row[b]]
            pick = int(lot[c] * total)
            if pick < nothing:
                nothing -= 1
                continue
            pick -= nothing
            for row in rows:
                if _listed(lists, i, ends.place[b], choices.school[row]):
                    continue
                if pick < left[row - ends.row[b]]:
                    lists[i, ends.place[b]] = choices.school[row]
                    left[row - ends.row[b]] -= 1
                    break
                pick -= left[row - ends.row[b]]


def _nearest(problem: Problem, nodes: Ints, first: Ints) -> tuple[Ints, Ints, Ints]:
    """(pupil, position on the list, school): the nearest schools with places, first of the sector applied to."""
    told, arcs = problem.parameters, problem.arcs
    usable = eligible(problem, arcs.node, arcs.school) & _with_places(problem, arcs.school)
    usable &= np.isin(arcs.node, nodes)
    asked = applies_to(problem, arcs.node, arcs.school)
    parts = [first_ways(arcs, usable & of_sector, told.candidates) for of_sector in (asked, ~asked)]
    row = np.concatenate(parts)
    later = np.repeat([0, 1], [len(p) for p in parts])
    row = row[np.lexsort((row, later, arcs.node[row]))]
    node = arcs.node[row]
    place = np.arange(len(row)) - np.searchsorted(node, node)
    size = problem.pupils[nodes]
    who = np.repeat(nodes, size)
    pupil = np.arange(len(who)) - np.repeat(np.cumsum(size) - size, size) + first[who]
    at, way = pairs(who, node)
    return pupil[at], place[way], arcs.school[row[way]]


def _with_places(problem: Problem, school: Ints) -> NDArray[np.bool_]:
    """Whether school[row] has places left up to the level `fill`."""
    return problem.left[school, LEVELS.index(problem.parameters.fill)] > 0

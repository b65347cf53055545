"""Who touches whom, as the search reads it, and which zones hang together."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from placesim.allocation.zoning.district import District
from placesim.errors import InputError
from placesim.records import Ints

MASKED = 64  # neighbours that one word of bits can tell


class UnitGraph(NamedTuple):
    """Neighbours of every unit, both ways: those of u are heads[starts[u]:starts[u + 1]]; tails[entry] is u itself.

    touching[entry]: bit k is set where the k-th neighbour of the tail touches the head (of the first 64 neighbours).
    """

    starts: Ints
    heads: Ints
    tails: Ints
    touching: NDArray[np.uint64]


def unit_graph(pairs: Ints, units: int) -> UnitGraph:
    """Of pairs[pair, 2], each told once."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    starts = np.searchsorted(both[:, 0], np.arange(units + 1)).astype(np.int64)
    tails, heads = both[:, 0].copy(), both[:, 1].copy()
    return UnitGraph(starts, heads, tails, _touching(starts, heads))


def _touching(starts: Ints, heads: Ints) -> NDArray[np.uint64]:
    bits = np.zeros(len(heads), dtype=np.uint64)
    of = [set(heads[a:b].tolist()) for a, b in pairwise(starts)]
    for a, b in pairwise(starts.tolist()):
        around = heads[a : min(b, a + MASKED)].tolist()
        for entry, head in enumerate(around, start=a):
            bits[entry] = sum(1 << k for k, other in enumerate(around) if other in of[head])
    return bits


def refuse_unreached(district: District) -> None:
    """Raise InputError where neighbours lead from a unit to no home: it cannot belong to any connected zone."""
    parts = connected(district.pairs, len(district.pupils))
    lost = np.flatnonzero(~np.isin(parts, parts[district.home]))
    if len(lost):
        rule = f"must lead from every unit to the home of a school; none does from unit {lost[0]}"
        raise InputError("neighbours", rule, value=f"{len(lost)} such units")


def connected(pairs: Ints, units: int) -> Ints:
    """part[unit]: units joined by pairs have the same number."""
    links = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(units, units))
    return connected_components(links, directed=False)[1].astype(np.int64)


def attached(district: District, school: Ints) -> NDArray[np.bool_]:
    """holds[unit]: in the plan school[unit] (−1: none) its zone leads to the school's home without leaving it."""
    inside = school[district.pairs[:, 0]] == school[district.pairs[:, 1]]
    parts = connected(district.pairs[inside], len(school))
    at_home = school[district.home] == np.arange(len(district.home))
    home_part = np.where(at_home, parts[district.home], -1)
    return (school >= 0) & (parts == home_part[school])

"""Feeder zones and how far a plan splits them, kept up as units move: kernels of the search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from placesim.allocation.zoning.district import NONE, District
from placesim.kernel import kernel
from placesim.records import Floats, Ints


class Split(NamedTuple):
    """feeder[unit] or −1; fed[feeder, school] pupils of a feeder zone at a school of the plan; most[feeder] its
    largest. Pupils of a feeder zone apart from most of it: Σ fed − most."""

    feeder: Ints
    fed: Floats
    most: Floats


def split_of(district: District, school: Ints) -> Split:
    """The feeder zones in the plan school[unit]."""
    units, zones = len(school), len(district.places)
    feeder = np.full(units, NONE, dtype=np.int64) if district.feeders is None else district.feeders
    fed = np.zeros((int(feeder.max(initial=NONE)) + 1, zones))
    known = feeder != NONE
    np.add.at(fed, (feeder[known], school[known]), district.pupils[known])
    return Split(feeder, fed, fed.max(axis=1, initial=0.0))


@kernel
def most_after(split: Split, feeder: int, old: int, new: int, people: float) -> float:
    """Largest number of pupils of the feeder zone in one school once `people` have gone from the old to the new one.

    Only where the old school had the most are all schools looked through.
    """
    fed, most = split.fed, split.most
    come = fed[feeder, new] + people
    if fed[feeder, old] < most[feeder]:
        return max(most[feeder], come)
    largest = max(come, fed[feeder, old] - people)
    for school in range(fed.shape[1]):
        if school != old and school != new:
            largest = max(largest, fed[feeder, school])
    return largest


@kernel
def parted(split: Split, pupils: Floats, units: tuple[int, int], zones: tuple[int, int, int]) -> float:
    """Pupils more apart from most of their feeder zones once the first unit has gone from the first zone to the second,
    and then the second unit (−1: none) from there to the third."""
    (u, w), (a, r, t) = units, zones
    f, more, after = split.feeder[u], 0.0, 0.0
    if f >= 0:
        after = most_after(split, f, a, r, pupils[u])
        more = split.most[f] - after
    if w < 0 or split.feeder[w] < 0:
        return more
    g, fed, most = split.feeder[w], split.fed, split.most
    if g != f:
        return more + most[g] - most_after(split, g, r, t, pupils[w])
    left, joined, before = fed[f, a], fed[f, r], most[f]
    fed[f, a], fed[f, r], most[f] = left - pupils[u], joined + pupils[u], after
    last = most_after(split, f, r, t, pupils[w])
    fed[f, a], fed[f, r], most[f] = left, joined, before
    return before - last


@kernel
def regroup(split: Split, unit: int, old: int, new: int, people: float) -> None:
    """Have the unit with its pupils in the new school."""
    feeder = split.feeder[unit]
    if feeder >= 0:
        split.most[feeder] = most_after(split, feeder, old, new, people)
        split.fed[feeder, old] -= people
        split.fed[feeder, new] += people

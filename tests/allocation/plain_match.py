"""Slow obvious twins of the choice kernel, and a checker of stability that shares nothing with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np


def by_rounds(preferences: Sequence[Sequence[int]], priority: np.ndarray, places: Sequence[int]) -> list[int]:
    """Gale and Shapley's rounds: all who are free ask their next school, each school keeps its best."""
    asked = [0] * len(preferences)
    kept: list[list[int]] = [[] for _ in places]
    while True:
        inside = {i for pupils in kept for i in pupils}
        free = [i for i, listed in enumerate(preferences) if i not in inside and asked[i] < len(listed)]
        if not free:
            break
        for i in free:
            school = preferences[i][asked[i]]
            asked[i] += 1
            if not np.isnan(priority[school, i]) and i not in kept[school]:
                kept[school].append(i)
        for school, pupils in enumerate(kept):
            pupils.sort(key=lambda i: (-priority[school, i], i))
            del pupils[places[school] :]
    found = {i: school for school, pupils in enumerate(kept) for i in pupils}
    return [found.get(i, -1) for i in range(len(preferences))]


def blocking_pairs(
    preferences: Sequence[Sequence[int]], priority: np.ndarray, places: Sequence[int], school: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """(pupil, school) that would both rather have each other, or cannot have each other and do."""
    members = [[i for i, s in enumerate(school) if s == j] for j in range(len(places))]
    for j, inside in enumerate(members):
        if len(inside) > places[j]:
            yield (-1, j)
    for i, listed in enumerate(preferences):
        mine = school[i]
        if mine >= 0 and (mine not in listed or np.isnan(priority[mine, i])):
            yield (i, mine)
        better = listed[: list(listed).index(mine)] if mine in listed else listed
        for j in better:
            if np.isnan(priority[j, i]):
                continue
            weaker = [k for k in members[j] if (priority[j, k], -k) < (priority[j, i], -i)]
            if len(members[j]) < places[j] or weaker:
                yield (i, j)


def best_stable(preferences: Sequence[Sequence[int]], priority: np.ndarray, places: Sequence[int]) -> list[int]:
    """The best school that each pupil has in any stable matching, by trying every matching there is."""
    best = [len(listed) for listed in preferences]  # rank; beyond the list: unplaced
    for school in product(*([*listed, -1] for listed in preferences)):
        if next(blocking_pairs(preferences, priority, places, school), None) is None:
            ranks = [list(p).index(s) if s >= 0 else len(p) for p, s in zip(preferences, school, strict=True)]
            best = [min(pair) for pair in zip(best, ranks, strict=True)]
    return [p[r] if r < len(p) else -1 for p, r in zip(preferences, best, strict=True)]

"""Independent of the search: whether a plan is one, what it costs, and the best of all plans by trying each."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import networkx as nx
import numpy as np

from placesim.allocation import ZoneWeights


@dataclass(frozen=True)
class Case:
    """Arguments of `zone`, as lists."""

    pupils: list[float]
    places: list[float]
    home: list[int]
    neighbours: list[tuple[int, int]]
    minutes: list[list[float]] | None = None
    present: list[int] | None = None
    feeders: list[int] | None = None
    weights: ZoneWeights = field(default_factory=ZoneWeights)
    min_utilisation: float = 0.0


def grid(rows: int, columns: int) -> list[tuple[int, int]]:
    """Neighbours by side of rows × columns units, numbered row by row."""
    graph = nx.grid_2d_graph(rows, columns)
    return [(a * columns + b, c * columns + d) for (a, b), (c, d) in graph.edges]


def is_plan(case: Case, school: list[int]) -> bool:
    """Every unit in one zone, every zone connected and with its home."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(case.pupils)))
    graph.add_edges_from(case.neighbours)
    zones = [[u for u, s in enumerate(school) if s == j] for j in range(len(case.places))]
    if sum(map(len, zones)) != len(case.pupils):
        return False
    return all(
        home in zone and nx.is_connected(graph.subgraph(zone)) for home, zone in zip(case.home, zones, strict=True)
    )


def price(case: Case, school: list[int]) -> float:
    """The objective, word for word as api.md has it."""
    w, everyone = case.weights, sum(case.pupils) or 1
    total = 0.0
    for j, c in enumerate(case.places):
        p = sum(n for n, s in zip(case.pupils, school, strict=True) if s == j)
        total += w.imbalance * abs(1 - p / c) + w.over_places * max(0, p - c) / everyone
    for u, (n, s) in enumerate(zip(case.pupils, school, strict=True)):
        if case.minutes is not None and w.minutes and n:
            total += w.minutes * n * case.minutes[u][s] / everyone
        if case.present is not None and case.present[u] not in (-1, s):
            total += w.moved * n / everyone
    total += w.split_feeders * apart(case, school) / everyone
    pairs = {frozenset(pair) for pair in case.neighbours}
    cut = sum(len({school[u] for u in pair}) == 2 for pair in pairs)
    return total + w.compactness * cut / (len(pairs) or 1)


def apart(case: Case, school: list[int]) -> float:
    """Pupils who do not go to the school that most of their feeder zone go to."""
    total = 0.0
    for feeder in set(case.feeders or []) - {-1}:
        members = [u for u, f in enumerate(case.feeders or []) if f == feeder]
        at = [sum(case.pupils[u] for u in members if school[u] == j) for j in range(len(case.places))]
        total += sum(at) - max(at)
    return total


def lacking(case: Case, school: list[int]) -> tuple[float, float]:
    """(units out of reach with their pupils, utilisation missing to the floor)"""
    loads = [sum(n for n, s in zip(case.pupils, school, strict=True) if s == j) for j in range(len(case.places))]
    short = sum(max(0.0, case.min_utilisation - p / c) for p, c in zip(loads, case.places, strict=True))
    if case.minutes is None:
        return 0.0, short
    return float(sum(np.isinf(case.minutes[u][s]) for u, s in enumerate(school))), short


def plans(case: Case) -> list[list[int]]:
    """Every plan there is."""
    schools = range(len(case.places))
    choices = [[case.home.index(u)] if u in case.home else schools for u in range(len(case.pupils))]
    return [list(school) for school in product(*choices) if is_plan(case, list(school))]

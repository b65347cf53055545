"""Small problems for the tests of the rules: one stage in one year, written as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from placesim.allocation.admission import Admission, Siblings, Wishes
from placesim.allocation.flow import Arcs
from placesim.allocation.problem import Problem, Shipments, Zones, node_phase
from placesim.scenario.parameters import AllocationParameters

NAN = float("nan")


@dataclass(frozen=True)
class ToyProblem:
    """nodes: (area, kind, pupils); minutes[(area, school)]; zones: (area, school, share); places by school, at every
    level, or (design, cap, emergency); tiers[kind], private[kind]; order and pool by tier."""

    nodes: Sequence[tuple[int, int, int]]
    places: Sequence[Any]
    minutes: Mapping[tuple[int, int], float] = field(default_factory=dict)
    zones: Sequence[tuple[int, int, float]] = ()
    tiers: Sequence[int] = (0,)
    private: Sequence[int] = ()
    order: Sequence[str] = ("lottery",)
    pool: Sequence[int] = ()
    private_schools: Sequence[int] = ()
    points: Sequence[float] = ()  # by node
    locked: Sequence[int] = ()
    siblings: Sequence[tuple[int, int, int]] = ()  # node, school, pupils
    wishes: Sequence[tuple[int, int, int, float]] = ()  # node, rank, school, share
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        area, kind, pupils = (np.array([n[i] for n in self.nodes], dtype=np.int64) for i in range(3))
        places = np.array([np.broadcast_to(p, 3) for p in self.places], dtype=np.int64).reshape(-1, 3)
        return Problem(
            area, kind, pupils, node_phase(area, np.zeros_like(area), kind), self._arcs(), self._zones(), places,
            places, AllocationParameters.model_validate(dict(self.parameters)), self._admission(),
        )  # fmt: skip

    def _arcs(self) -> Arcs:
        rows = [(n, m, s) for n, node in enumerate(self.nodes) for (a, s), m in self.minutes.items() if a == node[0]]
        node, minutes, school = _columns(sorted(rows), (int, float, int))
        return Arcs(node, school, minutes)

    def _zones(self) -> Zones:
        rows = [(n, s, share) for n, node in enumerate(self.nodes) for a, s, share in self.zones if a == node[0]]
        return Zones(*_columns(sorted(rows), (int, int, float)))

    def _admission(self) -> Admission:
        tiers, n = len(self.order), len(self.nodes)
        return Admission(
            tier=np.array(self.tiers), private=np.isin(np.arange(len(self.tiers)), self.private),
            order=tuple(self.order), pool=np.isin(np.arange(tiers), self.pool),
            private_school=np.isin(np.arange(len(self.places)), self.private_schools),
            points=np.array([*self.points, *[NAN] * (n - len(self.points))], dtype=float),
            locked=np.array([*self.locked, *[0] * (n - len(self.locked))], dtype=np.int64),
            siblings=Siblings(*_columns(sorted(self.siblings), (int, int, int))),
            wishes=Wishes(*_columns(sorted(self.wishes), (int, int, int, float))), seed=self.seed,
        )  # fmt: skip


def _columns(rows: Sequence[tuple[Any, ...]], kinds: Sequence[type]) -> list[np.ndarray]:
    return [np.array([r[i] for r in rows], dtype=kind) for i, kind in enumerate(kinds)]


def sent(found: Shipments) -> dict[tuple[int, int], int]:
    """pupils by (node, school)."""
    return {
        (n, s): p for n, s, p in zip(found.node.tolist(), found.school.tolist(), found.pupils.tolist(), strict=True)
    }

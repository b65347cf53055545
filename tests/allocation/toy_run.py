"""Small runs for the tests of allocation: schools and zones as tables, pupils and minutes as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from handmade import STAGES, county, squares

from placesim.allocation import allocate
from placesim.records import Allocation, Demand, Inputs, Places, Stages, Travel
from placesim.scenario.changes import Change
from placesim.scenario.options import AllocationOptions, SupplyOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward
from placesim.vocabulary import ALL_PUPILS, OUTSIDE, PARTS

NORMS = {"primary": StageNorms(10, 12, 15), "junior": StageNorms(10, 12, 15)}


@dataclass(frozen=True)
class Toy:
    """schools: rows of the table; minutes[(area, school)]; pupils[(area, grade)] in every year, or by year."""

    schools: Sequence[Mapping[str, Any]]
    minutes: Mapping[tuple[str, str], float]
    pupils: Mapping[tuple[str, str], float | Sequence[float]]
    areas: Sequence[str] = ("a", "b")
    years: tuple[int, ...] = (2025,)
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    leaving: Mapping[tuple[str, str], float] = field(default_factory=dict)
    groups: tuple[str, ...] = (ALL_PUPILS,)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stages: Stages = STAGES
    norms: Mapping[str, StageNorms] = field(default_factory=lambda: NORMS)
    changes: Mapping[str, Change] = field(default_factory=dict)
    area_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> Inputs:
        rows = [{"x": 100.0 * i, "y": 0.0, **row} for i, row in enumerate(self.schools)]
        areas = [{**row, "area_type": self.area_types.get(row["area_id"])} for row in squares(list(self.areas))]
        return county({"areas": areas, "schools": rows, **self.tables})

    @property
    def places(self) -> Places:
        return roll_forward(self.inputs, SupplyOptions(self.years, self.stages, self.norms, self.changes))

    @property
    def demand(self) -> Demand:
        areas = (*self.areas, OUTSIDE)
        pupils = np.zeros((len(areas), len(self.years), len(self.stages.grades), len(self.groups)))
        for (area, grade), count in self.pupils.items():
            spread = np.broadcast_to(np.asarray(count, dtype=float), (len(self.years),))
            pupils[areas.index(area), :, self.stages.grades.index(grade), 0] = spread
        leaving = np.zeros((len(areas), len(self.stages.ids)))
        for (area, stage), share in self.leaving.items():
            leaving[areas.index(area), self.stages.ids.index(stage)] = share
        parts = {p: pupils if p == "rolls" else np.zeros_like(pupils) for p in PARTS}
        return Demand(areas, self.years, self.stages, self.groups, pupils, parts, leaving)

    @property
    def travel(self) -> Travel:
        ids = self.places.ids
        rows = sorted((self.areas.index(a), ids.index(s), m) for (a, s), m in self.minutes.items())
        area, school, minutes = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((int, int, float)))
        return Travel(tuple(self.areas), ids, area, school, minutes, minutes * 60, "matrix")

    def allocate(self) -> Allocation:
        options = AllocationOptions(self.stages, AllocationParameters.model_validate(dict(self.parameters)))
        return allocate(self.demand, self.travel, self.places, self.inputs, options)


def flows(found: Allocation) -> dict[tuple[str, str], int]:
    """pupils by area and school, all years, grades and groups."""
    rows = found.rows().groupby(["area_id", "school_id"])["pupils"].sum()
    return {(str(a), str(s)): int(n) for (a, s), n in rows.items()}


def by_grade(found: Allocation) -> dict[tuple[str, str, str], int]:
    rows = found.rows().groupby(["area_id", "school_id", "grade"])["pupils"].sum()
    return {(str(a), str(s), str(g)): int(n) for (a, s, g), n in rows.items()}

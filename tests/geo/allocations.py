"""Allocations from the flows a test names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from handmade import STAGES

from placesim.records import Allocation, Stages
from placesim.vocabulary import ALL_PUPILS, OUTSIDE

Flow = tuple[int, str, str, str, int]  # year, area, school, grade, pupils


def allocation(
    areas: Sequence[str], schools: Sequence[str], flows: Sequence[Flow], *,
    years: Sequence[int] = (2025,), unplaced: Mapping[tuple[int, str, str], int] | None = None, stages: Stages = STAGES,
) -> Allocation:  # fmt: skip
    """Who goes where; unplaced: (year, area, grade) → pupils who need a place and get none."""
    areas, schools = (*areas, OUTSIDE), (*schools, OUTSIDE)
    shape = (len(areas), len(years), len(stages.grades), 1)
    demand, without = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for (year, area, grade), pupils in (unplaced or {}).items():
        without[areas.index(area), years.index(year), stages.grades.index(grade)] += pupils
    for year, area, _, grade, pupils in flows:
        demand[areas.index(area), years.index(year), stages.grades.index(grade)] += pupils
    columns = [
        np.array([known.index(flow[k]) for flow in flows], dtype=np.int64)
        for k, known in enumerate((years, areas, schools, stages.grades))
    ]
    year, area, school, grade = columns
    count = len(schools) - 1
    return Allocation(
        areas=areas, schools=schools, years=tuple(years), stages=stages, groups=(ALL_PUPILS,),
        year=year, area=area, school=school, grade=grade, group=np.zeros(len(flows), dtype=np.int64),
        pupils=np.array([flow[4] for flow in flows], dtype=np.int64), demand=demand + without, unplaced=without,
        classes=np.zeros((count, len(stages.grades), len(years)), dtype=np.int64),
        continuing=np.zeros((count, len(stages.grades), len(years)), dtype=np.int64),
        stage_rooms=np.zeros((count, len(stages.ids), len(years)), dtype=np.int64),
        stage_places=np.zeros((count, len(stages.ids), len(years), 3), dtype=np.int64),
        rules=dict.fromkeys(stages.ids, "nearest"), capacity_bound=(),
    )  # fmt: skip

"""Who goes where, in whole pupils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records.base import Frozen, Ints, require
from placesim.records.county import Stages
from placesim.vocabulary import CENTRAL


@dataclass(frozen=True)
class Allocation(Frozen):
    """Who goes where, in whole pupils.

    Flow rows (positions on the axes): year, area, school, grade, group, pupils > 0. `areas` ends with `outside`
    (inflow), `schools` ends with `outside` (placed beyond the border).
    unplaced[area, year, grade, group] · classes[school, grade, year] · stage_rooms[school, stage, year] rooms of a
    pooled campus given to each stage · stage_places[school, stage, year, level] places after that split ·
    demand[area, year, grade, group] the whole pupils that were to be placed · continuing[school, grade, year] of the
    roll: there already, moved by a closure or a chain of grades, or from outside · tables by name: `calibration`,
    `intake`, `town_schooling`, `unplaced_reasons` (allocation.said).
    """

    areas: tuple[str, ...]
    schools: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    groups: tuple[str, ...]
    year: Ints
    area: Ints
    school: Ints
    grade: Ints
    group: Ints
    pupils: Ints
    demand: Ints
    unplaced: Ints
    continuing: Ints
    classes: Ints
    stage_rooms: Ints
    stage_places: Ints
    rules: Mapping[str, str]  # stage → rule
    capacity_bound: tuple[str, ...]  # stages whose rule may not pass the emergency level
    notes: tuple[str, ...] = ()  # label keys
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    draw: int = CENTRAL

    def check(self) -> None:
        require((self.pupils > 0).all() and (self.unplaced >= 0).all(), "Allocation: flows > 0, unplaced ≥ 0")
        placed = np.zeros_like(self.demand)
        np.add.at(placed, (self.area, self.year, self.grade, self.group), self.pupils)
        require((placed + self.unplaced == self.demand).all(), "Allocation: placed + outside + unplaced = pupils")
        for k, stage in enumerate(self.stages.ids):
            if stage in self.capacity_bound:
                grades = self.stages.grade_slice(stage)
                roll, there = self.roll[:, grades].sum(axis=1), self.continuing[:, grades].sum(axis=1)
                most = np.maximum(self.stage_places[:, k, :, -1], there)
                require((roll <= most).all(), f"Allocation: {stage} admitted beyond the emergency level")

    def _by_school(self, rows: NDArray[np.bool_]) -> Ints:
        total = np.zeros((len(self.schools), len(self.stages.grades), len(self.years)), dtype=np.int64)
        np.add.at(total, (self.school[rows], self.grade[rows], self.year[rows]), self.pupils[rows])
        return total[:-1]

    @property
    def roll(self) -> Ints:
        """roll[school, grade, year] of the schools in the county: residents placed and inflow."""
        return self._by_school(np.ones(len(self.pupils), dtype=bool))

    @property
    def inflow(self) -> Ints:
        """inflow[school, grade, year]: pupils of the roll who live beyond the border."""
        return self._by_school(self.area == len(self.areas) - 1)

    def rows(self) -> pd.DataFrame:
        """The flows with ids instead of positions."""
        stage_of = np.array(self.stages.ids, dtype=object)[self.stages.stage_of_grade]
        return pd.DataFrame(
            {
                "year": np.array(self.years, dtype=np.int64)[self.year],
                "area_id": np.array(self.areas, dtype=object)[self.area],
                "school_id": np.array(self.schools, dtype=object)[self.school],
                "stage": stage_of[self.grade],
                "grade": np.array(self.stages.grades, dtype=object)[self.grade],
                "group": np.array(self.groups, dtype=object)[self.group],
                "pupils": self.pupils,
            }
        )


@dataclass(frozen=True)
class AllocationDraws(Frozen):
    """Sampled futures placed: draws 1, 2, … of stages whose rule binds to places, each solved exactly.

    pupils[draw, planning area, stage, year] who want a place in the county's schools (without those who leave),
    unplaced[draw, planning area, stage, year] of them, roll[draw, school, stage, year]. stages: ids, only those of the
    rule; the last planning area is `outside`. years: those that are finished; interrupted: not all are.
    """

    schools: tuple[str, ...]
    planning_areas: tuple[str, ...]
    stages: tuple[str, ...]
    years: tuple[int, ...]
    pupils: NDArray[np.int32]
    unplaced: NDArray[np.int32]
    roll: NDArray[np.int32]
    interrupted: bool = False

    def check(self) -> None:
        require((self.unplaced >= 0).all() and (self.roll >= 0).all(), "AllocationDraws: pupils below zero")
        require((self.unplaced <= self.pupils).all(), "AllocationDraws: more unplaced than pupils")
        shape = (len(self.planning_areas), len(self.stages), len(self.years))
        require(self.pupils.shape[1:] == shape, f"AllocationDraws: axes must be {shape}")
        placed = self.roll.sum(axis=1) + self.unplaced.sum(axis=1)
        require((placed == self.pupils.sum(axis=1)).all(), "AllocationDraws: placed + unplaced = pupils")

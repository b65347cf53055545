"""Where pupils live and learn in the base year: home areas, and what crosses the county border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.records import Floats, Frozen, Inputs, Stages
from placesim.vocabulary import OUTSIDE


@dataclass(frozen=True, eq=False)
class Flows(Frozen):
    """inflow[grade] live outside and learn here · outflow[area, grade] live here and learn outside · homes[area, grade]
    all pupils who live in the area, wherever they learn; zero for grades of which only the border is told. Zero where
    the table says nothing."""

    inflow: Floats
    outflow: Floats
    homes: Floats


def read_flows(inputs: Inputs, stages: Stages, base: int, *, roll: Floats) -> Flows:
    """Flows of the latest year not after the base year. Rows without grade are spread over the stage's grades by
    roll[grade]."""
    flows = inputs.frame("flows")
    year, pupils = numbers(flows, "year"), numbers(flows, "pupils")
    area = positions(flows, "area_id", (*inputs.area_ids, OUTSIDE))
    latest = year[year <= base].max(initial=-np.inf)
    use = np.flatnonzero((year == latest) & (area >= 0) & np.isfinite(pupils))
    chosen = flows.iloc[use]
    beyond = (chosen["school_id"].to_numpy(dtype=object) == OUTSIDE).astype(np.int64)
    grade, stage = positions(chosen, "grade", stages.grades), positions(chosen, "stage", stages.ids)
    areas = len(inputs.area_ids)
    by_grade = np.zeros((areas + 1, 2, len(stages.grades) + 1))
    by_stage = np.zeros((areas + 1, 2, len(stages.ids) + 1))  # the last column takes what is named otherwise
    np.add.at(by_grade, (area[use], beyond, grade), pupils[use])
    np.add.at(by_stage, (area[use], beyond, np.where(grade < 0, stage, -1)), pupils[use])
    total = by_grade[..., :-1] + by_stage[..., stages.stage_of_grade] * _share_of_stage(roll, stages)
    inside, outflow = total[:areas, 0], total[:areas, 1]
    homes = np.where(inside.sum(axis=0) > 0, inside + outflow, 0.0)
    return Flows(inflow=total[areas, 0], outflow=outflow, homes=homes)


def _share_of_stage(roll: Floats, stages: Stages) -> Floats:
    """share[grade] of the stage's pupils, by roll; even where no roll is known."""
    known = np.nan_to_num(roll)
    of_stage = np.zeros(len(stages.ids))
    np.add.at(of_stage, stages.stage_of_grade, known)
    grades = np.array([len(s.grades) for s in stages.all])[stages.stage_of_grade]
    pupils = of_stage[stages.stage_of_grade]
    return np.divide(known, pupils, out=1.0 / grades, where=pupils > 0)

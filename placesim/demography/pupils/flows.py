"""Where pupils live and learn: home areas, and what crosses the county border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.records import Floats, Frozen, Inputs, Ints, Stages
from placesim.vocabulary import OUTSIDE


@dataclass(frozen=True, eq=False)
class Flows(Frozen):
    """inflow[grade] live outside and learn here · outflow[area, grade] live here and learn outside · inside[area,
    grade] live and learn here. Zero where the table says nothing."""

    inflow: Floats
    outflow: Floats
    inside: Floats


def read_flows(inputs: Inputs, stages: Stages, years: Ints, *, roll: Floats) -> Flows:
    """Flows of each stage, of its latest year not after years[stage]. Rows without grade are spread over the stage's
    grades by roll[grade]."""
    flows = inputs.frame("flows")
    year, pupils = numbers(flows, "year"), numbers(flows, "pupils")
    area = positions(flows, "area_id", (*inputs.area_ids, OUTSIDE))
    grade, stage = positions(flows, "grade", stages.grades), positions(flows, "stage", stages.ids)
    stage = np.where(grade >= 0, stages.stage_of_grade[grade], stage)
    latest = _latest(year, stage, years)
    use = np.flatnonzero((year == latest[stage]) & (area >= 0) & np.isfinite(pupils))
    beyond = (flows["school_id"].to_numpy(dtype=object)[use] == OUTSIDE).astype(np.int64)
    grade, stage = grade[use], stage[use]
    areas = len(inputs.area_ids)
    by_grade = np.zeros((areas + 1, 2, len(stages.grades) + 1))
    by_stage = np.zeros((areas + 1, 2, len(stages.ids) + 1))  # the last column takes what is named otherwise
    np.add.at(by_grade, (area[use], beyond, grade), pupils[use])
    np.add.at(by_stage, (area[use], beyond, np.where(grade < 0, stage, -1)), pupils[use])
    total = by_grade[..., :-1] + by_stage[..., stages.stage_of_grade] * _share_of_stage(roll, stages)
    return Flows(inflow=total[areas, 0], outflow=total[:areas, 1], inside=total[:areas, 0])


def _latest(year: Floats, stage: Ints, years: Ints) -> Floats:
    """latest[stage] year of the table not after years[stage], −inf without one; the last place is of other stages."""
    latest = np.full(len(years) + 1, -np.inf)
    in_time = (stage >= 0) & (year <= years[stage])
    np.maximum.at(latest, stage[in_time], year[in_time])
    return latest


def _share_of_stage(roll: Floats, stages: Stages) -> Floats:
    """share[grade] of the stage's pupils, by roll; even where no roll is known."""
    known = np.nan_to_num(roll)
    of_stage = np.zeros(len(stages.ids))
    np.add.at(of_stage, stages.stage_of_grade, known)
    grades = np.array([len(s.grades) for s in stages.all])[stages.stage_of_grade]
    pupils = of_stage[stages.stage_of_grade]
    return np.divide(known, pupils, out=1.0 / grades, where=pupils > 0)

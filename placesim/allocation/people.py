"""Whole pupils of the run by group, and those of them who attend beyond the border."""

from __future__ import annotations

import numpy as np

from placesim.allocation.groups import Groups, in_groups
from placesim.allocation.whole import cohort_phase, whole
from placesim.records import Demand, Floats, Ints, Stages


def whole_pupils(demand: Demand) -> tuple[Ints, Ints]:
    """(pupils, leavers), both int[area, year, grade, group].

    Rounded over the areas with a phase of the birth cohort, so a cohort that does not change keeps its whole numbers
    from year to year. leavers = pupils × leaving share, rounded likewise; nobody from outside leaves.
    """
    cohorts = np.array(demand.years)[:, None] - demand.stages.ages[None, :]
    phase = cohort_phase(cohorts, len(demand.groups))
    pupils = whole(np.moveaxis(demand.pupils, 0, -1), phase=phase)
    share = demand.leaving_share[:, demand.stages.stage_of_grade].copy()
    share[-1] = 0.0
    leavers = whole(pupils * share.T[None, :, None, :], phase=(phase + 0.5) % 1.0)
    return np.moveaxis(pupils, -1, 0), np.moveaxis(np.minimum(leavers, pupils), -1, 0)


def divided(pupils: Ints, leavers: Ints, groups: Groups, years: tuple[int, ...], stages: Stages) -> tuple[Ints, Ints]:
    """pupils and leavers[area, year, grade, 1] over the groups, leavers in proportion to the pupils of their cell."""
    if groups.count == pupils.shape[3]:
        return pupils, leavers
    share = np.moveaxis(groups.share[stages.stage_of_grade], 0, 1)
    of_group, leaving = (np.zeros((*pupils.shape[:3], groups.count), dtype=np.int64) for _ in range(2))
    for t, year in enumerate(years):
        phase = group_phase(year, stages)
        of_group[:, t] = in_groups(pupils[:, t, :, 0], share, phase)
        leaving[:, t] = in_groups(leavers[:, t, :, 0], of_group[:, t], phase)
    return of_group, leaving


def group_phase(year: int, stages: Stages) -> Floats:
    """phase[grade] of a year, the same in every year of a cohort's life."""
    return cohort_phase(year - stages.ages, 1)[:, 0]

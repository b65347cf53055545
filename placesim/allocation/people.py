"""Whole pupils of the run, and those of them who attend beyond the border."""

from __future__ import annotations

import numpy as np

from placesim.allocation.whole import cohort_phase, whole
from placesim.records import Demand, Ints


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

"""Rolls brought to the home side of the county border: without those who come in, with those who learn outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.demography.pupils.flows import Flows, read_flows
from placesim.demography.rolls.progression import Rolls, read_rolls
from placesim.records import Floats, Frozen, Inputs, Ints, Stages
from placesim.scenario.options import DemandOptions


@dataclass(frozen=True, eq=False)
class HomeRolls(Frozen):
    """staying[grade] who live and learn in the county, pupils[grade] who live there, wherever they learn, in the year
    of the grade's latest rolls (the base year or one before); NaN where no roll is known. inflow[grade] as the flows
    tell it, but no more than the roll."""

    rolls: Rolls
    flows: Flows
    inflow: Floats
    staying: Floats
    pupils: Floats

    def cohorts(self, stages: Stages) -> Ints:
        """cohort[grade] of the latest rolls."""
        return self.rolls.latest_year - stages.ages


def read_home_rolls(inputs: Inputs, options: DemandOptions) -> HomeRolls:
    """The latest rolls, without those who live outside, with those who learn outside."""
    base = options.years[0]
    rolls = read_rolls(inputs, options.stages, base)
    years = np.array([rolls.latest_year[options.stages.grade_slice(s).start] for s in options.stages.ids])
    flows = read_flows(inputs, options.stages, years, roll=rolls.latest)
    inflow = np.fmin(flows.inflow, rolls.latest)
    staying = rolls.latest - inflow
    return HomeRolls(rolls, flows, inflow, staying, staying + flows.outflow.sum(axis=0))

"""Children who moved into new homes between two counts, and those who left for them: growth that will not go on by
itself, because homes to come are counted apart."""

from __future__ import annotations

import numpy as np

from placesim.demography.residents.housing import housing_moves, settle
from placesim.demography.residents.population import AGES, BOTH
from placesim.records import Floats, Inputs, Ints
from placesim.scenario.options import DemandOptions


def children_of_new_homes(counts: Floats, years: Ints, cohorts: Ints, inputs: Inputs, options: DemandOptions) -> Floats:
    """net[area, step, cohort] children whom new homes brought (less those who left for them) in the steps between
    `years`, for counts[area, year, cohort] of a register of who lives there."""
    net = np.zeros((len(counts), max(len(years) - 1, 0), len(cohorts)))
    if not inputs.has("developments") or len(years) < 2:
        return net
    span = tuple(int(y) for y in years)
    moves = housing_moves(inputs, span, options.housing, now=options.years[0])
    living = np.zeros((len(counts), BOTH, AGES))
    for step in range(len(years) - 1):
        age = span[step + 1] - cohorts
        here = (age >= 0) & (age < AGES)
        living[:] = 0.0
        living[:, :, age[here]] = np.nan_to_num(counts[:, step, here])[:, None] / BOTH
        housing, displaced = settle(living, moves.entering[:, step], moves.inside[:, step])
        net[:, step, here] = (housing - displaced).sum(axis=1)[:, age[here]]
    return net

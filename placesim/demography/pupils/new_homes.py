"""Children who moved into new homes between two counts, and those who left for them: growth that will not go on by
itself, because homes to come are counted apart."""

from __future__ import annotations

from typing import Final

import numpy as np

from placesim.demography.residents.housing import housing_moves, settle
from placesim.demography.residents.population import AGES, BOTH
from placesim.records import Floats, Inputs, Ints
from placesim.scenario.options import DemandOptions

SEEN: Final = 3.0  # children in a year: fewer drown in the growth of the area
NOISE: Final = 1.0  # variance of a year's growth per child expected, comings and goings of all kinds
DOUBT: Final = 0.3  # of household profiles: they are seldom the county's own, and families differ from place to place
MOST: Final = 3.0


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


def homes_factor(excess: Floats, homes: Floats, expected: Floats) -> float:
    """By how much more, or fewer, children new homes have brought than their household profiles say.

    Weighted least squares of excess[cell] = factor × homes[cell] over the cells where homes are SEEN children or more,
    either way; excess: children counted beyond those expected[cell] without new homes; variance NOISE × expected; the
    factor is believed to be 1 beforehand, give or take DOUBT.
    """
    use = np.abs(homes) >= SEEN
    weight = 1 / (NOISE * np.maximum(expected[use], 1.0))
    prior = 1 / DOUBT**2
    met = float((weight * homes[use] * excess[use]).sum()) + prior
    return float(np.clip(met / (float((weight * homes[use] ** 2).sum()) + prior), 0.0, MOST))

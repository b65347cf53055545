"""Developments → occupied dwellings → residents who move in, and where in the county they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.demography.residents.dwellings import drawn_dwellings, occupied_dwellings, status_probability
from placesim.demography.residents.household_profiles import inside_share, persons_by_age
from placesim.demography.residents.population import AGES, BOTH
from placesim.records import Floats, Frozen, Inputs
from placesim.scenario.parameters import Housing

NOBODY: Final = 1e-9  # persons: fewer are rounding

__all__ = [
    "Moves",
    "drawn_dwellings",
    "housing_moves",
    "occupied_dwellings",
    "persons_by_age",
    "settle",
    "status_probability",
]


@dataclass(frozen=True, eq=False)
class Moves(Frozen):
    """entering[area, step, sex, age] residents of newly occupied dwellings (negative: of demolished ones) by age at the
    end of the step; inside[area, step, sex, age]: those of them who come from (or stay in) the county."""

    entering: Floats
    inside: Floats


def housing_moves(inputs: Inputs, years: tuple[int, ...], housing: Housing, *, now: int | None = None) -> Moves:
    """Residents by age who enter the dwellings of each area in the steps between `years`, both sexes alike.

    `now` (blank: the first of the years) is the year in which the status of developments is known. Households that
    return after a demolition are of the same ages as those that left: children born meanwhile take the place of those
    who grew up.
    """
    developments = inputs.frame("developments")
    area = positions(developments, "area_id", inputs.area_ids)
    dwellings = np.diff(occupied_dwellings(developments, years, housing, now=now), axis=1)
    share = inside_share(developments, dwellings)
    persons = persons_by_age(inputs, demolished=numbers(developments, "dwellings") < 0) / BOTH
    shape = (len(inputs.area_ids), len(years) - 1, AGES)
    entering, inside = np.zeros(shape), np.zeros(shape)
    use = np.flatnonzero((area >= 0) & (dwellings != 0).any(axis=1))
    moved = dwellings[use, :, None] * persons[use, None, :]
    np.add.at(entering, area[use], moved)
    np.add.at(inside, area[use], share[use, :, None] * moved)
    return Moves(*(np.repeat(moves[:, :, None], BOTH, axis=2) for moves in (entering, inside)))


# ----------------------------------------------------------------------------------------------- inside the county
def settle(residents: Floats, entering: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """(housing, displacement)[area, sex, age] of one step, for residents[area, sex, age] before it.

    Housing is `entering`, but no more people leave demolished dwellings than live in the area. Displacement: those who
    come from inside the county are taken from the other areas in proportion to their residents of that sex and age, and
    never more than live there; those who cannot be taken do not enter either. The displaced of a demolition arrive in
    the other areas in the same proportion; where nobody lives elsewhere they stay. So the part of housing that comes
    from inside the county equals the displacement, over all areas.
    """
    housing = np.maximum(entering, -residents)
    moved = inside * np.divide(housing, entering, out=np.ones_like(entering), where=entering != 0)
    least = np.maximum(np.minimum(housing, housing - moved), -residents)  # where nobody can be taken
    elsewhere = residents.sum(axis=0) - residents
    rate = np.divide(moved, elsewhere, out=np.zeros_like(moved), where=elsewhere > NOBODY)
    arriving, rehoused = np.maximum(rate, 0.0), np.minimum(rate, 0.0)
    wanted = residents * (arriving.sum(axis=0) - arriving)
    there = residents + np.minimum(least, 0.0)
    short = np.where(wanted > there, 1.0 - np.divide(there, wanted, out=np.ones_like(there), where=wanted > there), 0.0)
    missing = residents * short
    cut = np.where(elsewhere > NOBODY, arriving * (missing.sum(axis=0) - missing), moved)
    taken = np.minimum(wanted * (1.0 - short), there)
    displacement = taken + residents * (rehoused.sum(axis=0) - rehoused)
    return np.maximum(housing - cut, least), displacement

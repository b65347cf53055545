"""Developments → occupied dwellings → residents who move in, and where in the county they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.dwellings import drawn_dwellings, occupied_dwellings, status_probability
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.population import AGES, BOTH, OLDEST
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.scenario.parameters import Housing

NOBODY: Final = 1e-9  # persons: fewer are rounding

__all__ = [
    "Moves",
    "development_rows_without_profile",
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


def housing_moves(inputs: Inputs, years: tuple[int, ...], housing: Housing) -> Moves:
    """Residents by age who enter the dwellings of each area in the steps between `years`, both sexes alike."""
    developments = inputs.frame("developments")
    area = positions(developments, "area_id", inputs.area_ids)
    share = np.nan_to_num(numbers(developments, "displaced_share"))
    dwellings = np.diff(occupied_dwellings(developments, years, housing), axis=1)
    persons = persons_by_age(inputs, demolished=numbers(developments, "dwellings") < 0) / BOTH
    shape = (len(inputs.area_ids), len(years) - 1, AGES)
    entering, inside = np.zeros(shape), np.zeros(shape)
    use = np.flatnonzero((area >= 0) & (dwellings != 0).any(axis=1))
    moved = dwellings[use, :, None] * persons[use, None, :]
    np.add.at(entering, area[use], moved)
    np.add.at(inside, area[use], share[use, None, None] * moved)
    return Moves(*(np.repeat(moves[:, :, None], BOTH, axis=2) for moves in (entering, inside)))


# ---------------------------------------------------------------------------------------------- household profiles
def persons_by_age(inputs: Inputs, *, demolished: NDArray[np.bool_]) -> Floats:
    """persons[development, age] of an occupied dwelling: at entry, or of the oldest stock where demolished."""
    profiles, developments = inputs.frame("household_profiles"), inputs.frame("developments")
    types = tuple(dict.fromkeys(profiles["dwelling_type"]))
    since = np.where(np.isfinite(numbers(profiles, "years_since")), numbers(profiles, "years_since"), 0.0)
    of_type = positions(profiles, "dwelling_type", types)
    curves = np.zeros((2, len(types) + 1, AGES))  # the last type stands for types without a profile
    for position in range(len(types)):
        rows = np.flatnonzero(of_type == position)
        for late, years in enumerate((since[rows].min(), since[rows].max())):
            curves[late, position] = _single_ages(profiles.iloc[rows[since[rows] == years]])
    return curves[demolished.astype(np.int64), positions(developments, "dwelling_type", types)]


def _single_ages(profile: pd.DataFrame) -> Floats:
    """persons[age] of one profile, neighbouring age groups graduated together."""
    first, last = ages(profile, OLDEST)
    persons = numbers(profile, "persons")
    order = np.argsort(first, kind="stable")
    single = np.zeros(AGES)
    for run in np.split(order, np.flatnonzero(first[order[1:]] != last[order[:-1]] + 1) + 1):
        edges = [*first[run], last[run[-1]] + 1]
        single[edges[0] : edges[-1]] += graduate(persons[run], edges)
    return single


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


def development_rows_without_profile(inputs: Inputs) -> Ints:
    """Rows of `developments` whose dwelling type has no household profile."""
    types = tuple(dict.fromkeys(inputs.frame("household_profiles")["dwelling_type"]))
    return np.flatnonzero(positions(inputs.frame("developments"), "dwelling_type", types) < 0)

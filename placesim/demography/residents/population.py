"""The population table → residents by single age on the reference date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.axes import AGES, BOTH, OLDEST, SEX_CODES
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.young_ages import BirthShapes, birth_shapes
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Inputs, Ints

YEAR_DAYS: Final = 365.25
LEAP_YEAR: Final = 2024


@dataclass(frozen=True, eq=False)
class Census(Frozen):
    """residents[area, year, sex, age 0–100+] of the years of the table; `given` says which cells the table speaks of.

    Rows for both sexes together are halved. Ages that are not given hold 0.
    """

    years: tuple[int, ...]
    residents: Floats
    given: NDArray[np.bool_]


def read_population(inputs: Inputs, reference_date: str) -> Census:
    """The population table by single age, age groups graduated, moved from the table's date to the reference date.

    Groups of children whose cohorts' births by mother's residence are known are spread as they were born.
    """
    years, groups, counts, present = _wide(inputs)
    areas = len(inputs.area_ids)
    counted, year = _counted(inputs, reference_date)
    shapes = birth_shapes(inputs, tuple(y + counted.year - year for y in years), counted.strftime("%m-%d"))
    residents = np.zeros((len(counts), AGES))
    given = np.zeros((len(counts), AGES), dtype=bool)
    for pattern in np.unique(present, axis=0):
        rows = np.flatnonzero((present == pattern).all(axis=1))
        for run in _runs(groups, np.flatnonzero(pattern)):
            ages_of_run = slice(groups[run[0], 0], groups[run[-1], 1] + 1)
            single = _single_ages(counts[np.ix_(rows, run)], groups[run], shapes.of(rows))
            residents[rows, ages_of_run] += single[:, ages_of_run]
            given[rows, ages_of_run] = True
    shape = (areas, len(years), len(SEX_CODES), AGES)
    residents, given = residents.reshape(shape), given.reshape(shape)
    residents = residents[:, :, :BOTH] + residents[:, :, BOTH:] / 2
    given = given[:, :, :BOTH] | given[:, :, BOTH:]
    offset = offset_years(inputs, reference_date)
    if abs(offset) >= 1:
        raise InputError("population", "as_of must lie within a year of its school year's reference date", value=offset)
    return Census(years, _at_reference(residents, given, offset), given)


def _single_ages(counts: Floats, groups: Ints, shapes: BirthShapes) -> Floats:
    """single[row, age] of counts[row, group]; groups[group, (first, last)] follow each other."""
    edges = [*groups[:, 0], groups[-1, 1] + 1]
    single = np.zeros((len(counts), AGES))
    single[:, edges[0] : edges[-1]] = graduate(counts, edges)
    for (first, last), count in zip(groups, counts.T, strict=True):
        single = shapes.spread(single, count, (int(first), int(last)))
    return single


def _wide(inputs: Inputs) -> tuple[tuple[int, ...], Ints, Floats, NDArray[np.bool_]]:
    """(years, groups[group, (first, last)], counts[area · year · sex, group], which of them are given)."""
    table = inputs.frame("population")
    area, sex = positions(table, "area_id", inputs.area_ids), positions(table, "sex", SEX_CODES)
    people, year = numbers(table, "residents"), numbers(table, "year")
    use = (area >= 0) & (sex >= 0) & np.isfinite(people) & np.isfinite(year)
    years, t = np.unique(year[use].astype(np.int64), return_inverse=True)
    first, last = ages(table[use], OLDEST)
    groups, group = np.unique(np.stack([first, last], axis=1), axis=0, return_inverse=True)
    row = (area[use] * len(years) + t) * len(SEX_CODES) + sex[use]
    shape = (len(inputs.area_ids) * len(years) * len(SEX_CODES), len(groups))
    counts, present = np.zeros(shape), np.zeros(shape, dtype=bool)
    np.add.at(counts, (row, group), people[use])  # several ages beyond the oldest fall into the open one
    present[row, group] = True
    return tuple(int(y) for y in years), groups, counts, present


def _runs(groups: Ints, chosen: Ints) -> list[Ints]:
    """The chosen groups (sorted by first age) cut where ages are missing between two of them."""
    if len(chosen) == 0:
        return []
    gaps = np.flatnonzero(groups[chosen[1:], 0] != groups[chosen[:-1], 1] + 1) + 1
    return np.split(chosen, gaps)


# ----------------------------------------------------------------------------------------------- the table's date
def offset_years(inputs: Inputs, reference_date: str) -> float:
    """Years from the nearest reference date of the table's school years to the table's own date; 0 if it has none."""
    counted, year = _counted(inputs, reference_date)
    return (counted - _reference(year, reference_date)).days / YEAR_DAYS


def _counted(inputs: Inputs, reference_date: str) -> tuple[date, int]:
    """(the table's date, the school year of the nearest reference date); the reference date itself if it has none."""
    as_of = inputs.tables["population"].source.as_of
    years = numbers(inputs.frame("population"), "year")
    known = [int(year) for year in np.unique(years[np.isfinite(years)])]
    if as_of is None or not known:
        year = known[0] if known else LEAP_YEAR
        return _reference(year, reference_date), year
    counted = date.fromisoformat(as_of)
    return counted, min(known, key=lambda year: abs((counted - _reference(year, reference_date)).days))


def _reference(year: int, month_day: str) -> date:
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, 28) if month == 2 else day)


def _at_reference(residents: Floats, given: NDArray[np.bool_], offset: float) -> Floats:
    """Residents at the reference date, `offset` years before the count (or after it, where negative).

    Counted later, a share `offset` of those aged x + 1 was still x; counted earlier, a share of those aged x − 1 is x
    by then. Births and deaths between the dates are neglected: an age without a given neighbour keeps its count.
    """
    if offset == 0:
        return residents
    step = 1 if offset > 0 else -1
    neighbour = np.roll(residents, -step, axis=-1)
    usable = given & np.roll(given, -step, axis=-1)
    usable[..., [0, -1] if step < 0 else [-2, -1]] = False  # age 0 has none before it; the open age mixes many years
    moved = residents + abs(offset) * (neighbour - residents)
    return np.where(usable, moved, residents)

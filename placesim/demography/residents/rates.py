"""The rates table → yearly rates by area, sex and single age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.axes import AGES, BOTH, OLDEST, SEX_CODES
from placesim.demography.residents.mortality import life_table_of_survivors, single_ages, survival_ratios
from placesim.demography.residents.schedules import (
    bundled_mortality,
    fertility_shape,
    males_per_female_birth,
    survival_from_mortality,
)
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.scenario.parameters import Demography
from placesim.vocabulary import AREA_TYPES

MEASURES: Final = (
    "survival", "survivors", "mortality", "fertility", "total_fertility", "out_rate", "in_count", "sex_ratio_at_birth",
)  # fmt: skip
YEAR_AFTER: Final = 2 / 3  # of the births of a step from September on fall into the next calendar year
MALES_PER: Final = 100.0  # the table's sex_ratio_at_birth counts males per 100 females
EVERYWHERE, BY_TYPE, BY_AREA = range(3)  # how specific a row is: the more specific one speaks


@dataclass(frozen=True, eq=False)
class YearlyRates(Frozen):
    """Rates of the step that starts in each year.

    survival[step, area, sex, age] and fertility[step, area, age] as `cohort.Rates` has them · out_rate[step, area, sex,
    age] leavers per survivor, in_count[step, area, sex, age] persons, both by age at the end of the step ·
    males_per_female_birth[step].
    """

    survival: Floats
    fertility: Floats
    out_rate: Floats
    in_count: Floats
    males_per_female_birth: Floats


@dataclass(frozen=True, eq=False)
class Spoken:
    """One measure of the table, taken apart into cells; later cells overrule earlier ones.

    row[cell], since[cell], area[cell], sex[cell], age[cell]; values[row].
    """

    row: Ints
    since: Floats
    area: Ints
    sex: Ints
    age: Ints
    values: Floats

    def index(self, year: int, areas: int) -> Ints:
        """index[area, sex, age]: the row that speaks for each cell in `year`, −1 where none does."""
        index = np.full((areas, BOTH, AGES), -1, dtype=np.int64)
        valid = self.since <= year
        index[self.area[valid], self.sex[valid], self.age[valid]] = self.row[valid]
        return index


def yearly_rates(
    inputs: Inputs, years: tuple[int, ...], *, people: Floats, demography: Demography, base: int
) -> YearlyRates:
    """Rates of the steps that start in `years`, for areas with people[area] residents.

    The factors of `demography` are assumptions about the future: they act on the steps from the year `base` on.

    For each cell the row of the area speaks before that of its type and that before one for all; among equals the one
    with the latest start not after the year. Survival speaks before survivors, and those before mortality. Mortality,
    the ages of total fertility and the sex ratio at birth are the bundled ones where not given, migration is nil. A
    count for several areas, ages or sexes is their total: shared by residents of the areas, evenly over ages and sexes.
    """
    survival, fertility, leaving, coming, males = [], [], [], [], []
    spoken = {m: measure(inputs, m) for m in MEASURES}
    spoken["survivors"] = at_first_age(spoken["survivors"])
    areas = len(inputs.area_ids)
    for year in years:
        index = {m: s.index(year, areas) for m, s in spoken.items()}
        survival.append(_survival(spoken, index))
        more_born, more_come = (
            (demography.fertility_factor, demography.migration_factor) if year >= base else (1.0, 1.0)
        )
        fertility.append(more_born * _fertility(spoken, index, year + YEAR_AFTER))
        leaving.append(_told(spoken, index, "out_rate", np.zeros(1)))
        coming.append(more_come * _counts(spoken["in_count"], index["in_count"], people))
        males.append(_males(spoken, index, demography, year + YEAR_AFTER))
    return YearlyRates(*(np.array(part, dtype=np.float64) for part in (survival, fertility, leaving, coming, males)))


# ------------------------------------------------------------------------------------------- one measure, by cells
def measure(inputs: Inputs, name: str) -> Spoken:
    """The rows of one measure taken apart into cells, in the order in which they overrule each other."""
    rates = inputs.frame("rates")
    rows = rates[rates["measure"].astype(object) == name]
    since = np.where(np.isfinite(numbers(rows, "year")), numbers(rows, "year"), -np.inf)
    rank, members, start, count = _places(rows, inputs)
    row = np.lexsort((since, rank))
    row, step = _repeat(row, count[row])
    area = members[start[row] + step]
    sex = positions(rows, "sex", SEX_CODES)
    pair = (sex < 0) | (sex == BOTH)
    cell, second = _repeat(np.arange(len(row)), np.where(pair, 2, 1)[row])
    row, area, sex = row[cell], area[cell], np.where(pair, 0, sex)[row[cell]] + second
    first, last = ages(rows, OLDEST)
    cell, older = _repeat(np.arange(len(row)), (last - first + 1)[row])
    row = row[cell]
    return Spoken(row, since[row], area[cell], sex[cell], first[row] + older, numbers(rows, "value"))


def _places(rows: pd.DataFrame, inputs: Inputs) -> tuple[Ints, Ints, Ints, Ints]:
    """(rank, members, start, count): row r holds for the areas members[start[r] : start[r] + count[r]]."""
    areas = len(inputs.area_ids)
    area, kind = positions(rows, "area_id", inputs.area_ids), positions(rows, "area_type", AREA_TYPES)
    kind_of = positions(inputs.areas, "area_type", AREA_TYPES)
    by_kind = np.argsort(kind_of, kind="stable")
    edges = np.searchsorted(kind_of[by_kind], np.arange(len(AREA_TYPES) + 1))
    members = np.concatenate([np.arange(areas), by_kind])  # every area in its place, then the areas type by type
    rank = np.where(area >= 0, BY_AREA, np.where(kind >= 0, BY_TYPE, EVERYWHERE))
    start = np.choose(rank, [np.zeros_like(area), areas + edges[kind], area])
    count = np.choose(rank, [np.full_like(area, areas), edges[kind + 1] - edges[kind], np.ones_like(area)])
    return rank, members, start, count


def _repeat(values: Ints, times: Ints) -> tuple[Ints, Ints]:
    """(each value repeated, 0 … times − 1 beside it)."""
    before = np.repeat(np.cumsum(times) - times, times)
    return np.repeat(values, times), np.arange(times.sum()) - before


# --------------------------------------------------------------------------------------- what the measures say
Index = dict[str, Ints]
All = dict[str, Spoken]


def _told(spoken: All, index: Index, name: str, default: Floats) -> Floats:
    """values[area, sex, age] of a measure; `default` (broadcast) where no row speaks."""
    where = index[name]
    values = np.append(spoken[name].values, np.nan)  # position −1
    return np.where(where >= 0, values[where], default)


def _survival(spoken: All, index: Index) -> Floats:
    mortality = _told(spoken, index, "mortality", bundled_mortality())
    survival = survival_from_mortality(mortality)
    rows = index["survivors"]
    with_table = (rows >= 0).any(axis=(1, 2))
    for pattern in np.unique(rows[with_table], axis=0):
        same = (rows == pattern).all(axis=(1, 2))
        survival[same] = _of_life_table(pattern, spoken["survivors"].values, survival[same])
    return _told(spoken, index, "survival", survival)


def _of_life_table(rows: Ints, survivors: Floats, otherwise: Floats) -> Floats:
    """survival[area, sex, age] by the rows[sex, age] of survivors; as `otherwise` for a sex that has none."""
    survival = otherwise.copy()
    for sex in np.flatnonzero((rows >= 0).any(axis=1)):
        known = np.flatnonzero(rows[sex] >= 0)
        table = life_table_of_survivors(np.tile(survivors[rows[sex, known]], (BOTH, 1)), tuple(int(x) for x in known))
        survival[:, sex] = survival_ratios(single_ages(table))[sex]
    return survival


def at_first_age(spoken: Spoken) -> Spoken:
    """Each row at the first of its ages: survivors are those who reach it."""
    first = np.full(len(spoken.values), AGES)
    np.minimum.at(first, spoken.row, spoken.age)
    keep = spoken.age == first[spoken.row]
    cells = (spoken.row, spoken.since, spoken.area, spoken.sex, spoken.age)
    row, since, area, sex, age = (cell[keep] for cell in cells)
    return Spoken(row, since, area, sex, age, spoken.values)


def _fertility(spoken: All, index: Index, year: float) -> Floats:
    """fertility[area, age]: rates by age where the area has any, else its total fertility by the bundled shape."""
    by_age = _told(spoken, index, "fertility", np.zeros(1))[:, 0]
    total = _told(spoken, index, "total_fertility", np.zeros(1))[:, 0]
    has_ages = (index["fertility"][:, 0] >= 0).any(axis=1, keepdims=True)
    return np.where(has_ages, by_age, total * fertility_shape(year))


def _males(spoken: All, index: Index, demography: Demography, year: float) -> float:
    """Males per female birth: of the table, else of the scenario, else the bundled path."""
    rows = index["sex_ratio_at_birth"].ravel()
    if len(rows) and rows[0] >= 0:
        return float(spoken["sex_ratio_at_birth"].values[rows[0]]) / MALES_PER
    told = demography.males_per_female_birth
    return males_per_female_birth(year) if told is None else told


def _counts(spoken: Spoken, index: Ints, people: Floats) -> Floats:
    """in_count[area, sex, age]: every row's total over its cells, by residents of the area."""
    weight = np.broadcast_to(np.maximum(people, 1e-9)[:, None, None], index.shape)
    told = index >= 0
    total = np.bincount(index[told], weight[told], minlength=len(spoken.values))
    counts = np.zeros(index.shape)
    counts[told] = spoken.values[index[told]] * weight[told] / total[index[told]]
    return counts


def areas_without_fertility(inputs: Inputs, year: int) -> Ints:
    """Positions of the areas for which no row gives fertility in the step that starts in `year`."""
    areas = len(inputs.area_ids)
    spoken = [measure(inputs, m).index(year, areas)[:, 0] >= 0 for m in ("fertility", "total_fertility")]
    return np.flatnonzero(~(spoken[0] | spoken[1]).any(axis=1))

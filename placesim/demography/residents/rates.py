"""The rates table → yearly rates by area, sex and single age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.population import AGES, BOTH, OLDEST, SEX_CODES
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality
from placesim.records import Floats, Frozen, Inputs, Ints
from placesim.scenario.parameters import Demography
from placesim.vocabulary import AREA_TYPES

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
    with the latest start not after the year. Mortality that is not given is the bundled schedule, migration that is not
    given is nil. A count for several areas, ages or sexes is their total: shared by residents of the areas, evenly over
    ages and sexes.
    """
    survival, fertility, leaving, coming, males = [], [], [], [], []
    spoken = {m: measure(inputs, m) for m in ("survival", "mortality", "fertility", "total_fertility", "out_rate")}
    spoken |= {m: measure(inputs, m) for m in ("in_count", "sex_ratio_at_birth")}
    areas = len(inputs.area_ids)
    for year in years:
        index = {m: s.index(year, areas) for m, s in spoken.items()}
        survival.append(_survival(spoken, index))
        more_born, more_come = (
            (demography.fertility_factor, demography.migration_factor) if year >= base else (1.0, 1.0)
        )
        fertility.append(more_born * _fertility(spoken, index))
        leaving.append(_told(spoken, index, "out_rate", np.zeros(1)))
        coming.append(more_come * _counts(spoken["in_count"], index["in_count"], people))
        default = np.array(MALES_PER * demography.males_per_female_birth)
        males.append(_told(spoken, index, "sex_ratio_at_birth", default).flat[0] / MALES_PER if areas else default)
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
    return _told(spoken, index, "survival", survival_from_mortality(mortality))


def _fertility(spoken: All, index: Index) -> Floats:
    """fertility[area, age]: rates by age where the area has any, else its total fertility by the bundled shape."""
    by_age = _told(spoken, index, "fertility", np.zeros(1))[:, 0]
    total = _told(spoken, index, "total_fertility", np.zeros(1))[:, 0]
    has_ages = (index["fertility"][:, 0] >= 0).any(axis=1, keepdims=True)
    return np.where(has_ages, by_age, total * fertility_shape())


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

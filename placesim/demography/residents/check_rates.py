"""What is wrong, missing or assumed in the table of rates, told before the projection runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.axes import OLDEST, SEX_CODES
from placesim.demography.residents.check_births import check_births, first_step
from placesim.errors import Finding
from placesim.inputs.findings import at_row, spans
from placesim.records import Inputs, Ints
from placesim.scenario.options import ProjectionOptions
from placesim.vocabulary import SEXES

LEAST_AGES: Final = 4  # of a life table
GROUP: Final = ("area_id", "area_type", "year")  # rows of one measure that differ in none of them share their ages

Words = dict[str, str]
BUNDLED: Final[Words] = {"en": "the bundled schedule is used", "zh": "采用内置的死亡率"}
NO_BIRTHS: Final[Words] = {"en": "nobody is born", "zh": "没有出生"}
NO_MOVES: Final[Words] = {"en": "movement is estimated, or nil", "zh": "迁移由历年数据估计，或视为没有"}
BUNDLED_RATIO: Final[Words] = {"en": "the scenario's or the bundled ratio is used", "zh": "采用方案或内置的性别比"}

# What holds where a measure is silent: for ages between those given, and for years before the first.
WITHOUT_AGES: Final = {"fertility": NO_BIRTHS, "mortality": BUNDLED, "survival": BUNDLED}
WITHOUT_YEARS: Final = {
    "mortality": BUNDLED, "survival": BUNDLED, "survivors": BUNDLED,
    "out_rate": NO_MOVES, "in_count": NO_MOVES, "sex_ratio_at_birth": BUNDLED_RATIO,
}  # fmt: skip


def check_rates(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Findings about rates and births: ages that overlap or are missing, years that start late, life tables that are
    none; births given twice or contradicting each other, and children that look like births by calendar year.

    None about rates and births without a projection by cohorts.
    """
    if options.demography.method == "cohort" and inputs.has("population") and inputs.has("rates"):
        yield from _rates(inputs, options)
    yield from check_births(inputs, options)


def _rates(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    rates = inputs.frame("rates")
    measure = rates["measure"].to_numpy(dtype=object)
    for name in sorted(set(rates["measure"].dropna())):
        rows = np.flatnonzero(measure == name)
        groups = rates.iloc[rows].groupby(list(GROUP), dropna=False, sort=False).indices
        for place in groups.values():
            for sex in SEXES:
                yield from _ages(inputs, name, _of_sex(rates, rows[place], sex), sex)
    yield from _late_years(inputs, options)


def _of_sex(rates: pd.DataFrame, rows: Ints, sex: str) -> Ints:
    """The rows that hold for a sex, by first age."""
    code = positions(rates.iloc[rows], "sex", SEX_CODES)
    first, _ = ages(rates.iloc[rows], OLDEST)
    use = np.flatnonzero(code != 1 - SEX_CODES.index(sex))  # its own, both, or blank
    return rows[use[np.argsort(first[use], kind="stable")]]


def _ages(inputs: Inputs, measure: str, rows: Ints, sex: str) -> Iterator[Finding]:
    """Rows of one measure, area, type, year and sex, by first age. What holds for both sexes is told once."""
    rates = inputs.frame("rates")
    code = positions(rates.iloc[rows], "sex", SEX_CODES)
    if len(rows) == 0 or (sex != SEXES[0] and (code != SEX_CODES.index(sex)).all()):
        return
    if measure == "survivors":
        yield from _life_table(inputs, rows)
        return
    yield from _overlaps(inputs, measure, rows)
    if measure in WITHOUT_AGES:
        yield from _gaps(inputs, measure, rows)


def _overlaps(inputs: Inputs, measure: str, rows: Ints) -> Iterator[Finding]:
    """Each row whose ages begin before a row above it ends; the very same ages are found as a key given twice."""
    table, rates = inputs.tables["rates"], inputs.frame("rates")
    first, last = ages(rates.iloc[rows], OLDEST)
    code = positions(rates.iloc[rows], "sex", SEX_CODES)
    reach = 0
    for i in range(1, len(rows)):
        same = first[i] == first[reach] and last[i] == last[reach] and code[i] == code[reach]
        if first[i] <= last[reach] and not same:
            facts = {"measure": measure, "ages": _span(first[i], last[i]), "other": int(table.file_row[rows[reach]])}
            yield at_row(
                table, "E352", int(rows[i]), "age_from", facts | {"other_ages": _span(first[reach], last[reach])}
            )
        if last[i] > last[reach]:
            reach = i


def _gaps(inputs: Inputs, measure: str, rows: Ints) -> Iterator[Finding]:
    first, last = ages(inputs.frame("rates").iloc[rows], OLDEST)
    reach = np.maximum.accumulate(last)
    for i in np.flatnonzero(first[1:] > reach[:-1] + 1) + 1:
        facts = {"measure": measure, "ages": _span(reach[i - 1] + 1, first[i] - 1), "instead": WITHOUT_AGES[measure]}
        yield at_row(inputs.tables["rates"], "W350", int(rows[i]), "age_from", facts)


def _life_table(inputs: Inputs, rows: Ints) -> Iterator[Finding]:
    table, rates = inputs.tables["rates"], inputs.frame("rates").iloc[rows]
    first, _ = ages(rates, OLDEST)
    alive = numbers(rates, "value")
    known = set(first[np.isfinite(alive)])
    if len(known) < LEAST_AGES or not {0, 1} <= known:
        yield at_row(table, "E353", int(rows[0]), "age_from", {"ages": len(known), "least": LEAST_AGES})
        return
    wrong = np.append(first[0] == 0 and alive[0] <= 0, np.diff(alive) > 0)
    before = np.maximum(np.arange(len(rows)) - 1, 0)
    for i in np.flatnonzero(wrong):
        facts = {"age": int(first[i]), "younger": int(first[before[i]]), "before": f"{alive[before[i]]:g}"}
        yield at_row(table, "E351", int(rows[i]), "value", facts)


def _late_years(inputs: Inputs, options: ProjectionOptions) -> Iterator[Finding]:
    """Measures whose first row starts after the projection does."""
    rates = inputs.frame("rates")
    start = first_step(inputs, options)
    year = numbers(rates, "year")
    for name, instead in WITHOUT_YEARS.items():
        rows = np.flatnonzero(rates["measure"].to_numpy(dtype=object) == name)
        if len(rows) == 0 or np.isnan(year[rows]).any() or year[rows].min() <= start:
            continue
        row = int(rows[np.argmin(year[rows])])
        last = min(int(year[row]), options.years[-1]) - 1
        facts = {"measure": name, "first": int(year[row]), "years": _span(start, last), "start": start}
        yield at_row(inputs.tables["rates"], "W351", row, "year", facts | {"instead": instead})


def _span(first: int, last: int) -> str:
    return spans(np.arange(int(first), int(last) + 1))

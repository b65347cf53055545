"""What the county knows of its residents: a count with gaps, and rates observed over the past years."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import rates
from .county import County
from .facts import BASE_YEAR, Floats, Ints, facts, stream
from .rates import AGES, CHILD_MOVES, RURAL, TOWN, URBAN, by_age, by_year
from .world import KINDS, kinds

OBSERVED = 3  # years behind the rates
MISSED = {  # share of the residents whom the count misses, by age
    URBAN: by_age({0: 0.055, 3: 0.02, 18: 0.045, 35: 0.02}),
    TOWN: by_age({0: 0.045, 3: 0.015, 18: 0.03, 35: 0.015}),
    RURAL: by_age({0: 0.05, 3: 0.02, 18: 0.02, 35: 0.01}),
}
STILL_COUNTED = 0.025  # of those away: counted in the village by relatives
RATE_AGES = [0, 3, 4, 6, 7, 12, 13, 15, 16, 18, 22, 25, 30, 35, 40, 45, 50, 55, 60, 70]
MOTHERS = list(range(15, 50, 5))
NAMES = {code: name for name, code in KINDS.items()}


def population_table(county: County) -> pd.DataFrame:
    """One row per area with columns 女0岁 … 男100岁, as statistical yearbooks print it."""
    people = counted_residents(county)
    columns = {f"{sex}{age}岁": people[:, s, age] for s, sex in enumerate("女男") for age in range(AGES)}
    return pd.DataFrame({"区域编号": county.map.areas["area_id"], **columns})


def counted_residents(county: County) -> Ints:
    """residents[area, sex, age] of the count of 31 August 2025."""
    rng = stream(county.seed, 40)
    missed = np.stack([MISSED[KINDS[kind]] for kind in county.map.areas["area_type"]])[:, None, :]
    people = rng.binomial(county.history.residents(BASE_YEAR), 1 - missed)
    return people + rng.poisson(STILL_COUNTED * _children_away(county))


def _children_away(county: County) -> Ints:
    """children[area, sex, age] registered in an area and living beyond the county."""
    c, home = county.history.children, county.history.home[BASE_YEAR]
    hukou = county.history.hukou[BASE_YEAR]
    away = np.zeros((len(county.map.areas), 2, AGES), dtype=np.int64)
    age = BASE_YEAR - c.cohort[: len(home)]
    gone = (home < 0) & (hukou >= 0) & (age < rates.CHILD_AGES)
    np.add.at(away, (hukou[gone], c.male[: len(home)][gone].astype(int), age[gone]), 1)
    return away


def rates_table(county: County) -> pd.DataFrame:
    """Fertility, leavers, newcomers into existing homes and the sex ratio at birth, by kind of area and age."""
    parts = [_fertility(county), _leavers(), _newcomers(county), _sex_ratio(county)]
    table = pd.concat(parts, ignore_index=True)
    return table[["measure", "area_type", "sex", "age_from", "age_to", "value"]]


def _fertility(county: County) -> pd.DataFrame:
    """Births by mother's residence per woman, of the last years, in the shape of the day."""
    kind = kinds(county.map.areas)
    children, years = county.history.children, range(BASE_YEAR - OBSERVED + 1, BASE_YEAR + 1)
    shape = rates.fertility(BASE_YEAR) / rates.fertility(BASE_YEAR).sum()
    rows = []
    for code, name in NAMES.items():
        born = sum(int(np.isin(children.born[children.cohort == y], np.flatnonzero(kind == code)).sum()) for y in years)
        exposed = sum(float((county.history.grown[y][kind == code, 0] @ shape).sum()) for y in years)
        for start in MOTHERS:
            value = born / exposed * shape[start : start + 5].mean()
            rows.append(("fertility", name, "female", start, start + 4, round(value, 5)))
    return pd.DataFrame(rows, columns=["measure", "area_type", "sex", "age_from", "age_to", "value"])


def _spans() -> list[tuple[int, int]]:
    return list(zip(RATE_AGES, [a - 1 for a in RATE_AGES[1:]] + [AGES - 1], strict=True))


def _leavers() -> pd.DataFrame:
    """Share of the residents who move to another kind of area or beyond the county in a year."""
    pull = by_year(rates.PULL, BASE_YEAR)
    rows = []
    for code, name in NAMES.items():
        leave = rates.LEAVE_COUNTY[code] + pull * rates.TO_COUNTY_TOWN.get(code, np.zeros(AGES))
        leave = leave + (rates.TO_SEAT if code == RURAL else 0)
        ways = {to: by_age(steps, rates.CHILD_AGES) for (origin, to), steps in CHILD_MOVES.items() if origin == code}
        leave[: rates.CHILD_AGES] = sum(share * (pull if to == URBAN else 1.0) for to, share in ways.items())
        rows += [("out_rate", name, "both", a, b, round(float(leave[a : b + 1].mean()), 5)) for a, b in _spans()]
    return pd.DataFrame(rows, columns=["measure", "area_type", "sex", "age_from", "age_to", "value"])


def _newcomers(county: County) -> pd.DataFrame:
    """People a year who moved into existing homes of a kind of area, over the observed years."""
    years = range(BASE_YEAR - OBSERVED + 1, BASE_YEAR + 1)
    came: Floats = np.sum([county.history.came[y] for y in years], axis=0) / OBSERVED
    rows = []
    for code, name in NAMES.items():
        rows += [("in_count", name, "both", a, b, round(float(came[code, a : b + 1].sum()), 1)) for a, b in _spans()]
    return pd.DataFrame(rows, columns=["measure", "area_type", "sex", "age_from", "age_to", "value"])


def _sex_ratio(county: County) -> pd.DataFrame:
    children = county.history.children
    recent = children.male[(children.cohort > BASE_YEAR - 5) & (children.cohort <= BASE_YEAR) & (children.born >= 0)]
    value = round(100 * recent.sum() / (~recent).sum(), 1)
    columns = ["measure", "area_type", "sex", "age_from", "age_to", "value"]
    return pd.DataFrame([("sex_ratio_at_birth", None, None, None, None, value)], columns=columns)


def developments_table(county: County) -> pd.DataFrame:
    """The housing developments under the Chinese labels of the data dictionary."""
    ids = county.map.areas["area_id"].to_numpy()
    rows = []
    for fact, area in zip(facts()["development"], county.map.development_area, strict=True):
        for n, (year, kind, dwellings, status, inside) in enumerate(fact["phases"]):
            rows.append((fact["id"], str(n + 1), kind, fact["name"], ids[area], year, dwellings, status, inside))
    columns = ["项目编号", "分期", "住房类型", "名称", "区域编号", "竣工年", "套数", "状态", "入住者中来自本县的比例"]
    return pd.DataFrame(rows, columns=columns)

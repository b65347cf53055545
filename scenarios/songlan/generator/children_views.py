"""What the county's registers say of its children: each basis with its own blind spots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .county import County
from .facts import BASE_YEAR, FIRST_AGE, FIRST_ROLL, GRADES, Flags, Floats, Ints, stream

COUNTED_AGES = 7  # children aged 0–6 are counted every year
LATE = {0: 0.84, 1: 0.08, 2: 0.03, 3: 0.02, 4: 0.01, 5: 0.01, 6: 0.01}  # years until a birth is registered
LATE_AWAY = {0: 0.58, 1: 0.15, 2: 0.09, 3: 0.06, 4: 0.03, 5: 0.03, 6: 0.06}  # … of children born beyond the county
PERMIT_BY_AGE = (0.38, 0.42, 0.46, 0.52, 0.58, 0.66, 0.80)  # share of migrant children with a permit (0 … 6 and over)
VACCINATED, VACCINATED_MIGRANTS, STALE = (
    0.975,
    0.90,
    0.15,
)  # STALE: of those who left within two years, still on the list
SILENT = {"K07": 2022}  # a private kindergarten that sends no return before this year


def children_table(county: County) -> pd.DataFrame:
    """area_id, cohort, basis, as_of, children: registration, permits, vaccination and kindergartens, 2019–2025."""
    areas = county.map.areas
    luck = stream(county.seed, 30).random((len(county.history.children), 4))
    parts = []
    for year in range(FIRST_ROLL, BASE_YEAR + 1):
        for basis, (where, ages, rows) in _bases(county, year, luck).items():
            cohorts = year - np.arange(*ages)
            counts = _tally(county, where, cohorts)[rows]
            parts.append(
                _long(areas["area_id"].to_numpy()[rows], cohorts, counts).assign(basis=basis, as_of=f"{year}-08-31")
            )
    table = pd.concat(parts, ignore_index=True)
    return table[["area_id", "cohort", "basis", "as_of", "children"]]


def _bases(county: County, year: int, luck: Floats) -> dict[str, tuple[Ints, tuple[int, int], Ints]]:
    """basis → (area in which each child is counted, −1 = not; ages counted; areas that keep such a list)."""
    home, hukou = county.history.home[year], county.history.hukou[year]
    age = year - county.history.children.cohort[: len(home)]
    everywhere = np.arange(len(county.map.areas))
    built_up = np.flatnonzero(county.map.areas["area_type"] != "rural")
    kindergartens = np.unique(county.map.campuses.table["area"][_kindergartens(county)])
    return {
        "registration": (
            np.where(_registered(county, year, luck[: len(home), 0]), hukou, -1),
            (0, COUNTED_AGES),
            everywhere,
        ),
        "permit": (np.where(_permitted(home, hukou, age, luck[: len(home), 1]), home, -1), (0, COUNTED_AGES), built_up),
        "vaccination": (_clinic(county, year, luck[: len(home), 2:]), (0, COUNTED_AGES), everywhere),
        "kindergarten": (_attending(county, year, age), (FIRST_AGE, COUNTED_AGES - 1), kindergartens),
    }


def _registered(county: County, year: int, luck: Floats) -> Flags:
    """Whose birth is registered by now: most at once, some only when school is near."""
    children = county.history.children
    away = children.born[: len(luck)] < 0
    delay = np.where(away, _delay(luck, LATE_AWAY), _delay(luck, LATE))
    return children.cohort[: len(luck)] + delay <= year


def _delay(luck: Floats, shares: dict[int, float]) -> Ints:
    return np.array(list(shares))[np.searchsorted(np.cumsum(list(shares.values()))[:-1], luck)]


def _permitted(home: Ints, hukou: Ints, age: Ints, luck: Floats) -> Flags:
    """Children registered in other counties who live here and hold a residence permit."""
    share = np.array(PERMIT_BY_AGE)[np.clip(age, 0, len(PERMIT_BY_AGE) - 1)]
    return (home >= 0) & (hukou < 0) & (luck < share)


def _clinic(county: County, year: int, luck: Floats) -> Ints:
    """The area whose clinic has the child on its list: home, or the home it has left not long ago."""
    home, hukou = county.history.home[year], county.history.hukou[year]
    covered = luck[:, 0] < np.where(hukou < 0, VACCINATED_MIGRANTS, VACCINATED)
    before = county.history.home[year - 2]
    former = np.full(len(home), -1)
    former[: len(before)] = before
    stale = (home < 0) & (former >= 0) & (luck[:, 1] < STALE)
    return np.where(stale, former, np.where(covered, home, -1))


def _kindergartens(county: County) -> Flags:
    return county.map.campuses.table["stages"].map(lambda s: "kindergarten" in s).to_numpy(bool)


def _attending(county: County, year: int, age: Ints) -> Ints:
    """The area of the kindergarten a child attends, not of its home."""
    school = county.schooling.school[year]
    table = county.map.campuses.table
    silent = [table.index[table["school_id"] == name][0] for name, first in SILENT.items() if year < first]
    counted = (school >= 0) & (age >= FIRST_AGE) & (age < FIRST_AGE + GRADES.index("G1")) & ~np.isin(school, silent)
    return np.where(counted, table["area"].to_numpy()[np.maximum(school, 0)], -1)


def _tally(county: County, where: Ints, cohorts: Ints) -> Ints:
    """counts[area, cohort]."""
    cohort = county.history.children.cohort[: len(where)]
    counted = (where >= 0) & (cohort <= cohorts[0]) & (cohort >= cohorts[-1])
    counts = np.zeros((len(county.map.areas), len(cohorts)), dtype=np.int64)
    np.add.at(counts, (where[counted], cohorts[0] - cohort[counted]), 1)
    return counts


def _long(ids: np.ndarray, cohorts: Ints, counts: Ints) -> pd.DataFrame:
    return pd.DataFrame(
        {"area_id": np.repeat(ids, len(cohorts)), "cohort": np.tile(cohorts, len(ids)), "children": counts.ravel()}
    )


def births_table(county: County) -> pd.DataFrame:
    """area_id, year, basis, births by calendar year, as known on 31 August of the base year.

    By the mother's residence all births in the county; by registration those registered by now, where they are entered.
    """
    children = county.history.children
    luck = stream(county.seed, 30).random((len(children), 4))
    year = children.cohort - children.autumn.astype(np.int64)
    known = _registered(county, BASE_YEAR, luck[: len(county.history.home[BASE_YEAR]), 0])
    registered = np.full(len(children), -1)
    registered[: len(known)] = np.where(known, children.entered[: len(known)], -1)
    parts = []
    years = np.arange(BASE_YEAR - 1, BASE_YEAR - 18, -1)
    for basis, where in (("mother_residence", children.born), ("registration", registered)):
        counted = (where >= 0) & (year <= years[0]) & (year >= years[-1])
        counts = np.zeros((len(county.map.areas), len(years)), dtype=np.int64)
        np.add.at(counts, (where[counted], years[0] - year[counted]), 1)
        table = _long(county.map.areas["area_id"].to_numpy(), years, counts)
        parts.append(table.rename(columns={"cohort": "year", "children": "births"}).assign(basis=basis))
    return pd.concat(parts, ignore_index=True)[["area_id", "year", "basis", "births"]]

"""The true children of the county, kept apart: only tests may look."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .county import County
from .facts import BASE_YEAR, FIRST_AGE, FIRST_ROLL, GRADES, LAST_YEAR
from .rates import CHILD_AGES
from .schooling import OUTSIDE

ENTRY_AGE = 6


def true_children(county: County) -> pd.DataFrame:
    """area_id, cohort, children who live there on 31 August of the base year."""
    return _by_home(county, BASE_YEAR, range(BASE_YEAR - CHILD_AGES + 1, BASE_YEAR + 1))


def true_entrants(county: County) -> pd.DataFrame:
    """area_id, year, children: residents aged 6 on 31 August, from 2019 to the true future."""
    parts = []
    for year in range(FIRST_ROLL, LAST_YEAR + 1):
        cohort = year - ENTRY_AGE
        parts.append(_by_home(county, year, range(cohort, cohort + 1)).assign(year=year))
    return pd.concat(parts, ignore_index=True)[["area_id", "year", "children"]]


def _by_home(county: County, year: int, cohorts: range) -> pd.DataFrame:
    home = county.history.home[year]
    cohort = county.history.children.cohort[: len(home)]
    counted = (home >= 0) & (cohort >= cohorts[0]) & (cohort <= cohorts[-1])
    counts = np.zeros((len(county.map.areas), len(cohorts)), dtype=np.int64)
    np.add.at(counts, (home[counted], cohort[counted] - cohorts[0]), 1)
    ids = county.map.areas["area_id"].to_numpy()
    rows = {"area_id": np.repeat(ids, len(cohorts)), "cohort": np.tile(np.array(cohorts), len(ids))}
    return pd.DataFrame({**rows, "children": counts.ravel()})


def true_flows(county: County) -> pd.DataFrame:
    """area_id, school_id, grade, pupils of the base year; `outside` stands for schools beyond the border."""
    school, home = county.schooling.school[BASE_YEAR], county.history.home[BASE_YEAR]
    grade = BASE_YEAR - county.history.children.cohort[: len(school)] - FIRST_AGE
    at = np.flatnonzero(((school >= 0) | (school == OUTSIDE)) & (home >= 0))
    names = np.append(county.map.campuses.table["school_id"].to_numpy(dtype=object), "outside")
    table = pd.DataFrame(
        {
            "area_id": county.map.areas["area_id"].to_numpy()[home[at]],
            "school_id": names[np.where(school[at] >= 0, school[at], len(names) - 1)],
            "grade": grade[at],
        }
    )
    table = table.groupby(["area_id", "school_id", "grade"], as_index=False).size().rename(columns={"size": "pupils"})
    return table.assign(grade=np.array(GRADES, dtype=object)[table["grade"]])

"""The true children of the county, kept apart: only tests may look."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .county import County
from .facts import BASE_YEAR, FIRST_AGE, FIRST_ROLL, GRADES, LAST_YEAR
from .rates import CHILD_AGES
from .schooling import OUTSIDE


def true_children(county: County) -> pd.DataFrame:
    """area_id, year, cohort, children (0–17) who live there on 31 August, from 2019 to the true future of 2031."""
    return pd.concat([_by_home(county, year) for year in range(FIRST_ROLL, LAST_YEAR + 1)], ignore_index=True)


def _by_home(county: County, year: int) -> pd.DataFrame:
    home = county.history.home[year]
    age = year - county.history.children.cohort[: len(home)]
    counted = (home >= 0) & (age >= 0) & (age < CHILD_AGES)
    counts = np.zeros((len(county.map.areas), CHILD_AGES), dtype=np.int64)
    np.add.at(counts, (home[counted], CHILD_AGES - 1 - age[counted]), 1)
    ids, cohorts = county.map.areas["area_id"].to_numpy(), np.arange(year - CHILD_AGES + 1, year + 1)
    rows = {"area_id": np.repeat(ids, CHILD_AGES), "year": year, "cohort": np.tile(cohorts, len(ids))}
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

"""China's births → cohorts → entrants to grade 1 → primary and junior rolls, against its published rolls (10 000).

Estimator: everybody born enters at six and stays nine years. Births are the revised ones of the National Bureau of
Statistics; rolls and entrants those of the Ministry of Education. 2009 (1615) is needed for one figure only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from handmade import county, squares

from placesim.demography.residents.births import cohort_births
from placesim.demography.residents.projection import project
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

BIRTHS = {
    2009: 1615, 2010: 1592, 2011: 1785, 2012: 1973, 2013: 1776, 2014: 1897, 2015: 1654, 2016: 1883, 2017: 1765,
    2018: 1523, 2019: 1465, 2020: 1202, 2021: 1062, 2022: 956, 2023: 902, 2024: 954, 2025: 792,
}  # fmt: skip
ACTUAL = {  # year: entrants, primary, junior
    2023: (1877.9, 10836.0, 5243.7),
    2024: (1616.6, 10584.4, 5386.2),
    2025: (1461.7, 10178.3, 5509.3),
}
ENTRANTS = {2023: 1804, 2024: 1604, 2025: 1484, 2026: 1290, 2027: 1109, 2028: 991, 2029: 920, 2030: 937, 2031: 846}
PRIMARY = {2023: 10955, 2024: 10648, 2025: 10291, 2026: 9724, 2027: 9097, 2028: 8282, 2029: 7398, 2030: 6731, 2031: 6092}  # noqa: E501  # fmt: skip
JUNIOR = {2024: 5231, 2025: 5473, 2026: 5609, 2027: 5433, 2028: 5398, 2029: 5346, 2030: 5215, 2031: 4892}
KINDERGARTEN = {2023: 4378, 2024: 3883, 2025: 3390}  # residents aged 3–5 in September
ENTRY_AGE = 6


@pytest.fixture(scope="module")
def entrants() -> pd.Series:
    """Entrants by year."""
    cohorts = cohort_births(pd.DataFrame({"year": list(BIRTHS), "births": list(BIRTHS.values())}))
    return pd.Series(cohorts["births"].to_numpy(), index=cohorts["year"] + ENTRY_AGE)


def rolls(entrants: pd.Series, grades: int, since: int) -> dict[int, float]:
    """Rolls of so many grades, the first of which follows `since` years after entry."""
    return entrants.rolling(grades).sum().shift(since, fill_value=np.nan).dropna().to_dict()


def test_every_published_estimate_of_entrants_and_rolls(entrants: pd.Series) -> None:
    primary, junior = rolls(entrants, 6, 0), rolls(entrants, 3, 6)
    assert {y: round(entrants[y]) for y in ENTRANTS} == ENTRANTS
    assert {y: round(primary[y]) for y in PRIMARY} == PRIMARY
    assert {y: round(junior[y]) for y in JUNIOR} == JUNIOR
    assert {y: round(entrants[[y + 1, y + 2, y + 3]].sum()) for y in KINDERGARTEN} == KINDERGARTEN


def test_estimates_are_near_the_actual_rolls(entrants: pd.Series, record_property: pytest.RecordProperty) -> None:
    estimates = entrants.to_dict(), rolls(entrants, 6, 0), rolls(entrants, 3, 6)
    published = {2023: (-3.9, 1.1, None), 2024: (-0.8, 0.6, -2.9), 2025: (1.5, 1.1, -0.7)}  # percent
    for year, actual in ACTUAL.items():
        for name, estimate, told, error in zip(
            ("entrants", "primary", "junior"), estimates, actual, published[year], strict=True
        ):
            if error is None:
                continue
            found = 100 * (round(estimate[year]) / told - 1)
            record_property(f"China {year}: {name}", f"{found:+.1f} %")
            assert round(found, 1) == pytest.approx(error, abs=0.051)


def test_both_peaks(entrants: pd.Series) -> None:
    primary, junior = rolls(entrants, 6, 0), rolls(entrants, 3, 6)
    assert max(primary, key=primary.__getitem__) == 2023
    assert max(junior, key=junior.__getitem__) == 2026


def test_the_engine_gives_the_same_children_and_peaks_from_known_births() -> None:
    """One county of national births by mother's residence, nobody dying or moving: residents of school age."""
    people = {"area_id": "CN", "year": 2009, "sex": "both", "age_from": 0, "age_to": 100, "residents": 130_000.0}
    immortal = {"measure": "survival", "value": 1.0, "age_from": 0, "age_to": 100}
    table = county(
        {
            "areas": squares(["CN"]),
            "population": [people],
            "rates": [immortal, {"measure": "total_fertility", "value": 1.3}],
            "births": [{"year": y, "basis": "mother_residence", "births": float(n)} for y, n in BIRTHS.items()],
        }
    )
    years = tuple(range(2022, 2032))
    projection = project(table, ProjectionOptions(years, "08-31", Demography(), Housing()))
    assert projection is not None
    by_age = projection.residents.sum(axis=(0, 2))
    primary = dict(zip(years, by_age[:, 6:12].sum(axis=1), strict=True))
    junior = dict(zip(years, by_age[:, 12:15].sum(axis=1), strict=True))
    entering = dict(zip(years, by_age[:, ENTRY_AGE], strict=True))
    for estimate, published in ((entering, ENTRANTS), (primary, PRIMARY), (junior, JUNIOR)):
        for year, value in published.items():
            assert round(estimate[year]) == value
    assert max(primary, key=primary.__getitem__) == 2023
    assert max((y for y in junior if y >= 2024), key=junior.__getitem__) == 2026

"""How people of the county are born, move and die: yearly rates by age, kind of area and calendar year.

Fertility and the age structure follow rounded national figures (census 2000, National Bureau of Statistics, UN World
Population Prospects 2024); the moves are made up so that the county loses its villages as the nation does.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from .facts import Floats

AGES = 101
URBAN, TOWN, RURAL, AWAY = range(4)  # where people live; AWAY = beyond the county, still registered in it

# Percent of the residents of 2000 by five-year age group, 0–4 … 95–99 (census 2000, rounded).
AGE_GROUPS_2000 = [
    6.2,
    7.6,
    9.8,
    8.1,
    7.6,
    9.5,
    10.3,
    8.8,
    6.5,
    6.9,
    5.1,
    3.7,
    3.4,
    2.8,
    1.9,
    1.1,
    0.5,
    0.17,
    0.03,
    0.01,
]

# Children per woman by calendar year; local, but with the nation's ups and downs.
TOTAL_FERTILITY = {
    2000: 1.62, 2003: 1.58, 2006: 1.58, 2008: 1.60, 2010: 1.58, 2011: 1.60, 2012: 1.72, 2013: 1.64, 2014: 1.76,
    2015: 1.70, 2016: 1.94, 2017: 2.02, 2018: 1.76, 2019: 1.64, 2020: 1.38, 2021: 1.20, 2022: 1.07, 2023: 1.02,
    2024: 1.12, 2025: 0.97, 2026: 1.02, 2031: 1.05,
}  # fmt: skip
FERTILITY_FACTOR = np.array([0.98, 1.05, 1.18, 0.95])  # urban, town, rural, away
MOTHERS_EDGES = [15, 20, 25, 30, 35, 40, 45, 50]
SHAPE_2000 = [2.5, 42.0, 37.0, 13.5, 4.0, 0.8, 0.2]  # percent of the total by mother's age group
SHAPE_2024 = [2.58, 22.64, 34.52, 24.76, 11.51, 3.00, 0.91]
MALE_BIRTHS = {2000: 0.537, 2010: 0.540, 2015: 0.532, 2020: 0.527, 2025: 0.523}  # share of boys
AUTUMN_BIRTHS = 0.36  # share of a cohort born September to December

# Deaths: m(x) by age group for both sexes, and the growth of m(x) per year of age from 45 on.
DEATH_FROM = [0, 1, 5, 10, 15, 20, 25, 30, 35, 40]
DEATH_RATES = [0.00573, 0.00041, 0.00027, 0.00029, 0.00036, 0.00057, 0.00072, 0.00083, 0.00099, 0.00153]
DEATH_GROWTH = 0.101
FEMALE_DEATHS, MALE_DEATHS = 0.75, 1.25


def by_age(steps: Mapping[int, float], ages: int = AGES) -> Floats:
    """A rate that holds from each age on."""
    starts = np.array(list(steps))
    return np.array(list(steps.values()))[np.searchsorted(starts, np.arange(ages), side="right") - 1]


def by_year(knots: Mapping[int, float], year: float) -> float:
    """A figure between the years for which it is known."""
    return float(np.interp(year, list(knots), list(knots.values())))


def survival() -> Floats:
    """share[sex, age] of people who live for a year (sex 0 = female)."""
    rates = by_age(dict(zip(DEATH_FROM, DEATH_RATES, strict=True)))
    old = np.arange(AGES) >= 45
    rates[old] = DEATH_RATES[-1] * np.exp(DEATH_GROWTH * (np.arange(AGES)[old] - 42.5))
    return np.exp(-np.minimum(np.stack([rates * FEMALE_DEATHS, rates * MALE_DEATHS]), 1.5))


def fertility(cohort: int) -> Floats:
    """Births per woman by age in the year up to 31 August of `cohort`, for a place with factor 1."""
    total = by_year(TOTAL_FERTILITY, cohort) * 2 / 3 + by_year(TOTAL_FERTILITY, cohort - 1) / 3
    late = np.clip((cohort - 2000) / 24, 0, 1.2)
    shape = (1 - late) * np.array(SHAPE_2000) + late * np.array(SHAPE_2024)
    rate = np.zeros(AGES)
    for (start, end), percent in zip(pairwise(MOTHERS_EDGES), shape, strict=True):
        rate[start:end] = total * percent / 100 / (end - start)
    return np.convolve(rate, np.ones(5) / 5, mode="same")


# --------------------------------------------------------------------------------------------- moves of grown people
LEAVE_COUNTY = {  # share of the residents who leave the county in a year
    RURAL: by_age({0: 0.012, 16: 0.05, 18: 0.16, 22: 0.10, 25: 0.055, 30: 0.026, 40: 0.011, 50: 0.004, 60: 0.001}),
    TOWN: by_age({0: 0.006, 16: 0.04, 18: 0.12, 22: 0.07, 25: 0.035, 30: 0.016, 40: 0.007, 50: 0.002}),
    URBAN: by_age({0: 0.004, 16: 0.03, 18: 0.11, 22: 0.055, 25: 0.026, 30: 0.012, 40: 0.005, 50: 0.002}),
}
TO_COUNTY_TOWN = {  # share who move to the county town
    RURAL: by_age({0: 0.014, 16: 0.018, 20: 0.028, 35: 0.019, 45: 0.010, 55: 0.007, 70: 0.002}),
    TOWN: by_age({0: 0.012, 16: 0.014, 20: 0.022, 35: 0.013, 45: 0.006, 60: 0.003}),
}
TO_SEAT = by_age({0: 0.003, 18: 0.006, 40: 0.003, 60: 0.001})  # villagers who move to a seat
RETURN_HOME = by_age({0: 0.02, 22: 0.018, 35: 0.03, 50: 0.07, 60: 0.10})  # of those away, to where they came from
RETURN_TO_TOWN = by_age({0: 0.008, 22: 0.018, 35: 0.015, 50: 0.006})  # of those away, to the county town
GIVE_UP = by_age({0: 0.01, 20: 0.03, 45: 0.015, 60: 0.004})  # of those away, registration moved elsewhere
PULL = {2000: 0.45, 2005: 0.7, 2010: 1.0, 2016: 1.25, 2020: 1.1, 2025: 0.85, 2031: 0.75}  # of the county town
NEWCOMERS = {2000: 90, 2010: 220, 2018: 330, 2025: 300, 2031: 280}  # grown people from other counties in a year
NEWCOMER_AGES = by_age({0: 0.0, 18: 0.6, 22: 1.0, 36: 0.45, 46: 0.15, 60: 0.08, 75: 0.0})
CHILDREN_PER_NEWCOMER = 0.30

# --------------------------------------------------------------------------------------------------- moves of children
CHILD_AGES = 18
CHILD_MOVES = {  # (from, to) → share by age on 31 August; school entries (3, 6, 12, 15) are when families move
    (RURAL, URBAN): {0: 0.012, 3: 0.028, 4: 0.014, 6: 0.060, 7: 0.016, 12: 0.045, 13: 0.010, 15: 0.020, 16: 0.004},
    (RURAL, TOWN): {0: 0.003, 3: 0.008, 4: 0.003, 6: 0.014, 7: 0.004, 12: 0.010, 13: 0.002},
    (RURAL, AWAY): {0: 0.020, 3: 0.028, 4: 0.015, 6: 0.028, 7: 0.008, 12: 0.008, 13: 0.004},
    (TOWN, URBAN): {0: 0.010, 3: 0.018, 4: 0.010, 6: 0.035, 7: 0.010, 12: 0.035, 13: 0.005},
    (TOWN, AWAY): {0: 0.010, 3: 0.014, 4: 0.008, 6: 0.015, 7: 0.005, 12: 0.005},
    (URBAN, AWAY): {0: 0.007, 3: 0.008, 4: 0.005, 6: 0.009, 7: 0.004, 12: 0.006, 13: 0.003},
    (AWAY, RURAL): {0: 0.030, 3: 0.020, 4: 0.010, 6: 0.030, 7: 0.010, 12: 0.020, 13: 0.008, 15: 0.030, 16: 0.004},
    (AWAY, URBAN): {0: 0.008, 3: 0.012, 4: 0.008, 6: 0.040, 7: 0.010, 12: 0.050, 13: 0.012, 15: 0.090, 16: 0.010},
}
LEFT_BEHIND = 0.36  # share of the children of those away who are born and grow up in the village
HUKOU_TO_TOWN = 0.18  # share of moving children who are registered where they move
BORN_IN_TOWN = {"local": 0.66, "village": 0.26, "elsewhere": 0.08}  # registration of children born in the county town
DESIRABLE = 0.13  # share of locally registered children who are entered at an address in a desirable area
EMPTY_HUKOU = 0.05  # children who live beyond the county, but are entered there too, per child of the desirable areas

# ------------------------------------------------------------------------------------------------------------- housing
PERSONS = 2.7  # per newly occupied dwelling
OCCUPIED = (0.35, 0.3, 0.15, 0.08, 0.04)  # share of a phase taken up 0, 1, 2 … years after completion
BUILT = {"complete": 1.0, "under_construction": 0.9, "permitted": 0.7, "planned": 0.4, "stalled": 0.0}
OLD_STOCK = 0.035  # share of the existing homes that take in newcomers in a year
UPGRADE = 0.45  # share of the newly housed who come from older homes in the county town
BACKGROUND = 1.15  # persons housed by building outside the listed developments per resident of 2000

"""Pupils per dwelling in Durham, North Carolina, by housing type: profiles are fitted to them, type by type.

The dwellings are of unknown age (taken as evenly spread over 0–40 years) and the levels of the data split every total
50 : 20 : 30, so that the test is of the fit, not of Durham. Nothing of it enters a default.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placesim.demography.residents.calibration import Calibration, calibrate_profile
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.population import AGES
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality
from placesim.demography.residents.yields import HomeRates, YieldModel
from placesim.errors import InputError
from placesim.records import Stage, Stages

LEVELS = {"elementary": "sgr_stu_avg_k12_es", "middle": "sgr_stu_avg_k12_ms", "high": "sgr_stu_avg_k12_hs"}
FEW = 100  # dwellings: types with fewer in all regions tell little
STAGES = Stages(
    tuple(
        Stage(name, tuple(f"{name}{i}" for i in range(years)), {}, first)
        for name, first, years in (("elementary", 5, 6), ("middle", 11, 3), ("high", 14, 4))
    )
)
EVEN = np.full(41, 1 / 41)  # dwellings by years since completion


def leaving() -> np.ndarray:
    rate = np.zeros((2, AGES))
    rate[:, 18:26] = 0.12
    return rate


MODEL = YieldModel(
    HomeRates(
        survival=survival_from_mortality(np.tile(bundled_mortality(), (2, 1))),
        fertility=1.65 * fertility_shape(),
        out_rate=leaving(),
        males_per_female_birth=1.05,
        turnover=0.1,
    ),
    STAGES,
    occupied=(0.9,),
)
# 2.4 persons in a home
START = graduate(
    [0.10, 0.10, 0.18, 0.09, 0.09, 0.20, 0.42, 0.40, 0.42, 0.40], [0, 3, 6, 12, 15, 18, 25, 35, 45, 60, 101]
)


@pytest.fixture(scope="module")
def rates(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "student_yields_durham_nc" / "student_generation_rates.csv")


@pytest.fixture(scope="module")
def by_type(rates: pd.DataFrame) -> pd.DataFrame:
    """Dwellings and yields by housing type, regions together."""
    homes = rates[rates["du_est_final"] > 0]
    counts = homes[list(LEVELS.values())].mul(homes["du_est_final"], axis=0).assign(dwellings=homes["du_est_final"])
    total = counts.groupby(homes["housing_type"]).sum()
    return total[list(LEVELS.values())].div(total["dwellings"], axis=0).assign(dwellings=total["dwellings"])


def fitted(row: pd.Series) -> Calibration:
    yields = [
        {"stage": stage, "pupils_per_dwelling": row[column], "dwellings": row["dwellings"]}
        for stage, column in LEVELS.items()
    ]
    return calibrate_profile(pd.DataFrame(yields), START, MODEL, age_mix=np.tile(EVEN, (len(LEVELS), 1)))


def test_the_check_value_of_the_data(rates):
    condo = rates[(rates["housing_type"] == "condo") & (rates["region"] == "Central")].iloc[0]
    assert condo["dps_2324_k12"] / condo["du_est_final"] == pytest.approx(15 / 812)
    assert condo["sgr_dps_2324_k12"] == pytest.approx(0.018473, abs=5e-7)


def test_every_housing_type_is_fitted_within_its_error(by_type, record_property):
    large = by_type[by_type["dwellings"] >= FEW]
    assert len(large) >= 8
    for kind, row in large.iterrows():
        got = fitted(row)
        misses = (got.yields["residual"] / got.yields["error"]).abs()
        record_property(f"{kind}: persons per home, share moved", f"{got.persons.sum():.2f}, {got.moved:.2f}")
        record_property(f"{kind}: greatest miss in standard errors", float(misses.max()))
        assert misses.max() < 2, kind
        assert 1.2 < got.persons.sum() < 4.5, kind  # households, from flats for old people to subsidised family homes


def test_more_pupils_observed_are_more_children_fitted(by_type):
    total = by_type[list(LEVELS.values())].sum(axis=1)
    kinds = [k for k in total.sort_values().index if by_type.loc[k, "dwellings"] >= FEW]
    children = [fitted(by_type.loc[k]).persons[:18].sum() for k in kinds]
    assert np.corrcoef(total[kinds], children)[0, 1] > 0.95
    assert children[0] < 0.5 * START[:18].sum() < children[-1]


def test_types_without_dwellings_are_refused(rates):
    land = rates[rates["housing_type"] == "non-res"].iloc[0]
    assert land["du_est_final"] == 0
    with pytest.raises(InputError, match=r"observed.pupils_per_dwelling\[0\]"):
        fitted(land.rename({"du_est_final": "dwellings"}))
    with pytest.raises(InputError, match=r"observed.dwellings\[0\]: must be above 0"):
        fitted(land.rename({"du_est_final": "dwellings"}).fillna(0.0))

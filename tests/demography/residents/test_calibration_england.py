"""England's pupils per completed dwelling (Department for Education, completions 2007/08–2021/22): what a profile
fitted to them says. Rates and the profile to start from are assumptions of this test, none was chosen to fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from placesim.demography.residents.calibration import Calibration, calibrate_profile, stock_mix
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.population import AGES
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality
from placesim.demography.residents.yields import HomeRates, YieldModel, pupil_yields
from placesim.records import Stage, Stages

YEARS = 15  # completions 2007/08 … 2021/22
MATURING = [0.044, 0.073, 0.108, 0.139, 0.179, 0.194, 0.202, 0.218, 0.233, 0.241, 0.248, 0.252, 0.252, 0.256, 0.253]
EARLY_YEARS, PRIMARY, SECONDARY = 0.063, 0.253, 0.125
BEDROOMS = {"1": 0.03, "2": 0.20, "3": 0.37, "4+": 0.40}  # primary

STAGES = Stages(
    tuple(
        Stage(name, tuple(f"{name}{i}" for i in range(years)), {}, first)
        for name, first, years in (("early_years", 3, 1), ("primary", 4, 7), ("secondary", 11, 5))
    )
)


def young_adults_leave() -> np.ndarray:
    rate = np.zeros((2, AGES))
    rate[:, 19:27] = 0.1
    return rate


RATES = HomeRates(
    survival=survival_from_mortality(np.tile(bundled_mortality(), (2, 1))),
    fertility=1.7 * fertility_shape(),
    out_rate=young_adults_leave(),
    males_per_female_birth=1.05,
    turnover=0.05,
)
MODEL = YieldModel(
    RATES, STAGES, occupied=(0.6, 0.9, 0.95), participation={"early_years": 0.9, "primary": 0.93, "secondary": 0.9}
)
# 2.4 persons in a new home, a third of them 25–34
START = graduate(
    [0.12, 0.09, 0.14, 0.06, 0.05, 0.18, 0.60, 0.40, 0.40, 0.36], [0, 3, 6, 12, 15, 18, 25, 35, 45, 60, 101]
)
EVEN = stock_mix(np.ones(YEARS))  # completions spread evenly


@pytest.fixture(scope="module")
def whole_stock() -> Calibration:
    """The maturing row, and the yields of the last year for the other stages."""
    rows = [{"stage": "primary", "pupils_per_dwelling": y} for y in MATURING]
    rows += [
        {"stage": s, "pupils_per_dwelling": y} for s, y in (("secondary", SECONDARY), ("early_years", EARLY_YEARS))
    ]
    mix = np.concatenate([EVEN, EVEN[-1:], EVEN[-1:]])
    return calibrate_profile(pd.DataFrame(rows), START, MODEL, age_mix=mix)


def test_the_maturing_row_is_met(whole_stock, record_property):
    """A profile that knows nothing of England misses the row by a fifth; fitted, by a third of that or less."""
    primary = whole_stock.yields[whole_stock.yields["stage"] == "primary"]
    before = float((primary["observed"] - primary["before"]).abs().mean())
    after = float(primary["residual"].abs().mean())
    record_property("maturing row, mean absolute miss before the fit", float(before))
    record_property("maturing row, mean absolute miss after the fit", float(after))
    record_property("maturing row, greatest miss after the fit", float(primary["residual"].abs().max()))
    assert after < 0.015
    assert after < before / 3
    assert primary["fitted"].iloc[-1] == pytest.approx(PRIMARY, rel=0.1)


def test_the_other_stages_are_of_the_right_size(whole_stock, record_property):
    """Early years and secondary are two figures beside fifteen: told, and held to a third."""
    fitted = whole_stock.yields.set_index("stage")["fitted"]
    for stage, observed in (("secondary", SECONDARY), ("early_years", EARLY_YEARS)):
        record_property(f"{stage} yield, fitted against {observed}", float(fitted[stage]))
        assert fitted[stage] == pytest.approx(observed, rel=1 / 3)


def test_households_stay_households(whole_stock, record_property):
    record_property("persons per new home, fitted", float(whole_stock.persons.sum()))
    record_property("share of the profile moved", float(whole_stock.moved))
    assert 1.8 < whole_stock.persons.sum() < 3.3
    assert whole_stock.moved < 0.5


def test_one_cohort_of_homes_rises_faster_and_higher_than_the_stock(whole_stock, record_property):
    """The stock mixes homes of all ages: the curve of one year's homes lies above it, and falls again."""
    table = pupil_yields({"home": whole_stock.persons}, MODEL)
    primary = table.loc[table["stage"] == "primary", "pupils_per_dwelling"].to_numpy()
    record_property("primary yield of one cohort, peak", float(primary.max()))
    record_property("primary yield of one cohort, year of the peak", int(primary.argmax()))
    assert primary[5] > MATURING[5]
    assert primary.max() > max(MATURING)
    assert 4 <= primary.argmax() <= 12
    assert primary[20] < 0.8 * primary.max()


def test_bedrooms_are_told_apart(record_property):
    """One figure each, all from one start: the fit goes most of the way to it, and children follow the bedrooms."""
    fits = {rooms: fitted_to_primary(observed) for rooms, observed in BEDROOMS.items()}
    for rooms, fit in fits.items():
        row = fit.yields.iloc[0]
        record_property(f"primary yield, {rooms} bedrooms, fitted against {BEDROOMS[rooms]}", float(row["fitted"]))
        assert abs(row["residual"]) < 0.25 * abs(row["observed"] - row["before"])
        assert (fit.informed < 0.9).all()  # one figure cannot decide any age group
    children = [fit.persons[:11].sum() for fit in fits.values()]
    assert children == sorted(children)


def fitted_to_primary(observed: float) -> Calibration:
    row = {"stage": "primary", "pupils_per_dwelling": observed}
    return calibrate_profile(pd.DataFrame([row]), START, MODEL, age_mix=EVEN[-1:])

"""The catchment rule on Hamilton's real zones of 2011 and 2016: predicted against actual rolls, with and without the
calibration to the rolls of 2011. Children of 2016 are guessed from those under 15 by unit, so that no rule could hit
every roll; the rolls of 2011 left as they are stand beside the predictions as the figure to know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hamilton_zones import LAST_OLD, City, city, rolls_of

from placesim.records import Allocation

pytestmark = pytest.mark.evidence
CLOCKS = ("afresh", "intake")


@pytest.fixture(scope="module")
def hamilton(real_data: Path) -> City:
    return city(real_data / "zoning_hamilton_on")


@pytest.fixture(scope="module")
def found(hamilton: City) -> dict[tuple[str, bool], Allocation]:
    """by clock and whether calibrated."""
    return {
        (clock, calibrate): hamilton.toy({"rule": "catchment", "clock": clock, "calibrate": calibrate}).allocate()
        for clock in CLOCKS
        for calibrate in (False, True)
    }


def score(predicted: pd.Series, actual: pd.Series) -> dict[str, float]:
    came = predicted.reindex(actual.index).fillna(0.0)
    off = float((came - actual).abs().mean())
    linear = float(np.corrcoef(came, actual)[0, 1])
    return {"mae": round(off, 1), "share": round(off / float(actual.mean()), 3), "correlation": round(linear, 3)}


def stayed(hamilton: City) -> pd.Series:
    """Actual rolls of 2016 of the schools that were there in 2011 too."""
    return hamilton.roll(2016)[hamilton.roll(2016).index.isin(hamilton.roll(2011).index)]


def test_the_zones_are_the_citys(hamilton: City) -> None:
    for year, schools in ((2011, 95), (2016, 88)):
        zones = hamilton.zones[year]
        assert set(zones["area_id"]) == set(hamilton.units.index)
        assert zones["school_id"].nunique() == schools
        assert zones["share"].between(0, 1).all()
    assert len(stayed(hamilton)) == 85


def test_everyone_goes_to_an_open_school(found: dict[tuple[str, bool], Allocation], hamilton: City) -> None:
    opening = set(hamilton.roll(2016).index) - set(hamilton.roll(2011).index)
    closing = set(hamilton.roll(2011).index) - set(hamilton.roll(2016).index)
    for allocation in found.values():
        assert allocation.unplaced.sum() == 0
        for year in allocation.years:
            assert not (closing if year > LAST_OLD else opening) & set(rolls_of(allocation, year).index)


def test_the_rolls_of_2011(
    found: dict[tuple[str, bool], Allocation], hamilton: City, record_property: pytest.RecordProperty
) -> None:
    actual = hamilton.roll(2011)
    for clock in CLOCKS:
        before = score(rolls_of(found[clock, False], 2011), actual)
        for name, value in before.items():
            record_property(f"hamilton_zones_2011_{clock}_rule_{name}", float(value))
        assert before["share"] < 0.29
        assert before["correlation"] > 0.70
        after = rolls_of(found[clock, True], 2011)
        assert after.sub(actual, fill_value=0).abs().sum() == 0


@pytest.mark.parametrize(("clock", "rule", "calibrated"), [("afresh", 0.26, 0.18), ("intake", 0.285, 0.195)])
def test_calibration_on_2011_improves_2016(
    found: dict[tuple[str, bool], Allocation],
    hamilton: City,
    record_property: pytest.RecordProperty,
    clock: str,
    rule: float,
    calibrated: float,
) -> None:
    actual = {"all": hamilton.roll(2016), "stayed": stayed(hamilton)}
    scores = {
        (name, told): score(rolls_of(found[clock, told], 2016), rolls)
        for name, rolls in actual.items()
        for told in (False, True)
    }
    for (name, told), figures in scores.items():
        for figure, value in figures.items():
            record_property(f"hamilton_zones_2016_{name}_{clock}_{'fit' if told else 'rule'}_{figure}", float(value))
    same = score(hamilton.roll(2011), actual["stayed"])
    record_property("hamilton_zones_2016_stayed_rolls_of_2011_share", float(same["share"]))
    for name in actual:
        assert scores[name, True]["share"] < 0.8 * scores[name, False]["share"]
        assert scores[name, True]["correlation"] > scores[name, False]["correlation"]
    assert scores["stayed", False]["share"] < rule
    assert scores["stayed", True]["share"] < calibrated

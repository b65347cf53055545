"""Spells, crossings and waves, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from placesim.assessment.falling import falling
from placesim.assessment.outlook import limits_crossed, urban_rural, waves
from placesim.assessment.outlook.gap import COMPARED

YEARS = (2025, 2026, 2027, 2028, 2029, 2030)
NO_FUTURES = pd.DataFrame(columns=["school_id", "stage", "year", "chance_over_design"])


def course(roll: list[int], places: int, **more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"stage": "primary", "year": YEARS, "roll": roll, "need": roll, "places_design": places, **more}
    )


def nothing(unit: str) -> pd.DataFrame:
    return pd.DataFrame({unit: [], "stage": [], "year": [], "need": [], "roll": [], "places_design": []})


def of_school(roll: list[int], places: int) -> pd.DataFrame:
    table = course(roll, places, school_id="s")
    return waves({"school": table, "planning_area": nothing("planning_area"), "county": nothing("county")}, YEARS).drop(
        columns=["unit", "id", "stage"]
    )


def test_a_wave_that_passes_and_one_that_stays() -> None:
    found = of_school([90, 110, 130, 120, 60, 105], 100).to_dict("records")
    assert found[0] == {
        "start_year": 2026, "peak_year": 2027, "peak": 30, "end_year": 2028, "from_start": False, "to_end": False,
        "years": 3, "pupil_years": 60, "residual_shortage": 5, "lowest_after": 40.0,
    }  # fmt: skip
    assert np.isnan(found[1].pop("lowest_after"))
    assert found[1] == {
        "start_year": 2030, "peak_year": 2030, "peak": 5, "end_year": 2030, "from_start": False, "to_end": True,
        "years": 1, "pupil_years": 5, "residual_shortage": 5,
    }  # fmt: skip


def test_nothing_to_spare_is_a_plain_zero() -> None:
    [spare] = of_school([110, 100, 100, 100, 100, 100], 100)["lowest_after"]
    assert str(spare) == "0.0"


def test_need_decides_for_areas_and_the_county() -> None:
    table = course([90, 90, 90, 90, 90, 90], 100, planning_area="p").assign(need=[101, 99, 99, 99, 99, 104])
    found = waves({"school": nothing("school_id"), "planning_area": table, "county": nothing("county")}, YEARS)
    assert found[["unit", "id", "start_year", "end_year", "peak"]].to_numpy().tolist() == [
        ["planning_area", "p", 2025, 2025, 1], ["planning_area", "p", 2030, 2030, 4]]  # fmt: skip
    assert found["from_start"].tolist() == [True, False]
    assert found["to_end"].tolist() == [False, True]


def test_no_shortage_no_wave() -> None:
    assert len(of_school([0] * 6, 0)) == 0


@given(st.lists(st.integers(0, 50), min_size=6, max_size=6), st.integers(0, 50))
def test_waves_hold_all_the_shortage(roll: list[int], places: int) -> None:
    found = of_school(roll, places)
    short = [max(r - places, 0) for r in roll]
    assert found["pupil_years"].sum() == sum(short)
    assert found["years"].sum() == sum(s > 0 for s in short)
    assert found["peak"].max() == max(short) or not len(found)
    for wave in found.itertuples():
        assert short[YEARS.index(wave.peak_year)] == wave.peak
        assert all(short[YEARS.index(y)] > 0 for y in range(wave.start_year, wave.end_year + 1))


def finding(year: int, value: float, **more: Any) -> dict[str, Any]:
    row = {"rule_id": "r", "unit": "campus", "id": "s", "stage": "primary", "year": year, "metric": "roll",
           "value": value, "operator": "<=", "limit": 100.0, "severity": "flag",
           "document": "文", "clause": "1", "confidence": "V", "document_en": "d"}  # fmt: skip
    return row | more


def test_the_years_in_which_a_limit_is_crossed() -> None:
    too_low = {"operator": ">=", "rule_id": "low"}
    rows = [finding(2027, 110), finding(2025, 101), finding(2028, 120), finding(2029, 105),
            finding(2026, 80, **too_low), finding(2027, 70, **too_low)]  # fmt: skip
    found = limits_crossed(pd.DataFrame(rows), NO_FUTURES, YEARS).set_index(["rule_id", "since"])
    assert found.loc[("r", 2025), ["until_year", "years", "from_start", "to_end"]].tolist() == [2025, 1, True, False]
    wave = found.loc[("r", 2027)]
    assert wave[["until_year", "years", "first_value", "peak_value", "peak_year", "last_value"]].tolist() == [
        2029, 3, 110, 120, 2028, 105]  # fmt: skip
    low = found.loc[("low", 2026)]  # the worst of what must be above is the lowest
    assert low[["peak_value", "peak_year", "limit"]].tolist() == [70, 2027, 100]
    assert len(found) == 3
    assert len(limits_crossed(pd.DataFrame(rows).iloc[:0], NO_FUTURES, YEARS)) == 0


def test_the_chance_of_a_school_over_its_places() -> None:
    rows = [finding(2027, 1.1, unit="stage_section", metric="utilisation", limit=1.0), finding(2027, 110)]
    futures = pd.DataFrame({"school_id": ["s"], "stage": ["primary"], "year": [2027], "chance_over_design": [0.85]})
    found = limits_crossed(pd.DataFrame(rows), futures, YEARS).set_index("unit")["chance"]
    assert found["stage_section"] == 0.85
    assert np.isnan(found["campus"])


def test_urban_less_rural() -> None:
    kinds = {"urban": 1.2, "town": 1.0, "rural": 0.5}
    rows = [{"area_type": k, "stage": "primary", "year": 2025, "utilisation": v} for k, v in kinds.items()]
    rows += [{"area_type": k, "stage": "primary", "year": 2026, "utilisation": v} for k, v in list(kinds.items())[1:]]
    table = urban_rural(pd.DataFrame(rows).reindex(columns=["area_type", "stage", "year", *COMPARED]))
    assert table["metric"].unique().tolist() == ["utilisation"]
    assert table.set_index("year")["urban_less_rural"].tolist() == [0.7, 0.5]  # without urban areas: towns


def test_a_roll_that_fell_in_five_years() -> None:
    sections = pd.DataFrame({"school_id": "s", "stage": "primary", "year": [2025, 2030], "roll": [80, 100]})
    past = pd.DataFrame({"school_id": ["s"], "stage": ["primary"], "roll_5": [100.0]}).reindex(
        columns=["school_id", "stage", *(f"roll_{k}" for k in range(1, 6))]
    )
    assert falling(sections, past).round(4).tolist() == [0.2, -0.25]
    assert falling(sections, past.iloc[:0]).isna().tolist() == [True, False]

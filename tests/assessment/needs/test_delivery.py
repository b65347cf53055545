"""Schools that developments owe, land for the places that are short, and the build-out test: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import county, squares
from scipy.stats import poisson
from toy_county import County, assessed, options, row_of

from placesim.assessment.needs import SiteAreas, build_out, land_need
from placesim.standards.pack import load_pack

PROFILE = [{"dwelling_type": "flat", "age_from": 30, "age_to": 39, "persons": 2.5}]


def homes(name: str, dwellings: int, year: int, **more: Any) -> dict[str, Any]:
    row = {"development_id": name, "phase": str(year), "dwelling_type": "flat", "area_id": "A", "name": name}
    return row | {"year": year, "dwellings": dwellings, "status": "planned"} | more


def told(*developments: dict[str, Any], obligations: list[dict[str, Any]] | None = None) -> County:
    more: dict[str, Any] = {"developments": developments, "household_profiles": PROFILE}
    if obligations is not None:
        more["obligations"] = obligations
    flows = [(year, "A", "S1", "G1", 30) for year in (2025, 2026, 2027)]
    return County(flows, years=(2025, 2026, 2027), more=more)


def test_threshold_on_both_sides_and_joint_provision() -> None:
    """Yongzhou: primary from 2000 dwellings. D1 reaches it alone, D2 only together with D1."""
    toy = told(homes("D1", 2000, 2026), homes("D2", 1999, 2027), obligations=[])
    table = assessed(toy, "cn-yongzhou").tables["delivery"]
    alone = row_of(table, development_id="D1", stage="primary")
    assert (alone["classes_by_rule"], alone["joint_with"], alone["classes_short"]) == (18, None, 18)
    assert alone["rule_id"] == "yongzhou-quarter-primary"
    joint = row_of(table, development_id="D2", stage="primary")
    assert (joint["classes_by_rule"], joint["joint_with"]) == (18, "D1+D2")
    small = assessed(told(homes("D2", 1999, 2027), obligations=[]), "cn-yongzhou").tables["delivery"]
    assert "primary" not in set(small["stage"])  # nobody to share with: the rule does not ask


def test_what_is_agreed_and_when_it_opens() -> None:
    """Half of 400 homes completed in 2025, half in 2027; the school is started, due in 2026, at the earliest 2027."""
    obligations = [{"development_id": "D", "stage": "primary", "classes": 6, "state": "started", "due_year": 2026}]
    toy = told(homes("D", 200, 2025, status="complete"), homes("D", 200, 2027), obligations=obligations)
    row = row_of(assessed(toy, "cn-yongzhou").tables["delivery"], development_id="D", stage="primary")
    assert (row["dwellings"], row["residents"]) == (400, 1000.0)
    assert (row["classes_obliged"], row["places_obliged"]) == (6, 270.0)
    assert np.isnan(row["classes_by_rule"])
    assert row["opens_year"] == 2027
    assert row["with_first_phase"] is False
    assert row["chance_late"] == 1.0  # two years from started to opening: 2026 cannot be met
    # lived in: 35 % of the first half in 2025, 65 % in 2026; the second half comes with the school
    assert row["dwellings_before"] == round(200 * 0.65)
    assert row["years_waiting"] == 2
    assert row["interim_school"] == "S1"


@pytest.mark.parametrize("slack", [0, 2])
def test_chance_to_be_late_by_hand(slack: int) -> None:
    """Delays of planned homes are Poisson with mean 1: late with more delays than years to spare."""
    due = 2028 + slack  # land assigned: three years
    obligations = [{"development_id": "D", "stage": "primary", "places": 90, "state": "land", "due_year": due}]
    row = row_of(assessed(told(homes("D", 200, 2030), obligations=obligations)).tables["delivery"], stage="primary")
    assert row["chance_late"] == round(1 - poisson.cdf(slack, 1.0), 3)
    assert row["classes_obliged"] == 2
    assert row["opens_year"] == due
    assert row["with_first_phase"] is True
    assert (row["dwellings_before"], row["years_waiting"], row["interim_school"]) == (0, 0, None)


def test_delivered_schools_and_counties_without_the_table() -> None:
    obligations = [{"development_id": "D", "stage": "primary", "classes": 6, "state": "opened", "due_year": 2020,
                    "delivered_year": 2021}]  # fmt: skip
    toy = told(homes("D", 200, 2018, status="complete"), obligations=obligations)
    row = row_of(assessed(toy).tables["delivery"], development_id="D", stage="primary")
    assert (row["opens_year"], row["chance_late"]) == (2021, 1.0)
    without = assessed(told(homes("D", 2500, 2026)), "cn-yongzhou").tables
    assert ["obligations", "obligations", None] in without["not_computable"].to_numpy().tolist()
    assert without["delivery"]["classes_short"].isna().all()  # not known, which is not zero


# ------------------------------------------------------------------------------------------------------------ land
def wave(**told_: Any) -> dict[str, Any]:
    row = {"unit": "planning_area", "id": "p", "stage": "primary", "start_year": 2027, "peak_year": 2029, "peak": 900}
    return row | {"residual_shortage": 300} | told_


CAMPUSES = pd.DataFrame({"stage": ["primary", "primary+junior"], "year": 2025, "site_area_per_place": [20.0, 30.0]})


def land(waves: list[dict[str, Any]], pack: str, sites: list[dict[str, Any]] | None) -> Any:
    areas = [{**row, "planning_area": "p"} for row in squares(["a"])]
    inputs = county({"areas": areas} | ({} if sites is None else {"sites": sites}))
    return land_need(pd.DataFrame(waves), inputs, SiteAreas(CAMPUSES, load_pack(pack), options(pack)))


def test_hectares_by_hand() -> None:
    """Chengdu: 14 m² a primary place; 900 places are 1.26 ha, 300 of them still needed at the end."""
    sites = [{"site_id": "L", "x": 500, "y": 500, "site_area": 8000.0, "status": "reserved"},
             {"site_id": "M", "x": 500, "y": 400, "site_area": 90000.0, "status": "possible"}]  # fmt: skip
    told_ = land([wave(), wave(start_year=2026, peak=10, peak_year=2026)], "cn-chengdu-2018", sites)
    row = told_.tables["land_need"].iloc[0]
    assert len(told_.tables["land_need"]) == 1
    assert (row["site_area_per_place"], row["hectares"], row["hectares_residual"]) == (14.0, 1.26, 0.42)
    assert (row["hectares_reserved"], row["hectares_short"]) == (0.8, 0.46)
    assert (row["first_year"], row["years_left"]) == (2026, 1)
    assert told_.missing == ()


def test_the_countys_own_schools_where_no_standard_tells() -> None:
    told_ = land([wave(), wave(stage="junior", peak=100)], "cn-national", None)
    table = told_.tables["land_need"].set_index("stage")
    assert table.loc["primary", "site_area_per_place"] == 25.0  # the middle of 20 and 30
    assert table.loc["junior", "site_area_per_place"] == 30.0
    assert table["hectares_reserved"].isna().all()
    assert [(m.what, m.table) for m in told_.missing] == [("land", "sites")]


def test_no_shortage_no_land() -> None:
    none = pd.DataFrame([wave()]).iloc[:0]
    assert land(none.to_dict("records") or [wave(unit="county")], "cn-national", []).tables["land_need"].empty


# ------------------------------------------------------------------------------------------------------- build-out
def test_build_out_by_hand() -> None:
    """10 000 residents and 2 500 to come, 80 places per 1000: 1 000 by norm; 820 pupils at the peak, 950 in P90."""
    rows = {"planning_area": "p", "stage": "primary", "year": [2025, 2026, 2027], "pupils": [700, 820, 780],
            "places_design": [600, 600, 900], "resident": [10_000.0, 10_100.0, 10_200.0], "planned": 12_500.0,
            "to_come": 2_500.0}  # fmt: skip
    fans = pd.DataFrame({"planning_area": "p", "stage": "primary", "year": [2025, 2026], "p90": [700.0, 950.0]})
    areas = [{**row, "planning_area": "p"} for row in squares(["a"])]
    sites = [{"site_id": "L", "x": 5, "y": 5, "site_area": 20_000.0, "status": "reserved"}]
    inputs = county({"areas": areas, "sites": sites})
    land_ = SiteAreas(CAMPUSES, load_pack("cn-guangzhou-2023"), options("cn-guangzhou-2023"))
    row = build_out(pd.DataFrame(rows), fans, inputs, land_).iloc[0]
    assert (row["norm_need"], row["peak_pupils"], row["peak_year"], row["peak_p90"]) == (1000.0, 820, 2026, 950.0)
    assert (row["short_by_norm"], row["short_by_peak"], row["short_by_p90"]) == (100.0, 0.0, 50.0)
    assert bool(row["keep_sites"])
    assert (row["hectares"], row["hectares_reserved"], row["sites_suffice"]) == (0.25, 2.0, True)  # 100 places of 25 m²
    small = county({"areas": areas, "sites": [{**sites[0], "site_area": 2_000.0}]})
    assert build_out(pd.DataFrame(rows), fans, small, land_)["sites_suffice"].tolist() == [False]
    enough = pd.DataFrame({**rows, "places_design": [600, 600, 1000]})
    assert not build_out(enough, fans, inputs, land_)["keep_sites"].any()
    assert build_out(enough.assign(to_come=0.0), fans, inputs, land_).empty

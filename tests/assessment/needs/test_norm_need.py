"""Norms per 1000 residents against children: the cross-checks of the sources, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from handmade import county, squares
from toy_county import County, assessed, row_of

from placesim.assessment.needs import norm_need
from placesim.scenario.parameters import Housing
from placesim.standards.pack import load_pack

PEOPLE = 100_000.0
YEARS_OF = {"kindergarten": 3, "primary": 6, "junior": 3}
NO_HOMES = county({"areas": [{**row, "planning_area": "p"} for row in squares(["a"])]})


def steady(births_per_1000: float) -> pd.DataFrame:
    """A planning area in which every cohort is as large as the births: `population_measures` of it."""
    children = {s: years * births_per_1000 * PEOPLE / 1000 for s, years in YEARS_OF.items()}
    rows = [{"planning_area": "p", "stage": s, "year": 2025, "pupils": n, "of_age": n} for s, n in children.items()]
    same = {"roll": 0, "places_design": 0, "to_come": 0.0, **dict.fromkeys(("resident", "planned", "served"), PEOPLE)}
    return pd.DataFrame(rows).assign(**same)


def of_norm(pack: str, births_per_1000: float) -> pd.DataFrame:
    table = norm_need(steady(births_per_1000), NO_HOMES, load_pack(pack), Housing())
    return table.set_index("stage")


@pytest.mark.parametrize(
    ("births", "kindergarten", "primary", "junior"),
    [(14.57, 44, 87, 44), (6.77, 20, 41, 20), (5.63, 17, 34, 17)],  # 2012, 2024, 2025, per 1000 residents
)
def test_steady_need_by_birth_rate(births: float, kindergarten: int, primary: int, junior: int) -> None:
    table = of_norm("cn-yongzhou", births)
    wanted = {"kindergarten": kindergarten, "primary": primary, "junior": junior}
    assert {s: round(table.loc[s, "cohort_need"] / PEOPLE * 1000) for s in wanted} == wanted
    assert {s: round(table.loc[s, "children_per_1000"]) for s in wanted} == wanted


def test_the_norms_of_guangzhou_are_those_of_a_birth_rate_of_thirteen() -> None:
    table = of_norm("cn-guangzhou-2023", 40 / 3)
    assert table.loc["primary", "norm_need"] == 8000
    assert table.loc["junior", "norm_need"] == 4000
    assert table.loc[["primary", "junior"], "cohort_to_norm"].tolist() == [1.0, 1.0]
    assert of_norm("cn-guangzhou-2023", 6.77).loc["primary", "cohort_to_norm"] == pytest.approx(0.51, abs=0.005)


def test_yongzhou_and_beijing() -> None:
    yongzhou = of_norm("cn-yongzhou", 14.57)
    assert yongzhou.loc[["kindergarten", "primary", "junior"], "norm_need"].tolist() == [5500, 11000, 5500]
    assert yongzhou.loc["primary", "cohort_to_norm"] == pytest.approx(87.42 / 110, abs=5e-5)
    beijing = of_norm("cn-beijing-2025", 6.77)
    assert beijing.loc["kindergarten", "norm_need"] == 2500
    assert beijing.loc["kindergarten", "cohort_to_norm"] == pytest.approx(20.31 / 25, abs=5e-5)


def test_no_ratio_without_age_structure_or_stage_of_building() -> None:
    known = steady(10.0)
    unknown = norm_need(known.assign(of_age=np.nan), NO_HOMES, load_pack("cn-guangzhou-2023"), Housing())
    assert unknown["norm_need"].notna().all()
    assert unknown["cohort_to_norm"].isna().all()


def test_a_pack_without_such_norms_gives_no_rows() -> None:
    assert norm_need(steady(10.0), NO_HOMES, load_pack("england"), Housing()).empty


# ------------------------------------------------------------------------------------------------------- in a run
def test_bases_of_population_by_hand() -> None:
    """A: 1000 residents, 60 pupils at S1 of whom 20 live in B; 100 dwellings of 2 persons to come."""
    profile = [{"dwelling_type": "flat", "age_from": 30, "age_to": 39, "persons": 2.0}]
    homes = [{"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2030,
              "dwellings": 100, "status": "planned"}]  # fmt: skip
    flows = [(2025, "A", "S1", "G1", 40), (2025, "B", "S1", "G1", 20)]
    toy = County(flows, residents={"A": 1000.0, "B": 500.0}, places={("S1", "primary"): (50, 50, 50)},
                 more={"developments": homes, "household_profiles": profile})  # fmt: skip
    result = assessed(toy, "cn-shenzhen-2035")
    row = row_of(result.tables["norm_need"], planning_area="P1", stage="primary+junior")
    assert row["population"] == 1000 + 200
    assert row["norm_need"] == 1200 * 120 / 1000
    assert row["built_share"] == 0.0  # nothing of it is lived in yet
    assert row["cohort_need"] == 40
    found = result.findings
    short = found[(found["rule_id"] == "shenzhen-per-1000-compulsory") & (found["id"] == "P1")]
    assert short["value"].tolist() == [pytest.approx(1000 * 50 / 1200, abs=0.01)]
    assert short["limit"].tolist() == [120.0]

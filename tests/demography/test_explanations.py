"""The tables that explain a run: there for a county that has what they need, empty but named for one that has not."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import STAGES, county, squares

import placesim as ps
from placesim.demography import estimate_demand, explanations, project
from placesim.demography.explanations import ACCOUNT, RATIOS, YIELDS
from placesim.inputs import read_inputs
from placesim.scenario.options import DemandOptions, DrawOptions, ProjectionOptions
from placesim.scenario.parameters import DemandParameters, Demography, Housing, Uncertainty


@pytest.fixture(scope="module")
def of_songlan():
    scenario = ps.example("songlan")
    inputs, _ = read_inputs(scenario)
    projection = project(inputs, scenario.projection)
    demand = estimate_demand(projection, inputs, scenario.demand)
    return explanations(projection, demand, inputs, scenario.draws)


def test_the_account_closes_for_the_county_and_every_planning_area(of_songlan):
    table = of_songlan["account"]
    gains = table["births"] + table["net_migration"] + table["housing"] + table["control"]
    end = table["start"] + gains - table["deaths"] - table["displacement"]
    np.testing.assert_allclose(table["end"], end, atol=0.05)  # rounded to hundredths
    parts = table[table["planning_area"].notna()].groupby("year")["end"].sum()
    np.testing.assert_allclose(table[table["planning_area"].isna()].set_index("year")["end"], parts, atol=0.2)


def test_yields_rise_as_homes_fill_and_fall_as_families_age(of_songlan):
    table = of_songlan["yields"].query("dwelling_type == 'commodity_large' and stage == 'primary'")
    by_year = table.set_index("years_since")["pupils_per_dwelling"]
    peak = by_year.idxmax()
    assert 2 <= peak <= 12
    assert by_year[0] < by_year[peak] > by_year[25]


def test_every_register_has_its_ratio_at_every_age_it_counts(of_songlan):
    table = of_songlan["entry_ratios"]
    assert set(table["basis"]) == {"registration", "permit", "vaccination", "kindergarten"}
    vaccination = table[table["basis"] == "vaccination"]
    assert vaccination["ratio"].between(0.9, 1.2).all()


def test_a_county_that_has_none_of_it_has_tables_without_rows():
    years = (2025, 2026)
    rolls = [{"school_id": "S", "year": 2025, "grade": g, "pupils": 50} for g in STAGES.grades]
    inputs = county({"areas": squares(["A"]), "enrolment": rolls})
    demand_options = DemandOptions(years, STAGES, DemandParameters())
    options = DrawOptions(
        demand_options, ProjectionOptions(years, "08-31", Demography(method="none"), Housing()), Uncertainty()
    )
    tables = explanations(None, estimate_demand(None, inputs, demand_options), inputs, options)
    assert all(table.empty for table in tables.values())
    assert tuple(tables["account"]) == ACCOUNT
    assert tuple(tables["entry_ratios"]) == RATIOS
    assert tuple(tables["yields"]) == YIELDS

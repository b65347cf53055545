"""Songlan without its rates of migration: what successive vaccination lists alone tell of where children will live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import placesim as ps
from placesim.demography.residents.projection import movement_table, project
from placesim.inputs import read_inputs
from placesim.records import Floats, Inputs, Projection

MOVES = ["out_rate", "in_count"]


@pytest.fixture(scope="module")
def scenario() -> ps.Scenario:
    return ps.example("songlan")


@pytest.fixture(scope="module")
def unmoved(scenario: ps.Scenario) -> Inputs:
    """The county's tables without out_rate and in_count."""
    inputs, _ = read_inputs(scenario)
    assert inputs is not None
    rates = inputs.tables["rates"]
    kept = ~rates.rows["measure"].isin(MOVES).to_numpy()
    still = replace(rates, rows=rates.rows[kept].reset_index(drop=True), file_row=rates.file_row[kept])
    return replace(inputs, tables={**inputs.tables, "rates": still})


def projected(inputs: Inputs, scenario: ps.Scenario) -> Projection:
    projection = project(inputs, scenario.projection)
    assert projection is not None
    return projection


def truth(scenario: ps.Scenario, inputs: Inputs, year: int, age: int) -> Floats:
    """children[area] who will live there."""
    rows = pd.read_csv(scenario.folder / "truth" / "children.csv", dtype={"area_id": str})
    rows = rows[(rows["year"] == year) & (rows["cohort"] == year - age)].set_index("area_id")
    return rows["children"].reindex(list(inputs.area_ids)).to_numpy(dtype=float)


def test_where_children_will_live_is_told_better_than_without_movement(
    scenario: ps.Scenario, unmoved: Inputs, record_property: Callable[[str, object], None]
):
    """Children of all areas aged 6–8 in four and six years, against no movement and the rates of the county's story."""
    tables = {name: table for name, table in unmoved.tables.items() if name != "children"}
    given, _ = read_inputs(scenario)
    assert given is not None
    runs = {"none": replace(unmoved, tables=tables), "estimated": unmoved, "given": given}
    projections = {name: projected(inputs, scenario) for name, inputs in runs.items()}
    miss = {name: [0.0, 0.0, 0.0] for name in runs}
    kinds = unmoved.areas["area_type"].to_numpy()
    for year, age in [(2029, 6), (2029, 7), (2029, 8), (2031, 6), (2031, 7), (2031, 8)]:
        there = truth(scenario, unmoved, year, age)
        for name, projection in projections.items():
            found = projection.year(year)[:, :, age].sum(axis=1)
            miss[name][0] += np.abs(found - there).sum() / there.sum() / 6
            for i, kind in enumerate(("urban", "rural"), start=1):
                miss[name][i] += (found[kinds == kind].sum() / there[kinds == kind].sum() - 1) / 6
    for name, (areas, urban, rural) in miss.items():
        record_property(f"{name}: error of areas, bias urban, bias rural", f"{areas:.3f}, {urban:+.3f}, {rural:+.3f}")
    assert miss["estimated"][0] < miss["none"][0]
    assert abs(miss["estimated"][1]) < 0.5 * abs(miss["none"][1])
    assert abs(miss["estimated"][2]) < abs(miss["none"][2])


def test_left_behind_children_join_their_parents_at_six(scenario: ps.Scenario, unmoved: Inputs):
    rate = movement_table(unmoved, scenario.projection).set_index(["area_type", "age_from"])["rate"]
    assert rate["rural", 6] < 1.5 * rate["rural", 5] < 0
    assert rate["urban", 6] > 1.5 * rate["urban", 5] > 0


def test_the_rates_of_the_county_speak_first(scenario: ps.Scenario):
    given, _ = read_inputs(scenario)
    assert given is not None
    without = replace(given, tables={n: t for n, t in given.tables.items() if n != "children"})
    assert movement_table(given, scenario.projection).empty
    np.testing.assert_array_equal(projected(given, scenario).residents, projected(without, scenario).residents)

"""The colours of early warning, by hand and on the rules of the pack."""

from __future__ import annotations

import pandas as pd
import pytest
from toy_county import County, assessed

from placesim.assessment.outlook.warning import COLOURS, EARLY_WARNING
from placesim.records import Assessment

YEARS = tuple(range(2025, 2036))


@pytest.fixture(scope="module")
def result() -> Assessment:
    """S1 lies in P1: 60 design, 66 emergency places; rolls of 60, 63 and 70. S2 in P2 empties to a third of 90."""
    rolls = {2025: 60, 2028: 63, 2030: 70, 2035: 60}
    flows = [(y, "A", "S1", "G1", rolls.get(y, 50)) for y in YEARS]
    flows += [(y, "B", "S2", "G1", 90 if y < 2030 else 30) for y in YEARS]
    places = {("S1", "primary"): (60, 63, 66), ("S2", "primary"): (90, 90, 90)}
    return assessed(County(flows, years=YEARS, places=places))


def test_colours_by_hand(result: Assessment) -> None:
    table = result.tables["early_warning"]
    assert tuple(table.columns) == EARLY_WARNING
    of = {(r.planning_area, r.horizon): r for r in table[table["stage"] == "primary"].itertuples()}
    assert {h: of["P1", h].colour for h in (0, 3, 5, 10)} == {0: "green", 3: "amber", 5: "red", 10: "green"}
    assert {h: of["P2", h].colour for h in (0, 3, 5, 10)} == {0: "green", 3: "green", 5: "blue", 10: "blue"}
    assert of["P1", 5].rule_id == "warning-red"
    assert of["P1", 5].pressure == round(70 / 60, 4)
    assert of["P1", 5].clause == "need ÷ emergency places ≤ 1"
    assert pd.isna(of["P1", 0].rule_id)
    assert set(table["colour"]) <= set(COLOURS)


def test_a_short_run_has_fewer_horizons() -> None:
    short = assessed(County([(2025, "A", "S1", "G1", 5)], places={("S1", "primary"): (10, 10, 10)}))
    assert short.tables["early_warning"]["horizon"].unique().tolist() == [0]


def test_without_futures_there_are_no_chances(result: Assessment) -> None:
    assert result.tables["early_warning"]["chance_over_design"].isna().all()

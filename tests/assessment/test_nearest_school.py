"""How near the nearest school is to the homes of an area, by hand and against every pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from toy_county import County, assessed, row_of, rows_of

from placesim.assessment.nearest_school import nearest_school_measures
from placesim.records import HomeWays, Results

# Areas A (0–1000 m) and B (1000–2000 m), their middles at 500, 500 and 1500, 500.
COUNTY = County(flows=[], years=(2025, 2026), points=(Point(500, 900), Point(1500, 200)))


def with_ways(results: Results, rows: list[tuple[int, int, float, float, bool]]) -> Results:
    """home, school, minutes, metres, by vehicle; one home in each area."""
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    one = np.ones(2)
    ways = HomeWays(np.array([0, 1]), one, 500 + 1000 * np.arange(2.0), 500 * one, *columns)
    return replace(results, travel=replace(results.travel, ways=ways))


def test_as_the_crow_flies_to_the_nearest_that_teaches_the_stage() -> None:
    area = assessed(COUNTY).measures["area"]
    assert rows_of(area, area_id="A", year=2025)["metres_straight"].tolist() == [400, 400]
    near = rows_of(area, area_id="B", year=2025).set_index("stage")["metres_straight"]
    assert near["primary"] == 300
    assert near["junior"] == round(np.hypot(1000, 400), 1)  # S2 teaches no junior grades


def test_a_school_that_closes_is_not_near_any_more() -> None:
    county = replace(COUNTY, closed=[("S2", g, 2026) for g in ("G1", "G4")])
    area = assessed(county).measures["area"]
    assert row_of(area, area_id="B", stage="primary", year=2025)["metres_straight"] == 300
    assert row_of(area, area_id="B", stage="primary", year=2026)["metres_straight"] == round(np.hypot(1000, 400), 1)
    none = replace(COUNTY, closed=[("S1", "G7", 2026)])
    assert np.isnan(row_of(assessed(none).measures["area"], area_id="A", stage="junior", year=2026)["metres_straight"])


def test_minutes_on_foot_are_those_of_the_shortest_way() -> None:
    """A walks 8 minutes to S1; B walks 40 to S1, or rides 1200 m to S2: 20 minutes on foot at 3.6 km/h."""
    rows = [(0, 0, 8.0, 480.0, False), (1, 0, 40.0, 2400.0, False), (1, 1, 3.0, 1200.0, True)]
    results = with_ways(COUNTY.results(), rows)
    told = nearest_school_measures(results, COUNTY.inputs(), 3.6)["walk_minutes"].to_numpy().reshape(2, 2, 2)
    assert told[0].tolist() == [[8, 8], [8, 8]]
    assert told[1].tolist() == [[pytest.approx(20)] * 2, [40, 40]]  # S2 teaches no junior grades
    faster = nearest_school_measures(results, COUNTY.inputs(), 7.2)["walk_minutes"].to_numpy().reshape(2, 2, 2)
    assert faster[1, 0, 0] == pytest.approx(10)


def test_without_ways_from_homes_nobody_knows() -> None:
    assert assessed(COUNTY).measures["area"]["walk_minutes"].isna().all()


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.integers(0, 2000)] * 4))
def test_the_nearest_of_all_pairs(at: tuple[int, ...]) -> None:
    points = (Point(at[0], at[1]), Point(at[2], at[3]))
    area = assessed(replace(COUNTY, points=points, years=(2025,))).measures["area"]
    for name, middle in (("A", Point(500, 500)), ("B", Point(1500, 500))):
        expected = min(middle.distance(p) for p in points)
        assert row_of(area, area_id=name, stage="primary")["metres_straight"] == round(expected, 1)


def test_urban_radius_norms_judge_the_straight_line() -> None:
    county = replace(COUNTY, area_types=("urban", "urban"), years=(2025,), points=(Point(500, 1001), Point(1500, 0)))
    found = rows_of(assessed(county).findings, rule_id="cn-radius-primary")
    assert found[["id", "value", "limit"]].values.tolist() == [["A", 501, 500]]

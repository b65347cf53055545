"""Which area a school lies in."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from handmade import CRS
from shapely.geometry import Point, box

from placesim.assessment.location import area_types, locate

PLANNING_AREAS = pd.DataFrame({"planning_area": ["P1", "P2"], "area_type": ["town", None]})


def areas(**columns: list[str | None]) -> gpd.GeoDataFrame:
    """A, B, C in a row from west to east; B overlaps the west of C."""
    facts = {"area_id": ["A", "B", "C"], "planning_area": ["P1", "P1", "P2"], "area_type": ["rural", None, None]}
    shapes = [box(0, 0, 1000, 1000), box(1000, 0, 2500, 1000), box(2000, 0, 3000, 1000)]
    return gpd.GeoDataFrame(facts | columns, geometry=shapes, crs=CRS)


def located(*points: Point | None, area_type: list[str | None] | None = None) -> pd.DataFrame:
    schools = gpd.GeoDataFrame(
        {"school_id": [f"S{i}" for i in range(len(points))], "area_type": area_type or [None] * len(points)},
        geometry=list(points),
        crs=CRS,
    )
    return locate(schools, areas(), PLANNING_AREAS)


def test_inside_on_a_border_in_two_areas_and_outside() -> None:
    found = located(Point(500, 500), Point(1000, 500), Point(2200, 500), Point(5000, 500), Point(-1, 500))
    assert found["area_id"].tolist() == ["A", "A", "B", "C", "A"]
    assert found["planning_area"].tolist() == ["P1", "P1", "P1", "P2", "P1"]


def test_the_area_type_is_the_schools_own_then_that_of_its_area_then_of_the_planning_area() -> None:
    points = [Point(500, 500), Point(500, 500), Point(1500, 500), Point(2800, 500)]
    found = located(*points, area_type=["urban", None, None, None])
    assert found["area_type"].tolist() == ["urban", "rural", "town", None]


def test_a_school_without_a_point_lies_nowhere() -> None:
    found = located(Point(2800, 500), None)
    assert found["area_id"].tolist() == ["C", None]
    assert found["planning_area"].tolist() == ["P2", None]


def test_without_planning_areas_only_the_areas_speak() -> None:
    none = PLANNING_AREAS.iloc[:0]
    assert area_types(areas(), none).isna().tolist() == [False, True, True]

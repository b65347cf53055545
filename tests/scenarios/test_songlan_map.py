"""The map: areas without gaps or overlaps, one road network, schools where people live."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from songlan_files import Files


def test_two_hundred_areas_of_three_kinds(songlan: Files) -> None:
    areas = songlan.layer("areas")
    assert areas["area_type"].value_counts().to_dict() == {"rural": 154, "urban": 30, "town": 16}
    assert (areas["area_id"].str.len() == 9).all()
    assert (areas["area_id"].str[0] == "0").all()
    assert (areas["area_id"].str[3:6] == areas["planning_area"]).all()
    for column in ("area_id", "name", "name_en"):
        assert areas[column].is_unique


def test_areas_fill_the_county_without_gaps_or_overlaps(songlan: Files) -> None:
    shapes = songlan.layer("areas").geometry.values
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {3}
    assert shapely.coverage_is_valid(shapes)
    county = shapely.union_all(shapes)
    assert shapely.get_type_id(county) == 3
    assert shapely.get_num_interior_rings(county) == 0
    assert 1.0e9 < shapely.area(county) < 1.5e9


def test_the_county_town_is_finer_than_the_countryside(songlan: Files) -> None:
    areas = songlan.layer("areas")
    size = areas.area.groupby(areas["area_type"]).median() / 1e6
    assert size["urban"] < size["town"] < size["rural"]
    assert size["rural"] > 10 * size["urban"]


def test_every_township_hangs_together(songlan: Files) -> None:
    joined = songlan.layer("areas").dissolve("planning_area")
    assert set(joined.geom_type) == {"Polygon"}
    assert len(joined) == 15
    assert set(joined.index) == set(songlan.table("planning_areas")["planning_area"])


def test_roads_are_one_network(songlan: Files) -> None:
    roads = songlan.layer("roads")
    assert roads["road_id"].is_unique
    assert (roads.length > 0).all()
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(roads.geometry.values, i)) for i in (0, -1)])
    _, node = np.unique(ends, axis=0, return_inverse=True)
    u, v = node.reshape(2, -1)
    parts, _ = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(node.max() + 1,) * 2), directed=False)
    assert parts == 1


def test_road_classes_have_their_speed_and_only_streets_a_footway(songlan: Files) -> None:
    roads = songlan.layer("roads")
    by_class = roads.groupby("class")["speed"].agg(["min", "max"])
    assert (by_class["min"] == by_class["max"]).all()
    assert set(by_class.index) == {"arterial", "street", "county_road", "township_road", "village_track"}
    assert set(roads.loc[roads["footway"].astype(bool), "class"]) == {"arterial", "street"}
    assert set(roads.loc[roads["unsafe"].astype(bool), "class"]) == {"county_road"}


def test_no_road_crosses_a_river_or_the_expressway_except_on_a_bridge(songlan: Files) -> None:
    barriers, roads = songlan.layer("barriers"), songlan.layer("roads")
    assert set(barriers["kind"]) == {"river", "expressway"}
    network = shapely.union_all(roads.geometry.values)
    assert not shapely.intersects(network, barriers.geometry.values).any()
    assert barriers[barriers["kind"] == "river"].length.sum() > 50_000


def test_no_area_and_no_school_is_more_than_a_kilometre_from_a_road(songlan: Files) -> None:
    roads = shapely.union_all(songlan.layer("roads").geometry.values)
    for layer in ("areas", "schools", "sites", "points"):
        places = songlan.layer(layer).geometry.centroid.values
        assert shapely.distance(places, roads).max() < 1000, layer


def test_schools_lie_in_an_area_of_their_kind(songlan: Files) -> None:
    schools = songlan.layer("schools").sjoin(songlan.layer("areas")[["area_type", "geometry"]], predicate="within")
    assert len(schools) == len(songlan.layer("schools"))
    assert (schools["area_type_left"] == schools["area_type_right"]).all()


def test_points_of_an_area_lie_in_it_and_weigh_one_together(songlan: Files) -> None:
    points = songlan.layer("points").sjoin(songlan.layer("areas")[["area_id", "geometry"]], predicate="within")
    inside = points["area_id_left"] == points["area_id_right"]
    assert inside.mean() > 0.97  # smoothed borders pass a few cells by
    assert np.allclose(songlan.layer("points").groupby("area_id")["weight"].sum(), 1.0)


def test_campuses_of_every_kind(songlan: Files) -> None:
    schools = songlan.layer("schools")
    campuses = schools.drop_duplicates("school_id")
    assert len(campuses) == 73
    open_now = schools[schools["valid_to"].isna()]
    assert open_now.groupby("stage")["school_id"].nunique().to_dict() == {
        "kindergarten": 21, "primary": 40, "junior": 14, "senior": 2,
    }  # fmt: skip
    assert (schools.groupby("school_id").size() == 2).sum() == 6  # nine-year schools
    points = campuses[campuses["last_grade"].notna()]
    assert set(points["last_grade"]) == {"G3", "G4"}
    assert set(points["area_type"]) == {"rural"}
    assert (campuses["beds"] > 0).sum() >= 10
    assert set(campuses.loc[campuses["sector"] == "private", "school_id"]) == {"V01", "K07", "K08"}
    assert campuses["valid_to"].notna().sum() == 2
    assert (campuses["temporary_rooms"] <= campuses["rooms"]).all()
    assert set(campuses["institution_id"]) == set(songlan.table("institutions")["institution_id"])


def test_every_area_has_catchments_of_schools_that_teach_the_stage(songlan: Files) -> None:
    zones = songlan.table("catchments")
    schools = songlan.layer("schools")
    taught = set(zip(schools["school_id"], schools["stage"], strict=True))
    assert set(zip(zones["school_id"], zones["stage"], strict=True)) <= taught
    assert set(zones["stage"]) == {"primary", "junior"}
    complete = zones[~zones["school_id"].str.startswith("T")]
    assert (complete.groupby("stage")["area_id"].nunique() == 200).all()  # behind every point stands a full school
    assert not zones["school_id"].isin(schools.loc[schools["valid_to"].notna(), "school_id"]).any()

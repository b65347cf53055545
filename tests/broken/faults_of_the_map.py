"""Faults of the GIS layers, one each."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely
from county_copy import (
    MAP,
    County,
    bow_tie,
    centre,
    degrees,
    holed,
    into_next,
    moved,
    nowhere,
    swapped,
)
from fault import SCENARIO, Fault, feature, in_scenario, on_map, said, shape

from placesim.inputs.web_map_datums import to_gcj02


def two_rows(layer: str, row: int) -> Fault:
    return Fault("school_row_twice", lambda county: county.twin(layer, row), "E300", MAP, 80, "school_id", "H01", layer)


def no_features(county: County) -> None:
    county.put_layer("roads", county.layer("roads").iloc[:0])


def as_degrees(county: County, layer: str) -> None:
    """Longitudes and latitudes under the name of a system in metres."""
    frame = county.layer(layer)
    county.put_layer(layer, frame.to_crs(4490).set_crs(frame.crs, allow_override=True))


def sites_by_latitude(county: County) -> None:
    """Longitudes and latitudes, said to be such, the wrong way round."""
    sites = county.layer("sites").to_crs(4490)
    sites["geometry"] = [shapely.Point(p.y, p.x) for p in sites.geometry]
    county.put_layer("sites", sites)


def renumbered(county: County, code: int, layer: str = "areas") -> None:
    """The layer in another system, under the name of its own."""
    frame = county.layer(layer)
    county.put_layer(layer, frame.to_crs(code).set_crs(frame.crs, allow_override=True))


def unnumbered(county: County) -> None:
    """Eastings of six digits under the system that has the zone number before them."""
    county.put_layer("areas", county.layer("areas").set_crs(4526, allow_override=True))


def north_first(county: County) -> None:
    """Areas as a survey table has them: X is north."""
    areas = county.layer("areas")
    areas["geometry"] = shapely.transform(areas.geometry.values, lambda xy: xy[:, ::-1])
    county.put_layer("areas", areas)


def from_a_web_map(county: County) -> None:
    """Schools where a web map shows them."""
    schools = county.layer("schools")
    degrees = schools.to_crs(4326).geometry
    moved = gpd.GeoSeries(gpd.points_from_xy(*to_gcj02(degrees.x, degrees.y), crs=4326))
    county.put_layer("schools", schools.set_geometry(moved.to_crs(schools.crs)))


def cut_short(county: County) -> None:
    (county.folder / MAP).write_bytes((county.folder / MAP).read_bytes()[:5000])


def empty(shape: object, frame: object) -> shapely.Point:
    """A point without coordinates, as a broken export leaves it."""
    return shapely.Point()


def sliver(shape: Any, frame: object) -> shapely.Polygon:
    """What is left of a border that was drawn twice."""
    x, y = shape.representative_point().coords[0]
    return shapely.Polygon([(x, y), (x + 90, y), (x + 90, y + 0.001)])


def part_twice(shape: Any, frame: object) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shape, shape])


def hole_outside(shape: Any, frame: object) -> shapely.Polygon:
    """The polygon with the hole of another one."""
    x, y = shape.exterior.coords[0]
    return shapely.Polygon(shape.exterior, [[(x - 9000, y), (x - 8900, y), (x - 8900, y + 100)]])


def one_corner_off(shape: Any, frame: object) -> shapely.Polygon:
    """One corner some 600 km to the north: a digit of it was lost."""
    corners = list(shape.exterior.coords)[:-1]
    corners[1] = (corners[1][0], corners[1][1] + 600_000)
    return shapely.Polygon(corners).buffer(0)


def island(county: County) -> None:
    """One more area, kilometres from every road."""
    areas = county.layer("areas")
    left, bottom, _, _ = areas.total_bounds
    areas.loc[len(areas)] = areas.loc[0]
    areas.loc[len(areas) - 1, ["area_id", "name"]] = ["099299001", "湖心岛"]
    areas.loc[len(areas) - 1, "geometry"] = shapely.box(left - 5000, bottom, left - 4000, bottom + 1000)
    county.put_layer("areas", areas)


def just_outside(county: County) -> None:
    """The school nearest the border, 60 m beyond it."""
    areas, schools = county.layer("areas"), county.layer("schools")
    border = areas.union_all().exterior
    row = int(schools.distance(border).argmin())
    inside = schools.geometry[row]
    foot = border.interpolate(border.project(inside))
    stretch = 1 + 60 / inside.distance(foot)
    beyond = shapely.affinity.scale(shapely.LineString([inside, foot]), stretch, stretch, origin=inside)
    schools.loc[schools["school_id"] == schools["school_id"][row], "geometry"] = shapely.Point(beyond.coords[-1])
    county.put_layer("schools", schools)


def stretched(county: County) -> None:
    """Schools a kilogram of digits short: every easting without its first digit."""
    schools = county.layer("schools")
    schools["geometry"] = schools.translate(-500_000)
    county.put_layer("schools", schools)


FAULTS = (
    # ids
    on_map("area_id_blank", ("areas", 3, "area_id"), None, "E216"),
    on_map("area_id_twice", ("areas", 5, "area_id"), "099101004", "E300").and_so("E301"),
    two_rows("schools", 1),
    on_map("planning_area_unknown", ("areas", 6, "planning_area"), "999", "E302"),
    on_map("institution_unknown", ("schools", 2, "institution_id"), "私立", "E302"),
    # values
    on_map("rooms_beyond_reason", ("schools", 1, "rooms"), 3000, "E219"),
    on_map("condition_in_per_cent", ("schools", 1, "condition"), 67, "E220"),
    on_map("more_temporary_rooms_than_rooms", ("schools", 1, "temporary_rooms"), 60, "E247"),
    on_map("area_type_off_the_list", ("areas", 7, "area_type"), "suburb", "E224"),
    on_map("grade_of_another_stage", ("schools", 63, "last_grade"), "G8", "E245"),
    on_map("campus_facts_that_differ", ("schools", 33, "rooms"), 30, "E304"),
    Fault("neither_rooms_nor_places", feature("schools", 1, {"rooms": None, "temporary_rooms": None}), "E305", MAP, 1,
          "rooms", None, "schools"),
    # shapes
    Fault("area_crosses_itself", shape("areas", 4, bow_tie), "E306", MAP, 4, "area_id", None, "areas"),
    Fault("areas_overlap", shape("areas", 3, into_next), "E307", MAP, 3, "area_id", "099101003", "areas"),
    Fault("area_without_shape", shape("areas", 5, nowhere), "E249", MAP, 5, "area_id", "099101005", "areas"),
    Fault("area_as_point", shape("areas", 6, centre), "E233", MAP, 6, "geometry", None, "areas"),
    # coordinates
    Fault("school_far_away", shape("schools", 1, moved(0, 300_000)), "E242", MAP, 1, "geometry", None, "schools"),
    Fault("site_without_a_point", shape("sites", 2, nowhere), "E234", MAP, 2, "geometry", None, "sites"),
    Fault("school_with_an_empty_point", shape("schools", 6, empty), "E234", MAP, 6, "geometry", None, "schools"),
    Fault("x_and_y_swapped", shape("sites", 1, swapped), "E241", MAP, 1, "geometry", None, "sites"),
    Fault("longitude_and_latitude_swapped", sites_by_latitude, "E241", MAP, 1, "geometry", None, "sites"),
    Fault("degrees_among_metres", shape("schools", 4, degrees), "E243", MAP, 4, "geometry", None, "schools"),
    Fault("first_digit_of_eastings_lost", stretched, "E242", MAP, 1, "geometry", None, "schools"),
    Fault("area_off_the_earth", shape("areas", 5, moved(1e8, 0)), "E243", MAP, 5, "geometry", None, "areas"),
    Fault("areas_in_degrees", lambda county: as_degrees(county, "areas"), "E243", MAP, 1, "geometry", None, "areas"),
    Fault("roads_in_degrees", lambda county: as_degrees(county, "roads"), "E243", MAP, 1, "geometry", None, "roads"),
    Fault("zone_number_too_much", lambda county: renumbered(county, 4526), "E253", MAP, 1, "geometry", None, "areas"),
    Fault("zone_number_of_schools", lambda c: renumbered(c, 4526, "schools"), "E253", MAP, 1, "geometry", None,
          "schools"),
    Fault("zone_number_missing", unnumbered, "E254", MAP, 1, "geometry", None, "areas"),
    Fault("areas_with_north_first", north_first, "E255", MAP, 1, "geometry", None, "areas"),
    Fault("area_without_surface", shape("areas", 5, sliver), "E257", MAP, 5, "area_id", "099101005", "areas"),
    Fault("area_part_twice", shape("areas", 6, part_twice), "E306", MAP, 6, "area_id", None, "areas"),
    Fault("area_with_a_hole_outside", shape("areas", 7, hole_outside), "E306", MAP, 7, "area_id", None, "areas"),
    Fault("crs_missing", lambda county: county.forget_crs("sites"), "E207", MAP, None, None, None, "sites"),
    Fault("crs_missing_for_areas", lambda county: county.forget_crs("areas"), "E207", MAP, None, None, None, "areas"),
    Fault("wrong_zone_declared", said('layer = "schools"', 'layer = "schools"\ncrs = "EPSG:4549"'), "E242", MAP, 1,
          "geometry", None, "schools"),
    in_scenario("crs_unknown", said('layer = "sites"', 'layer = "sites"\ncrs = "EPSG:99999"'), "E238",
                ('"EPSG:99999"', "inputs.sites.crs")).shown("EPSG:99999"),
    in_scenario("run_in_degrees", said('name = "songlan"\n', 'name = "songlan"\ncrs = "EPSG:4490"\n'), "E240",
                ('"EPSG:4490"', "crs")).shown("EPSG:4490"),
    in_scenario("run_in_web_mercator", said('name = "songlan"\n', 'name = "songlan"\ncrs = "EPSG:3857"\n'), "E256",
                ('"EPSG:3857"', "crs")).shown("EPSG:3857"),
    Fault("map_cut_short", cut_short, "E203", MAP, None, None, None, "areas").times(6),
    # roads
    Fault("roads_empty", no_features, "E208", MAP, None, None, None, "roads"),
    Fault("area_without_road", island, "E341", MAP, 201, "area_id", "099299001", "areas"),
)  # fmt: skip

WARNINGS = (
    Fault("gap_between_areas", shape("areas", 4, holed), "W302", MAP, None, None, None, "areas"),
    Fault("schools_from_a_web_map", from_a_web_map, "W201", MAP, None, None, None, "schools"),
    Fault("corner_of_an_area_lost", shape("areas", 4, one_corner_off), "W204", MAP, None, "area_id", None, "areas")
    .and_so("E307"),
    Fault("run_in_a_far_zone", said('name = "songlan"\n', 'name = "songlan"\ncrs = "EPSG:4543"\n'), "W203", SCENARIO,
          None, "crs"),
    Fault("school_just_outside", just_outside, "W301", MAP, None, "school_id", None, "schools"),
    Fault("no_travel_speed_for_far_areas", said("ride_speed = 20.0", "ride_speed = 12.0"), "W341", MAP, None, "area_id",
          None, "areas"),
    Fault("header_like_a_column", said('boarders = "寄宿生"\n', ""), "W200", "enrolment.xlsx", 1, "寄宿生", "寄宿生",
          "在校生"),
)  # fmt: skip
__all__ = ["FAULTS", "SCENARIO", "WARNINGS"]

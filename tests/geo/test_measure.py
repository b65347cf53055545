"""Access to school of a finished allocation: a small county by hand, with and without roads, schools and pupils."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from allocations import Flow, allocation
from handmade import CRS, STAGES, county, road, squares
from shapely import LineString, Point, box, union_all

from placesim.geo import measure_access, measure_travel
from placesim.geo.measure import ADDRESSES, SHAPES, assignments
from placesim.geo.nearness import COVERAGE, NEAREST
from placesim.geo.routes import CROSSINGS, ROUTES
from placesim.records import Access, Inputs, LawError, Places, Travel
from placesim.scenario.options import AccessOptions, SupplyOptions, TravelOptions
from placesim.scenario.parameters import AccessParameters, TravelParameters
from placesim.standards.norms import StageNorms
from placesim.supply import roll_forward
from placesim.vocabulary import OUTSIDE

YEARS = (2025, 2026)
NORMS = {s: StageNorms(45, 50, 56) for s in STAGES.ids}
AREAS = ("a", "b", "c")
# areas from west to east; a street through all of them with S, J and T on it; nobody knows where X stands
SCHOOLS = [
    {"school_id": "S", "stage": "primary", "x": 500, "y": 500, "rooms": 6},
    {"school_id": "T", "stage": "primary", "x": 2500, "y": 500, "rooms": 6},
    {"school_id": "J", "stage": "junior", "x": 1500, "y": 500, "rooms": 6},
    {"school_id": "X", "stage": "junior", "geometry": None, "rooms": 6},
]
STREET = [
    {**road((0, 500), (500, 500)), "road_id": "r0"},
    {**road((500, 500), (1500, 500)), "road_id": "r1"},
    {**road((1500, 500), (2500, 500)), "road_id": "r2"},
    {**road((2500, 500), (3000, 500)), "road_id": "r3"},
]
CATCHMENTS = [
    {"area_id": "a", "school_id": "S", "stage": "primary"},
    {"area_id": "b", "school_id": "T", "stage": "primary"},
    {"area_id": "c", "school_id": "S", "stage": "primary", "valid_from": 2025},
    {"area_id": "c", "school_id": "T", "stage": "primary", "valid_from": 2026},
    {"area_id": "a", "school_id": "T", "stage": "primary", "valid_to": 2024},
    {"area_id": "b", "school_id": "S", "stage": "primary", "share": 0.0},
    {"area_id": "gone", "school_id": "S", "stage": "primary"},
    {"area_id": "b", "school_id": "gone", "stage": "primary"},
]
ADDRESS_ROWS = [
    {"address_id": "h1", "name": "East Street 1", "geometry": Point(100, 100)},
    {"address_id": "h2", "name": "West Street 2", "geometry": Point(100, 100), "area_id": "c"},
    {"address_id": "h3", "name": "Nowhere", "geometry": Point(9000, 9000)},
]
FLOWS: list[Flow] = [
    (2025, "a", "S", "G1", 30), (2025, "b", "S", "G1", 9), (2025, "c", "T", "G2", 20),
    (2025, "a", "J", "G4", 5), (2025, "a", "X", "G4", 5), (2025, "b", "X", "G4", 6), (2025, "b", "J", "G4", 3),
    (2025, "b", "J", "G5", 4), (2025, "c", OUTSIDE, "G4", 50), (2025, "c", "X", "G4", 1),
    (2026, "a", "X", "G4", 80),
]  # fmt: skip


def toy(**tables: list[dict[str, Any]]) -> Inputs:
    schools = [{"x": 0, "y": 0, **s} for s in SCHOOLS]
    return county({"areas": squares(AREAS), "schools": schools, "roads": STREET, **tables})


def rolled(inputs: Inputs) -> Places:
    return roll_forward(inputs, SupplyOptions(YEARS, STAGES, NORMS, {}))


def measured(inputs: Inputs, flows: list[Flow], *, access: dict[str, Any] | None = None, **travel: Any) -> Access:
    places, options = rolled(inputs), AccessOptions(TravelParameters(**travel), AccessParameters(**(access or {})))
    found = measure_travel(inputs, places, TravelOptions(options.travel))
    return measure_access(inputs, places, found, allocation(AREAS, places.ids, flows, years=YEARS), None, options)


def rows(frame: pd.DataFrame, *columns: str) -> list[list[Any]]:
    return frame[list(columns)].to_numpy(dtype=object).tolist()


# ------------------------------------------------------------------------------------------------ who is assigned where
def test_catchments_in_force_and_flows_where_a_stage_has_none() -> None:
    places = rolled(toy(catchments=CATCHMENTS))
    found = assignments(places, allocation(AREAS, places.ids, FLOWS, years=YEARS))
    assert rows(found, "stage", "area_id", "school_id", "source") == [
        ["primary", "a", "S", "catchments"], ["primary", "b", "T", "catchments"], ["primary", "c", "S", "catchments"],
        ["junior", "a", "J", "flows"],  # five each: the first by id
        ["junior", "b", "J", "flows"],  # 3 + 4 of two grades against 6
        ["junior", "c", "X", "flows"],  # those who leave the county count for no school
    ]  # fmt: skip


def test_no_catchments_and_nobody_assigned() -> None:
    places = rolled(toy())
    assert assignments(places, allocation(AREAS, places.ids, [], years=YEARS)).empty
    by_flows = assignments(places, allocation(AREAS, places.ids, FLOWS, years=YEARS))
    assert set(by_flows["source"]) == {"flows"}
    assert rows(by_flows[by_flows["stage"] == "primary"], "area_id", "school_id") == [
        ["a", "S"],
        ["b", "S"],
        ["c", "T"],
    ]


# ------------------------------------------------------------------------------------------------ shapes and addresses
def test_catchments_as_shapes() -> None:
    """S has a and c, which do not touch; stages in the county's order; X stands in none of its areas."""
    found = measured(toy(catchments=CATCHMENTS), FLOWS).catchments
    assert tuple(found.columns) == (*SHAPES, "geometry")
    assert rows(found, *SHAPES) == [
        ["primary", "S", "S", "catchments", 2, 2, "c", "", False, True],
        ["primary", "T", "T", "catchments", 1, 1, "", "", False, False],
        ["junior", "J", "J", "flows", 2, 1, "", "", False, True],
        ["junior", "X", "X", "flows", 1, 1, "", "", False, False],
    ]
    west = box(0, 0, 1000, 1000)
    assert found.geometry[0].equals(union_all([west, box(2000, 0, 3000, 1000)]))
    assert found.geometry[2].symmetric_difference(box(0, 0, 2000, 1000)).area < 1e-6
    assert found.crs == CRS


def test_a_zone_of_two_schools() -> None:
    shared = [{"area_id": a, "school_id": s, "stage": "primary"} for a in "bc" for s in "TS"]
    found = measured(toy(catchments=[*shared, CATCHMENTS[0]]), []).catchments
    assert rows(found, "zone", "schools", "areas", "shared", "source") == [
        ["S", "S", 1, False, "catchments"],
        ["S+T", "S+T", 2, True, "catchments"],
    ]


def test_a_catchment_around_another_is_named() -> None:
    ring = box(0, 0, 3000, 3000).difference(box(1000, 1000, 2000, 2000))
    areas = [{"area_id": "a", "geometry": ring}, {"area_id": "b", "geometry": box(1000, 1000, 2000, 2000)}]
    rows_of = [{"area_id": a, "school_id": s, "stage": "primary"} for a, s in (("a", "S"), ("b", "T"))]
    inputs = county({"areas": areas, "schools": SCHOOLS[:2], "catchments": rows_of})
    places, options = rolled(inputs), AccessOptions(TravelParameters(), AccessParameters())
    travel = measure_travel(inputs, places, TravelOptions(options.travel))
    found = measure_access(inputs, places, travel, allocation(("a", "b"), places.ids, [], years=YEARS), None, options)
    assert rows(found.catchments, "zone", "enclaves") == [["S", "T"], ["T", ""]]


def test_the_schools_of_addresses() -> None:
    """The declared area counts before the place; nobody lives nowhere."""
    found = measured(toy(catchments=CATCHMENTS, addresses=ADDRESS_ROWS), FLOWS).addresses
    assert tuple(found.columns) == ADDRESSES
    told = found.astype(object).where(found.notna(), None)
    assert rows(told, "address_id", "area_id", "stage", "schools") == [
        ["h1", "a", "primary", "S"], ["h1", "a", "junior", "J"],
        ["h2", "c", "primary", "S"], ["h2", "c", "junior", "X"],
        ["h3", None, "primary", ""], ["h3", None, "junior", ""],
    ]  # fmt: skip


def test_without_addresses_or_assignments_the_tables_are_empty() -> None:
    found = measured(toy(), [])
    assert (len(found.addresses), tuple(found.addresses.columns)) == (0, ADDRESSES)
    assert (len(found.catchments), tuple(found.catchments.columns)) == (0, (*SHAPES, "geometry"))
    assert measured(toy(addresses=ADDRESS_ROWS), []).addresses.empty


# ------------------------------------------------------------------------------------------------ service areas
def service(found: Access, stage: str, measure: str) -> dict[float, Any]:
    table = found.service_areas
    chosen = table[(table["stage"] == stage) & (table["measure"] == measure)]
    return dict(zip(chosen["limit"], chosen.geometry, strict=True))


def strip(west: float, east: float) -> Any:
    """The ground of the county within 100 m of the street between two places."""
    return shapely.buffer(LineString([(west, 500), (east, 500)]), 100).intersection(box(0, 0, 3000, 1000))


def alike(one: Any, other: Any) -> bool:
    return one.symmetric_difference(other).area < 1e-6 * other.area


def test_service_areas_of_a_school_in_the_middle() -> None:
    """J on the street: circles end at the county's border; five minutes are 300 m each way."""
    found = measured(toy(), [], access={"metres": (300.0, 600.0), "minutes": (5.0, 20.0)})
    circles = service(found, "junior", "radius")
    assert list(circles) == [300, 600]
    assert circles[300].area == pytest.approx(np.pi * 300**2, rel=1e-3)
    assert circles[600].bounds == pytest.approx((900, 0, 2100, 1000), abs=1)
    walked = service(found, "junior", "walk_minutes")
    assert list(walked) == [5, 20]
    assert alike(walked[5], strip(1200, 1800))
    assert alike(walked[20], strip(300, 2700))


def test_service_areas_of_two_schools_are_one() -> None:
    found = measured(toy(), [], access={"metres": (900.0,), "minutes": (5.0, 17.0)})
    walked = service(found, "primary", "walk_minutes")
    assert alike(walked[5], union_all([strip(200, 800), strip(2200, 2800)]))
    assert alike(walked[17], strip(0, 3000))
    assert list(service(found, "primary", "radius")) == [900]


def test_the_way_from_school_to_the_street_counts() -> None:
    lane = [{**s, "y": 380} if s["school_id"] == "J" else s for s in SCHOOLS]  # two minutes from the street
    found = measured(toy(schools=[{"x": 0, "y": 0, **s} for s in lane]), [], access={"minutes": (5.0, 1.9, 1.0)})
    walked = service(found, "junior", "walk_minutes")
    assert alike(walked[5], strip(1320, 1680))
    assert walked[1.9].is_empty
    assert walked[1].is_empty


def test_a_school_along_a_long_road_serves_the_ground_beside_it() -> None:
    """A single road of 3 km: J stands in its middle, far from both of its ends."""
    single = [{**road((0, 500), (3000, 500)), "road_id": "r"}]
    found = measured(toy(roads=single), [], access={"minutes": (5.0, 20.0)})
    walked = service(found, "junior", "walk_minutes")
    assert alike(walked[5], strip(1200, 1800))
    assert alike(walked[20], strip(300, 2700))
    both = service(found, "primary", "walk_minutes")
    assert alike(both[5], union_all([strip(200, 800), strip(2200, 2800)]))


def test_a_road_that_is_longer_than_drawn_is_walked_as_long_as_it_is() -> None:
    longer = [{**r, "length": 2 * r["geometry"].length} for r in STREET]
    found = measured(toy(roads=longer), [], access={"minutes": (5.0, 20.0)})
    assert alike(service(found, "junior", "walk_minutes")[5], strip(1350, 1650))
    assert alike(service(found, "junior", "walk_minutes")[20], strip(900, 2100))


def test_the_ground_beyond_the_longest_walk_is_told_too() -> None:
    """Minutes of service areas may be more than those that pupils walk or travel reaches."""
    found = measured(toy(), [], access={"minutes": (20.0,), "walk_minutes": 3.0}, limit_minutes=4.0)
    assert alike(service(found, "junior", "walk_minutes")[20], strip(300, 2700))


def test_schools_without_a_point_serve_no_ground() -> None:
    schools = [{"x": 0, "y": 0, **s} for s in (SCHOOLS[0], SCHOOLS[3])]
    found = measured(toy(schools=schools), [])
    assert set(found.service_areas["stage"]) == {"primary"}
    assert found.coverage.loc[found.coverage["stage"] == "junior", "share_of_pupils"].isna().all()


# ------------------------------------------------------------------------------------------------ ways
def test_ways_by_hand() -> None:
    """Everybody lives on the street: a at S, b at J, c at T. b walks 1000 m to S along r1; X is nowhere."""
    found = measured(toy(), FLOWS, access={"pupils": 1})
    assert dict(found.ways) == {"on_foot": 30 + 9 + 20 + 5 + 3 + 4, "off_roads": 0, "farther": 0, "unknown": 12}
    assert rows(found.routes, "road_id", "walkers") == [["r1", 9 + 5]]
    assert len(found.crossings) == 0
    shorter = measured(toy(), FLOWS, access={"pupils": 1, "walk_minutes": 16.0})
    assert dict(shorter.ways) == {"on_foot": 30 + 20 + 7, "off_roads": 0, "farther": 9 + 5, "unknown": 12}


def test_who_rides_is_not_among_the_walkers() -> None:
    """With a bus b could ride to S in less than the 16⅔ minutes on foot; pupils walk where they can walk."""
    bus = {"ride_speed": 30.0, "ride_wait": 1.0}
    found = measured(toy(), FLOWS, access={"pupils": 1, "walk_minutes": 20.0}, **bus)
    assert rows(found.routes, "road_id", "walkers") == [["r1", 14]]


def test_a_county_without_roads_has_no_ways_but_shapes() -> None:
    inputs = county(
        {"areas": squares(AREAS), "schools": [{"x": 0, "y": 0, **s} for s in SCHOOLS], "catchments": CATCHMENTS}
    )
    found = measured(inputs, FLOWS, detour=1.0)
    assert (len(found.routes), tuple(found.routes.columns)) == (0, (*ROUTES, "geometry"))
    assert (len(found.crossings), tuple(found.crossings.columns)) == (0, (*CROSSINGS, "geometry"))
    assert found.routes.crs == found.crossings.crs == found.service_areas.crs == CRS
    assert set(found.service_areas["measure"]) == {"radius"}
    assert dict(found.ways) == {"on_foot": 0, "off_roads": 0, "farther": 71, "unknown": 12}
    assert len(found.catchments) == 4
    assert found.nearest["metres_of_pupils"].notna().any()


def test_nobody_reaches_any_school() -> None:
    """Homes 400 m from the street, and four minutes at most."""
    points = [
        {"point_id": a, "area_id": a, "weight": 1.0, "geometry": Point(500 + 1000 * k, 100)}
        for k, a in enumerate(AREAS)
    ]
    found = measured(toy(points=points), FLOWS, access={"metres": (100.0,)}, limit_minutes=4.0)
    assert (tuple(found.coverage.columns), tuple(found.nearest.columns)) == (COVERAGE, NEAREST)
    assert found.coverage["share_of_pupils"].fillna(0).eq(0).all()
    assert found.nearest["metres_of_pupils"].isna().all()
    assert dict(found.ways) == {"on_foot": 0, "off_roads": 0, "farther": 0, "unknown": 83}
    assert len(found.routes) == 0


def test_no_pupils_at_all() -> None:
    found = measured(toy(), [])
    assert set(found.ways.values()) == {0}
    assert found.coverage["share_of_pupils"].isna().all()
    assert len(found.routes) == 0
    assert len(found.crossings) == 0


def test_travel_that_was_not_measured_here_is_refused() -> None:
    inputs = toy()
    places = rolled(inputs)
    none = np.zeros(0, dtype=np.int64)
    travel = Travel(AREAS, places.ids, none, none, np.zeros(0), np.zeros(0), "matrix")
    options = AccessOptions(TravelParameters(), AccessParameters())
    with pytest.raises(LawError, match="travel was not measured here"):
        measure_access(inputs, places, travel, allocation(AREAS, places.ids, [], years=YEARS), None, options)

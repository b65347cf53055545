"""What is wrong with roads, barriers and the ways to them: each finding with its row, column, value and sentences."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import county, road, squares
from shapely import LineString, MultiLineString, Point
from told import only, written

from placesim.errors import Finding
from placesim.geo import check_travel
from placesim.messages import describe
from placesim.records import Inputs
from placesim.scenario.options import TravelOptions
from placesim.scenario.parameters import TravelParameters

SCHOOLS = [
    {"school_id": "A", "stage": "primary", "x": 500, "y": 10, "rooms": 6},
    {"school_id": "B", "stage": "junior", "x": 1500, "y": 10, "rooms": 6},
]
STREET = [
    {**road((0, 0), (1000, 0)), "road_id": "r1", "from_node": "n1", "to_node": "n2"},
    {**road((1000, 0), (2000, 0)), "road_id": "r2", "from_node": "n2", "to_node": "n3"},
]
Row = dict[str, Any]


def toy(roads: list[Row], **tables: list[Row]) -> Inputs:
    return county({"areas": squares(["a", "b"]), "schools": SCHOOLS, "roads": roads, **tables})


def unnamed(*more: Row) -> list[Row]:
    """The street by coordinates, and more roads."""
    return [{k: v for k, v in r.items() if k not in ("from_node", "to_node")} for r in STREET] + list(more)


def checked(inputs: Inputs, **parameters: Any) -> list[Finding]:
    """All findings but the usual one of how far it is to the roads."""
    findings = written(check_travel(inputs, TravelOptions(TravelParameters(**parameters))))
    return [f for f in findings if f.code != "N343"]


def place(finding: Finding) -> tuple[str, str | None, int | None, str | None, str | None]:
    return finding.code, finding.file, finding.row, finding.column, finding.value


def says(finding: Finding, en: str, zh: str) -> None:
    for language, words in (("en", en), ("zh", zh)):
        text = describe(finding, language)[0]
        assert words in text, text


def test_good_roads_by_name_and_by_place() -> None:
    assert checked(toy(STREET)) == []
    assert checked(toy(unnamed())) == []


# ------------------------------------------------------------------------------------------------ the ways to roads
def test_a_school_far_from_the_roads_that_hang_together() -> None:
    """B stands on a road of its own, apart from the others: it counts from the largest part."""
    apart = {**road((1500, 1500), (1600, 1500)), "road_id": "apart"}
    schools = [SCHOOLS[0], {**SCHOOLS[1], "x": 1550, "y": 1510}]
    note, error = checked(toy(unnamed(apart), schools=schools))
    assert place(note) == ("N340", "roads.csv", None, None, None)
    says(note, "0.1 km of roads (4.8%; on foot) do not hang together with the rest", "4.8%")
    assert place(error) == ("E342", "schools.csv", 3, "school_id", "B")
    says(error, "school “B” lies 1510 m from the nearest road (at most 1000 m)", "1510")


def test_an_area_with_no_road_within_reach() -> None:
    areas = [*squares(["a", "b"]), {"area_id": "c", "geometry": Point(1500, 2000).buffer(200)}]
    error = only(checked(toy(STREET, areas=areas)))
    assert place(error) == ("E341", "areas.csv", 4, "area_id", "c")
    says(error, "area “c” lies 2000 m from the nearest road (at most 1000 m)", "2000")
    assert checked(toy(STREET, areas=areas), snap_metres=2001.0) == []


def test_part_of_an_area_far_from_any_road() -> None:
    points = [
        {"point_id": "p1", "area_id": "b", "weight": 3.0, "geometry": Point(1500, 100)},
        {"point_id": "p2", "area_id": "b", "weight": 1.0, "geometry": Point(1500, 1200)},
        {"point_id": "p3", "area_id": "b", "weight": 0.0, "geometry": Point(1500, 9000)},
    ]
    warning = only(checked(toy(STREET, points=points)))
    assert place(warning) == ("W345", "areas.csv", 3, "area_id", "b")
    says(warning, "part of area “b” (25% of its people) lives farther than 1000 m", "25%")
    far = [{**p, "geometry": Point(1500, 1100 + k)} for k, p in enumerate(points)]
    error = only(checked(toy(STREET, points=far)))
    assert place(error) == ("E341", "areas.csv", 3, "area_id", "b")
    says(error, "lies 1100 m", "1100")


def test_a_home_that_is_shut_in_has_no_distance() -> None:
    ring = LineString([(1480, 480), (1520, 480), (1520, 520), (1480, 520), (1480, 480)])
    error = only(checked(toy(STREET, barriers=[{"barrier_id": "ring", "geometry": ring}])))
    assert place(error) == ("E341", "areas.csv", 3, "area_id", "b")
    says(error, "area “b” lies – m", "–")


def test_from_some_areas_nobody_can_ride() -> None:
    """The road through b is a footway: its homes are 500 m from where cars go."""
    roads = [STREET[0], {**STREET[1], "class": "footway"}]
    warning = only(checked(toy(roads), ride_speed=30.0, snap_metres=600.0))
    assert place(warning) == ("W346", "areas.csv", None, None, None)
    says(warning, "areas from which nobody can ride: 1; no road open to vehicles lies within 600 m (b)", "600")
    assert checked(toy(roads), snap_metres=600.0) == []


def test_how_far_it_is_to_the_roads() -> None:
    note = only(written(check_travel(toy(STREET), TravelOptions(TravelParameters()))))
    assert place(note) == ("N343", "roads.csv", None, None, None)
    says(note, "4 schools and homes join the roads by straight ways of 255 m in the middle and 500 m at most", "255")


# ------------------------------------------------------------------------------------------------ nodes and lines
@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"to_node": None}, "to_node"),
        ({"from_node": None}, "from_node"),
        ({"from_node": None, "to_node": None}, "from_node"),
    ],
)
def test_nodes_named_by_half(change: Row, column: str) -> None:
    error = only(checked(toy([STREET[0], {**STREET[1], **change}])))
    assert place(error) == ("E343", "roads.csv", 3, column, None)
    says(error, f"({column} is blank)", f"（{column} 为空）")


def test_a_road_of_several_pieces_between_two_nodes() -> None:
    pieces = MultiLineString([[(1000, 0), (1400, 0)], [(1600, 0), (2000, 0)]])
    error = only(checked(toy([STREET[0], {**STREET[1], "geometry": pieces}])))
    assert place(error) == ("E344", "roads.csv", 3, "road_id", "r2")
    says(error, "the shape has 2 pieces, but the road runs between two nodes", "该形状有 2 段")
    by_place = [{**road((1400, 0), (1600, 0)), "road_id": "r3"}]
    assert checked(toy([unnamed()[0], {"road_id": "r2", "geometry": pieces}, *by_place])) == []


def test_a_road_from_a_node_to_itself() -> None:
    loop = {**road((2000, 0), (2100, 50), (2100, -50), (2000, 5)), "road_id": "loop"}
    note = only(checked(toy([*STREET, {**loop, "from_node": "n3", "to_node": "n3"}])))
    assert place(note) == ("N345", "roads.csv", 4, "road_id", "loop")
    says(note, "roads from a node to itself: 1", "起点和终点为同一节点的道路：1 条")


def test_a_ring_drawn_as_one_line_is_no_mistake() -> None:
    ring = {**road((2000, 0), (2100, 50), (2100, -50), (2000, 0)), "road_id": "ring"}
    assert checked(toy(unnamed(ring))) == []


@pytest.mark.parametrize("named", [True, False])
def test_roads_given_twice(named: bool) -> None:
    """The same line again, also the other way round; a parallel road of another length is none."""
    again = {**STREET[1], "road_id": "again"}
    back = {**road((2000, 0), (1000, 0)), "road_id": "back", "from_node": "n3", "to_node": "n2"}
    bow = {**road((1000, 0), (1500, 40), (2000, 0)), "road_id": "bow", "from_node": "n2", "to_node": "n3"}
    rows = [*STREET, bow, again, back]
    if not named:
        rows = [{k: v for k, v in r.items() if k not in ("from_node", "to_node")} for r in rows]
    note = only(checked(toy(rows)))
    assert place(note) == ("N346", "roads.csv", 5, "road_id", "again")
    says(note, "roads given twice: 2 with the same ends", "重复的道路：2 条")
    assert checked(toy(rows[:3])) == []


def test_roads_without_length() -> None:
    dot = {"road_id": "dot", "geometry": LineString([(5, 5), (5, 5)]), "from_node": "n1", "to_node": "n9"}
    warning = only(checked(toy([*STREET, dot])))
    assert place(warning) == ("W340", "roads.csv", 4, "road_id", "dot")
    missing = {**dot, "road_id": "none", "geometry": None}
    assert place(only(checked(toy([*STREET, missing]))))[0::2] == ("W340", 4, "none")
    first, second, error = checked(toy([dot, missing]))
    assert [first.value, second.value] == ["dot", "none"]
    assert place(error) == ("E340", "roads.csv", None, None, None)


# ------------------------------------------------------------------------------------------------ who may use them
@pytest.mark.parametrize(
    ("facts_of_road", "parameters"),
    [({"walk": False}, {}), ({"class": "motorway"}, {}), ({"unsafe": True}, {"unsafe": "ban"})],
)
def test_all_roads_closed_on_foot(facts_of_road: Row, parameters: Row) -> None:
    error = only(checked(toy([{**r, **facts_of_road} for r in STREET]), **parameters))
    assert place(error) == ("E345", "roads.csv", None, None, None)
    says(error, "no road of the table roads may be walked", "没有人能步行到校")


def test_no_road_for_vehicles() -> None:
    note, warning = checked(toy([{**r, "drive": False} for r in STREET]), ride_profile="bus")
    assert place(note) == ("N347", "roads.csv", None, None, None)
    says(note, "no road is open to vehicles: nobody rides", "没有人乘车")
    assert place(warning)[0] == "W346"
    says(warning, "areas from which nobody can ride: 2", "2")
    assert checked(toy([{**r, "drive": False} for r in STREET])) == []


def test_unknown_classes() -> None:
    roads = [{**STREET[0], "class": "Boulevard"}, {**STREET[1], "class": " Residential "}]
    note = only(checked(toy([*roads, {**road((2000, 0), (2100, 0)), "road_id": "r3", "from_node": "n3",
                                      "to_node": "n4", "class": "allée"}])))  # fmt: skip
    assert place(note) == ("N344", "roads.csv", None, "class", None)
    says(note, "nothing is known of these road classes: allée, boulevard;", "allée, boulevard")
    assert checked(toy(roads), ride_speeds={"BOULEVARD": 20.0}) == []


def test_speeds_for_classes_that_no_road_has() -> None:
    roads = [{**r, "class": "residential"} for r in STREET]
    warning = only(checked(toy(roads), ride_speeds={"primary": 30.0, "Residental": 20.0, "residential": 25.0}))
    assert place(warning) == ("W348", "roads.csv", None, "class", None)
    says(warning, "names classes that no road has: primary, residental", "primary, residental")


# ------------------------------------------------------------------------------------------------ barriers
RIVER = [{"barrier_id": "river", "geometry": LineString([(1900, -500), (1900, 500)])}]


def test_roads_cut_by_a_barrier() -> None:
    tail = {**road((1950, 0), (1800, 30)), "road_id": "bank", "from_node": "n3", "to_node": "n9"}
    shorter = {**road((1000, 0), (1800, 0)), "road_id": "r2", "from_node": "n2", "to_node": "n9"}
    roads = [STREET[0], shorter, tail]
    warning = only(checked(toy(roads, barriers=RIVER)))
    assert place(warning) == ("W347", "roads.csv", None, "crosses", None)
    says(
        warning,
        "roads that lead across a barrier and are not walked: 1 (bank)",
        "有 1 条道路穿越阻隔，不计入步行（bank）",
    )
    assert checked(toy([*roads[:2], {**tail, "crosses": True}], barriers=RIVER)) == []


def test_barriers_without_roads() -> None:
    inputs = county({"areas": squares(["a", "b"]), "schools": SCHOOLS, "barriers": RIVER})
    note, warning = checked(inputs)
    assert place(note) == ("N341", "areas.csv", None, None, None)
    assert place(warning) == ("W349", "barriers.csv", None, None, None)
    says(warning, "barriers are not used without roads", "阻隔不起作用")


def test_findings_leave_the_inputs_as_they_were() -> None:
    inputs = toy([*STREET, {**STREET[1], "road_id": "again"}], barriers=RIVER)
    before = {name: table.rows.copy() for name, table in inputs.tables.items()}
    checked(inputs, ride_profile="car", unsafe="avoid")
    for name, table in inputs.tables.items():
        assert table.rows.equals(before[name])

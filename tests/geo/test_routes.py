"""The ways pupils walk and where they cross main roads: by hand, against networkx, and nobody lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pytest
from allocations import Flow, allocation
from handmade import county, road, squares
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from road_tables import plain_graph, streets
from shapely import Point

from placesim.geo.ground import Ground, ground_of, ways_on
from placesim.geo.homes import homes_of
from placesim.geo.routes import (
    CROSSINGS,
    FARTHER,
    OFF_ROADS,
    ON_FOOT,
    ROUTES,
    UNKNOWN,
    Journeys,
    Walked,
    crossing_table,
    journeys,
    meeting_places,
    route_table,
    walk,
)
from placesim.geo.travel import gathered
from placesim.records import Allocation, HomeWays, Inputs
from placesim.scenario.parameters import TravelParameters
from placesim.vocabulary import OUTSIDE

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Town:
    """Roads, homes (area, weight, x, y) and schools (x, y; named S0, S1 …)."""

    roads: Rows
    homes: Sequence[tuple[str, float, float, float]]
    schools: Sequence[tuple[float, float]]
    areas: tuple[str, ...] = ("a", "b", "c")

    @property
    def inputs(self) -> Inputs:
        points = [
            {"point_id": f"p{k}", "area_id": a, "weight": w, "geometry": Point(x, y)}
            for k, (a, w, x, y) in enumerate(self.homes)
        ]
        return county({"areas": squares(self.areas), "roads": self.roads, "points": points})

    def ground(self, **parameters: Any) -> Ground:
        points = np.array([Point(p) for p in self.schools], dtype=object)
        return ground_of(self.inputs, homes_of(self.inputs), points, TravelParameters(**parameters), every_node=True)

    def allocation(self, *flows: tuple[str, str, int]) -> Allocation:
        rows: list[Flow] = [(2025, area, school, "G1", pupils) for area, school, pupils in flows]
        return allocation(self.areas, [f"S{k}" for k in range(len(self.schools))], rows)


def ways_of(ground: Ground) -> HomeWays:
    rows, homes = gathered(ways_on(ground), None), ground.homes
    x, y = homes.xy.T
    return HomeWays(homes.area, homes.share, x, y, rows.home, rows.school, rows.minutes, rows.metres, rows.ride)


def walked(town: Town, *flows: tuple[str, str, int], **parameters: Any) -> tuple[Ground, Walked]:
    ground = town.ground(**parameters)
    journey = journeys(town.allocation(*flows), ways_of(ground), ground)
    return ground, walk(journey, ground, meeting_places(town.inputs, ground.networks[0]))


def routes(town: Town, *flows: tuple[str, str, int], least: int = 1, **parameters: Any) -> list[tuple[str, float]]:
    ground, found = walked(town, *flows, **parameters)
    table = route_table(town.inputs, ground.networks[0], found, least=least)
    assert tuple(table.columns) == (*ROUTES, "geometry")
    return list(zip(table["road_id"], table["walkers"], strict=True))


def crossings(town: Town, *flows: tuple[str, str, int], least: int = 1) -> list[tuple[str, float, float, float]]:
    ground, found = walked(town, *flows)
    table = crossing_table(town.inputs, ground.networks[0], found, least=least)
    assert tuple(table.columns) == (*CROSSINGS, "geometry")
    assert table.crs == town.inputs.crs
    return [(r, p, g.x, g.y) for r, p, g in zip(table["roads"], table["walkers"], table.geometry, strict=True)]


# A main road from west to east in two links; the school stands to the north, lanes lead there from the south and along
# the northern side.
#
#        S (0, 300)
#        |  lane_n
#  main_w ── (0, 0) ── main_e ── (400, 0) ── main_f
#        |  lane_s         |  side_s (unsafe)
MAIN: Rows = [
    {**road((-400, 0), (0, 0)), "road_id": "main_w", "class": "primary"},
    {**road((0, 0), (400, 0)), "road_id": "main_e", "class": "primary"},
    {**road((400, 0), (800, 0)), "road_id": "main_f", "class": "primary"},
    {**road((0, 0), (0, 300)), "road_id": "lane_n", "class": "residential"},
    {**road((0, -300), (0, 0)), "road_id": "lane_s", "class": "residential"},
    {**road((400, 0), (400, -300)), "road_id": "side_s", "class": "residential", "unsafe": True},
]
TOWN = Town(MAIN, [("a", 1, 0, -200), ("b", 1, 400, -200), ("c", 1, 0, 100)], [(0, 300)])
FLOWS = (("a", "S0", 30), ("b", "S0", 7), ("c", "S0", 12))


# ------------------------------------------------------------------------------------------------ routes by hand
def test_three_homes_and_a_school_across_a_main_road() -> None:
    """a crosses straight over; b walks along the main road and turns off it, which is no crossing; c lives north."""
    assert routes(TOWN, *FLOWS) == [("side_s", 7), ("lane_n", 49), ("lane_s", 30), ("main_e", 7)]
    assert crossings(TOWN, *FLOWS) == [("main_e+main_w", 30, 0, 0)]


def test_unsafe_links_come_first_and_however_few_walk_there() -> None:
    assert routes(TOWN, *FLOWS, least=20) == [("side_s", 7), ("lane_n", 49), ("lane_s", 30)]
    assert routes(TOWN, FLOWS[0], least=31) == []
    assert crossings(TOWN, *FLOWS, least=30) == [("main_e+main_w", 30, 0, 0)]
    assert crossings(TOWN, *FLOWS, least=31) == []


def test_what_a_link_tells() -> None:
    ground, found = walked(TOWN, *FLOWS)
    table = route_table(TOWN.inputs, ground.networks[0], found, least=1).set_index("road_id")
    assert table.loc["main_e", ["class", "unsafe", "main", "metres"]].tolist() == ["primary", False, True, 400]
    assert table.loc["side_s", ["class", "unsafe", "main", "metres"]].tolist() == ["residential", True, False, 300]
    assert table.geometry["lane_n"].equals(MAIN[3]["geometry"])


def test_a_link_counts_its_busiest_point() -> None:
    """Two homes on the lane south of the road, 20 pupils from the farther and 10 from the nearer."""
    town = Town(MAIN, [("a", 2, 0, -250), ("a", 1, 0, -100)], [(0, 300)])
    assert routes(town, ("a", "S0", 30)) == [("lane_n", 30), ("lane_s", 30)]
    midway = Town(MAIN, [("a", 1, 0, -250)], [(0, -100)])  # the school on the link itself
    assert routes(midway, ("a", "S0", 30)) == [("lane_s", 30)]


def test_pupils_of_an_area_are_spread_over_its_homes() -> None:
    town = Town(MAIN, [("a", 3, 0, -200), ("a", 1, 400, -200)], [(0, 300)])
    assert dict(routes(town, ("a", "S0", 10))) == {"lane_n": 10, "lane_s": 7.5, "side_s": 2.5, "main_e": 2.5}
    assert crossings(town, ("a", "S0", 10)) == [("main_e+main_w", 7.5, 0, 0)]


def test_several_schools_add_up() -> None:
    town = Town(MAIN, TOWN.homes, [(0, 300), (0, -300)])
    assert dict(routes(town, ("a", "S0", 5), ("c", "S1", 6))) == {"lane_n": 11, "lane_s": 11}  # both pass the junction
    assert crossings(town, ("a", "S0", 5), ("c", "S1", 6)) == [("main_e+main_w", 11, 0, 0)]


def test_who_lives_at_the_end_of_a_link_does_not_walk_along_it() -> None:
    """Home and school stand at junctions, joined to any of the links that end there."""
    town = Town(MAIN, [("a", 1, 0, -300), ("b", 1, 400, 0)], [(0, 0)])
    assert routes(town, ("a", "S0", 9), ("b", "S0", 4)) == [("lane_s", 9), ("main_e", 4)]


def test_nobody_walks() -> None:
    assert routes(TOWN) == []
    assert crossings(TOWN) == []
    assert routes(TOWN, ("a", OUTSIDE, 9), (OUTSIDE, "S0", 9)) == []


def test_unsafe_roads_are_walked_round_where_the_scenario_says_so() -> None:
    around = {**road((400, -300), (0, -300)), "road_id": "around", "class": "residential"}
    town = Town([*MAIN, around], [("b", 1, 400, -250)], TOWN.schools)
    # by the main road 950 m, of which 250 are unsafe; round it 1050 m, of which 50 are
    assert [r for r, _ in routes(town, FLOWS[1])] == ["side_s", "lane_n", "main_e"]
    avoided = routes(town, FLOWS[1], unsafe="avoid")
    assert [r for r, _ in avoided] == ["side_s", "around", "lane_n", "lane_s"]  # b lives on the unsafe road


# ------------------------------------------------------------------------------------------------ crossings by hand
def side_street(x: float, y: float, name: str, at: float = 0.0) -> dict[str, Any]:
    return {**road((at, 0), (x, y)), "road_id": name, "class": "residential"}


def meets(*sides: tuple[float, float], main: Sequence[tuple[float, float]] = ((-400, 0), (400, 0))) -> Town:
    """Main road arms and two side streets that meet at 0, 0; home at the end of the first, school at the second's."""
    arms = [{**road((0, 0), end), "road_id": f"m{k}", "class": "primary"} for k, end in enumerate(main)]
    lanes = [side_street(*end, f"s{k}") for k, end in enumerate(sides)]
    return Town([*arms, *lanes], [("a", 1, *sides[0])], [sides[1]])


@pytest.mark.parametrize(
    ("sides", "crossed"),
    [
        (((0, -200), (0, 200)), True),
        (((-50, -200), (70, 200)), True),
        (((-100, 200), (100, 200)), False),  # both on the northern side
        (((-200, -10), (200, -10)), False),
        (((-200, 10), (-200, -10)), True),  # side by side, the main road between them
    ],
)
def test_a_crossing_is_told_where_the_main_road_lies_between(sides: Any, crossed: bool) -> None:
    assert len(crossings(meets(*sides), ("a", "S0", 9))) == crossed


def test_three_arms_of_main_roads() -> None:
    """Arms to west, east and north: from north-west to north-east one arm is crossed, from south-west to south-east
    none."""
    arms = ((-400, 0), (400, 0), (0, 400))
    assert crossings(meets((-200, 200), (200, 200), main=arms), ("a", "S0", 9)) == [("m0+m1+m2", 9, 0, 0)]
    assert crossings(meets((-200, -200), (200, -200), main=arms), ("a", "S0", 9)) == []


def test_where_a_main_road_ends_nobody_crosses_it() -> None:
    assert crossings(meets((-200, -200), (200, 200), main=((-400, 0),)), ("a", "S0", 9)) == []


def test_walking_along_a_main_road_is_no_crossing() -> None:
    roads = [*MAIN, side_street(400, 200, "north", at=400.0)]
    town = Town(roads, [("a", 1, 400, 200)], [(0, 300)])
    assert [r for r, _ in routes(town, ("a", "S0", 9))] == ["lane_n", "main_e", "north"]
    assert crossings(town, ("a", "S0", 9)) == []


def test_a_school_on_the_corner_is_reached_without_crossing() -> None:
    town = Town(MAIN, [("a", 1, 0, -200)], [(0, 0)])
    assert sum(p for _, p in routes(town, ("a", "S0", 9))) == 9
    assert crossings(town, ("a", "S0", 9)) == []


@pytest.mark.parametrize("first", range(len(MAIN)))
def test_who_starts_or_ends_at_a_junction_crosses_nothing_there(first: int) -> None:
    """A point that stands at a junction joins any of the roads that meet there; those who pass by cross as ever."""
    roads = [*MAIN[first:], *MAIN[:first]]
    homes = [("a", 1.0, 0.0, 0.0), ("b", 1.0, 0.0, -200.0)]
    assert crossings(Town(roads, homes[:1], [(0, 300)]), ("a", "S0", 9)) == []
    assert crossings(Town(roads, homes[1:], [(0, 0)]), ("b", "S0", 9)) == []
    both = crossings(Town(roads, homes, [(0, 300)]), ("a", "S0", 9), ("b", "S0", 5))
    assert [pupils for _, pupils, _, _ in both] == [5]


def test_most_crossed_first() -> None:
    roads = [*MAIN, side_street(400, 200, "north", at=400.0)]
    town = Town(roads, [("a", 1, 0, -200), ("b", 1, 400, -200)], [(0, 300), (400, 200)])
    found = crossings(town, ("a", "S0", 5), ("b", "S1", 8))
    assert found == [("main_e+main_f", 8, 400, 0), ("main_e+main_w", 5, 0, 0)]


# ------------------------------------------------------------------------------------------------ how they go
def test_how_pupils_go() -> None:
    """From a 200 m and 300 m of lanes; next door at 20 m; farther than is walked; farther than anything."""
    far = [*MAIN, {**road((800, 0), (9000, 0)), "road_id": "far", "class": "primary"}]
    homes = [("a", 1, 0, -200), ("b", 1, 30, 310), ("c", 1, 3000, 0), ("d", 1, 9000, 0)]
    town = Town(far, homes, [(30, 290)], areas=("a", "b", "c", "d"))
    flows = [(area, "S0", 10) for area in "abcd"]
    journey = journeys(town.allocation(*flows), ways_of(town.ground()), town.ground(limit_minutes=20.0))
    assert journey.how.tolist() == [ON_FOOT, OFF_ROADS, FARTHER, UNKNOWN]
    assert journey.pupils.tolist() == [10, 10, 10, 10]
    without_roads = journeys(town.allocation(*flows), ways_of(town.ground()), None)
    assert without_roads.how.tolist() == [FARTHER, FARTHER, FARTHER, UNKNOWN]


def test_grades_and_later_years() -> None:
    """Grades of the base year are taken together; later years are not told of."""
    flows: list[Flow] = [(2025, "a", "S0", "G1", 3), (2025, "a", "S0", "G4", 4), (2026, "a", "S0", "G1", 50)]
    ground = TOWN.ground()
    found = journeys(allocation(("a", "b", "c"), ("S0",), flows, years=(2025, 2026)), ways_of(ground), ground)
    assert (found.home.tolist(), found.school.tolist(), found.pupils.tolist()) == ([0], [0], [7])


# ------------------------------------------------------------------------------------------------ random streets
def random_town(seed: int) -> tuple[Town, list[tuple[str, str, int]]]:
    """Streets of four classes, nine homes of three areas, three schools; everybody may go everywhere."""
    rng = np.random.default_rng(seed + 11)
    classes = ["primary", "secondary", "residential", "residential"]
    roads = [{**r, "class": str(rng.choice(classes))} for r in streets(seed)]
    homes = [("abc"[k % 3], float(rng.integers(1, 4)), *rng.uniform(-20, 320, 2)) for k in range(9)]
    schools = [tuple(rng.uniform(-20, 320, 2)) for _ in range(3)]
    flows = [(a, f"S{s}", int(n)) for a in "abc" for s, n in enumerate(rng.integers(0, 40, 3)) if n]
    return Town(roads, homes, schools), flows


def plain_walk(journey: Journeys, ground: Ground, main_nodes: np.ndarray) -> tuple[np.ndarray, dict]:
    """pupils[link] at the busiest piece, turns at the nodes: every pupil's way walked piece by piece."""
    network, pieces = ground.networks[0], ground.pieces[0]
    graph, schools = plain_graph(network, pieces), len(ground.schools)
    corner = {int(pieces.corner[n]): int(n) for n in np.flatnonzero(main_nodes)}
    passing: dict[tuple[int, int], float] = {}
    turns: dict[tuple[int, int, int], float] = {}
    for home, school, pupils, how in zip(journey.home, journey.school, journey.pupils, journey.how, strict=True):
        if how != ON_FOOT:
            continue
        path = nx.dijkstra_path(graph, pieces.point[schools + home], pieces.point[school], weight="cost")
        arcs = list(nx.utils.pairwise(path))
        for arc in arcs:
            passing[arc] = passing.get(arc, 0.0) + pupils
        metres = [float(graph.edges[arc]["metres"]) for arc in arcs]
        for k, (before, after) in enumerate(nx.utils.pairwise(arcs)):
            if before[1] in corner and max(metres[: k + 1]) > 1e-3 and max(metres[k + 1 :]) > 1e-3:
                key = (corner[before[1]], int(graph.edges[before]["link"]), int(graph.edges[after]["link"]))
                turns[key] = turns.get(key, 0.0) + pupils
    load = np.zeros(len(network.links.lines))
    some_way = pieces.metres > 1e-3
    for u, v, link in zip(pieces.u[some_way], pieces.v[some_way], pieces.link[some_way], strict=True):
        both = sum(passing.get(arc, 0.0) for arc in ((u, v), (v, u)) if graph.edges[arc]["link"] == link)
        load[link] = max(load[link], both)
    return load, turns


@pytest.mark.parametrize("parameters", [{}, {"unsafe": "avoid"}])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=25)
def test_pupils_and_turns_are_those_of_the_plain_twin(parameters: dict[str, Any], seed: int) -> None:
    town, flows = random_town(seed)
    ground = town.ground(**parameters)
    journey = journeys(town.allocation(*flows), ways_of(ground), ground)
    main_nodes = meeting_places(town.inputs, ground.networks[0])
    found = walk(journey, ground, main_nodes)
    load, turns = plain_walk(journey, ground, main_nodes)
    assert found.pupils == pytest.approx(load, abs=1e-9)
    told: dict[tuple[int, int, int], float] = {}
    for key in zip(found.node.tolist(), found.coming.tolist(), found.going.tolist(), found.turning, strict=True):
        told[key[:3]] = told.get(key[:3], 0.0) + float(key[3])
    assert told == pytest.approx(turns, abs=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25)
def test_everybody_on_foot_arrives(seed: int) -> None:
    """A school at the end of a lane of its own: all who walk there pass the lane, once."""
    town, flows = random_town(seed)
    rows = streets(seed)
    corner = rows[0]["geometry"].coords[0]
    lane = {**road(corner, (-300, -300)), "road_id": "lane", "from_node": rows[0]["from_node"], "to_node": "gate"}
    homes = [(area, weight, max(x, 60.0), max(y, 60.0)) for area, weight, x, y in town.homes]
    town = Town([*town.roads, lane], homes, [*[(max(x, 60.0), max(y, 60.0)) for x, y in town.schools], (-300, -300)])
    ground, flows = town.ground(), [*flows, ("a", "S3", 17), ("c", "S3", 5)]
    assume(len(ground.networks[0].part_metres) == 0)
    journey = journeys(town.allocation(*flows), ways_of(ground), ground)
    assert journey.pupils.sum() == pytest.approx(sum(n for _, _, n in flows))
    there = (journey.school == 3) & (journey.how == ON_FOOT)
    found = walk(journey, ground, np.zeros(ground.networks[0].links.nodes, dtype=bool))
    ids = np.array([r["road_id"] for r in town.roads])[ground.networks[0].links.road]
    assert found.pupils[ids == "lane"] == pytest.approx(journey.pupils[there].sum())
    assert journey.pupils[there].sum() == pytest.approx(22)
    assert len(found.turning) == 0

"""The road graph and points joined to it, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from road_tables import between, joined, line, metres_between, network, networks, table
from shapely import LineString, MultiLineString

from placesim.scenario.parameters import TravelParameters

CROSS = (line((0, 0), (100, 0)), line((100, 0), (100, 50)), line((100.04, 0), (300, 0)))
BUS = TravelParameters(ride_speed=30.0, ride_wait=0.0)  # 500 m a minute


def test_ends_within_a_decimetre_are_one_node() -> None:
    roads = network(*CROSS)
    assert roads.links.nodes == 4
    assert roads.links.metres.round(2).tolist() == [100, 50, 199.96]
    assert roads.part_metres.tolist() == []


def test_lines_that_cross_without_an_end_do_not_meet_and_the_longest_part_stays() -> None:
    roads = network(*CROSS, line((50, -20), (50, 20)), line((7, 7), (8, 7)))
    assert roads.links.road.tolist() == [0, 1, 2]
    assert sorted(roads.part_metres.tolist()) == [1, 40]


def test_parts_are_taken_apart_and_empty_lines_left_out() -> None:
    two = MultiLineString([[(0, 0), (10, 0)], [(10, 0), (20, 0)]])
    roads = network(two, line((5, 5), (5, 5)), None, LineString())
    assert roads.links.metres.tolist() == [10, 10]
    assert roads.links.nodes == 3


def test_a_bend_counts_in_the_length() -> None:
    assert metres_between(table(line((0, 0), (30, 40), (60, 0))), (0, 0), (60, 0)) == [[0, 100], [100, 0]]


def test_points_join_where_they_are_nearest() -> None:
    _, pieces = joined(table(*CROSS), (20, 7), (130, 40), (100, 60))
    assert pieces.leg.round(6).tolist() == [7, 30, 10]


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        ((20, 0), (90, 0), 70),  # on one link: the stretch between, not by the ends
        ((20, 5), (100, 50), 130),
        ((20, 0), (20, -9), 0),  # the same spot
        ((0, 0), (100, 0), 100),  # at both ends
    ],
)
def test_way_between_points(a: tuple[float, float], b: tuple[float, float], metres: float) -> None:
    assert metres_between(table(*CROSS), a, b) == [[0, metres], [metres, 0]]


def test_three_points_on_one_link_in_any_order() -> None:
    assert metres_between(table(*CROSS), (80, 0), (10, 0), (30, 0))[1] == [70, 0, 20]


def test_a_ring_is_walked_the_shorter_way() -> None:
    ring = line((0, 0), (40, 0), (40, 40), (0, 40), (0, 0))
    assert metres_between(table(ring), (10, 0), (0, 10)) == [[0, 20], [20, 0]]


def test_parallel_roads_and_reversed_lines() -> None:
    roads = table(line((0, 0), (50, 50), (100, 0)), line((100, 0), (0, 0)))
    assert metres_between(roads, (0, 0), (100, 0))[0][1] == 100


# ------------------------------------------------------------------------------------------------ nodes and edges
def test_named_nodes_decide_which_roads_meet() -> None:
    lines = (line((0, 0), (100, 0)), line((100, 0), (200, 0)), line((100, 0), (100, 80)))
    roads = table(*lines, from_node=["a", "b", "bridge"], to_node=["b", "c", "d"])
    found = network(*lines, from_node=["a", "b", "bridge"], to_node=["b", "c", "d"])
    assert found.links.road.tolist() == [0, 1]  # the third passes over them
    assert found.part_metres.tolist() == [80]
    assert metres_between(roads, (10, 0), (190, 0))[0][1] == 180


def test_a_stated_length_counts_in_place_of_the_line() -> None:
    roads = table(line((0, 0), (100, 0)), line((100, 0), (200, 0)), length=[150.0, None])
    assert metres_between(roads, (50, 0), (200, 0))[0][1] == 75 + 100


def test_a_stated_length_is_shared_by_the_parts_of_a_line() -> None:
    two = MultiLineString([[(0, 0), (10, 0)], [(10, 0), (40, 0)]])
    assert network(two, length=[80.0]).links.metres.tolist() == [20, 60]


# ------------------------------------------------------------------------------------------------ modes
def test_people_on_foot_ignore_one_way_and_vehicles_do_not() -> None:
    square = (
        line((0, 0), (500, 0)),
        line((500, 0), (500, 500)),
        line((500, 500), (0, 500)),
        line((0, 500), (0, 0)),
    )
    roads = table(*square, one_way=[True, True, True, True])
    assert between(roads, (100, 0), (400, 0)) == [[0, 5], [5, 0]]
    assert between(roads, (100, 0), (400, 0), travel=BUS) == [[0, 3.4], [0.6, 0]]  # [to, from]: round the square


def test_a_one_way_street_that_leads_nowhere_is_no_road_for_vehicles() -> None:
    roads = table(line((0, 0), (100, 0)), line((100, 0), (200, 0)), one_way=[False, True])
    found, _ = networks(roads, BUS)
    assert [n.links.road.tolist() for n in found] == [[0, 1], [0]]


def test_classes_say_who_may_use_a_road_and_the_road_itself_overrules_them() -> None:
    lines = [line((i * 10, 0), (i * 10 + 10, 0)) for i in range(4)]
    classes, walk, drive = ["residential", "高速公路", "footway", "motorway"], [None, None, None, True], [None] * 4
    found, _ = networks(table(*lines, **{"class": classes}, walk=walk, drive=drive), BUS)
    assert [n.profile.usable.tolist() for n in found] == [[True, False, True, True], [True, True, False, True]]


def test_speeds_by_class_and_never_above_the_roads_own() -> None:
    lines = [line((i * 10, 0), (i * 10 + 10, 0)) for i in range(5)]
    roads = table(
        *lines, **{"class": ["primary", "primary", "县道", "moon", None]}, speed=[None, 30.0, None, None, 20.0]
    )

    def speeds(**how: object) -> list[float]:
        profile = networks(roads, TravelParameters(**how))[0][1].profile
        return (profile.speed * 60 / 1000).round(6).tolist()

    assert speeds(ride_profile="bus") == [40, 30, 35, 30, 20]
    assert speeds(ride_profile="car", ride_speed=33.0) == [55, 30, 45, 33, 20]
    assert speeds(ride_speed=25.0) == [25, 25, 25, 25, 20]
    assert speeds(ride_speed=25.0, ride_speeds={"Primary": 50.0}) == [50, 30, 25, 25, 20]


# ------------------------------------------------------------------------------------------------ unsafe roads
SHORT_OR_SAFE = (line((0, 0), (100, 0)), line((0, 0), (0, 60), (100, 60), (100, 0)))


def test_unsafe_roads_are_walked_avoided_or_shut() -> None:
    roads = table(*SHORT_OR_SAFE, unsafe=[True, False])

    def minutes(**how: object) -> float:
        return between(roads, (0, 0), (100, 0), travel=TravelParameters(walk_speed=6.0, **how))[0][1]

    assert minutes() == 1.0
    assert minutes(unsafe="avoid") == 2.2  # the way round is shorter than three times the unsafe one
    assert minutes(unsafe="avoid", unsafe_factor=2.0) == 2.0
    assert minutes(unsafe="ban") == 2.2


@pytest.mark.parametrize(
    ("facts", "unsafe"),
    [
        ({"footway": False, "speed": 60.0}, True),
        ({"footway": False, "speed": 40.0}, False),
        ({"footway": True, "speed": 60.0}, False),
        ({"footway": None, "speed": 60.0}, False),  # not known: not judged
        ({"footway": False, "class": "trunk"}, True),
        ({"footway": False, "class": "residential"}, False),
        ({"footway": False, "speed": 60.0, "unsafe": False}, False),
        ({"footway": True, "unsafe": True}, True),
    ],
)
def test_what_makes_a_road_unsafe(facts: dict[str, object], unsafe: bool) -> None:
    from placesim.geo.profiles import unsafe_roads

    roads = table(line((0, 0), (1, 0)), **{k: [v] for k, v in facts.items()}).frame("roads")
    assert unsafe_roads(roads).tolist() == [unsafe]


# ------------------------------------------------------------------------------------------------ barriers
RIVER = line((50, -500), (50, 500))


def test_a_road_across_a_barrier_is_walked_only_where_it_says_so() -> None:
    over = table(*SHORT_OR_SAFE, barriers=[RIVER], crosses=[None, True])
    assert metres_between(over, (0, 0), (100, 0))[0][1] == 220
    assert networks(over)[0][0].cut.tolist() == [0]
    assert networks(over, BUS)[0][1].cut.tolist() == []  # vehicles take the road as it is


def test_a_road_beside_the_end_of_a_barrier_is_open() -> None:
    ends_at_the_road = [line((50, -500), (50, 0)), line((50, 0.0), (50, 500))]
    assert networks(table(*SHORT_OR_SAFE, barriers=ends_at_the_road[:1]))[0][0].cut.tolist() == []
    split = networks(table(*SHORT_OR_SAFE, barriers=ends_at_the_road))[0][0]
    assert split.cut.tolist() == [0, 1]  # one barrier in two pieces is no gap


def test_roads_that_meet_on_a_barrier_do_not_lead_across_it() -> None:
    halves = (line((0, 0), (50, 0)), line((50, 0), (100, 0)))
    assert networks(table(*halves, line((0, 0), (0, 9)), barriers=[RIVER]))[0][0].cut.tolist() == [0, 1]


def test_the_way_to_the_road_crosses_no_barrier_and_no_expressway() -> None:
    near, far = line((0, 10), (100, 10)), line((0, -40), (100, -40))
    bank = line((-50, 5), (150, 5))
    roads = table(near, far, line((0, 10), (0, -40)), barriers=[bank], crosses=[None, None, True])
    _, pieces = joined(roads, (60, 0))
    assert pieces.leg.tolist() == [40]
    shut = table(near, far, line((0, 10), (0, -40)), bank, **{"class": [None, None, None, "motorway"]})
    assert joined(shut, (60, 0))[1].leg.tolist() == [40]
    bridge = table(
        near, far, line((0, 10), (0, -40)), bank, **{"class": [None] * 3 + ["motorway"]}, crosses=[None] * 3 + [True]
    )
    assert joined(bridge, (60, 0))[1].leg.tolist() == [10]  # on a viaduct: people pass under it


def test_a_point_shut_in_by_barriers_joins_nothing() -> None:
    ring = line((50, -5), (60, 5), (70, -5), (60, -15), (50, -5))
    _, pieces = joined(table(line((0, 10), (100, 10)), barriers=[ring]), (60, -5), (0, 0))
    assert pieces.leg.tolist() == [np.inf, 10]


# ------------------------------------------------------------------------------------------------ laws
STREETS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=14)


@given(streets=STREETS)
def test_a_road_more_never_makes_a_way_longer(streets: list[tuple[int, int, bool]]) -> None:
    """Between corners of a grid of streets of 100 m that hangs on a long road."""
    lines = [line((100 * x, 100 * y), (100 * (x + (not up)), 100 * (y + up))) for x, y, up in streets]
    base = [line((0, 0), (-300, 0), (-300, 9000)), line((0, 0), (0, -200), (300, -200), (300, 300))]
    few = np.array(metres_between(table(*base, *lines[:-1]), (0, 0), (300, 300), (-300, 50)))
    more = np.array(metres_between(table(*base, *lines), (0, 0), (300, 300), (-300, 50)))
    assert (more <= few + 1e-9).all()
    assert few[0, 1] <= 1000
    assert np.array_equal(few, few.T)  # people on foot go both ways
    for middle in range(3):
        assert (few <= few[:, middle, None] + few[None, middle, :] + 1e-6).all()  # no way is longer than over a third

"""The rule `tiers`: by hand, against an independent checker of who was passed over, and its laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_problem import NAN, ToyProblem, sent

from placesim.allocation.problem import Problem, Shipments
from placesim.allocation.queue import admitted
from placesim.allocation.tiers import tiers, zones_of

FIRST_THREE = {"tiers": (0, 1, 2), "order": ("lottery",) * 3}


def run(**said: Any) -> dict[tuple[int, int], int]:
    return sent(tiers(ToyProblem(**said).problem))


# ------------------------------------------------------------ tier by tier
def test_the_lowest_tier_is_redirected_first() -> None:
    # one area: 30 owners, 20 registered, 10 with a permit; its school has 40 places, the next 8, the last plenty
    nodes = [(0, 0, 30), (0, 1, 20), (0, 2, 10)]
    minutes = {(0, 0): 5.0, (0, 1): 9.0, (0, 2): 30.0}
    assert run(nodes=nodes, minutes=minutes, places=[40, 8, 99], **FIRST_THREE) == {
        (0, 0): 30,
        (1, 0): 10,  # what the owners leave
        (1, 1): 8,  # the second tier is redirected before the third: nearest with places
        (1, 2): 2,
        (2, 2): 10,
    }


def test_redirection_waits_until_every_zone_has_admitted_its_own() -> None:
    # area 0's owners overflow; area 1's school is nearer to them, but its own permit holders come first there
    nodes = [(0, 0, 15), (1, 1, 10)]
    minutes = {(0, 0): 2.0, (0, 1): 4.0, (1, 1): 3.0, (1, 0): 6.0, (0, 2): 50.0}
    zones = [(0, 0, NAN), (1, 1, NAN)]
    assert run(nodes=nodes, minutes=minutes, zones=zones, places=[10, 12, 9], tiers=(0, 1), order=("lottery",) * 2) == {
        (0, 0): 10,
        (0, 1): 2,
        (0, 2): 3,
        (1, 1): 10,
    }


def test_zones_hold_whatever_the_distance_and_without_a_zone_the_nearest_is_the_zone() -> None:
    nodes = [(0, 0, 4), (1, 0, 5)]
    minutes = {(0, 0): 1.0, (0, 1): 50.0, (1, 1): 2.0}
    problem = ToyProblem(nodes, [9, 9], minutes, zones=[(0, 1, NAN)]).problem
    assert list(zip(*(c.tolist() for c in (zones_of(problem).node, zones_of(problem).school)), strict=True)) == [
        (0, 1),
        (1, 1),
    ]
    assert sent(tiers(problem)) == {(0, 1): 4, (1, 1): 5}


def test_a_shared_zone_is_divided_by_shares_else_by_places_and_helps_itself_before_others() -> None:
    minutes = {(0, 0): 1.0, (0, 1): 2.0, (0, 2): 3.0}
    by_places = [(0, 0, NAN), (0, 1, NAN)]
    assert run(nodes=[(0, 0, 20)], minutes=minutes, places=[30, 10, 9], zones=by_places) == {(0, 0): 15, (0, 1): 5}
    by_shares = [(0, 0, 0.25), (0, 1, 0.75)]
    assert run(nodes=[(0, 0, 20)], minutes=minutes, places=[30, 30, 9], zones=by_shares) == {(0, 0): 5, (0, 1): 15}
    # school 1 is full after 10 of the 15 that it should have: the other school of the zone takes the rest
    assert run(nodes=[(0, 0, 20)], minutes=minutes, places=[30, 10, 9], zones=by_shares) == {(0, 0): 10, (0, 1): 10}


def test_a_school_with_share_0_takes_only_whom_the_others_refuse() -> None:
    minutes, zones = {(0, 0): 1.0, (0, 1): 2.0}, [(0, 0, 1.0), (0, 1, 0.0)]
    assert run(nodes=[(0, 0, 7)], minutes=minutes, places=[5, 9], zones=zones) == {(0, 0): 5, (0, 1): 2}


@pytest.mark.parametrize(("fill", "there"), [("design", 10), ("cap", 12), ("emergency", 15)])
def test_schools_fill_up_to_the_level_asked_for(fill: str, there: int) -> None:
    nodes = [(0, 0, 40)]
    found = run(nodes=nodes, minutes={(0, 0): 5.0}, places=[(10, 12, 15)], parameters={"fill": fill})
    assert found == {(0, 0): there}


# ------------------------------------------------------------ who of a tier gets in
def test_points_high_first_and_none_last() -> None:
    nodes = [(0, 0, 4), (1, 0, 4), (2, 0, 4)]
    minutes = {(a, 0): 5.0 for a in range(3)}
    found = run(nodes=nodes, minutes=minutes, places=[6], order=("points",), points=[NAN, 80.0, 95.5])
    assert found == {(1, 0): 2, (2, 0): 4}


def test_distance_nearest_first() -> None:
    nodes = [(0, 0, 4), (1, 0, 4), (2, 0, 4)]
    minutes = {(0, 0): 9.0, (1, 0): 3.0, (2, 0): 6.0}
    assert run(nodes=nodes, minutes=minutes, places=[6], order=("distance",)) == {(1, 0): 4, (2, 0): 2}


def test_a_zone_without_a_way_to_it_is_the_farthest() -> None:
    nodes = [(0, 0, 4), (1, 0, 4)]
    found = run(nodes=nodes, minutes={(1, 0): 70.0}, zones=[(0, 0, NAN)], places=[6], order=("distance",))
    assert found == {(0, 0): 2, (1, 0): 4}


def test_lots_are_drawn_in_proportion_and_again_the_same() -> None:
    nodes, minutes = [(0, 0, 30), (1, 0, 60)], {(0, 0): 5.0, (1, 0): 9.0}
    assert run(nodes=nodes, minutes=minutes, places=[30]) == {(0, 0): 10, (1, 0): 20}
    odd = [run(nodes=[(a, 0, 1) for a in range(9)], minutes={(a, 0): 5.0 for a in range(9)}, places=[4], seed=seed)
           for seed in (1, 1, 2, 3, 4)]  # fmt: skip
    assert odd[0] == odd[1]
    assert len({tuple(o) for o in odd}) > 1
    assert all(len(o) == 4 for o in odd)


def test_every_lot_is_as_good_as_any_other() -> None:
    nodes, minutes = [(a, 0, 1) for a in range(6)], {(a, 0): 5.0 for a in range(6)}
    won = np.zeros(6)
    for seed in range(1200):
        for node, _ in run(nodes=nodes, minutes=minutes, places=[2], seed=seed):
            won[node] += 1
    assert won.sum() == 2400
    assert (abs(won - 400) < 80).all()  # five standard deviations


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 2), st.floats(0, 1, exclude_max=True))),
    st.lists(st.integers(0, 20), min_size=4, max_size=4),
)
def test_queues_use_up_the_places_and_pass_nobody_over(
    rows: list[tuple[int, int, int, float]], places: list[int]
) -> None:
    school, pupils, turn, lot = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((int, int, int, float)))
    found = admitted(Shipments(np.arange(len(rows)), school, pupils), np.array(places), turn.astype(float), lot)
    assert ((found >= 0) & (found <= pupils)).all()
    for s in range(4):
        here = school == s
        assert found[here].sum() == min(pupils[here].sum(), places[s])
        for t in range(3):
            same = here & (turn == t)
            if found[same].sum() < pupils[same].sum():
                assert found[here & (turn > t)].sum() == 0
                part = found[same].sum() / pupils[same].sum()
                assert (abs(found[same] - part * pupils[same]) < 1).all()


# ------------------------------------------------------------ siblings, locks, pool, sectors
def test_siblings_come_first_within_their_tier_or_before_all() -> None:
    # area 1 (second tier) has 3 siblings at school 0, which is the zone of area 0 (first tier) and of area 1
    nodes, minutes = [(0, 0, 8), (1, 1, 6)], {(0, 0): 1.0, (1, 0): 2.0, (1, 1): 9.0, (0, 1): 9.0}
    said = {"nodes": nodes, "minutes": minutes, "places": [10, 99], "tiers": (0, 1), "order": ("lottery",) * 2}
    tier = run(**said, siblings=[(1, 0, 3)])
    assert tier == {(0, 0): 8, (1, 0): 2, (1, 1): 4}
    first = run(**said, siblings=[(1, 0, 3)], parameters={"siblings": "first"})
    assert first == {(0, 0): 7, (0, 1): 1, (1, 0): 3, (1, 1): 3}


def test_siblings_follow_to_a_school_beyond_their_zone_and_pass_their_own_tier() -> None:
    # 4 of area 0's pupils have siblings at school 1, the zone of area 1, which is then 4 places short for its own
    nodes, minutes = [(0, 0, 10), (1, 0, 10)], {(0, 0): 1.0, (0, 1): 8.0, (1, 1): 1.0, (1, 0): 8.0}
    found = run(nodes=nodes, minutes=minutes, places=[20, 10], siblings=[(0, 1, 4)])
    assert found == {(0, 0): 6, (0, 1): 4, (1, 0): 4, (1, 1): 6}


def test_siblings_of_a_school_out_of_reach_or_full_go_with_the_others() -> None:
    nodes, minutes = [(0, 0, 10)], {(0, 0): 1.0, (0, 2): 8.0}
    assert run(nodes=nodes, minutes=minutes, places=[20, 9, 0], siblings=[(0, 1, 4), (0, 2, 3)]) == {(0, 0): 10}


def test_whoever_lives_in_a_locked_dwelling_goes_where_places_are_left_after_all_tiers() -> None:
    nodes, minutes = [(0, 0, 10), (0, 1, 10)], {(0, 0): 1.0, (0, 1): 5.0}
    said = {"nodes": nodes, "minutes": minutes, "places": [12, 6], "tiers": (0, 1), "order": ("lottery",) * 2}
    assert run(**said) == {(0, 0): 10, (1, 0): 2, (1, 1): 6}
    # 4 of the first tier are locked out: the second tier takes their places and is redirected before them
    assert run(**said, locked=[4]) == {(0, 0): 6, (1, 0): 6, (1, 1): 4, (0, 1): 2}


def test_the_pool_is_placed_last_and_only_where_places_remain() -> None:
    nodes, minutes = [(0, 0, 9), (0, 1, 5)], {(0, 0): 1.0, (0, 1): 5.0}
    said = {"nodes": nodes, "minutes": minutes, "tiers": (0, 1), "order": ("lottery",) * 2, "pool": [0]}
    assert run(**said, places=[6, 6]) == {(1, 0): 5, (0, 0): 1, (0, 1): 6}
    assert run(**said, places=[3, 2]) == {(1, 0): 3, (1, 1): 2}


def test_public_and_private_admission_at_the_same_time() -> None:
    # kinds: public tier 0, public tier 1, private tier 1; school 1 is private, nearest to all, with 4 places
    nodes, minutes = [(0, 0, 6), (0, 1, 6), (0, 2, 6)], {(0, 1): 1.0, (0, 0): 5.0, (0, 2): 9.0}
    found = run(
        nodes=nodes, minutes=minutes, places=[11, 4, 9], tiers=(0, 1, 1), order=("lottery",) * 2, private=[2],
        private_schools=[1],
    )  # fmt: skip
    # whoever the private school refuses goes where public schools have places left, with the tier's others
    assert found[2, 1] == 4
    assert (0, 1) not in found
    assert (1, 1) not in found
    assert found[0, 0] == 6
    assert found[1, 0] == 5
    assert found[1, 2] == 1
    assert found[2, 2] == 2


def test_applicants_to_private_schools_without_one_in_reach_are_as_others_are() -> None:
    found = run(
        nodes=[(0, 0, 3), (0, 1, 3)], minutes={(0, 0): 5.0}, places=[6, 9], tiers=(0, 0), private=[1],
        private_schools=[1], zones=[(0, 0, NAN)],
    )  # fmt: skip
    assert found == {(0, 0): 3, (1, 0): 3}


# ------------------------------------------------------------ odd cases
def test_nobody_nowhere_nothing() -> None:
    assert run(nodes=[], places=[5]) == {}
    assert run(nodes=[(0, 0, 5)], places=[]) == {}
    assert run(nodes=[(0, 0, 5)], places=[5]) == {}  # no way to any school
    assert run(nodes=[(0, 0, 5), (1, 0, 5)], minutes={(0, 0): 1.0, (1, 0): 1.0}, places=[0]) == {}
    assert run(
        nodes=[(0, 0, 0), (0, 1, 3)], minutes={(0, 0): 1.0}, places=[2], tiers=(0, 2), order=("lottery",) * 3
    ) == {(1, 0): 2}


def test_a_problem_without_entitlements_is_one_tier_by_lot() -> None:
    toy = ToyProblem([(0, 0, 6), (1, 0, 3)], [6, 9], {(0, 0): 1.0, (1, 0): 1.0, (0, 1): 2.0, (1, 1): 2.0})
    problem = toy.problem
    bare = Problem(*(getattr(problem, f) for f in list(Problem.__dataclass_fields__)[:-1]))
    assert sent(tiers(bare)) == sent(tiers(problem)) == {(0, 0): 4, (1, 0): 2, (0, 1): 2, (1, 1): 1}


# ------------------------------------------------------------ laws, by checkers
@st.composite
def towns(draw: st.DrawFn) -> ToyProblem:
    areas, schools, ranks = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    nodes = [(a, k, draw(st.integers(0, 9))) for a in range(areas) for k in range(ranks) if draw(st.booleans())]
    pairs = [(a, s) for a in range(areas) for s in range(schools)]
    minutes = {p: float(draw(st.integers(1, 5))) for p in pairs if draw(st.booleans())}
    zones = [(*p, draw(st.sampled_from([NAN, 0.0, 0.4, 1.0]))) for p in pairs if draw(st.integers(0, 2)) == 0]
    siblings = [
        (n, s, draw(st.integers(0, node[2])))
        for n, node in enumerate(nodes)
        for s in range(schools)
        if draw(st.booleans())
    ]
    return ToyProblem(
        nodes, [draw(st.integers(0, 15)) for _ in range(schools)], minutes, zones, tiers=tuple(range(ranks)),
        order=[draw(st.sampled_from(["points", "lottery", "distance"])) for _ in range(ranks)],
        points=[draw(st.sampled_from([NAN, 1.0, 2.0])) for _ in nodes], siblings=siblings,
        locked=[draw(st.integers(0, 3)) for _ in nodes], pool=[ranks - 1] if draw(st.integers(0, 3)) == 0 else [],
        seed=draw(st.integers(0, 5)), parameters={"siblings": draw(st.sampled_from(["tier", "first"]))},
    )  # fmt: skip


@given(towns())
def test_places_are_kept_and_nobody_is_left_out_while_a_school_in_reach_has_places(toy: ToyProblem) -> None:
    found = sent(tiers(toy.problem))
    for school, places in enumerate(toy.places):
        assert sum(p for (_, s), p in found.items() if s == school) <= places
    for n, (area, _, pupils) in enumerate(toy.nodes):
        placed = {s: p for (node, s), p in found.items() if node == n}
        assert sum(placed.values()) <= pupils
        reach = {s for a, s in toy.minutes if a == area}
        assert set(placed) <= reach | {s for a, s, _ in toy.zones if a == area}
        if sum(placed.values()) < pupils:
            for s in reach:
                assert sum(p for (_, other), p in found.items() if other == s) == toy.places[s]


@given(towns())
def test_no_tier_is_redirected_from_a_school_that_admits_a_lower_one_of_its_zone(toy: ToyProblem) -> None:
    """Whoever of the zone of a full school is not in it stands no higher than the lowest of the zone who are.

    Siblings and the locked have rules of their own, so the checker looks at towns without them.
    """
    plain = ToyProblem(**{**toy.__dict__, "siblings": (), "locked": (), "pool": ()})
    found = sent(tiers(plain.problem))
    zone = {a: {s for b, s, _ in plain.zones if b == a} for a in range(4)}
    for area in [a for a, schools in zone.items() if not schools]:
        reach = sorted((m, s) for (a, s), m in plain.minutes.items() if a == area)
        zone[area] = {reach[0][1]} if reach else set()
    for n, (area, kind, pupils) in enumerate(plain.nodes):
        if sum(found.get((n, s), 0) for s in zone[area]) == pupils:
            continue
        for other, (its_area, its_kind, _) in enumerate(plain.nodes):
            if its_kind > kind:
                for s in zone[area] & zone[its_area]:
                    assert (other, s) not in found, (n, other, s)


@given(towns())
def test_a_lower_tier_changes_nothing_for_the_zones_of_a_higher_one(toy: ToyProblem) -> None:
    """Taking the lower tiers away, the first tier is admitted by the same schools of its zones."""
    plain = ToyProblem(**{**toy.__dict__, "siblings": (), "locked": (), "pool": (), "points": ()})
    alone = ToyProblem(**{**plain.__dict__, "nodes": [n for n in plain.nodes if n[1] == 0]})
    both, one = sent(tiers(plain.problem)), sent(tiers(alone.problem))
    zoned = {(a, s) for a, s, _ in plain.zones}
    at = {node[:2]: n for n, node in enumerate(plain.nodes)}
    for n, (area, kind, _) in enumerate(alone.nodes):
        for s in range(len(plain.places)):
            if (area, s) in zoned:
                assert one.get((n, s), 0) == both.get((at[area, kind], s), 0)


@given(towns(), st.integers(0, 3))
def test_the_order_of_other_rows_does_not_matter(toy: ToyProblem, extra: int) -> None:
    """Areas that share no school with the town change nothing in it, whatever their number."""
    far = [(9, 0, 4)] * (extra > 0)
    more = ToyProblem(**{**toy.__dict__, "nodes": [*toy.nodes, *far]})
    assert sent(tiers(more.problem)) == sent(tiers(toy.problem))

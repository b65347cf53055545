"""Groups of applicants, tier × sector: whole children by hand, their laws, and what the rules make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, squares
from hypothesis import given
from hypothesis import strategies as st
from toy_run import Toy

from placesim.allocation.groups import Groups, groups_of, in_groups
from placesim.records import Allocation
from placesim.scenario.parameters import AllocationParameters

TIERS = [{"id": "owner"}, {"id": "resident"}, {"id": "permit", "order": "points"}]
HARD = {"rule": "tiers", "tiers": TIERS, "calibrate": False}


def applicants(*rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    """(area, tier, sector, share, pupils, points) in primary school"""
    names = ("area_id", "tier", "sector", "share", "pupils", "points")
    return [{"stage": "primary", **dict(zip(names, row, strict=False))} for row in rows]


def groups(rows: list[dict[str, Any]], **said: Any) -> Groups:
    inputs = county({"areas": squares(["a", "b"]), "applicants": rows})
    return groups_of(inputs, STAGES, AllocationParameters.model_validate(said))


def shares(found: Groups, area: int, stage: int = 0) -> dict[str, float]:
    return {i: s for i, s in zip(found.ids, found.share[stage, area].round(9).tolist(), strict=True) if s}


# ------------------------------------------------------------ who belongs to which
def test_nothing_said_is_one_group() -> None:
    found = groups([])
    assert found.ids == ("all",)
    assert (found.share == 1).all()
    assert not found.sectors.any()


def test_what_shares_leave_is_of_the_default_tier_and_counted_pupils_are_all() -> None:
    rows = applicants(("a", "owner", None, 0.6), ("b", "owner", None, None, 30), ("b", "permit", None, None, 10))
    found = groups(rows, tiers=TIERS, default_tier="resident")
    assert found.ids == ("owner", "resident", "permit")
    assert shares(found, 0) == {"owner": 0.6, "resident": 0.4}
    assert shares(found, 1) == {"owner": 0.75, "permit": 0.25}
    assert shares(found, 0, stage=1) == shares(found, 2) == {"resident": 1.0}  # junior, and outside


def test_the_default_tier_is_the_last_with_a_zone_and_a_blank_tier_means_it() -> None:
    tiers = [*TIERS[:2], {"id": "collective", "pool": True}]
    found = groups(applicants(("a", None, None, 0.5), ("a", "collective", None, 0.5)), tiers=tiers)
    assert shares(found, 0) == {"resident": 0.5, "collective": 0.5}
    assert shares(found, 1) == {"resident": 1.0}


def test_private_shares_where_the_table_does_not_say() -> None:
    rows = applicants(("a", "owner", "private", 0.2), ("a", "owner", "public", 0.3), ("a", "permit", None, 0.5))
    found = groups(rows, tiers=TIERS, private_share={"primary": 0.1})
    assert found.ids == ("owner", "resident", "permit", "owner:private", "resident:private", "permit:private")
    assert shares(found, 0) == {"owner": 0.3, "permit": 0.45, "owner:private": 0.2, "permit:private": 0.05}
    assert shares(found, 1) == {"permit": 0.9, "permit:private": 0.1}
    assert found.sectors.tolist() == [True, False]
    assert groups([], private_share={"primary": 0.1}).ids == ("public", "private")


def test_shares_over_one_are_scaled_and_unknown_ones_left_out() -> None:
    rows = applicants(
        ("a", "owner", None, 1.0), ("a", "permit", None, 0.6), ("b", "lord", None, 0.9), ("z", "owner", None, 1)
    )
    found = groups(rows, tiers=TIERS)
    assert shares(found, 0) == {"owner": 0.625, "permit": 0.375}
    assert shares(found, 1) == {"permit": 1.0}


def test_points_are_the_mean_of_those_who_have_some() -> None:
    rows = applicants(
        ("a", "permit", "public", 0.3, None, 80.0), ("a", "permit", None, 0.1, None, 40.0), ("b", "permit", None, 1.0)
    )
    found = groups(rows, tiers=TIERS)
    assert found.points[0, 0, 2] == pytest.approx((80 * 0.3 + 40 * 0.1) / 0.4)
    assert np.isnan(found.points[0, 1]).all()


# ------------------------------------------------------------ whole children
def test_hand_worked_division() -> None:
    # two areas of 5 pupils, shares 0.5 and 0.5: 2.5 + 2.5 → running sums 2.5 and 5, rounded to the nearest: 3 and 2
    weight = np.full((2, 1, 2), 0.5)
    assert in_groups(np.array([[5], [5]]), weight, np.array([0.5]))[:, 0].tolist() == [[3, 2], [2, 3]]


def test_without_weights_all_are_of_the_first_group() -> None:
    assert in_groups(np.array([[4]]), np.zeros((1, 1, 3)), np.zeros(1)).tolist() == [[[4, 0, 0]]]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.lists(st.integers(0, 5), min_size=3, max_size=3)), min_size=1, max_size=9
    ),
    st.floats(0, 1, exclude_max=True),
)
def test_totals_are_kept_and_groups_without_weight_get_nobody(rows: list[tuple[int, list[int]]], phase: float) -> None:
    count = np.array([[n] for n, _ in rows])
    weight = np.array([[w] for _, w in rows])
    found = in_groups(count, weight, np.array([phase]))
    assert (found >= 0).all()
    assert (found.sum(axis=2) == count).all()
    some = weight.sum(axis=2) > 0
    assert (found[some][weight[some] == 0] == 0).all()
    same = in_groups(weight.sum(axis=2), weight, np.array([phase]))  # as many as the weights say: these exactly
    assert (same[some] == weight[some]).all()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.floats(0, 1, exclude_max=True))
def test_equal_shares_everywhere_give_the_county_its_share(pupils: list[int], phase: float) -> None:
    weight = np.tile([0.55, 0.3, 0.15], (len(pupils), 1, 1))
    found = in_groups(np.array(pupils)[:, None], weight, np.array([phase])).sum(axis=(0, 1))
    assert (abs(found - sum(pupils) * weight[0, 0]) < 2).all()


# ------------------------------------------------------------ through the run
def by_group(found: Allocation, year: int | None = None) -> dict[tuple[str, str, str], int]:
    rows = found.rows()
    rows = rows if year is None else rows[rows["year"] == year]
    total = rows.groupby(["area_id", "school_id", "group"])["pupils"].sum()
    return {(str(a), str(s), str(g)): int(n) for (a, s, g), n in total.items()}


def town(**more: Any) -> Toy:
    """P has 12 places up to the cap, Q as many 20 minutes away; area a has 20 entrants: 8 owners, 12 with a permit."""
    return Toy(
        [{"school_id": "P", "stage": "primary", "rooms": 1}, {"school_id": "Q", "stage": "primary", "rooms": 1}],
        {("a", "P"): 5.0, ("a", "Q"): 25.0, ("b", "P"): 6.0, ("b", "Q"): 20.0},
        {("a", "G1"): 20},
        tables={"applicants": applicants(("a", "owner", None, 0.4), ("a", "permit", None, 0.6))},
        **{"parameters": HARD, **more},
    )


def test_tiers_of_the_table_are_admitted_in_their_order() -> None:
    found = town().allocate()
    assert found.groups == ("owner", "resident", "permit")
    assert by_group(found) == {("a", "P", "owner"): 8, ("a", "P", "permit"): 4, ("a", "Q", "permit"): 8}


def test_points_decide_between_areas() -> None:
    rows = applicants(("a", "permit", None, 1.0, None, 60.0), ("b", "permit", None, 1.0, None, 90.0))
    found = town(parameters=HARD)
    found = replace(found, pupils={("a", "G1"): 10, ("b", "G1"): 8}, tables={"applicants": rows}).allocate()
    assert by_group(found) == {("b", "P", "permit"): 8, ("a", "P", "permit"): 4, ("a", "Q", "permit"): 6}


def test_who_applies_to_private_schools_is_told_by_the_share() -> None:
    schools = [
        {"school_id": "P", "stage": "primary", "rooms": 9},
        {"school_id": "Q", "stage": "primary", "rooms": 9, "sector": "private"},
    ]
    toy = replace(
        town(), schools=schools, tables={}, parameters={"rule": "nearest", "private_share": {"primary": 0.25}}
    )
    assert by_group(toy.allocate()) == {("a", "P", "public"): 15, ("a", "Q", "private"): 5}
    # nobody is known to apply: private schools are like others
    near = replace(toy, parameters={"rule": "nearest"}, minutes={("a", "P"): 9.0, ("a", "Q"): 5.0})
    assert by_group(near.allocate()) == {("a", "Q", "all"): 20}


def test_pupils_keep_their_group_as_they_go_up_and_groups_change_no_total() -> None:
    pupils = {("a", "G1"): (20, 17, 9), ("a", "G2"): (0, 20, 18), ("a", "G3"): (0, 0, 20), ("b", "G1"): (3, 0, 5)}
    toy = replace(town(), pupils=pupils, years=(2025, 2026, 2027))
    found, plain = toy.allocate(), replace(toy, tables={}, parameters={"rule": "tiers", "calibrate": False}).allocate()
    assert (found.demand.sum(axis=3) == plain.demand.sum(axis=3)).all()
    assert plain.groups == ("all",)
    of_cohort = [found.demand[0, t, t].tolist() for t in range(3)]
    assert of_cohort[0] == [8, 0, 12]
    assert of_cohort == [of_cohort[0]] * 3
    placed = np.zeros_like(found.demand)
    np.add.at(placed, (found.area, found.year, found.grade, found.group), found.pupils)
    assert (placed + found.unplaced == found.demand).all()

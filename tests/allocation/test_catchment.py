"""The rule `catchment`: single and shared zones, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_run import Toy, flows

from placesim.allocation.catchment import zone_weights
from placesim.allocation.problem import Zones
from placesim.messages import LANGUAGES, label

NAN = float("nan")
SCHOOLS = [{"school_id": s, "stage": "primary", "rooms": r} for s, r in (("P", 3), ("Q", 1), ("R", 9))]
MINUTES = {("a", "P"): 5.0, ("a", "Q"): 9.0, ("b", "P"): 20.0, ("b", "Q"): 10.0, ("b", "R"): 30.0}


def zone(area: str, school: str, **more: Any) -> dict[str, Any]:
    return {"area_id": area, "school_id": school, "stage": "primary", **more}


def run(*zones: dict[str, Any], **more: Any) -> dict[tuple[str, str], int]:
    pupils = {("a", "G1"): 20, ("b", "G1"): 12}
    toy = Toy(SCHOOLS, MINUTES, pupils, tables={"catchments": zones}, parameters={"rule": "catchment"}, **more)
    return flows(toy.allocate())


def test_single_zones_whatever_the_distance_and_the_places() -> None:
    assert run(zone("a", "R"), zone("b", "Q")) == {("a", "R"): 20, ("b", "Q"): 12}


def test_shared_zones_by_given_shares() -> None:
    assert run(zone("a", "P", share=0.25), zone("a", "Q", share=0.75), zone("b", "R")) == {
        ("a", "P"): 5,
        ("a", "Q"): 15,
        ("b", "R"): 12,
    }


def test_shared_zones_by_design_places() -> None:
    assert run(zone("a", "P"), zone("a", "Q"), zone("b", "P"), zone("b", "R")) == {
        ("a", "P"): 15,  # 30 : 10 places
        ("a", "Q"): 5,
        ("b", "P"): 3,  # 30 : 90
        ("b", "R"): 9,
    }


def test_an_area_without_a_zone_goes_to_the_nearest_with_a_note() -> None:
    toy = Toy(SCHOOLS, MINUTES, {("a", "G1"): 20, ("b", "G1"): 12}, parameters={"rule": "catchment"})
    found = Toy(**{**toy.__dict__, "tables": {"catchments": [zone("a", "R")]}}).allocate()
    assert flows(found) == {("a", "R"): 20, ("b", "Q"): 12}
    assert found.notes == ("allocation.no_catchment",)
    assert found.capacity_bound == ()
    assert all(label(found.notes[0], language) for language in LANGUAGES)
    whole_county = Toy(**{**toy.__dict__, "tables": {"catchments": [zone("a", "R"), zone("b", "R")]}}).allocate()
    assert whole_county.notes == ()


def test_zones_are_dated() -> None:
    zones = [zone("a", "P", valid_to=2025), zone("a", "Q", valid_from=2026), zone("b", "R")]
    toy = Toy(
        SCHOOLS, MINUTES, {("a", "G1"): 20}, years=(2025, 2026),
        tables={"catchments": zones}, parameters={"rule": "catchment"},
    )  # fmt: skip
    rows = toy.allocate().rows()
    assert dict(zip(rows["year"], rows["school_id"], strict=True)) == {2025: "P", 2026: "Q"}


def test_a_zone_whose_school_does_not_teach_the_grade_falls_to_the_nearest() -> None:
    schools = [*SCHOOLS[:2], {**SCHOOLS[2], "last_grade": "G2"}]
    pupils = {("b", "G1"): 4, ("b", "G3"): 6}
    toy = Toy(schools, MINUTES, pupils, tables={"catchments": [zone("b", "R")]}, parameters={"rule": "catchment"})
    assert flows(toy.allocate()) == {("b", "R"): 4, ("b", "Q"): 6}


def test_odd_pupils_of_many_small_areas_do_not_all_go_to_the_first_school() -> None:
    areas = [f"a{i:02}" for i in range(40)]
    schools = [{"school_id": s, "stage": "primary", "rooms": 9} for s in ("P", "Q")]
    zones = [zone(a, s) for a in areas for s in ("P", "Q")]
    toy = Toy(
        schools, {(a, s): 5.0 for a in areas for s in ("P", "Q")}, {(a, "G1"): 1 for a in areas}, areas=areas,
        tables={"catchments": zones}, parameters={"rule": "catchment"},
    )  # fmt: skip
    to_first = sum(n for (_, school), n in flows(toy.allocate()).items() if school == "P")
    assert 18 <= to_first <= 22


@pytest.mark.parametrize(
    ("shares", "places", "weights"),
    [
        ([NAN, NAN], [30, 10], [0.75, 0.25]),
        ([NAN, NAN], [0, 0], [0.5, 0.5]),
        ([0.5, NAN], [30, 10], [0.5, 0.5]),
        ([0.2, 0.3], [1, 1], [0.4, 0.6]),  # a school of the zone has closed: the rest share all
        ([1.0, NAN], [1, 1], [1.0, 0.0]),
        ([0.0, 0.0], [1, 1], [0.5, 0.5]),
        ([0.8, 0.8], [1, 1], [0.5, 0.5]),
    ],
)
def test_weights_of_a_zone(shares: list[float], places: list[int], weights: list[float]) -> None:
    zones = Zones(np.zeros(2, dtype=int), np.arange(2), np.array(shares))
    assert zone_weights(zones, np.array(places)).tolist() == pytest.approx(weights)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.one_of(st.just(NAN), st.floats(0, 1))),
        unique_by=lambda row: row[:2],
        max_size=12,
    ).map(sorted),
    st.lists(st.integers(0, 50), min_size=4, max_size=4),
)
def test_weights_sum_to_one_in_every_zone(rows: list[tuple[int, int, float]], places: list[int]) -> None:
    node, school, share = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((int, int, float)))
    weights = zone_weights(Zones(node, school, share), np.array(places))
    assert (weights >= 0).all()
    assert np.bincount(node, weights=weights)[np.unique(node)].tolist() == pytest.approx([1.0] * len(np.unique(node)))

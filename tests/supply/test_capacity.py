"""From rooms to places, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import STAGES
from hypothesis import given
from hypothesis import strategies as st

from placesim.standards.norms import StageNorms
from placesim.supply import capacity
from placesim.vocabulary import APPROVED, CLOSED, FLOOR_AREA, GIVEN, LAND, ROOMS

NORMS = {
    "primary": StageNorms(45, 50, 56, 30, floor_area_per_place=8, site_area_per_place=20),
    "junior": StageNorms(50, 50, 55),
}


def test_design_size_of_a_campus_without_all_grades_is_the_incomplete_one() -> None:
    sizes = capacity.class_sizes(NORMS, STAGES, np.array([[False, False], [True, True]]))
    assert sizes[0].tolist() == [[45, 50, 56], [50, 50, 55]]
    assert sizes[1].tolist() == [[30, 50, 56], [50, 50, 55]]  # junior has no incomplete size


def test_cap_and_emergency_are_never_below_design() -> None:
    norms = {"primary": StageNorms(45, 40, 42), "junior": StageNorms(30, 30, 30, class_size_incomplete=35)}
    sizes = capacity.class_sizes(norms, STAGES, np.array([[True, True]]))
    assert sizes[0].tolist() == [[45, 45, 45], [35, 35, 35]]


def test_a_stage_without_norms_has_no_class_size() -> None:
    assert capacity.class_sizes({}, STAGES, np.zeros((1, 2), dtype=bool)).tolist() == [[[0, 0, 0], [0, 0, 0]]]


def test_area_limits_by_hand() -> None:
    limit = capacity.area_limits(NORMS, STAGES, np.array([4000.0, np.nan]), np.array([9000.0, 1000.0]))
    assert limit[0].tolist() == [[500, 450], [np.inf, np.inf]]
    assert limit[1].tolist() == [[np.inf, 50], [np.inf, np.inf]]


@pytest.mark.parametrize(
    ("limits", "places", "binding"),
    [
        ([np.inf, np.inf, np.inf], [540, 600, 672], ROOMS),
        ([500.0, np.inf, np.inf], [500, 500, 500], FLOOR_AREA),
        ([np.inf, 480.7, np.inf], [480, 480, 480], LAND),
        ([500.0, 480.0, 300.0], [300, 300, 300], APPROVED),
        ([540.0, np.inf, np.inf], [540, 540, 540], ROOMS),  # equal terms: rooms are named first
        ([np.inf, np.inf, 610.0], [540, 600, 610], ROOMS),  # approval binds above design only
    ],
)
def test_places_are_the_least_term_at_every_level(limits: list[float], places: list[int], binding: int) -> None:
    size = np.array([[[45.0, 50.0, 56.0]]])
    found, term = capacity.room_places(np.array([[12]]), size, np.array([[limits]]))
    assert found[0, 0, 0].tolist() == places
    assert term[0, 0, 0] == binding


def test_float_noise_costs_no_place() -> None:
    found, _ = capacity.room_places(
        np.array([[30]]), np.array([[[0.1 * 3 * 10, 3.0, 3.0]]]), np.full((1, 1, 3), np.inf)
    )
    assert found[0, 0, 0].tolist() == [90, 90, 90]


def test_given_places_grow_with_the_class_size() -> None:
    size = np.array([[[45.0, 50.0, 56.0], [50.0, 50.0, 55.0]], [[0.0, 0.0, 0.0], [30.0, 30.0, 30.0]]])
    given = np.array([[[270.0, 90.0], [np.nan, np.nan]], [[100.0, 1.0], [99.0, 1.0]]])
    assert capacity.given_places(given, size)[:, :, 1].tolist() == [
        [[90, 100, 112], [0, 0, 0]],
        [[1, 1, 1], [1, 1, 1]],
    ]
    assert capacity.given_places(given, size)[:, :, 0].tolist() == [
        [[270, 300, 336], [0, 0, 0]],
        [[100, 100, 100], [99, 99, 99]],
    ]


def test_join_and_mask() -> None:
    rooms = np.full((2, 2, 1, 3), 7), np.full((2, 2, 1), ROOMS)
    places, binding = capacity.join(np.array([True, False]), rooms, np.full((2, 2, 1, 3), 9))
    taught = np.array([[[True], [False]], [[True], [True]]])
    places, binding = capacity.mask_closed(places, binding, taught)
    assert places[..., 0, 0].tolist() == [[7, 0], [9, 9]]
    assert binding[..., 0].tolist() == [[ROOMS, CLOSED], [GIVEN, GIVEN]]


@given(
    rooms=st.integers(0, 300),
    sizes=st.lists(st.floats(1, 80), min_size=3, max_size=3),
    limits=st.lists(st.one_of(st.floats(0, 1e5), st.just(np.inf)), min_size=3, max_size=3),
)
def test_levels_never_fall_and_no_term_is_passed(rooms: int, sizes: list[float], limits: list[float]) -> None:
    size = np.maximum.accumulate(np.array([[sizes]]), axis=-1)
    found, _ = capacity.room_places(np.array([[rooms]]), size, np.array([[limits]]))
    levels = found[0, 0, 0]
    assert (np.diff(levels) >= 0).all()
    assert (levels <= min(limits) + 1e-6).all()
    assert (levels <= rooms * size[0, 0] + 1e-6).all()

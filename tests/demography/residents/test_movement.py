"""Movement learnt from other counties: features by hand, what is recovered, how far it is shrunk, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.movement import (
    FEATURES,
    fit_movement,
    movement_features,
    predict_held_out,
    yearly_rate,
)
from placesim.errors import InputError

EDGES = [0, 5, 10, 15, 20, 25, 30, 35, 40, 101]


def made_up(
    rng: np.random.Generator, counties: int = 200, noise: float = 0.02
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    features = rng.normal(size=(counties, 3)) * [1.0, 5.0, 0.1]
    group = rng.integers(0, 8, counties)
    change = 0.1 + features @ [0.05, -0.02, 0.0] + np.linspace(-0.1, 0.1, 8)[group] + noise * rng.normal(size=counties)
    return features, change, [f"g{g}" for g in group]


def test_features_by_hand():
    people = np.ones((1, 2, 9)) * [[10, 20, 30, 5, 40, 50, 10, 25, 100], [10, 20, 30, 5, 60, 50, 10, 25, 100]]
    got = dict(zip(FEATURES, movement_features(people, EDGES, [600])[0], strict=True))
    everyone = 290 + 310
    np.testing.assert_allclose(got["residents_per_registered"], np.log(everyone / 600), atol=1e-12)
    np.testing.assert_allclose(got["young_adults"], np.log((40 + 50 + 10 + 60 + 50 + 10) / everyone))
    np.testing.assert_allclose(got["parents_age"], np.log(100 / 50))
    np.testing.assert_allclose(got["parents_sex"], 0, atol=1e-12)
    np.testing.assert_allclose(got["children_per_parent"], np.log(20 / 85))
    np.testing.assert_allclose([got["growth_to_5_9"], got["growth_to_10_14"]], np.log([2, 1.5]))


def test_the_gap_to_the_registered_counts_either_way():
    people = np.ones((2, 2, 9))
    got = movement_features(people, EDGES, [9, 36])
    np.testing.assert_allclose(got[:, 0], [np.log(2), -np.log(2)])
    np.testing.assert_allclose(got[:, 1], np.log(2))


def test_slopes_and_groups_are_recovered():
    features, change, groups = made_up(np.random.default_rng(1))
    model = fit_movement(features, change, groups=groups)
    np.testing.assert_allclose(model.slope / model.scale, [0.05, -0.02, 0.0], atol=0.005 / model.scale.min())
    effect = dict(zip(model.groups, model.effect, strict=True))
    np.testing.assert_allclose(effect["g7"] - effect["g0"], 0.2, atol=0.03)
    np.testing.assert_allclose(model.predict(features, groups), change, atol=0.1)


def test_noise_is_not_learnt():
    rng = np.random.default_rng(2)
    features, change = rng.normal(size=(60, 8)), 0.1 + 0.2 * rng.normal(size=60)
    model = fit_movement(features, change, groups=[f"g{i % 6}" for i in range(60)])
    plain = np.linalg.lstsq(np.column_stack([np.ones(60), features]), change, rcond=None)[0][1:]
    assert np.abs(model.slope).sum() < 0.5 * np.abs(plain).sum()


def test_a_county_whose_borders_moved_hardly_counts():
    features, change, groups = made_up(np.random.default_rng(3), counties=60)
    moved = change.copy()
    moved[0] += 2.0
    models = [fit_movement(features, y, groups=groups) for y in (change, moved)]
    assert models[1].weight[0] < 0.1
    np.testing.assert_allclose(models[0].predict(features[1:]), models[1].predict(features[1:]), atol=0.02)


def test_a_group_not_seen_has_no_effect_of_its_own():
    features, change, groups = made_up(np.random.default_rng(4))
    model = fit_movement(features, change, groups=groups)
    np.testing.assert_array_equal(model.predict(features, ["elsewhere"] * len(features)), model.predict(features))


def test_held_out_counties_are_not_looked_at():
    features, change, groups = made_up(np.random.default_rng(5), counties=40)
    fold = np.arange(40) % 5
    got = predict_held_out(features, change, fold, groups=groups)
    other = change.copy()
    other[fold == 2] += 1.0
    again = predict_held_out(features, other, fold, groups=groups)
    np.testing.assert_array_equal(got[fold == 2], again[fold == 2])
    assert np.abs(got - change).mean() < np.abs(change - change.mean()).mean()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_order_and_units_change_nothing(seed):
    rng = np.random.default_rng(seed)
    features, change, groups = made_up(rng, counties=30)
    order = rng.permutation(30)
    model = fit_movement(features, change, groups=groups)
    turned = fit_movement(features[order] * 7 + 3, change[order], groups=[groups[i] for i in order])
    np.testing.assert_allclose(model.predict(features, groups), turned.predict(features * 7 + 3, groups), atol=1e-7)


def test_counties_that_are_all_alike():
    model = fit_movement(np.ones((5, 2)), np.full(5, 0.2))
    np.testing.assert_allclose(model.predict(np.ones((1, 2))), 0.2)


def test_a_yearly_rate_compounds():
    np.testing.assert_allclose((1 + yearly_rate(np.log(1.5), 10)) ** 10, 1.5)
    with pytest.raises(InputError, match="years"):
        yearly_rate(0.1, 0)


GOOD = np.ones((2, 2, 9))


@pytest.mark.parametrize(
    ("people", "edges", "registered", "text"),
    [
        (np.where(np.arange(9) == 3, np.nan, GOOD), EDGES, [1, 1], r"residents\[0, 0, 3\]"),
        (-GOOD, EDGES, [1, 1], r"residents\[0, 0, 0\]"),
        (GOOD, EDGES, [1, 0], r"registered\[1\]"),
        (GOOD, EDGES, [1], "residents"),
        (GOOD, EDGES[1:], [1, 1], "residents"),
        (GOOD, [0, 4, *EDGES[2:]], [1, 1], "must hold the ages 0 and 5"),
        (np.where(np.arange(9) == 0, 0.0, GOOD), EDGES, [1, 1], "nobody aged 0–4"),
        (GOOD[0], EDGES, [1, 1], "3 axes"),
    ],
)
def test_features_that_cannot_be_told(people, edges, registered, text):
    with pytest.raises(InputError, match=text):
        movement_features(people, edges, registered)


@pytest.mark.parametrize(
    ("features", "change", "groups", "text"),
    [
        (np.full((5, 1), np.nan), np.ones(5), None, r"features\[0, 0\]"),
        (np.ones((5, 1)), [0, 0, np.inf, 0, 0], None, r"change\[2\]"),
        (np.ones((5, 1)), np.ones(4), None, "change"),
        (np.ones((3, 1)), np.ones(3), None, "four or more"),
        (np.ones((5, 1)), np.ones(5), ["a"], "groups"),
        (np.ones(5), np.ones(5), None, "2 axes"),
    ],
)
def test_a_fit_that_cannot_be(features, change, groups, text):
    with pytest.raises(InputError, match=text):
        fit_movement(features, change, groups=groups)


def test_a_prediction_needs_the_same_features():
    model = fit_movement(np.random.default_rng(0).normal(size=(6, 2)), np.ones(6))
    with pytest.raises(InputError, match="2 features"):
        model.predict(np.ones((1, 3)))
    with pytest.raises(InputError, match="fold"):
        predict_held_out(np.ones((5, 1)), np.ones(5), [1])

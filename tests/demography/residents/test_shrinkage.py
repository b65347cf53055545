"""Shrinkage: spreads found, small areas pulled, jumps kept, nothing known nothing claimed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.shrinkage import Evidence, Levels, Shrunk, between_sd, shrink


def drawn(rng: np.random.Generator, areas: int = 150, columns: int = 6) -> tuple[Evidence, Levels, np.ndarray]:
    """(evidence, levels, true rate): types differ, areas spread by 0.02, column 3 jumps."""
    kind = rng.integers(0, 3, areas)
    region = rng.integers(0, 15, areas)
    truth = np.array([0.03, 0.0, -0.04])[kind][:, None] + 0.02 * rng.normal(size=(areas, 1)) + np.zeros(columns)
    truth[:, 3] += np.array([0.08, 0.0, -0.06])[kind]
    exposure = rng.lognormal(4, 1.0, (areas, 1)) * np.ones(columns)
    noise = 0.3 * exposure
    return (
        Evidence(truth * exposure + np.sqrt(noise) * rng.normal(size=truth.shape), exposure, noise),
        Levels(kind, region),
        truth,
    )


def county(evidence: Evidence) -> np.ndarray:
    return evidence.moves.sum(axis=0) / np.maximum(evidence.exposure.sum(axis=0), 1e-12)


def shrunk(evidence: Evidence, levels: Levels) -> Shrunk:
    return shrink(evidence, levels, county(evidence))


def miss(rate: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(((rate - truth) ** 2).mean()))


def test_it_lies_nearer_to_the_truth_than_own_counts_or_types_and_near_the_best_there_is():
    """The best knows the spread between areas (0.02) and their types: it misses by the root of mean τ²v ÷ (τ² + v)."""
    ratios = []
    for seed in range(20):
        evidence, levels, truth = drawn(np.random.default_rng(seed))
        got = shrunk(evidence, levels)
        variance = evidence.variance[:, 0] / evidence.moves.shape[1]
        best = np.sqrt((0.02**2 * variance / (0.02**2 + variance)).mean())
        assert miss(got.rate, truth) < min(miss(evidence.rate, truth), miss(got.by_kind[levels.kind], truth))
        ratios.append(miss(got.rate, truth) / best)
    assert np.mean(ratios) < 1.2


def test_the_spread_between_areas_is_found_and_the_jump_kept():
    evidence, levels, _ = drawn(np.random.default_rng(1), areas=600)
    got = shrunk(evidence, levels)
    assert got.sd[2] == pytest.approx(0.02, abs=0.004)
    np.testing.assert_allclose(got.by_kind[:, 3] - got.by_kind[:, 2], [0.08, 0.0, -0.06], atol=0.012)


def test_the_more_counted_the_less_pulled():
    evidence, levels, _ = drawn(np.random.default_rng(2))
    order = np.argsort(evidence.exposure[:, 0])
    weight = shrunk(evidence, levels).own_weight[order]
    assert (np.diff(weight) >= -1e-12).all()
    assert weight[-1] - weight[0] > 0.3


def test_where_areas_do_not_differ_they_are_all_as_their_type():
    rng = np.random.default_rng(3)
    exposure = np.full((200, 2), 50.0)
    evidence = Evidence(
        0.02 * exposure + np.sqrt(0.3 * exposure) * rng.normal(size=exposure.shape), exposure, 0.3 * exposure
    )
    got = shrunk(evidence, Levels(np.zeros(200, dtype=np.int64), np.arange(200) % 10))
    assert np.ptp(got.rate[:, 0]) < 0.3 * np.ptp(evidence.rate[:, 0])


def test_one_wild_area_does_not_move_its_type():
    evidence, levels, _ = drawn(np.random.default_rng(4))
    wild = int(np.flatnonzero(levels.kind == 1)[0])
    moves = evidence.moves.copy()
    moves[wild] += 3 * evidence.exposure[wild]
    before, after = shrunk(evidence, levels), shrunk(Evidence(moves, evidence.exposure, evidence.noise), levels)
    np.testing.assert_allclose(before.by_kind[1], after.by_kind[1], atol=0.01)


def test_areas_and_columns_without_counts_take_what_is_above_them():
    evidence, levels, _ = drawn(np.random.default_rng(5))
    parts = [p.copy() for p in (evidence.moves, evidence.exposure, evidence.noise)]
    for part in parts:
        part[7] = 0
        part[:, 5] = 0
    thin = Evidence(*parts)
    level = county(thin)
    level[5] = 0.123
    got = shrink(thin, levels, level)
    assert np.isfinite(got.rate).all()
    np.testing.assert_allclose(got.by_kind[:, 5], 0.123)
    assert got.own_weight[7] == 0


def test_nothing_counted_is_the_county_everywhere():
    nothing = np.zeros((4, 3))
    levels = Levels(np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2]))
    np.testing.assert_array_equal(
        shrink(Evidence(nothing, nothing.copy(), nothing.copy()), levels, np.full(3, 0.1)).rate, 0.1
    )


def test_the_spread_by_hand():
    """Two pairs, each 2 apart with variance 0.5: scatter 4 · 2 · 1² = 8, of it 2 by chance; scale 2 · (4 − 8 ÷ 4)."""
    value, parent = np.array([0.0, 2.0, 5.0, 7.0]), np.array([0, 0, 1, 1])
    assert between_sd(value, np.full(4, 0.5), parent) == pytest.approx(np.sqrt((8 - 2) / 4))
    assert between_sd(value, np.full(4, 50.0), parent) == 0
    assert between_sd(value, np.full(4, np.inf), parent) == 0


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_areas_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    evidence, levels, _ = drawn(rng, areas=20, columns=4)
    order = rng.permutation(20)
    turned = Evidence(*(p[order] for p in (evidence.moves, evidence.exposure, evidence.noise)))
    again = shrunk(turned, Levels(levels.kind[order], levels.region[order]))
    np.testing.assert_allclose(shrunk(evidence, levels).rate[order], again.rate, atol=1e-9)

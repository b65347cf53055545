"""Random numbers by name: the same for the same name, others for others, whatever else is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from placesim.demography.uncertainty.streams import normals, persistent, persistent_variance, stream, uniforms


def test_a_unit_keeps_its_numbers_when_others_come_or_go():
    alone = normals(3, "place", 5, ("T1",), 4)
    among = normals(3, "place", 5, ("T0", "T1", "T2"), 4)
    np.testing.assert_array_equal(alone[:, 0], among[:, 1])


def test_a_draw_keeps_its_numbers_when_more_are_drawn():
    np.testing.assert_array_equal(uniforms(3, "built", 5, ("a",)), uniforms(3, "built", 9, ("a",))[:5])


@pytest.mark.parametrize(
    "other", [(4, "place", 1, "T1"), (3, "entry", 1, "T1"), (3, "place", 2, "T1"), (3, "place", 1, "T2")]
)
def test_another_seed_purpose_draw_or_unit_is_another_stream(other):
    assert stream(3, "place", 1, "T1").random() != stream(*other).random()


def test_the_variance_of_a_persistent_path_is_the_formulas():
    paths = persistent(normals(1, "fertility", 4000, ("",), 6)[:, 0], 0.1, 0.9)
    expected = persistent_variance(6, 0.1, 0.9)
    np.testing.assert_allclose(paths.var(axis=0), expected, rtol=0.12)  # 5 standard errors of a variance of 4000
    np.testing.assert_allclose(expected[:2], [0.01, 0.01 + 0.0081])


def test_draws_come_in_pairs_of_opposite_sign():
    z, u = normals(3, "place", 5, ("T1", "T2"), 4), uniforms(3, "built", 5, ("a", "b"))
    np.testing.assert_array_equal(z[:4:2], -z[1:4:2])
    np.testing.assert_allclose(u[:4:2], 1 - u[1:4:2])
    assert np.isfinite(z).all()

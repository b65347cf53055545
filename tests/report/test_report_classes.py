"""One scale per measure: which class a value belongs to, and that nobody has to tell red from green."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.report.classes import SCALES, UNPLACED_SHARE, UTILISATION, Scale

# Machado, Oliveira, Fernandes 2009: linear RGB as seen with complete deuteranopia, protanopia and tritanopia.
DEFICIENCIES = {
    "none": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    "deutan": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    "protan": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    "tritan": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}


def test_the_limits_of_utilisation_belong_to_the_class_below() -> None:
    values = [0.0, 0.5, 0.500001, 0.75, 0.95, 1.0, 1.000001, 1.1, 1.11, np.nan]
    assert UTILISATION.of(values).tolist() == [0, 0, 1, 1, 2, 3, 4, 4, 5, -1]
    assert UTILISATION.labels() == ["≤50%", "50–75%", "75–95%", "95–100%", "100–110%", ">110%"]


def test_nobody_without_a_place_is_a_class_of_its_own() -> None:
    assert UNPLACED_SHARE.of([0.0, 1e-9, 0.01, 0.3]).tolist() == [0, 1, 1, 5]
    assert UNPLACED_SHARE.labels()[:2] == ["0%", "0–1%"]


@given(st.floats(0, 1000), st.sampled_from(list(SCALES.values())))
def test_a_value_lies_within_the_bounds_of_its_class(value: float, scale: Scale) -> None:
    above, up_to = scale.bounds()[int(scale.of(value))]
    assert above is None or above < value
    assert up_to is None or value <= up_to


@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
def test_a_scale_has_a_colour_and_a_label_for_each_class(scale: Scale) -> None:
    count = len(scale.breaks) + 1
    assert len(scale.colours) == len(scale.labels()) == len(scale.bounds()) == count == len(set(scale.colours))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("scale", SCALES.values(), ids=list(SCALES))
def test_neighbouring_classes_differ_for_every_eye(scale: Scale, deficiency: str) -> None:
    seen = np.array([_lab(colour, DEFICIENCIES[deficiency]) for colour in scale.colours])
    apart = np.linalg.norm(np.diff(seen, axis=0), axis=1)
    assert apart.min() > 6, apart  # CIE76; about 2.3 is just noticeable


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_empty_and_overfull_schools_never_look_alike(deficiency: str) -> None:
    seen = np.array([_lab(colour, DEFICIENCIES[deficiency]) for colour in UTILISATION.colours])
    apart = np.linalg.norm(seen[:2, None] - seen[None, 4:], axis=2)
    assert apart.min() > 25, apart


def _lab(colour: str, deficiency: list[float]) -> np.ndarray:
    """CIE Lab (D65) of an sRGB colour as seen by an eye."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        np.reshape(deficiency, (3, 3)) @ linear, 0, 1
    )
    f = np.cbrt(xyz / (0.9505, 1.0, 1.089))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

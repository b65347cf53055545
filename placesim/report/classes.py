"""The fixed classes of every map and workbook: one scale per measure, the same in all years and all faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scale:
    """Classes of a measure: class k holds breaks[k − 1] < value ≤ breaks[k], the outer ones are open.

    `colours`: one per class, told apart with every kind of colour blindness (blue–red or one hue light to dark).
    `percent`: the measure is a share and its limits read best in per cent.
    """

    measure: str
    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    percent: bool = False

    def of(self, values: Any) -> NDArray[np.int64]:
        """Class of each value, −1 where it is not known."""
        known = np.asarray(values, dtype=float)
        return np.where(np.isnan(known), -1, np.searchsorted(self.breaks, known, side="left"))

    def labels(self) -> list[str]:
        """The classes in figures, free of language: ≤50%, 50–75%, …, >110%."""
        shown = [f"{b * 100:g}%" if self.percent else f"{b:g}" for b in self.breaks]
        between = [f"{low.rstrip('%')}–{high}" for low, high in pairwise(shown)]
        first = shown[0] if self.breaks[0] == 0 else f"≤{shown[0]}"
        return [first, *between, f">{shown[-1]}"]

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """(above, up to) of each class, None where it is open."""
        edges: Sequence[float | None] = (None, *self.breaks, None)
        return list(pairwise(edges))


UTILISATION: Final = Scale(
    "utilisation",
    (0.5, 0.75, 0.95, 1.0, 1.1),
    ("#2166ac", "#67a9cf", "#d1e5f0", "#fddbc7", "#ef8a62", "#b2182b"),
    percent=True,
)
UNPLACED_SHARE: Final = Scale(
    "unplaced_share",
    (0.0, 0.01, 0.05, 0.1, 0.25),
    ("#f4f3f6", "#dadaeb", "#bcbddc", "#9e9ac8", "#756bb1", "#54278f"),
    percent=True,
)
PUPILS: Final = Scale(
    "pupils",
    (10, 25, 50, 100, 200, 400),
    ("#f5f7f6", "#d8e9df", "#b5d6c6", "#8cc0ae", "#5aa18d", "#2f7f6d", "#0f5a4c"),
)
MINUTES: Final = Scale(
    "minutes_mean",
    (10, 20, 30, 45, 60),
    ("#faf6ea", "#f6e3b4", "#eec27a", "#dd9c50", "#bd7630", "#8a4b1c"),
)
WALKERS: Final = Scale(
    "walkers",
    (20, 50, 100, 200, 400),
    ("#fef0d9", "#fdd49e", "#fdbb84", "#fc8d59", "#e34a33", "#b30000"),
)
UNKNOWN_COLOUR: Final = "#ffffff"

SCALES: Final = {scale.measure: scale for scale in (UTILISATION, UNPLACED_SHARE, PUPILS, MINUTES)}

"""Feeders (对口直升): pupils who finish a stage go on to the schools that theirs feeds."""

from __future__ import annotations

import numpy as np

from placesim.allocation.calibration import Pattern, joined
from placesim.allocation.county import County
from placesim.allocation.intake.stock import Stock
from placesim.allocation.problem import pairs
from placesim.records import Ints


def fed(county: County, stage: int, t: int, finished: Stock, entering: Ints) -> Pattern | None:
    """Where the entrants of a stage want to go: those whose school feeds others there, the rest by the pattern.

    finished: pupils in the last grade they had; entering[area]. Of an area's entrants the share of its finishing pupils
    that feeders lead follows them, at most all; a feeder without share divides equally. Without feeders of the stage,
    or where none finishes, the pattern alone, which may be unknown (None).
    """
    pattern = county.wants(stage, t)
    feeders = county.feeders.of(stage, county.places, t)
    before = finished.take(county.places.stages.stage_of_grade[finished.grade] == stage - 1)
    led, way = pairs(before.school, feeders.source)
    if not len(led):
        return pattern
    everyone = np.maximum(entering, before.by_area(county.pupils[:, 0].shape).sum(axis=(1, 2)))
    area, pupils = before.area[led], before.pupils[led] * feeders.share[way]
    followers = np.bincount(area, weights=pupils, minlength=len(entering))
    others = 1 - np.divide(followers, everyone, out=np.ones(len(entering)), where=everyone > 0)
    base = pattern or county.ground.model(stage, t)
    return joined(
        np.concatenate([area, base.area]),
        np.concatenate([feeders.target[way], base.school]),
        np.concatenate([pupils / everyone[area], base.share * np.clip(others, 0, 1)[base.area]]),
    )

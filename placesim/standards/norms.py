"""The norms of one stage, resolved from a rule pack: what `supply` and `allocation` work with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageNorms:
    """Norms of a stage. class sizes in pupils per class; areas in m² per place; minutes one way.

    design ≤ cap ≤ emergency; `class_size_incomplete` is the design size of campuses that do not teach every grade of
    the stage (村小, 教学点); None = no norm.
    """

    class_size_design: float
    class_size_cap: float
    class_size_emergency: float
    class_size_incomplete: float | None = None
    floor_area_per_place: float | None = None
    site_area_per_place: float | None = None
    minutes: float | None = None

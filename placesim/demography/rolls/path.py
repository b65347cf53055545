"""One forecast of the rolls: the area, the schools beside it, and every cell's path."""

from __future__ import annotations

from placesim.demography.rolls.area import follow_area
from placesim.demography.rolls.grades import taught_grades
from placesim.demography.rolls.history import History
from placesim.demography.rolls.schools import compare_schools, walk
from placesim.records import Floats


def follow_rolls(history: History, steps: int) -> Floats:
    """pupils[step, school, grade] expected `steps` years on, step 0 the last year of the history."""
    area = follow_area(history, steps)
    return walk(history, area, compare_schools(history, area), taught_grades(history, steps))

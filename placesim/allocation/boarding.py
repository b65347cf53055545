"""Ways too long for a day: whose pupils board, and the beds for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.flow import Beds
from placesim.allocation.problem import Boarding
from placesim.records import Floats, Ints


def boards(boarding: Boarding | None, minutes: Floats) -> NDArray[np.bool_]:
    """Whether the pupils of a way of minutes[row] board."""
    return minutes > (boarding.day_minutes if boarding else np.inf)


def with_beds(boarding: Boarding | None, school: Ints) -> NDArray[np.bool_]:
    """Whether school[row] has a bed left."""
    return np.ones(len(school), dtype=bool) if boarding is None else boarding.beds[school] > 0


def beds_for(boarding: Boarding | None, minutes: Floats) -> Beds | None:
    """What the flow is told of ways of minutes[row]."""
    return Beds(boards(boarding, minutes), boarding.beds) if boarding else None

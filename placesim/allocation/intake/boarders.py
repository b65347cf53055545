"""Who sleeps at school: pupils whose way is longer than a day pupil's."""

from __future__ import annotations

import numpy as np

from placesim.allocation.county import County
from placesim.allocation.intake.stock import Stock
from placesim.records import Ints


def boarders(county: County, rows: Stock) -> Ints:
    """boarders[school, stage] among the rows; none in stages without a longest way of day pupils."""
    found = np.zeros((len(county.places.ids), len(county.ways)), dtype=np.int64)
    stage = county.places.stages.stage_of_grade[rows.grade]
    home = (rows.area < county.outside_area) & (rows.school < county.outside_school)
    for k, ways in enumerate(county.ways):
        if np.isfinite(county.day_minutes(k)):
            mine = rows.take(home & (stage == k))
            far = mine.take(ways.between(mine.area, mine.school) > county.day_minutes(k))
            np.add.at(found[:, k], far.school, far.pupils)
    return found

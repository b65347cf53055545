"""Age groups of children spread over single ages as their cohorts were born."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.residents.axes import AGES, BOTH
from placesim.demography.residents.known_births import known_births
from placesim.demography.residents.schedules import bundled_mortality, survival_from_mortality
from placesim.records import Floats, Frozen, Inputs, Ints

YOUNG: Final = 16  # from this age on people have moved too much for births to tell how many there are of an age


@dataclass(frozen=True, eq=False)
class BirthShapes(Frozen):
    """Births × survival of those of each age, NaN where their births are not known: own[row, age < YOUNG] by those of
    the area, county[row, age] by those of the county. Rows are area · year · sex (female, male, both)."""

    own: Floats
    county: Floats

    def spread(self, single: Floats, counts: Floats, group: tuple[int, int]) -> Floats:
        """single[row, age] with the ages of a group (first, last) in proportion to births × survival, the group's
        counts[row] kept; as it was where the births of some of its ages are not known.

        The births of the area speak before those of the county.
        """
        first, last = group
        if not first < last < YOUNG:
            return single
        single = single.copy()
        for shape in (self.county[:, first : last + 1], self.own[:, first : last + 1]):
            total = shape.sum(axis=1)  # NaN unless all are known
            rows = np.flatnonzero(total > 0)
            single[rows, first : last + 1] = counts[rows, None] * shape[rows] / total[rows, None]
        return single

    def of(self, rows: Ints) -> BirthShapes:
        """The shapes of some rows."""
        return BirthShapes(self.own[rows], self.county[rows])


def birth_shapes(inputs: Inputs, years: tuple[int, ...], day: str) -> BirthShapes:
    """Shapes for residents counted on the `day` (MM-DD) of calendar `years`."""
    cohort = np.array(years, dtype=np.int64)[:, None] - np.arange(YOUNG)  # [year, age]
    listed, place = np.unique(cohort, return_inverse=True)
    births = known_births(inputs, tuple(int(c) for c in listed), day)
    place = place.reshape(cohort.shape)
    survival = survival_from_mortality(np.broadcast_to(bundled_mortality(), (BOTH, AGES)))
    alive = np.cumprod(survival, axis=1)[:, :YOUNG]
    alive = np.concatenate([alive, alive.mean(axis=0, keepdims=True)])  # [sex, age]
    own = births.area[:, place][:, :, None] * alive
    county = np.broadcast_to(births.county[place][:, None] * alive, own.shape)
    return BirthShapes(own.reshape(-1, YOUNG), county.reshape(-1, YOUNG))

"""The planning areas of a county as an axis, to which areas are summed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.records import Floats, Inputs, Ints


@dataclass(frozen=True, eq=False)
class Regions:
    """names of the planning areas, `""` for areas that belong to none; region[area] their positions."""

    names: tuple[str, ...]
    region: Ints

    def total(self, values: Floats) -> Floats:
        """values[area, …] → sums[region, …]."""
        sums = np.zeros((len(self.names), *values.shape[1:]))
        np.add.at(sums, self.region, values)
        return sums


def regions_of(inputs: Inputs) -> Regions:
    """The planning areas that have areas, in the order of their ids."""
    areas = inputs.areas
    given = areas["planning_area"].tolist() if "planning_area" in areas else [None] * len(areas)
    named = np.array([name if isinstance(name, str) else "" for name in given], dtype=object)
    names, region = np.unique(named.astype(str), return_inverse=True)
    return Regions(tuple(str(n) for n in names), region.astype(np.int64))

"""Control totals of residents and births, by planning area or county, and the factors that meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from placesim.demography.frames import numbers, positions
from placesim.demography.regions import regions_of
from placesim.records import Floats, Frozen, Inputs, Ints

MEASURES: Final = ("residents", "births")  # of the table `totals`; `pupils` are no business of the projection


@dataclass(frozen=True, eq=False)
class ControlTotals(Frozen):
    """Totals of each step, NaN where none is given: planning_area[step, region], county[step].

    region[area]: position of its planning area.
    """

    region: Ints
    planning_area: Floats
    county: Floats

    def factors(self, step: int, values: Floats) -> Floats:
        """factor[area] by which values[area] (modelled persons) are scaled to meet the totals of a step.

        Every planning area with a total is scaled in proportion; a county total is met by the planning areas that have
        none of their own. Where there is nobody to scale, the factor is 1.
        """
        sums = np.bincount(self.region, values, minlength=self.planning_area.shape[1])
        target = self.planning_area[step]
        own = np.isfinite(target)
        by_region = np.divide(target, sums, out=np.ones_like(sums), where=own & (sums > 0))
        rest = sums[~own].sum()
        if np.isfinite(self.county[step]) and rest > 0:
            met = (sums * by_region)[own].sum()
            by_region[~own] = max(self.county[step] - met, 0.0) / rest
        return by_region[self.region]


def read_totals(inputs: Inputs, years: tuple[int, ...], measure: str) -> ControlTotals:
    """The table `totals` for one measure and the steps between `years`; a step is controlled by the total of its end.

    Residents are those on the reference date of the year, births those of the twelve months before it.
    """
    regions = regions_of(inputs)
    totals = inputs.frame("totals")
    rows = totals[(totals["measure"].astype(object) == measure).to_numpy(dtype=bool)]
    year, value = numbers(rows, "year"), numbers(rows, "value")
    county = rows["planning_area"].isna().to_numpy(dtype=bool)
    region = positions(rows, "planning_area", regions.names)
    step = year - years[0] - 1
    use = (step >= 0) & (step < len(years) - 1) & np.isfinite(value)
    by_region = np.full((len(years) - 1, len(regions.names)), np.nan)
    own, all_areas = use & ~county & (region >= 0), use & county
    by_region[step[own].astype(np.int64), region[own]] = value[own]
    by_county = np.full(len(years) - 1, np.nan)
    by_county[step[all_areas].astype(np.int64)] = value[all_areas]
    return ControlTotals(regions.region, by_region, by_county)

"""Births that are known by mother's residence, and how the births of a projection meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.frames import numbers, positions
from placesim.demography.residents.births import cohort_births
from placesim.records import Floats, Frozen, Inputs, Ints

# Births where the mother lives follow the children's homes. Those by place of registration or by hospital do not, and
# are never reconciled to.
RECONCILED: Final = "mother_residence"


@dataclass(frozen=True, eq=False)
class KnownBirths(Frozen):
    """Births of the cohorts of some years, NaN where not known: area[area, year], county[year]."""

    area: Floats
    county: Floats

    def factors(self, year: int, modelled: Floats) -> Floats:
        """factor[area] by which the modelled[area] births of the year-th year are scaled to the known ones.

        An area with known births meets them; what is left of the county's is met by the other areas in proportion.
        The factor is 1 where nothing is known and where the model has no births to scale.
        """
        own = self.area[:, year]
        known = np.isfinite(own)
        factor = np.divide(own, modelled, out=np.ones_like(modelled), where=known & (modelled > 0))
        rest = modelled[~known].sum()
        if np.isfinite(self.county[year]) and rest > 0:
            factor[~known] = max(self.county[year] - own[known].sum(), 0.0) / rest
        return factor


def known_births(inputs: Inputs, cohorts: tuple[int, ...], cutoff: str) -> KnownBirths:
    """Births by mother's residence of `cohorts`, each born in the twelve months up to `cutoff` (MM-DD) of its year.

    From the table `births`: rows of areas, and rows without an area for the county; other bases are left aside. A
    cohort whose twelve months are not all given is not known.
    """
    births = inputs.frame("births")
    births = births[(births["basis"].astype(object) == RECONCILED).to_numpy(dtype=bool)]
    area = positions(births, "area_id", inputs.area_ids)
    whole = births["area_id"].isna().to_numpy(dtype=bool)
    by_area = _by_cohort(births[area >= 0], area[area >= 0], cohorts, cutoff, count=len(inputs.area_ids))
    county = _by_cohort(births[whole], np.zeros(whole.sum(), dtype=np.int64), cohorts, cutoff, count=1)
    return KnownBirths(by_area, county[0])


def _by_cohort(births: pd.DataFrame, unit: Ints, cohorts: tuple[int, ...], cutoff: str, *, count: int) -> Floats:
    """births[unit, cohort], NaN where not all twelve months are given."""
    known = np.full((count, len(cohorts)), np.nan)
    if len(births) == 0:
        return known
    table = pd.DataFrame({c: numbers(births, c) for c in ("year", "month", "births")}).assign(unit=unit)
    total = cohort_births(table.dropna(subset=["year", "births"]), cutoff=cutoff)
    column = pd.Index(cohorts).get_indexer(pd.Index(total["year"]))
    use = column >= 0
    known[total["unit"].to_numpy()[use], column[use]] = total["births"].to_numpy()[use]
    return known

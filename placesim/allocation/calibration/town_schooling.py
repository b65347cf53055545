"""Village children at town schools (乡村学生进城就学): how the pull of towns on villages goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placesim.allocation.tables import counted
from placesim.records import Demand, Floats, Inputs, Ints, Places
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import AREA_TYPES

RURAL = AREA_TYPES.index("rural")  # towns stand before it, blank types past the last
_YEARS = 6  # of past rolls, and of pupils to come, that a trend is read from
_LEAST = 1e-6  # a school that nobody attends comes back slowly, but it does


@dataclass(frozen=True)
class TownSchooling:
    """origin[area], destination[school]: position of the area type; mode hold | trend | reverse for so many years;
    change[stage]: of the log odds of a town school for village children, per year (trend)."""

    origin: Ints
    destination: Ints
    mode: str
    years: int
    change: Floats

    def attraction(self, attraction: Floats, stage: int, t: int) -> Floats:
        """attraction[origin, school] of a stage in the year at position t.

        hold: as fitted, for every origin. trend: town schools draw village children exp(change × t) times as much.
        reverse: to village children all schools become alike, attraction^(1 − t ÷ years), so that in the end nearness,
        size and catchments alone decide. Both end with `years`.
        """
        out = np.tile(attraction, (int(self.origin.max(initial=0)) + 1, 1))
        if len(out) <= RURAL or self.mode == "hold":
            return out
        passed = min(t, self.years)
        if self.mode == "trend":
            out[RURAL] *= np.where(self.destination < RURAL, np.exp(self.change[stage] * passed), 1.0)
        else:
            out[RURAL] = np.maximum(attraction, _LEAST) ** (1 - passed / self.years)
        return out


def town_schooling(places: Places, demand: Demand, inputs: Inputs, options: AllocationOptions) -> TownSchooling:
    """What the scenario says of it; the trend, where nothing is said, is that of the rolls beside the residents."""
    told = options.allocation
    origin = area_types([*inputs.areas["area_type"], None])
    destination = area_types(places.schools["area_type"])
    count = len(places.stages.ids)
    change = np.full(count, told.town_schooling_change or 0.0)
    if told.town_schooling == "trend" and told.town_schooling_change is None:
        change = np.array([_trend(places, demand, inputs, k, (origin, destination)) for k in range(count)])
    return TownSchooling(origin, destination, told.town_schooling, told.town_schooling_years, change)


def area_types(types: Iterable[str | None]) -> Ints:
    """Positions in vocabulary.AREA_TYPES, past the last where blank."""
    return np.array([AREA_TYPES.index(t) if t in AREA_TYPES else len(AREA_TYPES) for t in types], dtype=np.int64)


def _trend(places: Places, demand: Demand, inputs: Inputs, stage: int, types: tuple[Ints, Ints]) -> float:
    """Change per year of the log odds of town schools in the rolls, less that of town homes among the pupils to come:
    villages empty in any case, and only what goes beyond that is a change of schooling."""
    origin, destination = types
    grades = places.stages.grade_slice(places.stages.ids[stage])
    rolls = {y: _by_type(counted(inputs, places, y)[:, grades], destination) for y in _past(inputs, places)}
    past = slope(np.array(list(rolls), dtype=float), np.array(list(rolls.values())).reshape(-1, 2))
    years = np.array(demand.years[:_YEARS], dtype=float)
    homes = demand.pupils[:, : len(years), grades].sum(axis=(2, 3))
    return past - slope(years, np.array([_by_type(homes[:, t], origin) for t in range(len(years))]))


def _past(inputs: Inputs, places: Places) -> list[int]:
    years = pd.to_numeric(inputs.frame("enrolment")["year"]).dropna().unique()
    return sorted(int(y) for y in years if places.years[0] - _YEARS < y <= places.years[0])


def _by_type(pupils: Floats, kind: Ints) -> Floats:
    """(in towns, in villages); blanks are grades that a school does not teach."""
    return np.array([np.nansum(pupils[kind < RURAL]), np.nansum(pupils[kind == RURAL])])


def slope(years: Floats, pupils: Floats) -> float:
    """Change per year of log(pupils[year, 0] ÷ pupils[year, 1]) by least squares; 0 with fewer than three years of
    both."""
    known = (pupils > 0).all(axis=1)
    if known.sum() < 3:
        return 0.0
    return float(np.polyfit(years[known], np.log(pupils[known, 0] / pupils[known, 1]), 1)[0])

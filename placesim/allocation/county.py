"""What the years of an allocation have in common, and what a stage is in one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.calibration import Calibration, Ground, Pattern, Rolls, calibrate, known_rolls, town_schooling
from placesim.allocation.entitlements import Entitlements, entitlements_of
from placesim.allocation.people import divided, whole_pupils
from placesim.allocation.problem import Boarding
from placesim.allocation.stage_year import Question, StageYear, lay_out
from placesim.allocation.tables import (
    DatedFeeders,
    Ways,
    counted,
    dated_feeders,
    dated_zones,
    home_flows,
    inflow_weights,
    ways_by_stage,
)
from placesim.allocation.year import Pool
from placesim.records import Demand, Floats, Inputs, Ints, Places, Travel
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import CAPACITY_BOUND, DESIGN, EMERGENCY, LEVELS, TIERED


@dataclass(frozen=True)
class County:
    """pupils[area, year, grade, group] whole, the last area being outside, and leavers of them who attend beyond the
    border; where pupils from outside are enrolled, inflow_weight[stage, school]; ground: ways, zones, home flows and
    places; classes[school, grade] as counted in the base year, 0 where not; entitlements: whom the groups are."""

    pupils: Ints
    leavers: Ints
    ground: Ground
    feeders: DatedFeeders
    inflow_weight: Floats
    classes: Ints
    options: AllocationOptions
    entitlements: Entitlements
    calibration: Calibration | None = None

    @property
    def places(self) -> Places:
        return self.ground.places

    @property
    def ways(self) -> tuple[Ways, ...]:
        return self.ground.ways

    @property
    def outside_area(self) -> int:
        return len(self.pupils) - 1

    @property
    def outside_school(self) -> int:
        return len(self.places.ids)

    @property
    def rules(self) -> list[str]:
        return [self.options.rule(s) for s in self.places.stages.ids]

    @property
    def bound(self) -> NDArray[np.bool_]:
        """bound[stage]: the rule keeps to the places."""
        return np.array([rule in CAPACITY_BOUND for rule in self.rules])

    def fill(self, stage: int) -> int:
        """The level up to which the rule of a stage admits."""
        return LEVELS.index(self.options.allocation.fill) if self.rules[stage] in TIERED else EMERGENCY

    def grades(self, stage: int) -> slice:
        return self.places.stages.grade_slice(self.places.stages.ids[stage])

    def day_minutes(self, stage: int) -> float:
        """The longest way of a day pupil."""
        return self.options.allocation.day_minutes.get(self.places.stages.ids[stage], np.inf)

    def boarding(self, stage: int, boarders: Ints) -> Boarding | None:
        """What the rule of a stage is told of beds, boarders[school] sleeping in them already."""
        limit = self.day_minutes(stage)
        return Boarding(limit, np.maximum(self.beds - boarders, 0)) if np.isfinite(limit) else None

    @property
    def beds(self) -> Ints:
        """beds[school], 0 where not known."""
        known = pd.to_numeric(self.places.schools["beds"]).fillna(0) if "beds" in self.places.schools else 0
        return np.broadcast_to(np.asarray(known, dtype=np.int64), (len(self.places.ids),)).copy()

    def wants(self, stage: int, t: int) -> Pattern | None:
        """Where newcomers want to go in the year at position t, if the base year tells."""
        known = self.calibration is not None and self.calibration.fitted[stage] is not None
        return self.calibration.wants(stage, t) if known and self.calibration else None

    def lay_out(self, stage: int, t: int, cells: Ints, teaches: NDArray[np.bool_], wants: Pattern | None) -> StageYear:
        """Nodes of a stage in a year: cells[area, grade, group] to place at schools with teaches[school, grade]."""
        places = self.places
        zones, everywhere = self.ground.zones_of(stage, t), np.ones(len(places.ids))
        laid = lay_out(
            Question(
                cells=cells,
                teaches=teaches,
                ways=self.ways[stage],
                zones=(zones.node, zones.school, zones.share),
                kind=self.entitlements.kind(stage),
                inflow_weight=np.stack([self.inflow_weight[stage], places.places[:, stage, t, DESIGN], everywhere]),
                wants=wants,
            )
        )
        return replace(laid, admission=self.entitlements.admission(stage, t, laid))

    def pool(self, t: int) -> Pool:
        """The campuses in the year at position t."""
        p = self.places
        taught = np.stack([p.serves[:, self.grades(k), t].any(axis=1) for k in range(len(p.stages.ids))], axis=1)
        return Pool(p.rooms[:, t], p.class_size, p.places[:, :, t], p.bought[:, :, t], p.binding[:, :, t], taught)


def county_of(demand: Demand, travel: Travel, places: Places, inputs: Inputs, options: AllocationOptions) -> County:
    """The county, calibrated to the rolls of its base year where they are known and the scenario does not forbid it."""
    entitlements = entitlements_of(demand, places, inputs, options)
    pupils, leavers = divided(*whole_pupils(demand), entitlements.groups, demand.years, demand.stages)
    ground = Ground(
        ways_by_stage(travel, options), dated_zones(places, travel.areas), home_flows(inputs, places), places,
        options.allocation,
    )  # fmt: skip
    classes = np.nan_to_num(counted(inputs, places, places.years[0], "classes")).astype(np.int64)
    feeders, inflow = dated_feeders(inputs, places), inflow_weights(inputs, places)
    county = County(pupils, leavers, ground, feeders, inflow, classes, options, entitlements)
    return replace(county, calibration=_calibration(county, demand, inputs)) if options.allocation.calibrate else county


def _calibration(county: County, demand: Demand, inputs: Inputs) -> Calibration:
    roll = counted(inputs, county.places, county.places.years[0])
    rolls = tuple(_rolls(county, demand, roll, k) for k in range(len(county.rules)))
    return calibrate(
        county.ground, rolls, county.inflow_weight, town_schooling(county.places, demand, inputs, county.options)
    )


def _rolls(county: County, demand: Demand, roll: Floats, stage: int) -> Rolls:
    grades = county.grades(stage)
    leaving = demand.leaving_share[:, stage].copy()
    leaving[-1] = 0.0
    teaches = county.places.serves[:, grades, 0]
    return Rolls(county.pupils[:, 0, grades].sum(axis=2), known_rolls(roll[:, grades], teaches), teaches, leaving)

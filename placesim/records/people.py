"""Residents, the pupils among them, and sampled futures of the pupils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records.base import Floats, Frozen, no_rows, require
from placesim.records.county import Stages
from placesim.vocabulary import CENTRAL, OUTSIDE, PARTS

ENTRANTS = ("area_id", "year", "source", "pupils", "disaggregated")
WATERFALL = ("planning_area", "stage", "year", "component", "source", "pupils")


@dataclass(frozen=True)
class Projection(Frozen):
    """Residents by area, year, sex (0 female, 1 male) and single age on the reference date, with their components.

    residents[area, year, sex, age]; the component arrays have one step fewer on the year axis (step i leads from
    years[i] to years[i + 1]) and are all zero-size for a supplied projection, whose components are not known.
    births[area, step, sex]; deaths, net_migration, housing, displacement [area, step, sex, age at the end of the step].
    control[area, step, sex, age]: what control totals of residents added (negative: took away) at the end of the step.
    births_control[area, step, sex]: how many of the births, all counted in `births`, were added to the modelled ones
    because births are known or controlled. last_told: of a supplied projection, the last year its table tells; later
    years are held as that one.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    method: str  # cohort | given
    residents: Floats
    births: Floats
    deaths: Floats
    net_migration: Floats
    housing: Floats
    displacement: Floats
    draw: int = CENTRAL
    control: Floats = field(default_factory=lambda: np.zeros((0, 0, 0, 0)))
    births_control: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    last_told: int | None = None

    def check(self) -> None:
        require((self.residents >= 0).all(), "Projection: residents below zero")
        if self.method != "cohort":
            return
        aged = np.zeros_like(self.residents[:, 1:])
        aged[..., 1:] = self.residents[:, :-1, :, :-1]
        aged[..., -1] += self.residents[:, :-1, :, -1]
        aged[..., 0] += self.births
        end = aged - self.deaths + self.net_migration + self.housing - self.displacement + self.control
        gap = np.abs(end - self.residents[:, 1:]).max(initial=0.0)
        require(gap <= 1e-6 * max(1.0, self.residents.max(initial=0.0)), f"Projection: account open by {gap}")

    def year(self, year: int) -> Floats:
        """residents[area, sex, age] of a year."""
        return self.residents[:, self.years.index(year)]


@dataclass(frozen=True)
class Demand(Frozen):
    """Children who need a place, fractional: pupils[area, year, grade, group] and the parts that sum to them.

    The last area is `outside` (pupils who live beyond the border and attend here).
    leaving_share[area, stage]: share of an area's pupils who attend beyond the border (whole areas axis).
    observed[year, grade]: weight of what was observed of the cohort (rolls, known children) against the residents.
    participation[area of the county, grade]: pupils per resident of the grade's age. homes_factor: children whom new
    homes have brought, by the registers, per child of their household profiles.
    entrants: area_id, year, source (a basis of the known children, or residents), pupils, disaggregated: where the
    children of the entry grade come from. waterfall: planning_area, stage, year, component, pupils: how the pupils of a
    year follow from those of the year before; the components of vocabulary.WATERFALL sum to the pupils.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    groups: tuple[str, ...]
    pupils: Floats
    parts: Mapping[str, Floats]
    leaving_share: Floats
    observed: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    participation: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    homes_factor: float = 1.0
    entrants: pd.DataFrame = field(default_factory=lambda: no_rows(ENTRANTS))
    waterfall: pd.DataFrame = field(default_factory=lambda: no_rows(WATERFALL))
    notes: tuple[str, ...] = ()
    draw: int = CENTRAL

    def check(self) -> None:
        require(self.areas[-1] == OUTSIDE, "Demand: the last area must be outside")
        require(tuple(self.parts) == PARTS, f"Demand: parts must be {PARTS}")
        require((self.pupils >= 0).all(), "Demand: pupils below zero")
        gap = np.abs(sum(self.parts.values()) - self.pupils).max(initial=0.0)
        require(gap <= 1e-6, f"Demand: parts miss the pupils by {gap}")

    def stage_pupils(self, stage: str) -> Floats:
        """pupils[area, year] of a stage, all groups."""
        return self.pupils[:, :, self.stages.grade_slice(stage)].sum(axis=(2, 3))


@dataclass(frozen=True)
class DemandDraws(Frozen):
    """Sampled futures of the demand: pupils[draw, planning area, year, grade] of draws 1, 2, … (the central run is not
    among them). The last planning area is `outside`; areas without a planning area stand under "".

    named: low | medium | high → the draw at the 10th, 50th and 90th percentile of the county's pupils over all years,
    all grades. One draw is one future, so its figures add up over areas, stages and years; quantiles do not.
    """

    planning_areas: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    pupils: NDArray[np.float32]
    named: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        require(self.planning_areas[-1] == OUTSIDE, "DemandDraws: the last planning area must be outside")
        require(bool((self.pupils >= 0).all()), "DemandDraws: pupils below zero")
        shape = (len(self.planning_areas), len(self.years), len(self.stages.grades))
        require(self.pupils.shape[1:] == shape, f"DemandDraws: axes must be {shape}")

    @property
    def count(self) -> int:
        return len(self.pupils)

    def by_stage(self) -> NDArray[np.float32]:
        """pupils[draw, planning area, year, stage]."""
        starts = [self.stages.grade_slice(s).start for s in self.stages.ids]
        return np.add.reduceat(self.pupils, starts, axis=-1)

"""What each stage of the spine is told: small frozen records, so that a stage depends on nothing it does not use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from placesim.records import Stages
from placesim.scenario.changes import Change
from placesim.scenario.parameters import (
    AccessParameters,
    AllocationParameters,
    DemandParameters,
    Demography,
    Housing,
    TravelParameters,
    Uncertainty,
)
from placesim.standards.norms import StageNorms


@dataclass(frozen=True)
class ProjectionOptions:
    """For `demography.project`."""

    years: tuple[int, ...]
    reference_date: str  # MM-DD
    demography: Demography
    housing: Housing
    stages: Stages | None = None  # whose rolls tell how children move where nothing else does


@dataclass(frozen=True)
class DemandOptions:
    """For `demography.estimate_demand`."""

    years: tuple[int, ...]
    stages: Stages
    demand: DemandParameters
    reference_date: str = "08-31"  # MM-DD
    housing: Housing = field(default_factory=Housing)


@dataclass(frozen=True)
class DrawOptions:
    """For `demography.draw_demand`."""

    demand: DemandOptions
    projection: ProjectionOptions
    uncertainty: Uncertainty


@dataclass(frozen=True)
class SupplyOptions:
    """For `supply.roll_forward`."""

    years: tuple[int, ...]
    stages: Stages
    norms: Mapping[str, StageNorms]
    changes: Mapping[str, Change]


@dataclass(frozen=True)
class TravelOptions:
    """For `geo.measure_travel`."""

    travel: TravelParameters


@dataclass(frozen=True)
class AccessOptions:
    """For `geo.measure_access`."""

    travel: TravelParameters
    access: AccessParameters


@dataclass(frozen=True)
class AllocationOptions:
    """For `allocation.allocate`."""

    stages: Stages
    allocation: AllocationParameters

    def rule(self, stage: str) -> str:
        return self.allocation.rules.get(stage, self.allocation.rule)


@dataclass(frozen=True)
class AssessmentOptions:
    """For `assessment.assess`: the pack by name or path, the resolved norms (minutes, class sizes), the changes by
    name, how fast children walk (km/h), how new homes fill, and how often they are late."""

    stages: Stages
    pack: str
    norms: Mapping[str, StageNorms]
    changes: Mapping[str, Change] = field(default_factory=dict)
    walk_speed: float = 3.6
    housing: Housing = field(default_factory=Housing)
    uncertainty: Uncertainty = field(default_factory=Uncertainty)

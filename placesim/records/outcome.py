"""What a run computed, and how it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from placesim.records.allocation import Allocation, AllocationDraws
from placesim.records.base import no_rows
from placesim.records.people import Demand, DemandDraws, Projection
from placesim.records.supply import Places
from placesim.records.ways import Access, Travel

BACKTEST = ("stage", "level", "method", "horizon", "n", "mape", "bias", "coverage")


@dataclass(frozen=True)
class Results:
    """What a run computed, before it is judged. `projection` is None for a county that runs on rolls and children,
    `draws` for a run without sampled futures, `allocation_draws` where these were not placed anew. backtest: stage,
    level (cell | school | total), method, horizon, n, mape, bias, coverage of forecasts of the rolls from past years;
    no rows where the past is too short.
    explanations: account, movement, entry_ratios, yields (`demography.explanations`). place_values: school_id, stage,
    year, minutes that one more place would save, where asked for."""

    projection: Projection | None
    demand: Demand
    travel: Travel
    places: Places
    allocation: Allocation
    access: Access
    draws: DemandDraws | None = None
    backtest: pd.DataFrame = field(default_factory=lambda: no_rows(BACKTEST))
    explanations: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    allocation_draws: AllocationDraws | None = None
    place_values: pd.DataFrame | None = None


@dataclass(frozen=True)
class Assessment:
    """What is measured and what is found.

    measures: unit (`school`, `campus`, `institution`, `area`, `planning_area`, `area_type`, `county`) → one row per
    unit × stage × year, columns of vocabulary.METRICS (schools also `typology`, `reason`, `persistent`, `binding`,
    `class_basis`, `complete`). `institution` joins campuses.
    findings: rule_id, unit, id, stage, year, metric, value, operator, limit, severity, document, clause, confidence,
    document_en, label_zh, label_en.
    lists: `crowded`, `underused`: school_id, stage, first_year, … one row per school and stage.
    futures: `fans` by planning area (blank: the county), stage and year, `chances` by school, stage and year, of the
    sampled futures; no rows without them.
    tables: what the rooms of the assessment say beside, by the name it is saved under; `not_computable` among them
    (what, input_table, input_column).
    """

    measures: Mapping[str, pd.DataFrame]
    findings: pd.DataFrame
    lists: Mapping[str, pd.DataFrame]
    futures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # label keys: what could not be computed, and why

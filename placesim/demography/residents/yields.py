"""Pupils per dwelling by years since completion: what a household profile becomes as its people age, have children and
leave. An output of the projection's own step, and linear in the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from placesim.arguments import LARGEST, as_numbers, is_number, refuse
from placesim.demography.residents.cohort import Rates, project_population
from placesim.demography.residents.population import AGES, BOTH
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Stages

YEARS: Final = 30  # years since completion that are told
COLUMNS: Final = ("dwelling_type", "stage", "years_since", "pupils_per_dwelling", "pupils_per_occupied_dwelling")


@dataclass(frozen=True, eq=False)
class HomeRates(Frozen):
    """What happens to the people of new homes in a year, the same in every year.

    survival[sex, age] and fertility[age] as `cohort.Rates` has them; out_rate[sex, age] share of survivors, by age at
    the end of the year, who leave and are not replaced; turnover: share of the households who move out in a year and
    are replaced by others as they were themselves when they moved in.
    """

    survival: Floats
    fertility: Floats
    out_rate: Floats
    males_per_female_birth: float
    turnover: float = 0.0

    def __post_init__(self) -> None:
        wanted = {"survival": (BOTH, AGES), "fertility": (AGES,), "out_rate": (BOTH, AGES)}
        for name, shape in wanted.items():
            values = as_numbers(name, getattr(self, name), axes=len(shape), truths=False).copy()
            if values.shape != shape:
                raise InputError(name, f"must have the axes {shape}", value=f"shape {values.shape}")
            refuse(name, values, ~np.isfinite(values) | (values < 0), "must be a number, 0 or more")
            if name != "fertility":
                refuse(name, values, values > 1, "must not exceed 1")
            object.__setattr__(self, name, values)
        males = as_numbers("males_per_female_birth", self.males_per_female_birth, axes=0, truths=False)
        refuse("males_per_female_birth", males, ~(np.isfinite(males) & (males > 0)), "must be a number above 0")
        turnover = as_numbers("turnover", self.turnover, axes=0, truths=False)
        refuse("turnover", turnover, ~((turnover >= 0) & (turnover <= 1)), "must lie within 0–1")
        super().__post_init__()


@dataclass(frozen=True, eq=False)
class YieldModel(Frozen):
    """From a household profile to pupils: rates of its people, the stages, the share of dwellings occupied 0, 1, 2 …
    years after completion (the last one for ever), and pupils per resident of a stage's ages (1 where not named)."""

    rates: HomeRates
    stages: Stages
    occupied: tuple[float, ...] = (1.0,)
    participation: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, kind in (("rates", HomeRates), ("stages", Stages), ("participation", Mapping)):
            given = getattr(self, name)
            if not isinstance(given, kind):
                raise InputError(name, f"must be {kind.__name__}", value=type(given).__name__)
        ramp = as_numbers("occupied", self.occupied, axes=1, truths=False)
        if not len(ramp):
            raise InputError("occupied", "must name the share of at least one year")
        refuse("occupied", ramp, ~((ramp >= 0) & (ramp <= 1)), "must lie within 0–1")
        object.__setattr__(self, "occupied", tuple(ramp.tolist()))
        for stage, share in self.participation.items():
            if stage not in self.stages.ids:
                raise InputError("participation", f"must name stages of {self.stages.ids}", value=stage)
            name = f"participation[{stage!r}]"
            pupils = as_numbers(name, share, axes=0, truths=False)
            refuse(name, pupils, ~((pupils >= 0) & (pupils <= LARGEST)), "must be a number, 0 or more, below 2⁵³")
        super().__post_init__()


def pupil_yields(profiles: Mapping[str, ArrayLike], model: YieldModel, *, years: int = YEARS) -> pd.DataFrame:
    """Pupils per dwelling by dwelling type, stage and years since completion 0 … `years`.

    profiles: dwelling type → persons[age 0–100+] of an occupied dwelling when its residents enter. Columns:
    dwelling_type, stage, years_since, pupils_per_dwelling (completed ones), pupils_per_occupied_dwelling (NaN where
    nobody lives yet). Each type is projected as an area of its own. Raises InputError for other shapes and for persons
    that are negative or missing.
    """
    checked_model(model)
    persons = np.stack([checked_profile(f"profiles[{t!r}]", given) for t, given in checked_types(profiles).items()])
    residents = _filling(persons, model, _years(years))
    pupils = _stage_pupils(residents, model)  # [type, years since, stage]
    occupied = _ramp(model, years)
    lived_in = np.divide(pupils, occupied[:, None], out=np.full_like(pupils, np.nan), where=occupied[:, None] > 0)
    names, stages = list(profiles), model.stages.ids
    index = pd.MultiIndex.from_product(
        [names, range(years + 1), stages], names=["dwelling_type", "years_since", "stage"]
    )
    table = pd.DataFrame({COLUMNS[3]: pupils.ravel(), COLUMNS[4]: lived_in.ravel()}, index=index).reset_index()
    order = np.arange(len(table)).reshape(len(names), years + 1, len(stages)).swapaxes(1, 2).ravel()
    return table.iloc[order].reset_index(drop=True)[list(COLUMNS)]


def yields_by_age(model: YieldModel, *, years: int = YEARS) -> Floats:
    """pupils[age at entry, stage, years since completion] per completed dwelling with one person of that age at entry.

    Yields of any profile are persons[age] times it: everything that happens to people is proportional to them.
    """
    units = np.eye(AGES)
    checked_model(model)
    return _stage_pupils(_filling(units, model, _years(years)), model).swapaxes(1, 2)


# ------------------------------------------------------------------------------------------------ what people become
def _filling(persons: Floats, model: YieldModel, years: int) -> Floats:
    """residents[type, years since completion, age] per completed dwelling, dwellings filling by the ramp.

    Those who fill a dwelling later enter with the profile at entry; dwellings emptied by a falling ramp lose it.
    """
    lived = _aged(persons, model.rates, years)
    filled = np.diff(_ramp(model, years), prepend=0.0)
    residents = np.zeros_like(lived)
    for later in np.flatnonzero(filled):
        residents[:, later:] += filled[later] * lived[:, : years + 1 - later]
    return residents


def _aged(persons: Floats, rates: HomeRates, years: int) -> Floats:
    """residents[type, years since entry, age] of one household each, by the projection's own step, movers last."""
    people = np.repeat(persons[:, None, :], BOTH, axis=1) / BOTH
    nobody, males = np.zeros((1, *people.shape)), np.array([rates.males_per_female_birth])
    step = Rates(rates.survival[None, None], rates.fertility[None, None], nobody, males)
    ends = [people]
    for _ in range(years):
        staying = project_population(ends[-1], step).population[1] * (1.0 - rates.out_rate)
        ends.append((1.0 - rates.turnover) * staying + rates.turnover * people)
    return np.stack(ends, axis=1).sum(axis=2)


def _stage_pupils(residents: Floats, model: YieldModel) -> Floats:
    """pupils[…, stage] of residents[…, age]."""
    attending = np.zeros((AGES, len(model.stages.ids)))
    share = np.array([model.participation.get(s, 1.0) for s in model.stages.ids])
    attending[model.stages.ages, model.stages.stage_of_grade] = share[model.stages.stage_of_grade]
    pupils: Floats = residents @ attending
    return pupils


def _ramp(model: YieldModel, years: int) -> Floats:
    ramp = np.asarray(model.occupied, dtype=np.float64)
    return ramp[np.minimum(np.arange(years + 1), len(ramp) - 1)]


# -------------------------------------------------------------------------------------------------- what is refused
def checked_types(profiles: Mapping[str, ArrayLike]) -> Mapping[str, ArrayLike]:
    """`profiles`. Raises InputError unless it maps at least one dwelling type to its profile."""
    if not isinstance(profiles, Mapping):
        raise InputError("profiles", "must map dwelling types to their persons by age", value=type(profiles).__name__)
    if not profiles:
        raise InputError("profiles", "must hold at least one dwelling type")
    return profiles


def checked_model(model: YieldModel) -> YieldModel:
    """`model`. Raises InputError for anything else."""
    if not isinstance(model, YieldModel):
        raise InputError("model", "must be a YieldModel", value=type(model).__name__)
    return model


def checked_profile(argument: str, persons: ArrayLike) -> Floats:
    """persons[age 0–100+] as float64. Raises InputError for another length and for negative or missing persons."""
    values = as_numbers(argument, persons, axes=1, truths=False)
    if len(values) != AGES:
        raise InputError(argument, f"must have {AGES} ages (0–100+)", value=len(values))
    refuse(argument, values, ~np.isfinite(values) | (values < 0), "must be a number, 0 or more")
    refuse(argument, values, values > LARGEST, "must not be above 2⁵³")
    return values


def _years(years: int) -> int:
    if not is_number(years) or isinstance(years, (float, np.floating)) or years < 0 or years > AGES:
        raise InputError("years", f"must be a whole number from 0 to {AGES}", value=years)
    return int(years)

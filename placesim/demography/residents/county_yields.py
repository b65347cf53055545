"""Yields of a county's own new homes: its rates, its profiles, its ramp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from placesim.demography.residents.household_profiles import dwelling_types, read_profiles
from placesim.demography.residents.population import read_population
from placesim.demography.residents.rates import yearly_rates
from placesim.demography.residents.yields import YEARS, HomeRates, YieldModel, pupil_yields
from placesim.records import Floats, Inputs, Stages
from placesim.scenario.options import ProjectionOptions


def county_yields(
    inputs: Inputs,
    options: ProjectionOptions,
    stages: Stages,
    *,
    participation: Mapping[str, float] | None = None,
    years: int = YEARS,
) -> pd.DataFrame:
    """`pupil_yields` of the county's dwelling types and the bundled ones, at the county's mean rates of the base year.

    One more column: admitted_per_dwelling, pupils whom the home entitles to a place in its district (all of a type that
    is not bundled). participation: pupils per resident of a stage's ages (1 where not named).
    """
    profiles = read_profiles(inputs)
    model = county_model(inputs, options, stages, participation=participation)
    table = pupil_yields(dict(zip(profiles.types, profiles.at_entry, strict=True)), model, years=years)
    admission = {name: kind.admission for name, kind in dwelling_types().items()}
    entitled = table["dwelling_type"].map(admission).fillna(1.0).to_numpy(dtype=np.float64)
    return table.assign(admitted_per_dwelling=table["pupils_per_dwelling"] * entitled)


def county_model(
    inputs: Inputs, options: ProjectionOptions, stages: Stages, *, participation: Mapping[str, float] | None = None
) -> YieldModel:
    """The county's mean rates and its ramp: what `calibrate_profiles` fits the rows of the table `yields` with."""
    ramp = tuple(options.housing.occupied) or (1.0,)
    return YieldModel(county_home_rates(inputs, options), stages, ramp, {} if participation is None else participation)


def county_home_rates(inputs: Inputs, options: ProjectionOptions) -> HomeRates:
    """Survival, fertility and leaving of the county as a whole in the base year: means over its areas by residents.

    Newcomers (in_count) are the area's, not the new homes': nobody is taken to replace those who leave.
    """
    base = options.years[0]
    people = _residents(inputs, options)
    rates = yearly_rates(inputs, (base,), people=people, demography=options.demography, base=base)
    weight = people / people.sum()
    return HomeRates(
        survival=np.einsum("a,asx->sx", weight, rates.survival[0]),
        fertility=weight @ rates.fertility[0],
        out_rate=np.einsum("a,asx->sx", weight, rates.out_rate[0]),
        males_per_female_birth=float(rates.males_per_female_birth[0]),
    )


def _residents(inputs: Inputs, options: ProjectionOptions) -> Floats:
    """residents[area] of the latest year told; all areas alike without a population table."""
    if inputs.has("population"):
        people: Floats = read_population(inputs, options.reference_date).residents[:, -1].sum(axis=(1, 2))
        if people.sum() > 0:
            return people
    return np.ones(len(inputs.area_ids))

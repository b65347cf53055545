"""Residents and pupils: from population, births, moves and housing to the children who need a place."""

from placesim.demography.explanations import explanations
from placesim.demography.pupils.checks import check_demand
from placesim.demography.pupils.demand import estimate_demand
from placesim.demography.pupils.roll_history import backtest_demand, backtest_forecasts
from placesim.demography.regions import regions_of
from placesim.demography.residents.births import cohort_births
from placesim.demography.residents.calibration import (
    Calibration,
    Prior,
    calibrate_profile,
    calibrate_profiles,
    stock_mix,
)
from placesim.demography.residents.checks import check_projection
from placesim.demography.residents.cohort import Components, Rates, project_population
from placesim.demography.residents.county_yields import county_model, county_yields
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.movement import fit_movement, movement_features
from placesim.demography.residents.projection import project
from placesim.demography.residents.yields import HomeRates, YieldModel, pupil_yields
from placesim.demography.rolls.backtest import backtest_rolls, backtest_summary
from placesim.demography.rolls.forecast import forecast_rolls
from placesim.demography.uncertainty.draws import draw_demand

__all__ = [
    "Calibration",
    "Components",
    "HomeRates",
    "Prior",
    "Rates",
    "YieldModel",
    "backtest_demand",
    "backtest_forecasts",
    "backtest_rolls",
    "backtest_summary",
    "calibrate_profile",
    "calibrate_profiles",
    "check_demand",
    "check_projection",
    "cohort_births",
    "county_model",
    "county_yields",
    "draw_demand",
    "estimate_demand",
    "explanations",
    "fit_movement",
    "forecast_rolls",
    "graduate",
    "movement_features",
    "project",
    "project_population",
    "pupil_yields",
    "regions_of",
    "stock_mix",
]

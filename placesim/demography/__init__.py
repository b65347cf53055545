"""Residents and pupils: from population, births, moves and housing to the children who need a place."""

from placesim.demography.pupils.checks import check_demand
from placesim.demography.pupils.demand import estimate_demand
from placesim.demography.pupils.roll_history import backtest_demand, backtest_forecasts
from placesim.demography.regions import regions_of
from placesim.demography.residents.births import cohort_births
from placesim.demography.residents.checks import check_projection
from placesim.demography.residents.cohort import Components, Rates, project_population
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.projection import project
from placesim.demography.rolls.backtest import backtest_rolls, backtest_summary
from placesim.demography.rolls.forecast import forecast_rolls
from placesim.demography.uncertainty import draw_demand

__all__ = [
    "Components",
    "Rates",
    "backtest_demand",
    "backtest_forecasts",
    "backtest_rolls",
    "backtest_summary",
    "check_demand",
    "check_projection",
    "cohort_births",
    "draw_demand",
    "estimate_demand",
    "forecast_rolls",
    "graduate",
    "project",
    "project_population",
    "regions_of",
]

"""Residents and pupils: from population, births, moves and housing to the children who need a place."""

from placesim.demography.births import cohort_births
from placesim.demography.checks import check_demand, check_projection
from placesim.demography.cohort import Components, Rates, project_population
from placesim.demography.demand import estimate_demand
from placesim.demography.graduate import graduate
from placesim.demography.projection import project

__all__ = [
    "Components",
    "Rates",
    "check_demand",
    "check_projection",
    "cohort_births",
    "estimate_demand",
    "graduate",
    "project",
    "project_population",
]

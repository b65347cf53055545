"""What norms ask for beside what the children need: places per 1000 residents, schools built with housing, land."""

from placesim.assessment.needs.build_out import build_out
from placesim.assessment.needs.developments import development_measures
from placesim.assessment.needs.land import SiteAreas, land_need
from placesim.assessment.needs.norms import norm_need, population_measures
from placesim.assessment.needs.obligations import delivery

__all__ = [
    "SiteAreas",
    "build_out",
    "delivery",
    "development_measures",
    "land_need",
    "norm_need",
    "population_measures",
]

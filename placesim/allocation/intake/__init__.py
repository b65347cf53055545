"""The yearly clock: who is at school stays, who is new is placed."""

from placesim.allocation.intake.base_year import anew, base_year
from placesim.allocation.intake.boarders import boarders
from placesim.allocation.intake.clock import years_of_intake
from placesim.allocation.intake.year import Year

__all__ = ["Year", "anew", "base_year", "boarders", "years_of_intake"]

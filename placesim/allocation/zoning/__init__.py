"""Catchment design: connected zones, their cost and its lower bound, for plain arrays."""

from placesim.allocation.zoning.district import ZoneWeights
from placesim.allocation.zoning.search import Zoning, zone

__all__ = ["ZoneWeights", "Zoning", "zone"]

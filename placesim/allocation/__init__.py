"""Pupils to schools."""

from placesim.allocation.allocate import allocate
from placesim.allocation.transport import Flow, transport
from placesim.allocation.whole import whole
from placesim.allocation.zoning import ZoneWeights, Zoning, zone

__all__ = ["Flow", "ZoneWeights", "Zoning", "allocate", "transport", "whole", "zone"]

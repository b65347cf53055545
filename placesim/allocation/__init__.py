"""Pupils to schools."""

from placesim.allocation.allocate import allocate
from placesim.allocation.choose import choose
from placesim.allocation.draws import allocate_draws
from placesim.allocation.place_values import place_values, value_table
from placesim.allocation.transport import Flow, transport
from placesim.allocation.whole import whole
from placesim.allocation.zoning import ZoneWeights, Zoning, zone

__all__ = [
    "Flow",
    "ZoneWeights",
    "Zoning",
    "allocate",
    "allocate_draws",
    "choose",
    "place_values",
    "transport",
    "value_table",
    "whole",
    "zone",
]

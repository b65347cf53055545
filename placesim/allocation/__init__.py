"""Pupils to schools."""

from placesim.allocation.allocate import allocate
from placesim.allocation.place_values import place_values, value_table
from placesim.allocation.transport import Flow, transport
from placesim.allocation.whole import whole

__all__ = ["Flow", "allocate", "place_values", "transport", "value_table", "whole"]

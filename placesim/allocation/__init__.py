"""Pupils to schools."""

from placesim.allocation.allocate import allocate
from placesim.allocation.transport import Flow, transport
from placesim.allocation.whole import whole

__all__ = ["Flow", "allocate", "transport", "whole"]

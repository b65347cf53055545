"""Rooms and places, year by year, and the changes to them."""

from placesim.supply.roll_forward import check_changes, roll_forward

__all__ = ["check_changes", "roll_forward"]

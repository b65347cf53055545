"""The base year by its rolls, and the pattern of choice that it tells."""

from placesim.allocation.calibration.calibrate import Calibration, Ground, calibrate, known_rolls
from placesim.allocation.calibration.fit import Fitted, Rolls
from placesim.allocation.calibration.pattern import Pattern, joined
from placesim.allocation.calibration.town_schooling import TownSchooling, town_schooling

__all__ = [
    "Calibration",
    "Fitted",
    "Ground",
    "Pattern",
    "Rolls",
    "TownSchooling",
    "calibrate",
    "joined",
    "known_rolls",
    "town_schooling",
]

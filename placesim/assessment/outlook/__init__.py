"""What is coming, and when: early warning, the years in which limits are crossed, shortages as waves."""

from placesim.assessment.outlook.crossings import limits_crossed
from placesim.assessment.outlook.gap import urban_rural
from placesim.assessment.outlook.warning import early_warning
from placesim.assessment.outlook.waves import waves

__all__ = ["early_warning", "limits_crossed", "urban_rural", "waves"]

"""Quality balance of compulsory education: indicators by school, balance between schools, tests, ledger, paths."""

from placesim.assessment.quality.case import Case
from placesim.assessment.quality.room import TABLES, quality_balance

__all__ = ["TABLES", "Case", "quality_balance"]

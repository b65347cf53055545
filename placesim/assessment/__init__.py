"""Measures, findings and lists of a run."""

from placesim.assessment.assess import assess
from placesim.assessment.balance import weighted_cv
from placesim.assessment.review import underused

__all__ = ["assess", "underused", "weighted_cv"]

"""Measures, findings and lists of a run."""

from placesim.assessment.assess import assess
from placesim.assessment.balance import weighted_cv

__all__ = ["assess", "weighted_cv"]

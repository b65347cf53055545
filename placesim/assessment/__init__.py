"""Measures, findings and lists of a run."""

from placesim.assessment.assess import assess
from placesim.assessment.balance import least_addition, plain_cv, weighted_cv

__all__ = ["assess", "least_addition", "plain_cv", "weighted_cv"]

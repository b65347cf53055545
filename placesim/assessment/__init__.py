"""Measures, findings and lists of a run."""

from placesim.assessment.assess import assess
from placesim.assessment.balance import least_addition, plain_cv, weighted_cv
from placesim.assessment.review import underused

__all__ = ["assess", "least_addition", "plain_cv", "underused", "weighted_cv"]

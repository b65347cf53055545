"""The tables of a county: read, reshaped, brought to one coordinate system, checked; templates for filling in."""

from placesim.inputs.annotate import annotate
from placesim.inputs.checks import check
from placesim.inputs.dictionary_page import dictionary_page
from placesim.inputs.read import read_inputs
from placesim.inputs.template import write_template

__all__ = ["annotate", "check", "dictionary_page", "read_inputs", "write_template"]

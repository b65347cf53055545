"""The scenario language: TOML files in, strict frozen parameters out, the origin of every value kept."""

from placesim.scenario.examples import example, example_folder
from placesim.scenario.scenario import Scenario, load, system_stage_ids, system_stages
from placesim.scenario.show import help_text, show_text

__all__ = [
    "Scenario",
    "example",
    "example_folder",
    "help_text",
    "load",
    "show_text",
    "system_stage_ids",
    "system_stages",
]

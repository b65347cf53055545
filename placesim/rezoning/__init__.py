"""Catchments planned anew on a finished run: one stage, one year, one school or shared zone for every area."""

from placesim.rezoning.case import RezoningCase, rezoning_case
from placesim.rezoning.design import Design, ZoneOptions, design_zones, price_zones
from placesim.rezoning.lines import plan_data, plan_lines
from placesim.rezoning.read import read_plan
from placesim.rezoning.transition import Transition
from placesim.rezoning.write import refuse_plans_over, write_plan

__all__ = [
    "Design",
    "RezoningCase",
    "Transition",
    "ZoneOptions",
    "design_zones",
    "plan_data",
    "plan_lines",
    "price_zones",
    "read_plan",
    "refuse_plans_over",
    "rezoning_case",
    "write_plan",
]

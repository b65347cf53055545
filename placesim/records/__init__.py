"""The frozen records that the stages hand on. Arrays are read-only, axes are named, each record asserts its law."""

from placesim.records.allocation import Allocation, AllocationDraws
from placesim.records.base import Floats, Frozen, Ints, LawError, freeze, no_rows, require
from placesim.records.county import Inputs, Source, Stage, Stages, Table
from placesim.records.outcome import BACKTEST, Assessment, Results
from placesim.records.people import ENTRANTS, WATERFALL, Demand, DemandDraws, Projection
from placesim.records.supply import AppliedChange, Places
from placesim.records.ways import JOINS, Access, HomeWays, Travel

__all__ = [
    "BACKTEST",
    "ENTRANTS",
    "JOINS",
    "WATERFALL",
    "Access",
    "Allocation",
    "AllocationDraws",
    "AppliedChange",
    "Assessment",
    "Demand",
    "DemandDraws",
    "Floats",
    "Frozen",
    "HomeWays",
    "Inputs",
    "Ints",
    "LawError",
    "Places",
    "Projection",
    "Results",
    "Source",
    "Stage",
    "Stages",
    "Table",
    "Travel",
    "freeze",
    "no_rows",
    "require",
]

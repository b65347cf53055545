"""A toy county for the tests of supply: four areas in a row, four campuses."""

from __future__ import annotations

from typing import Any

from handmade import STAGES, county, squares
from pydantic import TypeAdapter

from placesim.records import Inputs
from placesim.scenario.changes import Change
from placesim.scenario.options import SupplyOptions
from placesim.standards.norms import StageNorms

NORMS = {"primary": StageNorms(45, 50, 56, 30), "junior": StageNorms(50, 50, 55)}
YEARS = (2024, 2025, 2026, 2027, 2028)

SCHOOLS: list[dict[str, Any]] = [
    {"school_id": "A", "stage": "primary", "name": "A school", "x": 500, "y": 500, "rooms": 6, "area_type": "urban"},
    {"school_id": "B", "stage": "primary", "name": "B school", "x": 1500, "y": 500, "rooms": 9, "temporary_rooms": 1},
    {"school_id": "B", "stage": "junior", "name": "B school", "x": 1500, "y": 500, "rooms": 9, "temporary_rooms": 1},
    {"school_id": "C", "stage": "primary", "x": 2500, "y": 500, "rooms": 3, "last_grade": "G2", "area_type": "rural"},
    {
        "school_id": "D",
        "stage": "junior",
        "x": 3500,
        "y": 500,
        "places": 400,
        "sector": "private",
        "area_type": "rural",
    },
]
CATCHMENTS: list[dict[str, Any]] = [
    {"area_id": "a1", "school_id": "A", "stage": "primary"},
    {"area_id": "a2", "school_id": "B", "stage": "primary"},
    {"area_id": "a3", "school_id": "C", "stage": "primary", "valid_to": 2026},
    {"area_id": "a3", "school_id": "B", "stage": "primary", "valid_from": 2027},
    {"area_id": "a1", "school_id": "B", "stage": "junior", "share": 0.6},
    {"area_id": "a1", "school_id": "D", "stage": "junior", "share": 0.4},
]
SITES = [{"site_id": "L1", "x": 3600, "y": 600, "site_area": 9000.0, "area_type": "town", "available_from": 2026}]


def toy(**tables: list[dict[str, Any]]) -> Inputs:
    """The toy county, tables replaced or added by name."""
    types = {"a1": "urban", "a2": "town", "a3": None, "a4": None}
    areas = [{**row, "area_type": types[row["area_id"]]} for row in squares(list(types))]
    given = {"areas": areas, "schools": SCHOOLS, "catchments": CATCHMENTS, "sites": SITES}
    return county({**given, **tables})


def options(**changes: dict[str, Any]) -> SupplyOptions:
    """Supply options with changes as a scenario file says them."""
    adapter: TypeAdapter[Change] = TypeAdapter(Change)
    return SupplyOptions(YEARS, STAGES, NORMS, {name: adapter.validate_python(c) for name, c in changes.items()})

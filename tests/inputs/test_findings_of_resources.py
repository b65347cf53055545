"""Findings about what schools have and whose the indicators are, one fault at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import handmade
import pytest
from four_areas import County

from placesim.inputs.check_resources import amounts_per_pupil

RESOURCES = """school_id,stage,year,teachers,above_degree_teachers,sports_area,equipment_value,programme
001,primary,2024,60,50,5000,900000,
001,junior,2024,50,45,4000,800000,general
002,primary,2024,20,12,1500,200000,special
"""
INDICATORS = """county,own,year,indicator,stage,value
here,true,2024,satisfaction,,0.9
here,true,2024,transfers_in,junior,4
there,,2024,satisfaction,,0.8
"""
FACILITIES = """facility_id,kind,x,y,area,reach
F1,sports,400700,3430700,4000,500
"""
TABLES = """[inputs.resources]
path = "resources.csv"
[inputs.indicators]
path = "indicators.csv"
[inputs.facilities]
path = "facilities.csv"
[inputs.areas]"""


@pytest.fixture
def equipped(county: County) -> County:
    """The county of four areas with sound resources, indicators and facilities."""
    county.say("[inputs.areas]", TABLES)
    county.write("resources.csv", RESOURCES)
    county.write("indicators.csv", INDICATORS)
    county.write("facilities.csv", FACILITIES)
    return county


def test_the_sound_county_has_no_findings(equipped: County) -> None:
    assert {f.code for f in equipped.findings() if f.code[0] in "EW"} == set()


# code, file, text there, text instead, row, column, value
FAULTS = [
    ("E450", "resources.csv", "60,50", "60,61", 2, "above_degree_teachers", "61"),
    ("E219", "resources.csv", "60,50,5000", "60,50,-5000", 2, "sports_area", "-5000"),
    ("E219", "resources.csv", "20,12,1500", "20,12,1e9", 4, "sports_area", "1e9"),
    ("E300", "resources.csv", "002,primary", "001,primary", 4, "school_id", "001"),
    ("E302", "resources.csv", "002,primary", "999,primary", 4, "school_id", "999"),
    ("W450", "resources.csv", "002,primary", "002,junior", 4, "stage", "junior"),
    ("W452", "resources.csv", "2024", "2026", None, "year", None),
    ("E451", "indicators.csv", "true", "", None, "own", None),
    ("E452", "indicators.csv", "there,,", "there,true,", None, "own", None),
    ("W453", "indicators.csv", "here,true,2024,transfers", "here,,2024,transfers", 3, "own", None),
    ("E219", "facilities.csv", "4000,500", "4000,-500", 2, "reach", "-500"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}-{f[5]}")
def test_a_fault_is_named_with_its_place(equipped: County, fault: tuple[Any, ...]) -> None:
    code, file, there, instead, row, column, value = fault
    texts = {"resources.csv": RESOURCES, "indicators.csv": INDICATORS, "facilities.csv": FACILITIES}
    equipped.write(file, texts[file].replace(there, instead))
    [found] = [f for f in equipped.findings() if f.code[0] in "EW" and f.code == code]
    assert (found.file, found.row, found.column, found.value) == (file, row, column, value)


def test_an_amount_in_another_unit_stands_out() -> None:
    """Five schools of 100 pupils with 2000 yuan a pupil, one of them written in units of 10 000 yuan."""
    schools = [f"s{i}" for i in range(5)]
    values = [200_000, 180_000, 220_000, 20, 210_000]
    tables = {
        "enrolment": [{"school_id": s, "year": 2025, "grade": "G1", "pupils": 100} for s in schools],
        "resources": [
            {"school_id": s, "stage": "primary", "year": 2025, "equipment_value": v, "sports_area": 500 + 90 * i}
            for i, (s, v) in enumerate(zip(schools, values, strict=True))
        ],
    }
    scenario: Any = SimpleNamespace(stages=handmade.STAGES)
    [found] = amounts_per_pupil(handmade.county(tables), scenario)
    assert (found.code, found.row, found.column) == ("W451", 5, "equipment_value")
    assert found.facts["per_pupil"] == "0.2"
    assert found.facts["middle"] == "2e+03"
    four = {name: rows[:4] for name, rows in tables.items()}
    assert list(amounts_per_pupil(handmade.county(four), scenario)) == []  # too few to tell

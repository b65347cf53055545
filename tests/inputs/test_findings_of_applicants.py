"""Findings about tiers, applicants and preferences, one fault at a time."""

from __future__ import annotations

from typing import Any

import pytest
from four_areas import County

TIERS = """
default_tier = "registered"
[[allocation.tiers]]
id = "owner"
place_lock = true
[[allocation.tiers]]
id = "registered"
"""
TABLES = """[inputs.applicants]
path = "applicants.csv"
[inputs.preferences]
path = "preferences.csv"
[inputs.areas]"""
APPLICANTS = """area_id,stage,tier,sector,share,pupils,points
001,primary,owner,,0.6,,
002,primary,owner,private,0.1,,
002,primary,owner,public,0.5,,
003,primary,,,,40,
003,primary,owner,,,20,
"""
PREFERENCES = """area_id,stage,rank,school_id,share
001,primary,1,001,0.8
001,primary,1,002,0.2
001,primary,2,002,0.5
"""


@pytest.fixture
def town(county: County) -> County:
    """The county of four areas with sound tiers, applicants and preferences."""
    county.say('rule = "catchment"', f'rule = "tiers"{TIERS}')
    county.say("[inputs.areas]", TABLES)
    county.write("applicants.csv", APPLICANTS)
    county.write("preferences.csv", PREFERENCES)
    return county


def codes(county: County) -> set[str]:
    return {f.code for f in county.findings() if f.code[0] in "EW"}


def test_the_sound_town_has_no_findings(town: County) -> None:
    assert codes(town) == set()


# code, file, text there, text instead, row, column, value
FAULTS = [
    ("E380", "applicants.csv", "owner,private,0.1", "owner,private,0.6", 3, "share", "0.6"),
    ("E380", "preferences.csv", "1,001,0.8", "1,001,0.9", 2, "share", "0.9"),
    ("E381", "applicants.csv", "001,primary,owner", "001,primary,owners", 2, "tier", "owners"),
    ("E382", "applicants.csv", "owner,private", "owner,", 3, "tier", "owner"),
    ("E383", "applicants.csv", "owner,,0.6", "owner,,", 2, "share", None),
    ("E384", "applicants.csv", "owner,,,20", "owner,,0.2,", 5, "pupils", "40"),
    ("E300", "applicants.csv", "002,primary,owner,private", "002,primary,owner,public", 4, "area_id", "002"),
    ("E301", "preferences.csv", "2,002,0.5", "2,2,0.5", 4, "school_id", "2"),
    ("E302", "preferences.csv", "2,002,0.5", "2,Q77,0.5", 4, "school_id", "Q77"),
    ("E316", "preferences.csv", "001,primary,2,002", "001,junior,2,002", 4, "stage", "junior"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f[0]}-{f[1]}-{f[3]}")
def test_a_fault_is_named_with_its_cell(town: County, fault: tuple[Any, ...]) -> None:
    code, file, old, new, row, column, value = fault
    town.edit(file, old, new)
    finding = town.only(code)
    assert (finding.file, finding.row, finding.column, finding.value) == (file, row, column, value)


LOCK = "place_lock_years = { primary = 6 }"
# code, scenario text there, text instead, key, value
SAID = [
    ("E385", 'id = "registered"', 'id = "owner"\n[[allocation.tiers]]\nid = "registered"', "allocation.tiers", "owner"),
    ("E386", 'default_tier = "registered"', 'default_tier = "register"', "allocation.default_tier", "register"),
    ("E239", 'rule = "tiers"', f'rule = "tiers"\n{LOCK}', "allocation.place_lock_years", None),
]  # fmt: skip


@pytest.mark.parametrize("case", SAID, ids=lambda c: c[0])
def test_a_wrong_setting_is_named(town: County, case: tuple[Any, ...]) -> None:
    code, old, new, key, value = case
    town.say(old, new)
    finding = town.only(code)
    assert (finding.file, finding.column, finding.value) == ("base.toml", key, value)


def test_dwellings_serve_a_lock(town: County) -> None:
    town.say('rule = "tiers"', f'rule = "tiers"\n{LOCK}')
    town.say("[inputs.areas]", '[inputs.dwellings]\npath = "dwellings.csv"\n[inputs.areas]')
    town.write("dwellings.csv", "area_id,dwellings,turnover\n001,900,0.03\n002,400,\n")
    assert codes(town) == set()


def test_a_tier_that_nobody_may_be_in(town: County) -> None:
    town.say('id = "registered"', 'id = "registered"\n[[allocation.tiers]]\nid = "permit"')
    finding = town.only("W380")
    assert (finding.column, finding.value, finding.facts["default"]) == ("allocation.tiers", "permit", "registered")


def test_the_rule_of_tiers_without_tiers(county: County) -> None:
    county.say('rule = "catchment"', 'rule = "tiers"')
    assert county.only("W381").facts["stages"] == "kindergarten, primary, junior, senior"


def test_a_listed_school_that_has_closed(town: County) -> None:
    town.edit("schools.csv", "G1,1990,", "G1,1990,2020")
    town.edit("enrolment.csv", "002,2024,G1,25,1,,,,\n", "")
    town.edit("enrolment.csv", "002,2024,G2,29,1,,,,\n", "")
    finding = next(f for f in town.findings() if f.code == "W382")
    assert (finding.file, finding.row, finding.value, finding.facts["last"]) == ("preferences.csv", 3, "002", 2020)

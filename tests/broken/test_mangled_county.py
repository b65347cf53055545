"""Many wrong cells at once, drawn at random: every one is a finding that can be read, none is a crash."""

from __future__ import annotations

import random

import pytest
from county_copy import MAP, ROLLS, County

from placesim.errors import FindingsError
from placesim.messages import LANGUAGES, line
from placesim.scenario import load
from placesim.spine import check_scenario

CELLS = (
    "", "  ", "0", "-1", "nan", "inf", "1e400", "1e15", "0.5", "２０２５", "٣", "½", "outside", "P01", "099101001",
    "=1+1", "'", '"', "None", "true", "是", "🏫", "\x00x", "\ufeff", "a" * 5000, "2025-08-31", "9999-12-31", "100%",
    "1_000", "0x10",
)  # fmt: skip
TABLES = (
    "births.csv", "catchments.csv", "children.csv", "costs.csv", "developments.csv", "flows.csv",
    "household_profiles.csv", "institutions.csv", "planning_areas.csv", "rates.csv",
)  # fmt: skip
LONGEST = 1500  # characters of a message, values of any length included


def mangle(county: County, draw: random.Random) -> None:
    """Some cells of every table, headers among them, and a few bytes of one file that is no text."""
    for file in TABLES:
        rows = county.read(file)
        for _ in range(draw.randrange(4)):
            row = draw.choice(rows) if draw.random() < 0.9 else rows[0]
            row[draw.randrange(len(row))] = draw.choice(CELLS)
        county.write(file, rows)
    binary = county.folder / draw.choice([MAP, ROLLS, "population.csv"])
    data = bytearray(binary.read_bytes())
    for _ in range(draw.randrange(30)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    binary.write_bytes(bytes(data))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_stands_in_the_cells_is_told(county: County, seed: int) -> None:
    mangle(county, random.Random(seed))
    try:
        _, findings = check_scenario(load(county.scenario_file))
    except FindingsError as error:
        findings = list(error.findings)
    assert any(f.is_error for f in findings)
    for finding in findings:
        for language in LANGUAGES:
            told = line(finding, language)
            assert len(told.split("\n")) == 2
            assert len(told) <= LONGEST

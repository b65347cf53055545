"""Rolls and places of school sections, exact figures."""

from __future__ import annotations

import numpy as np
import pytest
from toy_county import County, assessed, counted, row_of, rows_of

from placesim.records import LawError

FLOWS = [
    (2025, "A", "S1", "G1", 60),
    (2025, "B", "S1", "G4", 40),
    (2025, "A", "S1", "G7", 12),
    (2025, "outside", "S2", "G1", 3),
    (2025, "B", "S2", "G1", 27),
]
PLACES = {("S1", "primary"): (90, 95, 110), ("S1", "junior"): (48, 50, 55), ("S2", "primary"): (120, 120, 130)}
CENTRAL = County(flows=FLOWS, places=PLACES)


def section(county: County, school: str, stage: str, year: int = 2025) -> dict[str, object]:
    return row_of(assessed(county).measures["school"], school_id=school, stage=stage, year=year).to_dict()


def test_a_school_above_its_places() -> None:
    row = section(CENTRAL, "S1", "primary")
    assert row["roll"] == 100
    assert row["inflow"] == 0
    assert row["rooms"] == 2
    assert [row[f"places_{level}"] for level in ("design", "cap", "emergency")] == [90, 95, 110]
    assert row["utilisation"] == 1.1111
    assert row["unfilled"] == 0
    assert row["unfilled_share"] == 0
    assert row["excess"] == 5
    assert row["binding"] == "rooms"


def test_a_school_below_its_places() -> None:
    row = section(CENTRAL, "S2", "primary")
    assert row["roll"] == 30
    assert row["inflow"] == 3
    assert row["utilisation"] == 0.25
    assert row["unfilled"] == 90
    assert row["unfilled_share"] == 0.75
    assert row["excess"] == 0


def test_shares_of_no_places_are_unknown() -> None:
    row = section(County(flows=FLOWS), "S2", "primary")
    assert np.isnan(row["utilisation"])
    assert np.isnan(row["unfilled_share"])
    assert row["unfilled"] == 0
    assert row["excess"] == 30
    assert row["binding"] == "closed"


def test_only_open_sections_have_rows() -> None:
    county = County(flows=FLOWS, years=(2025, 2026), closed=[("S1", "G7", 2026), ("S1", "G1", 2026)], places=PLACES)
    frame = assessed(county).measures["school"]
    assert frame[["school_id", "stage", "year"]].values.tolist() == [
        ["S1", "primary", 2025], ["S1", "primary", 2026], ["S1", "junior", 2025], ["S2", "primary", 2025],
        ["S2", "primary", 2026],
    ]  # fmt: skip
    assert frame["complete"].tolist() == [True, False, True, True, True]
    assert not frame.duplicated(["school_id", "stage", "year"]).any()


def test_pupils_at_a_closed_stage_are_an_error_of_the_program() -> None:
    with pytest.raises(LawError, match="closed stage"):
        assessed(County(flows=FLOWS, closed=[("S1", "G7", 2025)]))


def test_the_residual_of_the_base_year_is_shown() -> None:
    books = [counted("S1", "G1", 58), counted("S1", "G4", 45), counted("S1", "G7", 0)]
    county = County(flows=[*FLOWS, (2026, "A", "S1", "G1", 9)], years=(2025, 2026), enrolment=books)
    frame = assessed(county).measures["school"]
    base = row_of(frame, school_id="S1", stage="primary", year=2025)
    assert (base["roll_actual"], base["residual"]) == (103, -3)
    junior = row_of(frame, school_id="S1", stage="junior", year=2025)
    assert (junior["roll_actual"], junior["residual"]) == (0, 12)
    assert rows_of(frame, year=2026)["roll_actual"].isna().all()
    assert rows_of(frame, school_id="S2")["residual"].isna().all()
    county_row = row_of(assessed(county).measures["county"], stage="primary", year=2025)
    assert (county_row["roll"], county_row["roll_actual"], county_row["residual"]) == (130, 103, -3)


def test_rows_of_other_years_and_unknown_schools_are_no_base_year() -> None:
    books = [counted("S1", "G1", 58, year=2024), counted("S9", "G1", 7)]
    frame = assessed(County(flows=FLOWS, enrolment=books)).measures["school"]
    assert frame["roll_actual"].isna().all()

"""Quality schools at the doorstep, by hand: S1 passes the seven indicators, S2 five of them."""

from __future__ import annotations

from typing import Any

import pytest
from toy_county import County, assessed, row_of

# for 400 primary pupils: six indicators at the threshold or above, PE and art teachers at 0.85 of it
ENOUGH = {"above_degree_teachers": 20, "backbone_teachers": 4, "pe_art_teachers": 3.1, "teaching_rooms_area": 2000,
          "sports_area": 3000, "equipment_value": 900_000, "multimedia_rooms": 10}  # fmt: skip
FLOWS = [(2025, "A", "S1", "G1", 400), (2025, "B", "S2", "G1", 300), (2025, "B", "S1", "G1", 0)]


def told(second: dict[str, Any]) -> County:
    rows = [
        {"school_id": s, "stage": "primary", "year": 2025, **amounts} for s, amounts in (("S1", ENOUGH), ("S2", second))
    ]
    return County([f for f in FLOWS if f[-1]], more={"resources": rows})


def test_who_has_a_quality_school_in_reach() -> None:
    """A has S1 at ten minutes; B at 35, beyond the half hour: S2, lacking one indicator more, would serve its 300."""
    tables = assessed(told({**ENOUGH, "sports_area": 1500})).tables
    a, b = (row_of(tables["doorstep"], planning_area=p, stage="primary") for p in ("P1", "P2"))
    assert (a["pupils"], a["pupils_within"], a["share_within"], a["minutes_to_quality"]) == (400, 400, 1.0, 10.0)
    assert (b["pupils"], b["pupils_within"], b["share_within"], b["minutes_to_quality"]) == (300, 0, 0.0, 35.0)
    assert a["minutes_limit"] == 30.0
    candidate = row_of(tables["quality_candidates"], stage="primary")
    assert (candidate["school_id"], candidate["pupils_gained"], candidate["roll"]) == ("S2", 300, 300)
    assert candidate["candidate_rank"] == 1


def test_a_school_far_from_the_standard_is_no_candidate() -> None:
    tables = assessed(
        told({"above_degree_teachers": 1, **{k: 0.0 for k in ENOUGH if k != "above_degree_teachers"}})
    ).tables
    assert len(tables["doorstep"])
    assert tables["quality_candidates"].empty


@pytest.mark.parametrize("name", ["doorstep", "quality_candidates"])
def test_without_resources_nothing_is_said(name: str) -> None:
    tables = assessed(County([f for f in FLOWS if f[-1]])).tables
    assert tables[name].empty
    assert "resources" in set(tables["not_computable"]["input_table"])

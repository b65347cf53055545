"""Flags of utilisation on the 583 schools of Toronto: the counts that come with the data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from placesim.standards.evaluate import evaluate
from placesim.standards.pack import load_pack

PACK = """
schema = 1
id = "review"
label = { zh = "复核", en = "Review" }
jurisdiction = "any"
version = "1"
extends = "generic"

[rule.half-empty]
label = { zh = "使用率不低于65%", en = "At least 65 % of the places filled" }
level = "municipal"
metric = "utilisation"
operator = ">="
value = 0.65
unit = "share"
unit_of_count = "stage_section"
hardness = "local"
document = "definition"
clause = "roll ÷ places"
confidence = "user"
"""


@pytest.fixture(scope="module")
def schools(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "capacity_toronto_tdsb" / "schools.csv")


@pytest.mark.parametrize(
    ("pupils", "year", "above", "below"), [("enrolment_2020_fte", 2020, 96, 140), ("projected_2030", 2030, 176, 122)]
)
def test_schools_above_their_places_and_below_two_thirds(
    schools: pd.DataFrame, tmp_path: Path, pupils: str, year: int, above: int, below: int
) -> None:
    file = tmp_path / "review.toml"
    file.write_text(PACK, encoding="utf-8")
    measures = pd.DataFrame(
        {
            "school_id": schools["school"] + " " + schools["panel"],
            "stage": schools["panel"],
            "year": year,
            "area_type": "urban",
            "roll": schools[pupils],
            "utilisation": schools[pupils] / schools["capacity_2020"],
        }
    )
    found = evaluate(load_pack(file).rules, {"stage_section": measures})
    assert (found["rule_id"] == "utilisation").sum() == above
    assert (found["rule_id"] == "half-empty").sum() == below
    assert set(found["rule_id"]) == {"utilisation", "half-empty"}
    assert found[found["rule_id"] == "half-empty"]["confidence"].eq("user").all()

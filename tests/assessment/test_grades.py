"""Measures of single grades, and the rules that go up with the cohorts, on a county made by hand."""

from __future__ import annotations

from pathlib import Path

from toy_county import County, assessed, counted, row_of, rows_of

from placesim.messages import LANGUAGES, label

YEARS = (2025, 2026, 2027)
FLOWS = [(y, "A", "S1", g, 42) for y in YEARS for g in ("G1", "G4")]
SMALLER = """
schema = 1
id = "smaller"
label = { zh = "小班", en = "Smaller" }
jurisdiction = "CN-XX"
version = "1"
extends = "cn-national"
[rule.cn-class-primary]
override = true
value = 40
"""


def test_a_grade_knows_its_classes_and_when_it_entered() -> None:
    county = County(
        flows=[*FLOWS, (2026, "A", "S2", "G4", 90)], years=YEARS, classes={("S2", "G4", 2026): 3},
        enrolment=[counted("S1", "G1", 84, classes=2)],
    )  # fmt: skip
    table = assessed(county).measures["grade"]
    assert table.columns[:7].tolist() == ["school_id", "stage", "year", "area_type", "complete", "grade", "entered"]
    row = row_of(table, school_id="S2", grade="G4", year=2026)
    assert (row["entered"], row["roll"], row["classes"], row["class_size_max"]) == (2025, 90, 3, 30)
    assert (row["stage"], row["area_type"], row["complete"]) == ("primary", "town", True)
    assert row_of(table, school_id="S1", grade="G7", year=2025)["entered"] == 2025
    base = row_of(table, school_id="S1", grade="G1", year=2025)
    assert (base["classes"], base["class_size"], base["roll"]) == (2, 42, 42)  # as counted; the roll is the model's


def test_the_stage_is_as_full_as_its_fullest_grade() -> None:
    measures = assessed(County(flows=[(2025, "A", "S1", "G1", 40), (2025, "A", "S1", "G4", 48)])).measures
    grades = rows_of(measures["grade"], school_id="S1", stage="primary")
    section = row_of(measures["school"], school_id="S1", stage="primary")
    assert grades["class_size_max"].max() == section["class_size_max"] == 48
    assert grades["classes"].sum() == section["classes"] == 2
    assert grades["roll"].sum() == section["roll"] == 88


def test_only_grades_that_are_taught_have_rows() -> None:
    table = assessed(County(flows=FLOWS, years=YEARS, closed=[("S1", "G4", 2026)])).measures["grade"]
    assert rows_of(table, school_id="S1", year=2026)["grade"].tolist() == ["G1", "G7"]
    assert "G7" not in set(rows_of(table, school_id="S2")["grade"])


def test_a_smaller_class_for_entrants_goes_up_with_them(tmp_path: Path) -> None:
    """42 in every class, 40 for who enters from 2026 on: grade 1 in 2026, both grades of this primary from 2027."""
    entrants = tmp_path / "entrants.toml"
    entrants.write_text(SMALLER + 'applies_to = "entrants"\nvalid_from = 2026\n', encoding="utf-8")
    everyone = tmp_path / "everyone.toml"
    everyone.write_text(SMALLER + "valid_from = 2026\n", encoding="utf-8")
    county = County(flows=FLOWS, years=YEARS)
    found = rows_of(assessed(county, str(entrants)).findings, rule_id="cn-class-primary")
    assert found[["year", "grades", "value", "limit"]].values.tolist() == [
        [2026, "G1", 42, 40], [2027, "G1+G4", 42, 40],
    ]  # fmt: skip
    assert set(found["document"]) == {"entrants.toml《用户自定》"}
    assert set(found["confidence"]) == {"user"}
    at_once = rows_of(assessed(county, str(everyone)).findings, rule_id="cn-class-primary")
    assert at_once["year"].tolist() == [2026, 2027]
    assert at_once["grades"].isna().all()
    assert rows_of(assessed(county).findings, rule_id="cn-class-primary").empty  # 42 is within the 45 of today


def test_norms_from_memory_that_govern_the_run_are_noted() -> None:
    county = County(flows=FLOWS[:2])
    assert "assessment.note.unverified_norms" in assessed(county, "england").notes
    assert "assessment.note.unverified_norms" not in assessed(county).notes
    assert all(label("assessment.note.unverified_norms", language) for language in LANGUAGES)

"""The assessment as a whole: what stands in it, what it finds, what it does not know."""

from __future__ import annotations

import pandas as pd
import pytest
from toy_county import County, assessed, counted, row_of, rows_of

from placesim.messages import LANGUAGES, label
from placesim.records import Assessment
from placesim.standards.evaluate import COLUMNS
from placesim.vocabulary import METRICS

FLOWS = [
    (2025, "A", "S1", "G1", 70),
    (2025, "B", "S1", "G1", 10),  # 35 minutes
    (2025, "A", "S1", "G7", 12),
    (2025, "B", "S2", "G1", 27),
    (2025, "B", "outside", "G7", 5),
]
COUNTY = County(
    flows=FLOWS,
    unplaced=[(2025, "B", "G7", 4)],
    places={("S1", "primary"): (75, 75, 90), ("S1", "junior"): (48, 50, 55), ("S2", "primary"): (90, 90, 100)},
    classes={("S1", "G1", 2025): 1},
)
FACTS = {
    "school_id", "institution_id", "area_id", "planning_area", "area_type", "county", "stage", "year", "complete",
    "binding", "class_basis", "grade", "entered", "typology", "reason", "persistent",
}  # fmt: skip
OF_NORMS = {  # metrics of rules that are judged against more than what places, pupils and resources tell
    "places_per_1000", "places_per_dwelling", "places_per_1000_age", "rooms_per_1000_age", "dwellings", "housing_area",
    "classes_obliged", "retention_9",
}  # fmt: skip


@pytest.fixture(scope="module")
def result() -> Assessment:
    return assessed(COUNTY)


def test_every_unit_is_measured_in_the_words_of_the_vocabulary(result: Assessment) -> None:
    assert list(result.measures) == [
        "school", "grade", "campus", "institution", "area", "planning_area", "area_type", "county",
    ]  # fmt: skip
    for frame in result.measures.values():
        assert set(frame.columns) <= METRICS.keys() | FACTS
        assert frame.index.tolist() == list(range(len(frame)))
    measured = {c for frame in result.measures.values() for c in frame.columns}
    judged = set(result.tables["quality_tests"]["metric"]) | set(result.tables["quality"].columns)
    assert METRICS.keys() - measured - judged == OF_NORMS


def test_findings_name_rule_unit_value_and_source(result: Assessment) -> None:
    findings = result.findings
    assert findings.columns.tolist() == [*COLUMNS, "document_en", "label_zh", "label_en"]
    got = set(findings[["rule_id", "id", "stage", "value"]].itertuples(index=False, name=None))
    assert got == {
        ("cn-class-primary", "S1", "primary", 80.0),
        ("cn-large-classes-compulsory", "S1", "primary", 1.0),
        ("cn-super-large-classes-compulsory", "S1", "primary", 1.0),
        ("cn-large-class-share", "county", "primary", 0.5),
        ("cn-small-rural-school", "S1", "primary+junior", 92.0),
        ("cn-unplaced-compulsory", "B", "junior", 4.0),
        ("cn-minutes-lower-primary", "B", "primary", 10.0),
        ("utilisation", "S1", "primary", 1.0667),
        ("unfilled", "S1", "junior", 0.75),
        ("unfilled", "S2", "primary", 0.7),
        ("warning-amber", "P1", "primary", 1.0667),
        ("warning-blue", "P1", "junior", 0.75),
        ("warning-amber", "P2", "junior", 4.0),  # four pupils and no places
        ("warning-red", "P2", "junior", 4.0),
        ("warning-blue", "P2", "primary", 0.7),
    }
    row = row_of(findings, rule_id="cn-class-primary")
    assert row["document"] == "教督〔2017〕6号《县域义务教育优质均衡发展督导评估办法》"
    assert row["document_en"].startswith("教督〔2017〕6号 Measures for Inspecting")
    assert (row["label_zh"], row["label_en"]) == ("小学班额不超过45人", "Primary classes of at most 45")
    assert (row["severity"], row["clause"], row["confidence"]) == ("warning", "政府保障程度第5项", "V")
    assert row_of(findings, rule_id="cn-unplaced-compulsory")["severity"] == "breach"


def test_findings_are_sorted(result: Assessment) -> None:
    keys = result.findings[["year", "rule_id", "id", "stage"]]
    pd.testing.assert_frame_equal(keys, keys.sort_values(list(keys.columns), ignore_index=True))


def test_a_village_point_is_held_to_its_own_class_size() -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 35)], closed=[("S1", "G4", 2025), ("S1", "G7", 2025)])
    found = rows_of(assessed(county).findings, id="S1")["rule_id"].tolist()
    assert "cn-class-primary-incomplete" in found
    assert "cn-class-primary" not in found


def test_nothing_to_find_gives_an_empty_table_with_its_columns() -> None:
    found = assessed(County(flows=[]), "generic").findings
    assert found.empty
    assert found.columns.tolist() == [*COLUMNS, "document_en", "label_zh", "label_en"]


def test_notes_follow_what_the_county_gives(result: Assessment) -> None:
    assert set(result.notes) == {
        "assessment.note.enrolment", "assessment.note.classes", "assessment.note.residents",
    }  # fmt: skip
    averages = [
        counted("S1", "G1", 80, classes=1),
        counted("S1", "G7", 9, classes=1),
        counted("S2", "G1", 9, classes=1),
    ]
    known = County(flows=FLOWS, enrolment=averages, residents={"A": 1.0, "B": 1.0})
    assert assessed(known).notes == ("assessment.note.base_year_rolls", "assessment.note.class_bins")
    binned = [counted("S1", "G1", 80, classes_66_up=1), counted("S1", "G7", 9, classes_to_45=1)]
    assert assessed(County(flows=FLOWS, enrolment=binned, residents={"A": 1.0, "B": 1.0})).notes == (
        "assessment.note.base_year_rolls",
    )


def test_rolls_that_meet_the_returns_need_no_note_and_a_change_of_basis_does() -> None:
    flows = [(2025, "A", "S1", "G1", 80), (2026, "A", "S1", "G1", 80)]
    books = [counted("S1", "G1", 80, classes_66_up=1)]
    county = County(flows=flows, years=(2025, 2026), enrolment=books, residents={"A": 1.0, "B": 1.0})
    assert assessed(county).notes == ("assessment.note.class_basis",)


def test_the_county_compares_its_places_with_those_who_need_one_there(result: Assessment) -> None:
    county = result.measures["county"].set_index("stage")
    assert county["need"].to_dict() == {
        "primary": 107,
        "junior": 16,
        **dict.fromkeys(set(county.index) - {"primary", "junior"}, 0),
    }
    assert (county["need"] == county["roll"] + county["unplaced"]).all()
    spare = county["unfilled"] - county["over_design"] - county["unplaced"]
    assert (county["places_design"] - county["need"] == spare).all()
    assert county.loc["primary", ["over_design", "excess"]].tolist() == [5, 5]


def test_measures_carry_the_digits_of_their_units(result: Assessment) -> None:
    row = row_of(result.measures["school"], school_id="S1", stage="primary")
    assert row["utilisation"] == 1.0667
    assert row["minutes_mean"] == round(row["minutes_mean"], 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_has_its_sentence(language: str) -> None:
    for note in ("enrolment", "classes", "class_bins", "residents", "planning_areas", "area_type", "out_of_reach",
                 "base_year_rolls", "class_basis"):  # fmt: skip
        assert label(f"assessment.note.{note}", language)


def test_the_same_run_is_assessed_the_same_and_left_as_it_was(result: Assessment) -> None:
    results, inputs = COUNTY.results(), COUNTY.inputs()
    areas, schools = inputs.areas.copy(), results.places.schools.copy()
    again = assessed(COUNTY)
    pd.testing.assert_frame_equal(again.findings, result.findings)
    for unit, frame in result.measures.items():
        pd.testing.assert_frame_equal(again.measures[unit], frame)
    pd.testing.assert_frame_equal(inputs.areas, areas)
    pd.testing.assert_frame_equal(results.places.schools, schools)

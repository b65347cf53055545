"""Every test of the evaluation: value, threshold, verdict, and what is lacking where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from quality_county import AMOUNTS, case_of, has, inputs_with, pack_with, reported, rule, tables_of
from toy_county import County, counted, options, row_of, rows_of

from placesim.assessment import assess
from placesim.assessment.quality import TABLES
from placesim.assessment.quality.verdicts import evaluated_rules
from placesim.standards.pack import load_pack
from placesim.vocabulary import METRICS

# S1: primary 400 in 10 classes, junior 300 in 6 · S2: primary 200 in 5
COUNTY = County(
    flows=[(2025, "A", "S1", "G1", 400), (2025, "A", "S1", "G7", 300), (2025, "B", "S2", "G1", 200)],
    classes={("S1", "G1", 2025): 10, ("S1", "G7", 2025): 6, ("S2", "G1", 2025): 5},
    places={("S1", "primary"): (450, 450, 500), ("S1", "junior"): (300, 300, 330), ("S2", "primary"): (225, 225, 250)},
)
SPECIAL = {"music_rooms": 1, "music_room_area": 98, "art_rooms": 0.5, "art_room_area": 80}
RESOURCES = [
    has("S1", "primary", **AMOUNTS, **SPECIAL, pe_lessons=5),
    has("S1", "junior", **AMOUNTS, **SPECIAL, pe_lessons=4),
    has("S2", "primary", **{k: v / 2 for k, v in AMOUNTS.items()}, music_rooms=1, music_room_area=95, pe_lessons=6),
]


def told(i: str, stage: str, **tables: object) -> dict[str, object]:
    row = row_of(tables_of(COUNTY, tables)["quality_tests"], rule_id=i, stage=stage)  # type: ignore[arg-type]
    return row.to_dict()


def test_g3_special_rooms_per_twelve_classes() -> None:
    """S1: 1 × 12 ÷ 10 = 1.2 music rooms, 0.5 × 12 ÷ 10 = 0.6 art rooms; S2: 1 × 12 ÷ 5 = 2.4, art not known."""
    music = told("cn-quality-g3-music-rooms", "primary", resources=RESOURCES)
    assert (music["value"], music["limit"], music["tested"], music["standing"]) == (1.2, 1, 2, "passes")
    art = told("cn-quality-g3-art-rooms", "primary", resources=RESOURCES)
    assert (art["value"], art["failing"], art["not_known"], art["standing"]) == (0.6, 1, 1, "fails")
    area = told("cn-quality-g3-music-area", "primary", resources=RESOURCES)
    assert (area["value"], area["limit"], area["failing"], area["standing"]) == (95, 96, 1, "fails")
    junior = told("cn-quality-g3-music-area", "junior", resources=RESOURCES)
    assert (junior["value"], junior["standing"]) == (98, "passes")
    assert told("cn-quality-g3-art-area", "junior", resources=RESOURCES)["standing"] == "fails"  # 80 of 90 m²


def test_g4_school_size_and_g5_class_size_come_from_the_run() -> None:
    size = told("cn-size-nine-year", "primary+junior")
    assert (size["value"], size["limit"], size["standing"]) == (700, 2500, "passes")  # S1 as a whole
    assert told("cn-size-primary", "primary")["value"] == 200  # S2 alone is a primary school
    assert told("cn-class-primary", "primary")["value"] == 40.0  # 400 in 10, 200 in 5
    junior = told("cn-class-junior", "junior")
    assert (junior["value"], junior["limit"], junior["standing"], junior["failing"]) == (50.0, 50, "passes", 0)


def test_a_pe_lesson_every_day() -> None:
    assert told("cn-quality-pe-lessons", "primary", resources=RESOURCES)["standing"] == "passes"
    junior = told("cn-quality-pe-lessons", "junior", resources=RESOURCES)
    assert (junior["value"], junior["limit"], junior["standing"]) == (4, 5, "fails")


@pytest.mark.parametrize(
    ("i", "metric", "good", "bad"),
    [
        ("cn-quality-g7", "special_funds_per_pupil", 6000, 5999),
        ("cn-quality-g9", "training_hours", 360, 359),
        ("cn-quality-g11-rotation", "rotation_share", 0.1, 0.09),
        ("cn-quality-g11-backbone", "rotation_backbone_share", 0.2, 0.19),
        ("cn-quality-g14", "quota_share", 0.5, 0.49),
        ("cn-quality-g15", "migrant_public_share", 0.85, 0.84),
        ("cn-quality-q2", "disabled_enrolment", 0.95, 0.94),
        ("cn-quality-q4", "training_fund_share", 0.05, 0.04),
        ("cn-quality-satisfaction", "satisfaction", 0.85, 0.84),
    ],
)
def test_county_wide_tests_at_their_thresholds(i: str, metric: str, good: float, bad: float) -> None:
    at = told(i, "primary+junior", indicators=[reported(metric, good)])
    assert (at["value"], at["limit"], at["standing"], at["because"]) == (good, good, "passes", None)
    below = told(i, "primary+junior", indicators=[reported(metric, bad)])
    assert (below["value"], below["standing"]) == (bad, "fails")
    none = told(i, "primary+junior")
    assert (none["tested"], none["standing"], none["because"]) == (0, "unknown", "indicators")


@pytest.mark.parametrize(
    ("i", "stage", "metric", "limit"),
    [
        ("cn-quality-g12", "primary", "certified_share", 1),
        ("cn-quality-g13-primary", "primary", "nearby_share", 1),
        ("cn-quality-g13-junior", "junior", "nearby_share", 0.95),
        ("cn-quality-q1", "junior", "retention_3", 0.95),
    ],
)
def test_tests_of_one_stage_at_their_thresholds(i: str, stage: str, metric: str, limit: float) -> None:
    assert told(i, stage, indicators=[reported(metric, limit, stage)])["standing"] == "passes"
    assert told(i, stage, indicators=[reported(metric, limit - 0.01, stage)])["standing"] == "fails"


def test_coefficients_are_tests_of_the_county() -> None:
    """S1 and S2 have the same of everything per pupil in primary: CV 0. Junior has one school."""
    primary = told("cn-quality-cv5-primary", "primary", resources=RESOURCES)
    assert (primary["unit"], primary["value"], primary["limit"], primary["standing"]) == ("county", 0, 0.5, "passes")
    basic = told("cn-basic-cv-primary", "primary", resources=RESOURCES)
    assert basic["standing"] == "unknown"
    assert basic["because"] == "+".join(
        f"resources.{c}" for c in ("computers", "books", "teachers", "mid_title_teachers")
    )


def test_six_of_seven_is_a_test_of_every_school() -> None:
    six = told("cn-quality-indicators-met", "primary", resources=RESOURCES)
    assert (six["value"], six["tested"], six["failing"], six["standing"]) == (5, 2, 2, "fails")
    floor = told("cn-quality-indicator-floor", "primary", resources=RESOURCES)
    assert (floor["value"], floor["limit"], floor["failing"]) == (0.8, 0.85, 2)


def test_a_school_that_is_not_evaluated_is_no_unknown_one() -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 400), (2025, "B", "S2", "G1", 49)])
    tests = tables_of(county, {"resources": [has("S1", "primary", **AMOUNTS)]})["quality_tests"]
    row = row_of(tests, rule_id="cn-quality-r1-primary")
    assert (row["tested"], row["not_known"], row["standing"]) == (1, 0, "passes")


def test_without_tables_every_test_says_what_is_lacking() -> None:
    result = assess(COUNTY.results(), COUNTY.inputs(), options())
    tests = result.tables["quality_tests"]
    assert set(tests["standing"]) == {"unknown", "passes"}
    lacking = tests[tests["standing"] == "unknown"]
    assert lacking["because"].notna().all()
    assert lacking["value"].isna().all()
    missing = result.tables["not_computable"]
    assert {"resources", "indicators", "staff", "catchments", "facilities", "costs"} == set(missing["input_table"])
    assert missing["input_column"].isna().all()
    for name in ("balance", "quality"):
        assert (result.tables[name]["standing"] == "unknown").all()


def test_a_column_that_is_lacking_is_named() -> None:
    rows = [{k: v for k, v in row.items() if k != "sports_area"} for row in RESOURCES]
    tables = assess(COUNTY.results(), inputs_with(COUNTY, {"resources": rows}), options()).tables
    missing = tables["not_computable"]
    assert rows_of(missing, input_column="sports_area")["what"].tolist() == [
        "sports_area_per_pupil", "cv_sports_area", "indicators_met", "indicator_share_min", "cv_basic",
    ]  # fmt: skip
    test = row_of(tables["quality_tests"], rule_id="cn-quality-r5-junior")
    assert (test["standing"], test["because"]) == ("unknown", "resources.sports_area")


def test_findings_cite_the_rules_of_the_evaluation() -> None:
    found = assess(COUNTY.results(), inputs_with(COUNTY, {"resources": RESOURCES}), options()).findings
    row = row_of(found, rule_id="cn-quality-r5-primary", id="S1")
    assert (row["value"], row["limit"], row["clause"]) == (6.0, 7.5, "资源配置第5项")
    assert row["document"].startswith("教督〔2017〕6号")
    assert set(found["rule_id"]) <= load_pack("cn-national").rules.keys()
    six = rows_of(found, rule_id="cn-quality-indicators-met")
    assert six["id"].tolist() == ["S1", "S2"]  # junior meets six


def test_the_measures_of_a_run_stay_what_they_were() -> None:
    plain = assess(COUNTY.results(), COUNTY.inputs(), options()).measures
    rich = assess(COUNTY.results(), inputs_with(COUNTY, {"resources": RESOURCES}), options()).measures
    assert all(plain[unit].equals(rich[unit]) for unit in plain)


def test_a_pack_without_such_rules_says_nothing() -> None:
    result = assess(COUNTY.results(), inputs_with(COUNTY, {"resources": RESOURCES}), options("generic"))
    assert all(result.tables[name].empty for name in TABLES)
    assert result.tables["not_computable"].empty


@pytest.mark.parametrize("limit", [5.0, 6.5, 8.0, 12.0])
def test_a_stricter_threshold_never_yields_fewer_flags(limit: float, tmp_path: Path) -> None:
    said = {"stage": ["primary"], "metric": "sports_area_per_pupil", "operator": ">=", "unit": "m2 per pupil"}

    def flags(value: float) -> int:
        pack = pack_with(tmp_path, rule("cn-quality-r5-primary", value=value, unit_of_count="stage_section", **said))
        return int(row_of(tables_of(COUNTY, {"resources": RESOURCES}, pack=pack)["quality_tests"],
                          rule_id="cn-quality-r5-primary")["failing"])  # fmt: skip

    assert flags(limit) <= flags(limit + 1)


def test_every_rule_of_the_evaluation_is_tested_and_its_metric_known() -> None:
    case = case_of(COUNTY, {})
    rules = evaluated_rules(case)
    own = {i for i in case.pack.rules if i.startswith(("cn-quality-", "cn-basic-"))}
    assert own <= rules.keys()
    assert {"cn-size-primary", "cn-class-primary", "cn-size-nine-year"} <= rules.keys()
    assert "cn-very-small-rural-school" not in rules  # says who is left out
    assert {r.metric for r in rules.values()} <= METRICS.keys()
    tables = tables_of(COUNTY, {"resources": RESOURCES, "enrolment": [counted("S1", "G1", 400)]})
    assert set(tables["quality_tests"]["rule_id"]) == {
        i for i in rules if i not in ("cn-size-junior", "cn-class-primary-incomplete", "cn-disabled-enrolment-plan")
    }

"""The seven resource indicators of a school, worked by hand, and who passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from quality_county import AMOUNTS, case_of, has, pack_with, rule, tables_of
from toy_county import County, row_of, rows_of

from placesim.assessment.quality.case import SECTION
from placesim.assessment.quality.words import INDICATORS
from placesim.scenario.changes import Equip

METRICS = [i.metric for i in INDICATORS]
# S1: 400 pupils of primary, 300 of junior · S2: 200 of primary
COUNTY = County(flows=[(2025, "A", "S1", "G1", 400), (2025, "A", "S1", "G7", 300), (2025, "B", "S2", "G1", 200)])
JUNIOR = {
    "above_degree_teachers": 18, "backbone_teachers": 6, "pe_art_teachers": 2.7, "teaching_rooms_area": 1740,
    "sports_area": 3060, "equipment_value": 750_000, "multimedia_rooms": 7.2,
}  # fmt: skip


def of_s2(**other: float) -> dict[str, object]:
    """Half of AMOUNTS for half the pupils, so the same per pupil, with what a test says instead."""
    return has("S2", "primary", **({name: amount / 2 for name, amount in AMOUNTS.items()} | other))


def test_the_seven_indicators_by_hand() -> None:
    quality = tables_of(COUNTY, {"resources": [has("S1", "primary", **AMOUNTS), has("S1", "junior", **JUNIOR)]})[
        "quality"
    ]
    primary = row_of(quality, id="S1", stage="primary")
    # 20÷400·100 · 4÷400·100 · 3÷400·100 · 2000÷400 · 2400÷400 · 900 000÷400 · 10÷400·100
    assert primary[METRICS].tolist() == [5.0, 1.0, 0.75, 5.0, 6.0, 2250.0, 2.5]
    # thresholds 4.2, 1, 0.9, 4.5, 7.5, 2000, 2.3: R3 and R5 are short, R5 reaches 6 ÷ 7.5 = 0.8, R3 0.833
    assert (primary["indicators_met"], primary["indicators_known"]) == (5, 7)
    assert primary["indicator_share_min"] == 0.8
    assert primary["standing"] == "fails"
    junior = row_of(quality, id="S1", stage="junior")
    # 18÷300·100 · 6÷300·100 · 2.7÷300·100 · 1740÷300 · 3060÷300 · 750 000÷300 · 7.2÷300·100
    assert junior[METRICS].tolist() == [6.0, 2.0, 0.9, 5.8, 10.2, 2500.0, 2.4]
    # thresholds 5.3, 1, 0.9, 5.8, 10.2, 2500, 2.4: all met, five of them exactly
    assert (junior["indicators_met"], junior["indicator_share_min"], junior["standing"]) == (7, 1.0, "passes")


@pytest.mark.parametrize(
    ("other", "met", "standing"),
    [
        ({"pe_art_teachers": 1.8}, 6, "fails"),  # R5 alone is short, at 0.8 of its threshold
        ({"pe_art_teachers": 1.8, "sports_area": 1275}, 6, "passes"),  # 6.375 m² are exactly 85 %
        ({"pe_art_teachers": 1.8, "sports_area": 1274}, 6, "fails"),
        ({"pe_art_teachers": 1.8, "sports_area": 1500}, 7, "passes"),
        ({"pe_art_teachers": 1.7, "sports_area": 1400}, 5, "fails"),  # both above 85 %, but two of them
    ],
)
def test_six_of_seven_and_the_floor(other: dict[str, float], met: int, standing: str) -> None:
    row = row_of(tables_of(COUNTY, {"resources": [of_s2(**other)]})["quality"], id="S2", stage="primary")
    assert (row["indicators_met"], row["standing"]) == (met, standing)


def test_what_is_not_known_is_neither_met_nor_failed() -> None:
    good = {"pe_art_teachers": 1.8, "sports_area": 1500}
    partly = {k: v for k, v in of_s2(**good).items() if k != "backbone_teachers"}
    quality = tables_of(COUNTY, {"resources": [partly]})["quality"]
    row = row_of(quality, id="S2", stage="primary")
    assert (row["indicators_met"], row["indicators_known"], row["standing"]) == (6, 6, "unknown")
    assert row[["backbone_per_100", "indicator_share_min"]].isna().all()
    assert row_of(quality, id="S1", stage="primary")["standing"] == "unknown"  # no row at all
    poor = {k: v for k, v in of_s2().items() if k != "backbone_teachers"}  # R3 and R5 short: six cannot be reached
    assert row_of(tables_of(COUNTY, {"resources": [poor]})["quality"], id="S2", stage="primary")["standing"] == "fails"


def test_small_special_and_vocational_ones_are_not_evaluated() -> None:
    small = County(flows=[(2025, "A", "S1", "G1", 49), (2025, "B", "S2", "G1", 50)])
    quality = tables_of(small, {"resources": [has("S1", "primary", **AMOUNTS)]})["quality"]
    assert row_of(quality, id="S1")[["excluded", "standing"]].tolist() == ["small", "excluded"]
    assert row_of(quality, id="S2")["excluded"] is None
    for kind in ("special", "vocational"):
        rows = [has("S1", "primary", programme=kind, **AMOUNTS), has("S2", "primary", programme="general")]
        quality = tables_of(COUNTY, {"resources": rows})["quality"]
        assert row_of(quality, id="S1", stage="primary")[["excluded", "standing"]].tolist() == [kind, "excluded"]
        assert row_of(quality, id="S1", stage="junior")["excluded"] is None


def test_a_nine_year_school_is_small_by_all_its_pupils() -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 20), (2025, "A", "S1", "G7", 300)])
    quality = tables_of(county, {"resources": [has("S1", "primary", **AMOUNTS)]})["quality"]
    assert set(quality["excluded"]) == {None}


def test_a_stage_without_pupils_has_no_value() -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 400)])
    rows = [has("S1", "primary", **AMOUNTS), has("S2", "primary", **AMOUNTS), has("S1", "junior", **JUNIOR)]
    quality = tables_of(county, {"resources": rows})["quality"]
    assert quality[["id", "stage"]].to_numpy().tolist() == [["S1", "primary"]]


YEARS = County(
    flows=[(y, "A", "S1", "G1", n) for y, n in ((2025, 400), (2026, 500), (2027, 250))], years=(2025, 2026, 2027)
)


def test_amounts_stay_until_a_later_row_and_pupils_are_those_of_the_run() -> None:
    rows = [has("S1", "primary", 2024, **AMOUNTS), has("S1", "primary", 2027, sports_area=2500)]
    quality = tables_of(YEARS, {"resources": rows})["quality"].set_index("year")
    assert quality["above_degree_per_100"].tolist() == [5.0, 4.0, 8.0]  # 20 teachers for 400, 500, 250 pupils
    assert quality["sports_area_per_pupil"].tolist() == [6.0, 4.8, 10.0]  # 2400, 2400, 2500 m²
    assert quality["indicators_met"].tolist() == [5, 0, 7]  # 2026: 4.0, 0.8, 0.6, 4 m², 4.8 m², 1800 yuan, 2


def test_nothing_is_known_before_the_first_row() -> None:
    quality = tables_of(YEARS, {"resources": [has("S1", "primary", 2026, **AMOUNTS)]})["quality"].set_index("year")
    assert quality["indicators_known"].tolist() == [0, 7, 7]


def test_a_change_adds_to_what_a_school_has() -> None:
    more = Equip(kind="equip", year=2026, school="S1", stage="primary", amounts={"sports_area": 1600, "computers": 30})
    case = case_of(YEARS, {"resources": [has("S1", "primary", **AMOUNTS)]}, (more,))
    held = case.sections()[SECTION].join(case.resources()[["sports_area", "computers", "books"]])
    primary = rows_of(held, school_id="S1", stage="primary")
    assert primary["sports_area"].tolist() == [2400, 4000, 4000]
    assert primary["computers"].isna().tolist() == [True, False, False]  # not given before: what the change brings
    assert primary["books"].isna().all()
    assert case.inputs.frame("resources")["sports_area"].tolist() == [2400]


def test_campuses_of_an_institution_are_evaluated_together_where_the_pack_says_so(tmp_path: Path) -> None:
    county = County(flows=[(2025, "A", "S1", "G1", 400), (2025, "B", "S2", "G1", 40)], institutions=("I", "I"))
    said = {"stage": ["primary"], "metric": "sports_area_per_pupil", "operator": ">=", "unit": "m2 per pupil"}
    pack = pack_with(tmp_path, rule("own-r5", value=7.0, unit_of_count="institution", **said))
    rows = [has("S1", "primary", **AMOUNTS), has("S2", "primary", sports_area=900)]
    tables = tables_of(county, {"resources": rows}, pack=pack)
    quality = tables["quality"]
    assert rows_of(quality, unit="stage_section")[["id", "excluded"]].to_numpy().tolist() == [
        ["S1", None],
        ["S2", "small"],
    ]
    whole = row_of(quality, unit="institution")
    assert (whole["id"], whole["pupils"], whole["excluded"]) == ("I", 440, None)
    assert whole["sports_area_per_pupil"] == 7.5  # (2400 + 900) ÷ 440
    assert whole[["above_degree_per_100"]].isna().all()  # one of its campuses does not say
    assert set(tables["balance"]["unit"]) == {"stage_section", "institution"}

"""The figures that all faces share, against sums made by hand from the made-up run."""

from __future__ import annotations

import made_up_run
import pandas as pd
import pytest

from placesim.report import figures
from placesim.store import SavedRun, open_run
from placesim.vocabulary import PARTS


def test_key_figures_of_base_peak_and_last_year(finished: SavedRun) -> None:
    table = figures.key_figures(finished)
    assert table[["stage", "when", "year"]].to_numpy().tolist() == [
        ["primary", "base", 2025],
        ["primary", "peak", 2028],
        ["primary", "end", 2028],
        ["junior", "base", 2025],
        ["junior", "peak", 2028],
        ["junior", "end", 2028],
    ]
    primary = table.iloc[0]
    assert primary["need"] == primary["pupils"] == sum(60 + 20 * k for k in range(6))
    assert primary["places_design"] == 400 + 180 + 90
    assert primary["utilisation"] == pytest.approx((400 + 90 + 46) / 670)
    peak = table.iloc[1]
    assert (peak["unplaced"], peak["large_classes"], peak["crowded"], peak["underused"]) == (10, 2, 1, 1)
    assert peak["utilisation"] == pytest.approx((500 + 40) / 580)  # s3 is closed by then


def test_counts_of_types_leave_out_sections_of_unknown_type(finished: SavedRun) -> None:
    counts = figures.typology_counts(finished).set_index(["stage", "year"])
    assert counts.loc[("primary", 2025)].tolist() == [0, 2]
    assert counts.loc[("junior", 2028)].tolist() == [0, 0]  # s4 is over its places, its area type is not known


def test_findings_are_taken_together_over_the_years(finished: SavedRun) -> None:
    groups = figures.finding_groups(finished)
    assert groups["severity"].tolist() == ["breach"] * 2 + ["flag"] * 2
    s1 = groups[(groups["id"] == "s1")].iloc[0]
    assert (s1["first_year"], s1["last_year"], s1["years"], s1["worst"], s1["limit"]) == (2026, 2028, 3, 1.25, 1.0)
    unplaced = groups[(groups["id"] == "001") & (groups["stage"] == "primary")].iloc[0]
    assert (unplaced["first_year"], unplaced["worst"]) == (2026, 20)


def test_the_worst_of_a_lower_limit_is_the_lowest(saved: SavedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"rule_id": "small", "unit": "campus", "id": "s2", "stage": "primary", "metric": "roll", "operator": ">=",
           "limit": 100.0, "severity": "flag"}  # fmt: skip
    rows = [row | {"year": year, "value": value} for year, value in ((2025, 90.0), (2026, 40.0), (2027, 60.0))]
    monkeypatch.setattr(SavedRun, "table", lambda *_: pd.DataFrame(rows))
    assert figures.finding_groups(saved)["worst"].tolist() == [40.0]


def test_share_without_a_place_is_not_known_where_nobody_lives() -> None:
    areas = pd.DataFrame({"unplaced": [1, 0, 0], "pupils": [4, 5, 0]})
    share = figures.unplaced_share(areas)
    assert share[:2].tolist() == [0.25, 0.0]
    assert pd.isna(share[2])


def test_parts_are_whole_and_sum_to_the_pupils_who_need_a_place(finished: SavedRun) -> None:
    parts = figures.need_parts(finished, PARTS)
    first = parts[(parts["stage"] == "primary") & (parts["year"] == 2025)].iloc[0]
    assert (first["rolls"], first["children"], first["outside"]) == (330, 165, 0)
    county = finished.table("county_by_year")
    assert parts[list(PARTS)].sum(axis=1).tolist() == county["need"].tolist()


def test_parts_of_those_who_attend_beyond_the_border_are_left_out(
    saved: SavedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"stage": "primary", "year": 2025}
    demand = pd.DataFrame([
        keys | {"area_id": "a", "rolls": 30.0, "children": 10.0},
        keys | {"area_id": "b", "rolls": 0.0, "children": 10.6},
        keys | {"area_id": "outside", "rolls": 5.0, "children": 0.0},
    ])  # fmt: skip
    areas = pd.DataFrame([
        keys | {"area_id": "a", "pupils": 40, "placed_outside": 20},
        keys | {"area_id": "b", "pupils": 11, "placed_outside": 0},
    ])  # fmt: skip
    tables = {"demand": demand, "area_by_year": areas, "county_by_year": pd.DataFrame([keys | {"need": 36}])}
    monkeypatch.setattr(SavedRun, "table", lambda _, name: tables[name])
    row = figures.need_parts(saved, ("rolls", "children")).iloc[0]
    assert (row["rolls"], row["children"]) == (20, 16)  # 15 + 5 and 5 + 10.6


def test_key_figures_say_on_what_basis_classes_are_known(saved: SavedRun) -> None:
    tables = made_up_run.run_tables()
    school = tables["school_by_year"]
    school.loc[(school["school_id"] == "s1") & (school["year"] == 2025), "class_basis"] = "bins"
    key = figures.key_figures(open_run(made_up_run.remake(saved.folder, tables)))
    assert key["class_basis"].tolist() == ["bins", "formed", "formed", "formed", "formed", "formed"]


def test_the_worst_years(finished: SavedRun) -> None:
    worst = figures.worst_years(finished).set_index("metric")
    assert worst.loc["unplaced"].tolist() == [2027, 30]
    assert worst.loc["over_design"].tolist() == [2028, 100 + 30]
    assert worst.loc["excess"].tolist() == [2028, 60 + 0]


def test_what_is_not_known_names_how_far_base_year_rolls_are_off(finished: SavedRun) -> None:
    said = figures.unknowns(finished, "zh")
    assert (
        "基准年各校模型在校生与实有数之差的绝对值合计：小学 30 人（实有 566 人）；初中 20 人（实有 470 人）。" in said
    )


def test_names_fall_back_to_the_other_language_and_to_the_id(finished: SavedRun) -> None:
    zh, en = (figures.names(finished, "campus", language) for language in ("zh", "en"))
    assert en["s1"] == "North & South <i>School</i>"
    assert zh["s2"] == en["s2"] == "🏫 𠮷祥小学"
    assert figures.names(finished, "area", "en")["006"] == "006"
    assert figures.names(finished, "county", "en") == {}


def test_stages_taken_together_have_a_joint_name(finished: SavedRun) -> None:
    assert figures.stage_name(finished, "primary+junior", "zh") == "小学+初中"
    assert figures.stage_name(finished, "primary", "en") == "Primary"


def test_reasons_in_words_and_a_users_own_reason_as_it_is() -> None:
    assert figures.reason_text("utilisation+large_class", "zh") == "在校生超过设计学位；有大班额"
    assert figures.reason_text("our_own", "en") == "our_own"
    assert figures.reason_text(None, "en") == ""


def test_what_is_not_known_names_tables_and_unverified_rules(finished: SavedRun) -> None:
    said = "\n".join(figures.unknowns(finished, "zh"))
    assert "人口、已知儿童、出生、生源流向、住宅开发项目、道路、施教区（学区划分）" in said
    assert "在校生、" not in said
    assert "1 条规则" in said
    assert "没有人口表" in said

"""Two runs that differ by hand-made amounts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import made_up_run
import pytest

from placesim.report import Comparison, compare, comparison_html
from placesim.store import SavedRun, open_run


@pytest.fixture
def other(made_up: Path, tmp_path: Path) -> SavedRun:
    """The run with s1 twenty places larger, thirty pupils of s4 at s2, five more at s3, and another horizon."""
    folder = shutil.copytree(made_up, tmp_path / "other")
    tables = made_up_run.run_tables()
    school, county, flows = (tables[t] for t in ("school_by_year", "county_by_year", "flows"))
    s1 = (school["school_id"] == "s1") & (school["year"] == 2026)
    school.loc[s1, "typology"] = "balanced"
    tables["balance"]["cv"] = 0.49
    county.loc[(county["stage"] == "primary") & (county["year"] == 2026), "places_design"] += 20
    in_2025 = flows["year"] == 2025
    flows.loc[in_2025 & (flows["school_id"] == "s4"), "pupils"] -= 30
    flows.loc[in_2025 & (flows["school_id"] == "s2") & (flows["stage"] == "junior"), "pupils"] += 30
    flows.loc[in_2025 & (flows["school_id"] == "s3"), "pupils"] += 5
    inputs = made_up_run.manifest()["inputs"]
    inputs["areas"]["sha256"] = "c" * 64
    made_up_run.remake(folder, tables, inputs=inputs)
    toml = (folder / "scenario.toml").read_text(encoding="utf-8")
    (folder / "scenario.toml").write_text(toml.replace("horizon = 3", "horizon = 4"), encoding="utf-8")
    return open_run(folder)


@pytest.fixture
def comparison(saved: SavedRun, other: SavedRun) -> Comparison:
    return compare(saved, other)


def test_figures_by_stage_and_year(comparison: Comparison) -> None:
    table = comparison.figures.set_index(["stage", "year"])
    assert table.loc[("primary", 2026), "places_design_change"] == 20
    assert (table["need_change"] == 0).all()
    assert (table.drop(index=("primary", 2026))["places_design_change"] == 0).all()


def test_coefficients_that_differ(comparison: Comparison) -> None:
    [row] = comparison.balance.to_dict("records")
    assert (row["metric"], row["cv_a"], row["cv_b"], row["cv_change"]) == ("cv_sports_area", 0.515, 0.49, -0.025)
    assert any("R5 sports grounds 0.515 → 0.490" in line for line in comparison.lines("en"))


def test_schools_of_another_type(comparison: Comparison) -> None:
    [row] = comparison.types.to_dict("records")
    assert row == {
        "school_id": "s1", "stage": "primary", "type_a": "crowded", "type_b": "balanced", "first_year": 2026,
        "last_year": 2026,
    }  # fmt: skip


def test_settings_and_files_that_differ(comparison: Comparison) -> None:
    told = {row["key"]: (row["a"], row["b"]) for row in comparison.settings.to_dict("records")}
    assert told == {"calendar.horizon": ("3", "4"), "inputs.areas.sha256": ("a" * 12, "c" * 12)}


def test_pupils_who_attend_another_school(comparison: Comparison) -> None:
    table = comparison.flows.set_index(["stage", "year"])
    assert table.loc[("junior", 2025)].tolist() == [30, 0]
    assert table.loc[("primary", 2025)].tolist() == [0, 5]
    assert (table.drop(index=[("junior", 2025), ("primary", 2025)]) == 0).all(axis=None)


def test_a_run_against_itself_differs_nowhere(saved: SavedRun) -> None:
    same = compare(saved, saved)
    assert same.types.empty
    assert same.settings.empty
    assert (same.flows[["moved", "more"]] == 0).all(axis=None)


def test_the_terminal_shows_each_part_on_single_lines(comparison: Comparison) -> None:
    lines = comparison.lines("zh")
    assert "  calendar.horizon: 3 → 4" in lines
    assert any("2026: 拥挤 → 未列入" in line for line in lines)
    assert "  小学 2026: 设计学位 670 → 690" in lines
    assert "  初中: 没有差别" in lines
    assert not any("\n" in line for line in lines)
    assert any("crowded → not flagged" in line for line in comparison.lines("en"))


def test_the_data_are_plain_json(comparison: Comparison) -> None:
    data = json.loads(json.dumps(comparison.data()))
    assert data["types"][0]["school_id"] == "s1"
    assert len(data["figures"]) == 8


def test_the_page_is_closed_and_holds_the_tables(comparison: Comparison, tmp_path: Path) -> None:
    comparison_html(comparison, tmp_path / "c.html")
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "default-src &#39;none&#39;" in text
    assert made_up_run.SCRIPT not in text
    assert '"moved":30' in text

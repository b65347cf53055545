"""`placesim zone` on the bundled county: a plan with its files, the same plan priced again, and wrong calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from typer.testing import CliRunner

from placesim.cli import app
from placesim.geo import contiguity

SHORT = ("--set", "calendar.horizon=0", "--set", "uncertainty.draws=0")


def call(*arguments: Any) -> Any:
    """The command in this process: exit_code, stdout, stderr."""
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zone") / "county"
    assert call("new", folder).exit_code == 0
    return folder / "base.toml"


@pytest.fixture(scope="module")
def planned(base: Path) -> dict[str, Any]:
    """The document of a plan for the primary schools, and its folder beside the scenario."""
    told = call(
        "zone", base, "--stage", "primary", *SHORT, "--seeds", 2, "--seconds", 300, "--notice", 2, "--optional", 3,
        "--siblings", 0.25, "--out", base.parent / "plan", "--json",
    )  # fmt: skip
    assert (told.exit_code, told.stderr) == (0, ""), told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_zones_are_connected_hold_their_schools_and_keep_the_floor(base: Path, planned: dict[str, Any]) -> None:
    plan = pd.read_csv(base.parent / "plan" / "plan.csv", encoding="utf-8-sig", dtype={"area_id": str})
    areas = gpd.read_file(base.parent / "songlan.gpkg", layer="areas").sort_values("area_id").reset_index(drop=True)
    assert plan["area_id"].tolist() == areas["area_id"].tolist()
    map_ = nx.Graph(contiguity(areas.geometry).pairs.tolist())
    zones = plan.groupby("school_id")
    apart = [name for name, rows in zones if not nx.is_connected(map_.subgraph(rows.index))]
    assert apart == []
    schools = pd.DataFrame(planned["schools"])
    assert schools["connected"].all()
    assert schools["holds_school"].all()
    assert (schools["utilisation"] >= planned["floor"] - 1e-3).all()
    assert schools["pupils"].sum() == plan["pupils"].sum() == planned["pupils"]
    assert planned["bound"] <= planned["objective"] == min(planned["objectives"])
    assert planned["stopped"] == "effort"


def test_the_plan_is_better_than_today(planned: dict[str, Any]) -> None:
    assert planned["terms"]["over_places"] < planned["terms_before"]["over_places"]
    assert planned["terms"]["imbalance"] < planned["terms_before"]["imbalance"]
    assert 0 < planned["pupils_moved"] < planned["pupils"] / 2


def test_the_catchments_written_can_be_run(base: Path, planned: dict[str, Any]) -> None:
    rows = pd.read_csv(base.parent / "plan" / "catchments.csv", encoding="utf-8-sig", dtype={"area_id": str})
    moved = rows[rows["area_id"].isin(planned["areas_moved"]) & (rows["stage"] == "primary")]
    choosing = moved[(moved["valid_from"] == 2027) & (moved["valid_to"] == 2029)]
    assert (choosing.groupby("area_id")["school_id"].nunique() >= 2).all()
    assert set(choosing["area_id"]) == set(planned["areas_moved"])
    told = call("check", base, "--set", 'inputs.catchments.path="plan/catchments.csv"', "--json")
    assert told.exit_code == 0, told.output


def test_the_plan_priced_again_costs_the_same(base: Path, planned: dict[str, Any]) -> None:
    file = base.parent / "plan" / "plan.csv"
    told = call("zone", base, "--stage", "primary", *SHORT, "--evaluate", file, "--json")
    assert told.exit_code == 0, told.output
    again = json.loads(told.stdout)
    for key in ("objective", "terms", "terms_before", "areas_moved", "areas_nearer", "areas_farther", "schools"):
        assert again[key] == planned[key], key
    assert again["bound"] is None


@pytest.mark.parametrize(("lang", "said"), [("en", "Not modelled: families"), ("zh", "未模拟：家庭")])
def test_the_planner_reads_it_in_words(base: Path, planned: dict[str, Any], lang: str, said: str,
                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("placesim.cli.LANGUAGE", lang)
    told = call("zone", base, "--stage", "primary", *SHORT, "--evaluate", base.parent / "plan" / "plan.csv")
    assert told.exit_code == 0
    assert said in told.stdout


def test_files_are_never_written_over(base: Path, planned: dict[str, Any]) -> None:
    told = call("zone", base, "--stage", "primary", *SHORT, "--out", base.parent / "plan", "--json")
    assert (told.exit_code, [f["code"] for f in json.loads(told.stdout)["findings"]]) == (1, ["E642"])


def test_a_plan_of_another_county_is_exit_1(base: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("area_id,school_id\n1,2\n", encoding="utf-8")
    told = call("zone", base, "--stage", "primary", *SHORT, "--evaluate", tmp_path / "other.csv", "--json")
    assert (told.exit_code, [f["code"] for f in json.loads(told.stdout)["findings"]]) == (1, ["E644"])


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--stage", "nursery"),
        ("--stage", "primary", "--floor", "0"),
        ("--stage", "primary", "--floor", "1.5"),
        ("--stage", "primary", "--weight", "beauty=1"),
        ("--stage", "primary", "--weight", "moved=-1"),
        ("--stage", "primary", "--weight", "moved"),
        ("--stage", "primary", "--seeds", "0"),
        ("--stage", "primary", "--year", "1999", *SHORT),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_exit_2(base: Path, arguments: tuple[str, ...]) -> None:
    told = call("zone", base, *arguments)
    assert told.exit_code == 2, told.output
    assert "Traceback" not in told.output

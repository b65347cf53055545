"""The whole chain on the bundled county: what is computed anew when, what order does not matter, what users hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import placesim as ps
from placesim import spine
from placesim.scenario import example_folder
from placesim.standards.pack import load_pack
from placesim.store.tables import read_table


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county") / "songlan"
    private = shutil.ignore_patterns("generator", "truth", ".placesim", "runs", "__pycache__")
    shutil.copytree(example_folder("songlan"), folder, ignore=private)
    return folder / "base.toml"


@pytest.fixture(scope="module")
def scenario(county: Path) -> ps.Scenario:
    return ps.load(county, set={"calendar.horizon": 4})


@pytest.fixture(scope="module")
def run(scenario: ps.Scenario) -> ps.Run:
    return ps.run(scenario)


def computed(monkeypatch: pytest.MonkeyPatch, scenario: ps.Scenario) -> set[str]:
    """The stages that a run of the scenario computes anew."""
    names = ("project", "estimate_demand", "roll_forward", "measure_travel", "allocate")
    called: set[str] = set()
    for name in names:
        stage = getattr(spine, name)

        def spy(*args: object, name: str = name, stage: object = stage) -> object:
            called.add(name)
            return stage(*args)  # type: ignore[operator]

        monkeypatch.setattr(spine, name, spy)
    ps.run(scenario)
    return called


def test_a_second_run_computes_nothing(monkeypatch: pytest.MonkeyPatch, run: ps.Run, scenario: ps.Scenario) -> None:
    assert computed(monkeypatch, scenario) == set()


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"standards.primary.class_size_design": 40}, {"roll_forward", "allocate"}),
        ({"allocation.rule": "nearest"}, {"allocate"}),
        ({"travel.ride_wait": 6.0}, {"measure_travel", "allocate"}),
        ({"demand.blend_years": 5}, {"estimate_demand", "allocate"}),
        ({"demography.fertility_factor": 1.1}, {"project", "estimate_demand", "allocate"}),
        ({"report.language": "en"}, set()),
    ],
)
def test_a_change_computes_only_what_depends_on_it(
    monkeypatch: pytest.MonkeyPatch, run: ps.Run, scenario: ps.Scenario, changes: dict[str, object], stages: set[str]
) -> None:
    assert computed(monkeypatch, scenario.with_(changes)) == stages
    assert scenario.parameters.allocation.rule == "transport"  # the first scenario is as it was


def test_a_changed_cell_computes_what_reads_it(
    monkeypatch: pytest.MonkeyPatch, run: ps.Run, county: Path, tmp_path: Path
) -> None:
    shutil.copytree(county.parent, tmp_path / "c")
    rates = tmp_path / "c" / "rates.csv"
    lines = rates.read_text(encoding="utf-8-sig").splitlines()
    rates.write_text("\n".join([lines[0], *lines[1:][::-1]]), encoding="utf-8-sig")
    scenario = ps.load(tmp_path / "c" / "base.toml", set={"calendar.horizon": 4})
    assert computed(monkeypatch, scenario) == set(), "the order of rows is no change"
    births = tmp_path / "c" / "population.csv"
    text = births.read_bytes().decode("gb18030").splitlines()
    first, age0, rest = text[1].split(",", 2)
    text[1] = f"{first},{int(float(age0)) + 1},{rest}"
    births.write_bytes("\n".join(text).encode("gb18030"))
    assert computed(monkeypatch, scenario) == {"project", "estimate_demand", "allocate"}


def test_cached_and_fresh_runs_are_the_same(run: ps.Run, scenario: ps.Scenario) -> None:
    again = ps.run(scenario)
    for name, values in run.to_xarray().data_vars.items():
        np.testing.assert_array_equal(again.to_xarray()[name].values, values.values, err_msg=str(name))
    for unit, table in run.assessment.measures.items():
        pd.testing.assert_frame_equal(again.assessment.measures[unit], table)
    pd.testing.assert_frame_equal(again.assessment.findings, run.assessment.findings)


def test_the_labelled_cubes_agree_with_the_records(run: ps.Run) -> None:
    data = run.to_xarray()
    assert data["pupils"].attrs["units"] == "pupils"
    placed = data["roll"].sum(["school", "grade"]).values
    demand = run.allocation.demand.sum(axis=(0, 2, 3))
    away = run.allocation.rows().query("school_id == 'outside'").groupby("year")["pupils"].sum()
    unplaced = data["unplaced"].sum(["origin", "grade", "admission_group"]).values
    np.testing.assert_array_equal(placed + unplaced + away.reindex(data.year.values, fill_value=0).values, demand)
    assert data.coords["draw"] == 0
    assert set(data.coords["stage_of_grade"].values) == set(run.scenario.stages.ids)


def test_schools_and_areas_of_a_year(run: ps.Run) -> None:
    schools, areas = run.schools(2027), run.areas(2027)
    assert set(schools["year"]) == {2027}
    assert schools.crs == areas.crs == run.inputs.crs
    assert {"utilisation", "typology", "binding", "name_en"} <= set(schools.columns)
    assert "P22" in set(schools["school_id"])  # opens in 2027
    assert "P22" not in set(run.schools(2026)["school_id"])
    county = run.assessment.measures["county"].query("year == 2027")
    assert schools["roll"].sum() == county["roll"].sum()
    with pytest.raises(KeyError, match="1999"):
        run.schools(1999)


def test_a_run_shows_itself(run: ps.Run) -> None:
    assert "songlan" in run._repr_html_()
    assert repr(run) == "Run of Scenario('songlan', 2025–2029)"


def test_progress_names_the_stages(scenario: ps.Scenario) -> None:
    told: list[str] = []
    ps.run(scenario, progress=told.append)
    stages = ["projection", "demand", "draws", "backtest", "explanations", "places", "travel", "allocation", "access"]
    assert told == ["check", *stages, "allocation_draws", "assessment"]


def test_place_values_are_saved_where_asked_for(scenario: ps.Scenario, tmp_path: Path) -> None:
    told: list[str] = []
    run = ps.run(scenario.with_({"allocation.place_values": True}), progress=told.append)
    assert told[-2:] == ["place_values", "assessment"]
    saved = read_table(run.save(tmp_path / "run") / "tables", "place_values")
    assert list(saved) == ["school_id", "stage", "year", "minutes"]
    assert (saved["minutes"] >= 0).all()


def test_every_flag_of_a_run_cites_a_rule_of_its_pack(run: ps.Run) -> None:
    pack = load_pack(run.scenario.pack)
    found = run.assessment.findings
    assert len(found)
    assert set(found["rule_id"]) <= pack.rules.keys()
    for row in found.drop_duplicates("rule_id").itertuples():
        rule = pack.rules[row.rule_id]
        assert (row.document, row.clause) == (pack.documents[rule.document].cite("zh"), rule.clause)


def test_rules_that_a_run_will_never_ask_are_told_where_the_pack_is_named(county: Path) -> None:
    """A user's pack beside the scenario: one rule of it has ended, one speaks of a stage that is misspelt."""
    file = county.with_name("ours.toml")
    file.write_text(
        'schema = 1\nid = "ours"\nlabel = { zh = "本县", en = "Ours" }\njurisdiction = "CN-XX"\nversion = "1"\n'
        'extends = "cn-national"\n[rule.cn-class-primary]\noverride = true\nvalid_to = 2020\n'
        '[rule.cn-class-junior]\noverride = true\nstage = ["junoir"]\n',
        encoding="utf-8",
    )
    scenario = ps.load(county, set={"standards.pack": "ours.toml"})
    _, findings = spine.check_scenario(scenario)
    told = {f.code: f for f in findings if f.column == "standards.pack"}
    assert told.keys() == {"W120", "N121"}
    assert (told["N121"].value, told["W120"].value) == ("cn-class-primary", "junoir")
    assert told["N121"].file == "--set"

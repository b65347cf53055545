"""The bundled county out of a PostGIS database: the same findings and the same results as out of its files."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from database_server import Server
from songlan_files import SONGLAN
from typer.testing import CliRunner

from placesim.cli import app
from placesim.errors import Finding
from placesim.scenario import load
from placesim.spine import check_scenario, run
from placesim.store import open_run
from placesim.store.tables import run_tables

pytestmark = pytest.mark.evidence

LAYERS = ("areas", "schools", "roads")
SECRET = "Zx9-geheim-Qv7"


@dataclass(frozen=True)
class County:
    """A copy of the county's folder, and its address in the database for the one who may only read it."""

    folder: Path
    address: str

    def settings(self) -> list[str]:
        """Areas, schools, roads and the population out of the database; the last by a query."""
        told = [f'inputs.{name}={{path = "{self.address}", table = "county.{name}"}}' for name in ("areas", "roads")]
        told.append(
            f'inputs.schools={{path = "{self.address}", sql = "SELECT * FROM county.schools", layer = "schools"}}'
        )
        told.append(f'inputs.population.path="{self.address}"')
        told.append("inputs.population.sql='SELECT * FROM county.population'")
        return told


@pytest.fixture(scope="module")
def county(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    from sqlalchemy import create_engine

    folder = tmp_path_factory.mktemp("county") / "songlan"
    shutil.copytree(SONGLAN, folder, ignore=shutil.ignore_patterns("runs", ".placesim", "generator", "truth"))
    address = database.database("songlan")
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    database.run("songlan", "CREATE SCHEMA county")
    for name in LAYERS:
        layer = gpd.read_file(folder / "songlan.gpkg", layer=name, engine="pyogrio").rename_geometry("geom")
        layer.to_postgis(name, engine, schema="county")
    cells = pd.read_csv(folder / "population.csv", encoding="gb18030", dtype=str)
    cells.to_sql("population", engine, schema="county", index=False)
    engine.dispose()
    database.run("songlan", f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'; GRANT USAGE ON SCHEMA county TO reader; "
                            "GRANT SELECT ON ALL TABLES IN SCHEMA county TO reader")  # fmt: skip
    yield County(folder, database.address("songlan", "reader", SECRET))
    database.run("songlan", "DROP OWNED BY reader; DROP ROLE reader")


def told(findings: list[Finding]) -> list[tuple[Any, ...]]:
    """Findings without the places that differ: file, sheet, and the facts that name them."""
    return [(f.code, f.row, f.column, f.value, sorted((k, str(v)) for k, v in f.facts.items())) for f in findings]


def test_the_same_findings_and_the_same_results(county: County, tmp_path: Path) -> None:
    files = shutil.copytree(county.folder, tmp_path / "files")  # each with a stage cache of its own
    short = ["calendar.horizon=2"]
    from_files = run(load(files / "base.toml", set=short))
    scenario = load(county.folder / "base.toml", set=[*short, *county.settings()])
    inputs, findings = check_scenario(scenario)
    from_database = run(scenario)
    assert inputs is not None
    assert inputs.tables["areas"].source.file == county.address.replace(SECRET, "***")
    assert told(findings) == told(check_scenario(load(files / "base.toml", set=short))[1])
    assert told(list(from_database.findings)) == told(list(from_files.findings))
    expected = run_tables(from_files)
    found = run_tables(from_database)
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        pd.testing.assert_frame_equal(pd.DataFrame(found[name]), pd.DataFrame(table), check_exact=True, obj=name)


def texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every file packed in one."""
    for file in (f for f in folder.rglob("*") if f.is_file()):
        yield str(file), file.read_bytes()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as package:
                yield from ((f"{file}!{name}", package.read(name)) for name in package.namelist())


def call(*arguments: Any) -> Any:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_no_byte_of_the_password_is_written_or_shown(county: County, database: Server, tmp_path: Path) -> None:
    """Run, report into the database and back, with the password in the scenario and in the settings."""
    base = county.folder / "base.toml"
    old = '[inputs.areas]\npath = "songlan.gpkg"\nlayer = "areas"'
    text = base.read_text(encoding="utf-8")
    assert old in text
    own = county.folder / "own.toml"
    own.write_text(
        text.replace(old, f'[inputs.areas]\npath = "{county.address}"\ntable = "county.areas"'), encoding="utf-8"
    )
    settings = [word for s in county.settings()[1:] for word in ("--set", s)]
    folder = tmp_path / "run"
    made = call("run", own, "--set", "calendar.horizon=0", *settings, "--out", folder)
    assert made.exit_code == 0, made.output
    verbs = (("check",), ("check", "--json"), ("show",), ("show", "--resolved"), ("show", "--origin"))
    shown = [call(*verb, own, *settings) for verb in verbs]
    database.run("songlan", "GRANT CREATE ON DATABASE songlan TO reader")
    shown.append(call("report", folder, "--postgis", county.address, "--schema", "plan"))
    assert [s.exit_code for s in shown] == [0] * len(shown), [s.output for s in shown]
    wrong = [call("check", own, "--set", "inputs.areas.table=\"county.aeras\""),
             call("report", folder, "--postgis", county.address, "--schema", "county")]  # fmt: skip
    assert [s.exit_code for s in wrong] == [1, 1]
    for said in (made, *shown, *wrong):
        assert SECRET not in said.output
    assert "***" in shown[2].stdout
    written = [name for root in (folder, county.folder / ".placesim") for name, content in texts(root)
               if SECRET.encode() in content]  # fmt: skip
    assert written == []
    assert database.run("songlan", f"SELECT count(*) FROM plan.placesim_run WHERE manifest LIKE '%{SECRET}%'") == [(0,)]
    saved = open_run(folder)
    assert database.run("songlan", "SELECT count(*) FROM plan.flows") == [(len(saved.table("flows")),)]
    database.run("songlan", "DROP SCHEMA plan CASCADE")

"""A run in a PostGIS database: whole or not at all, everything in it, nothing of anybody else touched."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import geopandas as gpd
import made_up_run
import numpy as np
import pandas as pd
import pytest
import shapely
from database_server import Server
from told import only, written

from placesim.errors import Finding, FindingsError
from placesim.messages import LANGUAGES
from placesim.report import postgis, write_postgis
from placesim.report.postgis import MARKER, schema_name
from placesim.store import SavedRun, open_run
from placesim.store.tables import column_title

LOCAL = "+proj=tmerc +lat_0=0 +lon_0=119.7 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"


def refused(saved: SavedRun, address: str, schema: str | None = None) -> Finding:
    with pytest.raises(FindingsError) as error:
        write_postgis(saved, address, schema)
    return only(written(error.value.findings))


# --------------------------------------------------------------------------------------------------- without a server
@pytest.mark.parametrize(("folder", "name"), [
    ("songlan", "songlan"), ("songlan--less-rooms--a1b2c3", "songlan_less_rooms_a1b2c3"),
    ("松岚县 2025", "松岚县_2025"),
    ("2025", "run_2025"), ("pg_run", "run_pg_run"), ("--", "run_"), ("A.b'\"; drop", "a_b_drop"),
    ("长" * 40, "长" * 18 + "_" + hashlib.sha256(("长" * 40).encode()).hexdigest()[:8]),
])  # fmt: skip
def test_the_name_of_the_schema(folder: str, name: str) -> None:
    assert schema_name(folder) == name
    assert len(name.encode()) <= 63


@pytest.mark.parametrize("name", ["", " ", "pg_x", "PG_x", "a" * 64, "长" * 22, "a\0b"])
def test_a_name_that_postgres_would_cut_or_keep_for_itself(saved: SavedRun, name: str) -> None:
    found = refused(saved, "postgresql://127.0.0.1:1/x", name)
    assert (found.code, found.value) == ("E621", name)


@pytest.mark.parametrize("address", ["results.gpkg", "", "mysql://h/d", "host=127.0.0.1"])
def test_what_is_no_address(saved: SavedRun, address: str) -> None:
    assert refused(saved, address).code == "E625"


def test_without_the_extra(saved: SavedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert refused(saved, "postgresql://clerk:secret@127.0.0.1:1/x").code == "E262"


def test_a_server_that_is_not_there(saved: SavedRun) -> None:
    pytest.importorskip("psycopg")
    found = refused(saved, "postgresql://clerk:secret@127.0.0.1:1/x")
    assert (found.code, found.file) == ("E263", "postgresql://clerk:***@127.0.0.1:1/x")


def test_shapes_of_one_kind() -> None:
    square, point = shapely.box(0, 0, 1, 1), shapely.Point(0, 0)
    both = shapely.MultiPolygon([square])
    shapes, kind = postgis._alike(np.array([square, None, both], dtype=object))
    assert (shapes.tolist(), kind) == ([both, None, both], "MultiPolygon")
    assert postgis._alike(np.array([square, None], dtype=object))[1] == "Polygon"
    assert postgis._alike(np.array([square, point], dtype=object))[1] == "Geometry"
    assert postgis._alike(np.array([None], dtype=object))[1] == "Geometry"


def test_a_key_names_every_row_once() -> None:
    table = pd.DataFrame({"area_id": ["1", "1"], "stage": ["a", "b"], "year": [2025, 2025], "x": [1, 1]})
    assert postgis._key("area_by_year", table) == ["area_id", "stage", "year"]
    assert postgis._key("areas", table) == []
    assert postgis._key("area_by_year", table.assign(stage="a")) == []
    assert postgis._key("area_by_year", table.assign(stage=["a", None])) == []
    assert postgis._key("area_by_year", table.drop(columns="year")) == []
    assert postgis._key("findings", table) == []


# ------------------------------------------------------------------------------------------------------- with a server
@pytest.fixture
def address(database: Server) -> str:
    return database.database("results")


def catalogue(server: Server, schema: str = "run") -> set[str]:
    rows = server.run("results", f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
    return {name for (name,) in rows}


def contents(server: Server, schema: str, table: str) -> pd.DataFrame:
    """A table as it stands there, shapes apart."""
    with server.connect("results") as connection:
        cursor = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
        names = [c.name for c in cursor.description]
        rows = pd.DataFrame(cursor.fetchall(), columns=names)
    return rows.drop(columns="geometry", errors="ignore")


def shapes(server: Server, schema: str, table: str) -> Any:
    rows = server.run("results", f'SELECT geometry::text FROM "{schema}"."{table}"')
    return shapely.from_wkb([code for (code,) in rows])


def schemas(server: Server) -> set[str]:
    query = (
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')"
    )
    return {name for (name,) in server.run("results", query)}


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Row by row, None and NaN alike."""
    assert list(found.columns) == list(expected.columns)
    plain = [t.astype(object).where(t.notna(), None).to_numpy().tolist() for t in (found, expected)]
    assert plain[0] == plain[1]


@pytest.mark.evidence
def test_every_table_and_shape_comes_back(saved: SavedRun, database: Server, address: str) -> None:
    assert write_postgis(saved, address) == postgis.WrittenSchema("run", ())
    assert catalogue(database) == {*saved.tables, *(["roads"] if "roads" in saved.layers else []), MARKER}
    for name in saved.tables:
        same(contents(database, "run", name), saved.table(name))
    for name in ("areas", "schools", "roads"):
        layer = saved.layer(name)
        if name == "roads":
            same(contents(database, "run", name), pd.DataFrame(layer.drop(columns="geometry")))
            expected = layer.geometry
        else:
            key = f"{name[:-1]}_id"
            expected = layer.set_index(key).geometry.reindex(saved.table(name)[key])
        back = shapes(database, "run", name)
        assert (shapely.get_srid(back) == 32650).all()
        assert shapely.equals_exact(back, expected.to_numpy(), 0).all()
    assert len(saved.tables) > 15


@pytest.mark.evidence
def test_types_keys_comments_and_indexes(saved: SavedRun, database: Server, address: str) -> None:
    write_postgis(saved, address)
    types = dict(database.run("results", "SELECT column_name, data_type FROM information_schema.columns "
                                         "WHERE table_schema = 'run' AND table_name = 'school_by_year'"))  # fmt: skip
    assert (types["school_id"], types["year"], types["utilisation"]) == ("text", "bigint", "double precision")
    known = "SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = 'run' ORDER BY 1"
    assert database.run("results", known) == [
        ("areas", "POLYGON", 32650), ("roads", "LINESTRING", 32650), ("routes", "LINESTRING", 32650),
        ("schools", "POINT", 32650)
    ]  # fmt: skip
    keys = database.run("results", "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
                                   "WHERE contype = 'p' AND connamespace = 'run'::regnamespace")  # fmt: skip
    assert {
        ("run.areas", "PRIMARY KEY (area_id)"),
        ("run.school_by_year", "PRIMARY KEY (school_id, stage, year)"),
    } <= set(keys)
    gist = "SELECT tablename FROM pg_indexes WHERE schemaname = 'run' AND indexdef LIKE '%gist%' ORDER BY 1"
    assert database.run("results", gist) == [("areas",), ("roads",), ("routes",), ("schools",)]
    (said,) = database.run("results", "SELECT col_description('run.school_by_year'::regclass, 1)")[0]
    assert said == " · ".join(column_title("school_id", language) for language in LANGUAGES)


@pytest.mark.evidence
def test_the_marker_names_the_run(saved: SavedRun, database: Server, address: str) -> None:
    write_postgis(saved, address)
    row = contents(database, "run", MARKER).iloc[0]
    assert row["run_id"] == saved.manifest["run_id"]
    assert json.loads(row["manifest"]) == saved.manifest


@pytest.mark.evidence
def test_a_later_run_takes_the_older_ones_place(saved: SavedRun, database: Server, address: str) -> None:
    write_postgis(saved, address, "Plan 一")
    tables = made_up_run.run_tables()
    del tables["fans"]
    made_up_run.remake(saved.folder, {**tables, "areas": tables["areas"].iloc[:2]}, run_id="later")
    write_postgis(open_run(saved.folder), address, "Plan 一")
    assert schemas(database) == {"Plan 一"}
    assert "fans" not in catalogue(database, "Plan 一")
    assert len(contents(database, "Plan 一", "areas")) == 2
    assert contents(database, "Plan 一", MARKER)["run_id"].tolist() == ["later"]


@pytest.mark.evidence
@pytest.mark.parametrize("content", [
    "", "CREATE TABLE run.areas (a int); INSERT INTO run.areas VALUES (1)", "CREATE TABLE run.placesim_run (a int)",
    "CREATE TABLE run.placesim_run (run_id text, tables text)",
    "CREATE TABLE run.placesim_run AS SELECT 1 AS run_id, 2 AS tables",
    "CREATE TABLE run.placesim_run AS SELECT 'x' AS run_id, 'no json' AS tables",
    "CREATE TABLE run.placesim_run AS SELECT 'x' AS run_id, '[1]' AS tables",
])  # fmt: skip
def test_a_schema_of_somebody_else_is_left_as_it_is(
    saved: SavedRun, database: Server, address: str, content: str
) -> None:
    database.run("results", f"CREATE SCHEMA run; {content}")
    before = {name: contents(database, "run", name).to_csv() for name in catalogue(database)}
    found = refused(saved, address, "run")
    assert (found.code, found.value) == ("E620", "run")
    assert {name: contents(database, "run", name).to_csv() for name in catalogue(database)} == before
    assert schemas(database) == {"run"}


@pytest.mark.evidence
@pytest.mark.parametrize("schema", ["public", "information_schema"])
def test_schemas_that_postgres_brings(saved: SavedRun, address: str, schema: str) -> None:
    assert refused(saved, address, schema).code == "E620"


@pytest.mark.evidence
@pytest.mark.parametrize("own", [
    "CREATE VIEW public.mine AS SELECT * FROM run.areas", "CREATE TABLE run.notes AS SELECT 1 AS a",
    "CREATE VIEW run.mine AS SELECT * FROM run.school_by_year",
])  # fmt: skip
def test_what_somebody_built_on_a_run_is_never_deleted(
    saved: SavedRun, database: Server, address: str, own: str
) -> None:
    write_postgis(saved, address, "run")
    database.run("results", own)
    before = catalogue(database)
    found = refused(saved, address, "run")
    assert found.code == "E624"
    assert any(word in found.facts["reason"] for word in ("mine", "notes"))
    assert catalogue(database) == before
    same(contents(database, "run", "areas"), saved.table("areas"))


@pytest.mark.evidence
def test_a_write_that_fails_leaves_the_older_run_whole(
    saved: SavedRun, database: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_postgis(saved, address, "run")
    tables = made_up_run.run_tables()
    broken = tables["planning_areas"].assign(name="a\0b")  # no text of PostgreSQL may hold it
    monkeypatch.setattr(SavedRun, "table", lambda self, name: broken if name == "planning_areas" else tables[name])
    found = refused(saved, address, "run")
    assert found.code == "E623"
    monkeypatch.undo()
    assert schemas(database) == {"run"}
    for name in saved.tables:
        same(contents(database, "run", name), saved.table(name))


@pytest.mark.evidence
def test_a_crash_in_the_middle_leaves_the_older_run_whole(
    saved: SavedRun, database: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_postgis(saved, address, "run")

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(postgis, "_mark", stop)
    with pytest.raises(KeyboardInterrupt):
        write_postgis(saved, address, "run")
    assert schemas(database) == {"run"}
    same(contents(database, "run", "areas"), saved.table("areas"))


@pytest.mark.evidence
def test_no_right_to_make_a_schema(saved: SavedRun, database: Server, address: str) -> None:
    database.run("results", "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN PASSWORD 'geheim'")
    as_writer = database.address("results", "writer", "geheim")
    found = refused(saved, as_writer)
    assert (found.code, found.file) == ("E622", database.address("results", "writer", "***"))
    database.run("results", "GRANT CREATE ON DATABASE results TO writer")
    assert write_postgis(saved, as_writer).name == "run"  # a planner's rights are enough
    assert write_postgis(saved, as_writer).name == "run"
    database.run("results", "DROP SCHEMA run CASCADE; DROP OWNED BY writer; DROP ROLE writer")


@pytest.mark.evidence
def test_a_database_without_postgis(saved: SavedRun, database: Server) -> None:
    found = refused(saved, database.database("plain", postgis=False))
    assert (found.code, found.facts["database"]) == ("E264", "plain")


@pytest.mark.evidence
def test_postgis_in_a_schema_of_its_own(saved: SavedRun, database: Server) -> None:
    address = database.database("results", postgis=False)
    database.run("results", 'CREATE SCHEMA "Gis"; CREATE EXTENSION postgis SCHEMA "Gis"')
    write_postgis(saved, address)
    srid = 'SELECT DISTINCT "Gis".ST_SRID(geometry) FROM run.areas'
    assert database.run("results", srid) == [(32650,)]


def relaid(saved: SavedRun, crs: Any) -> SavedRun:
    """The same run in another coordinate system."""
    file = saved.folder / "results.gpkg"
    layers = {name: saved.layer(name).to_crs(crs) for name in saved.layers}
    file.unlink()
    for name, layer in layers.items():
        layer.to_file(file, layer=name, driver="GPKG", engine="pyogrio")
    return open_run(saved.folder)


@pytest.mark.evidence
def test_a_system_without_a_code_is_entered_once(saved: SavedRun, database: Server, address: str) -> None:
    run = relaid(saved, LOCAL)
    for _ in range(2):
        written_schema = write_postgis(run, address)
        note = only(written(written_schema.notes))
        assert (note.code, note.facts["srid"]) == ("N620", 910000)
    assert database.run("results", "SELECT count(*) FROM spatial_ref_sys WHERE srid >= 910000") == [(1,)]
    east, north = database.run("results", "SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(geometry, 32650) g "
                                          "FROM run.schools WHERE school_id = 's1') p")[0]  # fmt: skip
    point = saved.layer("schools").to_crs(32650).set_index("school_id").geometry["s1"]
    assert np.allclose([east, north], [point.x, point.y], atol=1e-3)


@pytest.mark.evidence
def test_no_right_to_enter_a_system(saved: SavedRun, database: Server, address: str) -> None:
    database.run("results", "DROP ROLE IF EXISTS planner; CREATE ROLE planner LOGIN PASSWORD 'geheim'; "
                            "GRANT CREATE ON DATABASE results TO planner")  # fmt: skip
    found = refused(relaid(saved, LOCAL), database.address("results", "planner", "geheim"))
    assert found.code == "E622"
    assert schemas(database) == set()
    database.run("results", "DROP OWNED BY planner; DROP ROLE planner")


@pytest.mark.evidence
def test_a_system_that_has_no_wkt_for_postgis(saved: SavedRun, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyproj.exceptions import CRSError

    def fail(*_: Any) -> str:
        raise CRSError("Unsupported conversion method")

    run = relaid(saved, LOCAL)
    monkeypatch.setattr("pyproj.CRS.to_wkt", fail)
    assert refused(run, address).code == "E626"


@pytest.mark.evidence
def test_geopandas_reads_what_was_written(saved: SavedRun, address: str) -> None:
    from sqlalchemy import create_engine

    write_postgis(saved, address)
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    areas = gpd.read_postgis("SELECT * FROM run.areas", engine, geom_col="geometry")
    engine.dispose()
    assert areas.crs.to_epsg() == 32650
    assert areas["area_id"].tolist() == saved.table("areas")["area_id"].tolist()

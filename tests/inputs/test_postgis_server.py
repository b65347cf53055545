"""Tables of a real PostGIS server: read like files, told like files, and never changed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from database_server import Server
from four_areas import County, squares
from told import only, written

from placesim.errors import Finding
from placesim.inputs import read_inputs
from placesim.inputs.postgis import LONGEST
from placesim.messages import line
from placesim.records import Inputs

pytestmark = pytest.mark.evidence

AREAS = "areas.gpkg"
ALL_KINDS = """
CREATE TABLE kinds AS SELECT
  'a '::char(4) AS padded, 7::smallint AS small, 13402001000::bigint AS big, 5.0::float8 AS whole, 0.1::float8 AS tenth,
  130402001000.00::numeric AS code, 2.50::numeric AS half, 'NaN'::numeric AS no_number,
  true AS yes, false AS no, NULL::boolean AS unsaid,
  '2025-08-31'::date AS day, 'infinity'::date AS never, '2025-08-31 00:00'::timestamp AS midnight,
  '2025-08-31 07:30'::timestamp AS morning, '{1,2}'::int[] AS several, '{"a": 1}'::jsonb AS json,
  '0b2d9a1c-5f5e-4a3f-9a63-6d5f3c1f7a10'::uuid AS uuid, ''::text AS blank, NULL::text AS missing
"""
KINDS = {
    "padded": "a", "small": "7", "big": "13402001000", "whole": "5", "tenth": "0.1", "code": "130402001000",
    "half": "2.5", "no_number": "", "yes": "true", "no": "false", "unsaid": "", "day": "2025-08-31",
    "never": "infinity", "midnight": "2025-08-31", "morning": "2025-08-31 07:30:00", "several": "{1,2}",
    "json": '{"a": 1}', "uuid": "0b2d9a1c-5f5e-4a3f-9a63-6d5f3c1f7a10", "blank": "", "missing": "",
}  # fmt: skip


@pytest.fixture
def loaded(database: Server, county: County) -> County:
    """The county of four areas with its areas in a fresh database, told of as public.areas."""
    address = database.database("county")
    load_layer(database, "county", "areas", squares())
    tell(county, address, 'table = "public.areas"')
    return county


def load_layer(server: Server, database: str, table: str, layer: gpd.GeoDataFrame) -> None:
    """Attributes as text, shapes with the EPSG code of the layer."""
    names = [c for c in layer.columns if c != "geometry"]
    columns = ", ".join(f'"{name}" text' for name in names)
    srid = layer.crs.to_epsg()
    with server.connect(database) as connection:
        connection.execute(f'CREATE TABLE "{table}" ({columns}, geom geometry(Geometry, {srid}))')
        marks = ", ".join(["%s"] * (len(names) + 1))
        for *cells, shape in layer[[*names, "geometry"]].itertuples(index=False):
            code = None if shape is None else shapely.to_wkb(shapely.set_srid(shape, srid), hex=True, include_srid=True)
            texts = [None if value is None or value != value else str(value) for value in cells]
            connection.execute(f'INSERT INTO "{table}" VALUES ({marks})', [*texts, code])


def tell(county: County, address: str, how: str) -> None:
    """Let the areas of the scenario come from a database."""
    county.say(f'path = "{AREAS}"', f'path = "{address}"\n{how}')


def ask(county: County, sql: str) -> None:
    county.say('table = "public.areas"', f"sql = '''{sql}'''")


def refused(county: County) -> Finding:
    """The one error of reading, which is two lines in either language."""
    found = only([f for f in written(read_inputs(county.scenario())[1]) if f.is_error])
    assert all(len(line(found, language).splitlines()) == 2 for language in ("en", "zh"))
    return found


def sound(county: County) -> tuple[Inputs, list[Finding]]:
    inputs, findings = county.read()
    assert not [f for f in findings if f.is_error], findings
    return inputs, findings


def same_areas(inputs: Inputs, expected: gpd.GeoDataFrame) -> None:
    assert inputs.areas["area_id"].tolist() == expected["area_id"].tolist()
    assert inputs.areas["name"].tolist() == expected["name"].tolist()
    assert inputs.areas.geometry.geom_equals_exact(expected.geometry, 1e-6).all()
    assert inputs.crs == "EPSG:4549"


# ------------------------------------------------------------------------------------------------------ what is read
def test_a_table_is_read_like_its_file(loaded: County) -> None:
    inputs, _ = sound(loaded)
    same_areas(inputs, squares())
    source = inputs.tables["areas"].source
    assert source.sheet == "public.areas"
    assert source.file.startswith("postgresql://owner@127.0.0.1:")
    assert len(source.sha256) == 64


def test_a_query_with_columns_and_conditions(loaded: County) -> None:
    kept = "SELECT area_id AS 代码, name AS 名称, geom, 1 AS keep FROM areas"
    ask(loaded, f"{kept} UNION ALL SELECT 'X', 'x', geom, 0 FROM areas")
    loaded.say("'''\n", '\'\'\'\ncolumns = { area_id = "代码", name = "名称" }\nwhere = { keep = "1" }\n')
    inputs, _ = sound(loaded)
    same_areas(inputs, squares())


def test_every_kind_of_cell_is_the_text_that_other_readers_give(loaded: County, database: Server) -> None:
    from placesim.dictionary import table_specs
    from placesim.inputs.read import read_raw
    from placesim.inputs.request import Request

    database.run("county", ALL_KINDS)
    loaded.say('table = "public.areas"', 'table = "kinds"')
    scenario = loaded.scenario()
    spec = dataclasses.replace(table_specs()["areas"], geometry=None)
    raw = read_raw(Request(spec, scenario.parameters.inputs["areas"], scenario.folder, scenario.overlay))
    texts = {header: column[0].strip() for header, column in zip(raw.headers, raw.columns, strict=True)}
    assert texts == KINDS
    assert list(texts) == list(KINDS)
    assert raw.rows.tolist() == [1]


def test_many_rows_come_in_batches_in_their_order(loaded: County, database: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr("placesim.inputs.postgis.BATCH", 7)
    ask(loaded, "SELECT n::text AS area_id, 'n' || n AS name, ST_Translate(geom, 0, n) AS geom "
                "FROM areas, generate_series(1, 100) n WHERE area_id = '001' ORDER BY n DESC")  # fmt: skip
    inputs, _ = sound(loaded)
    table = inputs.tables["areas"]
    assert dict(zip(table.rows["area_id"], table.file_row.tolist(), strict=True)) == {
        str(n): 101 - n for n in range(1, 101)
    }


def test_height_is_dropped(loaded: County) -> None:
    ask(loaded, "SELECT area_id, name, ST_Force3DZ(geom, 12) AS geom FROM areas")
    inputs, _ = sound(loaded)
    assert not inputs.areas.geometry.has_z.any()
    same_areas(inputs, squares())


def test_longitudes_and_latitudes_of_the_type_geography(loaded: County) -> None:
    ask(loaded, "SELECT area_id, name, ST_Transform(geom, 4326)::geography AS geom FROM areas")
    loaded.say('name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:4549"')
    loaded.say('path = "schools.csv"', 'path = "schools.csv"\ncrs = "EPSG:4549"')
    inputs, _ = sound(loaded)
    assert inputs.areas.geometry.geom_equals_exact(squares().geometry, 1e-3).all()


def test_tables_of_different_systems_meet_in_one(loaded: County, database: Server) -> None:
    """Schools in degrees, areas in metres: the same place, and a note."""
    columns = "school_id text, stage text, name text, rooms int, geom geometry(Point, 4490)"
    database.run("county", f"""CREATE TABLE schools ({columns});
      INSERT INTO schools SELECT i, s, n, 24, ST_Transform(ST_SetSRID(ST_MakePoint(x, 3430500), 4549), 4490)
      FROM (VALUES ('001', 'primary', '松岭学校', 400500), ('001', 'junior', '松岭学校', 400500),
                   ('002', 'primary', '溪口小学', 401500)) v(i, s, n, x)""")  # fmt: skip
    address = database.address("county")
    loaded.say('path = "schools.csv"', f'path = "{address}"\ntable = "schools"')
    inputs, findings = sound(loaded)
    schools = inputs.tables["schools"].rows
    assert np.allclose(schools["x"], [400500, 400500, 401500], atol=1e-3)
    assert np.allclose(schools["y"], 3430500, atol=1e-3)
    assert [f.sheet for f in findings if f.code == "N202"] == ["schools"]


def test_several_systems_in_one_column_are_brought_into_that_of_most_shapes(loaded: County, database: Server) -> None:
    database.run("county", "ALTER TABLE areas ALTER geom TYPE geometry(Geometry)")
    database.run("county", "UPDATE areas SET geom = ST_Transform(geom, 4490) WHERE area_id = '002'")
    inputs, findings = sound(loaded)
    note = only([f for f in written(findings) if f.code == "N210"])
    assert note.facts == {"column": "geom", "srids": "4490 (1), 4549 (3)", "main": 4549}
    assert inputs.areas.geometry.geom_equals_exact(squares().geometry, 1e-3).all()


def test_a_system_that_only_this_database_knows(loaded: County, database: Server) -> None:
    definition = "+proj=tmerc +lat_0=0 +lon_0=119.5 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
    database.run("county", f"INSERT INTO spatial_ref_sys (srid, proj4text) VALUES (910001, '{definition}')")
    ask(loaded, "SELECT area_id, name, ST_Transform(geom, 910001) AS geom FROM areas")
    loaded.say('name = "four-areas"', 'name = "four-areas"\ncrs = "EPSG:4549"')
    loaded.say('path = "schools.csv"', 'path = "schools.csv"\ncrs = "EPSG:4549"')
    inputs, _ = sound(loaded)
    assert inputs.areas.geometry.geom_equals_exact(squares().geometry, 1e-3).all()


def test_the_hash_says_whether_what_was_read_is_the_same(loaded: County, database: Server) -> None:
    def digest() -> str:
        return sound(loaded)[0].tables["areas"].source.sha256

    first = digest()
    database.run("county", "UPDATE areas SET name = name WHERE area_id = '001'")  # moves the row to the end
    assert database.run("county", "SELECT area_id FROM areas")[-1] == ("001",)
    assert digest() == first
    database.run("county", "UPDATE areas SET name = '新村' WHERE area_id = '001'")
    second = digest()
    assert second != first
    database.run("county", "UPDATE areas SET geom = ST_Translate(geom, 1, 0)")
    assert digest() not in (first, second)


# ------------------------------------------------------------------------------------------------- what is not there
def test_a_misspelt_table_gets_the_nearest_name(loaded: County) -> None:
    loaded.say('table = "public.areas"', 'table = "public.aeras"')
    found = refused(loaded)
    assert (found.code, found.value, found.facts["nearest"]) == ("E265", "public.aeras", "public.areas")
    assert (found.file, found.row, found.column) == ("base.toml", 10, "inputs.areas.table")


@pytest.mark.parametrize("name", [
    "areas; DROP TABLE areas", 'areas" CASCADE; DROP TABLE areas; --', "public.areas WHERE false", "Areas", "a.b.c",
    "(SELECT 1)", "public.", ".areas", '"', '""', "areas\\u0000", "pg_temp.areas", "x" * 300, "🏫", "%s",
])  # fmt: skip
def test_a_hostile_name_is_only_a_name(loaded: County, database: Server, name: str) -> None:
    quoted = name if "\\u" in name else name.replace("\\", "\\\\").replace('"', '\\"')
    loaded.say('table = "public.areas"', f'table = "{quoted}"')
    assert refused(loaded).code == "E265"
    assert database.run("county", "SELECT count(*) FROM areas") == [(4,)]


def test_a_table_with_a_name_that_needs_quotes(loaded: County, database: Server) -> None:
    database.run("county", 'CREATE SCHEMA "我的 数据"; ALTER TABLE areas RENAME TO "行政村.2025 ""旧"""; '
                           'ALTER TABLE "行政村.2025 ""旧""" SET SCHEMA "我的 数据"')  # fmt: skip
    loaded.say('table = "public.areas"', 'table = \'我的 数据."行政村.2025 ""旧"""\'')
    same_areas(sound(loaded)[0], squares())


def test_no_right_to_read(loaded: County, database: Server) -> None:
    database.run("county", "DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD 'geheim'")
    loaded.say(database.address("county"), database.address("county", "stranger", "geheim"))
    found = refused(loaded)
    assert found.code == "E266"
    assert "areas" in found.facts["reason"]


def test_an_empty_table(loaded: County, database: Server) -> None:
    database.run("county", "TRUNCATE areas")
    assert refused(loaded).code == "E208"


def test_a_database_without_postgis(loaded: County, database: Server) -> None:
    plain = database.database("plain", postgis=False)
    database.run("plain", "CREATE TABLE areas (area_id text, name text)")
    loaded.say(database.address("county"), plain)
    found = refused(loaded)
    assert (found.code, found.facts["database"]) == ("E264", "plain")


def test_a_database_without_postgis_still_gives_tables_without_shapes(loaded: County, database: Server) -> None:
    plain = database.database("plain", postgis=False)
    database.run("plain", "CREATE TABLE planning_areas AS SELECT * FROM (VALUES ('01', '松岭镇', 'town'), "
                          "('02', '溪口乡', 'rural')) v(planning_area, name, area_type)")  # fmt: skip
    loaded.say('path = "planning_areas.csv"', f'path = "{plain}"\ntable = "planning_areas"')
    assert sound(loaded)[0].frame("planning_areas")["name"].tolist() == ["松岭镇", "溪口乡"]


def test_no_system(loaded: County, database: Server) -> None:
    database.run("county", "ALTER TABLE areas ALTER geom TYPE geometry(Geometry) USING ST_SetSRID(geom, 0)")
    assert refused(loaded).code == "E207"
    loaded.say('table = "public.areas"', 'table = "public.areas"\ncrs = "EPSG:4549"')
    same_areas(sound(loaded)[0], squares())


def test_one_shape_without_a_system(loaded: County, database: Server) -> None:
    database.run("county", "ALTER TABLE areas ALTER geom TYPE geometry(Geometry)")
    database.run("county", "UPDATE areas SET geom = ST_SetSRID(geom, 0) WHERE area_id = '003'")
    found = refused(loaded)
    assert (found.code, found.facts["unknown"], found.facts["srids"]) == ("E261", 0, "0 (1), 4549 (3)")


def test_several_columns_of_shapes(loaded: County, database: Server) -> None:
    database.run("county", "ALTER TABLE areas ADD middle geometry(Point, 4549)")
    found = refused(loaded)
    assert (found.code, found.facts["columns"]) == ("E269", "geom, middle")
    ask(loaded, "SELECT area_id, name, geom FROM areas")
    same_areas(sound(loaded)[0], squares())


def test_curves_become_lines(loaded: County) -> None:
    """A circle of 500 m inside each square, in place of it."""
    circle = "format('CURVEPOLYGON(CIRCULARSTRING(%s %s, %s %s, %s %s))', x, y, x + 1000, y, x, y)::geometry"
    ask(loaded, f"SELECT area_id, name, ST_SetSRID({circle}, 4549) AS geom FROM "
                "(SELECT *, ST_XMin(geom) AS x, ST_YMin(geom) + 500 AS y FROM areas) a")  # fmt: skip
    shapes = loaded.read()[0].areas.geometry
    assert shapes.geom_type.tolist() == ["Polygon"] * 4
    assert np.allclose(shapes.area, np.pi * 500**2, rtol=0.005)
    assert shapely.equals_exact(shapes.centroid, squares().geometry.centroid, 0.01).all()


# ------------------------------------------------------------------------------------------------ what is not allowed
@pytest.mark.parametrize("sql", [
    "DELETE FROM areas", "DROP TABLE areas", "UPDATE areas SET name = 'x'", "TRUNCATE areas", "  delete from areas",
    "WITH gone AS (DELETE FROM areas RETURNING *) SELECT * FROM gone",
    "WITH made AS (INSERT INTO areas SELECT * FROM areas RETURNING *) SELECT * FROM made",
    "SELECT * FROM areas; DROP TABLE areas", "SELECT 1; COMMIT; DROP TABLE areas", "COMMIT",
    "ROLLBACK; DROP TABLE areas",
    "CREATE TABLE stolen AS SELECT * FROM areas", "COPY areas TO STDOUT",
    "SELECT * FROM areas FOR UPDATE", "SET TRANSACTION READ WRITE", "DO $$ BEGIN DELETE FROM areas; END $$",
    "SELECT nextval('counter')", "SELECT wipe()", "VACUUM areas", "CALL wipe_all()", "LOCK areas",
])  # fmt: skip
def test_a_query_can_only_read(loaded: County, database: Server, sql: str) -> None:
    database.run("county", "CREATE SEQUENCE counter; "
                           "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM areas; SELECT 1'; "
                           "CREATE PROCEDURE wipe_all() LANGUAGE sql AS 'DELETE FROM areas'")  # fmt: skip
    ask(loaded, sql)
    assert refused(loaded).code == "E268"
    assert database.run("county", "SELECT count(*) FROM areas") == [(4,)]
    assert database.run("county", "SELECT to_regclass('stolen')") == [(None,)]


@pytest.mark.parametrize("setting", ["transaction_read_only", "default_transaction_read_only"])
def test_a_function_cannot_make_the_transaction_a_writing_one(loaded: County, database: Server, setting: str) -> None:
    body = f"BEGIN PERFORM set_config('{setting}', 'off', false); DELETE FROM areas; RETURN 1; END"
    database.run("county", f"CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS $${body}$$")
    ask(loaded, "SELECT wipe()")
    assert refused(loaded).is_error
    assert database.run("county", "SELECT count(*) FROM areas") == [(4,)]


def test_what_postgres_lets_a_reading_transaction_do_is_rolled_back(loaded: County, database: Server) -> None:
    """Large objects may be made in read-only transactions of PostgreSQL 15."""
    ask(loaded, "SELECT lo_from_bytea(4711, 'x'), area_id, name, geom FROM areas LIMIT 1")
    loaded.read()
    assert database.run("county", "SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


@pytest.mark.parametrize(("sql", "at"), [
    ("SELECT area_id,\n  nam FROM areas", " (line 2, character 3)"),
    ("SELECT 村 FROM areas WHERE 名 = 1", " (line 1, character 8)"),
    ("SELECT * FROM areas WHERE '100%' LIKE %s AND", " (line 1, character 39)"),
    ("SELECT * FROM", " (line 1, character 14)"),
    ("SELECT * INTO stolen FROM areas", " (line 1, character 15)"),
    ("SELECT area_id, 1 / (area_id::int - 3) FROM areas", ""),
])  # fmt: skip
def test_an_error_in_the_query_is_told_with_its_place(loaded: County, sql: str, at: str) -> None:
    ask(loaded, sql)
    found = refused(loaded)
    assert found.code == "E267"
    assert found.facts["at"]["en"] == at
    assert (found.file, found.row, found.column) == ("base.toml", 10, "inputs.areas.sql")


def test_a_query_that_never_ends_is_stopped(loaded: County, monkeypatch: Any) -> None:
    assert LONGEST == "15min"
    monkeypatch.setattr("placesim.inputs.postgis.LONGEST", "50ms")
    ask(loaded, "SELECT pg_sleep(600)")
    assert refused(loaded).code == "E267"


# --------------------------------------------------------------------------------------------------------- connecting
@pytest.fixture
def clerk(loaded: County, database: Server) -> str:
    """A user with a password full of characters that mean something in addresses."""
    database.run("county", "DROP OWNED BY clerk" if _exists(database, "clerk") else "SELECT 1")
    database.run("county", "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN PASSWORD 'p@ss:w/rd#1'; "
                           "GRANT SELECT ON areas TO clerk")  # fmt: skip
    yield "clerk"
    database.run("county", "DROP OWNED BY clerk; DROP ROLE clerk")


def _exists(server: Server, role: str) -> bool:
    return bool(server.run("county", f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"))


def test_a_password_in_the_address(loaded: County, database: Server, clerk: str) -> None:
    loaded.say(database.address("county"), database.address("county", clerk, "p%40ss%3Aw%2Frd%231"))
    inputs, _ = sound(loaded)
    assert inputs.tables["areas"].source.file == database.address("county", clerk, "***")


def test_passwords_as_libpq_finds_them(
    loaded: County, database: Server, clerk: str, monkeypatch: Any, tmp_path: Path
) -> None:
    loaded.say(database.address("county"), database.address("county", clerk))
    assert refused(loaded).code == "E263"
    with monkeypatch.context() as patched:
        patched.setenv("PGPASSWORD", "p@ss:w/rd#1")
        same_areas(sound(loaded)[0], squares())
    keys = tmp_path / "pgpass"
    keys.write_text("127.0.0.1:*:county:clerk:p@ss\\:w/rd#1\n", encoding="utf-8")
    keys.chmod(0o600)
    with monkeypatch.context() as patched:
        patched.setenv("PGPASSFILE", str(keys))
        same_areas(sound(loaded)[0], squares())


def test_a_masked_password_is_looked_for(loaded: County, database: Server, clerk: str, monkeypatch: Any) -> None:
    """The resolved scenario of a run folder can be run again."""
    loaded.say(database.address("county"), database.address("county", clerk, "***"))
    monkeypatch.setenv("PGPASSWORD", "p@ss:w/rd#1")
    same_areas(sound(loaded)[0], squares())


def test_a_service_file(loaded: County, database: Server, monkeypatch: Any, tmp_path: Path) -> None:
    services = tmp_path / "services.conf"
    services.write_text(f"[gis]\nhost=127.0.0.1\nport={database.port}\nuser=owner\ndbname=county\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    loaded.say(database.address("county"), "postgres://?service=gis")
    same_areas(sound(loaded)[0], squares())


def test_settings_of_the_address_reach_libpq(loaded: County, database: Server) -> None:
    address = database.address("county")
    loaded.say(address, f"{address}?sslmode=require&connect_timeout=3")  # the server has no certificate
    found = refused(loaded)
    assert found.code == "E263"
    assert "SSL" in found.facts["reason"]


def test_wrong_passwords_and_databases_are_refused_without_the_password(
    loaded: County, database: Server, clerk: str
) -> None:
    loaded.say(database.address("county"), database.address("county", clerk, "wr0ng-s3cret"))
    found = refused(loaded)
    assert found.code == "E263"
    assert "wr0ng" not in repr(found)
    assert found.value == database.address("county", clerk, "***")
    loaded.say(database.address("county", clerk, "wr0ng-s3cret"), database.address("no_such_database"))
    found = refused(loaded)
    assert found.code == "E263"
    assert "no_such_database" in found.facts["reason"]


def test_a_connection_that_breaks_while_reading(loaded: County, database: Server) -> None:
    ask(loaded, "SELECT area_id, name, geom, pg_terminate_backend(pg_backend_pid()) FROM areas")
    assert refused(loaded).code == "E263"


def test_bytes_that_are_no_text(loaded: County, database: Server) -> None:
    with database.connect("postgres") as connection:
        connection.execute("DROP DATABASE IF EXISTS raw_bytes")
        connection.execute(
            "CREATE DATABASE raw_bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    database.run("raw_bytes", "CREATE TABLE planning_areas AS SELECT '01' AS planning_area, "
                              "convert_from('\\xb4e5'::bytea, 'SQL_ASCII') AS name")  # fmt: skip
    loaded.say('path = "planning_areas.csv"', f'path = "{database.address("raw_bytes")}"\ntable = "planning_areas"')
    found = refused(loaded)
    assert found.code == "E267"
    assert "UTF8" in found.facts["reason"]

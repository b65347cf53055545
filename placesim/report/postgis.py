"""A run as a schema of its own in a PostGIS database: every table, areas, schools and roads with their shapes.

All is written in one transaction into a fresh schema that takes the older one's place at the end. The older one goes
only where its table placesim_run says that a run was written there, and only with the tables named there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from placesim.errors import Finding, FindingsError, masked
from placesim.inputs.postgres import NoConnection, PostGIS, connect, is_address, postgis, reason
from placesim.messages import LANGUAGES
from placesim.report import figures
from placesim.store import SavedRun
from placesim.store.tables import column_title

if TYPE_CHECKING:
    import psycopg

MARKER: Final = "placesim_run"  # the table that tells a schema written here from any other
LONGEST_NAME: Final = 63  # bytes; PostgreSQL cuts longer names
SHAPES: Final = "geometry"
_LAYERS: Final = ("roads", "routes", "crossings", "catchments", "service_areas")  # in place of tables of that name
_WITH_SHAPES: Final[Mapping[str, str]] = {"areas": "area_id", "schools": "school_id"}  # tables with a layer beside them
_BY_UNIT_AND_YEAR: Final = "_by_year"  # tables named so start with their unit
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "areas": ("area_id",),
    "schools": ("school_id",),
    "roads": ("road_id",),
    "planning_areas": ("planning_area",),
    "rules": ("rule_id",),
    "changes": ("name",),
    "crowded": ("school_id", "stage"),
    "underused": ("school_id", "stage"),
    "early_warning": ("planning_area", "stage", "year"),
    "review": ("school_id", "stage"),
    "norm_need": ("planning_area", "stage", "year", "rule_id"),
    "delivery": ("development_id", "stage"),
    "land_need": ("planning_area", "stage"),
    "sectors": ("stage", "year"),
    "urban_rural": ("metric", "stage", "year"),
    "doorstep": ("planning_area", "stage", "year"),
    "quality_candidates": ("school_id", "stage"),
    "build_out": ("planning_area", "stage"),
    "chances": ("school_id", "stage", "year"),
    "grade_by_year": ("school_id", "stage", "grade", "year"),
    "intake": ("school_id", "stage", "year"),
    "calibration": ("school_id", "stage"),
    "town_schooling": ("stage", "year"),
    "unplaced_reasons": ("area_id", "stage", "grade", "year", "unplaced_reason"),
    "fans": ("planning_area", "stage", "year"),
    "quality": ("unit", "id", "stage", "year"),
    "balance": ("unit", "stage", "year", "metric"),
    "quality_tests": ("rule_id", "stage", "year"),
    "ledger": ("school_id", "stage", "rule_id"),
    "weak_schools": ("school_id", "stage"),
    "quality_places": ("stage", "year"),
    "physical_education": ("school_id", "stage", "year"),
    "shared_grounds": ("school_id", "stage", "year", "facility_id"),
    "county_gap": ("metric", "stage", "year"),
    "account": ("planning_area", "year"),
    "demand": ("area_id", "year", "stage", "grade", "group"),
    "flows": ("year", "area_id", "school_id", "stage", "grade", "group"),
}
_OWN_SRIDS: Final = (910_000, 998_999)  # PostGIS leaves the numbers up to 998999 to its users
_LOCK_SECONDS: Final = 60  # how long to wait for programs that are reading the older run
_FORBIDDEN, _DEPENDED_ON, _TOO_LONG = "42501", "2BP01", "22001"  # SQLSTATE


@dataclass(frozen=True)
class WrittenSchema:
    """The schema a run was written into, and the notes about it."""

    name: str
    notes: tuple[Finding, ...]


@dataclass(frozen=True)
class _Relation:
    """One table to be written; `shapes` in row order where it has a geometry column."""

    name: str
    frame: pd.DataFrame
    shapes: gpd.GeoSeries | None = None


def write_postgis(saved: SavedRun, address: str, schema: str | None = None) -> WrittenSchema:
    """Write a run into `schema`, by default called like its folder; an older run there is replaced whole.

    Raises FindingsError, with the database as it was: E625 no address, E621 no name for a schema, E262 no driver, E263
    no connection, E264 no PostGIS, E620 a schema of somebody else, E622 no right, E623 refused, E624 depended on,
    E626 no such coordinate system.
    """
    if not is_address(address):
        raise FindingsError([Finding("E625", value=address)])
    name = _usable(schema) if schema is not None else schema_name(saved.folder.resolve().name)
    relations = list(_relations(saved))
    try:
        connection = connect(address)
    except NoConnection as refused:
        raise FindingsError([Finding(refused.code, file=address, facts=refused.facts)]) from None
    import psycopg

    with closing(connection):
        try:
            with connection.transaction():
                return WrittenSchema(name, tuple(_write(connection, saved, name, relations)))
        except psycopg.Error as error:
            _refused(error, address, name)


def schema_name(folder: str) -> str:
    """A run folder's name as that of a schema: small letters, digits and _, at most 63 bytes."""
    name = re.sub(r"\W+", "_", folder.lower()).strip("_")
    if not name or name[0].isdigit() or name.startswith("pg_"):
        name = f"run_{name}"
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(folder.encode()).hexdigest()[:8]
    return name.encode()[: LONGEST_NAME - 9].decode(errors="ignore") + f"_{digest}"


def _usable(name: str) -> str:
    size = len(name.encode(errors="replace"))
    if not name.strip() or "\0" in name or size > LONGEST_NAME or name.lower().startswith("pg_"):
        raise FindingsError([Finding("E621", value=name)])
    return name


# ------------------------------------------------------------------------------------------------ what is written
def _relations(saved: SavedRun) -> Iterator[_Relation]:
    layers = saved.layers
    for name in (n for n in saved.tables if n not in _LAYERS or n not in layers):
        frame = saved.table(name)
        shapes = _shapes_of(saved, name, frame) if name in _WITH_SHAPES and name in layers else None
        yield _Relation(name, frame, shapes)
    for name in (n for n in _LAYERS if n in layers):
        layer = saved.layer(name)
        yield _Relation(name, pd.DataFrame(layer.drop(columns=layer.geometry.name)), layer.geometry)


def _shapes_of(saved: SavedRun, name: str, frame: pd.DataFrame) -> gpd.GeoSeries:
    """The shapes of the layer in the order of the table."""
    key, layer = _WITH_SHAPES[name], saved.layer(name)
    by_id = dict(zip(layer[key], layer.geometry, strict=True))
    return gpd.GeoSeries([by_id.get(i) for i in frame[key]], crs=layer.crs)


# ----------------------------------------------------------------------------------------------- the transaction
def _write(
    connection: psycopg.Connection[Any], saved: SavedRun, schema: str, relations: list[_Relation]
) -> list[Finding]:
    from psycopg.sql import SQL, Identifier

    extension = postgis(connection)
    if extension is None:
        raise FindingsError([Finding("E264", facts={"database": connection.info.dbname})])
    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'".encode())
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"placesim {schema}",))
    older = _older_tables(connection, schema)
    fresh = f"placesim_{uuid4().hex}"
    connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(fresh)))
    notes = {note.facts["srid"]: note for r in relations for note in _write_relation(connection, fresh, r, extension)}
    _mark(connection, fresh, saved, relations)
    if older is not None:
        for table in older:
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(schema, table)))
        connection.execute(SQL("DROP SCHEMA {}").format(Identifier(schema)))
    connection.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(fresh), Identifier(schema)))
    return list(notes.values())


def _older_tables(connection: psycopg.Connection[Any], schema: str) -> list[str] | None:
    """The tables of an older run in this schema; None where there is no such schema. Raises FindingsError (E620)."""
    from psycopg.sql import SQL, Identifier

    if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None:
        return None
    known = "SELECT count(*) FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    marked = connection.execute(f"{known} AND column_name IN ('run_id', 'tables')".encode(), (schema, MARKER))
    row = marked.fetchone()
    if row is None or row[0] != 2:
        raise FindingsError([Finding("E620", value=schema)])
    found = connection.execute(SQL("SELECT tables FROM {}").format(Identifier(schema, MARKER))).fetchone()
    try:
        tables = json.loads(found[0]) if found else None
    except (TypeError, ValueError):
        tables = None
    if not isinstance(tables, list) or not all(isinstance(table, str) for table in tables):
        raise FindingsError([Finding("E620", value=schema)])
    return [*tables, MARKER]


def _mark(connection: psycopg.Connection[Any], schema: str, saved: SavedRun, relations: list[_Relation]) -> None:
    """The table that says which run this is."""
    names = json.dumps([r.name for r in relations], ensure_ascii=False)
    manifest = json.dumps(dict(saved.manifest), ensure_ascii=False)
    row = {"run_id": saved.manifest["run_id"], "run": saved.name, "tables": names, "manifest": manifest}
    _write_table(connection, schema, MARKER, pd.DataFrame([row], dtype=object))


def _refused(error: psycopg.Error, address: str, schema: str) -> NoReturn:
    """What the database refused, as a finding; the transaction is undone by then."""
    code = {_FORBIDDEN: "E622", _DEPENDED_ON: "E624", _TOO_LONG: "E626"}.get(error.sqlstate or "", "E623")
    detail = " ".join((error.diag.message_detail or "").split())[:200]
    facts = {"reason": masked(detail) if code == "E624" and detail else reason(error)}
    raise FindingsError([Finding(code, file=address, value=schema, facts=facts)]) from None


# ------------------------------------------------------------------------------------------------------ one table
def _write_relation(
    connection: psycopg.Connection[Any], schema: str, relation: _Relation, extension: PostGIS
) -> list[Finding]:
    frame, notes = relation.frame, []
    kinds: dict[str, str] = {}
    if relation.shapes is not None:
        srid, note = _srid(connection, extension, relation)
        notes = [note] if note else []
        shapes, kind = _alike(relation.shapes.to_numpy())
        codes = shapely.to_wkb(shapely.set_srid(shapes, srid), hex=True, include_srid=True)
        frame = frame.assign(**{SHAPES: codes})
        kinds[SHAPES] = f'"{extension.schema}".geometry({kind}, {srid})'
    _write_table(connection, schema, relation.name, frame, kinds)
    return notes


def _write_table(
    connection: psycopg.Connection[Any],
    schema: str,
    name: str,
    frame: pd.DataFrame,
    kinds: Mapping[str, str] | None = None,
) -> None:
    """Columns with their types and titles, rows, key and spatial index. `kinds`: types that the values do not tell."""
    from psycopg.sql import SQL, Identifier

    table = Identifier(schema, name)
    columns = [Identifier(str(c)) for c in frame.columns]
    types = [(kinds or {}).get(c) or _sql_type(frame[c]) for c in frame.columns]
    defined = [SQL("{} {}").format(c, SQL(t)) for c, t in zip(columns, types, strict=True)]  # type: ignore[arg-type]
    connection.execute(SQL("CREATE TABLE {} ({})").format(table, SQL(", ").join(defined)))
    command = SQL("COPY {} ({}) FROM STDIN").format(table, SQL(", ").join(columns))
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in figures.plain(frame):
            copy.write_row(row)
    key = [Identifier(c) for c in _key(name, frame)]
    if key:
        connection.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(table, SQL(", ").join(key)))
    if kinds:
        connection.execute(SQL("CREATE INDEX ON {} USING gist ({})").format(table, Identifier(SHAPES)))
    _comment(connection, schema, name, frame)


def _comment(connection: psycopg.Connection[Any], schema: str, name: str, frame: pd.DataFrame) -> None:
    """The titles of the columns in every language, where they say more than the column's own name."""
    from psycopg.sql import SQL, Identifier, Literal

    for column in map(str, frame.columns):
        titles = dict.fromkeys(column_title(column, language) for language in LANGUAGES)
        if list(titles) != [column]:
            said = SQL("COMMENT ON COLUMN {} IS {}").format(
                Identifier(schema, name, column), Literal(" · ".join(titles))
            )
            connection.execute(said)


def _sql_type(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values) or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "bigint"
    return "double precision" if pd.api.types.is_numeric_dtype(values) else "text"


def _key(name: str, frame: pd.DataFrame) -> list[str]:
    """The columns that name a row of this table, where they do: each known, no two rows alike."""
    units = (*frame.columns[:1], "stage", "year") if name.endswith(_BY_UNIT_AND_YEAR) else ()
    key = list(_KEYS.get(name, units))
    if not key or not set(key) <= set(frame.columns):
        return []
    named = frame[key]
    return [] if named.isna().any(axis=None) or named.duplicated().any() else key


# ------------------------------------------------------------------------------------------------- shapes and systems
def _alike(shapes: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Shapes of one kind, for a column that GIS programs can draw, and that kind; parts become wholes of one part."""
    kinds = sorted({shape.geom_type for shape in shapes if shape is not None})
    if len(kinds) == 2 and kinds[0] == f"Multi{kinds[1]}":
        whole = getattr(shapely, kinds[0])
        single = np.array([shape is not None and shape.geom_type == kinds[1] for shape in shapes])
        shapes = shapes.copy()
        shapes[single] = [whole([shape]) for shape in shapes[single]]
        return shapes, kinds[0]
    return shapes, kinds[0] if len(kinds) == 1 else "Geometry"


def _srid(connection: psycopg.Connection[Any], extension: PostGIS, relation: _Relation) -> tuple[int, Finding | None]:
    """The SRID of a layer's system; one without EPSG code that the database knows is entered in spatial_ref_sys."""
    from psycopg.sql import SQL, Identifier

    assert relation.shapes is not None
    system = relation.shapes.crs
    if system is None:
        return 0, None
    known = Identifier(extension.schema, "spatial_ref_sys")
    code = _epsg(system)
    query = SQL("SELECT 1 FROM {} WHERE srid = %s AND auth_name = 'EPSG' AND auth_srid = srid").format(known)
    if code is not None and connection.execute(query, (code,)).fetchone():
        return code, None
    text = _as_wkt(system, relation.name)
    low, high = _OWN_SRIDS
    query = SQL("SELECT srid FROM {} WHERE srid BETWEEN %s AND %s AND srtext = %s").format(known)
    row = connection.execute(query, (low, high, text)).fetchone()
    if row is None:
        insert = """INSERT INTO {known} (srid, srtext)
            SELECT coalesce(max(srid), %s) + 1, %s FROM {known} WHERE srid BETWEEN %s AND %s RETURNING srid"""
        filled = (low - 1, text, low, high)
        row = connection.execute(SQL(insert).format(known=known), filled).fetchone()
    assert row is not None
    return row[0], Finding("N620", value=relation.name, facts={"srid": row[0]})


def _epsg(system: pyproj.CRS) -> int | None:
    """The code of a system that is the same as the system of that code, not only like it."""
    code = system.to_epsg()
    same = code is not None and pyproj.CRS.from_epsg(code).equals(system, ignore_axis_order=True)
    return code if same else None


def _as_wkt(system: pyproj.CRS, name: str) -> str:
    try:
        return str(system.to_wkt("WKT1_GDAL"))
    except CRSError as error:
        facts = {"reason": " ".join(str(error).split())[:120]}
        raise FindingsError([Finding("E626", value=name, facts=facts)]) from None

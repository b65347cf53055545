"""A table or query of a PostGIS database as text cells and shapes, read without any chance to change the database.

The transaction is read-only and rolled back at its end, the query the body of a cursor, so that it can only be one
statement that reads.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding, masked
from placesim.inputs.nearest import nearest, suggested
from placesim.inputs.postgres import NoConnection, PostGIS, connect, coordinate_system, postgis, reason
from placesim.inputs.raw import RawTable, as_texts, cell_text, shown
from placesim.inputs.request import Request
from placesim.messages import LANGUAGES, label

if TYPE_CHECKING:
    import psycopg

BATCH: Final = 5_000  # rows fetched at a time
LONGEST: Final = "15min"  # a query that runs longer is stopped by the server
_CURSOR: Final = "placesim"
_BEFORE: Final = f'DECLARE "{_CURSOR}" NO SCROLL CURSOR FOR '  # what stands before the query when it reaches the server
_AS_VALUES: Final = ("bool", "int2", "int4", "int8", "float4", "float8", "numeric", "oid")  # the others come as text
_MIDNIGHT: Final = " 00:00:00"  # a timestamp without time of day is a date
_PART: Final = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".]+?))\s*(?:\.|$)')
_ALL_TABLES: Final = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_NOT_READING: Final = ("25006", "42P11")  # SQLSTATE: it would write, it is nothing a cursor can hold
# Two statements and a WITH that changes rows are refused without a place in the text, another verb at its first word.
_NOT_READING_AS_A_WHOLE: Final = ("42601", "0A000")
_FORBIDDEN: Final = "42501"
_LOST: Final = ("08", "57P")  # classes: connection failure, server shutting down


def read_database(request: Request) -> RawTable:
    """What `table` or `sql` gives, in the order of its columns; rows are numbered as they come.

    Raises DataError: no driver (E262), no connection (E263), no PostGIS (E264), no such table (E265), no right (E266),
    refused (E267), not reading (E268), shapes in several columns (E269) or of unknown systems (E261), empty (E208).
    """
    try:
        connection = connect(request.source.path)
    except NoConnection as refused:
        request.fail_setting(refused.code, "path", request.source.path, refused.facts)
    import psycopg

    with closing(connection):
        try:
            return _read(connection, request)
        except psycopg.Error as error:
            _refused(request, error)
        except UnicodeError:
            request.fail("E205", facts={"encoding": "utf-8"})


def _read(connection: psycopg.Connection[Any], request: Request) -> RawTable:
    connection.read_only = True
    connection.execute(f"SET LOCAL statement_timeout = '{LONGEST}'".encode())
    connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
    extension = postgis(connection)  # the first query: from here on nothing can make the transaction a writing one
    if extension is None and request.spec.geometry in ("polygon", "line"):
        request.fail_setting("E264", "path", request.source.path, {"database": connection.info.dbname})
    query = _query(connection, request)
    with connection.cursor(_CURSOR, scrollable=False) as cursor:
        _take_as_text(cursor)
        cursor.execute(query)
        rows = _fetched(cursor, request, extension)
    if not rows.digests:
        request.fail("E208")
    return _raw(connection, request, rows, extension)


# ------------------------------------------------------------------------------------------------------- the query
def _query(connection: psycopg.Connection[Any], request: Request) -> bytes:
    if request.source.sql is not None:
        if "\0" in request.source.sql:
            request.fail_setting("E268", "sql", request.source.sql, {})
        return request.source.sql.encode()
    from psycopg.sql import SQL, Identifier

    asked = request.source.table or ""
    name = Identifier(*(_parts(asked) or ("",)))
    found = connection.execute("SELECT to_regclass(%s)::oid", (name.as_string(connection),)).fetchone()
    if not _parts(asked) or found is None or found[0] is None:
        names = [row[0] for row in connection.execute(_ALL_TABLES)]
        request.fail_setting("E265", "table", asked, suggested(nearest(asked, names)))
    return SQL("SELECT * FROM {}").format(name).as_bytes(connection)


def _parts(name: str) -> tuple[str, ...]:
    """schema and table, or the table alone, letter by letter; quotes only keep dots inside. () where it is no name."""
    parts: list[str] = []
    end = 0
    while end < len(name) or not parts:
        found = _PART.match(name, end)
        if found is None:
            return ()
        parts.append(found[1].replace('""', '"') if found[1] else found[2])
        end = found.end()
    return tuple(parts) if len(parts) <= 2 and not name.endswith(".") and "\0" not in name else ()


def _take_as_text(cursor: psycopg.ServerCursor[Any]) -> None:
    """Dates, arrays and the like come as the server writes them, infinite dates too; numbers and booleans as values."""
    from psycopg.types.string import TextLoader

    for kind in cursor.adapters.types:
        if kind.name not in _AS_VALUES:
            cursor.adapters.register_loader(kind.oid, TextLoader)
        if kind.array_oid:
            cursor.adapters.register_loader(kind.array_oid, TextLoader)


# -------------------------------------------------------------------------------------------------------- the rows
@dataclass
class _Rows:
    """What the cursor gave: cells by column, shapes of the one geometry column with their SRIDs, a hash per row."""

    headers: tuple[str, ...]
    shape_column: str | None
    cells: list[list[str]]
    shapes: list[NDArray[np.object_]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


def _fetched(cursor: psycopg.ServerCursor[Any], request: Request, extension: PostGIS | None) -> _Rows:
    described = [(c.name, c.type_code) for c in cursor.description or ()]
    spatial = [i for i, (_, oid) in enumerate(described) if extension and oid in extension.types]
    wanted = spatial if request.spec.geometry else []
    if len(wanted) > 1:
        facts = {"columns": ", ".join(described[i][0] for i in wanted), "table": request.spec.id}
        request.fail_setting("E269", _key(request), getattr(request.source, _key(request)), facts)
    plain = [i for i in range(len(described)) if i not in spatial]
    names = tuple(described[i][0] for i in plain)
    rows = _Rows(names, described[wanted[0]][0] if wanted else None, [[] for _ in plain])
    while batch := cursor.fetchmany(BATCH):
        codes = _add(rows, batch, plain, wanted)
        if wanted and extension:
            rows.shapes.append(_shapes(cursor.connection, codes, extension))
    return rows


def _add(rows: _Rows, batch: list[tuple[Any, ...]], plain: list[int], wanted: list[int]) -> list[str | None]:
    """Take the cells of a batch and hash its rows; gives the codes (hexadecimal EWKB) of its shapes."""
    texts = [[_text(row[i]) for row in batch] for i in plain]
    for cells, more in zip(rows.cells, texts, strict=True):
        cells += more
    codes = [row[wanted[0]] if wanted else None for row in batch]
    records = zip(*texts, strict=True) if texts else [()] * len(batch)
    for record, code in zip(records, codes, strict=True):
        rows.digests.append(hashlib.sha256("\x1f".join((*record, code or "")).encode()).digest())
    return codes


def _shapes(connection: psycopg.Connection[Any], codes: list[str | None], extension: PostGIS) -> NDArray[np.object_]:
    """Shapes that keep their SRID; curves come as lines, made by the server, because GEOS has none."""
    try:
        return np.asarray(shapely.from_wkb(codes, on_invalid="ignore"))
    except NotImplementedError:
        from psycopg.sql import SQL, Identifier

        straight = "SELECT {}(c::{})::text FROM unnest(%s::text[]) WITH ORDINALITY AS given(c, i) ORDER BY i"
        names = [Identifier(extension.schema, name) for name in ("st_curvetoline", "geometry")]
        lines = connection.execute(SQL(straight).format(*names), (codes,)).fetchall()
        return np.asarray(shapely.from_wkb([line for (line,) in lines], on_invalid="ignore"))


def _text(value: Any) -> str:
    """The cell as the other readers print it: a whole number of any type without a point."""
    if isinstance(value, Decimal) and value.is_finite():
        digits = format(value, "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if isinstance(value, str):
        return value.removesuffix(_MIDNIGHT)
    return cell_text(value)


def _hash(rows: _Rows) -> str:
    """SHA-256 of the headers and of all rows, in whatever order the server gave them."""
    digest = hashlib.sha256("\x1f".join((*rows.headers, rows.shape_column or "")).encode())
    for row in sorted(rows.digests):
        digest.update(row)
    return digest.hexdigest()


def _raw(connection: psycopg.Connection[Any], request: Request, rows: _Rows, extension: PostGIS | None) -> RawTable:
    numbers = np.arange(1, len(rows.digests) + 1, dtype=np.int64)
    raw = RawTable(
        file=masked(request.source.path),
        sheet=request.source.table,
        headers=rows.headers,
        columns=tuple(as_texts(cells) for cells in rows.cells),
        rows=numbers,
        sha256=_hash(rows),
    )
    if not rows.shapes or extension is None:
        return raw
    geometry, findings = _placed(connection, request, rows, extension)
    return replace(raw, geometry=geometry, findings=findings)


# ------------------------------------------------------------------------------------------------------ the shapes
def _placed(
    connection: psycopg.Connection[Any], request: Request, rows: _Rows, extension: PostGIS
) -> tuple[gpd.GeoSeries, tuple[Finding, ...]]:
    """Shapes in the plane and in one system: that of most rows, where the column holds several."""
    shapes = np.concatenate(rows.shapes)
    srids = np.where(shapely.is_missing(shapes), -1, shapely.get_srid(shapes))
    found, counts = np.unique(srids[srids >= 0], return_counts=True)
    systems = {int(srid): coordinate_system(connection, extension.schema, int(srid)) for srid in found}
    flat = shapely.force_2d(shapes)
    if len(systems) <= 1:
        return gpd.GeoSeries(flat, crs=next(iter(systems.values()), None)), ()
    said = ", ".join(f"{srid} ({count})" for srid, count in zip(found.tolist(), counts.tolist(), strict=True))
    facts = {"column": rows.shape_column, "srids": said}
    unknown = next((srid for srid, system in systems.items() if system is None), None)
    if unknown is not None:
        row = int(np.flatnonzero(srids == unknown)[0]) + 1
        request.fail("E261", row=row, facts={**facts, "unknown": unknown})
    main = int(found[np.argmax(counts)])
    note = Finding("N210", masked(request.source.path), request.source.table, facts={**facts, "main": main})
    return _in_one_system(flat, srids, systems, main), (note,)


def _in_one_system(
    shapes: NDArray[np.object_], srids: NDArray[Any], systems: dict[int, pyproj.CRS | None], main: int
) -> gpd.GeoSeries:
    placed = gpd.GeoSeries(shapes.copy(), crs=systems[main])
    for srid in systems.keys() - {main}:
        rows = srids == srid
        placed[rows] = gpd.GeoSeries(shapes[rows], crs=systems[srid]).to_crs(systems[main]).to_numpy()
    return placed


# --------------------------------------------------------------------------------------------------- what went wrong
def _key(request: Request) -> str:
    return "table" if request.source.sql is None else "sql"


def _refused(request: Request, error: psycopg.Error) -> NoReturn:
    """The finding for what the server refused, at the key that asked for it."""
    key = _key(request)
    said = getattr(request.source, key)
    state = error.sqlstate or ""
    place = _position(request, error)
    facts: dict[str, Any] = {"reason": reason(error)}
    if not state or state.startswith(_LOST):
        request.fail_setting("E263", "path", request.source.path, facts)
    if state == _FORBIDDEN:
        request.fail_setting("E266", key, shown(said), facts)
    whole = place is None or not said[: place - 1].strip()
    if state in _NOT_READING or (whole and state in _NOT_READING_AS_A_WHOLE):
        request.fail_setting("E268", key, shown(said), facts)
    facts["at"] = {language: _at(said, place, language) for language in LANGUAGES}
    request.fail_setting("E267", key, shown(said), facts)


def _position(request: Request, error: psycopg.Error) -> int | None:
    """The character of the user's query, counted from 1, that the server points at."""
    at = error.diag.statement_position
    place = int(at) - len(_BEFORE) if at else 0
    return place if place > 0 and request.source.sql is not None else None


def _at(query: str, place: int | None, language: str) -> str:
    if place is None:
        return ""
    before = query[: place - 1]
    column = len(before) - (before.rfind("\n") + 1) + 1
    return label("postgis.at", language, line=before.count("\n") + 1, column=column)

"""Every table a scenario names: files → text cells → canonical columns → types → one coordinate system."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Mapping

import geopandas as gpd
import numpy as np

from placesim.dictionary import TableSpec, table_specs
from placesim.errors import DataError, Finding
from placesim.inputs.between import joins_points
from placesim.inputs.crs import settle
from placesim.inputs.extracts import read_extract
from placesim.inputs.findings import capped
from placesim.inputs.layers import content_hash, read_layer, read_parquet
from placesim.inputs.lookalikes import lookalikes
from placesim.inputs.nearest import nearest, suggested
from placesim.inputs.postgis import read_database
from placesim.inputs.postgres import is_address
from placesim.inputs.raw import RawTable
from placesim.inputs.request import Request, said_at
from placesim.inputs.reshape import Shaped, reshape
from placesim.inputs.text_files import read_text_file
from placesim.inputs.typed import key_order, type_table
from placesim.inputs.workbooks import read_workbook
from placesim.messages import labels
from placesim.records import Inputs, Source, Table, freeze
from placesim.scenario import Scenario

DEPTHS = ("", "*/", "*/*/")  # folders below the scenario in which a file that was moved is looked for
READERS: Mapping[str, Callable[[Request], RawTable]] = {
    ".csv": read_text_file,
    ".xlsx": read_workbook,
    ".xls": read_workbook,
    ".ods": read_workbook,
    ".gpkg": read_layer,
    ".shp": read_layer,
    ".geojson": read_layer,
    ".json": read_layer,
    ".parquet": read_parquet,
    ".pbf": read_extract,
    ".osm": read_extract,
}


def read_inputs(scenario: Scenario) -> tuple[Inputs, list[Finding]]:
    """Every table of `[inputs.*]`, sorted by key, with the findings of round one.

    A table that cannot be read at all is left out; one with refused cells is there with those cells blank, so that
    round two can go on. Never run a model on inputs that came with an error.
    """
    tables: dict[str, Table] = {}
    requests: dict[str, Request] = {}
    findings: list[Finding] = []
    for name, source in scenario.parameters.inputs.items():
        spec = table_specs().get(name)
        if spec is None:
            findings.append(_unknown_table(scenario, name))
            continue
        requests[name] = Request(spec, source, scenario.folder, scenario.overlay)
        try:
            tables[name], found = _read_table(requests[name])
            findings += found
        except DataError as error:
            findings += error.findings
    settled, crs, found = settle(tables, requests, scenario)
    inputs = Inputs(freeze(settled), crs, freeze({name: _columns(spec) for name, spec in table_specs().items()}))
    return inputs, capped(findings + found)


def _columns(spec: TableSpec) -> tuple[str, ...]:
    return (*spec.by_id, *(("geometry",) if spec.geometry else ()))


def _unknown_table(scenario: Scenario, name: str) -> Finding:
    known = list(table_specs())
    facts = {"known": ", ".join(known), **suggested(nearest(name, known))}
    return said_at(scenario.overlay, "E200", f"inputs.{name}", name, facts)


def _read_table(request: Request) -> tuple[Table, list[Finding]]:
    """One table, its geometry still in its own coordinates. Raises DataError where the file cannot be used."""
    raw = read_raw(request)
    shaped, findings = reshape(raw, request)
    findings += lookalikes(shaped, request)
    if any(f.code == "E252" for f in findings):
        raise DataError([*raw.findings, *findings])  # every second row would be a duplicate
    typed = type_table(shaped, request.spec)
    frame = typed.frame
    findings = [*raw.findings, *findings, *typed.findings, *_basis(request)]
    if request.spec.geometry and raw.geometry is not None:
        geometry = raw.geometry.iloc[shaped.record].reset_index(drop=True)
        frame = gpd.GeoDataFrame(frame, geometry=geometry)
    order = key_order(frame, request.spec.key)
    source = Source(
        file=raw.file,
        sheet=raw.sheet,
        headers=freeze(_headers(shaped)),
        letters=freeze(_letters(shaped)),
        sha256=raw.sha256 or content_hash(request),
        as_of=request.source.as_of,
        basis=request.source.basis,
    )
    rows = frame.iloc[order].reset_index(drop=True)
    refused = tuple(np.flatnonzero(typed.refused[order]).tolist())
    table = Table(request.spec.id, rows, raw.rows[shaped.record][order], source, refused)
    if request.spec.geometry in ("polygon", "line") and raw.geometry is None and not joins_points(table, request.spec):
        request.fail("E232", facts={"geometry": labels(f"geometry.{request.spec.geometry}")})
    return table, findings


def read_raw(request: Request) -> RawTable:
    """The file or database table of a request as text cells. Raises DataError: not there, unknown, unreadable."""
    _check_source(request)
    if is_address(request.source.path):
        return read_database(request)
    path = request.path
    if not path.is_file():
        request.fail_setting("E201", "path", request.source.path, suggested(_file_meant(request)))
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        request.fail_setting("E202", "path", request.source.path, {"formats": ", ".join(READERS)})
    try:
        path.open("rb").close()
        return reader(request)
    except OSError:
        request.fail("E203", facts={"reason": labels("unreadable.locked")})


def _check_source(request: Request) -> None:
    """Raise DataError unless a database comes with `table` or `sql`, and a file with neither."""
    said = [key for key in ("table", "sql") if getattr(request.source, key) is not None]
    database = is_address(request.source.path)
    if len(said) == int(database):
        return
    reason = "file" if not database else "both" if said else "none"
    key = said[-1] if said else "path"
    request.fail_setting("E260", key, getattr(request.source, key), {"reason": labels(f"postgis.source.{reason}")})


def _file_meant(request: Request) -> str | None:
    """A file of that name below the scenario's folder, else one of a like name where it was looked for."""
    path = request.path
    name = glob.escape(path.name)
    below = (f for depth in DEPTHS for f in sorted(request.folder.glob(f"{depth}{name}")) if f.is_file())
    found = next(below, None)
    if found is not None:
        return found.relative_to(request.folder).as_posix()
    return nearest(path.name, (f.name for f in path.parent.iterdir())) if path.parent.is_dir() else None


def _basis(request: Request) -> Iterable[Finding]:
    allowed = request.spec.basis
    if allowed and request.source.basis is not None and request.source.basis not in allowed:
        yield request.setting("E235", "basis", request.source.basis, {"allowed": ", ".join(allowed)})


def _headers(shaped: Shaped) -> dict[str, str]:
    """canonical column → header in the file; unpivoted columns show the pattern of their headers."""
    single = {c: int(p[0]) for c, p in shaped.position.items() if c not in shaped.melted and len(p) and p[0] >= 0}
    headers = {c: shaped.raw.headers[p] for c, p in single.items()}
    return headers | {c: shaped.pattern or c for c in shaped.melted}


def _letters(shaped: Shaped) -> dict[str, str]:
    single = {c: int(p[0]) for c, p in shaped.position.items() if c not in shaped.melted and len(p) and p[0] >= 0}
    return {c: shaped.raw.letters[p] for c, p in single.items()} if shaped.raw.letters else {}

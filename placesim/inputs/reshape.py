"""From a file's own columns to the dictionary's: headers, conditions, recoding, unpivoting; rows keep their number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.dictionary import Column, TableSpec
from placesim.errors import DataError, Finding
from placesim.inputs.cells import WHOLE
from placesim.inputs.garbled import LOST, true_encoding
from placesim.inputs.headers import find, likeness, listed, plain
from placesim.inputs.nearest import LIKE_ENOUGH, nearest, suggested
from placesim.inputs.raw import RawTable, Texts, shown
from placesim.inputs.request import Request
from placesim.records import Ints
from placesim.scenario.parameters import ColumnSource, Condition


@dataclass(frozen=True)
class Shaped:
    """Text cells under canonical names. Row r comes from `raw` record `record[r]`, column position `position[c][r]`."""

    raw: RawTable
    record: Ints
    cells: Mapping[str, Texts]
    position: Mapping[str, Ints] = field(repr=False)  # −1 = the same value in every row, from the scenario
    sources: Mapping[str, ColumnSource]
    pattern: str | None = None  # of unpivoted headers
    melted: tuple[str, ...] = ()  # columns that came from unpivoting

    def at(self, code: str, row: int, column: str, facts: Mapping[str, Any]) -> Finding:
        """A finding about the cell behind a row and canonical column."""
        position = int(self.position[column][row]) if column in self.position else -1
        record = int(self.record[row])
        value = self.cells[column][row] if column in self.cells else None
        if column in self.melted[1:]:
            return replace(self.raw.at_header(code, position, dict(facts)), value=value)
        if position >= 0:
            return self.raw.at(code, record, position, dict(facts))
        where = int(self.raw.rows[record]) if value is None else None
        return Finding(code, self.raw.file, self.raw.sheet, where, column, value=value, facts=facts)


def reshape(raw: RawTable, request: Request) -> tuple[Shaped, list[Finding]]:
    """Canonical text columns. Raises DataError where a needed column or a setting has nothing to work on."""
    findings = list(_garbled_headers(raw, request))
    sources = _sources(request)
    _below_titles(raw, request, sources)
    found = _match(raw, request, sources)
    findings += found.findings
    if any(f.is_error for f in findings):
        raise DataError(findings)
    shaped = _taken(raw, np.flatnonzero(_kept(raw, request)), sources, found.positions)
    if request.source.unpivot is not None:
        shaped = _unpivoted(shaped, request)
    findings += _missing(shaped, request)
    return _recoded(shaped, request), findings


# ------------------------------------------------------------------------------------------------------- headers
@dataclass(frozen=True)
class _Matched:
    positions: dict[str, int]
    findings: list[Finding]


def _garbled_headers(raw: RawTable, request: Request) -> Iterator[Finding]:
    for position, header in enumerate(raw.headers):
        if LOST.search(header):
            yield raw.at_header("E227", position, {})
        elif encoding := true_encoding(header):
            yield raw.at_header("E226", position, {"encoding": encoding})


def _below_titles(raw: RawTable, request: Request, sources: Mapping[str, ColumnSource]) -> None:
    """Raise DataError where the first row with text is a title and a row soon below it holds the table's headers."""
    said = [s.header for s in sources.values() if s.header]
    words = [w for c in request.spec.columns for w in (c.id, c.zh, c.en)]
    names = {plain(w) for w in [*said, *request.source.where, *words]}
    pattern = _header_pattern(request, request.source.unpivot.pattern) if request.source.unpivot else None

    def known(cells: Sequence[str]) -> int:
        texts = {c.strip() for c in cells}
        return sum(plain(c) in names or bool(pattern and pattern.fullmatch(c)) for c in texts if c)

    if known(raw.headers) > 1:
        return
    row, cells = max(raw.below, key=lambda r: known(r[1]), default=(0, ()))
    if known(cells) > 1 + known(raw.headers):
        facts = {"row": row, "title": shown(raw.headers[0] if raw.headers else ""), "headers": listed(cells)}
        request.fail("E251", row=raw.header_row, facts=facts)


def _sources(request: Request) -> dict[str, ColumnSource]:
    """What the scenario says of each column; a plain text is a header."""
    said = request.source.columns
    sources = {c: ColumnSource(header=s) if isinstance(s, str) else s for c, s in said.items()}
    if request.source.year is not None:
        sources["year"] = ColumnSource(value=request.source.year)
    return sources


def _match(raw: RawTable, request: Request, sources: Mapping[str, ColumnSource]) -> _Matched:
    """canonical column → position in the file: as the scenario says, else by id or label."""
    positions: dict[str, int] = {}
    findings: list[Finding] = list(_unknown_names(request, sources))
    given = {source.header for source in sources.values()}
    for column in request.spec.columns:
        source = sources.get(column.id, ColumnSource())
        if source.value is not None:
            continue
        if source.header is not None:
            hits = find(raw.headers, (source.header,))
        else:  # a header that the scenario gives to one column is no other column's, whatever it is called
            hits = [i for i in find(raw.headers, (column.id, column.zh, column.en)) if raw.headers[i] not in given]
        if len(hits) > 1:
            findings.append(raw.at_header("E210", hits[1], {"column": column.id}))
        elif hits:
            positions[column.id] = hits[0]
        elif source.header is not None:
            facts = {"headers": listed(raw.headers), **suggested(nearest(source.header, raw.headers))}
            findings.append(request.setting("E212", f"columns.{column.id}", source.header, facts))
    return _Matched(positions, findings)


def _unknown_names(request: Request, sources: Mapping[str, ColumnSource]) -> Iterator[Finding]:
    """Names in the settings that are no column of the table, and columns that are said twice."""
    known = list(request.spec.by_id)
    named = {f"columns.{c}": c for c in request.source.columns} | {f"values.{c}": c for c in request.source.values}
    if request.source.year is not None:
        named["year"] = "year"
        if "year" in request.source.columns:
            yield request.setting("E213", "columns.year")
    if request.source.unpivot is not None:
        named["unpivot.value"] = request.source.unpivot.value
        named |= {f"unpivot.pattern {{{p}}}": p for p in _parts(request.source.unpivot.pattern)}
    for key, name in named.items():
        if name not in request.spec.by_id:
            facts = {"known": ", ".join(known), **suggested(nearest(name, known))}
            yield request.setting("E211", key.split(" ")[0], name, facts)


def _missing(shaped: Shaped, request: Request) -> Iterator[Finding]:
    """Needed columns that neither the file nor the scenario gives, with the header that looks most like them."""
    free = [h for h in shaped.raw.headers if h]
    for column in request.spec.columns:
        if not column.required or column.id in shaped.cells or _comes_from_geometry(column, shaped, request.spec):
            continue
        near = max(free, key=lambda h: likeness(h, column), default=None)
        facts = suggested(near if near and likeness(near, column) >= LIKE_ENOUGH else None)
        facts |= {"label": {"en": column.en, "zh": column.zh}, "headers": listed(shaped.raw.headers)}
        facts["table"] = request.spec.id
        yield Finding("E209", shaped.raw.file, shaped.raw.sheet, shaped.raw.header_row, column=column.id, facts=facts)


def _comes_from_geometry(column: Column, shaped: Shaped, spec: TableSpec) -> bool:
    return spec.geometry == "point" and column.id in ("x", "y") and shaped.raw.geometry is not None


# ---------------------------------------------------------------------------------------------------------- rows
def _kept(raw: RawTable, request: Request) -> NDArray[np.bool_]:
    """Which records satisfy every condition of `where`. Raises DataError where none is left."""
    kept = np.ones(len(raw), dtype=bool)
    for header, condition in request.source.where.items():
        hits = find(raw.headers, (header,))
        if not hits:
            facts = {"headers": listed(raw.headers), **suggested(nearest(header, raw.headers))}
            request.fail_setting("E212", f"where.{header}", header, facts)
        cells = pd.Series([c.strip() for c in raw.columns[hits[0]]], dtype=object)
        kept &= _satisfies(cells, condition)
        if len(raw) and not kept.any():
            facts = {"header": header, "values": ", ".join(cells.drop_duplicates().head(8))}
            request.fail_setting("E214", f"where.{header}", None, facts)
    if len(raw) == 0:
        request.fail("E208")
    return kept


def _satisfies(cells: pd.Series, condition: str | list[str] | Condition) -> NDArray[np.bool_]:
    if not isinstance(condition, Condition):
        return cells.isin([condition] if isinstance(condition, str) else condition).to_numpy()
    kept = np.ones(len(cells), dtype=bool)
    if condition.min is not None or condition.max is not None:
        number = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
        kept &= (number >= _or(condition.min, -np.inf)) & (number <= _or(condition.max, np.inf))
    if condition.among is not None:
        kept &= cells.isin(condition.among).to_numpy()
    if condition.not_among is not None:
        kept &= ~cells.isin(condition.not_among).to_numpy()
    if condition.blank is not None:
        kept &= (cells == "").to_numpy(dtype=bool) == condition.blank
    return kept


def _or(limit: float | None, default: float) -> float:
    return default if limit is None else limit


def _taken(raw: RawTable, record: Ints, sources: Mapping[str, ColumnSource], positions: Mapping[str, int]) -> Shaped:
    """The kept records under canonical names, with the scenario's constants."""
    cells = {c: raw.columns[p][record] for c, p in positions.items()}
    where: dict[str, Ints] = {c: np.broadcast_to(np.int64(p), record.shape) for c, p in positions.items()}
    for column, source in sources.items():
        if source.value is not None:
            said = str(source.value).lower() if isinstance(source.value, bool) else str(source.value)
            cells[column] = np.full(len(record), said, dtype=object)
            where[column] = np.broadcast_to(np.int64(-1), record.shape)
    return Shaped(raw, record, cells, where, sources)


def _recoded(shaped: Shaped, request: Request) -> Shaped:
    """Cells with the scenario's `values` in place of the file's."""
    cells = dict(shaped.cells)
    for column, mapping in request.source.values.items():
        if column in cells:
            codes, unique = pd.factorize(cells[column])
            new = [mapping.get(u.strip(), mapping.get(u, u)) for u in unique]
            cells[column] = np.array(new, dtype=object)[codes]
    return replace(shaped, cells=cells)


# ------------------------------------------------------------------------------------------------------ unpivot
def _parts(pattern: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", pattern)


def _header_pattern(request: Request, pattern: str) -> re.Pattern[str]:
    """A pattern for headers: whole numbers are digits, choices are the known words, the rest is any text."""
    pieces = re.split(r"\{(\w+)\}", pattern)
    body = ""
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            body += re.escape(piece)
            continue
        column = request.spec.by_id[piece]
        words = [*request.source.values.get(piece, {}), *column.choices]
        alternatives = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
        part = r"\d+" if column.type in WHOLE else alternatives if column.choices else ".+?"
        body += f"(?P<{piece}>{part})"
    return re.compile(body, re.IGNORECASE)


def _unpivoted(shaped: Shaped, request: Request) -> Shaped:
    """One row per record and matching header; blank cells are dropped. Raises DataError where no header matches."""
    unpivot = request.source.unpivot
    assert unpivot is not None
    matcher = _header_pattern(request, unpivot.pattern)
    raw, mapped = shaped.raw, {int(p[0]) for p in shaped.position.values() if len(p)}
    hits = {i: m for i, h in enumerate(raw.headers) if i not in mapped and (m := matcher.fullmatch(h))}
    if not hits:
        facts = {"headers": listed(raw.headers)}
        request.fail_setting("E215", "unpivot.pattern", unpivot.pattern, facts)
    columns = np.array(list(hits), dtype=np.int64)
    grid = np.stack([raw.columns[i][shaped.record] for i in columns], axis=1)
    row, column = np.nonzero(pd.Series(grid.ravel()).str.strip().ne("").to_numpy(bool).reshape(grid.shape))
    if len(row) == 0:
        request.fail("E208")
    parts = _parts(unpivot.pattern)
    cells = {c: values[row] for c, values in shaped.cells.items()}
    cells[unpivot.value] = grid[row, column]
    for part in parts:
        cells[part] = np.array([m.group(part) for m in hits.values()], dtype=object)[column]
    melted = (unpivot.value, *parts)
    position = {c: p[row] for c, p in shaped.position.items()} | dict.fromkeys(melted, columns[column])
    return Shaped(raw, shaped.record[row], cells, position, shaped.sources, unpivot.pattern, melted)

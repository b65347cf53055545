"""Delimited text: UTF-8 or GB18030, comma, semicolon or tab, with the line each record starts on."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from placesim.errors import Finding
from placesim.inputs.raw import TITLE_ROWS, RawTable, shown, text_columns
from placesim.inputs.request import Request
from placesim.messages import labels

DELIMITERS = ",;\t"


def read_text_file(request: Request) -> RawTable:
    """The table of a .csv file. Raises DataError where the bytes are no text or the quotes do not close."""
    text, findings = _decode(request)
    delimiter = _sniff(text)
    records, lines = _records(text, delimiter, request)
    filled = [i for i, record in enumerate(records) if any(map(str.strip, record))]
    if not filled:
        request.fail("E208")
    header = [h.strip() for h in records[filled[0]]]
    while header and not header[-1]:
        header.pop()
    body = [records[i] for i in filled[1:]]
    rows = np.array([lines[i] for i in filled[1:]], dtype=np.int64)
    findings += _too_long(body, rows, len(header), request.source.path)
    return RawTable(
        file=request.source.path,
        sheet=None,
        headers=tuple(header),
        columns=text_columns(_fitted(body, len(header)), len(header)),
        rows=rows,
        header_row=lines[filled[0]],
        below=tuple((lines[i], tuple(records[i])) for i in filled[1 : TITLE_ROWS + 1]),
        findings=tuple(findings),
    )


def _decode(request: Request) -> tuple[str, list[Finding]]:
    """The file's text: as declared, else UTF-8, else GB18030 with a note; never a guess beyond these."""
    data, declared = request.path.read_bytes(), request.source.encoding
    try:
        return data.decode(_with_bom(declared or "utf-8")), []
    except LookupError:
        request.fail("E205", facts={"encoding": declared})
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        if declared:
            request.fail("E205", row=line, facts={"encoding": declared})
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        request.fail("E205", row=line, facts={"encoding": "utf-8, gb18030"})
    return text, [Finding("N200", file=request.source.path)]


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _sniff(text: str) -> str:
    """The delimiter that cuts the first line with text into most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d), [])))


def _records(text: str, delimiter: str, request: Request) -> tuple[list[list[str]], Sequence[int]]:
    """Records and the line each starts on (a quoted cell may run over several lines)."""
    reader = _reader(text, delimiter)
    try:
        records = list(reader)
    except csv.Error:
        request.fail("E203", row=_broken_line(text, delimiter), facts={"reason": labels("unreadable.quotes")})
    if reader.line_num == len(records):
        return records, range(1, len(records) + 1)
    reader = _reader(text, delimiter)
    ends = [0, *(reader.line_num for _ in reader)]
    return records, [end + 1 for end in ends[:-1]]


def _broken_line(text: str, delimiter: str) -> int:
    """The line on which the record starts that cannot be read."""
    end, reader = 0, _reader(text, delimiter)
    try:
        for _ in reader:
            end = reader.line_num
    except csv.Error:
        pass
    return end + 1


def _reader(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _too_long(body: list[list[str]], rows: np.ndarray, width: int, file: str) -> list[Finding]:
    """Records with text beyond the last header: a stray delimiter has moved their cells."""
    long = [i for i, record in enumerate(body) if len(record) > width and "".join(record[width:]).strip()]
    facts = [{"cells": len(body[i]), "width": width} for i in long]
    return [
        Finding("E231", file, row=int(rows[i]), value=shown(body[i][width]), facts=said)
        for i, said in zip(long, facts, strict=True)
    ]


def _fitted(body: list[list[str]], width: int) -> list[list[str]]:
    if all(len(record) == width for record in body):
        return body
    return [(record + [""] * width)[:width] for record in body]

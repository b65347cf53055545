"""Copies of a user's workbooks with the cells that findings speak of coloured and commented."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from placesim.dictionary import table_specs
from placesim.errors import DataError, Finding
from placesim.inputs.raw import UNCACHED, RawTable
from placesim.inputs.read import read_raw
from placesim.inputs.request import Request
from placesim.messages import describe
from placesim.scenario import Scenario

COLOURS: Mapping[str, str] = {"E": "FFC7CE", "W": "FFEB9C", "N": "DDEBF7"}
TABULAR = (".csv", ".xls", ".ods")


def annotate(findings: Iterable[Finding], scenario: Scenario, folder: Path) -> list[Path]:
    """Write to `folder` a marked copy of each input workbook or csv with findings; the originals are not touched.

    The copies are .xlsx; a csv, xls or ods becomes one with its rows where its findings say they are. GIS layers are
    left out: their findings name the feature.
    """
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.file and finding.row is not None:
            by_file[finding.file].append(finding)
    written = []
    for file, marks in by_file.items():
        book = _copy(file, scenario)
        if book is not None:
            for finding in marks:
                _mark(book, finding, scenario.parameters.report.language)
            written.append(folder / (re.sub(r"[^\w.-]+", "_", file) + ".marked.xlsx"))
            folder.mkdir(parents=True, exist_ok=True)
            book.save(written[-1])
    return written


def _copy(file: str, scenario: Scenario) -> Any:
    """The file as an openpyxl workbook; None where it is no table of cells or cannot be read."""
    specs = table_specs()
    requests = [
        Request(specs[name], source, scenario.folder, scenario.overlay)
        for name, source in scenario.parameters.inputs.items()
        if source.path == file and name in specs
    ]
    suffix = Path(file).suffix.lower()
    if requests and suffix == ".xlsx":
        return load_workbook(scenario.folder / file)
    if not requests or suffix not in TABULAR:
        return None
    book = Workbook()
    book.remove(book.active)
    for request in requests:
        try:
            _write(book, read_raw(request))
        except DataError:
            continue
    return book if book.sheetnames else None


def _write(book: Workbook, raw: RawTable) -> None:
    """One sheet with every cell as text at its own row."""
    title = raw.sheet or "data"
    if title in book.sheetnames:
        return
    sheet = book.create_sheet(title)
    rows = [(raw.header_row or 1, raw.headers), *zip(raw.rows.tolist(), zip(*raw.columns, strict=True), strict=True)]
    for number, cells in rows:
        for column, text in enumerate(cells, start=1):
            if text and text != UNCACHED:
                cell = sheet.cell(number, column, ILLEGAL_CHARACTERS_RE.sub("", text))
                cell.data_type = "s"  # text that starts with = stays text


def _mark(book: Any, finding: Finding, language: str) -> None:
    sheet = book[finding.sheet] if finding.sheet in book.sheetnames else book.worksheets[0]
    cell = sheet[finding.cell] if finding.cell else sheet.cell(finding.row, _column(sheet, finding.column))
    text = "\n".join((finding.code, *describe(finding, language)))
    if cell.comment is not None:
        text = f"{cell.comment.text}\n\n{text}"
    elif finding.code[0] in COLOURS:
        cell.fill = PatternFill("solid", fgColor=COLOURS[finding.code[0]])
    cell.comment = Comment(ILLEGAL_CHARACTERS_RE.sub("", text), "placesim", height=160, width=320)


def _column(sheet: Any, header: str | None) -> int:
    """The position of a header in the sheet; the first column where the finding names none."""
    for row in sheet.iter_rows():
        found = next((c.column for c in row if c.value is not None and str(c.value).strip() == header), None)
        if found is not None:
            return int(found)
        if any(c.value is not None for c in row):
            return 1
    return 1

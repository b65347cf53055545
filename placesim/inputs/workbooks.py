"""Workbooks (.xlsx, .xls, .ods): the values a user sees, and the error cells and unsaved formulas behind blank ones."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import PurePosixPath
from xml.etree import ElementTree

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from placesim.inputs.nearest import nearest, suggested
from placesim.inputs.raw import TITLE_ROWS, UNCACHED, RawTable, cell_text, text_columns
from placesim.inputs.request import Request
from placesim.messages import labels

_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
_VALUE = re.compile(rb"<v\b[^>]*>([^<]+)</v>")
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(request: Request) -> RawTable:
    """One sheet of a workbook; the header is its first row with text."""
    try:
        with CalamineWorkbook.from_path(str(request.path)) as book:
            sheet = chosen(request, book.sheet_names, request.source.sheet, "sheet")
            values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        grid = [[cell_text(v) for v in row] for row in values]
        if request.path.suffix.lower() == ".xlsx":
            _show_hidden_faults(grid, request, sheet)
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, ValueError):
        request.fail("E203", facts={"reason": labels("unreadable.workbook")})
    filled = [i for i, row in enumerate(grid) if "".join(row).strip()]
    if not filled:
        request.fail("E208")
    header = [h.strip() for h in grid[filled[0]]]
    while header and not header[-1]:
        header.pop()
    return RawTable(
        file=request.source.path,
        sheet=sheet,
        headers=tuple(header),
        columns=text_columns([grid[i][: len(header)] for i in filled[1:]], len(header)),
        rows=np.array(filled[1:], dtype=np.int64) + 1,
        header_row=filled[0] + 1,
        letters=tuple(xl_col_to_name(i) for i in range(len(header))),
        below=tuple((i + 1, tuple(grid[i])) for i in filled[1 : TITLE_ROWS + 1]),
    )


def chosen(request: Request, names: list[str], asked: str | None, key: str) -> str:
    """The sheet or layer asked for, else the one called like the table, else the first."""
    if asked is None:
        return next((name for name in names if name in request.names), names[0])
    if asked not in names:
        facts = {"names": ", ".join(names), **suggested(nearest(asked, names))}
        request.fail_setting("E204", key, asked, facts)
    return asked


def _show_hidden_faults(grid: list[list[str]], request: Request, sheet: str) -> None:
    """Write #REF! and the like, and formulas without a saved result, into cells that were read as blank."""
    xml = _sheet_xml(request, sheet)
    if b't="e"' not in xml and b"<f" not in xml:
        return
    for attributes, body in _CELL.findall(xml):
        value = _VALUE.search(body)
        is_error = b't="e"' in attributes
        uncached = b"<f" in body and value is None and b't="str"' not in attributes
        place = _PLACE.search(attributes)
        if place and (is_error or uncached):
            row, column = xl_cell_to_rowcol(place.group(1).decode())
            text = unescape(value.group(1).decode()) if is_error and value else UNCACHED
            _put(grid, row, column, text)


def _put(grid: list[list[str]], row: int, column: int, text: str) -> None:
    width = max(column + 1, len(grid[0]) if grid else 0)
    grid.extend([] for _ in range(row + 1 - len(grid)))
    for cells in grid:
        cells.extend("" for _ in range(width - len(cells)))
    grid[row][column] = text


def _sheet_xml(request: Request, sheet: str) -> bytes:
    """The part of an .xlsx package that holds a sheet, found through the workbook's relationships."""
    with zipfile.ZipFile(request.path) as package:
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
        links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
        ids = {s.get("name"): s.get(_REL) for s in book.iter() if s.tag.endswith("}sheet")}
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        target = targets[ids[sheet]]
        name = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        return package.read(name)

"""results.xlsx: the run as tables for a spreadsheet; every text is written as text, nothing as a formula or link."""

from __future__ import annotations

import unicodedata
from math import ceil
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from placesim.dictionary import table_specs
from placesim.messages import label
from placesim.report.classes import UTILISATION
from placesim.report.sheets import Sheet, all_sheets
from placesim.report.words import number_kind
from placesim.store import SavedRun

CELL_LIMIT: Final = 32_767  # characters of one cell in Excel
_NUMBER_FORMATS: Final = {"year": "0", "count": "#,##0", "one": "#,##0.0", "share": "0.0%", "fine": "0.000"}
_NARROW, _WIDE, _ONE_LINE, _FILTER_BUTTON = 7, 60, 12, 3  # widths in characters
_PAGE_WIDTH: Final = 190  # characters side by side on a landscape A4 page, still legible
_DARK: Final = ("#2166ac", "#67a9cf", "#ef8a62", "#b2182b")  # class colours that need white figures
_FONT: Final = {"zh": "微软雅黑", "en": "Calibri"}


def write_workbook(saved: SavedRun, path: Path) -> None:
    """Cover, contents and one sheet per table, in the language of the report."""
    language = saved.manifest["language"]
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": _cut(saved.title(language), 250), "author": "placesim"})
        book.formats[0].set_font_name(_FONT[language])
        book.formats[0].set_font_size(10)
        sheets = all_sheets(saved)
        _cover(book, saved, language)
        _contents(book, sheets, language)
        for sheet in sheets:
            _table(book, sheet, saved, language)


# ---------------------------------------------------------------------------------------------- cover and contents
def _cover(book: Workbook, saved: SavedRun, language: str) -> None:
    page = book.add_worksheet(label("report.sheet.cover", language))
    page.hide_gridlines(2)
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 90)
    soft, plain = _format(book, language, font_color="#596473"), _format(book, language, text_wrap=True, valign="top")
    page.write_string(0, 0, _cut(saved.title(language)), _format(book, language, bold=True, font_size=20))
    page.write_string(1, 0, label("report.title", language), soft)
    for k, (name, value) in enumerate(_about(saved, language), start=3):
        page.write_string(k, 0, name, _format(book, language, font_color="#596473", valign="top"))
        page.write_string(k, 1, _cut(value), plain)
    page.set_row(k, 110)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _about(saved: SavedRun, language: str) -> list[tuple[str, str]]:
    m = saved.manifest
    labels = {name: spec.label[language] for name, spec in table_specs().items()}
    dates = [f"{labels[name]} {source['as_of']}" for name, source in m["inputs"].items() if source["as_of"]]
    facts = {
        "scenario": m["scenario"],
        "variant": m["variant"] or label("report.meta.base", language),
        "years": f"{saved.years[0]}–{saved.years[-1]}",
        "dates": "\n".join(dates) or label("report.meta.no_dates", language),
        "pack": f"{m['pack_label'][language]} {m['pack_version']}",
        "money": " ".join(str(v) for v in (m["currency"], m["price_year"]) if v),
        "run": m["run_id"],
        "written": m["written"][:16].replace("T", " "),
        "version": f"placesim {m['versions']['placesim']}",
    }
    told = [(label(f"report.meta.{key}", language), str(value)) for key, value in facts.items()]
    return [*told, ("", ""), (label("report.cover.how", language), label("report.cover.text", language))]


def _contents(book: Workbook, sheets: list[Sheet], language: str) -> None:
    page = book.add_worksheet(label("report.sheet.contents", language))
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 90)
    page.set_column(2, 2, 10)
    link = _format(book, language, font_color="#1c5a78", underline=1)
    heads = [label(f"report.contents.{c}", language) for c in ("sheet", "holds", "rows")]
    for k, sheet in enumerate(sheets, start=1):
        page.write_url(k, 0, f"internal:'{sheet.name(language)}'!A1", link, sheet.name(language))
        page.write_string(k, 1, label(f"report.holds.{sheet.id}", language))
        page.write_number(k, 2, len(sheet.table))
    _finish(book, page, heads, len(sheets), language=language, name="contents")


# ---------------------------------------------------------------------------------------------- tables
def _table(book: Workbook, sheet: Sheet, saved: SavedRun, language: str) -> None:
    page = book.add_worksheet(sheet.name(language))
    formats = _formats(book, language)
    heads, widths = sheet.headers(language), list[float]()
    for k, column in enumerate(sheet.table.columns):
        values = sheet.table[column]
        kind = number_kind(column, values, sheet.metric)
        _write_column(page, k, values, kind, formats)
        widths.append(_width(heads[k], values, kind))
        page.set_column(k, k, widths[-1])
        if column == UTILISATION.measure:
            _colour_classes(book, page, k, len(values))
    if sheet.table.empty:
        page.write_string(1, 0, label("report.none", language), formats["text"])
    _finish(book, page, heads, max(1, len(sheet.table)), language=language, name=sheet.id)
    named = list(sheet.table.columns).index("name") + 1 if "name" in sheet.table.columns[:3] else 0
    _fit_pages(page, widths, named)
    page.set_header(f"&L{_cut(saved.title(language).replace('&', '&&'), 120)}&R{sheet.name(language)}")


def _write_column(page: Worksheet, at: int, values: pd.Series, kind: Any, formats: dict[str, Format]) -> None:
    kinds = [kind] * len(values) if isinstance(kind, str) else kind
    for row, (value, blank, shown) in enumerate(zip(values, values.isna(), kinds, strict=True), start=1):
        if blank:
            continue
        if shown == "text":
            page.write_string(row, at, _cut(str(value)), formats["text"])
        else:
            page.write_number(row, at, value, formats[shown])


def _finish(book: Workbook, page: Worksheet, heads: list[str], rows: int, *, language: str, name: str) -> None:
    """The header as an Excel table with filters, frozen, and the page set up for printing."""
    style = _format(
        book, language, bold=True, text_wrap=True, valign="top", bg_color="#e6eff4", bottom=1, bottom_color="#1c5a78"
    )
    columns = [{"header": text, "header_format": style} for text in _unique(heads)]
    options = {"name": f"t_{name}", "style": None, "columns": columns}
    if page.add_table(0, 0, rows, len(heads) - 1, options) != 0:
        raise AssertionError(f"table {name}: refused by the workbook writer")
    page.set_row(0, 30)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer("&C&P / &N")


def _fit_pages(page: Worksheet, widths: list[float], named: int) -> None:
    """As many pages side by side as stay legible; the id and name (`named` columns) stand on each and on the screen."""
    page.fit_to_pages(ceil(sum(widths) / _PAGE_WIDTH), 0)
    page.freeze_panes(1, named)
    if named:
        page.repeat_columns(0, named - 1)


def _unique(heads: list[str]) -> list[str]:
    """Excel wants the headers of a table to differ, letters of either case alike."""
    seen: dict[str, int] = {}
    for head in heads:
        seen[head.casefold()] = seen.get(head.casefold(), 0) + 1
    repeated = {head for head, count in seen.items() if count > 1}
    return [f"{head} [{k + 1}]" if head.casefold() in repeated else head for k, head in enumerate(heads)]


def _colour_classes(book: Workbook, page: Worksheet, at: int, rows: int) -> None:
    """Utilisation in the colours of the map's classes."""
    for colour, (above, up_to) in zip(UTILISATION.colours, UTILISATION.bounds(), strict=True):
        shown = book.add_format({"bg_color": colour, "font_color": "#ffffff" if colour in _DARK else "#1a2330"})
        rule: dict[str, Any] = {"type": "cell", "format": shown, "stop_if_true": True}
        # rules are asked in order, so that "up to" alone places a value: the classes below were asked before
        rule |= {"criteria": "<=", "value": up_to} if up_to is not None else {"criteria": ">", "value": above}
        blank = {"type": "blanks", "format": None, "stop_if_true": True}
        if above is None:
            page.conditional_format(1, at, rows, at, blank)
        page.conditional_format(1, at, rows, at, rule)


# ---------------------------------------------------------------------------------------------- shape of cells
def _formats(book: Workbook, language: str) -> dict[str, Format]:
    numbers = {k: _format(book, language, num_format=f, valign="top") for k, f in _NUMBER_FORMATS.items()}
    return {**numbers, "text": _format(book, language, num_format="@", valign="top", text_wrap=True, indent=1)}


def _format(book: Workbook, language: str, **shape: Any) -> Format:
    return book.add_format({"font_name": _FONT[language], "font_size": 10, **shape})


def _width(head: str, values: pd.Series, kind: Any) -> float:
    """Width in characters: a long header over two lines, the cells on one up to a bound."""
    texts = list(values.dropna().unique()[:300]) if isinstance(kind, str) and kind == "text" else []
    cells = max((_cells(line) for text in texts for line in str(text)[:200].split("\n")), default=9)
    header = _cells(head) if _cells(head) <= _ONE_LINE else _cells(head) / 2 + 1
    return float(min(_WIDE, max(_NARROW, header + _FILTER_BUTTON, cells + 2)))


def _cells(text: str) -> int:
    """Columns of a terminal or narrow characters of a sheet: Chinese characters count twice."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, limit: int = CELL_LIMIT) -> str:
    """Text that fits a cell; Excel counts UTF-16 units."""
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * limit:
        return text
    return encoded[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"

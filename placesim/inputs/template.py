"""Workbooks to be filled in: one sheet per table, made from the data dictionary, that read back without any mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from placesim.dictionary import Column, TableSpec, table_specs
from placesim.inputs.dictionary_page import HEAD, column_facts
from placesim.inputs.request import sheet_name
from placesim.messages import label
from placesim.records import Stages

FILLABLE_ROWS = 5000
LONGEST_LIST = 255  # characters of a drop-down, by Excel's rule
TEXT_TYPES = ("id", "text", "stage", "grade", "choice", "date")
EXAMPLES: Mapping[str, str] = {
    "id": "013402001", "text": "…", "integer": "12", "number": "12.5", "share": "0.35", "year": "2024",
    "cohort": "2018", "date": "2024-08-31", "money": "150000",
}  # fmt: skip


@dataclass(frozen=True)
class _Page:
    """A workbook being written."""

    book: Any
    language: str
    stages: Stages

    def style(self, look: Mapping[str, Any]) -> Any:
        return self.book.add_format({"valign": "top", **look})


def write_template(path: Path, tables: Sequence[str], language: str, stages: Stages) -> None:
    """Write an .xlsx with a sheet for each table that a sheet can hold, and a first sheet that says how to fill them.

    Headers are the labels of the language, which the reader knows; what a column means stands in the header's comment
    and, with an example, on the first sheet, so that no line of explanation can be taken for data. Tables with lines or
    polygons stand on the first sheet only.
    """
    specs = [table_specs()[name] for name in tables]
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), safe) as book:
        page = _Page(book, language, stages)
        _write_notes(page, specs)
        for spec in specs:
            if spec.geometry in (None, "point"):
                _write_sheet(page, spec)


def _write_notes(page: _Page, specs: Sequence[TableSpec]) -> None:
    sheet = page.book.add_worksheet(label("template.notes", page.language))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 6, 22)
    sheet.set_column(7, 8, 40)
    bold, row = page.style({"bold": True}), 0
    for line in label("template.lines", page.language).strip().splitlines():
        sheet.write_string(row, 0, line)
        row += 1
    for shaped in (False, True):
        some = [s for s in specs if (s.geometry in ("polygon", "line")) == shaped]
        if shaped and some:
            sheet.write_string(row + 1, 0, label("template.layers", page.language), bold)
            row += 1
        for spec in some:
            row = _write_columns(page, sheet, spec, row + 1)


def _write_columns(page: _Page, sheet: Any, spec: TableSpec, row: int) -> int:
    """The block of one table on the notes sheet; the next free row."""
    bold, wrap = page.style({"bold": True}), page.style({"text_wrap": True})
    grey = page.style({"font_color": "#808080", "italic": True})
    sheet.write_string(row, 0, f"{spec.label[page.language]} ({spec.id})", bold)
    sheet.write_string(row, 1, spec.about[page.language])
    for i, head in enumerate((*HEAD, "example")):
        sheet.write_string(row + 1, i, label(f"dictionary.{head}", page.language), page.style({"bottom": 1}))
    for k, column in enumerate(spec.columns):
        facts = column_facts(column, page.language)
        for i, head in enumerate(HEAD):
            sheet.write_string(row + 2 + k, i, facts[head], wrap)
        sheet.write_string(row + 2 + k, len(HEAD), _example(column, page), grey)
    return row + 2 + len(spec.columns)


def _example(column: Column, page: _Page) -> str:
    choices = _choices(column, page)
    return choices[0] if choices else EXAMPLES[column.type]


def _choices(column: Column, page: _Page) -> list[str]:
    """The words of a drop-down, none where any value may stand."""
    closed = {"stage": list(page.stages.ids), "grade": list(page.stages.grades)}
    if column.type == "boolean":
        return [label(f"dictionary.{word}", page.language) for word in ("yes", "no")]
    return closed.get(column.type, list(column.choices))


def _write_sheet(page: _Page, spec: TableSpec) -> None:
    sheet = page.book.add_worksheet(sheet_name(spec, page.language))
    sheet.freeze_panes(1, 0)
    text = page.style({"num_format": "@"})
    optional = page.style({"text_wrap": True, "bottom": 1})
    needed = page.style({"text_wrap": True, "bottom": 1, "bold": True, "bg_color": "#DDEBF7"})
    for i, column in enumerate(spec.columns):
        sheet.set_column(i, i, 16, text if column.type in TEXT_TYPES else None)
        sheet.write_string(0, i, column.label(page.language), needed if column.required else optional)
        sheet.write_comment(0, i, _comment(column, page), {"x_scale": 2, "y_scale": 1.5})
        words = _choices(column, page)
        if words and len(",".join(words)) <= LONGEST_LIST:
            sheet.data_validation(1, i, FILLABLE_ROWS, i, {"validate": "list", "source": words})


def _comment(column: Column, page: _Page) -> str:
    facts = column_facts(column, page.language)
    said = [f"{label(f'dictionary.{head}', page.language)}: {facts[head]}" for head in HEAD[1:] if facts[head]]
    return "\n".join([*said, f"{label('dictionary.example', page.language)}: {_example(column, page)}"])

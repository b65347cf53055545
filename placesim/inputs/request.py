"""What a scenario asks to be read: one `[inputs.<table>]` with its file, and findings that name where it was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from placesim.dictionary import TableSpec
from placesim.errors import DataError, Finding
from placesim.scenario.overlay import Overlay
from placesim.scenario.parameters import InputTable


@dataclass(frozen=True)
class Request:
    """One table to be read."""

    spec: TableSpec
    source: InputTable
    folder: Path
    overlay: Overlay

    @property
    def path(self) -> Path:
        return self.folder / self.source.path

    @property
    def names(self) -> tuple[str, ...]:
        """What a sheet or layer that holds this table may be called."""
        return (self.spec.id, *(sheet_name(self.spec, language) for language in self.spec.label))

    def setting(self, code: str, key: str, value: Any = None, facts: Mapping[str, Any] | None = None) -> Finding:
        """A finding about a key below `[inputs.<table>]`, with the file and line that say it."""
        dotted = f"inputs.{self.spec.id}.{key}"
        shown = {"table": self.spec.id, "path": self.source.path, **(facts or {})}
        return said_at(self.overlay, code, dotted, value, shown)

    def fail(self, code: str, row: int | None = None, facts: Mapping[str, Any] | None = None) -> NoReturn:
        """Stop reading this table: its file cannot be used at all."""
        shown = {"table": self.spec.id, **(facts or {})}
        sheet = self.source.sheet or self.source.layer or self.source.table
        raise DataError([Finding(code, file=self.source.path, sheet=sheet, row=row, facts=shown)])

    def fail_setting(self, code: str, key: str, value: Any, facts: Mapping[str, Any]) -> NoReturn:
        """Stop reading this table: a key below `[inputs.<table>]` asks for what is not there."""
        raise DataError([self.setting(code, key, value, facts)])


def said_at(overlay: Overlay, code: str, dotted: str, value: Any, facts: Mapping[str, Any]) -> Finding:
    """A finding about a key of the scenario, with the file and line where the key, or a table above it, was said."""
    origin = overlay.origin(dotted)
    file, line = (origin.where, origin.line) if origin else (None, None)
    shown = None if value is None else str(value)
    return Finding(code, file=file, row=line, column=dotted, value=shown, facts=facts)


def sheet_name(spec: TableSpec, language: str) -> str:
    """The name of a table's sheet in a workbook: its label, without what Excel forbids in such names."""
    return "".join(c for c in spec.label[language] if c not in "[]:*?/\\")[:31]

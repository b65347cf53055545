"""Findings (what is wrong, where, and the fix) and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing a user should mend or know. The text lives in the message catalogues under `code`.

    code: "E…" stops the run, "W…" is a warning, "N…" a note. `file`, `sheet`, `row`, `column` say where, as the
    user's own program shows it (row 1 is the header line of a table); `value` is the offending text as read;
    `facts` fill the placeholders of the message.
    """

    code: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    cell: str | None = None
    value: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors, then warnings, then notes; within each as they were found."""
    return tuple(sorted(findings, key=lambda f: "EWN".index(f.code[0])))


class PlacesimError(Exception):
    """Base of every error that placesim raises on purpose."""


class InputError(PlacesimError, ValueError):
    """A wrong argument to an array-level function: names the argument, the first offending index and the rule."""

    def __init__(self, argument: str, rule: str, index: tuple[int, ...] | int | None = None, value: Any = None):
        where = "" if index is None else f"[{', '.join(str(i) for i in _as_tuple(index))}]"
        shown = "" if value is None else f" (found {value})"
        super().__init__(f"{argument}{where}: {rule}{shown}")
        self.argument, self.rule, self.index, self.value = argument, rule, index, value


class InfeasibleError(PlacesimError):
    """No solution exists; the text says what is short and by how much."""


class FindingsError(PlacesimError):
    """The scenario or its data cannot be run: carries every finding, errors first."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = by_severity(findings)
        super().__init__(f"{sum(f.is_error for f in self.findings)} errors, first: {self.findings[0]}")


class ScenarioError(FindingsError):
    """The scenario file itself is wrong (unknown key, bad value, missing file in the `extends` chain)."""


class DataError(FindingsError):
    """The input tables are wrong, alone or against each other."""


def _as_tuple(index: tuple[int, ...] | int) -> tuple[int, ...]:
    return index if isinstance(index, tuple) else (index,)

"""Findings (what is wrong, where, and the fix) and the exceptions that carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# A text that is an address loses everything between the user's name and the last @; inside other text the word ends it.
_ADDRESS = re.compile(r"^(\s*[A-Za-z][\w+.-]*://[^:/@\s]*):.*@", re.DOTALL)
_ADDRESS_INSIDE = re.compile(r"([A-Za-z][\w+.-]*://[^:/@\s\"']*):[^\s\"']*@")
_PASSWORD_KEY = re.compile(r"([?&](?:ssl)?password=)[^&\s\"'#]*", re.IGNORECASE)


def masked(text: str) -> str:
    """Text with the passwords of database addresses (user:password@, ?password=) as ***."""
    if "://" not in text:
        return text
    text = _ADDRESS_INSIDE.sub(r"\1:***@", _ADDRESS.sub(r"\1:***@", text))
    return _PASSWORD_KEY.sub(r"\1***", text)


def masked_within(value: Any) -> Any:
    """A value with every text in it masked; mappings and lists are copied."""
    if isinstance(value, Mapping):
        return {key: masked_within(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked_within(inner) for inner in value]
    return masked(value) if isinstance(value, str) else value


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

    def __post_init__(self) -> None:
        """Whatever a finding quotes, a password is not part of it."""
        for name in ("file", "sheet", "column", "value"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, masked(text))
        object.__setattr__(self, "facts", masked_within(self.facts))

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

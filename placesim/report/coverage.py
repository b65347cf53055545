"""Which mechanisms of the policy documents are computed, by which command, into which tables: page and sheet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from placesim.messages import label
from placesim.store import SavedRun


@dataclass(frozen=True)
class Mechanism:
    """One mechanism of Part A of the policy documents; tables as they are saved, tests as paths of the project."""

    number: int
    zh: str
    en: str
    command: str
    tables: tuple[str, ...]
    tests: tuple[str, ...]

    def name(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@cache
def mechanisms() -> tuple[Mechanism, ...]:
    """All of them by number."""
    text = resources.files(__package__).joinpath("coverage.toml").read_text(encoding="utf-8")
    read = [
        Mechanism(m["number"], m["zh"], m["en"], m["command"], tuple(m["tables"]), tuple(m["tests"]))
        for m in tomllib.loads(text)["mechanism"]
    ]
    return tuple(sorted(read, key=lambda m: m.number))


def coverage_page(language: str) -> str:
    """docs/coverage.md: one row per mechanism."""
    head = [label(f"coverage.{c}", language) for c in ("number", "mechanism", "command", "tables", "tests")]
    lines = [f"# {label('coverage.title', language)}", "", label("coverage.lines", language), ""]
    lines += [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for m in mechanisms():
        tables, tests = (" · ".join(f"`{x}`" for x in names) for names in (m.tables, m.tests))
        lines.append(f"| {m.number} | {m.name(language)} | `{m.command.replace('|', '/')}` | {tables} | {tests} |")
    return "\n".join(lines) + "\n"


def coverage_table(saved: SavedRun, language: str) -> pd.DataFrame:
    """mechanism, what, sheets of the run that tell of it, and how many rows they have."""
    rows = []
    for m in mechanisms():
        counts = [len(saved.table(t)) for t in m.tables]
        rows.append((m.number, m.name(language), m.command, ", ".join(m.tables), sum(counts), all(counts)))
    columns = ["mechanism", "mechanism_name", "command", "told_in", "rows_told", "computed"]
    return pd.DataFrame(rows, columns=columns)

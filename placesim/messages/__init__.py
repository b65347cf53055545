"""Every sentence a user reads, in English and Chinese: findings by code, labels by key."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from placesim.errors import Finding

LANGUAGES = ("en", "zh")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
SYMBOLS = {"E": "✗", "W": "!", "N": "·"}


@cache
def catalogue(language: str) -> Mapping[str, Mapping[str, Any]]:
    """The catalogue of one language, all rooms together: `finding` (code → text, fix, about), `label` (key → text).

    A code or key that stands in two files of a language is a programming error.
    """
    merged: dict[str, dict[str, Any]] = {"finding": {}, "label": {}}
    for file in sorted(resources.files(__package__).joinpath(language).iterdir(), key=lambda f: f.name):
        for section, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            twice = merged[section].keys() & entries.keys()
            if twice:
                raise KeyError(f"{file.name}: {sorted(twice)} stand in another catalogue file already")
            merged[section].update(entries)
    return merged


def user_language() -> str:
    """zh where PLACESIM_LANG or the locale says so, else en."""
    spoken = next((os.environ[v] for v in ("PLACESIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    return "zh" if spoken.lower().startswith("zh") else "en"


def label(key: str, language: str, /, **values: Any) -> str:
    """The text of a label with its placeholders filled; a missing key is a programming error."""
    text: str = catalogue(language)["label"][key]
    return text.format(**values) if values else text


def labels(key: str) -> dict[str, str]:
    """A label in every language: a fact of a finding that its reader's language decides."""
    return {language: label(key, language) for language in LANGUAGES}


def describe(finding: Finding, language: str) -> tuple[str, str]:
    """(what is wrong, the fix) of a finding, placeholders filled from its value and facts (labels: by language)."""
    entry = catalogue(language)["finding"][finding.code]
    said = {key: fact[language] if isinstance(fact, Mapping) else fact for key, fact in finding.facts.items()}
    facts = {"value": finding.value, "column": finding.column, "file": finding.file, **said}
    return entry["text"].format(**facts), entry["fix"].format(**facts)


def place(finding: Finding, language: str) -> str:
    """Where the finding is, as the user's own program shows it: file, sheet and cell, or row and column."""
    if finding.file and finding.file.endswith(".toml") and finding.row is not None:
        parts = [f"{finding.file}:{finding.row}"]
    else:
        parts = [finding.file or "", f"[{finding.sheet}]" if finding.sheet else "", _row(finding, language)]
    if finding.column:
        parts.append(f"({finding.column})")
    return " ".join(p for p in parts if p)


def _row(finding: Finding, language: str) -> str:
    if finding.cell:
        return finding.cell
    return "" if finding.row is None else label("where.row", language, row=finding.row)


def line(finding: Finding, language: str) -> str:
    """The finding in the message grammar, two lines at most."""
    text, fix = describe(finding, language)
    head = f"{SYMBOLS[finding.code[0]]} {finding.code}  {place(finding, language)}".rstrip()
    return f"{_flat(f'{head}  {text}')}\n    {label('finding.fix', language)} {_flat(fix)}"


def _flat(text: str) -> str:
    """Text on one line, without what a console would obey rather than show."""
    return _CONTROLS.sub(" ", text)

"""The data dictionary of every input table, read from `tables.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column: its type, range, labels and what it refers to (see the head of `tables.toml`)."""

    id: str
    type: str
    en: str
    zh: str
    required: bool = False
    references: str | None = None
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    unit: str | None = None

    def label(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Between:
    """A line table that may come without lines: its rows join points of `table`, named by the columns start, end."""

    table: str
    start: str
    end: str


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns in order, the columns that name a row, and what a county must declare about it."""

    id: str
    label: Mapping[str, str]
    about: Mapping[str, str]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: str | None = None
    needed: bool = False
    dated: bool = False
    as_of: bool = False
    basis: tuple[str, ...] = ()
    between: Between | None = None
    by_id: Mapping[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {c.id: c for c in self.columns})


@cache
def table_specs() -> Mapping[str, TableSpec]:
    """Every table of the dictionary by id, in the order of the file."""
    raw = tomllib.loads(resources.files("placesim").joinpath("tables.toml").read_text(encoding="utf-8"))
    return {table: _spec(table, body) for table, body in raw.items()}


def _spec(table: str, body: dict[str, Any]) -> TableSpec:
    columns = tuple(Column(**{**c, "choices": tuple(c.get("choices", ()))}) for c in body.pop("columns"))
    body["key"], body["basis"] = tuple(body["key"]), tuple(body.get("basis", ()))
    if between := body.pop("between", None):
        body["between"] = Between(between["table"], between["from"], between["to"])
    return TableSpec(id=table, columns=columns, **body)

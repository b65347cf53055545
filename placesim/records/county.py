"""What a county gives: stages of schooling, tables as read, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from placesim.records.base import Ints


@dataclass(frozen=True)
class Stage:
    """One stage of schooling: its grades in order and the age of the first grade on the reference date."""

    id: str
    grades: tuple[str, ...]
    label: Mapping[str, str]
    age_of_first_grade: int

    def label_in(self, language: str) -> str:
        return self.label.get(language) or self.label.get("en") or self.id


@dataclass(frozen=True)
class Stages:
    """The stages of a scenario in order; grades of all stages make one axis."""

    all: tuple[Stage, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(s.id for s in self.all)

    @property
    def grades(self) -> tuple[str, ...]:
        return tuple(g for s in self.all for g in s.grades)

    @property
    def ages(self) -> Ints:
        """age[grade] on the reference date."""
        return np.array([s.age_of_first_grade + i for s in self.all for i in range(len(s.grades))], dtype=np.int64)

    @property
    def stage_of_grade(self) -> Ints:
        """stage position[grade]."""
        return np.array([k for k, s in enumerate(self.all) for _ in s.grades], dtype=np.int64)

    def grade_slice(self, stage: str) -> slice:
        """Where the grades of a stage stand on the grade axis."""
        start = 0
        for s in self.all:
            if s.id == stage:
                return slice(start, start + len(s.grades))
            start += len(s.grades)
        raise KeyError(stage)


@dataclass(frozen=True)
class Source:
    """Where a table came from: enough to name the cell a finding speaks of."""

    file: str  # as the scenario names it
    sheet: str | None
    headers: Mapping[str, str]  # canonical column → header in the file
    letters: Mapping[str, str]  # canonical column → spreadsheet letter (workbooks only)
    sha256: str
    as_of: str | None = None  # ISO date
    basis: str | None = None


@dataclass(frozen=True)
class Table:
    """One table as read: canonical columns, typed, in the order of its key; `file_row` as the user's program shows it.

    Geometry tables hold a GeoDataFrame in the scenario's metric CRS.
    """

    name: str
    rows: pd.DataFrame
    file_row: Ints
    source: Source
    refused: tuple[int, ...] = ()  # positions of rows with a cell that could not be read and is blank here


@dataclass(frozen=True)
class Inputs:
    """All tables of a county, sorted by id; `frame(name)` of a table that is not given is empty, never missing."""

    tables: Mapping[str, Table]
    crs: str | None  # metric CRS of every geometry
    columns: Mapping[str, tuple[str, ...]] = field(repr=False)  # table → canonical columns, for the empty frames

    def has(self, name: str) -> bool:
        return name in self.tables

    def frame(self, name: str) -> pd.DataFrame:
        if name in self.tables:
            return self.tables[name].rows
        return pd.DataFrame({c: pd.Series(dtype=object) for c in self.columns[name]})

    @property
    def areas(self) -> gpd.GeoDataFrame:
        return self.frame("areas")

    @property
    def area_ids(self) -> tuple[str, ...]:
        return tuple(self.frame("areas")["area_id"])

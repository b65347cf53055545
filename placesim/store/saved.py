"""A saved run, opened for reading: the only thing a report writer ever sees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from placesim.errors import Finding, FindingsError
from placesim.store.folder import read_manifest
from placesim.store.tables import read_table
from placesim.store.write import SCHEMA


@dataclass(frozen=True)
class SavedRun:
    """A run folder: `manifest` and `check` as JSON data, tables and layers by name."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        variant = self.manifest["variant"]
        return f"{self.manifest['scenario']}--{variant}" if variant else str(self.manifest["scenario"])

    @property
    def years(self) -> list[int]:
        return list(self.manifest["years"])

    @property
    def stages(self) -> list[str]:
        return [s["id"] for s in self.manifest["stages"]]

    def title(self, language: str) -> str:
        titles = self.manifest["title"]
        return str(titles.get(language) or titles.get("en") or self.manifest["scenario"])

    def stage_label(self, stage: str, language: str) -> str:
        label = next(s["label"] for s in self.manifest["stages"] if s["id"] == stage)
        return str(label.get(language) or label.get("en") or stage)

    @cached_property
    def check(self) -> Mapping[str, Any]:
        with _damaged(self.folder / "check.json"):
            data: Mapping[str, Any] = json.loads((self.folder / "check.json").read_text(encoding="utf-8"))
        return data

    @property
    def tables(self) -> list[str]:
        return sorted(p.stem for p in (self.folder / "tables").glob("*.csv"))

    @cached_property
    def _read(self) -> dict[str, pd.DataFrame]:
        """Tables read so far: several faces are made from the same ones."""
        return {}

    def table(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            with _damaged(self.folder / "tables" / f"{name}.csv"):
                self._read[name] = read_table(self.folder / "tables", name)
        return self._read[name].copy()

    @property
    def layers(self) -> list[str]:
        with _damaged(self.folder / "results.gpkg"):
            return [str(name) for name in pyogrio.list_layers(self.folder / "results.gpkg")[:, 0]]

    def layer(self, name: str) -> gpd.GeoDataFrame:
        with _damaged(self.folder / "results.gpkg"):
            return gpd.read_file(self.folder / "results.gpkg", layer=name, engine="pyogrio")


@contextmanager
def _damaged(file: Path) -> Iterator[None]:
    """A file of the run that cannot be read is a finding (E607), whatever its reader calls it."""
    try:
        yield
    except (OSError, ValueError, KeyError, StopIteration, pyogrio.errors.DataSourceError) as error:
        raise FindingsError([Finding("E607", file=str(file), facts={"reason": str(error)[:120]})]) from None


def open_run(folder: str | Path) -> SavedRun:
    """Open a run folder. Raises FindingsError: E601 no run folder, E602 written by a newer placesim."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest is None:
        raise FindingsError([Finding("E601", file=str(folder))])
    if manifest.get("schema", 0) > SCHEMA:
        facts = {"schema": manifest["schema"], "known": SCHEMA}
        raise FindingsError([Finding("E602", file=str(folder), facts=facts)])
    return SavedRun(folder, manifest)

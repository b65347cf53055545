"""The stage cache: what a stage of the spine gave, kept under the hash of everything it depends on.

Entries are zip files of JSON, NumPy and Parquet, never pickles: a folder handed on with a scenario cannot run code.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

T = TypeVar("T")
_LIBRARIES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "numba", "ortools", "pydantic")
_KEPT = 60  # entries; the oldest go first


@dataclass(frozen=True)
class StageCache:
    """Entries in one folder; `types` are the record classes an entry may hold, by name."""

    folder: Path
    types: Mapping[str, type]

    def fetch(self, key: str, compute: Callable[[], T]) -> T:
        """The entry of `key`, computed and kept where it is not there yet; an unreadable entry is computed anew."""
        path = self.folder / f"{key}.zip"
        try:
            with zipfile.ZipFile(path) as entry:
                return _decode(json.loads(entry.read("entry.json")), entry, self.types)  # type: ignore[no-any-return]
        except Exception:  # whatever is wrong with an entry, it is only a copy of what can be computed
            value = compute()
        self._keep(path, value)
        return value

    def _keep(self, path: Path, value: Any) -> None:
        """Written beside and renamed, so that nobody reads half an entry; a full or read-only disk is no error."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as entry:
                tree = _encode(value, entry)
                entry.writestr("entry.json", json.dumps(tree))
            os.replace(beside, path)
            for old in sorted(self.folder.glob("*.zip"), key=lambda p: p.stat().st_mtime)[:-_KEPT]:
                old.unlink()
        except OSError:
            return


def stage_key(room: str, *, told: Any, seen: Iterable[str], code: Iterable[str]) -> str:
    """Key of a stage: its options (`told`), hashes of what it reads (`seen`), its code, the library versions."""
    parts = [room, json.dumps(_plain(told), sort_keys=True, default=str), *seen]
    parts += [_code_hash(c) for c in ("records", "vocabulary.py", *code)] + [_library_versions()]
    return f"{room}-{_digest(*parts)}"


def frame_hash(frame: pd.DataFrame) -> str:
    """Hash of a table's columns and cells, geometry included."""
    digest = hashlib.sha256(repr([(c, str(t)) for c, t in frame.dtypes.items()]).encode())
    for name in frame.columns:
        column = frame[name]
        if isinstance(column, gpd.GeoSeries):
            digest.update(repr(column.crs and (column.crs.to_authority() or column.crs.to_wkt())).encode())
            digest.update(b"\0".join(b"" if g is None else g for g in column.to_wkb()))
        elif column.dtype.kind in "biuf":
            digest.update(column.to_numpy().tobytes())
        else:
            digest.update("\0".join("" if pd.isna(cell) else repr(cell) for cell in column).encode())
    return digest.hexdigest()


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


@cache
def _code_hash(name: str) -> str:
    """Hash of a module or of every module of a room, the rooms inside it included."""
    return _digest(*_sources(resources.files("placesim").joinpath(name)))


def _sources(place: Traversable) -> Iterator[str]:
    if place.is_dir():
        for inner in sorted(place.iterdir(), key=lambda f: f.name):
            yield from _sources(inner)
    elif place.name.endswith((".py", ".toml")):
        yield place.read_text(encoding="utf-8")


@cache
def _library_versions() -> str:
    return " ".join(f"{name}={metadata.version(name)}" for name in (*_LIBRARIES, "placesim"))


def _plain(value: Any) -> Any:
    """Records, models and mappings as JSON data, tagged with their class."""
    if hasattr(value, "model_dump"):
        return [type(value).__name__, value.model_dump(mode="json", by_alias=True)]
    if is_dataclass(value):
        return [type(value).__name__, {f.name: _plain(getattr(value, f.name)) for f in fields(value)}]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _encode(value: Any, entry: zipfile.ZipFile) -> Any:
    if isinstance(value, np.ndarray):
        return {"array": _blob(entry, "npy", lambda file: np.save(file, value, allow_pickle=False))}
    if isinstance(value, pd.DataFrame):
        kind = "geoframe" if isinstance(value, gpd.GeoDataFrame) else "frame"
        texts = [c for c in value.columns if value[c].dtype == object]
        return {kind: _blob(entry, "parquet", value.to_parquet), "objects": texts}
    if is_dataclass(value):
        return {
            "record": type(value).__name__,
            "fields": {f.name: _encode(getattr(value, f.name), entry) for f in fields(value)},
        }
    if isinstance(value, Mapping):
        return {"mapping": [[k, _encode(v, entry)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_encode(v, entry) for v in value]}
    return {"plain": value}


def _blob(entry: zipfile.ZipFile, suffix: str, write: Callable[[io.BytesIO], Any]) -> str:
    file = io.BytesIO()
    write(file)
    name = f"{len(entry.namelist())}.{suffix}"
    entry.writestr(name, file.getvalue())
    return name


def _decode(tree: Any, entry: zipfile.ZipFile, types: Mapping[str, type]) -> Any:
    match tree:
        case {"array": name}:
            return np.load(io.BytesIO(entry.read(name)), allow_pickle=False)
        case {"frame": name, "objects": texts}:
            return _with_objects(pd.read_parquet(io.BytesIO(entry.read(name))), texts)
        case {"geoframe": name, "objects": texts}:
            return _with_objects(gpd.read_parquet(io.BytesIO(entry.read(name))), texts)
        case {"record": name, "fields": values}:
            return types[name](**{k: _decode(v, entry, types) for k, v in values.items()})
        case {"mapping": pairs}:
            return MappingProxyType({k: _decode(v, entry, types) for k, v in pairs})
        case {"tuple": items}:
            return tuple(_decode(v, entry, types) for v in items)
        case {"plain": value}:
            return value
    raise ValueError(f"not a cache entry: {tree!r}")


def _with_objects(frame: Any, columns: list[str]) -> Any:
    """Text columns as they were: objects with None, where Parquet hands back a string type with NaN."""
    for name in columns:
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), None)
    return frame

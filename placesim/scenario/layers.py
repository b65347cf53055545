"""The TOML files of a scenario: read, with the line of every key, and the chain that `extends` makes."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from placesim.errors import Finding, ScenarioError, masked
from placesim.standards.pack_file import bundled_packs

_NOISE = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True)
class Origin:
    """Where a value was said: a file and line, `--set`, or the default."""

    where: str
    line: int | None = None

    def __str__(self) -> str:
        return self.where if self.line is None else f"{self.where}:{self.line}"


@dataclass(frozen=True)
class Layer:
    """One file of the chain, dates as ISO text, paths of tables relative to the scenario's own folder."""

    file: Path
    data: Mapping[str, Any]
    lines: Mapping[str, int]  # dotted key → line


def read_chain(file: Path) -> list[Layer]:
    """The layers of a scenario, the farthest base first. Raises ScenarioError (file missing, syntax, loop)."""
    try:
        return _chain(file)
    except RecursionError:
        raise ScenarioError([Finding("E135", file=file.name)]) from None


def _chain(file: Path) -> list[Layer]:
    chain: list[Layer] = []
    current: Path | None = file
    while current is not None:
        if any(layer.file.resolve() == current.resolve() for layer in chain):
            last, line = chain[-1].file.name, chain[-1].lines.get("extends")
            raise ScenarioError([Finding("E124", file=last, row=line, column="extends", value=current.name)])
        layer = _read_layer(current, file.parent, chain)
        chain.append(layer)
        base = layer.data.get("extends")
        current = None if base is None else current.parent / str(base)
    return chain[::-1]


def _read_layer(file: Path, folder: Path, above: list[Layer]) -> Layer:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError:
        raise ScenarioError([_unreadable(file, above)]) from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ScenarioError([Finding("E100", file=file.name, row=line)]) from None
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([_no_toml(file, text, str(error))]) from None
    plain = _plain(data)
    _rebase_paths(plain, file.parent, folder)
    return Layer(file, plain, key_lines(text))


def _unreadable(file: Path, above: list[Layer]) -> Finding:
    """The scenario itself, or the base that the layer above names, cannot be read."""
    if not above:
        return Finding("E102", value=str(file))
    named_by = above[-1]
    line, said = named_by.lines.get("extends"), str(named_by.data["extends"])
    return Finding("E102", file=named_by.file.name, row=line, column="extends", value=said)


def _no_toml(file: Path, text: str, reason: str) -> Finding:
    """The line that is no TOML as it stands there; the end of the file where something was never closed."""
    at = _TOML_PLACE.search(reason)
    lines = text.rstrip("\n").split("\n")
    row, column = (int(at.group(1)), int(at.group(2))) if at else (len(lines), len(lines[-1]) + 1)
    said = lines[min(row, len(lines)) - 1].strip()
    return Finding("E101", file=file.name, row=row, value=masked(said)[:80], facts={"at": column})


def _plain(value: Any) -> Any:
    """Dates as ISO text, so that a date may be written with or without quotes."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def _rebase_paths(data: dict[str, Any], own: Path, folder: Path) -> None:
    """Paths are written relative to the file they stand in; make them relative to the scenario's folder."""
    if own.resolve() == folder.resolve():
        return
    tables = [data, *(v for v in data.get("variant", {}).values() if isinstance(v, dict))]
    for entry in (e for t in tables for e in t.get("inputs", {}).values()):
        if isinstance(entry, dict) and isinstance(entry.get("path"), str) and "://" not in entry["path"]:
            entry["path"] = Path(os.path.relpath(own / entry["path"], folder)).as_posix()
    for said in (t["standards"] for t in tables if isinstance(t.get("standards"), dict)):
        if isinstance(said.get("pack"), str) and said["pack"] not in bundled_packs():
            said["pack"] = Path(os.path.relpath(own / said["pack"], folder)).as_posix()


def key_lines(text: str) -> dict[str, int]:
    """Line of every key and table header of a TOML text; keys of inline tables share the line of their table."""
    lines: dict[str, int] = {}
    prefix: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    depth, multiline = 0, ""
    for number, raw in enumerate(text.split("\n"), start=1):
        if multiline:
            multiline = "" if multiline in raw else multiline
            continue
        bare = _NOISE.sub(lambda m: "" if m.group().startswith("#") else "_" * len(m.group()), raw).strip()
        if depth == 0 and bare.startswith("["):
            prefix = _header(raw, bare, counts)
            lines.setdefault(".".join(prefix), number)
            continue
        if depth == 0 and "=" in bare:
            key = raw[: _equals(raw)].strip()
            lines.setdefault(".".join((*prefix, *_key_path(key))), number)
        opened = next((q for q in ('"""', "'''") if raw.count(q) % 2), "")
        multiline = opened
        depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
    return lines


def _equals(raw: str) -> int:
    """Position of the `=` that ends the key, outside quotes."""
    return _NOISE.sub(lambda m: "_" * len(m.group()), raw).index("=")


def _key_path(key: str) -> tuple[str, ...]:
    node, path = tomllib.loads(f"{key} = 0"), []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        path.append(name)
    return tuple(path)


def _header(raw: str, bare: str, counts: dict[str, int]) -> tuple[str, ...]:
    name = raw.split("#")[0].strip().strip("[]").strip()
    path = _key_path(name)
    if not bare.startswith("[["):
        return path
    dotted = ".".join(path)
    counts[dotted] = counts.get(dotted, -1) + 1
    return (*path, str(counts[dotted]))

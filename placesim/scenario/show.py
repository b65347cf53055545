"""A scenario as text: resolved, with origins, and the page of all keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, get_args

import tomli_w
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from placesim.errors import masked_within
from placesim.messages import label
from placesim.scenario.changes import Change
from placesim.scenario.parameters import NormOverrides, Parameters, Standards
from placesim.scenario.scenario import Scenario


def show_text(scenario: Scenario, *, resolved: bool, origin: bool) -> str:
    """What was said (or with `resolved` every default too) as TOML; with `origin` one line per key and its source."""
    said = masked_within(scenario.overlay.data)
    data = scenario.parameters.model_dump(mode="json", by_alias=True, exclude_none=True) if resolved else said
    if not origin:
        return tomli_w.dumps(data).rstrip()
    lines = [
        (key, value, scenario.overlay.origin(key) if _was_said(key, said) else None) for key, value in leaves(data)
    ]
    texts = [f"{key} = {_toml_value(value)}" for key, value, _ in lines]
    width = min(90, max(map(len, texts)))
    default = label("cli.show.default", "en")
    return "\n".join(f"{t:<{width}}  # {o or default}" for t, (_, _, o) in zip(texts, lines, strict=True))


def leaves(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything that is not itself a table."""
    for key, value in data.items():
        quoted = key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else f'"{key}"'
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{above}{quoted}.")
        else:
            yield f"{above}{quoted}", value


def _was_said(dotted: str, said: Mapping[str, Any]) -> bool:
    node: Any = said
    for part in dotted.split("."):
        name = part.strip('"')
        if not isinstance(node, Mapping) or name not in node:
            return False
        node = node[name]
    return True


def _toml_value(value: Any) -> str:
    if value == {}:
        return "{}"
    text = tomli_w.dumps({"v": value}, multiline_strings=False).partition("=")[2]
    return " ".join(text.split()).replace("[ ", "[").replace(", ]", "]")


def help_text(language: str) -> str:
    """Every key of a scenario file: table, key, default and what it means."""
    fields = {f.alias or n: f for n, f in Parameters.model_fields.items()}
    tables = {n: _models(f.annotation) for n, f in fields.items() if n != "change" and _models(f.annotation)}
    lines = [label("help.scenario", language)]
    lines += [_row(n, f, language) for n, f in fields.items() if n not in (*tables, "change")]
    for name, models in tables.items():
        lines += ["", *(line for m in models for line in _table(_header(name, fields[name]), m, language))]
    lines += ["", "[change.<name>]", *(line for m in _models(Change) for line in _kind(m, language))]
    return "\n".join(lines)


def _header(name: str, field: FieldInfo) -> str:
    """[travel]; [inputs.<table>] where a table holds several; [[stage]] where they stand in a list."""
    if "tuple" in str(field.annotation):
        return f"[[{name}]]"
    return f"[{name}.<table>]" if "dict" in str(field.annotation) else f"[{name}]"


def _table(header: str, model: type[BaseModel], language: str) -> list[str]:
    """The keys of one table, then those of the tables inside it."""
    lines = [header]
    for name, field in model.model_fields.items():
        lines.append(f"  {_row(name, field, language)}")
        for inner in _models(field.annotation):
            lines += [f"    {_row(f'{name}.{n}', f, language)}" for n, f in inner.model_fields.items()]
    if model is Standards:
        lines.append("  [standards.<stage>]")
        lines += [f"    {_row(n, f, language)}" for n, f in NormOverrides.model_fields.items()]
    return lines


def _kind(model: type[BaseModel], language: str) -> list[str]:
    """A kind of change: what it is, and its keys, optional ones in brackets."""
    kind = get_args(model.model_fields["kind"].annotation)[0]
    keys = (n if f.is_required() else f"[{n}]" for n, f in model.model_fields.items() if n != "kind")
    return [f'  kind = "{kind}"  – {meaning(model.__doc__ or "", language)}', f"    {', '.join(keys)}"]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in _models(part)]


def _row(name: str, field: FieldInfo, language: str) -> str:
    default = "" if field.is_required() else f" = {field.get_default(call_default_factory=True)!r}"
    if _models(field.annotation):
        default = ""
    return f"{name}{default}" + (f"  – {meaning(field.description, language)}" if field.description else "")


def meaning(english: str, language: str) -> str:
    """What a key or kind means, in the reader's language."""
    sentence = english.split("\n")[0]
    return _chinese()[sentence] if language == "zh" else sentence


@cache
def _chinese() -> dict[str, str]:
    return tomllib.loads(resources.files("placesim.scenario").joinpath("keys.zh.toml").read_text(encoding="utf-8"))

"""A scenario as text: resolved, with origins, and the page of all keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import tomli_w
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from placesim.messages import label
from placesim.scenario.changes import Change
from placesim.scenario.parameters import Parameters
from placesim.scenario.scenario import Scenario


def show_text(scenario: Scenario, *, resolved: bool, origin: bool) -> str:
    """What was said (or with `resolved` every default too) as TOML; with `origin` one line per key and its source."""
    said = scenario.overlay.data
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
    """Every key of a scenario file: table, key, type, default and what it means."""
    lines = [label("help.scenario", language)]
    for name, field in Parameters.model_fields.items():
        models = _models(field.annotation)
        if name == "change":
            lines += ["", "[change.<name>]"]
            lines += [
                f'  kind = "{get_args(m.model_fields["kind"].annotation)[0]}": {_keys(m)}' for m in _models(Change)
            ]
        elif models:
            lines += ["", f"[{name}]" if len(models) == 1 else f"[{name}.…]"]
            lines += [f"  {line}" for line in _rows(models[0])]
        else:
            lines.append(_row(field.alias or name, field))
    return "\n".join(lines)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in _models(part)]


def _rows(model: type[BaseModel]) -> list[str]:
    return [_row(n, f) for n, f in model.model_fields.items()]


def _keys(model: type[BaseModel]) -> str:
    return ", ".join(n if f.is_required() else f"[{n}]" for n, f in model.model_fields.items() if n != "kind")


def _row(name: str, field: FieldInfo) -> str:
    default = "" if field.is_required() else f" = {field.get_default()!r}"
    return f"{name}{default}" + (f"  – {field.description}" if field.description else "")

"""Layers laid over one another: `extends`, `unset`, `[variant.<name>]`, `--set`, each value with its origin."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import process

from placesim.errors import Finding, ScenarioError, masked
from placesim.messages import labels
from placesim.scenario.layers import Layer, Origin
from placesim.scenario.parameters import usable_name

_ABOUT_LAYERS = ("extends", "unset", "variant")  # said to the overlay, not to the model


@dataclass(frozen=True)
class Overlay:
    """The merged scenario as plain data and the origin of every leaf (dotted keys)."""

    data: dict[str, Any]
    origins: dict[str, Origin]
    variants: tuple[str, ...]

    def origin(self, dotted: str) -> Origin | None:
        """The origin of a key, else of the nearest table above it."""
        while dotted:
            if dotted in self.origins:
                return self.origins[dotted]
            dotted = dotted.rpartition(".")[0]
        return None


def lay(layers: Iterable[Layer], *, variant: str | None, settings: Mapping[str, Any]) -> Overlay:
    """Merge the chain, then one variant, then `settings` (dotted key → value). Raises ScenarioError."""
    overlay = Overlay({}, {}, ())
    variants: dict[str, list[tuple[Layer, dict[str, Any]]]] = {}
    for layer in layers:
        _refuse_shapes(layer)
        for name, body in layer.data.get("variant", {}).items():
            variants.setdefault(name, []).append((layer, body))
        own = {k: v for k, v in layer.data.items() if k not in _ABOUT_LAYERS}
        _apply(overlay, own, layer.data.get("unset", ()), _from(layer, ""))
    if variant is not None:
        if variant not in variants:
            near = process.extractOne(variant, list(variants), score_cutoff=60) if variants else None
            facts = {"known": ", ".join(variants) or "–", "nearest": near[0] if near else "–"}
            raise ScenarioError([Finding("E122", file=_name(layers), value=variant, facts=facts)])
        for layer, body in variants[variant]:
            body = {k: v for k, v in body.items() if k != "unset"}
            unset = layer.data["variant"][variant].get("unset", ())
            _apply(overlay, body, unset, _from(layer, f"variant.{variant}."))
    for dotted, value in settings.items():
        _apply(overlay, _nest(dotted, value), (), lambda _: Origin("--set"))
    return Overlay(overlay.data, overlay.origins, tuple(variants))


def _refuse_shapes(layer: Layer) -> None:
    """Raise ScenarioError unless `variant` holds tables under usable names and every `unset` lists keys."""
    variants = layer.data.get("variant", {})
    tables = {"variant": variants} | (
        {f"variant.{name}": body for name, body in variants.items()} if isinstance(variants, dict) else {}
    )
    origin, findings = _from(layer, ""), []
    for key, body in tables.items():
        if not isinstance(body, dict):
            findings.append(_misshapen(origin(key), key, body, "table"))
    holders = {"": layer.data, **{f"{k}.": v for k, v in tables.items() if k != "variant" and isinstance(v, dict)}}
    for above, holder in holders.items():
        unset = holder.get("unset", [])
        if not isinstance(unset, list) or not all(isinstance(key, str) for key in unset):
            findings.append(_misshapen(origin(f"{above}unset"), f"{above}unset", unset, "list"))
    findings += [
        Finding("E133", file=layer.file.name, row=origin(key).line, column=key, value=key.partition(".")[2])
        for key in tables
        if key != "variant" and not usable_name(key.partition(".")[2])
    ]
    if findings:
        raise ScenarioError(findings)


def _misshapen(origin: Origin, key: str, value: Any, kind: str) -> Finding:
    facts = {"key": key, "expected": labels(f"scenario.kind.{kind}")}
    return Finding("E105", file=origin.where, row=origin.line, column=key, value=masked(repr(value))[:80], facts=facts)


def _name(layers: Iterable[Layer]) -> str:
    return list(layers)[-1].file.name


def _from(layer: Layer, prefix: str) -> Any:
    def origin(dotted: str) -> Origin:
        key = prefix + dotted
        while key and key not in layer.lines:
            key = key.rpartition(".")[0]
        return Origin(layer.file.name, layer.lines.get(key))

    return origin


def _apply(overlay: Overlay, data: Mapping[str, Any], unset: Iterable[str], origin: Any) -> None:
    for dotted in unset:
        _unset(overlay, dotted, origin("unset"))
    _merge(overlay, overlay.data, copy.deepcopy(dict(data)), (), origin)


def _merge(overlay: Overlay, below: dict[str, Any], above: dict[str, Any], path: tuple[str, ...], origin: Any) -> None:
    for key, value in above.items():
        here = (*path, key)
        old = below.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not _other_kind(here, old, value):
            _merge(overlay, old, value, here, origin)
            continue
        _forget(overlay, ".".join(here))
        below[key] = value
        _remember(overlay, value, here, origin)


def _other_kind(path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """A change of another kind replaces the inherited one: their keys have nothing in common."""
    return len(path) == 2 and path[0] == "change" and new.get("kind", old.get("kind")) != old.get("kind")


def _remember(overlay: Overlay, value: Any, path: tuple[str, ...], origin: Any) -> None:
    dotted = ".".join(path)
    overlay.origins[dotted] = origin(dotted)
    children: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        children = ((str(i), v) for i, v in enumerate(value))
    for key, child in children:
        _remember(overlay, child, (*path, key), origin)


def _forget(overlay: Overlay, dotted: str) -> None:
    for key in [k for k in overlay.origins if k == dotted or k.startswith(dotted + ".")]:
        del overlay.origins[key]


def _unset(overlay: Overlay, dotted: str, origin: Origin) -> None:
    node: Any = overlay.data
    *above, last = dotted.split(".")
    for key in above:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict) or last not in node:
        raise ScenarioError([Finding("E126", file=origin.where, row=origin.line, column="unset", value=dotted)])
    del node[last]
    _forget(overlay, dotted)


def _nest(dotted: str, value: Any) -> dict[str, Any]:
    nested = value
    for key in reversed(dotted.split(".")):
        nested = {key: nested}
    return nested  # type: ignore[no-any-return]


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """`a.b=c` texts of `--set` → dotted key → value; a value that is no TOML is taken as text."""
    parsed: dict[str, Any] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not all(key.strip().split(".")):
            raise ScenarioError([Finding("E125", file="--set", value=text)])
        try:
            parsed[key.strip()] = tomllib.loads(f"v = {value.strip()}")["v"]
        except tomllib.TOMLDecodeError:
            parsed[key.strip()] = value.strip()
    return parsed

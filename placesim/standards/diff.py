"""Two packs side by side: rules and norms that only one has, and those that differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placesim.messages import label
from placesim.standards.pack import Pack, pack_and_origins
from placesim.standards.show import norm_data, norm_keys, rule_data

_OF_THE_FILE = ("from", "document", "jurisdiction")  # `document` is a key of its file; `cited` is what it says


def diff_data(a: str, b: str) -> dict[str, Any]:
    """only_a, only_b: ids of rules (`rule.<id>`) and norms (`norm.<stage>.<key>`); changed: one entry per id and key
    whose values differ, with both. Raises ScenarioError."""
    (first, _), (second, _) = packs = pack_and_origins(a), pack_and_origins(b)
    before, after = (_records(*pack) for pack in packs)
    shared = [i for i in before if i in after]
    return {
        "a": first.id,
        "b": second.id,
        "only_a": [i for i in before if i not in after],
        "only_b": [i for i in after if i not in before],
        "changed": [
            {"id": i, "key": key, "a": before[i].get(key), "b": after[i].get(key)}
            for i in shared
            for key in dict.fromkeys((*before[i], *after[i]))
            if before[i].get(key) != after[i].get(key)
        ],
    }


def _records(pack: Pack, origins: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every rule and norm by its dotted key, without what only says where it stands."""
    rules = {f"rule.{i}": rule_data(pack, i, origins) for i in pack.rules}
    norms = {f"norm.{s}.{k}": norm_data(pack, s, k, origins) for s, k in norm_keys(pack)}
    return {i: {k: v for k, v in said.items() if k not in _OF_THE_FILE} for i, said in {**rules, **norms}.items()}


def diff_lines(a: str, b: str, language: str) -> list[str]:
    """The difference as lines of text. Raises ScenarioError."""
    data = diff_data(a, b)
    lines = []
    for side, other in (("a", "b"), ("b", "a")):
        ids = data[f"only_{side}"]
        lines.append(label("standards.only", language, pack=data[side], other=data[other], count=len(ids)))
        lines += [f"    {i}" for i in ids]
    lines.append(label("standards.changed", language, a=data["a"], b=data["b"], count=len(data["changed"])))
    lines += [
        f"    {c['id']}.{c['key']}: {_shown(c['a'], language)} → {_shown(c['b'], language)}" for c in data["changed"]
    ]
    return lines


def _shown(value: Any, language: str) -> str:
    """A value on one line; texts in both languages in the reader's."""
    if isinstance(value, Mapping) and language in value:
        return str(value[language])
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

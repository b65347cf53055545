"""Pack files: found by name or path, read, and held against the records; every refusal a finding with file and key."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

from placesim.errors import Finding, ScenarioError
from placesim.standards.nearest import nearest
from placesim.standards.overrides import completed
from placesim.standards.rules import NORM_KEYS, Condition, Document, Norm, PackFile, Rule, Step, Type, TypologyTest
from placesim.vocabulary import METRICS

_TOML_LINE = re.compile(r"\(at line (\d+)")
_CODES = {
    "extra_forbidden": "E112",
    "unknown_norm": "E112",
    "missing": "E114",
    "one_limit": "E117",
    "table_needs_by": "E117",
    "table_order": "E117",
    "metric_operator_unit": "E117",
    "unit_differs": "E118",
    "unknown_metric": "E119",
    "by_grade": "E140",
    "entrants_need_a_year": "E141",
    "population_basis": "E142",
    "persons_per_dwelling": "E142",
    "years_turned": "E144",
}
_MODELS: dict[str, type[BaseModel]] = {"document": Document, "rule": Rule, "typology": Type}
_INNER: dict[str, type[BaseModel]] = {
    "conditions": Condition,
    "when": Condition,
    "table": Step,
    "any_of": TypologyTest,
}


def bundled_packs() -> tuple[str, ...]:
    """The names of the packs that come with placesim."""
    files = resources.files(__package__).joinpath("packs").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def read_chain(name: str) -> list[tuple[str, PackFile]]:
    """(file name, pack with its overrides laid over the packs it extends), the farthest base first.

    Raises ScenarioError (E110–E114, E116–E119, E140–E144).
    """
    rules: dict[str, Any] = {}
    chain = []
    for file, data in reversed(_as_written(name)):
        whole = completed(data, rules, file)
        chain.append((file, _validated(whole, file)))
        rules |= whole.get("rule", {})
    return chain


def _as_written(name: str) -> list[tuple[str, dict[str, Any]]]:
    """(file name, data) of a pack and those it extends, the nearest first. Raises ScenarioError (E110, E111, E116)."""
    chain: list[tuple[str, dict[str, Any]]] = []
    seen: list[str] = []
    folder, named_by = Path(), None
    current: Any = name
    while isinstance(current, str):
        path, text = _read(current, folder, named_by)
        if path in seen:
            raise ScenarioError([Finding("E116", file=named_by, column="extends", value=current)])
        seen.append(path)
        folder, named_by = Path(path).parent, Path(path).name
        chain.append((named_by, _parsed(text, named_by)))
        current = chain[-1][1].get("extends")
    return chain


def _read(name: str, folder: Path, named_by: str | None) -> tuple[str, str]:
    """(identity, text) of a bundled pack or a file."""
    if name in bundled_packs():
        file = f"{name}.toml"
        return file, resources.files(__package__).joinpath("packs", file).read_text(encoding="utf-8")
    path = (folder / name).resolve()
    try:
        return str(path), path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        near = process.extractOne(Path(name).name, bundled_packs(), scorer=fuzz.ratio, score_cutoff=50)
        facts = {"nearest": near[0] if near else "–"}
        raise ScenarioError([Finding("E110", file=named_by, value=name, facts=facts)]) from None


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        row = int(at.group(1)) if at else text.count("\n") + 1
        raise ScenarioError([Finding("E111", file=file, row=row, facts={"reason": str(error)})]) from None


def _validated(data: dict[str, Any], file: str) -> PackFile:
    try:
        return PackFile.model_validate(data)
    except ValidationError as error:
        raise ScenarioError([_finding(detail, file) for detail in error.errors()]) from None


def _finding(detail: Any, file: str) -> Finding:
    path = [str(part) for part in detail["loc"] if part not in ("[key]", "Condition", "bool")]
    code = _CODES.get(detail["type"], "E113")
    context = detail.get("ctx", {})
    facts = {"key": ".".join(path), "nearest": "–", "expected": _expected(detail)}
    if code == "E112":
        facts["nearest"] = nearest(path[-1], _keys_beside(path))
    if code == "E118":
        facts["unit"] = context["unit"]
    if code == "E119":
        facts["metric"], facts["nearest"] = context["metric"], nearest(context["metric"], tuple(METRICS))
    if code == "E144":
        facts |= {"first": context["first"], "last": context["last"]}
    shown = detail["input"] if isinstance(detail["input"], (str, int, float)) else None
    value = None if shown is None else str(shown)
    return Finding(code, file=file, column=".".join(path), value=value, facts=facts)


def _expected(detail: Any) -> str:
    context = detail.get("ctx", {})
    if "expected" in context:
        return str(context["expected"]).replace(" or ", ", ").replace("'", "")
    bounds = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤", "min_length": "≥"}
    limits = [f"{sign} {context[key]}" for key, sign in bounds.items() if key in context]
    return ", ".join(limits) or str(detail["type"]).removesuffix("_type").removesuffix("_parsing")


def _keys_beside(path: list[str]) -> tuple[str, ...]:
    """The keys a table of the file may have, for the hint at a misspelt one."""
    if path[0] == "norm":
        return NORM_KEYS if len(path) == 3 else tuple(Norm.model_fields)
    if len(path) == 1 or path[0] not in _MODELS:
        return tuple(f.alias or name for name, f in PackFile.model_fields.items())
    models = [_MODELS[path[0]], *(_INNER[part] for part in path[1:-1] if part in _INNER)]
    return tuple(models[-1].model_fields)

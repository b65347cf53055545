"""What a pack file may leave out: the rest of a rule it overrides, and the source of a figure of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from placesim.errors import Finding, ScenarioError
from placesim.standards.nearest import nearest

OVERRIDE = "override"
USER = "user"
CITED = ("document", "clause", "confidence", "note")
_LIMITS = ("value", "table")
_CHANGED: Mapping[str, str] = {"zh": "（此处改为{limit}）", "en": " (here: {limit})"}
_BY_TABLE: Mapping[str, str] = {"zh": "另表", "en": "another table"}


def completed(data: Mapping[str, Any], below: Mapping[str, Any], file: str) -> dict[str, Any]:
    """The data of a pack file with every `override = true` laid over the rule of `below` (id → rule as written), and
    the document of the user's own figures; `data` is left as it is. Raises ScenarioError (E143)."""
    rules = data.get("rule")
    if not isinstance(rules, dict):
        return _with_user_document(dict(data), file)
    unknown = [i for i, rule in rules.items() if _overrides(rule) and i not in below]
    if unknown:
        known = tuple(below)
        raise ScenarioError(
            [Finding("E143", file=file, column=f"rule.{i}", value=i, facts={"nearest": nearest(i, known) or "–"})
             for i in unknown]
        )  # fmt: skip
    laid = {i: _laid(rule, below[i]) if _overrides(rule) else rule for i, rule in rules.items()}
    return _with_user_document({**data, "rule": laid}, file)


def _overrides(rule: Any) -> bool:
    return isinstance(rule, dict) and rule.get(OVERRIDE) is True


def _laid(own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with some keys of its own. The source of the base speaks of the base's figures only: it is not taken over;
    a rule that names none is the user's own."""
    said = {key: value for key, value in own.items() if key != OVERRIDE}
    dropped = set(CITED) | ({"value", "table", "by"} if set(_LIMITS) & said.keys() else set())
    kept = {key: value for key, value in base.items() if key not in dropped}
    if "table" in said and "by" in base:
        kept["by"] = base["by"]
    if "label" not in said and isinstance(base.get("label"), dict):
        kept["label"] = _label(base["label"], said)
    if not set(CITED[:3]) & said.keys():
        said["confidence"] = USER
    return kept | said


def _label(label: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The label of the base, which may name its figure, with the figure that now stands."""
    if not set(_LIMITS) & said.keys():
        return dict(label)
    own = said.get("value")
    return {
        language: f"{text}{_CHANGED[language].format(limit=_BY_TABLE[language] if own is None else f'{own:g}')}"
        if language in _CHANGED and isinstance(own, int | float | None)
        else text
        for language, text in label.items()
    }


def _with_user_document(data: dict[str, Any], file: str) -> dict[str, Any]:
    """Records marked `confidence = "user"` may leave out document and clause: they cite the file and their own key."""
    if not any(_is_own(record) for _, record in _records(data)):
        return data
    key = f"{USER}:{file}"
    filled = data | {
        "rule": {i: _sourced(r, key, f"rule.{i}") for i, r in _table(data, "rule").items()},
        "norm": {
            stage: {k: _sourced(n, key, f"norm.{stage}.{k}") for k, n in norms.items()}
            if isinstance(norms, dict)
            else norms
            for stage, norms in _table(data, "norm").items()
        },
    }
    document = {"number": file, "title": {"zh": "用户自定", "en": "set by the user"}}
    return filled | {"document": {**_table(data, "document"), key: document}}


def _records(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(dotted key, record) of the rules and norms of a file."""
    yield from ((f"rule.{i}", rule) for i, rule in _table(data, "rule").items())
    for stage, norms in _table(data, "norm").items():
        if isinstance(norms, dict):
            yield from ((f"norm.{stage}.{key}", norm) for key, norm in norms.items())


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _is_own(record: Any) -> bool:
    return isinstance(record, dict) and record.get("confidence") == USER


def _sourced(record: Any, document: str, clause: str) -> Any:
    return {"document": document, "clause": clause, **record} if _is_own(record) else record

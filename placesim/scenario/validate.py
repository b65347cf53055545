"""From merged data to `Parameters`, every refusal as a finding with file, line, key, value and fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

from placesim.errors import Finding, ScenarioError, masked
from placesim.messages import labels
from placesim.scenario.overlay import Overlay
from placesim.scenario.parameters import NormOverrides, Parameters

_CODES = {
    "extra_forbidden": "E103",
    "missing": "E104",
    "literal_error": "E107",
    "union_tag_invalid": "E108",
    "union_tag_not_found": "E104",
    "greater_than": "E106",
    "greater_than_equal": "E106",
    "less_than": "E106",
    "less_than_equal": "E106",
    "string_pattern_mismatch": "E109",
    "string_too_short": "E109",
    "too_short": "E109",
    "until_before_year": "E120",
    "closure_over_one": "E136",
    "unusable_name": "E133",
    "no_date": "E134",
    "finite_number": "E106",
    "no_place": "E121",
}
_FORMS = {r"^\d\d-\d\d$": "MM-DD", r"^\d{4}-\d\d-\d\d$": "YYYY-MM-DD"}
_KINDS = {"int": "integer", "float": "number", "bool": "boolean", "string": "text", "list": "list", "tuple": "list"}


def validate(overlay: Overlay, file: str) -> Parameters:
    """The strict, frozen parameters; raises ScenarioError with every finding at once."""
    try:
        return Parameters.model_validate(overlay.data)
    except ValidationError as error:
        raise ScenarioError(list(_findings(error, overlay, file))) from None


def _findings(error: ValidationError, overlay: Overlay, file: str) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], Any] = {}
    for detail in error.errors():
        path, is_branch = _data_path(detail["loc"], overlay.data, missing=detail["type"] == "missing")
        other = seen.get(path)
        if other is None or (other[1] and not is_branch):
            seen[path] = (detail, is_branch)
    kept = [p for p, (_, branch) in seen.items() if not (branch and _has_deeper(p, seen))]
    findings = [_finding(seen[path][0], path, overlay, file) for path in kept]
    yield from sorted(findings, key=lambda f: (f.file or "", f.row or 0, f.column or ""))


def _has_deeper(path: tuple[str, ...], seen: dict[tuple[str, ...], Any]) -> bool:
    return any(len(p) > len(path) and p[: len(path)] == path for p in seen)


def _data_path(loc: tuple[int | str, ...], data: Any, *, missing: bool) -> tuple[tuple[str, ...], bool]:
    """The path in the user's data: names of union branches in `loc` are dropped (True where one ends it).

    `missing`: the last part is a key that the data lacks.
    """
    path: list[str] = []
    node, branch = data, False
    for position, part in enumerate(loc):
        names_missing = missing and position == len(loc) - 1
        if isinstance(node, dict) and (part in node or names_missing):
            node = node.get(part)
            path.append(str(part))
            branch = False
        elif isinstance(node, list) and isinstance(part, int):
            node = node[part] if part < len(node) else None
            path.append(str(part))
        else:
            branch = True
    return tuple(path), branch


def _finding(detail: Any, path: tuple[str, ...], overlay: Overlay, file: str) -> Finding:
    dotted = ".".join(path)
    origin = overlay.origin(dotted)
    code = _CODES.get(detail["type"], "E105")
    context = detail.get("ctx", {})
    facts: dict[str, Any] = {"key": dotted, "nearest": "", "expected": _words(context)}
    if code == "E103":
        facts["nearest"] = _nearest(path, overlay.data)
    if code == "E104" and detail["type"] == "union_tag_not_found":
        facts["key"] = f"{dotted}.kind"
    if code == "E106":
        facts["expected"] = _bound(detail["type"], context)
    if code == "E109":
        facts["expected"] = _form(context)
    if code == "E105":
        facts["expected"] = _kind_in_words(detail["type"])
    facts.update({k: v for k, v in context.items() if k in ("until", "year")})
    return Finding(
        code,
        file=str(origin.where) if origin else file,
        row=origin.line if origin else None,
        column=dotted,
        value=None if code == "E104" else _shown(code, detail.get("input")),
        facts=facts,
    )


def _words(context: dict[str, Any]) -> str:
    """The closed list of a literal or of the kinds of change, without the English "or"."""
    listed = str(context.get("expected", context.get("expected_tags", "")))
    return listed.replace(" or ", ", ").replace("'", "")


def _form(context: dict[str, Any]) -> Any:
    """How a text must look: the form of its pattern, or that it must not be blank."""
    if "pattern" in context:
        return _FORMS[context["pattern"]]
    return labels("scenario.not_blank")


def _kind_in_words(error: str) -> dict[str, str]:
    """The kind of value that a key takes, by language."""
    kind = _KINDS.get(error.removesuffix("_type").removesuffix("_parsing"), "table")
    return labels(f"scenario.kind.{kind}")


def _shown(code: str, value: Any) -> str | None:
    """The value as it stands in the file; of a whole table only its kind."""
    if isinstance(value, dict):
        return str(value["kind"]) if "kind" in value else None
    if isinstance(value, str):
        text = f'"{value}"' if code == "E105" or not value else value
    else:
        text = str(value).lower() if isinstance(value, bool) else repr(value)
    text = masked(text)
    return text if len(text) <= 80 else text[:79] + "…"


def _bound(kind: str, context: dict[str, Any]) -> str:
    if kind == "finite_number":
        return "finite"
    signs = {"greater_than": ("gt", ">"), "greater_than_equal": ("ge", "≥"), "less_than": ("lt", "<")}
    key, sign = signs.get(kind, ("le", "≤"))
    return f"{sign} {context[key]}"


def _nearest(path: tuple[str, ...], data: Any) -> str:
    """The key of the model that looks most like the unknown one, or the keys there are."""
    model = _model_at(path[:-1], data)
    names = [f.alias or n for n, f in model.model_fields.items()] if model else []
    near = process.extractOne(path[-1], names, scorer=fuzz.ratio, score_cutoff=70)
    inside = [
        f"{n}.{k}" for n, f in Parameters.model_fields.items() for m in _models_in(f.annotation) for k in m.model_fields
    ]
    deeper = [
        dotted for dotted in inside if len(path) == 1 and dotted.endswith(f".{path[0]}")
    ]  # said without its table
    return near[0] if near else ", ".join(deeper or names[:12])


def _model_at(path: tuple[str, ...], data: Any) -> type[BaseModel] | None:
    models: list[type[BaseModel]] = [Parameters]
    node = data
    annotation: Any = None
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
        fields = models[0].model_fields if models else {}
        by_alias = {f.alias or n: f for n, f in fields.items()}
        if part in by_alias:
            annotation = by_alias[part].annotation
        models = _models_in(annotation)
        kind = node.get("kind") if isinstance(node, dict) else None
        models = [m for m in models if kind is None or _kind(m) in (None, kind)]
        if isinstance(node, dict) and path[0] == "standards" and len(path) == 2:
            models = [NormOverrides]  # the keys of [standards.<stage>] are not fields of the model
    return models[0] if models else None


def _kind(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in _models_in(part)]

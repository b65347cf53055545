"""Packs as people read them: the list of the bundled ones, and every figure of one with its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from placesim.errors import Finding, FindingsError
from placesim.messages import label
from placesim.standards.nearest import nearest
from placesim.standards.pack import Pack, pack_and_origins
from placesim.standards.pack_file import bundled_packs, read_chain
from placesim.standards.rules import Condition, Norm, Rule
from placesim.vocabulary import CONFIDENCE

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "="}


# ------------------------------------------------------------------------------------------------------- the list
def list_data() -> list[dict[str, Any]]:
    """One entry per bundled pack: id, label, jurisdiction, version, extends, rules (with those it extends), own (rules
    and norms it gives itself) and how many of these are V, D, M."""
    entries = []
    for name in bundled_packs():
        written, (pack, _) = read_chain(name)[-1][1], pack_and_origins(name)
        own = [*written.rule.values(), *(n for norms in written.norm.values() for n in norms.values())]
        marks = Counter(record.confidence for record in own)
        entries.append(
            {
                "id": pack.id, "label": pack.label.model_dump(), "jurisdiction": pack.jurisdiction,
                "version": pack.version, "extends": pack.extends, "rules": len(pack.rules), "own": len(own),
                **{mark: marks[mark] for mark in CONFIDENCE[:3]},
            }
        )  # fmt: skip
    return entries


def list_lines(language: str) -> list[str]:
    """The list as lines of text."""
    packs = list_data()
    width = max(len(p["id"]) for p in packs)
    lines = [
        label("standards.pack", language, **{**p, "id": p["id"].ljust(width), "label": p["label"][language]})
        for p in packs
    ]
    return [*lines, label("standards.marks", language)]


# ------------------------------------------------------------------------------------------------------- one pack
def show_data(name: str, rule: str | None = None) -> dict[str, Any]:
    """The resolved pack, or one rule of it. Raises ScenarioError, and FindingsError (E146) for an unknown rule."""
    pack, origins = pack_and_origins(name)
    _known(pack, rule)
    return {
        "id": pack.id, "label": pack.label.model_dump(), "jurisdiction": pack.jurisdiction, "version": pack.version,
        "extends": pack.extends,
        "rules": [rule_data(pack, i, origins) for i in pack.rules if rule in (None, i)],
        **({} if rule else {"norms": [norm_data(pack, *key, origins) for key in norm_keys(pack)]}),
    }  # fmt: skip


def rule_data(pack: Pack, i: str, origins: Mapping[str, str]) -> dict[str, Any]:
    """Everything a rule says, its document as cited, and the file it comes from."""
    rule = pack.rules[i]
    said = rule.model_dump(mode="json", exclude_none=True)
    return {"id": i, **said, "cited": _cited(pack, rule), "from": origins[f"rule.{i}"]}


def norm_data(pack: Pack, stage: str, key: str, origins: Mapping[str, str]) -> dict[str, Any]:
    """Everything a norm says, its document as cited, and the file it comes from."""
    norm = pack.norms[stage][key]
    said = norm.model_dump(mode="json", exclude_none=True)
    return {"stage": stage, "key": key, **said, "cited": _cited(pack, norm), "from": origins[f"norm.{stage}.{key}"]}


def norm_keys(pack: Pack) -> list[tuple[str, str]]:
    """(stage, key) of every norm."""
    return [(stage, key) for stage, norms in pack.norms.items() for key in norms]


def _cited(pack: Pack, record: Norm | Rule) -> dict[str, str]:
    return {language: pack.documents[record.document].cite(language) for language in ("zh", "en")}


def _known(pack: Pack, rule: str | None) -> None:
    if rule is not None and rule not in pack.rules:
        facts = {"pack": pack.id, "nearest": nearest(rule, tuple(pack.rules))}
        raise FindingsError([Finding("E146", value=rule, facts=facts)])


def show_lines(name: str, language: str, rule: str | None = None) -> list[str]:
    """The pack, or one rule of it, as lines of text. Raises as `show_data`."""
    pack, origins = pack_and_origins(name)
    _known(pack, rule)
    rules = [line for i in pack.rules if rule in (None, i) for line in _rule_lines(pack, i, origins, language)]
    if rule is not None:
        return rules
    facts = {"id": pack.id, "label": getattr(pack.label, language), "version": pack.version}
    facts |= {"jurisdiction": pack.jurisdiction, "extends": pack.extends or "–"}
    norms = [line for key in norm_keys(pack) for line in _norm_lines(pack, *key, language)]
    heads = [label(f"standards.{part}", language) for part in ("norms", "rules")]
    return [label("standards.head", language, **facts), "", heads[0], *norms, "", heads[1], *rules]


def _norm_lines(pack: Pack, stage: str, key: str, language: str) -> Iterator[str]:
    norm = pack.norms[stage][key]
    grades = f" ({', '.join(norm.grades)})" if norm.grades else ""
    yield f"{stage}.{key} = {norm.value:g}{grades}"
    yield f"    {_source(pack, norm, language)}"


def _rule_lines(pack: Pack, i: str, origins: Mapping[str, str], language: str) -> Iterator[str]:
    rule = pack.rules[i]
    yield f"{i}  {getattr(rule.label, language)}"
    yield f"    {comparison(rule, language)}"
    yield f"    {' · '.join(scope(rule, language))}"
    yield f"    {_source(pack, rule, language)} · {origins[f'rule.{i}']}"
    if rule.note is not None:
        yield f"    {getattr(rule.note, language)}"


def _source(pack: Pack, record: Norm | Rule, language: str) -> str:
    mark = label(f"confidence.{record.confidence}", language)
    return f"{pack.documents[record.document].cite(language)} {record.clause} · {record.confidence} {mark}"


# ------------------------------------------------------------------------------------------------------- one rule
def comparison(rule: Rule, language: str) -> str:
    """What must hold: metric, sign, figure, unit; a table step by step; the rules of a combination."""
    if rule.all_of:
        return label("standards.all_of", language, rules=", ".join(rule.all_of))
    metric, sign = label(f"metric.{rule.metric}", language), _SIGNS[f"{rule.operator}"]
    unit = label(f"unit.{rule.unit}", language)
    if rule.value is not None:
        return f"{metric} {sign} {rule.value:g} {unit}"
    by = label(f"metric.{rule.by}", language)
    steps = "; ".join(
        f"{by} {'>' if step.up_to is None else '≤'} "
        f"{(rule.table[k - 1].up_to if step.up_to is None and k else step.up_to) or 0:g}: {sign} {step.value:g}"
        for k, step in enumerate(rule.table)
    )
    return f"{metric} ({unit}) {steps}"


def scope(rule: Rule, language: str) -> Iterator[str]:
    """Whom it speaks of: unit of count, stages, area types, grades, conditions, population, years, hardness."""
    yield label(f"unit_of_count.{rule.unit_of_count}", language)
    yield ", ".join(rule.stage) or label("standards.every_stage", language)
    yield from (label(f"area_type.{kind}", language) for kind in rule.area_type)
    if rule.grades:
        yield ", ".join(rule.grades)
    yield from (_condition(key, wanted, language) for key, wanted in rule.when.items())
    if rule.population_basis is not None:
        yield label(f"population_basis.{rule.population_basis}", language)
    if rule.persons_per_dwelling is not None:
        yield f"{rule.persons_per_dwelling:g} {label('unit.persons per dwelling', language)}"
    if rule.valid_from is not None or rule.valid_to is not None:
        years = {"first": rule.valid_from or "…", "last": rule.valid_to or "…"}
        yield label(f"standards.years_{rule.applies_to}", language, **years)
    yield label(f"hardness.{rule.hardness}", language)


def _condition(key: str, wanted: bool | Condition, language: str) -> str:
    if isinstance(wanted, Condition):
        return f"{label(f'metric.{key}', language)} {_SIGNS[wanted.operator]} {wanted.value:g}"
    return f"{label(f'column.{key}', language)}: {label(f'report.{str(wanted).lower()}', language)}"

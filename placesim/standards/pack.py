"""Rule packs: TOML files of cited norms and rules, laid over one another by `extends`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from placesim.errors import Finding, ScenarioError
from placesim.standards.contradictions import contradictions
from placesim.standards.nearest import nearest
from placesim.standards.norms import StageNorms
from placesim.standards.pack_file import read_chain
from placesim.standards.rules import Document, Norm, PackFile, Rule, Text, Type

T = TypeVar("T")

ANY_STAGE = "*"
PERSISTENT_YEARS = 3  # where no pack of the chain says otherwise


@dataclass(frozen=True)
class Pack:
    """A resolved pack. `norms`: stage (or "*") → key → norm. `joined_stages`: stages that make one school."""

    id: str
    label: Text
    jurisdiction: str
    version: str
    extends: str | None
    documents: Mapping[str, Document]
    norms: Mapping[str, Mapping[str, Norm]]
    rules: Mapping[str, Rule]
    typology: Mapping[str, Type]
    joined_stages: tuple[tuple[str, ...], ...]
    persistent_years: int

    def norm(self, stage: str, key: str) -> Norm | None:
        """The norm of a stage, else of every stage ("*"), else None."""
        return self.norms.get(stage, {}).get(key) or self.norms.get(ANY_STAGE, {}).get(key)

    def norms_for(self, stage: str) -> dict[str, float]:
        """The figures of a stage by the names of `StageNorms`; what the pack does not say is left out."""
        found = {key: self.norm(stage, key) for key in StageNorms.__dataclass_fields__}
        return {key: norm.value for key, norm in found.items() if norm is not None}


def load_pack(name_or_path: str | Path) -> Pack:
    """A bundled pack by name, or a pack file by path; `extends` names either, paths relative to the file.

    A rule, norm, document or type of a pack replaces the one of the same id or key below it: whole, or a rule with
    `override = true` only in the keys it gives. Raises ScenarioError with every finding (E110–E119, E140–E145), each
    naming the file and the key.
    """
    return pack_and_origins(name_or_path)[0]


def pack_and_origins(name_or_path: str | Path) -> tuple[Pack, dict[str, str]]:
    """The pack, and the file that gave each record: dotted key (`rule.<id>`, `norm.<stage>.<key>`) → file name.

    Raises as `load_pack`.
    """
    pack, origins = _lay(read_chain(str(name_or_path)))
    findings = [*_dangling(pack, origins), *_contradicting(pack, origins)]
    if findings:
        raise ScenarioError(findings)
    return pack, origins


def _lay(chain: list[tuple[str, PackFile]]) -> tuple[Pack, dict[str, str]]:
    """The resolved pack, and the file each dotted key came from."""
    files = [written for _, written in chain]
    top = files[-1]
    joined = [f.joined_stages for f in files if f.joined_stages is not None]
    persistent = [f.persistent_years for f in files if f.persistent_years is not None]
    pack = Pack(
        id=top.id,
        label=top.label,
        jurisdiction=top.jurisdiction,
        version=top.version,
        extends=top.extends,
        documents=_merged([f.document for f in files]),
        norms=_merged_norms(files),
        rules=_merged([_rules_of(f) for f in files]),
        typology=_merged([f.typology for f in files]),
        joined_stages=joined[-1] if joined else (),
        persistent_years=persistent[-1] if persistent else PERSISTENT_YEARS,
    )
    return pack, {key: file for file, written in chain for key in _keys(written)}


def _merged(layers: Iterable[Mapping[Any, T]]) -> Mapping[str, T]:
    return MappingProxyType({key: value for layer in layers for key, value in layer.items()})


def _merged_norms(files: list[PackFile]) -> Mapping[str, Mapping[str, Norm]]:
    stages = dict.fromkeys(stage for f in files for stage in f.norm)
    return MappingProxyType({s: _merged([f.norm.get(s, {}) for f in files]) for s in stages})


def _rules_of(written: PackFile) -> dict[str, Rule]:
    """The rules of a file; one that names no jurisdiction has that of its file."""
    own = {"jurisdiction": written.jurisdiction}
    return {i: r if r.jurisdiction else r.model_copy(update=own) for i, r in written.rule.items()}


def _keys(written: PackFile) -> Iterator[str]:
    yield from (f"norm.{stage}.{key}" for stage, norms in written.norm.items() for key in norms)
    yield from (f"rule.{i}" for i in written.rule)
    yield from (f"typology.{name}" for name in written.typology)


def _dangling(pack: Pack, origins: Mapping[str, str]) -> Iterator[Finding]:
    """Names that the resolved pack does not hold: documents, and rules of a combination."""
    for key, document in _citations(pack):
        if document not in pack.documents:
            facts = {"nearest": nearest(document, tuple(pack.documents))}
            file = origins[".".join(key.split(".")[: 3 if key.startswith("norm") else 2])]
            yield Finding("E115", file=file, column=f"{key}.document", value=document, facts=facts)
    plain = {i: r for i, r in pack.rules.items() if not r.all_of and not r.by_grade}
    for i, rule in pack.rules.items():
        for member in rule.all_of:
            if member not in plain or plain[member].unit_of_count != rule.unit_of_count:
                same = tuple(p for p, r in plain.items() if r.unit_of_count == rule.unit_of_count)
                facts = {"nearest": nearest(member, same)}
                yield Finding("E115", file=origins[f"rule.{i}"], column=f"rule.{i}.all_of", value=member, facts=facts)


def _contradicting(pack: Pack, origins: Mapping[str, str]) -> Iterator[Finding]:
    """Told of the pair's rule that the nearer file gave; `origins` run from the farthest base."""
    order = list(dict.fromkeys(origins.values()))
    for pair in contradictions(pack.rules):
        other, i = sorted(pair, key=lambda rule: order.index(origins[f"rule.{rule}"]))
        facts = {"other": other, "metric": pack.rules[i].metric, "one": _limit(pack.rules[i])}
        facts |= {"another": _limit(pack.rules[other])}
        yield Finding("E145", file=origins[f"rule.{i}"], column=f"rule.{i}", value=i, facts=facts)


def _limit(rule: Rule) -> str:
    """The comparison of a plain rule as it is read."""
    figures = [rule.value] if rule.value is not None else [step.value for step in rule.table]
    return f"{rule.operator} {'/'.join(f'{figure:g}' for figure in figures)}"


def _citations(pack: Pack) -> Iterator[tuple[str, str]]:
    """(dotted key, document) of every cited record."""
    for stage, norms in pack.norms.items():
        for key, norm in norms.items():
            yield f"norm.{stage}.{key}", norm.document
    for i, rule in pack.rules.items():
        yield f"rule.{i}", rule.document
    for name, kind in pack.typology.items():
        for test in kind.any_of:
            yield f"typology.{name}.{test.reason}", test.document

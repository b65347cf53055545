"""A pack against the run it is to judge: rules that will never be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from placesim.errors import Finding
from placesim.records import Stages
from placesim.standards.nearest import nearest
from placesim.standards.pack import Pack
from placesim.standards.rules import Rule

PACK = "standards.pack"  # the key of the scenario that names the pack


def check_pack(pack: Pack, stages: Stages, years: Sequence[int], known_stages: Sequence[str]) -> list[Finding]:
    """W120 for a stage that no school system has, N120 for one that this scenario does not have, N121 for rules that
    ended before its first year. `known_stages`: of every school system and of the scenario."""
    return [*_of_stages(pack, stages, known_stages), *_expired(pack, stages, years[0])]


def _of_stages(pack: Pack, stages: Stages, known_stages: Sequence[str]) -> Iterator[Finding]:
    """One finding per stage that rules name and the scenario does not have."""
    named: dict[str, list[str]] = {}
    for i, rule in pack.rules.items():
        for stage in dict.fromkeys(part for joined in rule.stage for part in joined.split("+")):
            named.setdefault(stage, []).append(i)
    for stage, rules in named.items():
        facts = {"rules": ", ".join(rules), "pack": pack.id, "known": ", ".join(stages.ids)}
        if stage not in known_stages:
            yield Finding(
                "W120", column=PACK, value=stage, facts=facts | {"nearest": nearest(stage, tuple(known_stages))}
            )
        elif stage not in stages.ids:
            yield Finding("N120", column=PACK, value=stage, facts=facts)


def _expired(pack: Pack, stages: Stages, first_year: int) -> Iterator[Finding]:
    for i, rule in pack.rules.items():
        if rule.valid_to is not None and _last_year(rule, stages) < first_year:
            yield Finding(
                "N121", column=PACK, value=i, facts={"year": rule.valid_to, "first": first_year, "pack": pack.id}
            )


def _last_year(rule: Rule, stages: Stages) -> int:
    """The last year in which it speaks: of entrants, that in which the last cohort is in the last grade."""
    assert rule.valid_to is not None
    lengths: Mapping[str, int] = {stage.id: len(stage.grades) for stage in stages.all}
    longest = max(lengths.get(stage, 1) for stage in rule.stage or lengths)
    return rule.valid_to + (longest - 1 if rule.applies_to == "entrants" else 0)

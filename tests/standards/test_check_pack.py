"""Rules that a run will never ask: stages it does not have, and years gone by."""

from __future__ import annotations

from typing import Any

import pytest

from placesim.errors import Finding
from placesim.messages import LANGUAGES, describe
from placesim.scenario import system_stage_ids, system_stages
from placesim.standards.check import check_pack
from placesim.standards.pack import Pack, load_pack
from placesim.standards.pack_file import bundled_packs
from placesim.standards.rules import Rule

STAGES = system_stages("cn-6-3-3")
KNOWN = system_stage_ids()
NATIONAL = load_pack("cn-national")


def with_rule(**said: Any) -> Pack:
    """The national pack with its rule on primary classes changed."""
    rule = Rule.model_validate(NATIONAL.rules["cn-class-primary"].model_dump() | said)
    facts = {name: getattr(NATIONAL, name) for name in NATIONAL.__dataclass_fields__}
    return Pack(**{**facts, "rules": {"mine": rule}})


def told(pack: Pack, first: int = 2025) -> list[Finding]:
    found = check_pack(pack, STAGES, range(first, first + 10), KNOWN)
    assert all(all(describe(f, language)) for f in found for language in LANGUAGES)
    assert all(f.column == "standards.pack" for f in found)
    return found


def test_the_national_pack_has_nothing_to_say_in_china() -> None:
    assert told(NATIONAL) == []


@pytest.mark.parametrize("name", [n for n in bundled_packs() if n.startswith("cn-")])
def test_nor_has_that_of_a_chinese_place(name: str) -> None:
    assert told(load_pack(name)) == []


def test_a_misspelt_stage_is_a_warning_with_its_rules() -> None:
    (finding,) = told(with_rule(stage=["primery"]))
    assert (finding.code, finding.value) == ("W120", "primery")
    assert finding.facts["rules"] == "mine"
    assert finding.facts["nearest"] == "primary"


def test_a_stage_of_another_system_is_a_note() -> None:
    found = told(load_pack("england"))
    assert [(f.code, f.value) for f in found] == [("N120", "secondary")]
    assert found[0].facts["rules"] == "england-walk-secondary, england-minutes"


def test_joined_stages_are_taken_apart() -> None:
    assert told(with_rule(stage=["primary+junior"])) == []
    assert [(f.code, f.value) for f in told(with_rule(stage=["primary+middel"]))] == [("W120", "middel")]


def test_an_expired_rule_is_a_note() -> None:
    (finding,) = told(with_rule(valid_to=2024))
    assert (finding.code, finding.value, finding.facts["year"], finding.facts["first"]) == ("N121", "mine", 2024, 2025)
    assert told(with_rule(valid_to=2025)) == []
    assert told(with_rule(valid_from=2040)) == []


def test_a_rule_for_entrants_ends_when_its_last_cohort_leaves() -> None:
    """Who entered primary school in 2020 is in grade 6 in 2025."""
    assert told(with_rule(applies_to="entrants", valid_to=2020)) == []
    assert [f.code for f in told(with_rule(applies_to="entrants", valid_to=2019))] == ["N121"]

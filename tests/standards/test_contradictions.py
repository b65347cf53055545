"""Which rules cannot both hold: by hand, and against a search for a figure that meets both."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.standards.contradictions import contradictions
from placesim.standards.rules import Rule, Text

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}


def rule(sign: str = "<=", value: float | None = 40, **said: Any) -> Rule:
    facts = {
        "label": Text(zh="甲", en="A"), "level": "national", "document": "d", "clause": "c", "confidence": "V",
        "metric": "roll", "unit": "pupils", "unit_of_count": "campus", "hardness": "should", "operator": sign,
        "value": value,
    }  # fmt: skip
    return Rule.model_validate(facts | said)


def clash(a: Rule, b: Rule) -> bool:
    assert list(contradictions({"a": a, "b": b})) == [("a", "b")] * len(list(contradictions({"b": b, "a": a})))
    return bool(list(contradictions({"a": a, "b": b})))


def test_at_least_45_and_at_most_40_cannot_both_hold() -> None:
    assert clash(rule(">=", 45), rule("<=", 40))
    assert not clash(rule(">=", 40), rule("<=", 40))
    assert clash(rule(">", 40), rule("<=", 40))
    assert not clash(rule("<=", 45), rule("<=", 40))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"stage": ["primary"]}, {"stage": ["junior"]}),
        ({"area_type": ["rural"]}, {"area_type": ["urban", "town"]}),
        ({"valid_to": 2026}, {"valid_from": 2027}),
        ({"unit_of_count": "institution"}, {}),
        ({"metric": "places_design", "unit": "places"}, {}),
        ({"when": {"complete": True}}, {"when": {"complete": False}}),
    ],
)
def test_rules_of_other_units_years_or_metrics_do_not_meet(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not clash(rule(">=", 45, **one), rule("<=", 40, **other))


def test_rules_that_share_a_part_of_their_scope_meet_there() -> None:
    assert clash(rule(">=", 45, stage=["primary", "junior"]), rule("<=", 40, stage=["junior"]))
    assert clash(rule(">=", 45, when={"complete": True}), rule("<=", 40))
    assert clash(rule(">=", 45, valid_to=2027), rule("<=", 40, valid_from=2027))


def test_cohorts_of_an_ended_rule_for_entrants_are_still_at_school() -> None:
    classes = {"metric": "class_size_max", "unit": "pupils per class", "unit_of_count": "stage_section"}
    older = rule(">=", 45, applies_to="entrants", valid_to=2026, **classes)
    assert clash(older, rule("<=", 40, valid_from=2027, **classes))


def test_tables_meet_step_by_step() -> None:
    table = {"value": None, "by": "rooms", "table": [{"up_to": 6, "value": 10}, {"value": 50}]}
    assert clash(rule(">=", **table), rule("<=", 40))
    assert not clash(rule(">=", **table), rule("<=", 60))
    small = table | {"table": [{"up_to": 6, "value": 40}]}
    assert not clash(rule(">=", **table), rule("<=", **small))  # they meet up to 6 rooms, where 10 to 40 is right
    assert not clash(rule(">=", **table), rule("<=", **(small | {"by": "classes"})))  # nobody knows which rooms


def test_members_of_a_combination_need_not_hold() -> None:
    both = Rule.model_validate(
        rule().model_dump(exclude={"metric", "operator", "value", "unit"}) | {"all_of": ["a", "b"]}
    )
    assert list(contradictions({"a": rule(">=", 45), "b": rule("<=", 40), "both": both})) == []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(SIGNS)), st.integers(0, 4), st.sampled_from(list(SIGNS)), st.integers(0, 4))
def test_a_contradiction_is_that_no_figure_meets_both(s: str, v: int, t: str, w: int) -> None:
    figures = [k / 2 for k in range(-2, 12)]
    possible = any(SIGNS[s](x, v) and SIGNS[t](x, w) for x in figures)
    assert clash(rule(s, v), rule(t, w)) == (not possible)

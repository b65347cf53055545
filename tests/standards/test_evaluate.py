"""Rules against small tables worked by hand, and against a slow obvious twin."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.standards.evaluate import COLUMNS, evaluate
from placesim.standards.rules import Rule, Text
from placesim.vocabulary import METRICS

NAN = float("nan")
CITED = {"label": Text(zh="甲", en="A"), "level": "national", "document": "d", "clause": "c", "confidence": "V"}


def rule(metric: str = "roll", sign: str = "<=", value: float | None = 100, **said: Any) -> Rule:
    facts = {
        "metric": metric, "operator": sign, "value": value, "unit": METRICS[metric], "unit_of_count": "stage_section",
        "hardness": "should",
    }  # fmt: skip
    return Rule.model_validate(CITED | facts | said)


def combination(*members: str, **said: Any) -> Rule:
    facts = {"all_of": members, "unit_of_count": "stage_section", "hardness": "planning"}
    return Rule.model_validate(CITED | facts | said)


def schools(**columns: list[Any]) -> dict[str, pd.DataFrame]:
    size = len(next(iter(columns.values())))
    facts = {"school_id": [f"S{i}" for i in range(size)], "stage": ["primary"] * size, "year": [2025] * size}
    return {"stage_section": pd.DataFrame(facts | columns)}


def found(rules: dict[str, Rule], measures: dict[str, pd.DataFrame]) -> list[str]:
    return evaluate(rules, measures)["id"].tolist()


def test_a_finding_says_everything() -> None:
    findings = evaluate({"size": rule(hardness="statutory")}, schools(roll=[100, 101]))
    assert findings.columns.tolist() == list(COLUMNS)
    assert findings.iloc[0].dropna().to_dict() == {
        "rule_id": "size", "unit": "stage_section", "id": "S1", "stage": "primary", "year": 2025, "metric": "roll",
        "value": 101.0, "operator": "<=", "limit": 100.0, "severity": "breach", "document": "d", "clause": "c",
        "confidence": "V",
    }  # fmt: skip
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("sign", "ids"),
    [("<", ["S1", "S2"]), ("<=", ["S2"]), (">", ["S0", "S1"]), (">=", ["S0"]), ("==", ["S0", "S2"])],
)
def test_a_rule_says_what_must_hold(sign: str, ids: list[str]) -> None:
    assert found({"r": rule(sign=sign)}, schools(roll=[99, 100, 101])) == ids


@pytest.mark.parametrize(
    ("hardness", "severity"),
    [("statutory", "breach"), ("should", "warning"), ("planning", "flag"), ("local", "flag")],
)
def test_severity_follows_hardness(hardness: str, severity: str) -> None:
    assert evaluate({"r": rule(hardness=hardness)}, schools(roll=[101]))["severity"].tolist() == [severity]


def test_unknown_values_and_lacking_columns_give_nothing() -> None:
    assert found({"r": rule()}, schools(roll=[NAN, 101.0])) == ["S1"]
    assert found({"r": rule("excess", value=0)}, schools(roll=[101])) == []
    assert found({"r": rule(unit_of_count="area")}, schools(roll=[101])) == []
    empty = evaluate({}, {})
    assert empty.columns.tolist() == list(COLUMNS)
    assert empty["year"].dtype == np.int64


def test_stage_and_area_type_limit_a_rule() -> None:
    tables = schools(roll=[101] * 4, stage=["primary", "junior", "primary", "junior"])
    assert found({"r": rule(stage=["junior"])}, tables) == ["S1", "S3"]
    assert found({"r": rule(area_type=["rural"])}, tables) == []  # nobody knows the area types
    tables["stage_section"]["area_type"] = ["rural", "rural", None, "town"]
    assert found({"r": rule(stage=["primary"], area_type=["rural", "urban"])}, tables) == ["S0"]


def test_years_of_validity_are_inclusive() -> None:
    tables = schools(roll=[101] * 4, year=[2024, 2025, 2026, 2027])
    assert found({"r": rule(valid_from=2025, valid_to=2026)}, tables) == ["S1", "S2"]


def test_a_table_of_limits_is_read_by_another_metric() -> None:
    steps = [{"up_to": 6, "value": 100}, {"up_to": 12, "value": 200}, {"value": 300}]
    tables = schools(roll=[101, 101, 201, 201, 301, 999.0], rooms=[6, 7, 12, 13, 40, NAN])
    findings = evaluate({"r": rule(value=None, table=steps, by="rooms")}, tables)
    assert findings["id"].tolist() == ["S0", "S2", "S4"]
    assert findings["limit"].tolist() == [100, 200, 300]
    closed = rule(value=None, table=steps[:2], by="rooms")
    assert found({"r": closed}, tables) == ["S0", "S2"]  # beyond 12 rooms the table says nothing


def test_conditions_must_hold() -> None:
    tables = schools(roll=[101] * 4, rooms=[4, 5, NAN, 9], complete=[True, True, True, False])
    assert found({"r": rule(when={"rooms": {"operator": ">=", "value": 5}})}, tables) == ["S1", "S3"]
    assert found({"r": rule(when={"complete": False})}, tables) == ["S3"]
    both = rule(when={"complete": True, "rooms": {"operator": ">=", "value": 5}})
    assert found({"r": both}, tables) == ["S1"]


def test_a_combination_is_broken_where_all_its_rules_are() -> None:
    rules = {
        "empty": combination("share", "places"),
        "share": rule("unfilled_share", "<", 0.25),
        "places": rule("unfilled", "<", 30, stage=["primary"]),
    }
    tables = schools(
        unfilled_share=[0.25, 0.25, 0.24, 0.9], unfilled=[30, 29, 300, 50], stage=["primary"] * 3 + ["junior"]
    )
    findings = evaluate(rules, tables)
    assert findings[["rule_id", "id", "metric", "value", "limit", "severity"]].values.tolist() == [
        ["empty", "S0", "unfilled_share", 0.25, 0.25, "flag"]
    ]
    limited = evaluate(rules | {"empty": combination("share", "places", valid_from=2026)}, tables)
    assert limited.empty


def test_units_are_named_by_their_own_id() -> None:
    frame = pd.DataFrame({"area_id": ["A"], "stage": ["primary"], "year": [2025], "unplaced": [4]})
    findings = evaluate({"r": rule("unplaced", value=0, unit_of_count="area")}, {"area": frame})
    assert findings[["unit", "id"]].values.tolist() == [["area", "A"]]


def test_findings_are_sorted_by_year_rule_id() -> None:
    tables = schools(roll=[200, 200, 200], year=[2026, 2025, 2025], school_id=["S9", "S9", "S1"])
    findings = evaluate({"b": rule(), "a": rule()}, tables)
    assert findings[["year", "rule_id", "id"]].values.tolist() == [
        [2025, "a", "S1"], [2025, "a", "S9"], [2025, "b", "S1"], [2025, "b", "S9"],
        [2026, "a", "S9"], [2026, "b", "S9"],
    ]  # fmt: skip


def test_measures_are_left_as_they_were() -> None:
    tables = schools(roll=[101, 99])
    before = tables["stage_section"].copy()
    evaluate({"r": rule(stage=["junior"])}, tables)
    pd.testing.assert_frame_equal(tables["stage_section"], before)


SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
STEPS = [{"up_to": 3, "value": 20}, {"up_to": 7, "value": 50}]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["primary", "junior"]),
            st.integers(2024, 2027),
            st.one_of(st.just(NAN), st.integers(0, 60).map(float)),
            st.integers(0, 9),
            st.sampled_from(["rural", "town", None]),
        ),
        min_size=1,
        max_size=12,
    ),
    sign=st.sampled_from(list(SIGNS)),
    stage=st.sampled_from([(), ("junior",)]),
    area_type=st.sampled_from([(), ("rural",)]),
    tabled=st.booleans(),
)
def test_vectorised_rules_equal_a_loop(
    rows: list[tuple[str, int, float, int, str | None]],
    sign: str,
    stage: tuple[str, ...],
    area_type: tuple[str, ...],
    tabled: bool,
) -> None:
    limits: dict[str, Any] = {"value": None, "table": STEPS, "by": "rooms"} if tabled else {"value": 30}
    judged = rule(sign=sign, stage=stage, area_type=area_type, valid_from=2025, **limits)
    stages, years, rolls, rooms, types = zip(*rows, strict=True)
    tables = schools(roll=list(rolls), stage=list(stages), year=list(years), rooms=list(rooms), area_type=list(types))
    expected = []
    for i, (s, y, roll, r, t) in enumerate(rows):
        limit = next((step["value"] for step in STEPS if r <= step["up_to"]), None) if tabled else 30
        applies = (not stage or s in stage) and (not area_type or t in area_type) and y >= 2025
        if applies and limit is not None and roll == roll and not SIGNS[sign](roll, limit):
            expected.append((y, f"S{i}", s, roll, limit))
    findings = evaluate({"r": judged}, tables)
    got = list(findings[["year", "id", "stage", "value", "limit"]].itertuples(index=False, name=None))
    assert got == sorted(expected)

"""Rules that go up with their cohorts, and rules of named grades."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from placesim.standards.evaluate import GRADE, evaluate
from placesim.standards.rules import Rule, Text

GRADES = ("G1", "G2", "G3", "G4", "G5", "G6")
SAID = {
    "label": Text(zh="甲", en="A"), "level": "national", "document": "d", "clause": "c", "confidence": "V",
    "metric": "class_size_max", "operator": "<=", "unit": "pupils per class", "unit_of_count": "stage_section",
    "hardness": "should", "stage": ["primary"],
}  # fmt: skip


def rule(value: float = 40, **said: Any) -> Rule:
    return Rule.model_validate(SAID | {"value": value} | said)


def by_grade(years: range, size: float = 42) -> pd.DataFrame:
    """One school whose classes all have `size` pupils."""
    rows = [("S", "primary", y, g, y - k, size) for y in years for k, g in enumerate(GRADES)]
    return pd.DataFrame(rows, columns=["school_id", "stage", "year", "grade", "entered", "class_size_max"])


def grades_found(rules: Rule, years: range) -> dict[int, list[str]]:
    """year → grades that miss the rule."""
    found = evaluate({"r": rules}, {GRADE: by_grade(years)})
    return {y: g.split("+") for y, g in zip(found["year"], found["grades"], strict=True)}


@given(first=st.integers(2024, 2032), horizon=st.integers(0, 12))
@settings(max_examples=50, deadline=None)
def test_a_step_for_entrants_reaches_every_grade_after_six_years_and_no_earlier(first: int, horizon: int) -> None:
    years = range(2022, 2022 + horizon + 1)
    found = grades_found(rule(applies_to="entrants", valid_from=first), years)
    for year in years:
        reached = min(max(year - first + 1, 0), 6)
        assert found.get(year, []) == list(GRADES[:reached])
    whole = [year for year, grades in found.items() if len(grades) == 6]
    assert min(whole, default=first + 5) == max(first + 5, years[0])


def test_the_same_step_for_all_reaches_every_grade_at_once() -> None:
    frame = by_grade(range(2025, 2030))
    sections = frame.groupby(["school_id", "stage", "year"], as_index=False)["class_size_max"].max()
    found = evaluate({"r": rule(valid_from=2027)}, {GRADE: frame, "stage_section": sections})
    assert found["year"].tolist() == [2027, 2028, 2029]
    assert found["grades"].isna().all()


def test_who_entered_before_stays_under_the_older_rule() -> None:
    """45 for cohorts up to 2026, 40 from 2027: classes of 42 meet the one and miss the other."""
    older = rule(45, applies_to="entrants", valid_to=2026)
    newer = rule(40, applies_to="entrants", valid_from=2027)
    frame = by_grade(range(2026, 2034)).assign(
        class_size_max=lambda t: t["class_size_max"].where(t["entered"] >= 2027, 46)
    )
    found = evaluate({"older": older, "newer": newer}, {GRADE: frame})
    for year, rows in found.groupby("year"):
        grades = {r.rule_id: r.grades.split("+") for r in rows.itertuples()}
        assert grades.get("newer", []) == list(GRADES[: max(year - 2026, 0)])
        assert grades.get("older", []) == list(GRADES[max(year - 2026, 0) :])
        assert set(rows["value"]) <= {42.0, 46.0}


def test_the_value_told_is_that_of_the_worst_grade() -> None:
    frame = by_grade(range(2030, 2031)).assign(class_size_max=[39, 41, 50, 43, 40, 44])
    (row,) = evaluate({"r": rule(applies_to="entrants", valid_from=2020)}, {GRADE: frame}).to_dict("records")
    assert (row["id"], row["value"], row["limit"], row["grades"]) == ("S", 50.0, 40.0, "G2+G3+G4+G6")


def test_a_rule_of_named_grades_judges_these_alone() -> None:
    found = evaluate({"r": rule(grades=["G1", "G2"])}, {GRADE: by_grade(range(2030, 2031))})
    assert found["grades"].tolist() == ["G1+G2"]
    assert evaluate({"r": rule(grades=["G7"])}, {GRADE: by_grade(range(2030, 2031))}).empty


def test_without_measures_by_grade_nothing_is_found() -> None:
    assert evaluate({"r": rule(applies_to="entrants", valid_from=2020)}, {"stage_section": pd.DataFrame()}).empty


@pytest.mark.parametrize(
    "said",
    [
        {"applies_to": "entrants"},
        {"applies_to": "entrants", "valid_from": 2027, "unit_of_count": "county"},
        {"applies_to": "entrants", "valid_from": 2027, "metric": "roll", "unit": "pupils"},
        {"grades": ["G1"], "metric": "unplaced", "unit": "pupils"},
        {"grades": ["G1"], "value": None, "table": [{"value": 1}], "by": "rooms"},
    ],
)
def test_what_no_grade_can_be_judged_by_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**said)

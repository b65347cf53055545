"""Rules against measures: which units do not meet what must hold. Pure: tables in, a table out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.standards.rules import Condition, Rule, Step

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

ID_COLUMNS: Mapping[str, str] = {
    "campus": "school_id",
    "institution": "institution_id",
    "stage_section": "school_id",
    "area": "area_id",
    "planning_area": "planning_area",
    "county": "county",
    "development": "development_id",
}
GRADE = "grade"  # the measures by grade: what rules for entrants and for named grades are judged by
SEVERITY: Mapping[str, str] = {"statutory": "breach", "should": "warning", "planning": "flag", "local": "flag"}
COLUMNS = (
    "rule_id", "unit", "id", "stage", "year", "metric", "value", "operator", "limit",
    "severity", "document", "clause", "confidence", "grades",
)  # fmt: skip
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
}


def evaluate(rules: Mapping[str, Rule], measures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per rule, unit and year in which the rule does not hold, sorted by year, rule, id, stage.

    measures: unit of count → one row per unit × stage × year with its id column (ID_COLUMNS), `stage`, `year` and
    metrics as columns; a unit of count that is not given, or a column that is lacking or NaN, gives no finding.
    measures[GRADE]: one row per school × stage × year × `grade`, with `entered`, the year its cohort entered the stage.
    A rule for entrants speaks of the cohorts that entered from `valid_from` to `valid_to`, whatever their grade now; it
    and a rule of named grades give one row per school section, with the worst value and the `grades` that miss it.
    Rules named by a combination report only through it; its value and limit are those of the first rule it names.
    `document` is the key of the pack.
    """
    members = {member for rule in rules.values() for member in rule.all_of}
    tables = [_findings(i, rule, rules, measures) for i, rule in rules.items() if i not in members]
    found = pd.concat([t for t in tables if len(t)] or [_typed(pd.DataFrame(columns=list(COLUMNS)))], ignore_index=True)
    return found.sort_values(["year", "rule_id", "id", "stage"], ignore_index=True, kind="stable")


def _findings(i: str, rule: Rule, rules: Mapping[str, Rule], measures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    frame = measures.get(GRADE if rule.by_grade else rule.unit_of_count)
    if frame is None:
        return pd.DataFrame(columns=list(COLUMNS))
    parts = [rules[member] for member in rule.all_of] or [rule]
    broken = np.logical_and.reduce([_in_scope(rule, frame), *(_broken(part, frame) for part in parts)])
    if not broken.any():
        return pd.DataFrame(columns=list(COLUMNS))
    first, hit = parts[0], frame[broken]
    hit = _worst_of_grades(rule, hit) if rule.by_grade else hit.assign(grades=None)
    return _typed(
        pd.DataFrame(
            {
                "rule_id": i,
                "unit": rule.unit_of_count,
                "id": hit[ID_COLUMNS[rule.unit_of_count]].to_numpy(),
                "stage": hit["stage"].to_numpy(),
                "year": hit["year"].to_numpy(),
                "metric": first.metric,
                "value": _numbers(hit, first.column),
                "operator": first.operator,
                "limit": _limit(first, hit),
                "severity": SEVERITY[rule.hardness],
                "document": rule.document,
                "clause": rule.clause,
                "confidence": rule.confidence,
                "grades": hit["grades"].to_numpy(),
            }
        )
    )


def _worst_of_grades(rule: Rule, hit: pd.DataFrame) -> pd.DataFrame:
    """One row per school section and year: that of the grade farthest from the limit, with all its `grades`."""
    keys = [ID_COLUMNS[rule.unit_of_count], "stage", "year"]
    beyond = np.abs(_numbers(hit, rule.column) - _limit(rule, hit))
    grades = hit.groupby(keys, sort=False)[GRADE].agg("+".join).rename("grades").reset_index()
    worst = hit.assign(beyond=beyond).sort_values("beyond", ascending=False, kind="stable").drop_duplicates(keys)
    return grades.merge(worst, on=keys, how="left")


def _typed(findings: pd.DataFrame) -> pd.DataFrame:
    texts = {c: "str" for c in COLUMNS if c not in ("year", "value", "limit")}
    return findings.astype({**texts, "year": "int64", "value": "float64", "limit": "float64"})


def _broken(rule: Rule, frame: pd.DataFrame) -> Bools:
    """Where the rule applies, its value and limit are known, and the comparison fails."""
    assert rule.operator is not None  # a plain rule has one: see Rule
    value, limit = _numbers(frame, rule.column), _limit(rule, frame)
    known = ~np.isnan(value) & ~np.isnan(limit)
    return _in_scope(rule, frame) & known & ~COMPARE[rule.operator](value, limit)


def _limit(rule: Rule, frame: pd.DataFrame) -> Floats:
    if rule.value is not None:
        return np.full(len(frame), rule.value)
    assert rule.by is not None  # a table has one: see Rule
    return looked_up(rule.table, _numbers(frame, rule.by))


def looked_up(table: tuple[Step, ...], by: Floats) -> Floats:
    """The limit of the first step whose `up_to` is not below the value; NaN beyond a closed table or for NaN."""
    bounds = np.array([step.up_to for step in table if step.up_to is not None], dtype=float)
    values = [step.value for step in table] + ([] if len(bounds) < len(table) else [np.nan])
    return np.where(np.isnan(by), np.nan, np.array(values)[np.searchsorted(bounds, by, side="left")])


def _in_scope(rule: Rule, frame: pd.DataFrame) -> Bools:
    year = frame["entered" if rule.applies_to == "entrants" else "year"].to_numpy()
    rows = _in_stages(rule, frame)
    if rule.grades:
        rows &= frame[GRADE].isin(rule.grades).to_numpy()
    if rule.area_type:
        rows &= frame["area_type"].isin(rule.area_type).to_numpy() if "area_type" in frame else False
    if rule.valid_from is not None:
        rows &= year >= rule.valid_from
    if rule.valid_to is not None:
        rows &= year <= rule.valid_to
    for column, wanted in rule.when.items():
        rows &= met(_numbers(frame, column), wanted)
    return rows


def _in_stages(rule: Rule, frame: pd.DataFrame) -> Bools:
    if not rule.stage:
        return np.ones(len(frame), dtype=bool)
    return frame["stage"].isin(rule.stage).to_numpy(dtype=bool, copy=True)


def met(values: Floats, wanted: bool | Condition) -> Bools:
    """Where a condition holds; nowhere where the value is not known."""
    if isinstance(wanted, Condition):
        return COMPARE[wanted.operator](values, wanted.value)  # type: ignore[no-any-return]
    return values == float(wanted)


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    """A column as floats, NaN where it is lacking."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].to_numpy(dtype=float, na_value=np.nan)


def limits_of(rules: Mapping[str, Rule], metric: str, unit: str, frame: pd.DataFrame) -> pd.DataFrame:
    """rule_id, operator, limit for each row of `frame`: the plain rule of this metric and unit of count in whose scope
    the row lies, the last of the pack where there are several; None and NaN where there is none."""
    rule_id, operator = (np.full(len(frame), None, dtype=object) for _ in range(2))
    limit = np.full(len(frame), np.nan)
    for i, rule in rules.items():
        if rule.metric == metric and rule.unit_of_count == unit and rule.applies_to == "all":
            rows = _in_scope(rule, frame)
            rule_id[rows], operator[rows], limit[rows] = i, rule.operator, _limit(rule, frame)[rows]
    return pd.DataFrame({"rule_id": rule_id, "operator": operator, "limit": limit}, index=frame.index)

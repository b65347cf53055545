"""The ledger of standards (台账): every school against every standard, with the gap, its cost and its due year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from placesim.assessment.quality.case import SECTION, Case, in_force
from placesim.assessment.quality.schools import METRICS
from placesim.assessment.quality.verdicts import EVALUATED, tested_rules
from placesim.assessment.quality.words import EXCLUDED, FAILS, INDICATORS, LEDGER, MARKS, PASSES, UNKNOWN
from placesim.standards.evaluate import COMPARE, limits_of
from placesim.standards.rules import Rule

_ITEM = {i.metric: (i.amount, i.per) for i in INDICATORS}
_ROOMS = {"music_rooms_per_12": "music_rooms", "art_rooms_per_12": "art_rooms"}
MONEY = "equipment_value"  # an amount of money is its own cost
_CASE = ["school_id", "stage"]


def ledger(case: Case, frame: pd.DataFrame, additions: pd.DataFrame) -> pd.DataFrame:
    """The table `ledger`: school, stage and rule; `frame`: the measures of stage sections (`frames`).

    value, gap, standing: in the section's first year of the run; due_…: in its due year, with the pupils of that year
    and what it has then; gap: how far the value is from the limit, 0 where it is met. amount_missing: the gap in what
    the school lacks (`item`, a column of `resources`); amount_to_add: what it would add so that the county's
    coefficient passes too (`additions`, by least_addition). cost = amount_missing × unit cost of the item.
    """
    parts = [_of_rule(case, i, r, frame) for i, r in tested_rules(case).items() if _by_school(r, frame)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LEDGER))
    if table.empty:
        return pd.DataFrame(columns=list(LEDGER))
    keys = ["school_id", "stage", "due_year", "item"]
    added = additions.rename(columns={"id": "school_id", "year": "due_year"})[[*keys, "amount_to_add"]]
    table = table.merge(added, on=keys, how="left")
    table["cost"] = _costs(case, table)
    order = list(dict.fromkeys(table["rule_id"]))
    table = table.sort_values([*_CASE, "rule_id"], key=lambda c: c.map(order.index) if c.name == "rule_id" else c, kind="stable")
    return table[list(LEDGER)].reset_index(drop=True)


def due_years(case: Case, sections: pd.DataFrame) -> pd.Series:
    """By school and stage: the target year its resources name, else the first marked year, else the last of the run.

    A year before the section's first, or after its last, is that one.
    """
    spans = sections.groupby(_CASE, sort=False)["year"].agg(["min", "max"])
    marks = [y for y in MARKS if case.years[0] <= y <= case.years[-1]]
    default = marks[0] if marks else case.years[-1]
    last = spans.reset_index().rename(columns={"max": "year"})
    target = in_force(case.inputs.frame("resources"), last, _CASE)["target_year"].to_numpy(dtype=float)
    due = np.where(np.isnan(target), default, target)
    return pd.Series(np.clip(due, spans["min"], spans["max"]).astype(int), index=spans.index)


def _by_school(rule: Rule, frame: pd.DataFrame) -> bool:
    composite = rule.metric in EVALUATED and rule.metric not in METRICS
    return rule.unit_of_count == "stage_section" and rule.column in frame and not composite


def _of_rule(case: Case, i: str, rule: Rule, frame: pd.DataFrame) -> pd.DataFrame:
    scope = frame[limits_of({i: rule}, str(rule.metric), "stage_section", frame)["rule_id"].notna() & (frame["roll"] > 0)]
    scope = scope.assign(limit=limits_of({i: rule}, str(rule.metric), "stage_section", scope)["limit"])
    excluded = scope["excluded"].notna() if rule.metric in METRICS else pd.Series(False, scope.index)
    rows = scope[[*SECTION, "roll", "classes", "limit"]].assign(value=scope[rule.column].astype(float))
    rows["standing"] = _standing(rule, rows, excluded)
    rows["gap"] = _gap(rule, rows["value"], rows["limit"])
    first = rows.loc[rows.groupby(_CASE, sort=False)["year"].idxmin()]
    due = due_years(case, scope).rename("year").reset_index()
    then = due.merge(rows, on=SECTION, how="left")
    table = first[[*_CASE, "value", "limit", "gap", "standing"]].merge(
        then.rename(columns={"year": "due_year", "value": "due_value", "gap": "due_gap", "standing": "due_standing"})[
            [*_CASE, "due_year", "due_value", "due_gap", "due_standing", "roll", "classes"]
        ],
        on=_CASE,
    )
    table["due_standing"] = table["due_standing"].where(table["due_standing"].notna(), UNKNOWN)
    named = table.assign(rule_id=i, metric=rule.metric, operator=rule.operator)
    return named.assign(**_missing(str(rule.metric), named))


def _standing(rule: Rule, rows: pd.DataFrame, excluded: pd.Series) -> np.typing.NDArray[np.object_]:
    met = COMPARE[str(rule.operator)](rows["value"].to_numpy(), rows["limit"].to_numpy())
    told = np.select([excluded, rows["value"].isna(), met], [EXCLUDED, UNKNOWN, PASSES], FAILS)
    return told.astype(object)


def _gap(rule: Rule, value: pd.Series, limit: pd.Series) -> pd.Series:
    """How far a value is from its limit; 0 where it is met."""
    short = limit - value if rule.operator in (">", ">=") else value - limit
    return short.clip(lower=0).round(4)


def _missing(metric: str, table: pd.DataFrame) -> dict[str, Any]:
    """item and amount_missing: the gap of the due year in what schools have; None where nothing of that kind is lacking."""
    if metric in _ITEM:
        item, per = _ITEM[metric]
        return {"item": item, "amount_missing": (table["due_gap"] * table["roll"] / per).round(2)}
    if metric in _ROOMS:
        return {"item": _ROOMS[metric], "amount_missing": (table["due_gap"] * table["classes"] / 12).round(2)}
    return {"item": None, "amount_missing": np.nan}


# ---------------------------------------------------------------------------------------------- money
def _costs(case: Case, table: pd.DataFrame) -> pd.Series:
    """amount_missing × unit cost of the item, the most particular row of `costs` for the stage and area type."""
    sections = case.sections()
    kinds = sections.drop_duplicates("school_id").set_index("school_id")["area_type"]
    asked = zip(table["item"], table["stage"], table["school_id"].map(kinds), strict=True)
    prices = unit_costs(case.inputs.frame("costs"))
    price = [1.0 if item == MONEY else _price(prices, item, stage, kind) for item, stage, kind in asked]
    return (table["amount_missing"] * pd.Series(price, table.index, dtype=float)).round(2)


def unit_costs(costs: pd.DataFrame) -> Mapping[tuple[Any, Any, Any], float]:
    """(item, stage or None, area type or None) → unit cost."""
    cells = costs[["item", "stage", "area_type", "cost"]].astype(object)
    return {(i, s, a): float(c) for i, s, a, c in cells.where(cells.notna(), None).itertuples(index=False) if c is not None}


def _price(prices: Mapping[tuple[Any, Any, Any], float], item: Any, stage: Any, kind: Any) -> float:
    tried = ((item, stage, kind), (item, stage, None), (item, None, kind), (item, None, None))
    return next((prices[key] for key in tried if key in prices), np.nan)

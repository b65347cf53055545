"""The ledger of standards (台账): every school against every standard, with the gap, its cost and its due year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from placesim.assessment.quality.case import SECTION, Case, in_force
from placesim.assessment.quality.schools import METRICS
from placesim.assessment.quality.verdicts import EVALUATED, evaluated_rules
from placesim.assessment.quality.words import EXCLUDED, FAILS, INDICATORS, LEDGER, MARKS, PASSES, UNKNOWN
from placesim.standards.evaluate import COMPARE, limits_of
from placesim.standards.rules import Rule

_ITEM = {i.metric: i.amount for i in INDICATORS}
_ROOMS = {"music_rooms_per_12": "music_rooms", "art_rooms_per_12": "art_rooms"}
MONEY = "equipment_value"  # an amount of money is its own cost
MEASURED = (MONEY, "teaching_rooms_area", "sports_area")
_CASE = ["school_id", "stage"]


def ledger(case: Case, frame: pd.DataFrame, additions: pd.DataFrame) -> pd.DataFrame:
    """The table `ledger`: school, stage and rule; `frame`: the measures of stage sections (`frames`).

    value, gap, standing: in the section's first year of the run; due_…: in its due year, with the pupils of that year
    and what it has then; gap: how far the value is from the limit, 0 where it is met. amount_missing: the gap in what
    the school lacks (`item`, a column of `resources`); amount_to_add: what it would add so that the county's
    coefficient passes too (`additions`, by least_addition). Teachers and rooms that are missing are whole.
    cost = amount_missing × unit cost of the item.
    """
    due = due_years(case, case.sections())
    parts = [_judged(i, rule, frame) for i, rule in evaluated_rules(case).items() if _by_school(rule, frame)]
    if not sum(map(len, parts)):
        return pd.DataFrame(columns=list(LEDGER))
    table = _first_and_due(pd.concat([p for p in parts if len(p)], ignore_index=True), due)
    keys = ["school_id", "stage", "due_year", "item"]
    added = additions.rename(columns={"id": "school_id", "year": "due_year"})[
        [*keys, "amount_missing", "amount_to_add"]
    ]
    table = table.merge(added.astype({"amount_missing": float, "amount_to_add": float}), on=keys, how="left")
    table["amount_missing"] = _whole(table["amount_missing"].fillna(table.pop("rooms_missing")), table["item"])
    table["cost"] = _costs(case, table)
    order = list(dict.fromkeys(table["rule_id"]))
    table = table.sort_values(
        [*_CASE, "rule_id"], key=lambda c: c.map(order.index) if c.name == "rule_id" else c, kind="stable"
    )
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


def _judged(i: str, rule: Rule, frame: pd.DataFrame) -> pd.DataFrame:
    """Sections in the scope of a rule with their value, limit, gap and standing in each year that has pupils."""
    metric = str(rule.metric)
    limits = limits_of({i: rule}, metric, "stage_section", frame)
    narrow = frame[list(dict.fromkeys([*SECTION, "excluded", "classes", rule.column]))].assign(limit=limits["limit"])
    scope = narrow[limits["rule_id"].notna() & (frame["roll"] > 0)]
    excluded = scope["excluded"].notna() if metric in METRICS else pd.Series(False, scope.index)
    rows = scope[[*SECTION, "limit"]].assign(value=scope[rule.column].astype(float))
    gap = _gap(rule, rows["value"], rows["limit"])
    rooms = gap * scope["classes"] / 12 if metric in _ROOMS else np.nan
    facts = {"rule_id": i, "metric": metric, "operator": rule.operator, "item": (_ITEM | _ROOMS).get(metric)}
    return rows.assign(standing=_standing(rule, rows, excluded), gap=gap, rooms_missing=rooms, **facts)


def _first_and_due(rows: pd.DataFrame, due: pd.Series) -> pd.DataFrame:
    """Each rule and section in its first year and, with the prefix due_, in its due year (and rooms_missing then)."""
    key = ["rule_id", *_CASE]
    first = rows.loc[rows.groupby(key, sort=False)["year"].idxmin()].drop(columns=["year", "rooms_missing"])
    first["due_year"] = due.reindex(pd.MultiIndex.from_frame(first[_CASE])).to_numpy()
    then = rows[[*key, "year", "value", "gap", "standing", "rooms_missing"]]
    then = then.rename(columns={c: f"due_{c}" for c in ("year", "value", "gap", "standing")})
    table = first.merge(then, on=[*key, "due_year"], how="left")
    return table.assign(due_standing=table["due_standing"].where(table["due_standing"].notna(), UNKNOWN))


def _standing(rule: Rule, rows: pd.DataFrame, excluded: pd.Series) -> np.typing.NDArray[np.object_]:
    met = COMPARE[str(rule.operator)](rows["value"].to_numpy(), rows["limit"].to_numpy())
    told = np.select([excluded, rows["value"].isna(), met], [EXCLUDED, UNKNOWN, PASSES], FAILS)
    return told.astype(object)


def _gap(rule: Rule, value: pd.Series, limit: pd.Series) -> pd.Series:
    """How far a value is from its limit; 0 where it is met."""
    short = limit - value if rule.operator in (">", ">=") else value - limit
    return short.clip(lower=0).round(4)


def _whole(amount: pd.Series, item: pd.Series) -> pd.Series:
    """Areas and money as they are, what is counted rounded up."""
    return amount.round(2).where(item.isin(MEASURED), np.ceil(amount.round(2)))


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
    return {
        (i, s, a): float(c) for i, s, a, c in cells.where(cells.notna(), None).itertuples(index=False) if c is not None
    }


def _price(prices: Mapping[tuple[Any, Any, Any], float], item: Any, stage: Any, kind: Any) -> float:
    tried = ((item, stage, kind), (item, stage, None), (item, None, kind), (item, None, None))
    return next((prices[key] for key in tried if key in prices), np.nan)

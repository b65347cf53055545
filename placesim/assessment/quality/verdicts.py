"""Every test of the evaluation that the county's tables allow: value, threshold, verdict, or what is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from placesim.assessment.quality.case import Case
from placesim.assessment.quality.county import COUNTY_METRICS
from placesim.assessment.quality.schools import METRICS
from placesim.assessment.quality.words import FAILS, PASSES, TESTS, UNKNOWN
from placesim.records import Floats
from placesim.standards.evaluate import COMPARE, limits_of
from placesim.standards.rules import Rule

SECTION_METRICS = ("music_rooms_per_12", "music_room_area", "art_rooms_per_12", "art_room_area", "pe_lessons")
EVALUATED = (*METRICS, "indicators_met", "indicator_share_min")  # of which some schools are excluded
_BINDING = ("statutory", "should")


def evaluated_rules(case: Case) -> Mapping[str, Rule]:
    """The rules of the evaluation: those on its own metrics, and the binding ones that cite the same documents."""
    own = {*EVALUATED, *COUNTY_METRICS, *SECTION_METRICS}
    plain = {i: r for i, r in case.pack.rules.items() if r.metric is not None and r.value is not None}
    documents = {r.document for r in plain.values() if r.metric in METRICS}
    return {
        i: r
        for i, r in plain.items()
        if r.metric in own or str(r.metric).startswith("cv_") or (r.document in documents and r.hardness in _BINDING)
    }


def verdicts(case: Case, frames: Mapping[str, pd.DataFrame], lacking: Mapping[str, str]) -> pd.DataFrame:
    """The table `quality_tests`: one row per rule, stage of the rule and year.

    frames: unit of count → measures with the evaluation's own; lacking: metric → the tables and columns that the county
    does not give for it. tested, failing, not_known: units; value: the worst of them. A test passes where every unit
    does; with units whose value is not known it is unknown, unless one fails already. because: what is lacking.
    """
    rows = [row for i, rule in evaluated_rules(case).items() for row in _of_rule(case, i, rule, frames)]
    table = pd.DataFrame(rows, columns=list(TESTS))
    unknown = table["standing"] == UNKNOWN
    table["because"] = table["metric"].map(lacking).where(unknown, None).astype(object)
    table["because"] = table["because"].where(table["because"].notna(), None)
    counts = dict.fromkeys(("tested", "failing", "not_known"), "int64")
    return table.astype(counts).sort_values(["year", "stage"], kind="stable", ignore_index=True)


def _of_rule(case: Case, i: str, rule: Rule, frames: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    frame = frames.get(rule.unit_of_count)
    if frame is None:
        return
    limits = limits_of({i: rule}, str(rule.metric), rule.unit_of_count, frame)
    rows = limits["rule_id"].notna().to_numpy()
    stage, year = frame["stage"].to_numpy(), frame["year"].to_numpy()
    value = frame[rule.column].to_numpy(dtype=float) if rule.column in frame else np.full(len(frame), np.nan)
    counted = rows
    if rule.metric in EVALUATED and "excluded" in frame:
        counted = rows & frame["excluded"].isna().to_numpy()
    for at in dict.fromkeys(zip(stage[rows], year[rows], strict=True)):
        units = counted & (stage == at[0]) & (year == at[1])
        row = _judged(rule, value[units], limits["limit"].to_numpy()[units])
        yield {"rule_id": i, "unit": rule.unit_of_count, "stage": at[0], "year": at[1], "metric": rule.metric} | row


def _judged(rule: Rule, value: Floats, limit: Floats) -> dict[str, Any]:
    """tested, failing, not_known, the worst value with its limit, standing of the units in scope of a rule."""
    known = ~np.isnan(value)
    met = COMPARE[str(rule.operator)](value, limit) & known
    failing, unknown = int((known & ~met).sum()), int((~known).sum())
    up = rule.operator in (">", ">=")
    worst = int(np.nanargmin(value - limit if up else limit - value)) if known.any() else None
    return {
        "tested": int(known.sum()),
        "failing": failing,
        "not_known": unknown,
        "value": np.nan if worst is None else value[worst],
        "operator": rule.operator,
        "limit": rule.value if worst is None else limit[worst],
        "standing": FAILS if failing else UNKNOWN if unknown or not known.any() else PASSES,
    }

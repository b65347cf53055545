"""The lists people read first: which schools are crowded or underused, since when, how badly, and what comes after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.standards.pack import Pack
from placesim.standards.rules import Condition, Type

SECTION = ["school_id", "stage"]
STAYS, EASES, CLOSES = "stays", "eases", "closes"  # what happens after the last year of the type
COLUMNS = (
    "school_id", "stage", "area_type", "first_year", "last_year", "years", "persistent", "reason",
    "metric", "limit", "first_value", "peak_value", "peak_year", "last_value", "after", "after_value", "after_year",
)  # fmt: skip
_TYPES = {
    **dict.fromkeys(("first_year", "last_year", "years", "peak_year", "after_year"), "int64"),
    **dict.fromkeys(("limit", "first_value", "peak_value", "last_value", "after_value"), "float64"),
    "persistent": "bool",
}


def typology_list(sections: pd.DataFrame, name: str, pack: Pack) -> pd.DataFrame:
    """One row per school and stage ever of the type, in the order of `sections` (school measures with the typology).

    first_year (the year it first crosses a limit), last_year, years of the type; reason: every test met, joined by "+";
    metric, limit: those of the test met in the first year; its value then, at its worst (peak_year) and in last_year;
    after: stays (of the type when the horizon ends) | eases | closes, with the metric in the section's last year.
    """
    rows = sections[sections["typology"] == name]
    if rows.empty or name not in pack.typology:
        return pd.DataFrame(columns=list(COLUMNS)).astype(_TYPES)
    groups = rows.groupby(SECTION, sort=False)
    table = groups.agg(
        area_type=("area_type", "first"),
        first_year=("year", "min"),
        last_year=("year", "max"),
        years=("year", "size"),
        persistent=("persistent", "any"),
        first_reason=("reason", "first"),
    )
    table["reason"] = _all_reasons(rows, pack.typology[name])
    tests = {test.reason: next(iter(test.conditions.items())) for test in pack.typology[name].any_of}
    first = [tests[reason.split("+")[0]] for reason in table.pop("first_reason")]
    table["metric"], table["limit"] = [metric for metric, _ in first], [c.value for _, c in first]
    table = table.reset_index()
    table = table.join(_course(table, rows, dict(first))).join(_after(table, sections))
    return table[list(COLUMNS)].astype(_TYPES)


def _all_reasons(rows: pd.DataFrame, definition: Type) -> pd.Series:
    """Every test a section meets in some year, in the order of the pack."""
    order = [test.reason for test in definition.any_of]
    met = rows["reason"].str.split("+").explode()
    seen = pd.DataFrame({c: rows[c].reindex(met.index) for c in SECTION}).assign(reason=met).drop_duplicates()
    seen = seen.sort_values("reason", key=lambda r: r.map(order.index), kind="stable")
    return seen.groupby(SECTION)["reason"].agg("+".join)


def _course(table: pd.DataFrame, rows: pd.DataFrame, conditions: dict[str, Condition]) -> pd.DataFrame:
    """first_value, peak_value, peak_year, last_value of each section's metric over its years of the type."""
    long = rows.merge(table[[*SECTION, "metric"]].reset_index(names="row"), on=SECTION)
    long["value"] = _value(long)
    upwards = long["metric"].map({m: 1.0 if c.operator in (">", ">=") else -1.0 for m, c in conditions.items()})
    worst = long.assign(badness=upwards * long["value"]).sort_values(["badness", "year"], ascending=[False, True])
    peaks = worst.groupby("row")[["value", "year"]].first()
    by_row = long.sort_values("year").groupby("row")["value"]
    return pd.DataFrame(
        {
            "first_value": by_row.first(),
            "peak_value": peaks["value"],
            "peak_year": peaks["year"],
            "last_value": by_row.last(),
        }
    )


def _after(table: pd.DataFrame, sections: pd.DataFrame) -> pd.DataFrame:
    """after, after_value, after_year: how the section stands in its own last year."""
    last = sections.loc[sections.groupby(SECTION, sort=False)["year"].idxmax()]
    end = table[[*SECTION, "metric", "last_year"]].merge(last, on=SECTION, how="left")
    closes, stays = end["year"] < sections["year"].max(), end["year"] == end["last_year"]
    return pd.DataFrame(
        {
            "after": np.where(closes, CLOSES, np.where(stays, STAYS, EASES)),
            "after_value": _value(end),
            "after_year": end["year"],
        }
    )


def _value(frame: pd.DataFrame) -> pd.Series:
    """The value of the metric that each row names."""
    value = pd.Series(np.nan, index=frame.index)
    for metric in frame["metric"].unique():
        value = value.where(frame["metric"] != metric, frame[metric].astype(float))
    return value

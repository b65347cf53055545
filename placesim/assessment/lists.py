"""The lists people read first: which schools are crowded or underused, since when, how badly, and what comes after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.standards.pack import Pack
from placesim.standards.rules import Condition, Type
from placesim.vocabulary import METRICS

SECTION = ["school_id", "stage"]
STAYS, EASES, CLOSES, REBASED = "stays", "eases", "closes", "rebased"  # what happens after the last year of the type
COLUMNS = (
    "school_id", "stage", "area_type", "first_year", "last_year", "years", "persistent", "reason",
    "first_metric", "first_value", "metric", "limit", "peak_value", "peak_year", "last_value",
    "after", "after_value", "after_year",
)  # fmt: skip
_OF_CLASSES = (*(m for m, unit in METRICS.items() if unit in ("classes", "pupils per class")), "large_class_share")
_TYPES = {
    **dict.fromkeys(("first_year", "last_year", "years", "peak_year", "after_year"), "int64"),
    **dict.fromkeys(("limit", "first_value", "peak_value", "last_value", "after_value"), "float64"),
    "persistent": "bool",
}


def typology_list(sections: pd.DataFrame, name: str, pack: Pack) -> pd.DataFrame:
    """One row per school and stage ever of the type, in the order of `sections` (school measures with the typology).

    first_year (the year it first crosses a limit), last_year, years: how many of the years from first to last are of
    the type; reason: every test met, joined by "+". first_metric, first_value: of the test met in the first year.
    metric, limit: of the test met in the last year, that of the first year if it still holds; peak_value, peak_year:
    its worst among the years in which it holds; last_value: in last_year. So every value is beyond its own limit.
    after: stays (of the type when the horizon ends) | eases | closes | rebased (its classes were counted
    in last_year and are formed later, so that their sizes are not comparable), with the metric in the
    section's last year.
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
        last_reason=("reason", "last"),
    )
    table["reason"] = _all_reasons(rows, pack.typology[name])
    tests = {test.reason: next(iter(test.conditions.items())) for test in pack.typology[name].any_of}
    first, last = ([r.split("+") for r in table.pop(f"{end}_reason")] for end in ("first", "last"))
    table["test"] = [next((r for r in then if r in now), now[0]) for then, now in zip(first, last, strict=True)]
    table["first_metric"] = [
        tests[test if test in then else then[0]][0] for test, then in zip(table["test"], first, strict=True)
    ]
    table["metric"], table["limit"] = [tests[t][0] for t in table["test"]], [tests[t][1].value for t in table["test"]]
    table = table.reset_index()
    table = table.join(_course(table, rows, dict(tests.values()))).join(_after(table, sections))
    return table[list(COLUMNS)].astype(_TYPES)


def _all_reasons(rows: pd.DataFrame, definition: Type) -> pd.Series:
    """Every test a section meets in some year, in the order of the pack."""
    order = [test.reason for test in definition.any_of]
    met = rows["reason"].str.split("+").explode()
    seen = pd.DataFrame({c: rows[c].reindex(met.index) for c in SECTION}).assign(reason=met).drop_duplicates()
    seen = seen.sort_values("reason", key=lambda r: r.map(order.index), kind="stable")
    return seen.groupby(SECTION)["reason"].agg("+".join)


def _course(table: pd.DataFrame, rows: pd.DataFrame, conditions: dict[str, Condition]) -> pd.DataFrame:
    """first_value (of first_metric), peak_value, peak_year, last_value of the years in which each row's test is met."""
    long = rows.merge(table[[*SECTION, "test", "metric", "first_metric"]].reset_index(names="row"), on=SECTION)
    first = long.assign(value=_value(long, "first_metric")).sort_values("year").groupby("row")["value"].first()
    met = [test in reason.split("+") for test, reason in zip(long["test"], long["reason"], strict=True)]
    long = long[met].assign(value=_value(long[met], "metric"))
    upwards = long["metric"].map({m: 1.0 if c.operator in (">", ">=") else -1.0 for m, c in conditions.items()})
    worst = long.assign(badness=upwards * long["value"]).sort_values(["badness", "year"], ascending=[False, True])
    peaks = worst.groupby("row")[["value", "year"]].first()
    return pd.DataFrame(
        {
            "first_value": first,
            "peak_value": peaks["value"],
            "peak_year": peaks["year"],
            "last_value": long.sort_values("year").groupby("row")["value"].last(),
        }
    )


def _after(table: pd.DataFrame, sections: pd.DataFrame) -> pd.DataFrame:
    """after, after_value, after_year: how the section stands in its own last year."""
    last = sections.loc[sections.groupby(SECTION, sort=False)["year"].idxmax()]
    end = table[[*SECTION, "metric", "last_year"]].merge(last, on=SECTION, how="left")
    then = table[[*SECTION, "last_year"]].merge(
        sections[[*SECTION, "year", "class_basis"]], left_on=[*SECTION, "last_year"], right_on=[*SECTION, "year"]
    )["class_basis"]
    rebased = end["metric"].isin(_OF_CLASSES) & (then != end["class_basis"])
    closes, stays = end["year"] < sections["year"].max(), end["year"] == end["last_year"]
    return pd.DataFrame(
        {
            "after": np.where(closes, CLOSES, np.where(stays, STAYS, np.where(rebased, REBASED, EASES))),
            "after_value": _value(end, "metric"),
            "after_year": end["year"],
        }
    )


def _value(frame: pd.DataFrame, named_by: str) -> pd.Series:
    """The value of the metric that each row names in the column `named_by`."""
    value = pd.Series(np.nan, index=frame.index)
    for metric in frame[named_by].unique():
        value = value.where(frame[named_by] != metric, frame[metric].astype(float))
    return value

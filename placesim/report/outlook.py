"""What the page says of the outlook: early warning, waves, schools to review, quality balance, what is lacking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from placesim.dictionary import table_specs
from placesim.messages import LANGUAGES
from placesim.report import figures
from placesim.report.figures import records
from placesim.store import SavedRun

SHOWN: Final = 10  # waves of each unit of count, schools to review; the rest stand in the workbook
UNITS: Final = ("planning_area", "stage_section", "county")  # of waves, the first one shown first


def outlook(saved: SavedRun) -> dict[str, Any]:
    """table → what the page shows of it; a table that the run was saved without has no entry."""
    return {name: part(saved) for name, part in _PARTS.items() if name in saved.tables}


def _warning(saved: SavedRun) -> dict[str, Any]:
    """horizons: [years ahead, year] · rows: the warnings, each of a planning area, stage and horizon."""
    table = saved.table("early_warning").drop(columns=["unplaced", "unfilled"])
    horizons = table[["horizon", "year"]].drop_duplicates().sort_values("horizon")
    return {"horizons": figures.plain(horizons), "rows": records(table)}


def _waves(saved: SavedRun) -> list[dict[str, Any]]:
    """unit, total (how many waves), rows: the largest ones; the units in the order of UNITS."""
    table = saved.table("waves").sort_values(["peak", "start_year", "id"], ascending=[False, True, True])
    parts = [(unit, table[table["unit"] == unit]) for unit in UNITS]
    return [
        {"unit": unit, "total": len(part), "rows": records(part.drop(columns="unit").head(SHOWN))}
        for unit, part in parts
        if len(part)
    ]


def _review(saved: SavedRun) -> dict[str, Any]:
    """total (how many are ranked), rows: those with the highest scores over all stages."""
    table = saved.table("review").dropna(subset=["score"])
    first = table.sort_values(["score", "school_id", "stage"], ascending=[False, True, True])
    return {"total": len(table), "rows": records(first.head(SHOWN))}


def _balance(saved: SavedRun) -> dict[str, Any]:
    """unit, years (base, last), rows: stage, metric, limit, rule_id, cv and standing as pairs (base, last).

    Where the evaluation is run for several units of count, the first is that of its rules.
    """
    table = saved.table("balance")
    years = sorted({saved.years[0], saved.years[-1]})
    table = table[table["year"].isin(years)]
    units = table["unit"].unique()
    shown = table[table["unit"].isin(units[:1])]
    return {"unit": units[0] if len(units) else None, "years": years, "rows": _by_indicator(shown, years)}


def _by_indicator(table: pd.DataFrame, years: list[int]) -> list[dict[str, Any]]:
    rows = []
    for (stage, metric), part in table.groupby(["stage", "metric"], sort=False):
        of_year = {row["year"]: row for row in records(part)}
        known = [of_year.get(year, {}) for year in years]
        rows.append(
            {"stage": stage, "metric": metric, "limit": records(part)[-1]["limit"],
             "rule_id": records(part)[-1]["rule_id"], "cv": [row.get("cv") for row in known],
             "standing": [row.get("standing") for row in known]}
        )  # fmt: skip
    return rows


def _lacking(saved: SavedRun) -> dict[str, Any]:
    """count of things that were not computed, and by language: what they are, and the tables a county would give."""
    table = saved.table("not_computable")
    things = table["what"].unique()
    return {
        "count": len(things),
        **{
            language: {
                "things": [figures.word("what", what, language) for what in things],
                "tables": _asked(table, language),
            }
            for language in LANGUAGES
        },
    }


def _asked(table: pd.DataFrame, language: str) -> list[list[Any]]:
    """[label of an input table, [labels of its columns]]; no columns where the table itself is lacking."""
    specs, asked = table_specs(), []
    for name in table["input_table"].unique():
        given = table.loc[table["input_table"] == name, "input_column"]
        columns = [] if given.isna().any() else given.unique()
        labels = [specs[name].by_id[column].label(language) for column in columns]
        asked.append([specs[name].label[language], labels])
    return asked


_PARTS: Final[Mapping[str, Callable[[SavedRun], Any]]] = {
    "early_warning": _warning,
    "waves": _waves,
    "review": _review,
    "balance": _balance,
    "not_computable": _lacking,
}

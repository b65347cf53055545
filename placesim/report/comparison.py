"""Two runs side by side: what was told differently, and what came out differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from placesim.messages import label
from placesim.report import figures
from placesim.report.sheets import settings
from placesim.store import SavedRun

COMPARED: Final = ("need", "places_design", "utilisation", "unplaced", "large_classes")
_NAMES: Final = ("title.", "about.")
_LINES: Final = 12  # rows of each table in a terminal


@dataclass(frozen=True)
class Comparison:
    """Run b against run a; every table holds only what both runs know, differences are b − a.

    figures: stage, year, and for each of COMPARED the values `<metric>_a`, `<metric>_b` and `<metric>_change`.
    types: school_id, name, stage, first_year, last_year, type_a, type_b: school sections of another type in some year
    (None = the section does not exist there), one row per pair of types.
    settings: key, a, b: scenario keys and input files that differ. flows: stage, year, moved: pupils who attend
    another school, as half the sum of differences over all pairs of area and school; more, the pupils added.
    balance: unit, stage, year, metric, cv_a, cv_b, cv_change: coefficients of variation that differ.
    """

    a: SavedRun
    b: SavedRun
    figures: pd.DataFrame
    types: pd.DataFrame
    settings: pd.DataFrame
    flows: pd.DataFrame
    balance: pd.DataFrame

    def lines(self, language: str) -> list[str]:
        """The comparison for a terminal."""
        head = [label("compare.title", language, a=_title(self.a, language), b=_title(self.b, language))]
        return [
            *head,
            *_setting_lines(self, language),
            *_figure_lines(self, language),
            *_balance_lines(self, language),
            *_type_lines(self, language),
        ]

    def data(self) -> dict[str, Any]:
        """The comparison as plain data for JSON."""
        tables = {"figures": self.figures, "types": self.types, "settings": self.settings, "flows": self.flows}
        tables["balance"] = self.balance
        return {
            "a": str(self.a.folder),
            "b": str(self.b.folder),
            **{name: figures.records(table) for name, table in tables.items()},
        }


def compare(a: SavedRun, b: SavedRun) -> Comparison:
    """Compare two saved runs of one county, over the years and stages that both have."""
    return Comparison(a, b, _figures(a, b), _types(a, b), _settings(a, b), _flows(a, b), _balance(a, b))


# ---------------------------------------------------------------------------------------------- what differs
def _figures(a: SavedRun, b: SavedRun) -> pd.DataFrame:
    keys = ["stage", "year"]
    columns = [*keys, *COMPARED]
    both = a.table("county_by_year")[columns].merge(b.table("county_by_year")[columns], on=keys, suffixes=("_a", "_b"))
    for metric in COMPARED:
        both[f"{metric}_change"] = both[f"{metric}_b"] - both[f"{metric}_a"]
    return both[[*keys, *(f"{m}_{end}" for m in COMPARED for end in ("a", "b", "change"))]]


def _types(a: SavedRun, b: SavedRun) -> pd.DataFrame:
    keys = ["school_id", "stage", "year"]
    years, stages = set(a.years) & set(b.years), set(a.stages) & set(b.stages)
    tables = [run.table("school_by_year")[[*keys, "typology"]] for run in (a, b)]
    both = tables[0].merge(tables[1], on=keys, how="outer", suffixes=("_a", "_b"))
    both = both[both["year"].isin(years) & both["stage"].isin(stages)]
    both = both.rename(columns={"typology_a": "type_a", "typology_b": "type_b"})
    both[["type_a", "type_b"]] = both[["type_a", "type_b"]].astype(object).where(both.notna(), None)
    other = both[both["type_a"].fillna("") != both["type_b"].fillna("")]
    spans = other.groupby(["school_id", "stage", "type_a", "type_b"], dropna=False)["year"]
    return spans.agg(first_year="min", last_year="max").reset_index()


def _settings(a: SavedRun, b: SavedRun) -> pd.DataFrame:
    told_a, told_b = _told(a), _told(b)
    keys = [k for k in {**told_a, **told_b} if told_a.get(k) != told_b.get(k)]
    rows = [(k, told_a.get(k), told_b.get(k)) for k in keys]
    return pd.DataFrame(rows, columns=["key", "a", "b"], dtype=object)


def _told(run: SavedRun) -> dict[str, str]:
    """Every key of the scenario but its names, and every input file by the start of its checksum."""
    files = {f"inputs.{n}.sha256": str(source["sha256"])[:12] for n, source in run.manifest["inputs"].items()}
    return {k: v for k, v in settings(run).items() if not k.startswith(_NAMES)} | files


def _flows(a: SavedRun, b: SavedRun) -> pd.DataFrame:
    keys = ["stage", "year", "area_id", "school_id"]
    tables = [run.table("flows").groupby(keys, sort=False)["pupils"].sum() for run in (a, b)]
    both = pd.concat(tables, axis=1, keys=["a", "b"]).fillna(0).reset_index()
    both = both[both["year"].isin(set(a.years) & set(b.years)) & both["stage"].isin(set(a.stages) & set(b.stages))]
    both["change"] = both["b"] - both["a"]
    both["apart"] = both["change"].abs()
    sums = both.groupby(["stage", "year"], sort=False)[["change", "apart"]].sum()
    moved = (sums["apart"] - sums["change"].abs()) / 2
    table = pd.DataFrame({"moved": moved, "more": sums["change"]})
    axes = pd.MultiIndex.from_product([a.stages, a.years], names=["stage", "year"])
    return table.reindex(axes[axes.isin(table.index)]).reset_index()


def _balance(a: SavedRun, b: SavedRun) -> pd.DataFrame:
    keys, columns = ["unit", "stage", "year", "metric"], ["cv_a", "cv_b", "cv_change"]
    if not all("balance" in run.tables for run in (a, b)):
        return pd.DataFrame(columns=[*keys, *columns])
    tables = [run.table("balance")[[*keys, "cv"]] for run in (a, b)]
    both = tables[0].merge(tables[1], on=keys, suffixes=("_a", "_b"))
    both["cv_change"] = (both["cv_b"] - both["cv_a"]).round(4)
    return both[both["cv_change"].fillna(0) != 0].reset_index(drop=True)


# ---------------------------------------------------------------------------------------------- in a terminal
def _setting_lines(comparison: Comparison, language: str) -> list[str]:
    rows = [f"  {k}: {a or '–'} → {b or '–'}" for k, a, b in comparison.settings.itertuples(index=False)]
    return _block("compare.settings", rows, language)


def _figure_lines(comparison: Comparison, language: str) -> list[str]:
    """One line per stage: the year in which pupils, places and unplaced together differ most."""
    rows = []
    for stage, table in comparison.figures.groupby("stage", sort=False):
        apart = table[["need_change", "places_design_change", "unplaced_change"]].abs().sum(axis=1)
        row = figures.records(table)[int(apart.to_numpy().argmax())]
        told = [f"{label(f'metric.{m}', language)} {_pair(m, row)}" for m in COMPARED if row[f"{m}_a"] != row[f"{m}_b"]]
        when = f" {row['year']}: " if told else ": "
        told = told or [label("compare.all_same", language)]
        rows.append(f"  {figures.stage_name(comparison.a, str(stage), language)}{when}{' · '.join(told)}")
    return _block("compare.figures", rows, language)


def _pair(metric: str, row: Mapping[str, Any]) -> str:
    return f"{_number(metric, row[f'{metric}_a'])} → {_number(metric, row[f'{metric}_b'])}"


def _number(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if metric == "utilisation" else f"{value:,.0f}"


def _balance_lines(comparison: Comparison, language: str) -> list[str]:
    """One line per stage and indicator: the year in which its coefficient differs most."""
    rows = []
    for _, table in comparison.balance.groupby(["unit", "stage", "metric"], sort=False):
        row = figures.records(table)[int(table["cv_change"].abs().to_numpy().argmax())]
        stage = figures.stage_name(comparison.a, row["stage"], language)
        cvs = f"{row['cv_a']:.3f} → {row['cv_b']:.3f}"
        rows.append(f"  {stage} {row['year']}: {figures.word('metric', row['metric'], language)} {cvs}")
    return _block("compare.balance", rows, language) if rows else []


def _type_lines(comparison: Comparison, language: str) -> list[str]:
    known = {**figures.names(comparison.b, "campus", language), **figures.names(comparison.a, "campus", language)}
    rows = [
        f"  {known.get(r['school_id'], r['school_id'])} ({figures.stage_name(comparison.a, r['stage'], language)}) "
        f"{_span(r['first_year'], r['last_year'])}: {_type(r['type_a'], language)} → {_type(r['type_b'], language)}"
        for r in figures.records(comparison.types)
    ]
    return _block("compare.types", rows, language)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _type(value: str | None, language: str) -> str:
    return figures.word("typology", value, language) or label("compare.no_type", language)


def _block(key: str, rows: list[str], language: str) -> list[str]:
    more = [label("compare.more_rows", language, count=len(rows) - _LINES)] if len(rows) > _LINES else []
    return [label(key, language, count=len(rows)), *(" ".join(r.split("\n")) for r in rows[:_LINES]), *more]


def _title(run: SavedRun, language: str) -> str:
    return f"{run.title(language)} ({run.name})"

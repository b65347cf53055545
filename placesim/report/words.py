"""Tables in the words of one language: titled columns with units, closed lists, names of units, kinds of figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from placesim.messages import label
from placesim.report import figures
from placesim.store import SavedRun
from placesim.store.tables import column_title
from placesim.vocabulary import FIGURES

FINE: Final = (
    "pupils per dwelling", "entrants per child", "per person and year", "log", "teachers per 100 pupils",
    "rooms per 100 pupils", "rooms per 12 classes", "m2 per pupil", "cv",
)  # fmt: skip  # units of small figures
BY_METRIC: Final = (
    "value", "limit", "first_value", "peak_value", "last_value", "after_value", "gap", "due_value", "due_gap",
    "average", "own_value", "others_mean", "others_best", "gap_to_mean", "gap_to_best", "urban", "town", "rural",
    "urban_less_rural",
)  # fmt: skip  # fmt: skip
_WORDS: Final = {
    "typology": "typology", "binding": "binding", "area_type": "area_type", "class_basis": "class_basis",
    "after": "after", "severity": "severity", "confidence": "confidence", "operator": "operator",
    "first_metric": "metric",
    "source": "source", "basis": "child_basis", "sex": "sex", "component": "waterfall",
    "method": "backtest.method", "level": "backtest.level",
    "measure": "ways.measure", "mode": "mode",
    "unit": "unit_of_count", "when": "report.when", "kind": "report.change", "metric": "metric",
    "unplaced_reason": "unplaced_reason", "what": "what",
    "population_basis": "population_basis", "state": "state", "colour": "warning",
    "standing": "standing", "due_standing": "standing", "excluded": "exclusion", "item": "item", "lowest": "metric",
    "facility_kind": "choice",
}  # fmt: skip


Metrics = Mapping[str, pd.Series]


def header(column: str, language: str) -> str:
    """A column's label with its unit: 在校生（人）; shares carry none, they are shown in per cent."""
    title = _title(column, language)
    unit = FIGURES.get(column)
    if unit in (None, "share"):
        return title
    shown = label(f"unit.{unit}", language)
    if shown.casefold() in title.casefold():
        return title
    return f"{title}（{shown}）" if language == "zh" else f"{title} ({shown})"


def _title(column: str, language: str) -> str:
    own = figures.word("report.column", column, language)
    text = own if own != column else column_title(column, language)
    return text[:1].upper() + text[1:]


def named_units(table: pd.DataFrame, saved: SavedRun, language: str) -> pd.DataFrame:
    """A table by unit and id with the name of each unit right after its id."""
    name = pd.Series("", index=table.index, dtype=object)
    for unit in table["unit"].unique():
        rows = table["unit"] == unit
        name[rows] = table["id"][rows].map(dict(figures.names(saved, unit, language)))
    shown = table.copy()
    shown.insert(list(table.columns).index("id") + 1, "name", name)
    return shown


def cited(table: pd.DataFrame, language: str) -> pd.DataFrame:
    """Documents as the language cites them, where the table cites any."""
    if "document_en" not in table:
        return table
    shown = table["document" if language == "zh" else "document_en"]
    return table.assign(document=shown).drop(columns="document_en")


def named(table: pd.DataFrame, saved: SavedRun, key: str, unit: str, language: str) -> pd.DataFrame:
    """The table with the unit's name right after its id."""
    shown = table.copy()
    after = list(table.columns).index(key) + 1
    shown.insert(after, "name", table[key].map(dict(figures.names(saved, unit, language))))
    return shown


def first_columns(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    present = [c for c in columns if c in table.columns]
    return table[[*present, *(c for c in table.columns if c not in present)]]


def worded(table: pd.DataFrame, saved: SavedRun, language: str) -> pd.DataFrame:
    """Values of closed lists in words, stages by their labels, yes and no, empty text as None."""
    worded = {c: _words(table[c], prefix, language) for c, prefix in _WORDS.items() if c in table.columns}
    if "stage" in table.columns:
        stages = {s: figures.stage_name(saved, s, language) for s in table["stage"].unique()}
        worded["stage"] = table["stage"].map(stages)
    if "reason" in table.columns and {"typology", "first_year"} & set(table.columns):
        worded["reason"] = pd.Series([figures.reason_text(r, language) or None for r in table["reason"]], dtype=object)
    if "score_reason" in table.columns:
        worded["score_reason"] = table["score_reason"].map(lambda r: figures.joined_words("score_reason", r, language))
    yes_no = {str(b): label(f"report.{str(b).lower()}", language) for b in (True, False)}
    for column in table.columns:
        if _says_yes_or_no(table[column]):
            worded[column] = table[column].astype(str).map(yes_no).where(table[column].notna(), None)
    return table.assign(**worded)


def _says_yes_or_no(values: pd.Series) -> bool:
    """True or false in every cell that is not blank; with blanks among them they are saved as text."""
    if pd.api.types.is_bool_dtype(values):
        return True
    said = set(values.dropna().unique()) if values.dtype == object else set()
    return bool(said) and all(str(v) in ("True", "False") for v in said)


def _words(values: pd.Series, prefix: str, language: str) -> pd.Series:
    known = {v: figures.word(prefix, v, language) for v in values.dropna().unique()}
    return values.map(known).astype(object).where(values.notna(), None)


def number_kind(column: str, values: pd.Series, metric: Metrics | None) -> Any:
    """How a column's figures are shown: text | year | count | one | share | money, or one kind per row."""
    if column in BY_METRIC and metric is not None:
        return np.array([_kind_of(FIGURES.get(m)) for m in metric[column]], dtype=object)
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    if column == "year" or column.endswith("_year") or column == "until":
        return "year"
    unit = FIGURES.get(column)
    return _kind_of(unit) if unit else "count"


def _kind_of(unit: str | None) -> str:
    if unit == "share":
        return "share"
    if unit in FINE:
        return "fine"
    return "one" if unit in ("minutes", "pupils per class", None) else "count"

"""How forecasts of past years did, as lines for a terminal."""

from __future__ import annotations

import unicodedata
from typing import Final

import pandas as pd

from placesim.messages import label
from placesim.records import Stages

HORIZONS: Final = (1, 2, 3, 5)
COLUMNS: Final = ("mape", "bias", "coverage")


def backtest_lines(summary: pd.DataFrame, stages: Stages, language: str) -> list[str]:
    """A block per stage: for schools and the county, each method's error, bias and coverage by years ahead."""
    lines = []
    for stage in stages.all:
        rows = summary[summary["stage"] == stage.id]
        for level in ("school", "total"):
            table = rows[(rows["level"] == level) & rows["horizon"].isin(HORIZONS)]
            if len(table):
                title = f"{stage.label_in(language)} · {label(f'backtest.level.{level}', language)}"
                lines += [title, *_block(table, language), ""]
    return lines[:-1]


def _block(table: pd.DataFrame, language: str) -> list[str]:
    horizons = sorted(table["horizon"].unique())
    heads = [label("report.backtest.ahead", language, years=int(h)) for h in horizons]
    body = []
    for column in COLUMNS:
        for method in dict.fromkeys(table["method"]):
            cells = table[table["method"] == method].set_index("horizon")[column].reindex(horizons)
            if cells.notna().any():
                name = f"{label(f'report.backtest.{column}', language)}, {label(f'backtest.method.{method}', language)}"
                body.append([name, *(_share(value, signed=column == "bias") for value in cells)])
    width = max(_width(row[0]) for row in body)
    shown = [["", *heads], *body]
    return [f"  {_padded(row[0], width)}" + "".join(f"{cell:>9}" for cell in row[1:]) for row in shown]


def _share(value: float, *, signed: bool) -> str:
    return "–" if pd.isna(value) else f"{value:+.1%}" if signed else f"{value:.1%}"


def _width(text: str) -> int:
    """Columns of a terminal: East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

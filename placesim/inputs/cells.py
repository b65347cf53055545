"""One cell at a time: from its text to a value of the dictionary's type, or what is wrong with it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from placesim.dictionary import Column
from placesim.inputs.garbled import LOST, true_encoding
from placesim.inputs.raw import UNCACHED
from placesim.messages import labels
from placesim.scenario.parameters import ColumnSource

FIRST_YEAR, LAST_YEAR = 1900, 2200
NUMERIC = ("integer", "number", "share", "money", "year", "cohort")
WHOLE = ("integer", "year", "cohort")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
_OTHER_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+", re.ASCII)
_SPREADSHEET_ERROR = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")
_TRUTH = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}
_ROUNDING: Mapping[str, Callable[[float], float]] = {
    "floor": math.floor,
    "ceiling": math.ceil,
    "nearest": lambda x: math.floor(x + 0.5),
}


class Problem(NamedTuple):
    """Why a cell is refused: the code of the finding and its facts."""

    code: str
    facts: Mapping[str, Any]


def parse(text: str, column: Column, source: ColumnSource) -> Any:
    """The value of a cell, None where it is blank, or a Problem."""
    bare = text.strip()
    if not bare:
        return None
    if bare == UNCACHED.strip():
        return Problem("E229", {})
    if bare[0] == "#" and _SPREADSHEET_ERROR.fullmatch(bare):
        return Problem("E228", {})
    if not bare.isascii():
        if LOST.search(bare):
            return Problem("E227", {})
        encoding = true_encoding(bare)
        if encoding:
            return Problem("E226", {"encoding": encoding})
    return PARSERS[column.type](text, column, source)


def _text(text: str, column: Column, source: ColumnSource) -> str:
    return text


def _id(text: str, column: Column, source: ColumnSource) -> str | Problem:
    bare = text.strip()
    return Problem("E236", {}) if _SCIENTIFIC.fullmatch(bare) else bare


def _number(text: str, column: Column, source: ColumnSource) -> float | Problem:
    bare = text.strip()
    if not _NUMBER.fullmatch(bare):
        return _why_no_number(bare)
    value = float(bare) * source.scale
    if source.round is not None and math.isfinite(value):
        value = _ROUNDING[source.round](value)
    return _outside(value, column) or value


def _why_no_number(bare: str) -> Problem:
    plain = unicodedata.normalize("NFKC", bare)
    ungrouped = plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain
    if _NUMBER.fullmatch(ungrouped):
        return Problem("E225", {"plain": ungrouped})
    percent = _PERCENT.fullmatch(plain)
    if percent:
        return Problem("E220", {"share": f"{float(percent.group(1)) / 100:.6g}"})
    return Problem("E230" if _ISO.fullmatch(bare) else "E217", {})


def _outside(value: float, column: Column) -> Problem | None:
    low = -math.inf if column.min is None else column.min
    high = math.inf if column.max is None else column.max
    if low <= value <= high and math.isfinite(value):
        return None
    unit = labels(f"unit.{column.unit}") if column.unit else ""
    return Problem("E219", {"min": _plain(low), "max": _plain(high), "unit": unit})


def _plain(limit: float) -> str:
    return {-math.inf: "−∞", math.inf: "∞"}.get(limit, f"{limit:.12g}")


def _integer(text: str, column: Column, source: ColumnSource) -> float | Problem:
    value = _number(text, column, source)
    if isinstance(value, Problem):
        return value
    whole = float(round(value))  # scaling leaves 57.99999999999999 for 0.58 × 100
    return whole if abs(value - whole) <= 1e-9 * max(1.0, abs(value)) else Problem("E218", {})


def _share(text: str, column: Column, source: ColumnSource) -> float | Problem:
    value = _number(text, column, source)
    if isinstance(value, Problem) or 0 <= value <= 1:
        return value
    if 1 < value <= 100:
        return Problem("E220", {"share": f"{value / 100:.6g}"})
    return Problem("E219", {"min": "0", "max": "1", "unit": ""})


def _year(text: str, column: Column, source: ColumnSource) -> float | Problem:
    value = _integer(text, column, source)
    sound = not isinstance(value, Problem) and FIRST_YEAR <= value <= LAST_YEAR
    keeps = isinstance(value, Problem) and value.code == "E225"
    return value if sound or keeps else Problem("E221", {"first": FIRST_YEAR, "last": LAST_YEAR})


def _date(text: str, column: Column, source: ColumnSource) -> str | Problem:
    bare = text.strip()
    iso = _ISO.fullmatch(bare)
    if iso and _is_date(iso.group(1)):
        return iso.group(1)
    other = _OTHER_DATE.fullmatch(unicodedata.normalize("NFKC", bare))
    meant = "{}-{:0>2}-{:0>2}".format(*other.groups()) if other else ""
    return Problem("E222", {"meant": meant if _is_date(meant) else "YYYY-MM-DD"})


def _is_date(iso: str) -> bool:
    try:
        date.fromisoformat(iso)
    except ValueError:
        return False
    return True


def _boolean(text: str, column: Column, source: ColumnSource) -> bool | Problem:
    value = _TRUTH.get(text.strip().casefold())
    return Problem("E223", {}) if value is None else value


def _choice(text: str, column: Column, source: ColumnSource) -> str | Problem:
    bare = text.strip().casefold()
    known = {choice.casefold(): choice for choice in column.choices}
    return known[bare] if bare in known else Problem("E224", {"choices": ", ".join(column.choices)})


PARSERS: Mapping[str, Callable[[str, Column, ColumnSource], Any]] = {
    "id": _id,
    "stage": _id,
    "grade": _id,
    "text": _text,
    "integer": _integer,
    "number": _number,
    "money": _number,
    "share": _share,
    "year": _year,
    "cohort": _year,
    "date": _date,
    "boolean": _boolean,
    "choice": _choice,
}

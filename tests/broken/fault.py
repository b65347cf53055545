"""What a fault is: how the sound county is broken, and the one place that must be named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from county_copy import MAP, ROLLS, ROLLS_SHEET, County, Shape

Breaker = Callable[[County], None]
SCENARIO = "base.toml"


@dataclass(frozen=True)
class Fault:
    """`row`: of a table, or a text that stands in the line of base.toml. `also`: codes that truly follow from it."""

    name: str
    break_: Breaker
    code: str
    file: str | None
    row: int | str | None
    column: str | None
    value: str | None = None
    sheet: str | None = None
    count: int = 1
    also: tuple[str, ...] = ()

    def times(self, count: int) -> Fault:
        """The one fault is named in so many places; the first is the one given."""
        return replace(self, count=count)

    def and_so(self, *codes: str) -> Fault:
        """The one fault truly implies further errors."""
        return replace(self, also=codes)

    def shown(self, value: str | None) -> Fault:
        """The value as the finding quotes it."""
        return replace(self, value=value)

    def named(self, column: str) -> Fault:
        """The column as the finding names it, where it is not the one that was changed."""
        return replace(self, column=column)

    @property
    def cell(self) -> str | None:
        """Workbooks name the cell: the value is given together with its address."""
        return f"{LETTERS[self.column]}{self.row}" if self.file == ROLLS and self.column in LETTERS else None


LETTERS = {
    "学校代码": "A", "学校名称": "B", "学年": "C", "年级": "D", "在校生数": "E", "班级数": "F", "寄宿生": "G",
    "45人及以下": "H", "46—55人": "I", "56—65人": "J", "66人及以上": "K",
}  # fmt: skip


# ------------------------------------------------------------------------------------------ breakers, one for a file
def csv_cells(file: str, row: int, values: Mapping[str, str]) -> Breaker:
    return lambda county: county.cells(file, row, values)


def rolls_cells(values: Mapping[str, Any]) -> Breaker:
    return lambda county: county.workbook(values)


def feature(layer: str, row: int, values: Mapping[str, Any]) -> Breaker:
    return lambda county: county.attributes(layer, row, values)


def shape(layer: str, row: int, make: Shape) -> Breaker:
    return lambda county: county.shape(layer, row, make)


def said(old: str, new: str) -> Breaker:
    return lambda county: county.say(old, new)


def added(text: str) -> Breaker:
    return lambda county: county.add(text)


def bytes_of(file: str, change: Callable[[bytes], bytes]) -> Breaker:
    return lambda county: _rewrite(county, file, change) and None


def _rewrite(county: County, file: str, change: Callable[[bytes], bytes]) -> int:
    path = county.folder / file
    return path.write_bytes(change(path.read_bytes()))


# --------------------------------------------------------------------------------------------- faults, one for a file
def in_csv(name: str, place: tuple[str, int, str], value: str, code: str) -> Fault:
    """One wrong cell of a delimited file."""
    file, row, column = place
    return Fault(name, csv_cells(file, row, {column: value}), code, file, row, column, value)


def in_rolls(name: str, place: tuple[int, str], value: Any, code: str) -> Fault:
    """One wrong cell of the workbook."""
    row, column = place
    breaker = rolls_cells({f"{LETTERS[column]}{row}": value})
    return Fault(name, breaker, code, ROLLS, row, column, None if value is None else str(value), sheet=ROLLS_SHEET)


def on_map(name: str, place: tuple[str, int, str], value: Any, code: str) -> Fault:
    """One wrong attribute of a feature."""
    layer, row, column = place
    breaker = feature(layer, row, {column: value})
    return Fault(name, breaker, code, MAP, row, column, None if value is None else str(value), sheet=layer)


def in_scenario(name: str, breaker: Breaker, code: str, place: tuple[str, str]) -> Fault:
    """One wrong line of base.toml: (text of the line, key)."""
    line, key = place
    return Fault(name, breaker, code, SCENARIO, line, key)

"""One cell: every type, what it takes and what it refuses, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.dictionary import Column, table_specs
from placesim.inputs.cells import PARSERS, Problem, parse
from placesim.inputs.garbled import true_encoding
from placesim.inputs.raw import UNCACHED, cell_text
from placesim.scenario.parameters import ColumnSource

PLAIN = ColumnSource()


def read(kind: str, text: str, source: ColumnSource = PLAIN, **limits: Any) -> Any:
    value = parse(text, Column("c", kind, "c", "c", **limits), source)
    return value.code if isinstance(value, Problem) else value


def test_every_type_of_the_dictionary_has_a_parser() -> None:
    assert {c.type for spec in table_specs().values() for c in spec.columns} == set(PARSERS)


@pytest.mark.parametrize("kind", sorted(PARSERS))
@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000", "\u00a0"])
def test_blank_is_missing_in_every_type(kind: str, blank: str) -> None:
    assert read(kind, blank) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("id", " 0012 ", "0012"),
        ("id", "3.50", "3.50"),
        ("id", "12E4", "12E4"),
        ("text", "  as it is \n", "  as it is \n"),
        ("integer", "45.0", 45.0),
        ("integer", "-3", -3.0),
        ("number", "1e3", 1000.0),
        ("number", ".5", 0.5),
        ("share", "1", 1.0),
        ("share", "0", 0.0),
        ("year", "1900", 1900.0),
        ("cohort", "2200", 2200.0),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "2024-02-29 00:00:00", "2024-02-29"),
        ("boolean", "TRUE", True),
        ("boolean", "是", True),
        ("boolean", "No", False),
        ("boolean", "0", False),
    ],
)
def test_what_is_taken(kind: str, text: str, value: object) -> None:
    assert read(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("number", "12班", "E217"),
        ("number", "约300", "E217"),
        ("number", "nan", "E217"),
        ("number", "inf", "E217"),
        ("number", "1_000", "E217"),
        ("number", "1,5", "E217"),
        ("number", "12,00", "E217"),
        ("number", "½", "E217"),
        ("number", "四", "E217"),
        ("number", "１２", "E225"),
        ("number", "1,234.5", "E225"),
        ("number", "１，２３４", "E225"),
        ("number", "1e999", "E219"),
        ("integer", "4.5", "E218"),
        ("share", "1.2", "E220"),
        ("share", "100", "E220"),
        ("share", "101", "E219"),
        ("share", "-0.1", "E219"),
        ("year", "1899", "E221"),
        ("year", "2024.5", "E221"),
        ("year", "２０２４", "E225"),
        ("date", "2024-13-01", "E222"),
        ("date", "31.8.2024", "E222"),
        ("date", "45535", "E222"),
        ("boolean", "maybe", "E223"),
        ("number", "#N/A", "E228"),
        ("text", "#REF!", "E228"),
        ("text", UNCACHED, "E229"),
        ("number", "2025-05-06", "E230"),
        ("number", "2025-05-06 00:00:00", "E230"),
        ("id", "3.2015E+17", "E236"),
    ],
)
def test_what_is_refused(kind: str, text: str, code: str) -> None:
    assert read(kind, text) == code


def test_ranges_include_their_ends() -> None:
    assert [read("integer", t, min=0, max=300) for t in ("0", "300", "301", "-1")] == [0, 300, "E219", "E219"]


def test_choices_in_any_case() -> None:
    choices = ("urban", "rural")
    assert [read("choice", t, choices=choices) for t in ("Urban", " rural ", "city")] == ["urban", "rural", "E224"]


def test_scale_and_rounding() -> None:
    """0.29 × 100 is 28.999999999999996 in floating point, and 29 all the same."""
    assert read("integer", "0.29", ColumnSource(scale=100)) == 29
    assert read("integer", "0.295", ColumnSource(scale=100)) == "E218"
    rounded = [read("integer", "538.5", ColumnSource(round=way)) for way in ("floor", "nearest", "ceiling")]
    assert rounded == [538, 539, 539]
    assert read("number", "1.5", ColumnSource(scale=10000), max=10000) == "E219"


def test_the_fix_of_a_date_is_the_date_meant() -> None:
    for text in ("2024/8/31", "2024.8.31", "2024年8月31日", "２０２４-８-３１"):
        problem = parse(text, Column("c", "date", "c", "c"), PLAIN)
        assert problem.facts == {"meant": "2024-08-31"}


def test_typed_cells_as_text() -> None:
    assert [cell_text(v) for v in (13402001.0, 0.5, 3e17, True, None, float("nan"), 2**60)] == [
        "13402001", "0.5", "3e+17", "true", "", "", "1152921504606846976",
    ]  # fmt: skip


@given(st.integers(min_value=-(10**6), max_value=10**6))
def test_whole_numbers_come_through(number: int) -> None:
    assert read("integer", str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_through_as_written(number: float) -> None:
    assert read("number", repr(number)) == number


@given(st.text(min_size=1))
def test_no_text_whatever_breaks_a_parser(text: str) -> None:
    for kind in PARSERS:
        read(kind, text, choices=("a", "b"))


# ---------------------------------------------------------------------------------------------------- garbled text
SOUND = [
    "松岭县第一实验小学", "联通", "鎮村", "鄧家鎮中心小學", "Montréal", "Größe", "Ñandú", "Ærø", "naïve café", "🏫学校",
    "𠮷野家", "Łódź", "北京—上海", "№ 5", "«école»", "Привет мир", "Ελλάδα", "鏡湖醫院", "梨樹縣", "犍为县",
]  # fmt: skip


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_is_not_accused(text: str) -> None:
    assert true_encoding(text) is None


@pytest.mark.parametrize("text", ["松岭", "松岭县第一实验小学", "溪口乡中心片区"])
def test_garbled_text_is_seen_through(text: str) -> None:
    assert true_encoding(text.encode("utf-8").decode("latin-1")) == "utf-8"
    assert true_encoding(text.encode("gbk").decode("latin-1")) == "gb18030"
    assert true_encoding(text.encode("utf-8").decode("gb18030", "ignore")) == "utf-8"


def test_western_text_read_as_latin() -> None:
    assert true_encoding("Montréal".encode().decode("latin-1")) == "utf-8"
    assert true_encoding("École d’Orée".encode().decode("cp1252")) == "utf-8"

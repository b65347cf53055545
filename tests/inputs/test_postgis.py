"""Databases as inputs, without a server: what a scenario may say, and what is told before there is a connection."""

from __future__ import annotations

import socket
import sys
from decimal import Decimal

import pytest
from four_areas import County
from told import only, written

from placesim.errors import Finding
from placesim.inputs import read_inputs
from placesim.inputs.postgis import _parts, _text
from placesim.inputs.postgres import is_address
from placesim.messages import describe, line

HERE = 'path = "areas.gpkg"'
ADDRESS = "postgresql://clerk@127.0.0.1:1/county"


def refused(county: County, said: str) -> Finding:
    county.say(HERE, said)
    found = only([f for f in written(read_inputs(county.scenario())[1]) if f.is_error])
    assert all(len(line(found, language).splitlines()) == 2 for language in ("en", "zh"))
    return found


@pytest.mark.parametrize(("said", "row", "key", "reason"), [
    (f'path = "{ADDRESS}"', 9, "path", "neither"),
    (f'path = "{ADDRESS}"\ntable = "areas"\nsql = "select 1"', 11, "sql", "both"),
    ('path = "areas.gpkg"\ntable = "areas"', 10, "table", "of a file"),
    ('path = "areas.gpkg"\n\nsql = "select 1"', 11, "sql", "of a file"),
])  # fmt: skip
def test_a_database_needs_a_table_or_a_query_and_a_file_neither(
    county: County, said: str, row: int, key: str, reason: str
) -> None:
    found = refused(county, said)
    assert (found.code, found.file, found.row, found.column) == ("E260", "base.toml", row, f"inputs.areas.{key}")
    assert reason in describe(found, "en")[0]


@pytest.mark.parametrize("key", ["table", "sql"])
def test_a_blank_table_or_query_is_refused_by_the_scenario(county: County, key: str) -> None:
    from placesim.errors import ScenarioError

    county.say(HERE, f'path = "{ADDRESS}"\n{key} = ""')
    with pytest.raises(ScenarioError) as error:
        county.scenario()
    assert only(list(error.value.findings)).column == f"inputs.areas.{key}"


def test_without_the_extra(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = refused(county, f'path = "{ADDRESS}"\ntable = "areas"')
    assert (found.code, found.row) == ("E262", 9)
    assert 'pip install "placesim[postgis]"' in describe(found, "en")[1]


def test_files_are_read_without_the_extra(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert not [f for f in read_inputs(county.scenario())[1] if f.is_error]


def test_a_server_that_is_not_there(county: County) -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as probe:  # a port that nobody listens at
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        found = refused(county, f'path = "postgres://clerk:pa55word@127.0.0.1:{port}/county"\ntable = "areas"')
    assert (found.code, found.row, found.column) == ("E263", 9, "inputs.areas.path")
    assert found.value == f"postgres://clerk:***@127.0.0.1:{port}/county"
    assert str(port) in found.facts["reason"]


@pytest.mark.parametrize("address", [
    "postgresql://clerk:pa55@word@127.0.0.1/county", "postgresql://clerk:pa55/word@127.0.0.1/county",
    "postgresql://clerk:pa55#word@127.0.0.1/county", "postgresql://clerk:pa55%word@127.0.0.1/county",
    "postgresql://clerk:pa55 word@127.0.0.1/county", "postgresql://127.0.0.1/county?no_such_setting=pa55word",
    "postgresql://clerk:pa55word@127.0.0.1:port/county?password", "postgresql://[::1/county",
])  # fmt: skip
def test_an_address_that_cannot_be_understood_is_told_without_its_parts(county: County, address: str) -> None:
    pytest.importorskip("psycopg")
    found = refused(county, f'path = "{address}"\ntable = "areas"')
    assert found.code == "E263"
    assert "pa55" not in repr({k: v for k, v in found.facts.items() if k != "path"})


@pytest.mark.parametrize(("path", "is_one"), [
    ("postgresql://h/d", True), ("postgres://h/d", True), ("PostgreSQL://h/d", True), ("postgresql", False),
    ("postgresql.csv", False), ("mysql://h/d", False), ("data/postgres://x", False),
])  # fmt: skip
def test_addresses(path: str, is_one: bool) -> None:
    assert is_address(path) is is_one


@pytest.mark.parametrize(("name", "parts"), [
    ("areas", ("areas",)), ("gis.areas", ("gis", "areas")), ('"a.b".c', ("a.b", "c")), ('a."b ""c"""', ("a", 'b "c"')),
    (" gis . areas ", ("gis", "areas")), ("行政村", ("行政村",)), ("a b.c", ("a b", "c")), ("A.b", ("A", "b")),
    ("a.b.c", ()), ("a.", ()), (".a", ()), ('"a', ()), ('a"b', ()), ("a..b", ()), ("", ()), ("a\0", ()), ('""', ()),
])  # fmt: skip
def test_names_of_tables(name: str, parts: tuple[str, ...]) -> None:
    assert _parts(name) == parts


@pytest.mark.parametrize(("value", "text"), [
    ("130402001000.00", "130402001000"), ("2.50", "2.5"), ("0.00", "0"), ("-1.0", "-1"), ("100", "100"),
    ("1E+3", "1000"),
    ("1234567890123456789012345678901234.5670", "1234567890123456789012345678901234.567"), ("NaN", ""),
    ("9" * 5000, "9" * 5000), ("Infinity", "Infinity"),
])  # fmt: skip
def test_exact_numbers_keep_every_digit(value: str, text: str) -> None:
    assert _text(Decimal(value)) == text


def test_the_order_of_rows_is_no_part_of_the_hash() -> None:
    from placesim.inputs.postgis import _add, _hash, _Rows

    def digest(*rows: tuple[str, ...]) -> str:
        held = _Rows(("a", "b"), None, [[], []])
        _add(held, list(rows), [0, 1], [])
        return _hash(held)

    assert digest(("1", "2"), ("3", "4")) == digest(("3", "4"), ("1", "2"))
    assert digest(("1", "2"), ("3", "4")) != digest(("1", "4"), ("3", "2"))
    assert digest(("1", "2")) != digest(("1", "2"), ("1", "2"))
    assert digest(("12", "")) != digest(("1", "2"))

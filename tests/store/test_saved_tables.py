"""Tables of the run folder come back as they were; no cell of theirs is a formula."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from placesim.store.tables import read_table, write_tables

HOSTILE = [
    "=1+1",
    "+x",
    "-x",
    "@x",
    "'quoted",
    "a,b",
    'say "hi"',
    "two\nlines",
    "<script>",
    "🏫",
    "𠮷",
    "007",
    "NA",
    "None",
]


def round_trip(table: pd.DataFrame) -> pd.DataFrame:
    with TemporaryDirectory() as folder:
        write_tables({"t": table}, Path(folder) / "tables")
        return read_table(Path(folder) / "tables", "t")


def test_types_and_hostile_text_survive(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "name": pd.Series([*HOSTILE, None], dtype=object),
            "year": range(len(HOSTILE) + 1),
            "share": [0.5, None] * (len(HOSTILE) // 2) + [1 / 3],
            "persistent": [True, False] * (len(HOSTILE) // 2) + [True],
        }
    )
    pd.testing.assert_frame_equal(round_trip(table), table)
    write_tables({"t": table}, tmp_path / "tables")
    with (tmp_path / "tables" / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row["name"] for row in csv.DictReader(file)]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), min_size=1, max_size=8))
def test_any_text_survives(texts: list[str]) -> None:
    table = pd.DataFrame({"name": pd.Series(texts, dtype=object)})
    assert list(round_trip(table)["name"]) == texts

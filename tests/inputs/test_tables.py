"""What the reader promises of a table: types, order, rows, and that text passes through untouched."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from four_areas import BASE, FILES, County, squares
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placesim.dictionary import table_specs
from placesim.inputs.typed import key_order

HOSTILE = [
    "<script>alert(1)</script>", '=cmd|"/C calc"!A1', "+1+1", "@SUM(A1)", 'say "hi", he said', "two\nlines", "🏫🎒",
    "𠮷野小学", "a;b\tc", "'; DROP TABLE schools; --", "\\N", "NULL", "NaN", "None", "&amp;", "  padded  ",
    "%s {0} {x}",
]  # fmt: skip


def csv_text(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def test_types_of_every_column(county: County) -> None:
    """The promise of `typed`: what colleagues may rely on, for columns in the file and columns it lacks."""
    inputs, _ = county.read()
    for name, table in inputs.tables.items():
        assert list(table.rows.columns)[: len(table_specs()[name].columns)] == list(table_specs()[name].by_id)
        for column in table_specs()[name].columns:
            kind = table.rows[column.id].dtype
            if column.type in ("number", "share", "money"):
                assert kind == np.float64
            elif column.type in ("integer", "year", "cohort"):
                assert kind == (np.int64 if column.required else np.float64)
            else:
                assert kind == np.dtype(object)
                assert not any(isinstance(v, float) for v in table.rows[column.id])


def test_tables_that_are_not_given_are_empty(county: County) -> None:
    inputs, _ = county.read()
    assert not inputs.has("sites")
    assert list(inputs.frame("sites").columns)[-1] == "geometry"
    assert inputs.frame("births").empty


def test_hashes_and_declarations(county: County) -> None:
    source = county.read()[0].tables["population"].source
    assert (source.file, source.as_of, source.basis) == ("population.csv", "2024-08-31", "resident")
    before = source.sha256
    county.edit("population.csv", "1200", "1201")
    assert county.read()[0].tables["population"].source.sha256 != before


def test_hostile_text_comes_through_untouched(county: County) -> None:
    rows = [["planning_area", "name"], *[[f"{i:02}", text] for i, text in enumerate(HOSTILE)]]
    county.write("planning_areas.csv", csv_text(rows))
    inputs, findings = county.read()
    assert inputs.frame("planning_areas")["name"].tolist() == HOSTILE
    assert not [f for f in findings if f.is_error]


def test_ids_may_be_hostile_too(county: County) -> None:
    strange = [text for text in HOSTILE if text == text.strip()]
    county.write("planning_areas.csv", csv_text([["planning_area"], *[[text] for text in strange]]))
    inputs, _ = county.read()
    assert inputs.frame("planning_areas")["planning_area"].tolist() == sorted(strange)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> County:
    """One folder for all examples of a property: only the table under test is written again."""
    made = County(tmp_path_factory.mktemp("shuffled"))
    made.write("base.toml", BASE)
    squares().to_file(made.folder / "areas.gpkg")
    for file, text in FILES.items():
        made.write(file, text)
    return made


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
BINS = st.one_of(st.none(), st.integers(0, 300))
RECORDS = st.lists(
    st.tuples(TEXTS.map(str.strip).filter(bool), st.integers(1900, 2200), st.sampled_from(["G1", "K2", "01"]),
              st.integers(0, 9999), BINS),
    min_size=1, max_size=12, unique_by=lambda r: r[:3],
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(records=RECORDS, order=st.randoms(use_true_random=False))
def test_what_is_written_in_any_order_is_read(shuffled: County, records: list[tuple], order: Any) -> None:
    """Same table whatever the order of the file; each row knows the line it came from."""
    header = ["school_id", "year", "grade", "pupils", "classes"]
    mixed = list(records)
    order.shuffle(mixed)
    shuffled.write("enrolment.csv", csv_text([header, *[["" if v is None else v for v in r] for r in mixed]]))
    inputs, findings = shuffled.read()
    if any(f.code in ("E226", "E236") for f in findings):
        return  # a random text that happens to be the garbled form of another, or looks like 1E+10
    table = inputs.tables["enrolment"]
    told = [tuple(None if v != v else v for v in row) for row in table.rows[header].itertuples(index=False)]
    assert told == sorted(records, key=lambda r: r[:3])
    assert [mixed[line - 2] for line in table.file_row] == told


def test_blanks_sort_first_and_equal_keys_keep_their_order() -> None:
    frame = gpd.pd.DataFrame({"a": ["2", None, "10", "2"], "b": [1.0, 5.0, np.nan, 1.0]})
    assert key_order(frame, ("a", "b")).tolist() == [1, 2, 0, 3]


def test_reading_changes_no_file(county: County) -> None:
    before = {f.name: f.read_bytes() for f in Path(county.folder).iterdir()}
    county.findings()
    assert {f.name: f.read_bytes() for f in Path(county.folder).iterdir()} == before

"""The coverage of the policy documents: every row names tables and tests that exist, and the pages are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from placesim.report.coverage import coverage_page, coverage_table, mechanisms
from placesim.store import SavedRun

PROJECT = Path(__file__).resolve().parents[2]
BUILT = {1, 2, 3, 4, 7, 8, 13, 23, 25, 28, 29, 30, 31, 33, 35, 36, 38, 48, 51, 57, 59}


def test_what_is_built_is_listed_once() -> None:
    numbers = [m.number for m in mechanisms()]
    assert sorted(numbers) == numbers
    assert set(numbers) == BUILT
    assert len(numbers) == len(BUILT)


@pytest.mark.parametrize("mechanism", mechanisms(), ids=lambda m: str(m.number))
def test_tables_and_tests_exist(mechanism, finished: SavedRun) -> None:
    for table in mechanism.tables:
        assert (finished.folder / "tables" / f"{table}.csv").exists(), table
    for path in mechanism.tests:
        assert (PROJECT / path).exists(), path
    assert mechanism.tests


@pytest.mark.parametrize(("language", "page"), [("en", "coverage.md"), ("zh", "coverage.zh.md")])
def test_the_pages_are_current(language: str, page: str) -> None:
    assert (PROJECT / "docs" / page).read_text(encoding="utf-8") == coverage_page(language)


def test_the_sheet_says_what_this_run_computed(finished: SavedRun) -> None:
    table = coverage_table(finished, "zh").set_index("mechanism")
    assert table.loc[48, "mechanism_name"] == "学龄人口监测预警"
    assert bool(table.loc[48, "computed"])
    assert table.loc[48, "rows_told"] > 2

"""The bundled county broken in one place at a time: the finding names that place, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import faults_of_tables
import faults_of_the_map
import faults_of_the_scenario
import pytest
from county_copy import County, Told
from fault import SCENARIO, Fault

from placesim.errors import Finding
from placesim.messages import LANGUAGES, line
from placesim.scenario import load
from placesim.spine import check_scenario

FAULTS = (*faults_of_tables.FAULTS, *faults_of_the_map.FAULTS, *faults_of_the_scenario.FAULTS)
WARNINGS = (*faults_of_the_map.WARNINGS, *faults_of_the_scenario.WARNINGS)


def test_the_faults_are_many_and_of_many_kinds() -> None:
    names = [f.name for f in FAULTS]
    assert len(names) == len(set(names)) >= 45
    assert len({f.code for f in FAULTS}) >= 60


def test_the_county_as_it_comes_has_no_errors(county: County) -> None:
    _, findings = check_scenario(load(county.scenario_file))
    assert [f for f in findings if f.is_error] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_fault_is_named_with_its_place_and_nothing_is_written(county: County, fault: Fault) -> None:
    fault.break_(county)
    told = county.call("run")
    assert told.result.exit_code == 1, told.result.output
    assert told.errors == {fault.code, *fault.also}
    named = [f for f in told.findings if f["code"] == fault.code]
    assert place_of(named[0]) == expected_place(fault, county)
    assert len(named) == fault.count
    if fault.value is not None:
        assert (named[0]["value"] or "") == fault.value
    assert_readable(told)
    assert_nothing_written(told)


def place_of(finding: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(finding[part] for part in ("file", "sheet", "row", "column", "cell"))


def expected_place(fault: Fault, county: County) -> tuple[Any, ...]:
    row = county.line_of(fault.row) if isinstance(fault.row, str) else fault.row
    return fault.file, fault.sheet, row, fault.column, fault.cell if row else None


def assert_readable(told: Told) -> None:
    """No traceback, no placeholder left, no Python in what the user reads; one line for the fault, one for the fix."""
    assert told.result.exception is None or isinstance(told.result.exception, SystemExit)
    assert "Traceback" not in told.result.output
    for finding in told.findings:
        for language in LANGUAGES:
            shown = (finding["where"][language], finding["text"][language], finding["fix"][language])
            assert all(shown[1:]), finding["code"]
            for text in shown:
                assert "\n" not in text
                assert not any(word in text.split() for word in ("None", "nan", "NaN", "()", "[]")), finding


def assert_nothing_written(told: Told) -> None:
    """Nothing under the run's name; beside it, all findings where the scenario itself could be read."""
    runs = told.county.folder / "runs"
    kept = [p.name for p in runs.iterdir()] if runs.exists() else []
    assert kept in ([], ["songlan.check.json"])
    if kept:
        assert json.loads((runs / kept[0]).read_text(encoding="utf-8")) == told.document
    else:
        assert all(f["file"] == SCENARIO for f in told.findings)


@pytest.mark.parametrize("fault", WARNINGS, ids=lambda f: f.name)
def test_a_doubtful_thing_is_told_and_does_not_stop_the_run(county: County, fault: Fault) -> None:
    fault.break_(county)
    _, findings = check_scenario(load(county.scenario_file))
    assert {f.code for f in findings if f.is_error} == set(fault.also)
    named = [f for f in findings if f.code == fault.code]
    assert named, fault.code
    assert (named[0].file, named[0].sheet, named[0].column) == (fault.file, fault.sheet, fault.column)
    assert all(two_lines(f) for f in named)


def two_lines(finding: Finding) -> bool:
    return all(len(line(finding, language).split("\n")) == 2 for language in LANGUAGES)


@pytest.mark.parametrize("fault", FAULTS[::25], ids=lambda f: f.name)
def test_check_and_run_say_the_same(county: County, fault: Fault) -> None:
    fault.break_(county)
    assert county.call("check").document == county.call("run").document

"""Faces come into the run folder whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import made_up_run
import pytest

from placesim.errors import FindingsError
from placesim.report import FORMATS, WRITERS, write
from placesim.store import SavedRun, open_run


def test_all_formats_in_the_order_asked_for(saved: SavedRun) -> None:
    before = {p.name for p in saved.folder.iterdir()}
    paths = write(saved, FORMATS)
    assert (
        [p.name for p in paths] == [WRITERS[f].file for f in FORMATS] == ["report.html", "results.xlsx", "results.gpkg"]
    )
    assert {p.name for p in saved.folder.iterdir()} == before | {"report.html", "results.xlsx"}


def test_a_run_in_which_nothing_is_wrong(saved: SavedRun) -> None:
    empty = {name: made_up_run.run_tables()[name].iloc[:0] for name in ("findings", "crowded", "underused", "changes")}
    made_up_run.remake(saved.folder, {**made_up_run.run_tables(), **empty})
    (saved.folder / "check.json").write_text('{"errors": 0, "findings": []}', encoding="utf-8")
    assert len(write(open_run(saved.folder), FORMATS)) == 3


def test_a_run_of_one_year(saved: SavedRun) -> None:
    made_up_run.cut_to_one_year(saved.folder)
    assert len(write(open_run(saved.folder), FORMATS)) == 3


def test_an_unknown_format_writes_nothing(saved: SavedRun) -> None:
    with pytest.raises(FindingsError) as error:
        write(saved, ["html", "docx"])
    [finding] = error.value.findings
    assert (finding.code, finding.value, finding.facts["known"]) == ("E610", "docx", "html, xlsx, gpkg")
    assert not (saved.folder / "report.html").exists()


def test_a_file_that_may_not_be_replaced_is_a_finding(saved: SavedRun) -> None:
    (saved.folder / "report.html").mkdir()
    with pytest.raises(FindingsError) as error:
        write(saved, ["html"])
    assert error.value.findings[0].code == "E611"
    assert (saved.folder / "report.html").is_dir()
    assert not list(saved.folder.glob(".face*"))


def test_a_writer_that_fails_leaves_the_older_file(saved: SavedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    write(saved, ["html"])
    older = (saved.folder / "report.html").read_bytes()

    def fail(_: SavedRun, path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("placesim.report.writers.WRITERS", {"html": WRITERS["html"].__class__("report.html", fail)})
    with pytest.raises(FindingsError, match="E611"):
        write(saved, ["html"])
    assert (saved.folder / "report.html").read_bytes() == older

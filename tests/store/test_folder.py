"""A folder is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from placesim.store.folder import OutputError, staging

MANIFEST = '{"run_id": "1a2b", "versions": {"placesim": "0.1.0"}}'


def test_a_new_folder_appears_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "x"
    with staging(target) as beside:
        (beside / "a.txt").write_text("1")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "1"
    assert [p.name for p in target.parent.iterdir()] == ["x"]


def older_run(folder: Path) -> Path:
    """A run folder as it stands before another run of the same name."""
    folder.mkdir()
    (folder / "manifest.json").write_text(MANIFEST)
    return folder


def test_an_older_folder_is_replaced_whole(tmp_path: Path) -> None:
    target = older_run(tmp_path / "x")
    with staging(target) as beside:
        (beside / "new.txt").write_text("new")
        assert (target / "manifest.json").exists()
    assert [p.name for p in target.iterdir()] == ["new.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("failure", [ValueError("ours"), KeyboardInterrupt()])
def test_a_failure_leaves_the_older_folder(tmp_path: Path, failure: BaseException) -> None:
    target = older_run(tmp_path / "x")

    def fail() -> None:
        with staging(target) as beside:
            (beside / "new.txt").write_text("new")
            raise failure

    with pytest.raises(type(failure)):
        fail()
    assert [p.name for p in target.iterdir()] == ["manifest.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_disk_that_refuses_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError) as error, staging(tmp_path / "file" / "x"):
        pass
    assert error.value.findings[0].code == "E600"


@pytest.mark.parametrize("file", ["county.xlsx", "x/county.xlsx"])
def test_what_no_run_has_written_is_never_replaced(tmp_path: Path, file: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / file).write_text("mine")
    target = tmp_path / Path(file).parts[0]
    with pytest.raises(OutputError) as error, staging(target):
        pass
    assert [f.code for f in error.value.findings] == ["E605"]
    assert (tmp_path / file).read_text() == "mine"


def test_a_folder_of_the_users_is_never_replaced(tmp_path: Path) -> None:
    """A manifest alone is no run; nor is a run folder to which the user has added files of their own."""
    foreign, run = tmp_path / "extension", tmp_path / "run"
    for folder, manifest in ((foreign, '{"name": "my app"}'), (run, MANIFEST)):
        folder.mkdir()
        (folder / "manifest.json").write_text(manifest)
    with staging(run) as beside:
        (beside / "manifest.json").write_text(MANIFEST)
    (run / "thesis.docx").write_text("mine")
    for folder in (foreign, run):
        with pytest.raises(OutputError) as error, staging(folder):
            pass
        assert error.value.findings[0].code == "E605"
    assert (run / "thesis.docx").read_text() == "mine"

"""One made-up run folder for all tests of the faces."""

from __future__ import annotations

import shutil
from pathlib import Path

import made_up_run
import pytest

from placesim.report import FORMATS, write
from placesim.store import SavedRun, open_run


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up_run.make(tmp_path_factory.mktemp("made_up") / "run")


@pytest.fixture(scope="session")
def finished(made_up: Path, tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    """The run folder with all its faces, for tests that only read."""
    run = open_run(shutil.copytree(made_up, tmp_path_factory.mktemp("finished") / "run"))
    write(run, FORMATS)
    return run


@pytest.fixture
def saved(made_up: Path, tmp_path: Path) -> SavedRun:
    """A fresh copy of the run folder that a test may write into."""
    return open_run(shutil.copytree(made_up, tmp_path / "run"))

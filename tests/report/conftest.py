"""One made-up run folder for all tests of the faces."""

from __future__ import annotations

from pathlib import Path

import made_up_run
import pytest

from placesim.store import SavedRun, open_run


@pytest.fixture
def saved(tmp_path: Path) -> SavedRun:
    """A fresh run folder that a test may write into."""
    return open_run(made_up_run.make(tmp_path / "run"))

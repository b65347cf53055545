"""What all tests share: where real data lies, and the record of the evidence."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import database_server
import pytest
from hypothesis import settings

# No test asserts a wall-clock time: a busy machine is no failure.
settings.register_profile("placesim", deadline=None)
settings.load_profile("placesim")

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", metavar="FILE", help="write outcome and figures of the evidence tests as JSON")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the checkout; a clear skip where it is absent, a failure in CI."""
    folder = Path(os.environ.get("PLACESIM_REAL_DATA", REPOSITORY / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        reason = f"real data not found at {folder} (set PLACESIM_REAL_DATA)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def database() -> Iterator[database_server.Server]:
    """A PostgreSQL server with PostGIS; a clear skip where this machine has none, a failure in CI."""
    with database_server.started() as server:
        yield server


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = session.config.getoption("--evidence")
    if target:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        rows = [
            {"test": r.nodeid, "outcome": outcome, "seconds": round(r.duration, 2), "figures": dict(r.user_properties)}
            for outcome in ("passed", "failed", "skipped")
            for r in reporter.stats.get(outcome, [])
        ]
        Path(target).write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")

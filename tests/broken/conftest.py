"""A fresh copy of the bundled county for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from county_copy import County, short_county


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> County:
    """The county before it is broken; nobody writes into it."""
    return short_county(tmp_path_factory.mktemp("sound") / "county")


@pytest.fixture
def county(tmp_path: Path, sound: County) -> County:
    shutil.copytree(sound.folder, tmp_path / "county")
    return County(tmp_path / "county")

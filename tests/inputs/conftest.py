"""A fresh copy of the sound county for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from four_areas import BASE, FILES, County, squares


@pytest.fixture(scope="session")
def areas_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The areas' GeoPackage, written once."""
    file = tmp_path_factory.mktemp("areas") / "areas.gpkg"
    squares().to_file(file)
    return file.read_bytes()


@pytest.fixture
def county(tmp_path: Path, areas_bytes: bytes) -> County:
    made = County(tmp_path)
    made.write("base.toml", BASE)
    made.write("areas.gpkg", areas_bytes)
    for file, text in FILES.items():
        made.write(file, text)
    return made

"""The bundled county: its committed files, and what its generator makes of other seeds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from songlan_files import SONGLAN, Files


@pytest.fixture(scope="session")
def songlan() -> Files:
    """The files as committed."""
    return Files(SONGLAN)


@pytest.fixture(scope="session")
def generate() -> Callable[[int, Path], Any]:
    """The generator of the county."""
    sys.path.insert(0, str(SONGLAN))
    import generate as module

    return module.generate


@pytest.fixture(scope="session")
def made_again(generate: Callable[[int, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The bundled county generated anew."""
    folder = tmp_path_factory.mktemp("songlan")
    generate(2025, folder)
    return Files(folder)


@pytest.fixture(scope="session")
def other(generate: Callable[[int, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The county under another seed."""
    folder = tmp_path_factory.mktemp("songlan_11")
    generate(11, folder)
    return Files(folder)

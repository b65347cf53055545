"""Draft input tables as files in a folder of the user's: all of them or none, and never over a file that is there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from placesim.errors import Finding
from placesim.messages import label
from placesim.osm import ATTRIBUTION, Drafts
from placesim.store.folder import OutputError, fresh_folder
from placesim.store.tables import write_csv

ROADS, SCHOOLS, INPUTS, SOURCE = "roads.gpkg", "schools.csv", "inputs.toml", "SOURCE.txt"


def write_drafts(drafts: Drafts, folder: Path, *, extract: str, language: str) -> list[Path]:
    """roads.gpkg (layers roads and barriers), schools.csv, inputs.toml, SOURCE.txt; returns what was written.

    extract: the name of the file they come from. Layers and tables without rows are left out. Raises OutputError
    where one of the files is there already (E630) or the disk refuses (E600); then nothing has changed.
    """
    refuse_drafts_over(folder)
    with _together(folder) as beside:
        for layer, rows in (("roads", drafts.roads), ("barriers", drafts.barriers)):
            if len(rows):
                rows.to_file(beside / ROADS, layer=layer, driver="GPKG", engine="pyogrio")
        if len(drafts.schools):
            write_csv(drafts.schools, beside / SCHOOLS)
        (beside / INPUTS).write_text(inputs_toml(drafts, language), encoding="utf-8")
        said = label("import.source", language, extract=extract, attribution=ATTRIBUTION)
        (beside / SOURCE).write_text(f"{said}\n", encoding="utf-8")
        names = sorted(p.name for p in beside.iterdir())
    return [folder / name for name in names]


def refuse_drafts_over(folder: Path) -> None:
    """Raise OutputError (E630) where a file that `write_drafts` writes is there already."""
    there = [name for name in (ROADS, SCHOOLS, INPUTS, SOURCE) if os.path.lexists(folder / name)]
    if there:
        raise OutputError([Finding("E630", file=str(folder), value=", ".join(there))])


def inputs_toml(drafts: Drafts, language: str) -> str:
    """The entries of a scenario file that read the drafts."""
    entries = {
        "roads": (drafts.roads, f'path = "{ROADS}"\nlayer = "roads"'),
        "barriers": (drafts.barriers, f'path = "{ROADS}"\nlayer = "barriers"'),
        "schools": (drafts.schools, f'path = "{SCHOOLS}"\ncrs = "EPSG:4326"'),
    }
    parts = [f"# {line}" for line in (ATTRIBUTION, *label("import.inputs", language).split("\n"))]
    for table, (rows, entry) in entries.items():
        if len(rows):
            parts += ["", f"[inputs.{table}]", entry]
    return "\n".join(parts) + "\n"


@contextmanager
def _together(folder: Path) -> Iterator[Path]:
    """A fresh folder whose files move into `folder` when the block ends well."""
    made = not folder.exists()
    try:
        with fresh_folder(folder, ".import.", told=folder) as beside:
            yield beside
            _move_all(beside, folder)
    finally:
        if made:
            with suppress(OSError):  # it holds what was written
                folder.rmdir()


def _move_all(beside: Path, folder: Path) -> None:
    moved: list[Path] = []
    try:
        for file in sorted(beside.iterdir()):
            target = folder / file.name
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            file.rename(target)
            moved.append(target)
    except OSError:
        for target in moved:
            target.unlink()
        raise

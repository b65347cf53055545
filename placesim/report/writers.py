"""The table of writers, and the one way a face comes into the run folder: written beside, then put in place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from placesim.errors import Finding, FindingsError
from placesim.report.geopackage import write_geopackage
from placesim.report.html import write_html
from placesim.report.workbook import write_workbook
from placesim.store import SavedRun


@dataclass(frozen=True)
class Writer:
    """A face: its file in the run folder, and the function that writes it to a path that does not exist yet."""

    file: str
    write: Callable[[SavedRun, Path], None]


WRITERS: Final[Mapping[str, Writer]] = {
    "html": Writer("report.html", write_html),
    "xlsx": Writer("results.xlsx", write_workbook),
    "gpkg": Writer("results.gpkg", write_geopackage),
}
FORMATS: Final = tuple(WRITERS)


def write(saved: SavedRun, formats: Iterable[str]) -> list[Path]:
    """Write faces of a saved run into its folder, each replaced whole; gives their paths in the order asked for.

    Raises FindingsError: E610 unknown format (nothing is written), E611 a file that may not be replaced, for example
    because it is open in Excel.
    """
    formats = list(formats)
    unknown = [Finding("E610", value=f, facts={"known": ", ".join(FORMATS)}) for f in formats if f not in WRITERS]
    if unknown:
        raise FindingsError(unknown)
    return [_write(saved, WRITERS[f]) for f in formats]


def _write(saved: SavedRun, writer: Writer) -> Path:
    target = saved.folder / writer.file
    try:
        with tempfile.TemporaryDirectory(prefix=".face.", dir=saved.folder) as beside:
            made = Path(beside) / writer.file
            writer.write(saved, made)
            os.replace(made, target)
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise FindingsError([Finding("E611", file=str(target), facts=facts)]) from error
    return target

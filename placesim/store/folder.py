"""Writing a folder whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from placesim.errors import Finding, FindingsError

MANIFEST = "manifest.json"  # what tells a run folder from any other
# How the names of what a run writes begin; "results." has the files that GIS programs put beside results.gpkg,
# "~$" is Excel's lock.
WRITTEN = ("scenario.toml", MANIFEST, "check.json", "tables", "results.", "report.html", "log.txt", "~$")


class OutputError(FindingsError):
    """The run folder cannot be written; nothing was changed."""


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a run folder; None where no run has written one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    is_run = isinstance(manifest, dict) and manifest.get("run_id") and "placesim" in manifest.get("versions", {})
    return manifest if is_run else None


def refuse_foreign(folder: Path) -> None:
    """Raise OutputError (E605) where something stands at `folder` that no run has written: it would be replaced."""
    if folder.is_file():
        raise OutputError([Finding("E605", file=str(folder), value=folder.name)])
    found = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    foreign = [name for name in found if not name.startswith(WRITTEN)]
    if found and read_manifest(folder) is None:
        foreign = foreign or found
    if foreign:
        raise OutputError([Finding("E605", file=str(folder), value=", ".join(foreign[:5]))])


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A fresh folder beside `folder` that takes its place when the block ends well.

    The older folder moves aside first and is deleted last; when the block fails, nothing under `folder` has changed.
    Raises OutputError where the disk refuses (E600) or something else than a run stands there (E605).
    """
    refuse_foreign(folder)
    with fresh_folder(folder.parent, f".{folder.name}.", told=folder) as beside:
        yield beside
        _swap(beside, folder)


@contextmanager
def fresh_folder(parent: Path, prefix: str, *, told: Path) -> Iterator[Path]:
    """A folder inside `parent`, which is made, gone with all that is left in it when the block ends.

    Raises OutputError (E600) where the disk refuses anything in the block; `told` is named where it names nothing.
    """
    fresh: Path | None = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        yield fresh
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise OutputError([Finding("E600", file=str(error.filename or told), facts=facts)]) from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def _swap(beside: Path, folder: Path) -> None:
    beside.chmod(0o777 & ~_umask())
    if not folder.exists():
        beside.rename(folder)
        return
    older = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    try:
        folder.rename(older / folder.name)
        try:
            beside.rename(folder)
        except OSError:
            (older / folder.name).rename(folder)
            raise
    finally:
        shutil.rmtree(older, ignore_errors=True)


def _umask() -> int:
    """The process's umask; mkdtemp makes folders private, a run folder is shared like any other file."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def writing(file: Path) -> Iterator[Path]:
    """A name beside `file` that takes its place when the block ends well. Raises OutputError (E600)."""
    if file.is_dir():
        raise OutputError([Finding("E600", file=str(file), facts={"reason": os.strerror(errno.EISDIR)})])
    beside = file.with_name(f".{file.name}.{os.getpid()}{file.suffix}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        os.replace(beside, file)
    except OSError as error:
        raise OutputError([Finding("E600", file=str(file), facts={"reason": error.strerror or str(error)})]) from error
    finally:
        with suppress(OSError):  # what could not be written need not be removed
            beside.unlink()

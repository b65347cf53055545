"""Tasks for the tests of the executor: worker processes import them from here."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from placesim.errors import InputError
from placesim.executor import map_tasks


def weighted(shared: Any, task: int) -> float:
    return float(shared[task % len(shared)]) * task


def process(shared: Any, task: int) -> tuple[int, int]:
    """(process, identity of what it was handed)"""
    time.sleep(0.002)
    return os.getpid(), id(shared)


def fails_at_seven(shared: Any, task: int) -> int:
    if task == 7:
        raise ValueError("seven", task)
    return task


def fails_unportably(shared: Any, task: int) -> int:
    raise InputError("pupils", "must not be negative", 3, -1.0)


def gives_what_cannot_travel(shared: Any, task: int) -> Any:
    return lambda: task


def dies(shared: Any, task: int) -> int:
    if task == 3:
        os._exit(9)
    return task


def slow(shared: Any, task: int) -> int:
    """Tasks from 4 on take for ever; a file tells that one has begun."""
    if task >= 4:
        Path(shared, "begun").touch()
        time.sleep(600)
    return task * task


if __name__ == "__main__":
    found = map_tasks(slow, range(8), shared=sys.argv[1], workers=int(sys.argv[2]))
    print(found.interrupted, sorted(found.results.items()), flush=True)

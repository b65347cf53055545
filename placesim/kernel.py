"""The one numba decorator of the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile `function` without Python objects and lock, so that threads run it side by side; keep the machine code on
    disk where a cache folder is writable."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba finds no place to write: a read-only install compiles in every process
        return cast(F, numba.njit(nogil=True)(function))

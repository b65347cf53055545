"""Random numbers by name: each purpose, draw and unit has a stream of its own.

So variants of a scenario share their random numbers, a county's numbers do not change when an area is added, and the
number of workers changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from placesim.records import Floats

PURPOSES: Final = (
    "fertility", "migration", "entry", "local_entry", "count", "progression", "place", "built", "delay", "profile",
)  # fmt: skip


def stream(seed: int, purpose: str, draw: int, unit: str = "") -> np.random.Generator:
    """The stream of one purpose, draw and unit (an id; its hash is the same on every machine)."""
    named = int.from_bytes(hashlib.sha256(unit.encode()).digest()[:8], "big")
    key = (PURPOSES.index(purpose), draw, named)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def normals(seed: int, purpose: str, draws: int, units: Sequence[str], length: int) -> Floats:
    """z[draw, unit, length] standard normal. Draws come in pairs of opposite sign, so that the mean of few draws lies
    near that of many already; draws are numbered from 1."""
    z = np.empty((draws, len(units), length))
    for d in range(0, draws, 2):
        for u, unit in enumerate(units):
            z[d, u] = stream(seed, purpose, d + 1, unit).standard_normal(length)
    z[1::2] = -z[: draws // 2 * 2 : 2]
    return z


def uniforms(seed: int, purpose: str, draws: int, units: Sequence[str]) -> Floats:
    """u[draw, unit] uniform on 0–1, in pairs u and 1 − u; draws are numbered from 1."""
    u = np.empty((draws, len(units)))
    for d in range(0, draws, 2):
        u[d] = [stream(seed, purpose, d + 1, unit).random() for unit in units]
    u[1::2] = 1 - u[: draws // 2 * 2 : 2]
    return u


def persistent(z: Floats, sd: float, persistence: float) -> Floats:
    """x[…, step] with x(t) = persistence · x(t − 1) + sd · z(t), x(−1) = 0: an AR(1) that starts at the present."""
    x = np.zeros_like(z)
    level = np.zeros(z.shape[:-1])
    for t in range(z.shape[-1]):
        level = persistence * level + sd * z[..., t]
        x[..., t] = level
    return x


def persistent_variance(steps: int, sd: float, persistence: float) -> Floats:
    """variance[step] of `persistent`."""
    return sd**2 * np.cumsum(persistence ** (2 * np.arange(steps)))

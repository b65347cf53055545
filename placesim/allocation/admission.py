"""What an allocation rule knows of entitlements: tiers, sectors, siblings, locks and wishes of a problem's nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from placesim.records import Floats, Ints

_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_STEP = 0x9E3779B97F4A7C15


def _no_rows() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Siblings:
    """Pupils with a sibling at a school: node[row] (sorted), school[row], pupils[row], no more than it has."""

    node: Ints = field(default_factory=_no_rows)
    school: Ints = field(default_factory=_no_rows)
    pupils: Ints = field(default_factory=_no_rows)


@dataclass(frozen=True)
class Wishes:
    """Ranked choices: share[row] of the pupils of node[row] whose rank[row]-th choice is school[row]; sorted by node,
    rank and school."""

    node: Ints = field(default_factory=_no_rows)
    rank: Ints = field(default_factory=_no_rows)
    school: Ints = field(default_factory=_no_rows)
    share: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Admission:
    """Entitlements of one stage in one year.

    tier[kind]: 0 is admitted first; private[kind]: they apply to private schools, and come back to public ones. order
    [tier]: points | lottery | distance; pool[tier]: no zone, placed last. private_school[school], all false where
    sectors do not matter. points[node]: more is better, NaN = none. locked[node]: pupils whose dwelling has given its
    place already. by_lot: schools that admit by lot alone under `choice`, whatever else counts at the others. seed: of
    this stage and year.
    """

    tier: Ints
    private: NDArray[np.bool_]
    order: tuple[str, ...]
    pool: NDArray[np.bool_]
    private_school: NDArray[np.bool_]
    points: Floats
    locked: Ints
    siblings: Siblings = field(default_factory=Siblings)
    wishes: Wishes = field(default_factory=Wishes)
    by_lot: Ints = field(default_factory=_no_rows)
    seed: int = 0

    @property
    def sectors_matter(self) -> bool:
        return bool(self.private_school.any())

    def lots(self, *keys: Ints) -> Floats:
        """lot[row] in [0, 1): the same for the same seed and keys, whatever other rows there are (SplitMix64)."""
        state = np.full(np.broadcast(*keys).shape, self.seed, dtype=np.uint64)
        with np.errstate(over="ignore"):
            for key in keys:
                state = (state ^ key.astype(np.uint64)) + np.uint64(_STEP)
                state = (state ^ (state >> np.uint64(30))) * np.uint64(_MIX[0])
                state = (state ^ (state >> np.uint64(27))) * np.uint64(_MIX[1])
                state ^= state >> np.uint64(31)
        return (state >> np.uint64(11)).astype(np.float64) / 2**53


def same_for_all(nodes: int, kinds: int, schools: int, seed: int = 0) -> Admission:
    """One tier whose order is the lot, and sectors that do not matter."""
    return Admission(
        tier=np.zeros(kinds, dtype=np.int64), private=np.zeros(kinds, dtype=bool), order=("lottery",),
        pool=np.zeros(1, dtype=bool), private_school=np.zeros(schools, dtype=bool), points=np.full(nodes, np.nan),
        locked=np.zeros(nodes, dtype=np.int64), seed=seed,
    )  # fmt: skip

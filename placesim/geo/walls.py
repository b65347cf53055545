"""What people on foot do not cross: barriers, and roads that are closed to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from placesim.geo.profiles import Flags, Profile, said
from placesim.records import Inputs

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Walls:
    """Lines in the way of people on foot. `barriers` also cut roads; `closed_roads` only the straight ways to and from
    the roads, since a road that crosses one without a common node passes over or under it."""

    barriers: shapely.STRtree
    closed_roads: shapely.STRtree

    def cut(self, links: Shapes) -> Flags:
        """Links that lead across a barrier; one that only meets the end of a barrier passes beside it."""
        link, barrier = self.barriers.query(links, predicate="intersects")
        lines = self.barriers.geometries[barrier]
        across = [shapely.relate_pattern(links[link], lines, p) for p in ("T********", "***T*****")]
        return _marked(len(links), link[across[0] | across[1]])

    def block(self, ways: Shapes) -> Flags:
        """Straight ways, off the roads, that meet a barrier or a closed road."""
        blocked = np.zeros(len(ways), dtype=bool)
        for tree in (self.barriers, self.closed_roads):
            blocked |= _marked(len(ways), tree.query(ways, predicate="intersects")[0])
        return blocked


def walls(inputs: Inputs, on_foot: Profile | None) -> Walls:
    """The walls of a county: its barriers, joined where they were split, and roads nobody walks on (none without
    roads), those on bridges and in tunnels left out."""
    barriers = shapely.line_merge(shapely.union_all(_lines(inputs.frame("barriers"))))
    closed: Shapes = np.zeros(0, dtype=object)
    if on_foot is not None:
        roads = inputs.frame("roads")
        shut = ~on_foot.open & ~said(roads, "crosses", np.zeros(len(roads), dtype=bool))
        closed = _lines(roads[shut])
    return Walls(shapely.STRtree(shapely.get_parts(barriers)), shapely.STRtree(closed))


def _lines(frame: Any) -> Shapes:
    if "geometry" not in frame:
        return np.zeros(0, dtype=object)
    lines = np.asarray(frame["geometry"].to_numpy(), dtype=object)
    return lines[~shapely.is_missing(lines) & ~shapely.is_empty(lines)]


def _marked(count: int, positions: NDArray[np.int64]) -> Flags:
    marked = np.zeros(count, dtype=bool)
    marked[positions] = True
    return marked

"""The road graph of one mode: links that meet at common nodes, and points joined to their nearest link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

from placesim.geo.profiles import WALK, Flags, Profile, said
from placesim.geo.shortest import graph
from placesim.geo.walls import Walls
from placesim.records import Floats, Ints

_JOIN = 0.1  # metres: ends that round to the same point of this grid are one node
_LINE = 1  # shapely's type of a line that is not taken apart
_ROW = 2**31  # points of that grid in a row: more than there are round the earth

Points = NDArray[np.object_]


@dataclass(frozen=True)
class Links:
    """The roads taken apart: lines[link], road[link] row of the table, u[link], v[link] nodes, metres[link]."""

    lines: NDArray[np.object_]
    road: Ints
    u: Ints
    v: Ints
    metres: Floats
    nodes: int

    def at(self, kept: Any) -> Links:
        """Some of the links, nodes numbered anew."""
        ends = np.concatenate([self.u[kept], self.v[kept]])
        left, position = np.unique(ends, return_inverse=True)
        u, v = position.reshape(2, -1)
        return Links(self.lines[kept], self.road[kept], u, v, self.metres[kept], len(left))


@dataclass(frozen=True)
class Network:
    """The largest connected part of the links that a mode may use: every node reaches every other.

    Left out: links that lead across a barrier (cut), and the other parts (apart, metres of each part_metres)."""

    profile: Profile
    links: Links
    cut: Ints  # roads
    part_metres: Floats

    @property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.links.lines)


@dataclass(frozen=True)
class Pieces:
    """Links cut where points stand on them: u → v along the line, link[piece], metres[piece]. point[point]: the node
    that each point has for itself; leg[point]: metres of its straight way to the link, inf where there is none.
    corner[node]: what a node of the network is called here."""

    u: Ints
    v: Ints
    link: Ints
    metres: Floats
    nodes: int
    point: Ints
    leg: Floats
    corner: Ints


def road_links(roads: pd.DataFrame) -> Links:
    """Links of a table of roads (metric lines): by `from_node`, `to_node` where every road names both, else joined
    where ends of lines coincide within 0.1 m. Lines cross without meeting elsewhere.

    Multi-part lines are taken apart, lines without length left out. A stated length is shared by the parts of a line.
    """
    given = roads["geometry"].to_numpy()
    there = np.flatnonzero(~shapely.is_missing(given))
    by_id = named_nodes(roads)
    whole = by_id or (shapely.get_type_id(given[there]) == _LINE).all()
    parts, row = (given[there], np.arange(len(there))) if whole else shapely.get_parts(given[there], return_index=True)
    drawn = shapely.length(parts)
    total = np.bincount(row, weights=drawn, minlength=len(there))
    stated = roads["length"].to_numpy(float)[there]
    metres = np.where(np.isnan(stated), total, stated)[row] * drawn / np.maximum(total[row], 1e-300)
    real = np.flatnonzero((metres > 0) & (drawn > 0))
    lines, road = parts[real], there[row[real]]
    ends = _ends_by_id(roads.iloc[road]) if by_id else _ends_by_place(lines)
    u, v = ends.reshape(2, -1)
    return Links(lines, road, u, v, metres[real], int(ends.max(initial=-1)) + 1)


def named_nodes(roads: pd.DataFrame) -> bool:
    """Whether every road names the nodes at both of its ends."""
    return len(roads) > 0 and bool(roads[["from_node", "to_node"]].notna().all(axis=None))


def _ends_by_id(roads: pd.DataFrame) -> Ints:
    codes, _ = pd.factorize(np.concatenate([roads["from_node"], roads["to_node"]]))
    return np.asarray(codes, dtype=np.int64)


def _ends_by_place(lines: NDArray[np.object_]) -> Ints:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(line, np.arange(len(lines)))
    ends = xy[np.concatenate([first, np.append(first[1:], len(xy))[: len(lines)] - 1])]
    x, y = np.rint(ends.T / _JOIN).astype(np.int64)
    _, node = np.unique(x * _ROW + y, return_inverse=True)
    return np.asarray(node, dtype=np.int64)


def build_network(roads: pd.DataFrame, links: Links, profile: Profile, walls: Walls) -> Network:
    """The links a mode may use, without those that lead across a barrier where it is walked, in their largest part.

    The largest part is the one with most metres in which one-way roads let every node reach every other.
    """
    usable = profile.usable[links.road]
    cut = np.zeros(len(usable), dtype=bool)
    if profile.mode == WALK:
        over = said(roads, "crosses", np.zeros(len(roads), dtype=bool))
        open_ground = np.flatnonzero(usable & ~over[links.road])
        cut[open_ground] = walls.cut(links.lines[open_ground])
    open_links = links.at(usable & ~cut)
    part, metres = _parts(open_links, profile)
    largest = int(metres.argmax()) if len(metres) else 0
    apart = np.delete(metres, [largest] if len(metres) else [])
    return Network(profile, open_links.at(part == largest), np.unique(links.road[cut]), apart[apart > 0])


def _parts(links: Links, profile: Profile) -> tuple[Ints, Floats]:
    """part[link] (−1: a one-way link between parts) and the metres of each part."""
    along = graph(*_directed(links.u, links.v, profile.one_way[links.road], links.metres), links.nodes)
    _, part = connected_components(along.cost, directed=True, connection="strong")
    own = np.where(part[links.u] == part[links.v], part[links.u], -1)
    metres = np.bincount(own[own >= 0], weights=links.metres[own >= 0])
    return own.astype(np.int64), metres.astype(np.float64)


def _directed(u: Ints, v: Ints, one_way: Flags, cost: Floats) -> tuple[Ints, Ints, Floats]:
    """tail, head, cost of links that run from u to v, and back where they are not one-way."""
    back = ~one_way
    return np.concatenate([u, v[back]]), np.concatenate([v, u[back]]), np.concatenate([cost, cost[back]])


# ------------------------------------------------------------------------------------------------ points
def join_points(network: Network, points: Points, walls: Walls, *, reach: float) -> Pieces:
    """Join each point to its nearest link by the straight way, cutting the link there.

    Where a wall stands in that way, the nearest link within `reach` metres that has none. A link with points on it
    becomes a chain u – point – point – v, so that two points on one link are as far apart as the stretch between them.
    """
    link, leg = _nearest_links(network, points, walls, reach)
    links, joined = network.links, np.flatnonzero(link >= 0)
    lines, on = links.lines[link[joined]], link[joined]
    share = shapely.line_locate_point(lines, points[joined], normalized=True)
    every, nodes = np.arange(len(links.lines)), links.nodes + np.arange(len(points))
    of_link = np.concatenate([every, on, every])
    at = np.concatenate([np.zeros(len(every)), share * links.metres[on], links.metres])
    node = np.concatenate([links.u, nodes[joined], links.v])
    order = np.lexsort((np.repeat([0, 1, 2], [len(every), len(on), len(every)]), at, of_link))
    of_link, at, node = of_link[order], at[order], node[order]
    same = of_link[1:] == of_link[:-1]
    u, v, count = node[:-1][same], node[1:][same], links.nodes + len(points)
    number = _side_by_side(u, v, count)
    return Pieces(
        u=number[u], v=number[v], link=of_link[1:][same], metres=np.diff(at)[same], nodes=count, point=number[nodes],
        leg=leg, corner=number[: links.nodes],
    )  # fmt: skip


def _side_by_side(u: Ints, v: Ints, nodes: int) -> Ints:
    """A number for each node, neighbours close to each other (Cuthill & McKee 1969): searches then run through memory
    that lies together, in half the time."""
    links = csr_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(nodes, nodes))
    order = reverse_cuthill_mckee(csr_array(links + links.T), symmetric_mode=True)
    number = np.empty(nodes, dtype=np.int64)
    number[order] = np.arange(nodes)
    return number


def _nearest_links(network: Network, points: Points, walls: Walls, reach: float) -> tuple[Ints, Floats]:
    """link[point] (−1 where none) and the metres to it."""
    link, leg = np.full(len(points), -1, dtype=np.int64), np.full(len(points), np.inf)
    if len(network.links.lines) == 0 or len(points) == 0:
        return link, leg
    tree = network.tree
    at, nearest = tree.query_nearest(points, all_matches=False)
    link[at] = nearest
    ways = shapely.shortest_line(points[at], network.links.lines[nearest])
    leg[at] = shapely.length(ways)
    walled = at[walls.block(ways)]
    link[walled], leg[walled] = -1, np.inf
    which, other = tree.query(points[walled], predicate="dwithin", distance=reach)
    ways = shapely.shortest_line(points[walled[which]], network.links.lines[other])
    free = ~walls.block(ways)
    which, other, metres = walled[which[free]], other[free], shapely.length(ways)[free]
    order = np.lexsort((other, metres, which))
    which, first = np.unique(which[order], return_index=True)
    link[which], leg[which] = other[order][first], metres[order][first]
    return link, leg

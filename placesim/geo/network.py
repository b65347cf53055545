"""The road graph: links that meet where their ends coincide, and points joined to their nearest link."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from placesim.geo.shortest import graph
from placesim.records import Floats, Ints

_JOIN = 0.1  # metres: ends that round to the same point of this grid are one node


@dataclass(frozen=True)
class Network:
    """The largest connected part of the roads, walked both ways.

    lines[link]; u[link], v[link] nodes; metres[link] along the line. metres_left_out: length of the other parts.
    """

    lines: NDArray[np.object_]
    u: Ints
    v: Ints
    metres: Floats
    nodes: int
    metres_left_out: float


@dataclass(frozen=True)
class Joined:
    """Points on the network: the graph with a node per point, those nodes, and the straight way from point to link."""

    links: csr_array
    nodes: Ints
    access: Floats


def build_network(roads: gpd.GeoSeries) -> Network:
    """Join lines (metric CRS) whose end points coincide within 0.1 m; lines cross without meeting elsewhere.

    Multi-part lines are taken apart, lines without length are left out. The largest part is the longest.
    """
    given = roads.to_numpy()
    lines = shapely.get_parts(given[~shapely.is_missing(given)])
    lines = lines[shapely.length(lines) > 0]
    metres = shapely.length(lines)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1)])
    _, node = np.unique(np.rint(ends / _JOIN).astype(np.int64), axis=0, return_inverse=True)
    u, v = node.reshape(2, -1)
    count = int(node.max(initial=-1)) + 1
    _, part = connected_components(graph(u, v, metres, count), directed=False)
    length = np.bincount(part[u], weights=metres, minlength=1)
    kept = part[u] == length.argmax()
    left, position = np.unique(node.reshape(2, -1)[:, kept], return_inverse=True)
    u, v = position.reshape(2, -1)
    return Network(lines[kept], u, v, metres[kept], len(left), float(metres[~kept].sum()))


def join_points(network: Network, points: NDArray[np.object_]) -> Joined:
    """Join each point to its nearest link by the straight way, cutting the link there.

    A link with points on it becomes a chain u – point – point – v, so that two points on one link are as far apart as
    the stretch between them.
    """
    tree = shapely.STRtree(network.lines)
    _, link = tree.query_nearest(points, all_matches=False)
    along = shapely.line_locate_point(network.lines[link], points)
    access = shapely.distance(network.lines[link], points)
    nodes = network.nodes + np.arange(len(points))
    every = np.arange(len(network.lines))
    of_link = np.concatenate([every, link, every])
    at = np.concatenate([np.zeros(len(every)), along, network.metres])
    node = np.concatenate([network.u, nodes, network.v])
    order = np.lexsort((np.repeat([0, 1, 2], [len(every), len(link), len(every)]), at, of_link))
    of_link, at, node = of_link[order], at[order], node[order]
    same = of_link[1:] == of_link[:-1]
    links = graph(node[:-1][same], node[1:][same], np.diff(at)[same], network.nodes + len(points))
    return Joined(links, nodes, access)

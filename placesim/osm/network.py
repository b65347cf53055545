"""The road network of an OpenStreetMap extract: ways cut where they meet, as nodes and edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placesim.osm import extract, rules
from placesim.osm.extract import CRS, ExtractError
from placesim.records import Floats, Ints

EARTH_RADIUS = 6_371_008.8  # metres, mean radius
_RULED = ("highway", "area", "oneway", "junction", "foot", "access", "maxspeed")
KEPT = ("name", "access", "foot", "bridge", "tunnel", "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
_COLUMNS = tuple(dict.fromkeys(("osm_id", *_RULED, *KEPT)))


@dataclass(frozen=True)
class _Vertices:
    """Every vertex of every way, one way after the other: way[vertex] position, lonlat[vertex], node[vertex] id,
    rails[vertex] whether rails cross there."""

    way: Ints
    lonlat: Floats
    node: Ints
    rails: NDArray[np.bool_]


@dataclass(frozen=True)
class _Pieces:
    """Stretches of ways between two cuts: first and last vertex, number within the way (from 1)."""

    first: Ints
    last: Ints
    number: Ints


def read_osm(path: str | Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """(nodes, edges) of the roads in an OpenStreetMap extract (`.osm.pbf` or `.osm`), in longitude and latitude.

    nodes: node (OSM id), lon, lat, Point. edges: u, v (node ids), length_m (haversine, R = 6 371 008.8 m, to 0.01),
    highway, oneway, walk, drive (0 or 1), maxspeed (as written), way_id, then piece (number along the way), name,
    access, foot, bridge, tunnel, the sidewalk tags, crossing (rails are crossed at grade); LineString from u to v.
    `oneway` 1 leads from u to v only, on wheels; walking knows no one-way.

    Ways with a `highway` tag, without areas and what is no road (construction, platforms, …), are cut at their ends
    and at every node that is passed more than once; pieces that may be neither walked nor driven are left out. Parallel
    pieces and loops stay. Ways meet at nodes, not where they are drawn across each other. A node that the extract
    does not hold is skipped, so a way that leaves the extract ends at its last node inside.

    Raises InputError("path"): no file, no extract, cut short or damaged, no road in it.
    """
    file = extract.as_path(path)
    extract.check_whole(file)
    tags, lines = extract.features(file, "lines", _COLUMNS, "highway IS NOT NULL")
    again = tags["osm_id"].duplicated().to_numpy()  # as where extracts that overlap were put together
    road = rules.is_road(tags) & ~shapely.is_missing(lines) & ~again
    tags, lines = tags[road].reset_index(drop=True), lines[road]
    if not len(tags):
        raise ExtractError("E634", file)
    vertices = _vertices(file, tags["osm_id"].to_numpy(np.int64), lines)
    edges = _edges(tags, vertices, _cut(vertices))
    if edges.empty:
        raise ExtractError("E634", file)
    return _nodes(vertices, edges), edges


# -------------------------------------------------------------------------------------------------- ways and nodes
def _vertices(file: Path, ways: Ints, lines: NDArray[np.object_]) -> _Vertices:
    lonlat, way = shapely.get_coordinates(lines, return_index=True)
    different, at = np.unique(extract.cells(lonlat), return_inverse=True)
    ids, position, rails = _nodes_at(file, different)
    first, count = np.unique(position, return_index=True, return_counts=True)[1:]
    if len(first) < len(different):  # the driver drew a line through a node that it does not list
        raise ExtractError("E633", file)
    node = ids[first][at]
    twins = np.flatnonzero(count[at] > 1)
    if len(twins):
        candidates = {p: ids[first[p] : first[p] + count[p]] for p in at[twins].tolist()}
        node[twins] = _told_apart(file, ways[way[twins]], at[twins], candidates)
    crossed = np.zeros(len(different), dtype=bool)
    crossed[position[rails]] = True
    return _Vertices(way, lonlat, node, crossed[at])


def _nodes_at(file: Path, wanted: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """(ids, positions in `wanted`, whether rails cross there) of the nodes in these cells, by position, then id."""
    found = []
    for ids, cell, rails in extract.nodes_in_chunks(file):
        position = np.minimum(np.searchsorted(wanted, cell), len(wanted) - 1)
        there = wanted[position] == cell
        found.append((ids[there], position[there], rails[there]))
    ids, position, rails = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((ids, position))
    return ids[order], position[order], rails[order]


def _told_apart(file: Path, ways: Ints, positions: Ints, candidates: Mapping[int, Ints]) -> Ints:
    """The node at each of these vertices (given by way, in order along it) where several stand at one position."""
    refs = extract.refs_of(file, frozenset(ways.tolist()))
    passed: Counter[tuple[int, int]] = Counter()
    told = []
    for vertex in zip(ways.tolist(), positions.tolist(), strict=True):
        way, position = vertex
        nodes = refs[way][np.isin(refs[way], candidates[position])] if way in refs else ()
        if passed[vertex] >= len(nodes):  # a file that holds two ways of one id contradicts itself
            raise ExtractError("E633", file)
        told.append(nodes[passed[vertex]])
        passed[vertex] += 1
    return np.array(told, dtype=np.int64)


# ------------------------------------------------------------------------------------------------- pieces and edges
def _cut(vertices: _Vertices) -> _Pieces:
    """Cut every way at its ends and at each node that stands at more than one vertex of all ways."""
    node, times = np.unique(vertices.node, return_inverse=True, return_counts=True)[1:]
    starts = np.ones(len(node), dtype=bool)
    starts[1:] = vertices.way[1:] != vertices.way[:-1]
    cuts = np.flatnonzero((times[node] > 1) | starts | np.append(starts[1:], True))
    same = vertices.way[cuts[:-1]] == vertices.way[cuts[1:]]
    first, last = cuts[:-1][same], cuts[1:][same]
    way = vertices.way[first]
    begin = np.flatnonzero(np.append(True, way[1:] != way[:-1]))
    return _Pieces(first, last, np.arange(len(way)) - np.repeat(begin, np.diff(np.append(begin, len(way)))) + 1)


def _edges(tags: pd.DataFrame, vertices: _Vertices, pieces: _Pieces) -> gpd.GeoDataFrame:
    """Every piece that may be walked or driven, from u to v as it is driven."""
    way = vertices.way[pieces.first]
    back = rules.reversed_way(tags)[way]
    start, end = vertices.node[pieces.first], vertices.node[pieces.last]
    lines, said = _lines(vertices, pieces), tags.take(way).reset_index(drop=True)
    edges = gpd.GeoDataFrame(
        {
            "u": np.where(back, end, start),
            "v": np.where(back, start, end),
            "length_m": _lengths(vertices, pieces),
            "highway": said["highway"],
            "oneway": rules.one_way(said).astype(np.int64),
            "walk": rules.walked(said).astype(np.int64),
            "drive": rules.driven(said).astype(np.int64),
            "maxspeed": said["maxspeed"],
            "way_id": said["osm_id"].to_numpy(np.int64),
            "piece": pieces.number,
            **said[list(KEPT)],
            "crossing": _any_between(vertices.rails, pieces),
        },
        geometry=np.where(back, shapely.reverse(lines), lines),
        crs=CRS,
    )
    return edges[(edges["walk"] == 1) | (edges["drive"] == 1)].reset_index(drop=True)


def _lengths(vertices: _Vertices, pieces: _Pieces) -> Floats:
    """Metres along each piece by haversine segments, to 0.01."""
    lon, lat = np.radians(vertices.lonlat).T
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    along = np.append(0.0, np.cumsum(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1.0)))))
    return (along[pieces.last] - along[pieces.first]).round(2)


def _lines(vertices: _Vertices, pieces: _Pieces) -> NDArray[np.object_]:
    size = pieces.last - pieces.first + 1
    piece = np.repeat(np.arange(len(size)), size)
    vertex = np.arange(len(piece)) + np.repeat(pieces.first - (np.cumsum(size) - size), size)
    lines: NDArray[np.object_] = shapely.linestrings(vertices.lonlat[vertex], indices=piece)
    return lines


def _any_between(marked: NDArray[np.bool_], pieces: _Pieces) -> NDArray[np.bool_]:
    """Whether any vertex of a piece is marked, its ends included."""
    before = np.append(0, np.cumsum(marked))
    return before[pieces.last + 1] > before[pieces.first]


def _nodes(vertices: _Vertices, edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The ends of the edges, by id."""
    ids, first = np.unique(vertices.node, return_index=True)
    at_end = np.isin(ids, edges[["u", "v"]].to_numpy())
    lon, lat = vertices.lonlat[first[at_end]].T
    columns = {"node": ids[at_end], "lon": lon, "lat": lat}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=CRS)

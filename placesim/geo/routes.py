"""The ways pupils walk (上学路径): pupils on each road link, and where they cross main roads."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placesim.geo.dijkstra import Indices, loads
from placesim.geo.ground import Ground, on_foot
from placesim.geo.network import Network
from placesim.geo.profiles import Flags, main_roads, unsafe_roads
from placesim.records import Allocation, Floats, HomeWays, Inputs, Ints

ROUTES = ("road_id", "class", "unsafe", "main", "walkers", "metres")
CROSSINGS = ("roads", "walkers")
_NO_WAY = 1e-3  # metres: so near the end of a link a point stands at its end
ON_FOOT, OFF_ROADS, FARTHER, UNKNOWN = "on_foot", "off_roads", "farther", "unknown"


@dataclass(frozen=True)
class Journeys:
    """Pupils by way: home[row], school[row] positions, pupils[row], and how they go."""

    home: Ints
    school: Ints
    pupils: Floats
    how: np.ndarray


@dataclass(frozen=True)
class Walked:
    """pupils[link] of the network on foot, at the busiest point of the link; turns where roads meet main roads: the
    link they come by, the link they go on by, the node between them, how many."""

    pupils: Floats
    coming: Ints
    going: Ints
    node: Ints
    turning: Floats


def journeys(allocation: Allocation, ways: HomeWays, ground: Ground | None) -> Journeys:
    """How the pupils of the base year who live and attend in the county get to school; an area's pupils are shared by
    its homes. ground: of people on foot, its limit the longest way that is walked. farther: they ride, or walk longer;
    off_roads: straight across, next door to the school; unknown: no way within the limit of travel."""
    area, school, pupils = _flows(allocation)
    row, home = _homes_of(area, ways)
    schools = len(allocation.schools)
    pair = home * schools + school[row]
    how = np.where(np.isin(pair, ways.home * schools + ways.school), FARTHER, UNKNOWN).astype(object)
    if ground is not None:
        for name, found in zip((ON_FOOT, OFF_ROADS), on_foot(ground), strict=True):
            how[np.isin(pair, found.home * schools + found.school)] = name
    return Journeys(home, school[row], pupils[row] * ways.home_share[home], how)


def _flows(allocation: Allocation) -> tuple[Ints, Ints, Floats]:
    """area, school, pupils of the base year inside the county, grades and groups taken together."""
    inside = (
        (allocation.year == 0)
        & (allocation.area < len(allocation.areas) - 1)
        & (allocation.school < len(allocation.schools) - 1)
    )
    code = allocation.area[inside] * len(allocation.schools) + allocation.school[inside]
    pairs, position = np.unique(code, return_inverse=True)
    pupils = np.bincount(position, weights=allocation.pupils[inside], minlength=len(pairs))
    area, school = np.divmod(pairs, len(allocation.schools))
    return area.astype(np.int64), school.astype(np.int64), pupils.astype(np.float64)


def _homes_of(area: Ints, ways: HomeWays) -> tuple[Ints, Ints]:
    """(row of `area`, home) for every home of each area."""
    order = np.argsort(ways.home_area, kind="stable")
    begin, end = (np.searchsorted(ways.home_area[order], area, side=side) for side in ("left", "right"))
    row = np.repeat(np.arange(len(area)), end - begin)
    within = np.arange(len(row)) - np.repeat(np.cumsum(end - begin) - (end - begin), end - begin)
    return row, order[begin[row] + within]


def walk(journey: Journeys, ground: Ground, watched: Flags) -> Walked:
    """Send those on foot along their cheapest ways. watched[node of the network]: where turns are told."""
    search, pieces, network = ground.searches[0], ground.pieces[0], ground.networks[0]
    walkers = np.flatnonzero(journey.how == ON_FOOT)
    at = np.zeros(pieces.nodes, dtype=bool)
    at[pieces.corner[watched]] = True
    flow = np.zeros(search.graph.cost.nnz)
    order = walkers[np.argsort(journey.school[walkers], kind="stable")]
    by_school = np.split(order, np.flatnonzero(np.diff(journey.school[order])) + 1)
    turns = [_to_one_school(journey, rows, ground, at, flow) for rows in by_school if len(rows)]
    of_piece = np.bincount(search.graph.link, weights=flow, minlength=len(pieces.u))
    pupils = np.zeros(len(network.links.lines))
    walked = pieces.metres > _NO_WAY  # who lives or goes to school at the very end of a link does not walk along it
    np.maximum.at(pupils, pieces.link[walked], of_piece[walked])
    coming, going, turning = (np.concatenate(c) for c in zip(_NO_TURN, *turns, strict=True))
    place = np.full(pieces.nodes, -1, dtype=np.int64)
    place[pieces.corner] = np.arange(len(pieces.corner))
    link_of = pieces.link[search.graph.link]
    return Walked(pupils, link_of[coming], link_of[going], place[search.tails[coming]], turning)


_NO_TURN = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0))


def _to_one_school(
    journey: Journeys, rows: Ints, ground: Ground, watched: Flags, flow: Floats
) -> tuple[Indices, Indices, Floats]:
    search = ground.searches[0]
    start = np.zeros(search.graph.nodes)
    np.add.at(start, search.homes[journey.home[rows]], journey.pupils[rows])
    school = search.schools[np.searchsorted(ground.located, journey.school[rows[0]])]
    metres = np.where(search.metres > _NO_WAY, search.metres, 0.0)
    return loads(search.roads._replace(metres=metres), school, start, watched, flow)


# ------------------------------------------------------------------------------------------------ tables
def route_table(inputs: Inputs, network: Network, walked: Walked, *, least: int) -> gpd.GeoDataFrame:
    """ROUTES: links walked by at least `least` pupils and unsafe ones walked by anybody, unsafe ones first, most pupils
    first."""
    roads, links = inputs.frame("roads"), network.links
    table = pd.DataFrame(
        {
            "road_id": roads["road_id"].to_numpy()[links.road], "class": roads["class"].to_numpy()[links.road],
            "unsafe": unsafe_roads(roads)[links.road], "main": main_roads(roads)[links.road],
            "walkers": walked.pupils.round(1), "metres": links.metres.round(1),
        }
    )  # fmt: skip
    listed = (table["walkers"] >= least) | (table["unsafe"] & (table["walkers"] > 0))
    routes = gpd.GeoDataFrame(table, geometry=links.lines, crs=inputs.crs)[listed.to_numpy()]
    return routes.sort_values(["unsafe", "walkers", "road_id"], ascending=[False, False, True], ignore_index=True)


def meeting_places(inputs: Inputs, network: Network) -> Flags:
    """Nodes where at least two links of main roads meet: only there can a main road be crossed."""
    links = network.links
    main = main_roads(inputs.frame("roads"))[links.road]
    ends = np.concatenate([links.u[main], links.v[main]])
    return np.bincount(ends, minlength=links.nodes) >= 2


def crossing_table(inputs: Inputs, network: Network, walked: Walked, *, least: int) -> gpd.GeoDataFrame:
    """CROSSINGS: points where at least `least` pupils pass from one side of a main road to the other, most first.

    Turns from one link that is no main road to another are crossings where a main road runs between them: in the order
    of directions around the node, each of the two lies between other arms of the main road.
    """
    roads, links = inputs.frame("roads"), network.links
    main = main_roads(roads)[links.road]
    turns = pd.DataFrame({"node": walked.node, "a": walked.coming, "b": walked.going, "pupils": walked.turning})
    beside = turns[~main[walked.coming] & ~main[walked.going]]
    turns = pd.DataFrame(beside.groupby(["node", "a", "b"])["pupils"].sum().reset_index())
    arms = _arms(links.u, links.v, main, turns["node"].unique())
    ways = zip(turns["node"], turns["a"], turns["b"], strict=True)
    crossed = [_between(network, node, (a, b), arms[node]) for node, a, b in ways]
    sums = turns[np.array(crossed, dtype=bool)].groupby("node")["pupils"].sum().round(1)
    sums = sums[sums >= least].sort_values(ascending=False, kind="stable")
    names = [_joined(roads["road_id"].to_numpy()[links.road[arms[n]]]) for n in sums.index]
    points = [_end(network, arms[n][0], n) for n in sums.index]
    return gpd.GeoDataFrame({"roads": names, "walkers": sums.to_numpy(float)}, geometry=points, crs=inputs.crs)


def _arms(u: Ints, v: Ints, main: Flags, nodes: Ints) -> dict[int, Ints]:
    """node → links of main roads that end there."""
    link = np.flatnonzero(main)
    ends = pd.DataFrame({"node": np.concatenate([u[link], v[link]]), "link": np.tile(link, 2)})
    ends = ends[ends["node"].isin(nodes)].drop_duplicates()
    return {node: rows.to_numpy() for node, rows in ends.groupby("node")["link"]}  # type: ignore[misc]


def _between(network: Network, node: int, ways: tuple[int, int], arms: Ints) -> bool:
    """Whether arms of the main road lie between two links on both ways round the node."""
    bearings = np.sort([_bearing(network, arm, node) for arm in arms])
    sides = [np.searchsorted(bearings, _bearing(network, way, node)) % len(bearings) for way in ways]
    return bool(sides[0] != sides[1])


def _bearing(network: Network, link: int, node: int) -> float:
    """Direction in which a link leaves a node, −π to π."""
    xy = shapely.get_coordinates(network.links.lines[link])
    first, then = (xy[0], xy[1]) if network.links.u[link] == node else (xy[-1], xy[-2])
    return float(np.arctan2(*(then - first)[::-1]))


def _end(network: Network, link: int, node: int) -> shapely.Point:
    line = network.links.lines[link]
    return shapely.get_point(line, 0 if network.links.u[link] == node else -1)


def _joined(ids: np.ndarray) -> str:
    return "+".join(sorted({str(i) for i in ids}))

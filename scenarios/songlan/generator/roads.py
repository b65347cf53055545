"""Roads: a street grid in the county town, county roads to the seats, township roads to villages, tracks to hamlets."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from .facts import Flags, Floats, Ints, facts, metres
from .settle import GRAIN, Settlements, both_ways
from .terrain import TOWN_GRID, Land, town_distance

# class: speed in km/h, footway, unsafe for pupils on foot
CLASSES = {
    "arterial": (40, True, False),
    "street": (30, True, False),
    "county_road": (50, False, True),
    "township_road": (35, False, False),
    "village_track": (20, False, False),
}
STREET = 2 * TOWN_GRID  # m between streets
BRIDGE_COST, TRACK_CROSSING = 1500.0, 9000.0  # m that crossing a river or the expressway is worth to a road
LOOP, LOOP_REACH = 2.5, 5000.0  # villages closer than LOOP_REACH whose way is LOOP times the straight line get a road
GAP = 40.0  # m of barrier left open on either side of a bridge or underpass
BRIDGES = (-5, -1, 3)  # rows of the street grid that cross the river


@dataclass
class Network:
    """Nodes (cells outside the town, then street corners) and the steps between them that became roads."""

    xy: Floats
    pair: Ints
    length: Floats
    crosses: Flags
    hills: Floats
    road: np.ndarray = field(init=False)  # class of every pair, "" = no road
    _order: Ints = field(init=False)
    _codes: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.road = np.full(len(self.pair), "", dtype=object)
        codes = self._code(self.pair)
        self._order = np.argsort(codes)
        self._codes = codes[self._order]

    def _code(self, pair: Ints) -> Ints:
        return pair.min(axis=1) * len(self.xy) + pair.max(axis=1)

    def number(self, pair: Ints) -> Ints:
        """Positions of steps given by their end nodes, in either direction."""
        return self._order[np.searchsorted(self._codes, self._code(pair))]

    def graph(self, cost: Floats) -> csr_array:
        return both_ways(self.pair, cost, len(self.xy))

    def nodes(self) -> Ints:
        return np.unique(self.pair[self.road != ""])


def build_roads(land: Land, homes: Settlements) -> tuple[pd.DataFrame, pd.DataFrame, Network, Ints]:
    """Road links, barriers, the network behind them, and the node of every area's centre."""
    network = _open_country(land)
    cells, centre = len(land.xy), _town_nodes(network, land, homes)
    seats = np.array([_closest(network, metres(t["seat"]), cells) for t in facts()["township"]])
    heart = cells + int(np.hypot(*(network.xy[cells:] - metres(facts()["town"]["old_centre"])).T).argmin())
    _connect(network, "county_road", np.array([heart]), seats, crossing=BRIDGE_COST)
    _ring(network, seats)
    rural = (homes.table["area_type"] != "urban").to_numpy()
    _connect(network, "township_road", network.nodes(), centre[rural], crossing=TRACK_CROSSING)
    _loops(network, centre[rural])
    _connect(network, "village_track", network.nodes(), homes.hamlets, crossing=TRACK_CROSSING)
    stops = np.concatenate([centre, homes.hamlets, seats])
    return _links(network, stops), _barriers(network, land), network, centre


def _open_country(land: Land) -> Network:
    """Cells outside the town and street corners inside, with the steps a road could take."""
    corners, streets, kinds = _streets(land)
    n = len(land.xy)
    outside = ~land.town[land.pair].any(axis=1)
    fringe = np.flatnonzero(~land.town & (town_distance(land.xy) < 1.35))
    tree = cKDTree(corners)
    distance, corner = tree.query(land.xy[fringe], distance_upper_bound=420.0)
    gates = np.stack([fringe, corner + n], axis=1)[np.isfinite(distance)]
    xy = np.round(np.concatenate([land.xy, corners]) / GRAIN) * GRAIN
    pair = np.concatenate([land.pair[outside], gates, streets + n])
    steps = shapely.linestrings(xy[pair])
    crosses = np.stack([shapely.intersects(steps, line) for line in land.lines], axis=1)
    hills = np.concatenate([land.hills, np.zeros(len(corners))])[pair].mean(axis=1)
    network = Network(xy, pair, shapely.length(steps), crosses, hills)
    network.road[len(pair) - len(streets) :] = kinds
    return network


def _streets(land: Land) -> tuple[Floats, Ints, np.ndarray]:
    """Corners, links and classes of the street grid; the river is crossed on the bridges only."""
    angle = np.deg2rad(facts()["town"]["turn"])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    k = np.arange(-14, 15)
    index = np.stack(np.meshgrid(k, k), axis=-1).reshape(-1, 2)
    xy = (index * STREET) @ turn + metres(facts()["town"]["centre"])
    inside = town_distance(xy) < 0.985
    index, xy = index[inside], xy[inside]
    near = cKDTree(index).query_pairs(1.01, output_type="ndarray")
    links = shapely.linestrings(xy[near])
    wet = shapely.intersects(links, land.lines[0])
    along = index[near[:, 0], 1] == index[near[:, 1], 1]  # links that run east
    bridge = along & np.isin(index[near[:, 0], 1], BRIDGES)
    line = np.where(along, index[near[:, 0], 1], index[near[:, 0], 0])
    kinds = np.where((line % 4 == 3) | bridge, "arterial", "street").astype(object)
    kept = ~wet | bridge
    return _largest(xy, near[kept], kinds[kept])


def _largest(xy: Floats, pair: Ints, kinds: np.ndarray) -> tuple[Floats, Ints, np.ndarray]:
    """The part of a network that hangs together."""
    _, part = connected_components(both_ways(pair, np.ones(len(pair)), len(xy)), directed=False)
    main = part == np.bincount(part).argmax()
    kept = main[pair].all(axis=1)
    return xy[main], (np.cumsum(main) - 1)[pair[kept]], kinds[kept]


def _closest(network: Network, point: Floats, cells: int) -> int:
    return int(np.hypot(*(network.xy[:cells] - point).T).argmin())


def _town_nodes(network: Network, land: Land, homes: Settlements) -> Ints:
    """The road node of every area's centre: its cell, or the nearest street corner."""
    cells = len(land.xy)
    corner = cells + cKDTree(network.xy[cells:]).query(land.xy[homes.centre])[1]
    return np.where(land.town[homes.centre], corner, homes.centre)


def _cost(network: Network, crossing: float) -> Floats:
    """Roads avoid hills, use what is there, and cross rivers and the expressway where it is worth a bridge."""
    cost = network.length * (1 + 1.5 * network.hills) + crossing * network.crosses.any(axis=1)
    return np.where(network.road != "", 0.45 * network.length, cost)


def _connect(network: Network, kind: str, sources: Ints, targets: Ints, *, crossing: float) -> None:
    """Join every target to the nearest source along the cheapest way; new steps become roads of this class."""
    _, before, _ = dijkstra(
        network.graph(_cost(network, crossing)), indices=sources, min_only=True, return_predecessors=True
    )
    _mark(network, kind, before, targets)


def _mark(network: Network, kind: str, before: Ints, targets: Ints) -> None:
    """Make roads of the steps on the way back from the targets."""
    used: set[tuple[int, int]] = set()
    for node in targets:
        while before[node] >= 0 and (before[node], node) not in used:
            used.add((int(before[node]), int(node)))
            node = before[node]
    steps = network.number(np.array(sorted(used), dtype=np.int64).reshape(-1, 2))
    network.road[steps[network.road[steps] == ""]] = kind


def _ring(network: Network, seats: Ints) -> None:
    """County roads between neighbouring seats."""
    for k, seat in enumerate(seats):
        apart = np.hypot(*(network.xy[seats] - network.xy[seat]).T)
        near = seats[np.argsort(apart)[1:3]]
        _connect(network, "county_road", seats[k : k + 1], near, crossing=2 * BRIDGE_COST)


def _loops(network: Network, villages: Ints) -> None:
    """Roads between near villages that are far apart by road."""
    roads = network.road != ""
    graph = both_ways(network.pair[roads], network.length[roads], len(network.xy))
    by_road = dijkstra(graph, indices=villages)[:, villages]
    straight = np.hypot(*(network.xy[villages][:, None] - network.xy[villages][None]).transpose(2, 0, 1))
    far = (straight < LOOP_REACH) & (by_road > LOOP * straight) & (straight > 0)
    for k in np.flatnonzero(far.any(axis=1)):
        worst = np.where(far[k], by_road[k] / np.maximum(straight[k], 1), 0).argmax()
        _connect(network, "township_road", villages[k : k + 1], villages[worst : worst + 1], crossing=TRACK_CROSSING)


def _links(network: Network, stops: Ints) -> pd.DataFrame:
    """Roads between junctions and stops: steps joined through nodes where only two of one class meet."""
    road = network.road != ""
    pair, kind = network.pair[road], network.road[road]
    degree = np.bincount(pair.ravel(), minlength=len(network.xy))
    degree[stops] = 0
    merged: list[tuple[str, list[int]]] = []
    for name in CLASSES:
        own = pair[kind == name]
        through = (np.bincount(own.ravel(), minlength=len(network.xy)) == 2) & (degree == 2)
        merged += [(name, chain) for chain in _chains(own, through)]
    rows = [(name, *CLASSES[name], shapely.linestrings(network.xy[chain])) for name, chain in merged]
    table = pd.DataFrame(rows, columns=["class", "speed", "footway", "unsafe", "geometry"])
    table["geometry"] = shapely.simplify(table["geometry"].to_numpy(), 35.0)
    table["unsafe"] &= shapely.length(table["geometry"].to_numpy()) > 2500
    table.insert(0, "road_id", [f"R{k + 1:04d}" for k in range(len(table))])
    return table.assign(one_way=False)


def _chains(pair: Ints, through: Flags) -> list[list[int]]:
    """Node lists of the longest ways that pass only `through` nodes."""
    steps: dict[int, list[int]] = {}
    for a, b in pair.tolist():
        steps.setdefault(a, []).append(b)
        steps.setdefault(b, []).append(a)
    chains, done = [], set()
    ends = [node for node in steps if not through[node]]
    for start in ends + list(steps):
        for following in steps[start]:
            if (start, following) in done:
                continue
            chain = [start, following]
            while through[chain[-1]] and chain[-1] != start:
                chain.append(next(n for n in steps[chain[-1]] if n != chain[-2]))
            done |= set(pairwise(chain)) | set(pairwise(chain[::-1]))
            chains.append(chain)
    return chains


def _barriers(network: Network, land: Land) -> pd.DataFrame:
    """Rivers and expressway, open where a road crosses them."""
    road = network.road != ""
    inside = shapely.union_all(land.polygon).buffer(0)
    rows = []
    for k, fact in enumerate(facts()["barrier"]):
        crossing = shapely.linestrings(network.xy[network.pair[road & network.crosses[:, k]]])
        bridges = shapely.union_all(shapely.buffer(shapely.intersection(crossing, land.lines[k]), GAP))
        closed = shapely.difference(
            shapely.intersection(land.lines[k], inside), shapely.union(bridges, shapely.union_all(crossing).buffer(5))
        )
        rows += [(fact["kind"], fact["name"], part) for part in shapely.get_parts(shapely.simplify(closed, 10.0))]
    table = pd.DataFrame(rows, columns=["kind", "name", "geometry"])
    table["geometry"] = shapely.transform(table["geometry"].to_numpy(), lambda c: np.round(c / GRAIN) * GRAIN)
    table.insert(0, "barrier_id", [f"B{k + 1:03d}" for k in range(len(table))])
    return table

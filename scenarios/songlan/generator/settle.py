"""Areas: communities of the county town, township seats and villages, grown over the cells of the land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from .facts import MAP_SEED, Flags, Floats, Ints, facts, metres, stream
from .terrain import Land, town_distance

WEST, EAST, OUTSKIRTS = 19, 11, 11  # communities west and east of the river, villages around the county town
CROSSING = 2500.0  # m that a river is worth when borders form
SEAT_ZONE = 480.0  # m around a township seat that its communities take
SMOOTH = 130.0  # m: corners smaller than this are taken off the borders
GRAIN = 0.1  # m of the coordinates


@dataclass(frozen=True)
class Settlements:
    """The areas in order of their id, and the cells they are made of.

    table: area_id, name, name_en, planning_area, area_type, weight (relative size in 2000), geometry;
    of_cell[cell] = area position; centre[area] = cell where its road ends; hamlets = further cells with homes.
    """

    table: pd.DataFrame
    of_cell: Ints
    centre: Ints
    hamlets: Ints


def settle(land: Land) -> Settlements:
    """Divide the land into areas (the same on every call)."""
    rng = stream(MAP_SEED, 1)
    graph = _graph(land, rng)
    rows: list[dict[str, Any]] = []
    of_cell = np.full(len(land.xy), -1)
    for zone, seeds, facts_of in _zones(land, graph, rng):
        of_cell[zone] = _grow(graph, zone, seeds) + len(rows)
        rows.extend(facts_of)
    table = pd.DataFrame(rows)
    order = table["area_id"].argsort(kind="stable").to_numpy()
    table = table.iloc[order].reset_index(drop=True)
    of_cell = np.argsort(order)[of_cell]
    table["geometry"] = _borders(land, of_cell, len(table))
    centre = _centres(land, table, of_cell)
    table["weight"] = _sizes(land, table, centre, rng)
    return Settlements(table, of_cell, centre, _hamlets(land, table, of_cell, rng))


def _graph(land: Land, rng: np.random.Generator) -> csr_array:
    """Cost of stepping between cells while borders form: hills and rivers hold back, chance bends the rest."""
    cost = land.length * (1 + land.hills[land.pair].mean(axis=1)) * rng.lognormal(0, 0.4, len(land.pair))
    cost += CROSSING * land.crosses[:, :2].any(axis=1)
    return both_ways(land.pair, cost, len(land.xy))


def both_ways(pair: Ints, cost: Floats, nodes: int) -> csr_array:
    """Undirected graph of the pairs."""
    ends = np.concatenate([pair, pair[:, ::-1]]).T
    return coo_array((np.tile(cost, 2), (ends[0], ends[1])), shape=(nodes, nodes)).tocsr()


def _grow(graph: csr_array, zone: Ints, seeds: Ints) -> Ints:
    """Nearest seed (position) of every cell of a zone, by steps inside the zone: every area hangs together."""
    start = np.searchsorted(zone, seeds)
    _, _, source = dijkstra(graph[zone][:, zone], indices=start, min_only=True, return_predecessors=True)
    if (source < 0).any():
        raise RuntimeError(f"{(source < 0).sum()} cells of a zone cannot be reached: change the facts of the map")
    position = np.zeros(len(zone), dtype=np.int64)
    position[start] = np.arange(len(start))
    return position[source]


def _zones(land: Land, graph: csr_array, rng: np.random.Generator) -> list[tuple[Ints, Ints, list[dict[str, Any]]]]:
    """(cells, seeds, facts of the areas) of the county town, the seats and the countryside of every township."""
    names = _village_names(rng)
    town = _county_town(land, rng)
    seats = np.array([_nearest(land, metres(t["seat"]), ~land.town) for t in facts()["township"]])
    everywhere = np.arange(len(land.xy))
    centre = _nearest(land, metres(facts()["town"]["centre"]), land.town)
    township = _grow(graph, everywhere, np.r_[seats, centre])
    zones = town
    for k, (t, seat) in enumerate(zip(facts()["township"], seats, strict=True)):
        near = np.hypot(*(land.xy - land.xy[seat]).T) < SEAT_ZONE * (1 if t["seat_areas"] == 1 else 1.3)
        zone = np.flatnonzero(near & (township == k) & ~land.town)
        zones.append((zone, _spread(land, zone, t["seat_areas"], rng), _seat_facts(t)))
        rest = np.flatnonzero((township == k) & ~near & ~land.town)
        rest, stray = _connected(graph, rest)
        township[stray] = len(seats)
        zones.append((rest, _spread(land, rest, t["villages"], rng), _village_facts(t["id"], t["villages"], names)))
    rest = np.flatnonzero((township == len(seats)) & ~land.town)
    zones.append((rest, _spread(land, rest, OUTSKIRTS, rng), _village_facts("103", OUTSKIRTS, names)))
    return zones


def _county_town(land: Land, rng: np.random.Generator) -> list[tuple[Ints, Ints, list[dict[str, Any]]]]:
    """The communities on both banks."""
    river = land.lines[0]
    ahead = shapely.line_interpolate_point(river, shapely.line_locate_point(river, shapely.points(land.xy)) + 20)
    foot = shapely.line_interpolate_point(river, shapely.line_locate_point(river, shapely.points(land.xy)))
    flow = shapely.get_coordinates(ahead) - shapely.get_coordinates(foot)
    away = land.xy - shapely.get_coordinates(foot)
    east = flow[:, 0] * away[:, 1] - flow[:, 1] * away[:, 0] > 0  # the river runs south: left of it is east
    zones = []
    for piece, bank, side, number in (("101", "west", ~east, WEST), ("102", "east", east, EAST)):
        zone = np.flatnonzero(land.town & side)
        labels = facts()["names"][bank][:number]
        rows = [_area(piece, i, f"{zh}社区", f"{en} Community", "urban") for i, (zh, en) in enumerate(labels)]
        zones.append((zone, _spread(land, zone, number, rng), rows))
    return zones


def _spread(land: Land, zone: Ints, number: int, rng: np.random.Generator) -> Ints:
    """Seed cells spread over a zone, denser near the old centre and in the valleys; distinct."""
    if number == 1:
        return np.array([zone[np.hypot(*(land.xy[zone] - land.xy[zone].mean(axis=0)).T).argmin()]])
    old = np.hypot(*(land.xy[zone] - metres(facts()["town"]["old_centre"])).T)
    chance = np.where(land.town[zone], np.exp(-old / 900), np.exp(-2.2 * land.hills[zone]))
    sample = land.xy[rng.choice(zone, 4000, p=chance / chance.sum())]
    middles, _ = kmeans2(sample, number, minit="++", seed=rng, iter=25)
    distance = np.hypot(*(land.xy[zone][:, None] - middles[None]).transpose(2, 0, 1))
    return zone[distance.argmin(axis=0)]


def _connected(graph: csr_array, zone: Ints) -> tuple[Ints, Ints]:
    """The cells of a zone that hang together with most of it, and the others."""
    _, part = connected_components(graph[zone][:, zone], directed=False)
    main = part == np.bincount(part).argmax()
    return zone[main], zone[~main]


def _nearest(land: Land, point: Floats, among: Flags) -> int:
    cells = np.flatnonzero(among)
    return int(cells[np.hypot(*(land.xy[cells] - point).T).argmin()])


def _area(piece: str, i: int, name: str, name_en: str, area_type: str) -> dict[str, Any]:
    return {
        "area_id": f"{facts()['code']}{piece}{i + 1:03d}",
        "name": name,
        "name_en": name_en,
        "planning_area": piece,
        "area_type": area_type,
    }


def _seat_facts(township: dict[str, Any]) -> list[dict[str, Any]]:
    stem, stem_en = township["name"][:-1], township["name_en"]
    labels = [(f"{stem}社区", f"{stem_en} Community"), (f"{stem}新街社区", f"{stem_en} Xinjie Community")]
    return [_area(township["id"], i, zh, en, "town") for i, (zh, en) in enumerate(labels[: township["seat_areas"]])]


def _village_facts(piece: str, number: int, names: list[tuple[str, str]]) -> list[dict[str, Any]]:
    start = 0 if piece == "103" else 10
    labels = [names.pop() for _ in range(number)]
    return [_area(piece, start + i, f"{zh}村", f"{en} Village", "rural") for i, (zh, en) in enumerate(labels)]


def _village_names(rng: np.random.Generator) -> list[tuple[str, str]]:
    """Every first with every second part, shuffled; parts with the same reading are no two names."""
    names = facts()["names"]
    pairs = [(a + b, en + tail) for a, en in names["first"] for b, tail in names["second"]]
    pairs = list({en: (zh, en) for zh, en in pairs}.values())
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _borders(land: Land, of_cell: Ints, areas: int) -> np.ndarray:
    """Polygons of the areas: cells joined, borders smoothed together so that neighbours keep sharing them."""
    joined = np.array([shapely.coverage_union_all(land.polygon[of_cell == a]) for a in range(areas)])
    smooth = shapely.coverage_simplify(joined, SMOOTH)
    return shapely.transform(smooth, lambda c: np.round(c / GRAIN) * GRAIN)


def _centres(land: Land, table: pd.DataFrame, of_cell: Ints) -> Ints:
    """The cell nearest to the middle of each area."""
    middle = shapely.get_coordinates(shapely.point_on_surface(table["geometry"].to_numpy()))
    return np.array([_nearest(land, middle[a], of_cell == a) for a in range(len(table))])


def _hamlets(land: Land, table: pd.DataFrame, of_cell: Ints, rng: np.random.Generator) -> Ints:
    """One to three further cells with homes in every village."""
    rural = np.flatnonzero(table["area_type"] == "rural")
    found = []
    for a in rural:
        cells = np.flatnonzero(of_cell == a)
        chance = np.exp(-3 * land.hills[cells])
        found.append(rng.choice(cells, min(3, len(cells)), replace=False, p=chance / chance.sum()))
    return np.concatenate(found)


def _sizes(land: Land, table: pd.DataFrame, centre: Ints, rng: np.random.Generator) -> Floats:
    """Registered residents of every area in 2000."""
    kind = table["area_type"].to_numpy()
    spread = rng.lognormal(0, 0.28, len(table))
    old = np.hypot(*(land.xy[centre] - metres(facts()["town"]["old_centre"])).T)
    east = (table["planning_area"] == "102").to_numpy()
    urban = 2300 * np.exp(-((old / 1900) ** 2)) * np.where(east, 0.35, 1) + 350
    rural = 1150 * np.exp(-0.55 * land.hills[centre]) * np.where(town_distance(land.xy[centre]) < 2, 1.2, 1)
    return np.round(spread * np.select([kind == "urban", kind == "town"], [urban, 1500.0], rural))

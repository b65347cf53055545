"""Seconds and peak memory of measuring travel, against bare scipy Dijkstra and other libraries on the same graph.

1,500 schools → 20,000 areas on 200,000 nodes and 250,000 two-way roads, 30-minute limit, on foot and by bus at 30 km/h.
Run: python benchmarks/travel.py [--peers] [--json FILE]   (--peers needs igraph and pandana)
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from placesim.dictionary import table_specs
from placesim.geo import measure_travel
from placesim.records import Inputs, Source, Table
from placesim.scenario.options import TravelOptions
from placesim.scenario.parameters import TravelParameters

SIDE, ROADS, SCHOOLS, AREAS, MINUTES = 447, 250_000, 1500, 20_000, 30.0
SAMPLE = 100  # schools that the slower peers are asked for; their seconds are told for all
FOOT, BUS = 60.0, 500.0  # metres a minute
CRS = "EPSG:32650"


def network(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """xy[node], pair[road, 2], metres[road]: a jittered grid of 100 m, thinned to a spanning tree and some loops."""
    rng = np.random.default_rng(seed)
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [np.stack([node[:, :-1], node[:, 1:]], -1), np.stack([node[:-1].T, node[1:].T], -1)], axis=None
    )
    pairs = pairs.reshape(-1, 2)
    xy = np.stack(np.divmod(node.ravel(), SIDE), axis=1) * 100.0 + rng.uniform(-30, 30, (SIDE * SIDE, 2))
    weight = csr_array((rng.uniform(1, 2, len(pairs)), pairs.T), shape=(SIDE * SIDE, SIDE * SIDE))
    tree = np.stack(minimum_spanning_tree(weight).nonzero(), axis=1)
    tree.sort(axis=1)
    code = pairs @ [SIDE * SIDE, 1]
    others = np.flatnonzero(~np.isin(code, tree @ [SIDE * SIDE, 1]))
    loops = pairs[rng.choice(others, ROADS - len(tree), replace=False)]
    pair = np.concatenate([tree, loops])
    return xy, pair, np.hypot(*(xy[pair[:, 0]] - xy[pair[:, 1]]).T)


def county(xy: np.ndarray, pair: np.ndarray, seed: int = 2) -> tuple[Inputs, Any]:
    """Roads, square areas around nodes, and schools at nodes."""
    rng = np.random.default_rng(seed)
    centres = xy[rng.choice(len(xy), AREAS, replace=False)] + rng.uniform(-40, 40, (AREAS, 2))
    squares = shapely.box(*(centres - 50).T, *(centres + 50).T)
    roads = pd.DataFrame({c.id: None for c in table_specs()["roads"].columns}, index=np.arange(len(pair)))
    roads = roads.astype({"speed": float, "length": float})
    tables = {
        "areas": gpd.GeoDataFrame({"area_id": np.arange(AREAS).astype(str)}, geometry=squares, crs=CRS),
        "roads": gpd.GeoDataFrame(roads, geometry=shapely.linestrings(xy[pair]), crs=CRS),
    }
    source = Source("made", None, {}, {}, "")
    inputs = Inputs(
        {n: Table(n, t, np.arange(len(t)), source) for n, t in tables.items()}, CRS,
        {n: tuple(s.by_id) for n, s in table_specs().items()},
    )  # fmt: skip
    at = xy[rng.choice(len(xy), SCHOOLS, replace=False)]
    schools = gpd.GeoDataFrame({"school_id": np.arange(SCHOOLS)}, geometry=gpd.points_from_xy(*at.T), crs=CRS)
    return inputs, SimpleNamespace(schools=schools, ids=tuple(map(str, range(SCHOOLS))))


def graph(pair: np.ndarray, minutes: np.ndarray) -> csr_array:
    both = np.concatenate([pair, pair[:, ::-1]]).T
    return csr_array((np.tile(minutes, 2), both), shape=(SIDE * SIDE, SIDE * SIDE))


def ours(xy: np.ndarray, pair: np.ndarray, metres: np.ndarray, speed: float, workers: int) -> Callable[[], Any]:
    inputs, places = county(xy, pair)
    kmh = speed * 60 / 1000
    travel = TravelParameters(walk_speed=kmh, limit_minutes=MINUTES, snap_metres=1000.0)
    return lambda: measure_travel(inputs, places, TravelOptions(travel), workers=workers)


def bare_scipy(xy: np.ndarray, pair: np.ndarray, metres: np.ndarray, speed: float) -> Callable[[], Any]:
    """One call for all schools, as a notebook would write it: everything at once."""
    links, sources = graph(pair, metres / speed), np.arange(SCHOOLS) * 100
    return lambda: dijkstra(links, indices=sources, limit=MINUTES)


def networkx(xy: np.ndarray, pair: np.ndarray, metres: np.ndarray, speed: float) -> Callable[[], Any]:
    import networkx as nx

    roads = nx.Graph()
    roads.add_weighted_edges_from(zip(pair[:, 0].tolist(), pair[:, 1].tolist(), (metres / speed).tolist(), strict=True))
    return lambda: [
        nx.single_source_dijkstra_path_length(roads, s, cutoff=MINUTES) for s in range(0, SAMPLE * 100, 100)
    ]


def igraph(xy: np.ndarray, pair: np.ndarray, metres: np.ndarray, speed: float) -> Callable[[], Any]:
    import igraph as ig

    roads, homes = ig.Graph(n=SIDE * SIDE, edges=pair.tolist()), list(range(AREAS))
    weights = (metres / speed).tolist()
    return lambda: [roads.distances(s, homes, weights=weights) for s in range(0, SAMPLE * 100, 100)]


def pandana(xy: np.ndarray, pair: np.ndarray, metres: np.ndarray, speed: float) -> Callable[[], Any]:
    """Its own question: the nodes within the limit of every school."""
    import pandana as pdna

    roads = pdna.Network(
        pd.Series(xy[:, 0]), pd.Series(xy[:, 1]), pd.Series(pair[:, 0]), pd.Series(pair[:, 1]),
        pd.DataFrame({"minutes": metres / speed}),
    )  # fmt: skip
    homes = np.arange(SAMPLE) * 100
    return lambda: roads.nodes_in_range(homes.tolist(), MINUTES)


def _measured(name: str, speed: float, workers: int, results: Any) -> None:
    """In a process of its own, so that peaks of memory do not add up."""
    made = network()
    makers = {"scipy": bare_scipy, "networkx": networkx, "igraph": igraph, "pandana": pandana}
    work = ours(*made, speed, workers) if name == "placesim" else makers[name](*made, speed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = []
    for _ in range(2 if name in ("placesim", "scipy") else 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = 1.0 if name in ("placesim", "scipy") else SCHOOLS / SAMPLE
    results.put({"seconds": min(taken) * whole, "peak_mb": peak / 1024, "grown_mb": (peak - before) / 1024})


def measured(name: str, speed: float, workers: int = 1) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_measured, args=(name, speed, workers, results))
    process.start()
    figures: dict[str, float] = results.get()
    process.join()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="networkx, igraph and pandana too")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    told = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    for mode, speed in (("on foot", FOOT), ("bus", BUS)):
        figures[f"{mode}: scipy, bare"] = measured("scipy", speed)
        figures[f"{mode}: placesim, whole call"] = measured("placesim", speed)
        figures[f"{mode}: placesim, 2 threads"] = measured("placesim", speed, workers=2)
        for peer in ("networkx", "igraph", "pandana") if told.peers else ():
            figures[f"{mode}: {peer}"] = measured(peer, speed)
    print(f"{SCHOOLS} schools, {AREAS} areas, {SIDE * SIDE} nodes, {ROADS} roads, {MINUTES:g} minutes")
    print(f"{'':34}{'seconds':>9}{'÷ scipy':>9}{'peak MB':>9}")
    for name, row in figures.items():
        ratio = row["seconds"] / figures[name.split(":")[0] + ": scipy, bare"]["seconds"]
        print(f"{name:34}{row['seconds']:9.2f}{ratio:9.2f}{row['peak_mb']:9.0f}")
    if told.json:
        told.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

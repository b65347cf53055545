"""Places that seem to come from a web map: a suspicion from where they lie, told and never acted on.

Schools and homes stand by roads and in areas. Where places of China lie off them, and moving all of them back by the
distortion of GCJ-02 or BD-09 brings them clearly nearer, they were most likely picked on a web map.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_table
from placesim.inputs.systems import WAYS_BACK, declared, in_chinese_degrees
from placesim.records import Floats, Inputs, Table
from placesim.scenario import Scenario

PLACED = ("schools", "sites", "points", "addresses")
ENOUGH = 5  # fewer places lie off the roads by chance
LOOKED_AT = 2000  # places of a table; more tell nothing new
NEARER_METRES, NEARER_TIMES = 50.0, 0.5  # the median distance falls by more than the one, to less than the other
ERRORS = 2.0  # standard errors by which more than half of the places must come nearer: else it may be chance
MORE_INSIDE = 0.2  # of the places come to lie in areas
Moved = dict[str, Floats]  # datum → places moved back from it


def suspected_datums(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Tables of points in China that fit roads, or without roads areas, better as GCJ-02 or BD-09."""
    if inputs.crs is None:
        return
    crs = pyproj.CRS(inputs.crs)
    roads, areas = _shapes(inputs.tables.get("roads")), _shapes(inputs.tables.get("areas"))
    for name in PLACED:
        table = inputs.tables.get(name)
        if table is None or _from_web_map(scenario, name):
            continue
        places = _places(table)
        moved = _moved_back(places, crs)
        if len(places) < ENOUGH or not moved:
            continue
        found = _nearer_roads(places, moved, roads) if len(roads) else _in_areas(places, moved, areas)
        if found is not None:
            code, datum, facts = found
            shift = np.median(np.hypot(*(moved[datum] - places).T))
            yield at_table(table, code, facts={**facts, "datum": datum, "shift": f"{shift:.0f}"})


def _from_web_map(scenario: Scenario, name: str) -> bool:
    text = scenario.parameters.inputs[name].crs
    return text is not None and declared(text).datum is not None


def _shapes(table: Table | None) -> NDArray[np.object_]:
    if table is None:
        return np.zeros(0, dtype=object)
    shapes = np.asarray(table.rows.geometry.values)
    return shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)]


def _places(table: Table) -> Floats:
    """place[position, (x, y)], each position once, evenly thinned where there are very many."""
    found = np.unique(shapely.get_coordinates(_shapes(table)), axis=0)
    return found[:: len(found) // LOOKED_AT + 1]


def _moved_back(places: Floats, crs: pyproj.CRS) -> Moved:
    """The places as they lie if their coordinates are those of a web map; none outside China."""
    to_degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(*places.T)
    if not in_chinese_degrees(lon, lat).all():
        return {}
    back = {datum: way(lon, lat) for datum, way in WAYS_BACK.items()}
    return {datum: np.stack(to_degrees.transform(*xy, direction="INVERSE"), axis=1) for datum, xy in back.items()}


def _nearer_roads(places: Floats, moved: Moved, roads: NDArray[np.object_]) -> tuple[str, str, dict[str, Any]] | None:
    tree = shapely.STRtree(roads)
    now = _distances(places, tree)
    then = {datum: _distances(xy, tree) for datum, xy in moved.items()}
    best = min(then, key=lambda datum: float(np.median(then[datum])))
    before, after = float(np.median(now)), float(np.median(then[best]))
    clearly = after < before * NEARER_TIMES and before - after > NEARER_METRES
    nearer = float((then[best] < now).mean())
    if not clearly or nearer - 0.5 < ERRORS * 0.5 / np.sqrt(len(places)):
        return None
    return "W201", best, {"metres": f"{before:.0f}", "then": f"{after:.0f}"}


def _distances(places: Floats, tree: shapely.STRtree) -> Floats:
    _, metres = tree.query_nearest(shapely.points(places), return_distance=True, all_matches=False)
    return np.asarray(metres)


def _in_areas(places: Floats, moved: Moved, areas: NDArray[np.object_]) -> tuple[str, str, dict[str, Any]] | None:
    tree = shapely.STRtree(areas)
    now = _share_inside(places, tree)
    then = {datum: _share_inside(xy, tree) for datum, xy in moved.items()}
    best = max(then, key=lambda datum: then[datum])
    if then[best] - now < MORE_INSIDE:
        return None
    return "W202", best, {"share": f"{now:.0%}", "then": f"{then[best]:.0%}"}


def _share_inside(places: Floats, tree: shapely.STRtree) -> float:
    found = tree.query(shapely.points(places), predicate="intersects")[0]
    return len(np.unique(found)) / len(places)

"""What is wrong with a table of roads: lines, nodes, classes, parts that do not hang together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from placesim.errors import Finding
from placesim.geo.ground import networks_of
from placesim.geo.network import Links, Network, named_nodes, road_links
from placesim.geo.profiles import WALK, class_names, road_classes
from placesim.inputs.findings import at_row, at_table, first_few
from placesim.messages import labels
from placesim.records import Floats, Inputs, Table
from placesim.scenario.options import TravelOptions
from placesim.scenario.parameters import TravelParameters


def check_roads(inputs: Inputs, options: TravelOptions) -> Iterator[Finding]:
    """Roads without length, half-named nodes, unknown classes, duplicates, and what each mode has to leave out."""
    table = inputs.tables["roads"]
    shapes = table.rows.geometry.to_numpy()
    lengths = shapely.length(shapes)
    yield from (at_row(table, "W340", int(row), "road_id") for row in np.flatnonzero(~(lengths > 0)))
    if not (lengths > 0).any():
        yield at_table(table, "E340")
        return
    halves = list(_half_named(table))
    yield from halves
    if halves:
        return
    yield from _classes(table, options.travel)
    yield from _loops_and_duplicates(table, road_links(table.rows))
    networks, _ = networks_of(inputs, options.travel)
    for network in networks:
        yield from _left_out(table, network)


def _half_named(table: Table) -> Iterator[Finding]:
    """Nodes are named for both ends of every road or for none; a named road is one line."""
    ends = table.rows[["from_node", "to_node"]].notna()
    if not ends.to_numpy().any():
        return
    for row in np.flatnonzero(~ends.all(axis=1)):
        blank = "from_node" if not ends["from_node"].iloc[row] else "to_node"
        yield at_row(table, "E343", int(row), blank)
    if named_nodes(table.rows):
        parts = shapely.get_num_geometries(table.rows.geometry.to_numpy())
        yield from (
            at_row(table, "E344", int(row), "road_id", {"parts": int(parts[row])}) for row in np.flatnonzero(parts > 1)
        )


def _classes(table: Table, travel: TravelParameters) -> Iterator[Finding]:
    """Classes that nothing is known of, and speeds told for classes that no road has."""
    own = {name.casefold() for name in travel.ride_speeds}
    names = set(class_names(table.rows))
    unknown = sorted(names - set(road_classes()) - own - {""})
    if unknown:
        yield at_table(table, "N344", "class", {"classes": ", ".join(unknown[:12])})
    if unused := sorted(own - names):
        yield at_table(table, "W348", "class", {"classes": ", ".join(unused[:12])})


def _loops_and_duplicates(table: Table, links: Links) -> Iterator[Finding]:
    loops = links.road[links.u == links.v] if named_nodes(table.rows) else links.road[:0]
    if len(loops):
        yield at_row(table, "N345", int(loops[0]), "road_id", {"count": len(loops)})
    ends = np.sort([links.u, links.v], axis=0)
    same = pd.DataFrame({"u": ends[0], "v": ends[1], "metres": links.metres.round(1)}).duplicated()
    again = links.road[same.to_numpy() & (links.u != links.v)]
    if len(again):
        yield at_row(table, "N346", int(again[0]), "road_id", {"count": len(again)})


def _left_out(table: Table, network: Network) -> Iterator[Finding]:
    """What a mode cannot use: parts apart from the largest, roads across barriers; no road at all."""
    mode, used = network.profile.mode, float(network.links.metres.sum())
    if used == 0:
        yield at_table(table, "E345" if mode == WALK else "N347")
        return
    apart = network.part_metres
    if len(apart):
        yield at_table(table, "N340", facts=_apart(apart, used) | {"mode": labels(f"mode.{mode}")})
    if len(network.cut):
        facts = {"count": str(len(network.cut)), "ids": first_few(table.rows["road_id"].to_numpy()[network.cut])}
        yield at_table(table, "W347", "crosses", facts)


def _apart(parts: Floats, used: float) -> dict[str, Any]:
    share = parts.sum() / (parts.sum() + used)
    kilometres = {"km": f"{parts.sum() / 1000:.1f}", "largest": f"{parts.max() / 1000:.1f}"}
    return {**kilometres, "share": f"{share:.1%}", "parts": len(parts)}

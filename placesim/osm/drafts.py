"""Draft input tables from an OpenStreetMap extract, for a county that starts from nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from placesim.errors import Finding
from placesim.osm import rules
from placesim.osm.extract import CRS, as_path, features
from placesim.osm.network import read_osm
from placesim.osm.schools import BLANK, KIND, NAME, TAGS, SchoolDraft, draft_schools

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
_RAILS = ("rail", "light_rail", "subway")
_WATERS = ("river", "canal")
_BARRIERS = " OR ".join(
    f"{key} IN ({', '.join(repr(v) for v in values)})"
    for key, values in (("railway", _RAILS), ("waterway", _WATERS), ("highway", rules.MOTORWAYS))
)


@dataclass(frozen=True)
class Drafts:
    """Tables with the columns of the data dictionary, what there is to know about them, and counts by name."""

    roads: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    schools: pd.DataFrame
    counts: Mapping[str, int | float]
    findings: tuple[Finding, ...]


def draft_tables(path: str | Path) -> Drafts:
    """Roads, barriers and schools of an extract, in longitude and latitude. Raises InputError as `read_osm` does."""
    file = as_path(path)
    roads, barriers, schools = draft_roads(read_osm(file)[1]), draft_barriers(file), draft_schools(file)
    counts = _counts(roads, barriers, schools)
    return Drafts(roads, barriers, schools.table, counts, tuple(_findings(file.name, counts)))


def draft_roads(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table of roads from the edges of `read_osm`; `unsafe` is left for a rule to decide.

    road_id: way id and number of the piece. crosses: bridges, tunnels and level crossings, which alone lead over
    barriers. A piece between two nodes at one position is no line: its nodes become one.
    """
    edges, u, v = _without_points(edges)
    crosses = rules.present(edges["bridge"]) | rules.present(edges["tunnel"]) | edges["crossing"].to_numpy(bool)
    return gpd.GeoDataFrame(
        {
            "road_id": edges["way_id"].astype(str) + "-" + edges["piece"].astype(str),
            "class": edges["highway"],
            "speed": rules.speeds(edges["maxspeed"]),
            "one_way": edges["oneway"] == 1,
            "walk": edges["walk"] == 1,
            "drive": edges["drive"] == 1,
            "footway": rules.footway(edges),
            "unsafe": pd.Series(pd.NA, index=edges.index, dtype="boolean"),
            "crosses": crosses,
            "from_node": u.astype(str),
            "to_node": v.astype(str),
            "length": edges["length_m"],
        },
        geometry=edges.geometry,
        crs=edges.crs,
    )


def _without_points(edges: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], NDArray[np.int64]]:
    """(edges with a length on the map, u, v)"""
    ids, at = np.unique(edges[["u", "v"]].to_numpy(), return_inverse=True)
    u, v = at.reshape(-1, 2).T
    point = shapely.length(edges.geometry.to_numpy()) == 0
    same = coo_array((np.ones(point.sum()), (u[point], v[point])), shape=(len(ids), len(ids)))
    _, part = connected_components(same, directed=False)
    first = np.unique(part, return_index=True)[1][part]
    return edges[~point].reset_index(drop=True), ids[first[u[~point]]], ids[first[v[~point]]]


def draft_barriers(path: Path) -> gpd.GeoDataFrame:
    """Railways, rivers and canals, and motorways, where they run neither over a bridge nor through a tunnel."""
    columns = ("osm_id", "railway", "waterway", "highway", "bridge", "tunnel")
    tags, lines = features(path, "lines", columns, _BARRIERS)
    level = ~rules.present(tags["bridge"]) & ~rules.present(tags["tunnel"]) & (shapely.length(lines) > 0)
    tags = tags[level].reset_index(drop=True)
    kind = np.select([tags["railway"].isin(_RAILS), tags["waterway"].isin(_WATERS)], ["railway", "river"], "expressway")
    return gpd.GeoDataFrame({"barrier_id": tags["osm_id"], "kind": kind}, geometry=lines[level], crs=CRS)


# ------------------------------------------------------------------------------------------------- what to know
def _counts(roads: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, draft: SchoolDraft) -> dict[str, int | float]:
    schools, told = draft.schools, draft.schools["told_by"]
    return {
        "roads": len(roads),
        "km": round(float(roads["length"].sum()) / 1000, 1),
        "barriers": len(barriers),
        "schools": int((schools["amenity"] == "school").sum()),
        "kindergartens": int((schools["amenity"] == "kindergarten").sum()),
        "without_name": int(schools["name"].isna().sum()),
        "merged": draft.merged,
        "stage_by_tags": int((told == TAGS).sum()),
        "stage_by_kind": int((told == KIND).sum()),
        "stage_by_name": int((told == NAME).sum()),
        "stage_blank": int((told == BLANK).sum()),
    }


def _findings(file: str, counts: Mapping[str, int | float]) -> list[Finding]:
    found = {
        "W630": counts["schools"] + counts["kindergartens"] == 0,
        "W631": counts["stage_blank"] > 0,
        "N630": counts["merged"] > 0,
        "N631": counts["stage_by_name"] + counts["stage_by_tags"] > 0,
    }
    return [Finding(code, file=file, facts=dict(counts)) for code, there in found.items() if there]

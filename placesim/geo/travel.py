"""How far it is from each area to each school: by roads, by a given matrix, or by straight line."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placesim.geo.network import build_network, join_points
from placesim.geo.shortest import distances
from placesim.records import Floats, Inputs, Places, Travel
from placesim.scenario.options import TravelOptions
from placesim.scenario.parameters import TravelParameters

_CHUNK = 64  # schools at a time
_METRES_PER_MINUTE = 1000 / 60  # of one km/h
_PAIR = {"area": np.int64, "school": np.int64, "metres": np.float64, "minutes": np.float64}

Points = NDArray[np.object_]
# (the schools of a slice, metres[school, area]) for one slice of schools after the other
Blocks = Iterator[tuple[slice, Floats]]


def measure_travel(inputs: Inputs, places: Places, options: TravelOptions) -> Travel:
    """Minutes and metres of every (area, school) pair within `limit_minutes`, from the centroid of the area.

    A given matrix comes first, then roads, then straight line × detour; the notes are label keys. Matrix: blank metres
    are straight line × detour, and schools that no row names (new ones above all) are measured as without a matrix.
    """
    travel = options.travel
    schools = places.schools.geometry.to_numpy().copy()
    if not inputs.has("travel"):
        pairs = pairs_within(inputs, schools, travel)
        return _record(pairs, inputs, places, () if inputs.has("roads") else ("travel.straight_line",))
    given, filled = _given_pairs(inputs, places, travel)
    listed = np.isin(places.ids, inputs.frame("travel")["school_id"].to_numpy())
    schools[listed] = None
    pairs = pd.concat([given, pairs_within(inputs, schools, travel)])
    notes = ["travel.metres_by_line"] * filled + ["travel.not_in_matrix"] * bool((~listed).any())
    return _record(pairs, inputs, places, tuple(notes))


def area_points(areas: gpd.GeoDataFrame) -> Points:
    """The point of an area from which travel is measured: the centroid of its polygon, even where that lies outside."""
    points: Points = shapely.centroid(areas.geometry.to_numpy())
    return points


def minutes_of(metres: Floats, travel: TravelParameters) -> Floats:
    """The shorter of walking, and waiting and riding where people ride."""
    walk = metres / (travel.walk_speed * _METRES_PER_MINUTE)
    if travel.ride_speed is None:
        return walk
    return np.minimum(walk, travel.ride_wait + metres / (travel.ride_speed * _METRES_PER_MINUTE))


def pairs_within(inputs: Inputs, schools: Points, travel: TravelParameters) -> pd.DataFrame:
    """Rows area, school (positions), metres, minutes within the limit, by roads or straight line.

    Roads: metres = straight way to the nearest road + along roads + straight way to the school; where straight line ×
    detour is shorter than the two straight ways alone, nobody walks to the road and back, and it is taken instead.
    Schools without a point are reached by nobody.
    """
    areas, located = area_points(inputs.areas), np.flatnonzero(~shapely.is_missing(schools))
    blocks = _by_roads if inputs.has("roads") else _by_line
    parts = [pd.DataFrame({"area": [], "school": [], "metres": [], "minutes": []}).astype(_PAIR)]
    for rows, metres in blocks(inputs, areas, schools[located], travel):
        minutes = minutes_of(metres, travel)
        school, area = np.nonzero(minutes <= travel.limit_minutes)
        pairs = {"area": area, "school": located[rows][school]}
        parts.append(pd.DataFrame({**pairs, "metres": metres[school, area], "minutes": minutes[school, area]}))
    return pd.concat(parts, ignore_index=True)


def _by_line(inputs: Inputs, areas: Points, schools: Points, travel: TravelParameters) -> Blocks:
    for begin in range(0, len(schools), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        yield rows, _straight(areas, schools[rows]) * travel.detour


def _by_roads(inputs: Inputs, areas: Points, schools: Points, travel: TravelParameters) -> Blocks:
    joined = join_points(build_network(inputs.frame("roads").geometry), np.concatenate([schools, areas]))
    split = len(schools)
    for rows, road in distances(joined.links, joined.nodes[:split], joined.nodes[split:], _farthest(travel)):
        legs = joined.access[:split][rows, None] + joined.access[None, split:]
        direct = _straight(areas, schools[rows]) * travel.detour
        yield rows, np.where(direct < legs, direct, legs + road)


def _farthest(travel: TravelParameters) -> float:
    """Metres that can be covered within the limit."""
    walked = travel.limit_minutes * travel.walk_speed
    ridden = (travel.limit_minutes - travel.ride_wait) * (travel.ride_speed or 0.0)
    return max(walked, ridden) * _METRES_PER_MINUTE


def _straight(areas: Points, schools: Points) -> Floats:
    """metres[school, area] as the crow flies."""
    return np.asarray(shapely.distance(schools[:, None], areas[None, :]), dtype=np.float64)


def _given_pairs(inputs: Inputs, places: Places, travel: TravelParameters) -> tuple[pd.DataFrame, bool]:
    """(rows of the table within the limit, whether blank metres were filled)"""
    rows = inputs.frame("travel")
    pairs = pd.DataFrame(
        {
            "area": pd.Index(inputs.area_ids).get_indexer(pd.Index(rows["area_id"])),
            "school": pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"])),
            "metres": rows["metres"].to_numpy(float),
            "minutes": rows["minutes"].to_numpy(float),
        }
    )
    pairs = pairs[(pairs["area"] >= 0) & (pairs["school"] >= 0) & (pairs["minutes"] <= travel.limit_minutes)]
    homes = area_points(inputs.areas)[pairs["area"]]
    line = shapely.distance(homes, places.schools.geometry.to_numpy()[pairs["school"]]) * travel.detour
    return pairs.fillna({"metres": pd.Series(line, pairs.index)}), bool(pairs["metres"].isna().any())


def _record(pairs: pd.DataFrame, inputs: Inputs, places: Places, notes: tuple[str, ...]) -> Travel:
    pairs = pairs.sort_values(["area", "school"])
    return Travel(
        areas=inputs.area_ids, schools=places.ids, area=pairs["area"].to_numpy(), school=pairs["school"].to_numpy(),
        minutes=pairs["minutes"].to_numpy(), metres=pairs["metres"].to_numpy(), method=_method(inputs), notes=notes,
    )  # fmt: skip


def _method(inputs: Inputs) -> str:
    if inputs.has("travel"):
        return "matrix"
    return "roads" if inputs.has("roads") else "straight_line"

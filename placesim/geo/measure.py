"""Access to school of a finished allocation: coverage, routes, catchments and service areas as tables and layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from placesim.geo.catchments import address_book, catchment_shapes, locate_addresses
from placesim.geo.contiguity import contiguity
from placesim.geo.coverage import reached_shape, reached_stretches, service_circles
from placesim.geo.ground import Ground, ground_of
from placesim.geo.homes import Points, area_types, homes_of
from placesim.geo.nearness import RADIUS, nearness, people_of
from placesim.geo.routes import (
    CROSSINGS,
    FARTHER,
    OFF_ROADS,
    ON_FOOT,
    ROUTES,
    UNKNOWN,
    crossing_table,
    journeys,
    meeting_places,
    route_table,
    walk,
)
from placesim.geo.search import minutes_at_nodes
from placesim.records import Access, Allocation, HomeWays, Inputs, Ints, Places, Projection, Travel, no_rows, require
from placesim.scenario.options import AccessOptions

WALK_MINUTES = "walk_minutes"
_WIDTH = 100.0  # metres on either side of a road that is reached: homes along it
SHAPES = ("stage", "zone", "schools", "source", "areas", "parts", "detached", "enclaves", "shared", "holds_school")
ADDRESSES = ("address_id", "name", "area_id", "stage", "schools")
_SERVICE = ("stage", "measure", "limit")


def measure_access(
    inputs: Inputs, places: Places, travel: Travel, allocation: Allocation, projection: Projection | None,
    options: AccessOptions,
) -> Access:  # fmt: skip
    """Who lives how near to school in every year, and for the base year: the ways pupils walk, catchments as drawn (or,
    where a stage has none, as its pupils go), service areas, and the schools of every address."""
    require(travel.ways is not None, "measure_access: travel was not measured here")
    ways: HomeWays = travel.ways  # type: ignore[assignment]
    types = area_types(inputs.areas, inputs.frame("planning_areas")).to_numpy(dtype=object)
    ground = _walking_ground(inputs, places, options)
    assigned = assignments(places, allocation)
    routes, crossings, how = _routes(inputs, allocation, ways, ground, options)
    covered, nearest = nearness(places, ways, types, people_of(allocation, projection), options.access)
    return Access(
        coverage=covered, nearest=nearest,
        routes=routes, crossings=crossings, catchments=_catchments(inputs, places, assigned),
        service_areas=_service_areas(inputs, places, ground, options), addresses=_addresses(inputs, assigned), ways=how,
    )  # fmt: skip


def _walking_ground(inputs: Inputs, places: Places, options: AccessOptions) -> Ground | None:
    """Homes and schools on the roads that are walked, for ways that are walked; None without roads."""
    if not inputs.has("roads"):
        return None
    limit = min(options.travel.limit_minutes, options.access.walk_minutes)
    walked = {"ride_speed": None, "ride_profile": None, "limit_minutes": limit}
    on_foot = options.travel.model_copy(update=walked)
    return ground_of(inputs, homes_of(inputs), places.schools.geometry.to_numpy(), on_foot, every_node=True)


# ------------------------------------------------------------------------------------------------ routes
def _routes(
    inputs: Inputs, allocation: Allocation, ways: HomeWays, ground: Ground | None, options: AccessOptions
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, int]]:
    journey = journeys(allocation, ways, ground)
    sums = pd.Series(journey.pupils).groupby(journey.how).sum()
    how = {name: round(float(sums.get(name, 0.0))) for name in (ON_FOOT, OFF_ROADS, FARTHER, UNKNOWN)}
    if ground is None:
        return _layer(ROUTES, inputs), _layer(CROSSINGS, inputs), how
    network, least = ground.networks[0], options.access.pupils
    walked = walk(journey, ground, meeting_places(inputs, network))
    return (
        route_table(inputs, network, walked, least=least),
        crossing_table(inputs, network, walked, least=least),
        how,
    )


def _layer(columns: Iterable[str], inputs: Inputs) -> gpd.GeoDataFrame:
    """A layer without rows."""
    return gpd.GeoDataFrame({c: [] for c in columns}, geometry=gpd.GeoSeries([], crs=inputs.crs))


# ------------------------------------------------------------------------------------------------ catchments
def assignments(places: Places, allocation: Allocation) -> pd.DataFrame:
    """area_id, school_id, stage, source of the base year: the catchments in force; for a stage without any, the school
    that most of an area's pupils attend (the first by id where two have as many)."""
    year, drawn = places.years[0], places.catchments
    first, last = (pd.to_numeric(drawn[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    in_force = ~(first > year) & ~(last < year) & ~(pd.to_numeric(drawn["share"]) == 0).to_numpy(bool)
    known = drawn["area_id"].isin(allocation.areas[:-1]) & drawn["school_id"].isin(places.ids)
    given = drawn.loc[in_force & known.to_numpy(), ["area_id", "school_id", "stage"]].assign(source="catchments")
    rows = allocation.rows()
    own = (rows["year"] == year) & rows["area_id"].isin(allocation.areas[:-1]) & rows["school_id"].isin(places.ids)
    rows = rows[own & ~rows["stage"].isin(given["stage"])]
    sums = pd.DataFrame(rows.groupby(["stage", "area_id", "school_id"])["pupils"].sum().reset_index())
    sums = sums.sort_values(["stage", "area_id", "pupils", "school_id"], ascending=[True, True, False, True])
    most = sums.drop_duplicates(["stage", "area_id"])[["area_id", "school_id", "stage"]].assign(source="flows")
    return _in_order(pd.concat([given, most], ignore_index=True), places)


def _in_order(table: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The rows by stage, in the order of the stages."""
    order = {stage: k for k, stage in enumerate(places.stages.ids)}
    return table.sort_values("stage", key=lambda s: s.map(order), kind="stable", ignore_index=True)


def _catchments(inputs: Inputs, places: Places, assigned: pd.DataFrame) -> gpd.GeoDataFrame:
    if assigned.empty:
        return _layer(SHAPES, inputs)
    areas = inputs.areas[["area_id", "geometry"]]
    shapes = catchment_shapes(
        areas, assigned, contiguity(areas.geometry), schools=places.schools[["school_id", "geometry"]]
    )
    source = shapes["stage"].map(assigned.groupby("stage")["source"].first())
    told = shapes.assign(schools=shapes["zone"], source=source)
    for column in ("detached", "enclaves"):
        told[column] = told[column].map("+".join)
    return gpd.GeoDataFrame(_in_order(told, places)[[*SHAPES, "geometry"]])


def _addresses(inputs: Inputs, assigned: pd.DataFrame) -> pd.DataFrame:
    """The schools of every address, stage by stage."""
    given = inputs.frame("addresses")
    if given.empty:
        return no_rows(ADDRESSES)
    placed = given.assign(area_id=locate_addresses(given, inputs.areas))
    book = address_book(placed, assigned)
    return book.assign(schools=book["school_ids"].map("+".join)).drop(columns="school_ids")


# ------------------------------------------------------------------------------------------------ service areas
def _service_areas(inputs: Inputs, places: Places, ground: Ground | None, options: AccessOptions) -> gpd.GeoDataFrame:
    """Ground within each radius of a school, and within each number of minutes' walk along the roads, by stage."""
    county = shapely.union_all(inputs.areas.geometry.to_numpy())
    layers = [_layer(_SERVICE, inputs)]
    for stage in places.stages.ids:
        serving = np.flatnonzero(places.serves[:, places.stages.grade_slice(stage), 0].any(axis=1))
        schools = places.schools.iloc[serving][["school_id", "geometry"]].assign(stage=stage)
        schools = schools[schools.geometry.notna()]
        for metres in options.access.metres if len(schools) else ():
            circles = service_circles(schools, metres, county)
            layers.append(circles.assign(measure=RADIUS, limit=metres)[[*_SERVICE, "geometry"]])
        if ground is not None and len(schools):
            layers.append(_walked_areas(inputs, ground, stage, serving, options))
    found = gpd.GeoDataFrame(pd.concat(layers, ignore_index=True), geometry="geometry", crs=inputs.crs)
    return found.set_geometry(found.geometry.intersection(county))


def _walked_areas(
    inputs: Inputs, ground: Ground, stage: str, schools: Ints, options: AccessOptions
) -> gpd.GeoDataFrame:
    links, search = ground.networks[0].links, ground.searches[0]
    search = replace(search, limit=max(options.access.minutes, default=0.0))
    serving = np.flatnonzero(np.isin(ground.located, schools))
    minutes = minutes_at_nodes(search, serving)
    lines, link, start, end = _stretches(ground, serving)
    pace = (links.metres / shapely.length(links.lines) / search.leg_speed)[link]
    shapes = [
        reached_shape(reached_stretches(lines, minutes[start], minutes[end], limit=limit, per_metre=pace), _WIDTH)
        for limit in options.access.minutes
    ]
    rows = {"stage": stage, "measure": WALK_MINUTES, "limit": list(options.access.minutes)}
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=inputs.crs)


def _stretches(ground: Ground, schools: Ints) -> tuple[Points, Ints, Ints, Ints]:
    """lines, their links and the nodes at their ends: the links that are walked, and both parts of those along which
    some schools stand, since neither end of a long link may be within reach."""
    pieces, links = ground.pieces[0], ground.networks[0].links
    leads_to = dict(zip(pieces.v.tolist(), pieces.link.tolist(), strict=True))
    lines, link = list(links.lines), list(range(len(links.lines)))
    start, end = pieces.corner[links.u].tolist(), pieces.corner[links.v].tolist()
    for school, node in zip(schools, pieces.point[schools].tolist(), strict=True):
        if (own := leads_to.get(node)) is None:
            continue
        share = float(shapely.line_locate_point(links.lines[own], ground.schools[school], normalized=True))
        if 0 < share < 1:
            lines += [substring(links.lines[own], *part, normalized=True) for part in ((0, share), (share, 1))]
            link += [own, own]
            start += [start[own], node]
            end += [node, end[own]]
    return np.array(lines, dtype=object), np.array(link, int), np.array(start, int), np.array(end, int)

"""Catchments as shapes, dissolved from the schools of each area, and the areas and schools of addresses.

Areas are atomic: neither their ground nor the addresses in them are ever split.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placesim.arguments import as_table
from placesim.errors import Finding, InputError
from placesim.geo.contiguity import Contiguity, Shapes, connected_parts, sound_shapes
from placesim.inputs.findings import at_row
from placesim.records import Inputs, Ints

BORDER = 1.0  # metres: a point this close to an area lies in it
_DUST = 1e-6  # of a square gap: ground that rounding leaves
_COLUMNS = [
    "stage", "zone", "school_id", "school_ids", "areas", "parts", "detached", "enclaves", "shared", "holds_school",
    "geometry",
]  # fmt: skip


def catchment_shapes(
    areas: gpd.GeoDataFrame, assigned: pd.DataFrame, neighbours: Contiguity, *, schools: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """One row per stage and zone, sorted; a zone is the areas that name the same schools, so no two zones overlap.

    areas: area_id, geometry in the order of `neighbours`; assigned: area_id, school_id, stage and optionally share
    (0 = not assigned); schools: school_id, point. A school's catchment is its own zone and the shared zones that name
    it. Columns: zone (school ids joined by "+"), school_id (blank in a shared zone), school_ids (tuple), areas (count),
    parts (connected pieces of the zone), detached (ids of areas not connected within the catchment with the piece that
    holds the school, the largest piece where none does, for any of the zone's schools), enclaves (other schools whose
    whole catchment lies in holes of this zone), shared, holds_school (each of the schools lies in its own catchment).
    The geometry closes slivers narrower than the gap of `neighbours` that lie in no area.

    Raises InputError: missing columns, areas not as many as in `neighbours`, ids of areas twice or unknown.
    """
    ids, shapes = _atoms(areas, neighbours)
    pairs = _pairs(assigned, ids)
    holders = _holders(shapes, as_table("schools", schools, ("school_id", "geometry")))
    tree = shapely.STRtree(shapes)
    parts = [
        _stage_rows(str(stage), rows, (ids, shapes, tree), neighbours, holders)
        for stage, rows in pairs.groupby("stage", sort=True)
    ]
    rows = [row for part in parts for row in part]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=_COLUMNS), geometry="geometry", crs=areas.crs)


def _atoms(areas: gpd.GeoDataFrame, neighbours: Contiguity) -> tuple[pd.Index, Shapes]:
    ids = pd.Index(as_table("areas", areas, ("area_id", "geometry"))["area_id"], dtype=object)
    if len(ids) != len(neighbours.parts):
        raise InputError("areas", f"must be the {len(neighbours.parts)} areas of neighbours", value=len(ids))
    for at in np.flatnonzero(ids.duplicated())[:1]:
        raise InputError("areas", "must name each area_id once", int(at), ids[at])
    return ids, sound_shapes(areas.geometry)


def _pairs(assigned: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Rows area (position), school_id, stage of what is assigned, each once."""
    rows = as_table("assigned", assigned, ("area_id", "school_id", "stage"))
    at = ids.get_indexer(pd.Index(rows["area_id"], dtype=object))
    for wrong in np.flatnonzero(at < 0)[:1]:
        raise InputError("assigned", "must name an area of areas", int(wrong), rows["area_id"].iloc[wrong])
    pairs = rows[["school_id", "stage"]].assign(area=at)
    if "share" in rows:
        pairs = pairs[~(rows["share"] == 0).to_numpy(dtype=bool)]
    return pairs.drop_duplicates()


def _holders(shapes: Shapes, schools: gpd.GeoDataFrame) -> dict[str, Ints]:
    """school → areas in which it lies, several on a border."""
    first = schools[~schools["school_id"].duplicated()]
    points = first.geometry.to_numpy()
    point, area = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=BORDER)
    return {school: area[point == i] for i, school in enumerate(first["school_id"])}


def _stage_rows(
    stage: str, rows: pd.DataFrame, atoms: tuple[pd.Index, Shapes, shapely.STRtree], neighbours: Contiguity,
    holders: dict[str, Ints],
) -> list[dict[str, Any]]:  # fmt: skip
    ids, shapes, tree = atoms
    catchments = {str(school): np.sort(r["area"].to_numpy()) for school, r in rows.groupby("school_id", sort=True)}
    named = rows.sort_values("school_id").groupby("area")["school_id"].agg(tuple)
    zones = {schools: np.sort(r.index.to_numpy()) for schools, r in named.groupby(named, sort=True)}
    attached = {s: _attached(at, neighbours, holders.get(s, _NONE)) for s, at in catchments.items()}
    ground = _exclusive([_dissolved(at, shapes, tree, neighbours.gap) for at in zones.values()])
    return [
        {
            "stage": stage, "zone": "+".join(schools), "school_id": schools[0] if len(schools) == 1 else None,
            "school_ids": schools, "areas": len(at), "parts": len(np.unique(_pieces(at, neighbours))),
            "detached": tuple(ids[np.setdiff1d(at, np.concatenate([attached[s] for s in schools]))]),
            "enclaves": _enclaves(shape, {s: a for s, a in catchments.items() if s not in schools}, shapes),
            "shared": len(schools) > 1,
            "holds_school": all(np.isin(holders.get(s, _NONE), catchments[s]).any() for s in schools),
            "geometry": shape,
        }
        for (schools, at), shape in zip(zones.items(), ground, strict=True)
    ]  # fmt: skip


_NONE: Ints = np.zeros(0, dtype=np.int64)


def _pieces(at: Ints, neighbours: Contiguity) -> Ints:
    """Connected piece of each of the areas `at`, by the pairs among them."""
    position = np.full(len(neighbours.parts), -1, dtype=np.int64)
    position[at] = np.arange(len(at))
    pairs = position[neighbours.pairs]
    return connected_parts(pairs[(pairs >= 0).all(axis=1)], len(at))


def _attached(at: Ints, neighbours: Contiguity, holding: Ints) -> Ints:
    """The areas of a catchment in the pieces that hold the school; where none does, in the largest, then the first."""
    pieces = _pieces(at, neighbours)
    held = np.unique(pieces[np.isin(at, holding)])
    return at[np.isin(pieces, held if len(held) else np.bincount(pieces).argmax())]


def _dissolved(at: Ints, shapes: Shapes, tree: shapely.STRtree, gap: float) -> tuple[Any, Any]:
    """(union of the areas, slivers narrower than the gap between them that lie in no area)."""
    plain = shapely.union_all(shapes[at])
    wide = shapely.buffer(plain, gap / 2, join_style="mitre")
    slivers = shapely.difference(shapely.buffer(wide, -gap / 2, join_style="mitre"), plain)
    near = tree.query(slivers, predicate="intersects")
    slivers = shapely.difference(slivers, shapely.union_all(shapes[near])) if len(near) else slivers
    parts = shapely.get_parts(slivers)
    return plain, shapely.union_all(parts[shapely.area(parts) > _DUST * gap**2])


def _exclusive(ground: list[tuple[Any, Any]]) -> list[Any]:
    """Each union with its slivers; a sliver that two zones could close goes to the first."""
    slivers = np.array([s for _, s in ground], dtype=object)
    one, other = shapely.STRtree(slivers).query(slivers, predicate="intersects")
    for first, later in zip(one[one < other], other[one < other], strict=True):
        slivers[later] = shapely.difference(slivers[later], slivers[first])
    return [_polygonal(shapely.union(plain, s)) for (plain, _), s in zip(ground, slivers, strict=True)]


def _polygonal(shape: Any) -> Any:
    """The shape without the lines that touching borders leave, and without the hairline holes that rounding leaves."""
    parts = shapely.get_parts(shape)
    kept = [_without_hairs(p) for p in parts[shapely.get_type_id(parts) == 3]]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)


def _without_hairs(polygon: shapely.Polygon) -> shapely.Polygon:
    holes = [h for h in polygon.interiors if shapely.area(shapely.polygons(h)) > _DUST]
    return shapely.Polygon(polygon.exterior, holes) if len(holes) < len(polygon.interiors) else polygon


def _enclaves(shape: Any, others: dict[str, Ints], shapes: Shapes) -> tuple[str, ...]:
    """The other schools all of whose areas lie in holes of the shape."""
    holes = [shapely.polygons(h) for part in shapely.get_parts(shape) for h in part.interiors]
    if not holes:
        return ()
    inside = shapely.STRtree(shapely.point_on_surface(shapes)).query(np.array(holes), predicate="intersects")[1]
    return tuple(s for s, at in others.items() if np.isin(at, inside).all())


def locate_addresses(addresses: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """area_id of each address (same index): the declared one, else the area in which its point lies, else missing.

    On a common border the first by id; outside all areas the nearest within 1 m. Raises InputError: missing columns,
    shapes of areas that are no polygons.
    """
    points = as_table("addresses", addresses, ("geometry",)).geometry.to_numpy()
    sorted_areas = as_table("areas", areas, ("area_id", "geometry")).sort_values("area_id")
    tree = shapely.STRtree(sound_shapes(sorted_areas.geometry))
    point, area = tree.query_nearest(points, max_distance=BORDER)
    order = np.lexsort((area, point))
    point, first = np.unique(point[order], return_index=True)
    found = np.full(len(points), None, dtype=object)
    found[point] = sorted_areas["area_id"].to_numpy(dtype=object)[area[order][first]]
    if "area_id" in addresses:
        declared = addresses["area_id"].to_numpy(dtype=object)
        found = np.where(pd.isna(declared), found, declared)
    return pd.Series(found, index=addresses.index, dtype=object, name="area_id")


def address_book(addresses: pd.DataFrame, assigned: pd.DataFrame) -> pd.DataFrame:
    """The look-up of schools by address: address_id, name, area_id, stage, school_ids (tuple, sorted; empty: none).

    One row per address, in the order given, and stage, in the order of `assigned`; area_id as `locate_addresses` gives
    it. Rows of share 0 assign nothing. Raises InputError: missing columns.
    """
    homes = as_table("addresses", addresses, ("address_id", "name", "area_id"))[["address_id", "name", "area_id"]]
    rows = as_table("assigned", assigned, ("area_id", "school_id", "stage"))
    stages = pd.DataFrame({"stage": rows["stage"].unique()}, dtype=object)
    if "share" in rows:
        rows = rows[~(rows["share"] == 0)]
    schools = {key: tuple(sorted(own["school_id"].unique())) for key, own in rows.groupby(["area_id", "stage"])}
    book = homes.merge(stages, how="cross")
    keys = zip(book["area_id"], book["stage"], strict=True)
    return book.assign(school_ids=pd.Series([schools.get(k, ()) for k in keys], index=book.index, dtype=object))


def check_addresses(inputs: Inputs) -> Iterator[Finding]:
    """Addresses whose declared area is not where their point lies, and addresses that belong to no area."""
    if not (inputs.has("addresses") and inputs.has("areas")):
        return
    table, areas = inputs.tables["addresses"], inputs.areas
    rows, points = table.rows, table.rows.geometry.to_numpy()
    at = pd.Index(areas["area_id"], dtype=object).get_indexer(pd.Index(rows["area_id"], dtype=object))
    shapes = np.array(
        [*sound_shapes(areas.geometry), None], dtype=object
    )  # the last stands for an area that is not known
    metres = shapely.distance(points, shapes[at])
    for row in np.flatnonzero(metres > BORDER):
        facts = {"name": rows["name"].iloc[row], "metres": f"{metres[row]:.0f}"}
        yield at_row(table, "W370", int(row), "area_id", facts)
    for row in np.flatnonzero(locate_addresses(rows, areas).isna()):
        yield at_row(table, "W371", int(row), "address_id")

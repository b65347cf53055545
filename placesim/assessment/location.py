"""Where schools lie: their area, planning area and area type."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from placesim.geo import area_types


def locate(schools: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, planning_areas: pd.DataFrame) -> pd.DataFrame:
    """area_id, planning_area, area_type of each school, in the order and with the index of `schools`.

    The area is the first one that holds the school's point, else the nearest. The area type is the school's own, else
    that of its area. What is not known is None.
    """
    own = areas.assign(area_type=area_types(areas, planning_areas))
    facts = own.set_index("area_id")[["planning_area", "area_type"]]
    area = _area_of(schools, areas)
    found = facts.reindex(area).set_index(schools.index)
    said = schools["area_type"] if "area_type" in schools else pd.Series(None, index=schools.index, dtype=object)
    located = pd.DataFrame({"area_id": area.to_numpy()}, index=schools.index)
    located["planning_area"] = found["planning_area"]
    located["area_type"] = said.where(said.notna(), found["area_type"])
    return located.astype(object).where(located.notna(), None)


def _area_of(schools: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """area_id by school; a point on a border belongs to the first area."""
    placed = schools.geometry.notna() & ~schools.geometry.is_empty
    points, polygons = schools.loc[placed, ["geometry"]], areas[["area_id", "geometry"]]
    inside = _first(gpd.sjoin(points, polygons, predicate="intersects"))
    outside = points[~points.index.isin(inside.index)]
    nearest = _first(gpd.sjoin_nearest(outside, polygons)) if len(outside) else inside.iloc[:0]
    return pd.concat([inside, nearest]).reindex(schools.index)


def _first(joined: pd.DataFrame) -> pd.Series:
    """One area per school: the first in the order of the areas."""
    ordered = joined.sort_values("index_right", kind="stable")
    return ordered[~ordered.index.duplicated()]["area_id"].sort_index()

"""Where a new campus lies."""

from __future__ import annotations

import geopandas as gpd
from shapely import Point, box

from placesim.scenario.changes import Open
from placesim.supply.ledger import Ledger

_MARGIN = 0.5  # of the county's extent: a campus may lie a little outside the areas, not in another region


def position_of(ledger: Ledger, change: Open) -> Point | None:
    """The point of a new campus in the metric CRS: its site, or x and y (metres of that CRS, else degrees of WGS 84).

    None where it is not near the county.
    """
    if change.site is not None:
        geometry = ledger.sites.loc[ledger.sites["site_id"] == change.site, "geometry"].iloc[0]
        return geometry if _near(geometry, ledger) else None
    assert change.x is not None
    assert change.y is not None
    as_metres = Point(change.x, change.y)
    if _near(as_metres, ledger):
        return as_metres
    if ledger.areas.crs is None or abs(change.x) > 180 or abs(change.y) > 90:
        return None
    from_degrees = gpd.GeoSeries([as_metres], crs="EPSG:4326").to_crs(ledger.areas.crs).iloc[0]
    return from_degrees if _near(from_degrees, ledger) else None


def _near(point: Point | None, ledger: Ledger) -> bool:
    if point is None or point.is_empty:
        return False
    west, south, east, north = ledger.areas.total_bounds
    margin = _MARGIN * max(east - west, north - south)
    return bool(box(west - margin, south - margin, east + margin, north + margin).intersects(point))

"""Travel and access."""

from placesim.geo.access import cumulative_opportunities, floating_catchment, gravity, nearest, share_within
from placesim.geo.catchments import address_book, catchment_shapes, check_addresses, locate_addresses
from placesim.geo.checks import check_ground, check_travel
from placesim.geo.contiguity import Contiguity, check_contiguity, contiguity
from placesim.geo.coverage import (
    covered_points_share,
    covered_share,
    reached_shape,
    reached_stretches,
    service_circles,
)
from placesim.geo.homes import Homes, area_types, homes_of
from placesim.geo.measure import measure_access
from placesim.geo.shortest import travel_matrix
from placesim.geo.travel import measure_travel
from placesim.osm import read_osm

__all__ = [
    "Contiguity",
    "Homes",
    "address_book",
    "area_types",
    "catchment_shapes",
    "check_addresses",
    "check_contiguity",
    "check_ground",
    "check_travel",
    "contiguity",
    "covered_points_share",
    "covered_share",
    "cumulative_opportunities",
    "floating_catchment",
    "gravity",
    "homes_of",
    "locate_addresses",
    "measure_access",
    "measure_travel",
    "nearest",
    "reached_shape",
    "reached_stretches",
    "read_osm",
    "service_circles",
    "share_within",
    "travel_matrix",
]

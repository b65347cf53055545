"""Travel and access."""

from placesim.geo.access import cumulative_opportunities, floating_catchment, gravity, nearest, share_within
from placesim.geo.checks import check_travel
from placesim.geo.shortest import travel_matrix
from placesim.geo.travel import measure_travel

__all__ = [
    "check_travel",
    "cumulative_opportunities",
    "floating_catchment",
    "gravity",
    "measure_travel",
    "nearest",
    "share_within",
    "travel_matrix",
]

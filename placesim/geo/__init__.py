"""Travel and access."""

from placesim.geo.checks import check_travel
from placesim.geo.osm import read_osm
from placesim.geo.shortest import travel_matrix
from placesim.geo.travel import measure_travel

__all__ = ["check_travel", "measure_travel", "read_osm", "travel_matrix"]

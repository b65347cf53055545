"""OpenStreetMap extracts: the network as nodes and edges, and draft tables to start from."""

from placesim.geo.osm.drafts import ATTRIBUTION, Drafts, draft_tables
from placesim.geo.osm.extract import ExtractError
from placesim.geo.osm.network import read_osm

__all__ = ["ATTRIBUTION", "Drafts", "ExtractError", "draft_tables", "read_osm"]

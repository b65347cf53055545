"""OpenStreetMap extracts: the network as nodes and edges, and draft tables to start from."""

from placesim.osm.drafts import ATTRIBUTION, Drafts, draft_barriers, draft_roads, draft_tables
from placesim.osm.extract import ExtractError
from placesim.osm.network import read_osm

__all__ = ["ATTRIBUTION", "Drafts", "ExtractError", "draft_barriers", "draft_roads", "draft_tables", "read_osm"]

"""Roads and barriers straight out of an OpenStreetMap extract, as `placesim import osm` drafts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pyarrow as pa

from placesim.errors import DataError
from placesim.inputs.layers import raw_table
from placesim.inputs.raw import RawTable
from placesim.inputs.request import Request
from placesim.osm import ExtractError, draft_barriers, draft_roads, read_osm

DRAFTS: Mapping[str, Callable[[Path], gpd.GeoDataFrame]] = {
    "roads": lambda path: draft_roads(read_osm(path)[1]),
    "barriers": draft_barriers,
}


def read_extract(request: Request) -> RawTable:
    """A table of an extract. Raises DataError: another table than roads and barriers (E270), a damaged file."""
    draft = DRAFTS.get(request.spec.id)
    if draft is None:
        request.fail_setting("E270", "path", request.source.path, {"tables": ", ".join(DRAFTS)})
    try:
        rows = draft(request.path)
    except ExtractError as error:
        raise DataError([replace(error.finding, file=request.source.path)]) from None
    attributes = pa.Table.from_pandas(rows.drop(columns="geometry"), preserve_index=False)
    return raw_table(request, attributes, rows.geometry)

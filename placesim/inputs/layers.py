"""GIS layers and Parquet: attributes as text, geometry in the layer's own coordinates."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from placesim.inputs.raw import RawTable, as_texts, cell_text
from placesim.inputs.request import Request
from placesim.inputs.workbooks import chosen
from placesim.messages import labels

SIDECARS = (".dbf", ".prj", ".cpg")


def read_layer(request: Request) -> RawTable:
    """A layer that GDAL reads (GeoPackage, Shapefile, GeoJSON)."""
    suffix = request.path.suffix.lower()
    if suffix == ".shp":
        _check_shapefile_encoding(request)
    elif suffix in (".geojson", ".json"):
        _check_utf8(request)
    try:
        return _layer(request)
    except (UnicodeDecodeError, LookupError):
        request.fail("E205", facts={"encoding": request.source.encoding or "utf-8"})
    except NotImplementedError:
        request.fail("E203", facts={"reason": labels("unreadable.curves")})
    except (DataSourceError, DataLayerError, ValueError):
        request.fail("E203", facts={"reason": labels("unreadable.layer")})


def _layer(request: Request) -> RawTable:
    names = [str(name) for name in pyogrio.list_layers(request.path)[:, 0]]
    layer = chosen(request, names, request.source.layer, "layer")
    meta, table = pyogrio.read_arrow(
        request.path,
        layer=layer,
        encoding=request.source.encoding,
        read_geometry=request.spec.geometry is not None,
    )
    wkb = meta["geometry_name"] or "wkb_geometry"
    geometry = _geometry(table[wkb], meta["crs"]) if wkb in table.column_names else None
    attributes = table.drop_columns([wkb] if geometry is not None else [])
    return raw_table(request, attributes, geometry, layer if len(names) > 1 else None)


def read_parquet(request: Request) -> RawTable:
    """A Parquet file, plain or with geometry (GeoParquet)."""
    try:
        return _parquet(request)
    except (pa.ArrowException, OSError, ValueError, KeyError):  # KeyError: damaged metadata
        request.fail("E203", facts={"reason": labels("unreadable.parquet")})


def _parquet(request: Request) -> RawTable:
    table = pq.read_table(request.path)
    about = (table.schema.metadata or {}).get(b"geo")
    if about is None:
        return raw_table(request, table, None)
    described = json.loads(about)
    geometry = None
    if request.spec.geometry is not None:
        geometry = gpd.read_parquet(request.path, columns=[described["primary_column"]]).geometry
        geometry = gpd.GeoSeries(shapely.force_2d(geometry.values), crs=geometry.crs)
    return raw_table(request, table.drop_columns(list(described["columns"])), geometry)


def raw_table(request: Request, table: Any, geometry: gpd.GeoSeries | None, sheet: str | None = None) -> RawTable:
    """An Arrow table as text cells, with its shapes. Raises DataError where it has no rows (E208)."""
    if table.num_rows == 0:
        request.fail("E208")
    columns = tuple(as_texts([cell_text(v) for v in column.to_pylist()]) for column in table.columns)
    rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return RawTable(request.source.path, sheet, tuple(table.column_names), columns, rows, geometry=geometry)


def _geometry(wkb: Any, crs: str | None) -> gpd.GeoSeries:
    """Shapes in the plane; what GEOS cannot read becomes a missing shape, which the checks name.

    Raises NotImplementedError for curves, which GEOS does not know.
    """
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return gpd.GeoSeries(shapely.force_2d(shapes), crs=crs)


def _check_shapefile_encoding(request: Request) -> None:
    """Refuse to guess: text beyond ASCII needs a .cpg file or a declared encoding."""
    sidecars = {f.suffix.lower(): f for f in request.path.parent.glob(f"{request.path.stem}.*")}
    if request.source.encoding or ".cpg" in sidecars or ".dbf" not in sidecars:
        return
    data = sidecars[".dbf"].read_bytes()
    start = int.from_bytes(data[8:10], "little")
    names = b"".join(data[i : i + 11] for i in range(32, start - 1, 32))
    if not (names.isascii() and data[start:].isascii()):
        request.fail("E206")


def _check_utf8(request: Request) -> None:
    data = request.path.read_bytes()
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        request.fail("E205", row=line, facts={"encoding": "utf-8"})


def content_hash(request: Request) -> str:
    """SHA-256 of a table's bytes, the companions of a shapefile included."""
    beside = [request.path.with_suffix(s) for s in SIDECARS] if request.path.suffix.lower() == ".shp" else []
    digest = hashlib.sha256()
    for file in (request.path, *beside):
        if file.exists():
            digest.update(file.read_bytes())
    return digest.hexdigest()

"""Small counties made by hand: tables as lists of rows, typed as the reader types them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from placesim.dictionary import TableSpec, table_specs
from placesim.records import Access, Inputs, Source, Stage, Stages, Table

CRS = "EPSG:32650"
NUMBERS = ("number", "share", "money")
WHOLE = ("integer", "year", "cohort")

STAGES = Stages(
    (
        Stage("primary", ("G1", "G2", "G3"), {"en": "Primary", "zh": "小学"}, 6),
        Stage("junior", ("G4", "G5"), {"en": "Junior", "zh": "初中"}, 9),
    )
)


def county(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Inputs:
    """Inputs with the given tables; schools and sites need x and y, areas a geometry."""
    return Inputs(
        tables={name: _table(table_specs()[name], rows) for name, rows in tables.items()},
        crs=CRS,
        columns={name: tuple(c.id for c in spec.columns) for name, spec in table_specs().items()},
    )


def no_access() -> Access:
    """What a run without any pupil would tell of the way to school."""
    layer = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=CRS))
    return Access(pd.DataFrame(), pd.DataFrame(), layer, layer, layer, layer, pd.DataFrame(), {})


def squares(names: Sequence[str], side: float = 1000.0) -> list[dict[str, Any]]:
    """Areas as squares in one row from west to east, the first with its lower left corner at 0, 0."""
    return [{"area_id": n, "geometry": box(i * side, 0, (i + 1) * side, side)} for i, n in enumerate(names)]


def road(*points: tuple[float, float]) -> dict[str, Any]:
    return {"geometry": LineString(points)}


def _table(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> Table:
    frame = pd.DataFrame({c.id: _typed([r.get(c.id) for r in rows], c.type, c.required) for c in spec.columns})
    if spec.geometry:
        points = [r["geometry"] if "geometry" in r else Point(r["x"], r["y"]) for r in rows]
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs=CRS), crs=CRS)
    headers = {c.id: c.id for c in spec.columns}
    source = Source(f"{spec.id}.csv", None, headers, {}, "0" * 64)
    return Table(spec.id, frame, np.arange(2, len(rows) + 2), source)


def _typed(values: list[Any], kind: str, required: bool) -> pd.Series:
    if kind in WHOLE and required:
        return pd.Series(values, dtype=np.int64)
    if kind in (*NUMBERS, *WHOLE):
        return pd.Series([np.nan if v is None else v for v in values], dtype=np.float64)
    return pd.Series(values, dtype=object)

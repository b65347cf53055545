"""results.gpkg: the geometry of the run with its measures by year, ready-made styles and the two lists."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from placesim.messages import label
from placesim.report import figures
from placesim.report.classes import UNPLACED_SHARE, UTILISATION, WALKERS
from placesim.report.styles import LINE, POINT, POLYGON, LayerStyle, View, joined, qml, sld
from placesim.store import SavedRun

SCHOOLS, AREAS, AREA_FIGURES, ROUTES = "schools_by_year", "areas_by_year", "area_figures", "routes"
_BASIC: Final = ("areas", "schools", "roads", "routes", "crossings", "catchments", "service_areas")  # of the run folder
_SIZE: Final = 'scale_linear(sqrt(coalesce("roll", 0)), 0, 60, 1.6, 8)'  # mm; the area of a circle follows the roll
_WIDTH: Final = 'scale_linear(sqrt(coalesce("walkers", 0)), 0, 30, 0.4, 3)'  # mm
# The year that is drawn: a project variable, else the temporal controller's, else the base year.
_YEAR: Final = "coalesce(to_int(@placesim_year), year(@map_start_time), {base})"
_STYLE_TABLE: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""


def write_geopackage(saved: SavedRun, path: Path) -> None:
    """The run's layers with measures, lists and styles beside them.

    schools_by_year: one point per school, stage and year · areas_by_year: a view of `areas` with `area_figures`, one
    polygon per area, stage and year without storing a polygon twice · crowded, underused: one point per row.
    """
    basic = {name: saved.layer(name) for name in _BASIC if name in saved.layers}
    for name, layer in (basic | point_layers(saved)).items():
        layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio", VERSION="1.3")
    with closing(sqlite3.connect(path)) as connection, connection:
        _add_area_view(connection, saved)
        _add_styles(connection, saved)


def point_layers(saved: SavedRun) -> dict[str, gpd.GeoDataFrame]:
    """The layers of points: schools by year, and the lists with the reason in words."""
    language = saved.manifest["language"]
    lists = {name: saved.table(name) for name in figures.LISTS}
    worded = {
        name: table.assign(reason_text=[figures.reason_text(r, language) for r in table["reason"]])
        for name, table in lists.items()
    }
    schools = saved.layer("schools")[["school_id", "name", "name_en", "geometry"]]
    tables = {SCHOOLS: saved.table("school_by_year"), **worded}
    return {name: _at_schools(schools, table) for name, table in tables.items()}


def _at_schools(schools: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    joined_rows = table.merge(schools, on="school_id", how="left")
    return gpd.GeoDataFrame(joined_rows, geometry="geometry", crs=schools.crs)


# ---------------------------------------------------------------------------------------------- areas by year
def _add_area_view(connection: sqlite3.Connection, saved: SavedRun) -> None:
    """area_figures as a table, areas_by_year as a view of it with the polygons."""
    table = saved.table("area_by_year").drop(columns=["planning_area", "area_type"], errors="ignore")
    table = table.assign(unplaced_share=figures.unplaced_share(table))
    table.insert(0, "fid", np.arange(1, len(table) + 1))
    columns = ", ".join(f'"{c}" {_sql_type(c, table[c])}' for c in table.columns)
    connection.execute(f"CREATE TABLE {AREA_FIGURES} ({columns})")
    marks = ", ".join("?" * len(table.columns))
    connection.executemany(f"INSERT INTO {AREA_FIGURES} VALUES ({marks})", figures.plain(table))
    measured = ", ".join(f'f."{c}" AS "{c}"' for c in table.columns if c != "fid")
    own = ", ".join(f'a."{c}" AS "{c}"' for c in _area_facts(connection))
    geometry, *register = connection.execute(
        "SELECT column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns WHERE table_name = 'areas'"
    ).fetchone()
    connection.execute(
        f"CREATE VIEW {AREAS} AS SELECT f.fid AS OGC_FID, {measured}, {own}, a.{geometry} AS {geometry} "
        f"FROM {AREA_FIGURES} f JOIN areas a ON a.area_id = f.area_id"
    )
    _register(connection, AREA_FIGURES, "attributes")
    _register(connection, AREAS, "features")
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", (AREAS, geometry, *register))


def _sql_type(column: str, values: pd.Series) -> str:
    if column == "fid":
        return "INTEGER PRIMARY KEY NOT NULL"
    if pd.api.types.is_integer_dtype(values):
        return "INTEGER"
    return "REAL" if pd.api.types.is_numeric_dtype(values) else "TEXT"


def _area_facts(connection: sqlite3.Connection) -> list[str]:
    names = [row[1] for row in connection.execute("PRAGMA table_info(areas)")]
    return [n for n in names if n in ("name", "name_en", "planning_area", "area_type")]


def _register(connection: sqlite3.Connection, name: str, kind: str) -> None:
    """Enter a table in gpkg_contents, features with the extent and reference system of the areas."""
    box: tuple[Any, ...] = (None, None, None, None, None)
    if kind == "features":
        box = connection.execute(
            "SELECT min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'areas'"
        ).fetchone()
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
        "min_x, min_y, max_x, max_y, srs_id) VALUES (?, ?, ?, '', ?, ?, ?, ?, ?)",
        (name, kind, name, *box),
    )


# ---------------------------------------------------------------------------------------------- styles
def layer_styles(saved: SavedRun) -> dict[str, LayerStyle]:
    """layer → its style: one view per stage, each showing one year."""
    language = saved.manifest["language"]
    year = f'"year" = {_YEAR.format(base=saved.years[0])}'
    first = figures.first_stage(saved)

    def views(prefix: str) -> tuple[View, ...]:
        title = label(prefix, language)
        return tuple(
            View(f"{saved.stage_label(s, language)} · {title}", joined((_is_stage(s), year)), s == first)
            for s in saved.stages
        )

    routes = LayerStyle("walkers", WALKERS, LINE, _route_views(language), size=_WIDTH)
    return {
        SCHOOLS: LayerStyle("utilisation", UTILISATION, POINT, views("metric.utilisation"), size=_SIZE),
        AREAS: LayerStyle("unplaced_share", UNPLACED_SHARE, POLYGON, views("report.layer.unplaced_share")),
        **({ROUTES: routes} if ROUTES in saved.layers else {}),
    }


def _route_views(language: str) -> tuple[View, ...]:
    """Unsafe roads above the others."""
    return (
        View(label("ways.unsafe", language), '"unsafe"', True),
        View(label("ways.busiest", language), 'NOT "unsafe"', True),
    )


def _is_stage(stage: str) -> str:
    quoted = stage.replace("'", "''")
    return f"\"stage\" = '{quoted}'"


def _add_styles(connection: sqlite3.Connection, saved: SavedRun) -> None:
    connection.execute(_STYLE_TABLE)
    named = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = 'areas'"
    geometry = connection.execute(named).fetchone()[0]
    description = label("report.gpkg.style", saved.manifest["language"])
    for name, style in layer_styles(saved).items():
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', NULL)",
            (name, geometry, f"{name} {style.field}"[:30], qml(style), sld(style), description),
        )
    _register(connection, "layer_styles", "attributes")

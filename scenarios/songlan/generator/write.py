"""The files of the county: the same bytes for the same seed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from .children_views import births_table, children_table
from .county import County
from .facts import facts
from .people_views import developments_table, population_table, rates_table
from .profiles import profiles_table
from .resource_views import facilities_table, indicators_table, resources_table
from .school_views import (
    border_flows_table,
    catchments_table,
    costs_table,
    enrolment_table,
    institutions_table,
    obligations_table,
    planning_areas_table,
    schools_table,
    sites_table,
)
from .truth import true_children, true_flows

STAMP = "2025-09-30T00:00:00.000Z"  # the date that stands in every file
UTF8, GB = "utf-8-sig", "gb18030"
SHEET = "在校生"


def write_county(county: County, folder: Path) -> None:
    """Write everything that a county of this kind would hand over, and the truth beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    _geopackage(county, folder / "songlan.gpkg")
    _csv(population_table(county), folder / "population.csv", GB)
    _csv(institutions_table(county), folder / "institutions.csv", GB)
    _workbook(enrolment_table(county), folder / "enrolment.xlsx")
    tables = {
        "planning_areas": planning_areas_table(), "children": children_table(county), "births": births_table(county),
        "rates": rates_table(county), "developments": developments_table(county),
        "household_profiles": profiles_table(),
        "catchments": catchments_table(county), "flows": border_flows_table(county), "costs": costs_table(),
        "obligations": obligations_table(),
        "resources": resources_table(county), "facilities": facilities_table(county),
        "indicators": indicators_table(county),
    }  # fmt: skip
    for name, table in tables.items():
        _csv(table, folder / f"{name}.csv", UTF8)
    truth = {"children": true_children(county), "flows": true_flows(county)}
    (folder / "truth").mkdir(exist_ok=True)
    for name, table in truth.items():
        _csv(table, folder / "truth" / f"{name}.csv", "utf-8")


def _csv(table: pd.DataFrame, path: Path, encoding: str) -> None:
    text = table.to_csv(index=False, lineterminator="\r\n" if encoding == GB else "\n")
    path.write_bytes(text.encode(encoding))


def _workbook(table: pd.DataFrame, path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": "松岚县中小学幼儿园在校生年报", "created": datetime.fromisoformat(STAMP[:10])})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        sheet.set_column(1, 1, 24)
        sheet.write_row(0, 0, list(table.columns), book.add_format({"bold": True}))
        for column, name in enumerate(table.columns):
            sheet.write_column(1, column, table[name].tolist())


def _geopackage(county: County, path: Path) -> None:
    path.unlink(missing_ok=True)
    points = _points(county)
    layers = {
        "areas": (county.map.areas.drop(columns="weight"), "Polygon"),
        "schools": (schools_table(county), "Point"),
        "sites": (sites_table(), "Point"),
        "roads": (county.map.roads, "LineString"),
        "barriers": (county.map.barriers, "LineString"),
        "points": (points, "Point"),
    }
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        for name, (table, kind) in layers.items():
            frame = gpd.GeoDataFrame(table, geometry="geometry", crs=facts()["crs"])
            options = {"layer_options": {"SPATIAL_INDEX": "NO"}, "append": path.exists(), "geometry_type": kind}
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", **options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _points(county: County) -> pd.DataFrame:
    """Where people live inside each area: its centre, and the hamlets of villages with a smaller weight each."""
    areas, homes, land = county.map.areas, county.map.homes, county.map.land
    hamlet_area = homes.of_cell[homes.hamlets]
    table = pd.DataFrame(
        {
            "area_id": areas["area_id"].to_numpy()[[*range(len(areas)), *hamlet_area]],
            "weight": [0.55 if kind == "rural" else 1.0 for kind in areas["area_type"]] + [0.15] * len(hamlet_area),
            "geometry": shapely.points(land.xy[[*homes.centre, *homes.hamlets]].round(1)),
        }
    )
    table = table.sort_values("area_id", kind="stable", ignore_index=True)
    table.insert(
        0,
        "point_id",
        [f"{a}-{n + 1}" for a, n in zip(table["area_id"], table.groupby("area_id").cumcount(), strict=True)],
    )
    return table

"""A plan as files, all made from its one table: none is written over."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd

from placesim.errors import Finding
from placesim.geo import catchment_shapes, contiguity
from placesim.messages import label
from placesim.rezoning.design import Design
from placesim.rezoning.plan import plan_table, school_table
from placesim.rezoning.present import TOGETHER
from placesim.rezoning.transition import Transition, catchment_rows, promised
from placesim.store import OutputError, write_csv
from placesim.store.folder import fresh_folder

PLAN, CATCHMENTS, LIST, SCHOOLS, PROMISES, MAP = (
    "plan.csv",
    "catchments.csv",
    "areas_by_school.csv",
    "schools.csv",
    "promises.csv",
    "zones.gpkg",
)


def refuse_plans_over(folder: Path) -> None:
    """Raise OutputError (E642) where a file of a plan is there already."""
    there = [n for n in (PLAN, CATCHMENTS, LIST, SCHOOLS, PROMISES, MAP) if os.path.lexists(folder / n)]
    if there:
        raise OutputError([Finding("E642", file=str(folder), value=", ".join(there))])


def write_plan(design: Design, transition: Transition, folder: Path, language: str) -> list[Path]:
    """plan.csv (the table), catchments.csv (replaces the county's), areas_by_school.csv, schools.csv, promises.csv,
    zones.gpkg (layers zones and areas). Raises OutputError: a file is there (E642), or the disk refuses (E600)."""
    refuse_plans_over(folder)
    table = plan_table(design)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with fresh_folder(folder, ".zone.", told=folder) as beside:
            write_csv(table, beside / PLAN)
            write_csv(catchment_rows(design, transition), beside / CATCHMENTS)
            write_csv(area_list(design, table, language), beside / LIST)
            write_csv(school_table(design), beside / SCHOOLS)
            write_csv(promised(design, transition), beside / PROMISES)
            for layer, rows in map_layers(design, table).items():
                rows.to_file(beside / MAP, layer=layer, driver="GPKG", engine="pyogrio")
            for file in sorted(beside.iterdir()):
                os.replace(file, folder / file.name)
                written.append(folder / file.name)
    except OSError as error:
        raise OutputError(
            [Finding("E600", file=str(folder), facts={"reason": error.strerror or str(error)})]
        ) from error
    return written


def area_list(design: Design, table: pd.DataFrame, language: str) -> pd.DataFrame:
    """The list for the notice board: school by school its areas by name, with the reason in words."""
    areas, schools = design.case.county_areas, design.case.run.places.schools
    name_of = (
        dict(zip(areas["area_id"], areas["name"].fillna(areas["area_id"]), strict=True)) if "name" in areas else {}
    )
    called = dict(zip(schools["school_id"], schools["name"].fillna(schools["school_id"]), strict=True))
    out = pd.DataFrame(
        {
            "school_id": table["school_id"],
            "school": [TOGETHER.join(str(called.get(s, s)) for s in ids.split(TOGETHER)) for ids in table["school_id"]],
            "area_id": table["area_id"],
            "area": [name_of.get(a, a) for a in table["area_id"]],
            "pupils": table["pupils"],
            "reason": [label(f"zone.reason.{r}", language) for r in table["reason"]],
        }
    )
    return out.sort_values(["school_id", "area_id"], ignore_index=True)


def map_layers(design: Design, table: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """zones: the dissolved zones with their figures; areas: the table on its polygons."""
    areas = design.case.county_areas[["area_id", "geometry"]]
    rows = table[["area_id", "stage", "school_id"]].assign(school_id=table["school_id"].str.split(r"\+"))
    rows = rows.explode("school_id")
    zones = catchment_shapes(areas, rows, contiguity(areas.geometry), schools=design.case.run.places.schools)
    told = zones[["stage", "zone", "areas", "parts", "holds_school", "geometry"]].rename(columns={"zone": "school_id"})
    figures = school_table(design)[["school_id", "places", "pupils", "utilisation"]]
    return {"zones": told.merge(figures, on="school_id", how="left"), "areas": areas.merge(table, on="area_id")}

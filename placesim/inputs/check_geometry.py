"""Checks of shapes and places, in the run's metres."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from placesim.errors import Finding
from placesim.inputs.findings import at_row, at_table
from placesim.messages import LANGUAGES, catalogue
from placesim.records import Inputs, Table
from placesim.scenario import Scenario

OVERLAP_SHARE = 0.001  # of the smaller area
LEAST_SQUARE_METRES = 1.0
BORDER_METRES = 1.0  # points this close to the areas lie in them
PLACED = ("schools", "sites", "points", "addresses")
REASON = re.compile(r"(.+)\[(\S+) (\S+)\]")  # as GEOS says why a shape is not valid, and where


def invalid_shapes(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Polygons and lines are there, not empty, and do not cross themselves."""
    for name in ("areas", "roads", "barriers"):
        table = inputs.tables.get(name)
        if table is None:
            continue
        shapes = np.asarray(table.rows.geometry.values)
        missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        key = str(table.rows.columns[0])
        for row in np.setdiff1d(np.flatnonzero(missing), table.refused):
            yield at_row(table, "E249", int(row), key)
        for row in np.flatnonzero(~missing & ~shapely.is_valid(shapes)):
            yield at_row(table, "E306", int(row), key, _reason(shapely.is_valid_reason(shapes[row])))


def _reason(text: str) -> dict[str, Any]:
    """Why and where a shape is not valid, in words where the reason is one of the usual ones."""
    told = REASON.fullmatch(text)
    reason, x, y = told.groups() if told else (text, "–", "–")
    key = f"geometry.fault.{reason.casefold()}"
    words = {language: catalogue(language)["label"].get(key, reason) for language in LANGUAGES}
    return {"reason": words, "x": x, "y": y}


def areas_without_surface(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """No area is a mere sliver: what is left of a broken border holds nobody."""
    table = inputs.tables.get("areas")
    if table is None:
        return
    rows, shapes = _sound(table)
    surface = shapely.area(shapes)
    polygons = shapely.get_dimensions(shapes) == 2
    for i in np.flatnonzero(polygons & (surface < LEAST_SQUARE_METRES)):
        yield at_row(table, "E257", int(rows[i]), "area_id", {"square_metres": f"{surface[i]:.2g}"})


def overlapping_areas(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Nobody lives in two areas: no pair shares more than a thousandth of the smaller one."""
    table = inputs.tables.get("areas")
    if table is None:
        return
    rows, shapes = _sound(table)
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    for pair in np.flatnonzero(shared > OVERLAP_SHARE * smaller):
        row, other = rows[second[pair]], rows[first[pair]]
        facts = {"other": table.rows["area_id"].iloc[other], "other_row": int(table.file_row[other])}
        facts |= {"square_metres": f"{shared[pair]:.0f}", "share": f"{shared[pair] / smaller[pair]:.1%}"}
        yield at_row(table, "E307", int(row), "area_id", facts)


def gaps_between_areas(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The areas leave no holes: whoever lives in one is counted nowhere (lakes are holes too: only a warning)."""
    table = inputs.tables.get("areas")
    if table is None or not _all_sound(table):
        return
    _, shapes = _sound(table)
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for part in parts for ring in part.interiors]
    if rings:
        sizes = shapely.area(shapely.polygons(rings))
        at = shapely.point_on_surface(shapely.polygons(rings[int(sizes.argmax())]))
        facts = {"count": len(rings), "square_metres": f"{sizes.sum():.0f}", "largest": f"{sizes.max():.0f}"}
        yield at_table(table, "W302", facts={**facts, "x": f"{at.x:.0f}", "y": f"{at.y:.0f}"})


def _sound(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """(row positions, shapes) of the valid polygons."""
    shapes = np.asarray(table.rows.geometry.values)
    rows = np.flatnonzero(~shapely.is_missing(shapes) & shapely.is_valid(shapes) & ~shapely.is_empty(shapes))
    return rows, shapes[rows]


def _all_sound(table: Table) -> bool:
    """No polygon is missing or invalid: else what lies in it would seem to lie outside."""
    return len(_sound(table)[0]) == len(table.rows)


def points_outside(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Schools and other points lie in an area, else it is said how far off they are."""
    areas = inputs.tables.get("areas")
    for name in PLACED:
        table = inputs.tables.get(name)
        if table is None or areas is None or not _all_sound(areas):
            continue
        shapes = np.asarray(table.rows.geometry.values)
        rows = np.flatnonzero(~shapely.is_missing(shapes))
        tree = shapely.STRtree(_sound(areas)[1])
        found, metres = tree.query_nearest(shapes[rows], return_distance=True, all_matches=False)
        key = str(table.rows.columns[0])
        for i in np.flatnonzero(metres > BORDER_METRES):
            yield at_row(table, "W301", int(rows[found[0][i]]), key, {"metres": f"{metres[i]:.0f}"})

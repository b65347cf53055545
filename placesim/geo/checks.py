"""What the tables of roads and travel lack, before travel is measured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.geo.network import Network, build_network, join_points
from placesim.geo.travel import area_points, pairs_within
from placesim.inputs.findings import at_row, at_table, capped
from placesim.records import Inputs
from placesim.scenario.options import TravelOptions

_ID = {"areas": "area_id", "schools": "school_id"}
_NOT_IN_MATRIX = {"areas": "W343", "schools": "W344"}
_OFF_ROAD = {"areas": "E341", "schools": "E342"}


def check_travel(inputs: Inputs, options: TravelOptions) -> list[Finding]:
    """Everything that keeps travel from being measured, and every area or school that is out of reach."""
    if inputs.has("travel"):
        return capped(_matrix_gaps(inputs))
    findings = list(_roads(inputs, options)) if inputs.has("roads") else [_straight_line(inputs, options)]
    if not any(f.is_error for f in findings):
        findings += _unreached(inputs, options)
    return capped(findings)


def _matrix_gaps(inputs: Inputs) -> Iterator[Finding]:
    """Areas and schools that no row of the matrix names."""
    for table, code in _NOT_IN_MATRIX.items():
        listed = inputs.frame(table)[_ID[table]].isin(inputs.frame("travel")[_ID[table]])
        yield from _at_rows(inputs, table, code, ~listed.to_numpy() & _first_rows(inputs, table))


def _straight_line(inputs: Inputs, options: TravelOptions) -> Finding:
    return at_table(inputs.tables["areas"], "N341", facts={"detour": options.travel.detour})


def _roads(inputs: Inputs, options: TravelOptions) -> Iterator[Finding]:
    """Lines without length, roads that do not hang together, and points too far from any road."""
    table = inputs.tables["roads"]
    lengths = shapely.length(table.rows.geometry.to_numpy())
    yield from _at_rows(inputs, "roads", "W340", ~(lengths > 0))
    if not (lengths > 0).any():
        yield at_table(table, "E340")
        return
    network = build_network(table.rows.geometry)
    if network.metres_left_out > 0:
        share = network.metres_left_out / float(np.nansum(lengths))
        yield at_table(table, "N340", facts={"km": f"{network.metres_left_out / 1000:.1f}", "share": f"{share:.1%}"})
    for name in _OFF_ROAD:
        yield from _off_road(inputs, name, network, options.travel.snap_metres)


def _off_road(inputs: Inputs, name: str, network: Network, limit: float) -> Iterator[Finding]:
    """Areas or schools farther from the network than `limit` metres."""
    points = area_points(inputs.areas) if name == "areas" else inputs.frame(name).geometry.to_numpy()
    rows = np.flatnonzero(~shapely.is_missing(points) & _first_rows(inputs, name))
    access = join_points(network, points[rows]).access
    for row, metres in zip(rows, access, strict=True):
        if metres > limit:
            facts = {"metres": round(float(metres)), "limit": round(limit)}
            yield at_row(inputs.tables[name], _OFF_ROAD[name], int(row), _ID[name], facts)


def _unreached(inputs: Inputs, options: TravelOptions) -> Iterator[Finding]:
    """Areas that reach no school of some stage, and schools that no area reaches, within the limit."""
    schools, limit = inputs.frame("schools"), {"minutes": f"{options.travel.limit_minutes:g}"}
    campus = np.flatnonzero(_first_rows(inputs, "schools"))
    pairs = pairs_within(inputs, schools.geometry.to_numpy()[campus], options.travel)
    names = schools["school_id"].to_numpy()[campus]
    lacking = np.full(len(inputs.areas), "", dtype=object)
    for stage, rows in schools.groupby("stage", sort=False):
        reached = pairs["area"][np.isin(names[pairs["school"]], rows["school_id"])]
        missing = ~np.isin(np.arange(len(lacking)), reached)
        lacking[missing] += np.where(lacking[missing] == "", "", ", ") + f"{stage}"
    for row in np.flatnonzero(lacking != ""):
        yield at_row(inputs.tables["areas"], "W341", int(row), "area_id", {"stages": lacking[row], **limit})
    for row in campus[~np.isin(np.arange(len(campus)), pairs["school"])]:
        yield at_row(inputs.tables["schools"], "W342", int(row), "school_id", limit)


def _first_rows(inputs: Inputs, table: str) -> NDArray[np.bool_]:
    """The first row of each id: further rows of a campus stand at the same point."""
    return ~inputs.frame(table)[_ID[table]].duplicated().to_numpy()


def _at_rows(inputs: Inputs, table: str, code: str, which: NDArray[np.bool_]) -> Iterator[Finding]:
    column = _ID.get(table, "road_id")
    return (at_row(inputs.tables[table], code, int(row), column) for row in np.flatnonzero(which))

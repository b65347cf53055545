"""Every geometry brought into the one metric coordinate system of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from placesim.errors import DataError, Finding
from placesim.inputs.between import drawn, joins_points
from placesim.inputs.own_system import located, shift_of_datum
from placesim.inputs.placing import Requests, misplaced, wrong_shapes
from placesim.inputs.run_system import Frame, frame_of
from placesim.records import Table
from placesim.scenario import Scenario

Places = Mapping[str, Table]
Settled = tuple[dict[str, Table], str | None, list[Finding]]


def settle(tables: Places, requests: Requests, scenario: Scenario) -> Settled:
    """Every geometry table in the metric system, points made from x and y, lines without shapes drawn between their
    points, and the name of that system.

    A table whose coordinates have no meaning (no system, or outside it) is left out, with the finding that says why.
    """
    settled = {name: table for name, table in tables.items() if requests[name].spec.geometry is None}
    unplaced = {name: table for name, table in tables.items() if joins_points(table, requests[name].spec)}
    placed = {name: table for name, table in tables.items() if name not in settled and name not in unplaced}
    findings: list[Finding] = []
    frame: Frame | None = None
    for name in sorted(placed, key=lambda n: n != "areas"):
        if name != "areas" and frame is None:
            continue
        try:
            own, system, found = located(placed[name], requests[name], frame)
            if frame is None:
                frame, said = frame_of(own, system, scenario)
                found += said
            found += shift_of_datum(own, system, frame)
            wrong = wrong_shapes(own, requests) if name == "areas" else misplaced(own, frame, requests)
            findings += found + [finding for _, finding in wrong]
            settled[name] = _projected(own, frame, [row for rows, _ in wrong for row in rows])
        except DataError as error:
            findings += error.findings
    for name, table in unplaced.items() if frame else ():
        spec = requests[name].spec
        try:
            settled[name] = drawn(table, spec, settled.get(spec.between.table if spec.between else ""))
        except DataError as error:
            findings += error.findings
    return settled, frame.metric.to_string() if frame else None, findings


def _projected(table: Table, frame: Frame, unusable: list[int]) -> Table:
    """The table in metres; x and y of points say the same as their geometry; unusable shapes are missing."""
    rows: Any = table.rows.copy()
    rows.loc[unusable, "geometry"] = None
    rows = rows.to_crs(frame.metric)
    if "x" in rows:
        points = np.where(rows.geometry.is_empty, None, rows.geometry.to_numpy())  # an empty point has no x to ask for
        rows["x"], rows["y"] = shapely.get_x(points), shapely.get_y(points)
    return replace(table, rows=rows, refused=tuple(sorted({*table.refused, *unusable})))

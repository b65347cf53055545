"""The account of a projection: how the residents of one year follow from those of the year before."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.regions import regions_of
from placesim.records import Floats, Inputs, Projection

COMPONENTS: Final = ("births", "deaths", "net_migration", "housing", "displacement", "control")
LEVELS: Final = ("planning_area", "area_type", "county")


def account(projection: Projection, inputs: Inputs) -> pd.DataFrame:
    """Persons by level (planning_area, area_type, county), unit and year in which a step ends.

    Columns level, unit, year, start, births, deaths, net_migration, housing, displacement, control, end, and
    births_control (how many of the births were added because births are known or controlled).
    start + births − deaths + net_migration + housing − displacement + control = end. Areas without a planning area or
    a type stand under a blank unit. No rows for a supplied projection, whose components are not known.
    """
    flows = _flows(projection)
    frames = [_level(level, units, flows, projection.years[1:]) for level, units in _units(inputs).items()]
    return pd.concat(frames, ignore_index=True)


def _flows(projection: Projection) -> dict[str, Floats]:
    """flow[area, step] of every column, in the order of the account."""
    people = projection.residents.sum(axis=(2, 3))
    steps = projection.births.shape[1]
    flows = {"start": people[:, :steps]}
    for name in COMPONENTS:
        part = getattr(projection, name)
        flows[name] = part.sum(axis=tuple(range(2, part.ndim)))
    return flows | {"end": people[:, 1 : steps + 1], "births_control": projection.births_control.sum(axis=2)}


def _units(inputs: Inputs) -> dict[str, np.ndarray]:
    """unit[area] at every level."""
    regions, areas = regions_of(inputs), inputs.areas
    kinds = areas["area_type"] if "area_type" in areas else pd.Series([None] * len(areas))
    return {
        "planning_area": np.array(regions.names, dtype=object)[regions.region],
        "area_type": np.array([k if isinstance(k, str) else "" for k in kinds], dtype=object),
        "county": np.full(len(areas), "", dtype=object),
    }


def _level(level: str, units: np.ndarray, flows: dict[str, Floats], years: tuple[int, ...]) -> pd.DataFrame:
    """Rows of one level, unit by unit."""
    names, unit = np.unique(units.astype(str), return_inverse=True)
    steps = flows["births"].shape[1]
    columns: dict[str, object] = {
        "level": level,
        "unit": np.repeat(names.astype(object), steps),
        "year": np.tile(np.array(years[:steps], dtype=np.int64), len(names)),
    }
    for name, flow in flows.items():
        sums = np.zeros((len(names), steps))
        if steps:
            np.add.at(sums, unit, flow)
        columns[name] = sums.ravel()
    return pd.DataFrame(columns)

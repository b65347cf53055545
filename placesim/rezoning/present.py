"""The zones of a stage as a county has them in a year, and those of the stage before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.records import Ints
from placesim.store import Run

TOGETHER = "+"  # joins the ids of schools that share a zone


def schools_by_catchment(run: Run, stage: str, year: int) -> pd.Series:
    """area_id → sorted ids of the schools in whose catchment it lies in the year."""
    rows = run.places.catchments
    share = pd.to_numeric(rows["share"]).to_numpy(float)
    holds = _holds(rows, year) & rows["stage"].eq(stage).to_numpy(dtype=bool) & ~(share == 0)
    return rows[holds].groupby("area_id")["school_id"].agg(lambda ids: sorted(set(ids)))


def schools_by_pupils(run: Run, stage: str, year: int) -> pd.Series:
    """area_id → the school to which most of its pupils go in the year, in a list."""
    flows = run.allocation.rows().query("stage == @stage and year == @year")
    most = flows.groupby(["area_id", "school_id"])["pupils"].sum().reset_index()
    most = most.sort_values(["pupils", "school_id"], ascending=[False, True])
    return most[~most["area_id"].duplicated()].groupby("area_id")["school_id"].agg(list)


def feeder_zones(run: Run, stage: str, year: int) -> tuple[Ints, tuple[str, ...]]:
    """(zone[area] or −1, ids of zones): the zones of the stage before, from which pupils go on to this one.

    Its catchments of the year; without them, where the county names feeders, the school to which most pupils of an area
    go. None for the first stage, and where the county knows of neither.
    """
    stages, areas = run.places.stages.ids, run.inputs.area_ids
    nothing = np.full(len(areas), -1, dtype=np.int64), ()
    k = stages.index(stage)
    if k == 0:
        return nothing
    before = stages[k - 1]
    schools = schools_by_catchment(run, before, year)
    feeders = run.inputs.frame("feeders")
    if schools.empty and (_holds(feeders, year) & feeders["stage"].eq(before).to_numpy(dtype=bool)).any():
        schools = schools_by_pupils(run, before, year)
    zones = schools.map(TOGETHER.join).reindex(areas)
    position, names = pd.factorize(zones, sort=True)
    return position.astype(np.int64), tuple(str(name) for name in names)


def _holds(rows: pd.DataFrame, year: int) -> np.ndarray:
    first, last = (pd.to_numeric(rows[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    return ~(first > year) & ~(last < year)
